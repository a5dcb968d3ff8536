"""Segments of our own documents as Whoosh sees them: a view over `segment.Segment`.

To Whoosh an id is a term of its own, and the names and numbers of documents are columns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.base import PerDocumentReader
from whoosh.columns import ColumnReader

from searcher.engines.whoosh_.files.fieldnames import BAG
from searcher.engines.whoosh_.files.segment import Entry, Segment
from searcher.engines.whoosh_.files.terms import to_bytes, to_text
from searcher.engines.whoosh_.leafmatcher import PostingList
from searcher.engines.whoosh_.lexicon import Lexicon
from searcher.engines.whoosh_.schema import IDS
from searcher.engines.whoosh_.storages import folder_of
from searcher.engines.whoosh_.values import Packed
from searcher.properties import cached_property


def _opened(storage: Any, segment: Any) -> Segment:
    folder = folder_of(storage)
    if folder is None:
        raise ValueError(f"{segment.segment_id()}: our documents are read from a folder alone")
    return Segment.open(folder, segment.segment_id())


class OwnLexicon(Lexicon):
    """The terms of our documents."""

    def __init__(self, storage: Any, segment: Any) -> None:
        super().__init__()
        self._segment = _opened(storage, segment)

    def close(self) -> None:
        """Let go of the files."""
        self._segment.close()

    def indexed_field_names(self) -> list[str]:
        """Return the fields that have terms, ascending."""
        return sorted([*self._segment.fields, IDS])

    def walk(self, fieldname: str, start: bytes) -> Iterator[bytes]:
        """Yield the terms of a field from *start* on, ascending."""
        if fieldname == IDS:
            ids = [name.encode("utf-8") for name in self._segment.ids()]
            return iter(ids[bisect_left(ids, start) :])
        found = self._segment.terms(fieldname, start=to_text(start))
        return (to_bytes(term) or b"" for term, _ in found)

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Return how many documents have a term, deleted ones too."""
        return (
            1 if fieldname == IDS and self._number(text) >= 0 else self._entry(fieldname, text).df
        )

    def _postings(self, fieldname: str, text: bytes) -> PostingList:
        if fieldname == IDS:
            number = np.array([self._number(text)], dtype=np.int64)
            return PostingList(number, np.ones(1), np.zeros(1, np.int64), Packed(lambda _: b""))
        entry = self._entry(fieldname, text)
        docs, counts = entry.docs()
        lengths = (
            self._segment.lengths[docs].astype(np.int64)
            if fieldname == BAG
            else np.zeros(len(docs), np.int64)
        )
        return PostingList(docs, counts.astype(np.float64), lengths, _Places(entry, docs))

    def _number(self, document_id: bytes) -> int:
        number = self._segment.find(to_text(document_id))
        if number is None:
            raise KeyError((IDS, document_id))
        return number

    def _entry(self, fieldname: str, text: bytes) -> Entry:
        entry = self._segment.entry(fieldname, to_text(text))
        if entry is None:
            raise KeyError((fieldname, text))
        return entry


class _Places:
    """The positions of a term, decoded when first asked for (the `leafmatcher.Values` of ours)."""

    def __init__(self, entry: Entry, docs: npt.NDArray[np.int64]) -> None:
        self._entry = entry
        self._docs = docs

    def value(self, at: int, format_: Any) -> bytes:
        """Return the positions in document *at* of the list, as the format makes bytes of them."""
        encoded: bytes = format_.encode(self._positions(at))
        return encoded

    def decoded(self, at: int, kind: str, format_: Any) -> Any:
        """Return them decoded."""
        if kind == "positions":
            return self._positions(at)
        return format_.decoder(kind)(self.value(at, format_))

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        return self._entry.places()

    def _positions(self, at: int) -> Sequence[int]:
        number = self._docs[at]
        first, last = np.searchsorted(self._places, [number << 32, (number + 1) << 32])
        positions: list[int] = (self._places[first:last] & 0xFFFFFFFF).tolist()
        return positions


class OwnDocuments(PerDocumentReader):  # type: ignore[misc]
    """What our documents are beside their terms; deletions come from the segment's entry."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._listed = segment
        self._segment = _opened(storage, segment)
        self._columns: dict[str, Callable[[int], Any]] = {
            "id": lambda number: self._segment.id(number).encode("utf-8"),
            "path": lambda number: self._segment.path(number).encode("utf-8"),
            "stored": self._segment.stored,
            "tokens": lambda number: int(self._segment.lengths[number]),
        }

    def close(self) -> None:
        """Let go of the files."""
        self._segment.close()

    def doc_count(self) -> int:
        """Return the number of documents that are not deleted."""
        return int(self._listed.doc_count())

    def doc_count_all(self) -> int:
        """Return the number of documents."""
        return self._segment.documents

    def has_deletions(self) -> bool:
        """Tell whether any document is deleted."""
        return bool(self._listed.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Tell whether a document is deleted."""
        return bool(self._listed.is_deleted(docnum))

    def deleted_docs(self) -> frozenset[int]:
        """Return the deleted documents."""
        deleted: frozenset[int] = self._listed.deleted_docs()
        return deleted

    def supports_columns(self) -> bool:
        """Return True."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Tell whether there is a column of that name."""
        return fieldname in self._columns

    def list_columns(self) -> Iterator[str]:
        """Yield the names of columns."""
        return iter(self._columns)

    def column_reader(self, fieldname: str, _column: Any) -> OwnColumn:
        """Return a column."""
        return OwnColumn(self._columns[fieldname], self._segment.documents)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Return the terms of a document in the bag, exact, or *default* where there are none."""
        return int(self._segment.lengths[docnum]) or default if fieldname == BAG else default

    def field_length(self, fieldname: str) -> int:
        """Return the terms of all documents together."""
        return int(self.field_lengths(fieldname).sum())

    def min_field_length(self, fieldname: str) -> int:
        """Return the least number of terms of a document."""
        return int(self.field_lengths(fieldname).min(initial=0))

    def max_field_length(self, fieldname: str) -> int:
        """Return the greatest number of terms of a document."""
        return int(self.field_lengths(fieldname).max(initial=0))

    def field_lengths(self, fieldname: str) -> npt.NDArray[np.int64]:
        """Return what `doc_field_length` gives for each document, 0 where it gives a default."""
        if fieldname == BAG:
            return self._segment.lengths.astype(np.int64)
        return np.zeros(self._segment.documents, np.int64)

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """Return id and path of a document."""
        return {"id": self._segment.id(docnum), "path": self._segment.path(docnum)}


class OwnColumn(ColumnReader):  # type: ignore[misc]
    """One value for each document, looked up when asked for."""

    def __init__(self, value: Callable[[int], Any], documents: int) -> None:
        self._value = value
        self._doccount = documents
        self._sign = 1

    def __getitem__(self, docnum: int) -> Any:
        return self._value(docnum)

    def sort_key(self, docnum: int) -> Any:
        """Return what sorts a document."""
        return self[docnum] if self._sign > 0 else -self[docnum]

    def set_reverse(self) -> None:
        """Sort from now on the other way round; numbers only, as Whoosh knows."""
        self._sign = -1
