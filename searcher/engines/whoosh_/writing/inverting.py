"""Inverting: ranges of terms, one after the other, from spools to the fields of a segment.

How much is in memory depends on the size of a range and on nothing else: the occurrences of a
range are selected and sorted at once (`selecting`), then turned into records piece by piece.
Only a single character that begins more pairs than fit makes a range larger than it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.coding import Bytes, Counts, encode
from searcher.engines.whoosh_.files.segmentwriter import FieldSink, SegmentWriter
from searcher.engines.whoosh_.writing.flat import Characters
from searcher.engines.whoosh_.writing.gathered import Gathered
from searcher.engines.whoosh_.writing.occurrences import (
    FLAG_BITS,
    UNIT_FLAG_BITS,
    Occurrences,
    Packed,
    Units,
    unit_postings,
)
from searcher.engines.whoosh_.writing.selecting import FIELDS, Field, Range, Selector

PIECE = 1 << 16
"""Occurrences that are made into records at a time."""

_CHARACTERS = 1 << 16
_SECOND_BITS = 16
_ALL = 1 << 32
_OCCURRENCE = 16
"""Bytes for a place: an occurrence of a pair, and one of its first unit."""


class Sink(Protocol):
    """What takes the terms of a field, ascending: pairs, then the rest."""

    def pairs(self, first: Characters, second: Characters, sizes: Counts, blob: Bytes) -> None:
        """Append pairs (0 where there is no second character) with their records."""

    def rest(self, terms: Sequence[bytes], sizes: Counts, blob: Bytes) -> None:
        """Append other terms with their records."""


class FieldWriter:
    """A `Sink` that begins a field of a segment with its first term, and closes it."""

    def __init__(self, writer: SegmentWriter, name: str) -> None:
        self._writer = writer
        self._name = name
        self._sink: FieldSink | None = None

    def pairs(self, first: Characters, second: Characters, sizes: Counts, blob: Bytes) -> None:
        """Append pairs."""
        self._begun().pairs(first, second, sizes, blob)

    def rest(self, terms: Sequence[bytes], sizes: Counts, blob: Bytes) -> None:
        """Append other terms."""
        self._begun().rest(terms, sizes, blob)

    def close(self) -> None:
        """Complete the field, if there is any."""
        if self._sink is not None:
            self._sink.close()

    def _begun(self) -> FieldSink:
        if self._sink is None:
            self._sink = self._writer.field(self._name)
        return self._sink


@dataclass(frozen=True, slots=True)
class Task:
    """A range of one field to invert: of pairs, or of strings."""

    field: Field
    are_pairs: bool
    within: Range


def plan(gathered: Gathered, memory: int, shares: int) -> list[Task]:
    """Return what there is to invert, in the order of the segment.

    Each task needs about *memory* bytes, and the largest field is cut into *shares* at least.
    """
    seen = {field.name: _first_characters(gathered, field) for field in FIELDS}
    largest = max(int(counts.sum()) for counts in seen.values())
    most = min(memory // _OCCURRENCE, max(largest // shares + 1, PIECE))
    widest = 1 << max(0, 64 - _SECOND_BITS - FLAG_BITS - gathered.numbering.place_bits - 1)
    tasks = []
    for field in FIELDS:
        pairs = cut(seen[field.name], most, widest)
        strings = _string_ranges(gathered, field, memory // _OCCURRENCE)
        tasks += [Task(field, True, within) for within in pairs]
        tasks += [Task(field, False, within) for within in strings]
    return tasks


def invert(gathered: Gathered, task: Task, sink: Sink) -> None:
    """Give the terms of a task to *sink*."""
    selector = Selector(gathered, task.field)
    occurrences = Occurrences(
        gathered.numbering, gathered.documents_of, task.field.weights, task.field.positions
    )
    if task.are_pairs:
        units, packed = selector.pairs(task.within)
        _Pairs(occurrences, selector.document_bits, task.within.low, sink).write(units, packed)
    else:
        packed = selector.strings(task.within)
        for start, stop in _pieces(packed, occurrences.term_shift):
            if start < stop:
                terms, postings = occurrences.postings(packed[start:stop])
                blob, sizes = encode(*postings)
                ranks = terms.astype(np.int64) + task.within.low
                sink.rest(gathered.strings.pick(ranks), sizes, blob)


# ---------------------------------------------------------------- ranges


def cut(counts: Numbers, most: int, widest: int) -> Iterator[Range]:
    """Cut terms into ranges of at most *widest* with up to *most* occurrences, unless one term
    alone has more; *counts* has the occurrences of each.

    >>> [(each.low, each.high) for each in cut(np.array([0, 2, 2, 0, 9, 1]), 4, 10)]
    [(1, 4), (4, 5), (5, 6)]
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    low = 0
    while low < len(counts) and sums[low] < sums[-1]:
        low = int(np.searchsorted(sums, sums[low], side="right")) - 1
        high = int(np.searchsorted(sums, sums[low] + most, side="right")) - 1
        high = min(max(high, low + 1), low + widest)
        yield Range(low, high, int(sums[high] - sums[low]))
        low = high


