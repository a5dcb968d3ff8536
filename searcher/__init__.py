"""Full-text search for Chinese documents.

>>> import searcher, tempfile
>>> documents = [searcher.Document("a", "參與脫貧工作"), searcher.Document("b", "软件")]
>>> with tempfile.TemporaryDirectory() as folder:
...     report = searcher.build(documents, index=folder)
...     with searcher.open(folder) as index:
...         [hit.id for hit in index.search("脱贫").hits]
['a']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from searcher.errors import (
    CheckFailedError,
    ClusterError,
    DecodeError,
    DocumentError,
    DocumentNotFoundError,
    EngineError,
    IndexCorruptError,
    IndexFormatError,
    IndexHomeError,
    IndexLockedError,
    IndexNotFoundError,
    NotAnIndexError,
    QueryError,
    SearcherError,
    SourceError,
    UnknownFacetError,
    WorkerError,
)
from searcher.index import Index
from searcher.index import open_index as open
from searcher.jobs import RolledBack, build, rebuild, remove, rollback, update, verify
from searcher.model import (
    BuildReport,
    Document,
    ExtraValue,
    Failure,
    Hit,
    Match,
    OpenSearch,
    Page,
    Region,
    SearchOptions,
    Snippet,
    Sort,
    UpdateReport,
)

if TYPE_CHECKING:
    from searcher.checking import CheckReport
    from searcher.jobs.noting import Progress, Stage
    from searcher.searching.explaining import Explanation

_LATER = {
    "CheckReport": "searcher.checking",
    "Explanation": "searcher.searching.explaining",
    "Progress": "searcher.jobs.noting",
    "Stage": "searcher.jobs.noting",
}
"""Types that are imported when they are first asked for: what they stand beside loads numpy."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BuildReport",
    "CheckFailedError",
    "CheckReport",
    "ClusterError",
    "DecodeError",
    "Document",
    "DocumentError",
    "DocumentNotFoundError",
    "EngineError",
    "Explanation",
    "ExtraValue",
    "Failure",
    "Hit",
    "Index",
    "IndexCorruptError",
    "IndexFormatError",
    "IndexHomeError",
    "IndexLockedError",
    "IndexNotFoundError",
    "Match",
    "NotAnIndexError",
    "OpenSearch",
    "Page",
    "Progress",
    "QueryError",
    "Region",
    "RolledBack",
    "SearchOptions",
    "SearcherError",
    "Snippet",
    "Sort",
    "SourceError",
    "Stage",
    "UnknownFacetError",
    "UpdateReport",
    "WorkerError",
    "build",
    "open",
    "rebuild",
    "remove",
    "rollback",
    "update",
    "verify",
]
