"""Store: what Whoosh keeps of an index, as arrays and lists; the one place that reads it.

Whoosh's own matchers lose true hits under a limit in several kinds of queries, so a postings list
is always stepped through to its end.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import whoosh.index
from whoosh.reading import TermNotFound

from searcher.engines.whoosh_ import kernels
from searcher.engines.whoosh_.kernels import Docs, Floats
from searcher.engines.whoosh_.schema import decoded
from searcher.errors import IndexCorruptError, SearcherError

_CACHED = 10_000_000
"""Postings and places kept decoded, over all terms, some 8 to 16 bytes each; the oldest go
first."""


@dataclass(frozen=True, slots=True)
class PostingsList:
    """One term of one field, live documents only."""

    docs: Docs
    weights: Floats
    places: Docs

    @property
    def cost(self) -> int:
        """What keeping it counts against the cache; a list of nothing costs something too."""
        return 16 + len(self.docs) + len(self.places)


_EMPTY = PostingsList(kernels.NO_DOCS, np.empty(0), kernels.NO_DOCS)


class Store:
    """The Whoosh index in a folder, read-only; safe to share between threads.

    Raises:
        IndexCorruptError: Whoosh cannot make sense of a file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Whoosh's files share one read position per file.
        self._lock = threading.RLock()
        self._cache: OrderedDict[tuple[str, str], PostingsList] = OrderedDict()
        self._cached = 0
        with self._reading():
            self._index = whoosh.index.open_dir(str(folder))
            self._reader = self._index.reader()
            numbers = np.arange(self._reader.doc_count_all(), dtype=np.int64)
            deleted = [number for number in numbers.tolist() if self._reader.is_deleted(number)]
            self.all: Docs = kernels.subtract(numbers, np.array(deleted, dtype=np.int64))
            self.lengths: npt.NDArray[np.int64] = np.array(
                list(self._column("tokens")), dtype=np.int64
            )
            self.lengths[deleted] = 0

    def close(self) -> None:
        """Let go of the files."""
        self._reader.close()
        self._index.close()

    @cached_property
    def ids(self) -> list[str]:
        """The ids by document number, deleted documents too."""
        with self._reading():
            return list(self._column("id"))

    @cached_property
    def paths(self) -> list[str]:
        """The paths by document number, deleted documents too."""
        with self._reading():
            return [path.decode("utf-8") for path in self._column("path")]

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with a document."""
        with self._reading():
            return bytes(self._stored[number])

    def postings(self, field: str, term: str) -> PostingsList:
        """Return a whole postings list, without deleted documents."""
        key = field, term
        with self._reading():
            found = self._cache.pop(key, None)
            if found is None:
                found = self._read_postings(field, term)
                self._cached += found.cost
            self._cache[key] = found
            while self._cached > _CACHED and len(self._cache) > 1:
                _, oldest = self._cache.popitem(last=False)
                self._cached -= oldest.cost
        return found

    def numbers_of(self, document_id: str) -> list[int]:
        """Return the numbers of the documents with an id; not kept, since each id is another."""
        with self._reading():
            found: list[int] = self._read_postings("id", document_id).docs.tolist()
        return found

    def _read_postings(self, field: str, term: str) -> PostingsList:
        try:
            matcher = self._reader.postings(field, term.encode("utf-8"))
        except TermNotFound:
            return _EMPTY
        docs, weights, values = [], [], []
        while matcher.is_active():
            docs.append(matcher.id())
            weights.append(matcher.weight())
            values.append(matcher.value() if field != "id" else b"")
            matcher.next()
        numbers = np.array(docs, dtype=np.int64)
        return PostingsList(numbers, np.array(weights), kernels.places(numbers, *decoded(values)))

    @cached_property
    def _stored(self) -> Any:
        return self._column("stored")

    def _column(self, name: str) -> Any:
        """Return a column; an empty index has none."""
        return self._reader.column_reader(name) if self._reader.doc_count_all() else ()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Hold the lock; name the damage if Whoosh fails.

        It has no exception of its own for damage: whatever its decoders raise means that the
        files are not what it wrote.
        """
        with self._lock:
            try:
                yield
            except SearcherError:
                raise
            except Exception as error:
                raise IndexCorruptError(
                    f"{self._folder}: damaged ({type(error).__name__}: {error}); "
                    "build again: searcher build PATH…"
                ) from error
