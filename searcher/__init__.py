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
    DecodeError,
    DocumentError,
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
)
from searcher.index import Index
from searcher.index import open_index as open
from searcher.jobs import build
from searcher.model import BuildReport, Document, Failure, Hit, Page, Snippet, UpdateReport

__all__ = [
    "BuildReport",
    "DecodeError",
    "Document",
    "DocumentError",
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
    "Page",
    "QueryError",
    "SearcherError",
    "Snippet",
    "SourceError",
    "UpdateReport",
    "build",
    "open",
]
