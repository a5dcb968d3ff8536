"""Full-text search for Chinese documents.

>>> import searcher, tempfile
>>> documents = [searcher.Document("a", "參與脫貧工作"), searcher.Document("b", "软件")]
>>> with tempfile.TemporaryDirectory() as folder:
...     report = searcher.build(documents, index=folder)
...     with searcher.open(folder) as index:
...         [hit.id for hit in index.search("脱贫").hits]
['a']
"""

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
from searcher.jobs import build, rebuild, remove, rollback, update, verify
from searcher.model import (
    BuildReport,
    Document,
    Failure,
    Hit,
    OpenSearch,
    Page,
    Snippet,
    UpdateReport,
)

__all__ = [
    "BuildReport",
    "CheckFailedError",
    "ClusterError",
    "DecodeError",
    "Document",
    "DocumentError",
    "DocumentNotFoundError",
    "EngineError",
    "Failure",
    "Hit",
    "Index",
    "IndexCorruptError",
    "IndexFormatError",
    "IndexHomeError",
    "IndexLockedError",
    "IndexNotFoundError",
    "NotAnIndexError",
    "OpenSearch",
    "Page",
    "QueryError",
    "SearcherError",
    "Snippet",
    "SourceError",
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
