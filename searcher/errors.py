"""Every error a caller can meet, as one tree.

Each message says what happened, where, and what to do next::

    SearcherError
    ├── QueryError             a query that cannot be read; ``.position`` says where
    ├── UnknownFacetError      a field that documents cannot be counted by; also a ValueError
    ├── DocumentNotFoundError  no document has that id; also a LookupError
    ├── DocumentError          one document that cannot be indexed; ``.where`` and ``.reason``
    │   └── DecodeError        its bytes are not text in any encoding we know
    ├── SourceError            a path that cannot be read at all
    ├── IndexHomeError            something about an index home
    │   ├── IndexNotFoundError     there is no index there
    │   ├── NotAnIndexError        the folder is something else; it was left untouched
    │   ├── IndexLockedError       another job is writing
    │   ├── IndexFormatError       made by a version or analyzer this one cannot read
    │   └── IndexCorruptError      a file is damaged; the message names it
    ├── CheckFailedError       a new generation did not pass; it was not published
    ├── WorkerError            a worker of a build died, failed, or is of another version
    └── EngineError            the engine refused or failed
        └── ClusterError           its cluster cannot be reached, is busy, or refuses
"""

from __future__ import annotations

import errno
from functools import partial
from pathlib import Path
from typing import Any


class SearcherError(Exception):
    """Base of every error raised on purpose by this package."""


class QueryError(SearcherError):
    """A malformed query.

    Attributes:
        query: the whole line as given.
        position: where reading failed, a character offset into ``query`` (0 … ``len(query)``).

    >>> error = QueryError("a closing quote is missing", query='"脱贫', position=0)
    >>> error.position
    0
    """

    def __init__(self, message: str, *, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole."""
        return partial(type(self), query=self.query, position=self.position), self.args


class UnknownFacetError(SearcherError, ValueError):
    """A name that is no field to count documents by; the message names those that are."""


class DocumentNotFoundError(SearcherError, LookupError):
    """No document of the index has that id."""

    def __init__(self, document_id: str) -> None:
        super().__init__(
            f"{document_id}: there is no such document; list them with: searcher status --files"
        )
        self.document_id = document_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole."""
        return type(self), (self.document_id,)


class DocumentError(SearcherError):
    """One document that cannot be indexed; a job reports it and goes on.

    Attributes:
        where: the id, path, or ``path:line`` of the document.
        reason: why, in a few words.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole."""
        return type(self), (self.where, self.reason)


class DecodeError(DocumentError):
    """Bytes that are not text in any encoding we know, or not in the encoding given."""


class SourceError(SearcherError):
    """A path, pattern or stream that cannot be read at all."""


class IndexHomeError(SearcherError):
    """Something is wrong with an index home; one of the named children."""


class IndexNotFoundError(IndexHomeError):
    """There is no index at the place named."""


class NotAnIndexError(IndexHomeError):
    """The folder holds something else; it was left untouched."""


class IndexLockedError(IndexHomeError):
    """Another job holds the writer's lock; the message says who and since when."""


class IndexFormatError(IndexHomeError):
    """Made with another format, engine or analyzer; the message says how to mend it."""


class IndexCorruptError(IndexHomeError):
    """A file of the index is damaged or missing; the message names it."""


class CheckFailedError(SearcherError):
    """A new generation did not pass its check; it was not published.

    Attributes:
        report: all that was found, a `searcher.checking.CheckReport`; None where its number of
            documents alone was wrong.
    """

    def __init__(self, message: str, *, report: Any) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole."""
        return partial(type(self), report=self.report), self.args


class WorkerError(SearcherError):
    """A worker of a build could not start, died, failed again and again, or has other versions."""


class EngineError(SearcherError):
    """The search engine underneath refused or failed."""


class ClusterError(EngineError):
    """A cluster cannot be reached, stays too busy, is too old, or refuses the login."""


# ---------------------------------------------------------------- of the disk

_NEXT = {
    errno.EACCES: "ask its owner for access, or name another folder with --index",
    errno.EPERM: "ask its owner for access, or name another folder with --index",
    errno.EROFS: "name a writable folder with --index",
    errno.ENOSPC: "free some space and run it again",
    errno.EDQUOT: "free some space and run it again",
    errno.EIO: "check the disk and run it again",
    errno.ENOLCK: "put the index on a disk that can lock files",
    errno.EOPNOTSUPP: "put the index on a disk that can lock files",
}


def told(error: OSError, where: Path, action: str) -> str:
    """Return what the disk said, in words: what, where, and what to do next.

    >>> told(OSError(errno.EIO, "Input/output error", "CURRENT"), Path("index"), "publish")
    'index/CURRENT: cannot publish: Input/output error; check the disk and run it again'
    """
    # Of a file in an open folder Python knows the last part of its name only.
    place = Path(where, error.filename) if isinstance(error.filename, str) else where
    then = _NEXT.get(error.errno or 0, "run it again, or name another folder with --index")
    return f"{place}: cannot {action}: {error.strerror or type(error).__name__}; {then}"
