"""Terms and postings of a segment of any schema: what Whoosh's own writer makes of our codec.

File ``.inverted``, a container::

    records, record_ends          the record of each term, and where it ends (8 bytes)
    keys, key_ends                all terms, by field and then bytes, and where each ends (8 bytes)
    notes                         {"fields": [[FIELD, how many terms], …]}

A record has a head (number of documents, flags, a length code) and then, for each document:
weights (float64, unless all are 1), numbers (uint32), length codes (uint8, unless all are that of
the head), ends of the values (uint32) and the values (unless all are empty).  Weights and values
are those that Whoosh gave, so that a merge loses nothing.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.base import FieldWriter, OutOfOrderError
from whoosh.util.numeric import length_to_byte

from searcher.engines.whoosh_.leafmatcher import PostingList
from searcher.engines.whoosh_.lexicon import Lexicon
from searcher.engines.whoosh_.perdocument import LENGTHS
from searcher.engines.whoosh_.storages import StorageWriter, open_container
from searcher.engines.whoosh_.values import Packed, ValueCoder
from searcher.properties import cached_property

EXTENSION = ".inverted"

_HEAD = struct.Struct("<IBB")
_WEIGHTS, _LENGTHS, _VALUES = 1, 2, 4
"""Flags: which parts a record has."""

_KEPT = 256
"""Places of terms kept at hand: a query asks for each several times."""


class ForeignFieldWriter(FieldWriter):  # type: ignore[misc]
    """Takes postings term by term; one term is in memory at a time, beside the dictionary."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._container = StorageWriter(storage, segment.make_filename(EXTENSION))
        self._container.begin("records")
        self._ends = array("Q")
        self._size = 0
        self._keys: list[tuple[str, bytes]] = []
        self._field = ""
        self._coder = ValueCoder(None)
        self._term: list[tuple[int, float, bytes, int]] = []
        self.is_closed = False

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Begin a field, or go on with one."""
        self._field = fieldname
        self._coder = ValueCoder(fieldobj.format)

    def start_term(self, text: bytes) -> None:
        """Begin a term of the field.

        Raises:
            OutOfOrderError: it is not above the one before.
        """
        key = self._field, text
        if self._keys and key <= self._keys[-1]:
            raise OutOfOrderError(f"{key} came after {self._keys[-1]}")
        self._keys.append(key)
        self._term = []

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int | None) -> None:
        """Take one posting of the term; documents come in ascending order."""
        self._term.append((docnum, weight, self._coder.pack(vbytes), length or 0))

    def finish_term(self) -> None:
        """End the term."""
        record = _record(*zip(*self._term, strict=True))
        self._container.write(record)
        self._size += len(record)
        self._ends.append(self._size)

    def close(self) -> None:
        """Write the dictionary."""
        self._container.add_array("record_ends", self._ends, "Q")
        self._container.add("keys", b"".join(text for _, text in self._keys))
        ends = list(accumulate(len(text) for _, text in self._keys))
        self._container.add_array("key_ends", ends, "Q")
        counts = Counter(name for name, _ in self._keys)
        self._container.close({"fields": list(counts.items())})
        self.is_closed = True


def _record(
    docs: Sequence[int], weights: Sequence[float], values: Sequence[bytes], lengths: Sequence[int]
) -> bytes:
    """Return the postings of a term as bytes."""
    codes = bytes(map(length_to_byte, lengths))
    flags = _WEIGHTS if weights.count(1.0) < len(weights) else 0
    flags |= _LENGTHS if codes.count(codes[0]) < len(codes) else 0
    flags |= _VALUES if any(values) else 0
    parts = [_HEAD.pack(len(docs), flags, codes[0])]
    if flags & _WEIGHTS:
        parts.append(np.array(weights, "<f8").tobytes())
    parts.append(np.array(docs, "<u4").tobytes())
    if flags & _LENGTHS:
        parts.append(codes)
    if flags & _VALUES:
        parts += [np.array(list(accumulate(map(len, values))), "<u4").tobytes(), *values]
    return b"".join(parts)


class ForeignLexicon(Lexicon):
    """Reads what `ForeignFieldWriter` wrote."""

    def __init__(self, storage: Any, segment: Any) -> None:
        super().__init__()
        self.number = lru_cache(_KEPT)(self._number)
        self._container = open_container(storage, segment.make_filename(EXTENSION))
        counts = self._container.notes["fields"]
        ends = accumulate(count for _, count in counts)
        self._fields = {
            name: range(end - count, end) for (name, count), end in zip(counts, ends, strict=True)
        }

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def indexed_field_names(self) -> list[str]:
        """Return the fields that have terms, ascending."""
        return list(self._fields)

    def walk(self, fieldname: str, start: bytes) -> Iterator[bytes]:
        """Yield the terms of a field from *start* on, ascending."""
        numbers = self._fields.get(fieldname, range(0))
        return map(self._key, numbers[bisect_left(numbers, start, key=self._key) :])

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Return how many documents have a term, deleted ones too."""
        df: int = _HEAD.unpack_from(self._record(fieldname, text))[0]
        return df

    def _postings(self, fieldname: str, text: bytes) -> PostingList:
        return _decoded(self._record(fieldname, text))

    @cached_property
    def _keys(self) -> memoryview:
        section = self._container.section("keys")
        return section.bytes(0, section.size)

    @cached_property
    def _key_ends(self) -> memoryview:
        section = self._container.section("key_ends")
        return section.numbers("Q", 0, section.size // 8)

    def _key(self, number: int) -> bytes:
        start = self._key_ends[number - 1] if number else 0
        return bytes(self._keys[start : self._key_ends[number]])

    def _number(self, fieldname: str, text: bytes) -> int:
        numbers = self._fields.get(fieldname, range(0))
        at = bisect_left(numbers, text, key=self._key)
        if at == len(numbers) or self._key(numbers[at]) != text:
            raise KeyError((fieldname, text))
        return numbers[at]

    def _record(self, fieldname: str, text: bytes) -> memoryview:
        number = self.number(fieldname, text)
        ends = self._container.section("record_ends")
        start = ends.numbers("Q", number - 1, number)[0] if number else 0
        stop = ends.numbers("Q", number, number + 1)[0]
        return self._container.section("records").bytes(start, stop)


def _decoded(record: memoryview) -> PostingList:
    df, flags, length = _HEAD.unpack_from(record)
    at = _HEAD.size

    def take(kind: str) -> npt.NDArray[Any]:
        nonlocal at
        found = np.frombuffer(record, kind, df, at)
        at += found.nbytes
        return found

    weights = take("<f8") if flags & _WEIGHTS else np.ones(df)
    docs = take("<u4").astype(np.int64)
    lengths = LENGTHS[take("u1")] if flags & _LENGTHS else np.full(df, LENGTHS[length])
    if not flags & _VALUES:
        return PostingList(docs, weights, lengths, Packed(lambda _: b""))
    ends = [0, *take("<u4").tolist()]
    values = record[at:]
    return PostingList(
        docs, weights, lengths, Packed(lambda at: bytes(values[ends[at] : ends[at + 1]]))
    )