def _first_characters(gathered: Gathered, field: Field) -> Numbers:
    """Return how many places there may be for each first character of a pair."""
    seen = np.zeros(_CHARACTERS, dtype=np.int64)
    for spool in gathered.spools:
        seen += spool.seen(field.loose)
    seen[0] = 0  # stands for other units
    if field.title_only:  # its share, if titles are like bodies
        titles = sum(int(spool.document_column("titles").sum()) for spool in gathered.spools)
        seen = -(-seen * titles // max(int(seen.sum()), 1))
    return seen


def _string_ranges(gathered: Gathered, field: Field, most: int) -> Iterator[Range]:
    total = sum(spool.loose_count(field.loose, "strings") for spool in gathered.spools)
    if total > most:
        yield from cut(Selector(gathered, field).rank_counts(), most, _ALL)
    elif total:
        yield Range(0, _ALL, total)


def _pieces(packed: Packed, term_shift: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces of sorted occurrences, at least one; no term is in two of them."""
    start = 0
    while True:
        stop = min(start + PIECE, len(packed))
        if stop < len(packed):
            term = int(packed[stop]) >> term_shift
            stop = int(np.searchsorted(packed, np.uint64(term << term_shift)))
            if stop <= start:
                end = np.uint64(((term + 1) << term_shift) - 1)
                stop = int(np.searchsorted(packed, end, side="right"))
        yield start, stop
        if stop == len(packed):
            return
        start = stop


# ---------------------------------------------------------------- pairs


class _Pairs:
    """Makes records of one range of pairs, each character's own in front of its pairs'."""

    def __init__(self, occurrences: Occurrences, document_bits: int, low: int, sink: Sink) -> None:
        self._occurrences = occurrences
        self._document_bits = document_bits
        self._low = low
        self._sink = sink

    def write(self, units: Units, packed: Packed) -> None:
        """Give sorted units and occurrences of pairs to the sink."""
        shift = self._occurrences.term_shift
        done = 0
        for start, stop in _pieces(packed, shift):
            end = len(units)
            if stop < len(packed):
                following = -(-(int(packed[stop]) >> shift) // _CHARACTERS)
                first = following << (self._document_bits + UNIT_FLAG_BITS)
                end = int(np.searchsorted(units, units.dtype.type(first)))
            self._write(units[done:end], packed[start:stop])
            done = end

    def _write(self, units: Units, packed: Packed) -> None:
        characters, unit_lists = unit_postings(
            units, self._document_bits, self._occurrences.weights
        )
        unit_blob, unit_sizes = encode(*unit_lists)
        terms, lists = self._occurrences.postings(packed)
        blob, sizes = encode(*lists)
        heads = characters << 16
        at = np.searchsorted(terms, heads)
        all_terms = np.insert(terms, at, heads) + (self._low << 16)
        if len(all_terms):
            first, second = (all_terms >> 16).astype(np.uint16), all_terms.astype(np.uint16)
            all_sizes = np.insert(sizes, at, unit_sizes)
            self._sink.pairs(
                first, second, all_sizes, _inserted(blob, sizes, at, unit_blob, unit_sizes)
            )


def _inserted(blob: Bytes, sizes: Counts, at: Numbers, other: Bytes, other_sizes: Counts) -> Bytes:
    """Return the records of *blob* with each of the *other* ones in front of the one it stands
    *at*.
    """
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[at].tolist()
    other_ends = np.cumsum(other_sizes, dtype=np.int64).tolist()
    parts = []
    done = other_done = 0
    for end, other_end in zip(ends, other_ends, strict=True):
        parts += [blob[done:end], other[other_done:other_end]]
        done, other_done = end, other_end
    return np.concatenate([*parts, blob[done:]])
