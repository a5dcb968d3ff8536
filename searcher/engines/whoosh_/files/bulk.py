"""Bulk: many records in a row back to postings at once; `coding.encode` undone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import Flags, Numbers
from searcher.engines.whoosh_.files.coding import (
    BYTE,
    ESCAPE_COUNT,
    GENERAL,
    NOWHERE,
    ONE_EACH,
    SHORT_SKIPS,
    SIZES,
    SKIPS,
    VARIED,
    Bytes,
    Counts,
    Postings,
)
from searcher.engines.whoosh_.files.decoding import DamagedRecordError

_LONG = 256
"""Bytes of a part, in the mean, from which on it costs more to list their places, in time and in
memory, than to look at each part by itself."""


def decode(blob: Bytes, sizes: Counts) -> Postings:
    """Return the postings of the records in *blob*, which have *sizes*.

    Raises:
        DamagedRecordError: the records make no sense.
    """
    if not len(sizes):
        none: Numbers = np.empty(0, np.int64)
        return Postings(none, none, none, none, none, np.empty(0, np.bool_))
    try:
        return _Records(blob, sizes).postings()
    except (IndexError, ValueError) as error:
        raise DamagedRecordError(f"records: {error}") from error


class _Records:
    """A reading of many records: ``at`` is where the next part of each begins."""

    def __init__(self, blob: Bytes, sizes: Counts) -> None:
        self.blob = blob
        lengths = sizes.astype(np.int64)
        self.ends: Numbers = lengths.cumsum()
        self.at: Numbers = self.ends - lengths
        flags = blob[self.at]
        self.at += 1
        self.width = flags & 3
        self.kinds = flags >> 2 & 3
        self.places = flags >> 4 & 3
        few = (flags >> 6).astype(np.int64)
        self.dfs = np.where(few > 0, few, self._varints(few == 0))
        self.skips = self._varints((self.width == BYTE) | (self.width == SHORT_SKIPS))
        occurrences = self._varints(self.places >= GENERAL)
        self.occ = np.where(self.places == ONE_EACH, self.dfs, occurrences)

    def postings(self) -> Postings:
        """Read everything."""
        if int(self.dfs.sum() + self.occ.sum()) > 4 * len(self.blob) + len(self.dfs):
            raise ValueError("more postings than bytes")
        docs = self._docs()
        counts, large = self._counts()
        positions, firsts, far = self._positions()
        self._read_escapes(counts, large, self.dfs)
        self._read_escapes(positions, far, self.occ)
        if not np.array_equal(self.at, self.ends):
            raise ValueError("other sizes")
        return Postings(self.dfs, docs, counts, self.occ, positions, firsts)

    def _varints(self, present: Flags) -> Numbers:
        values = np.zeros(len(present), np.int64)
        rows = np.flatnonzero(present)
        for shift in range(0, 35, 7):
            byte = self.blob[self.at[rows]]
            self.at[rows] += 1
            values[rows] |= (byte & 127).astype(np.int64) << shift
            rows = rows[byte > 127]
            if not len(rows):
                return values
        raise ValueError("number that ends nowhere")

    def _docs(self) -> Numbers:
        docs = np.empty(int(self.dfs.sum()), np.int64)
        starts = self.dfs.cumsum() - self.dfs
        for width in range(4):
            rows = np.flatnonzero(self.width == width)
            if not len(rows):
                continue
            units = self._part(rows, self.dfs[rows] + self.skips[rows], f"<u{SIZES[width]}")
            sums = units.cumsum(dtype=np.int64)
            lengths = self.dfs[rows] + self.skips[rows]
            before = np.concatenate([[0], sums])[lengths.cumsum() - lengths]
            if SKIPS[width]:
                sums = sums[units != SKIPS[width]]
            docs[ragged(starts[rows], self.dfs[rows])] = sums - before.repeat(self.dfs[rows])
        return docs

    def _counts(self) -> tuple[Numbers, Flags]:
        """Return the frequencies, and for which of them an escape stands."""
        counts = self.kinds.astype(np.int64).repeat(self.dfs)
        rows = np.flatnonzero(self.kinds == VARIED)
        varied = (self.kinds == VARIED).repeat(self.dfs)
        counts[varied] = self._nibbles(rows, self.dfs[rows])
        return counts, varied & (counts == ESCAPE_COUNT)

    def _positions(self) -> tuple[Numbers, Flags, Flags]:
        """Return the positions, which are first, and for which of them an escape stands."""
        rows = np.flatnonzero(self.places != NOWHERE)
        low = self._part(rows, self.occ[rows], "u1")
        high = self._nibbles(rows, self.occ[rows])
        general = (self.places[rows] >= GENERAL).repeat(self.occ[rows])
        firsts = ~general | (high > 7)
        tops = np.where(general, np.uint8(7), np.uint8(15))
        high &= tops
        starts = self.occ[rows].cumsum() - self.occ[rows]
        listed = np.add.reduceat(firsts, starts, dtype=np.int64) if len(rows) else self.occ[rows]
        if not (firsts[starts].all() and np.array_equal(listed, self.dfs[rows])):
            raise ValueError("positions of other documents")
        positions = high.astype(np.int64)
        positions <<= 8
        positions |= low
        return positions, firsts, high == tops

    def _read_escapes(self, values: Numbers, escaped: Flags, lengths: Numbers) -> None:
        """Put whole values in the place of those that are *escaped*."""
        at = np.flatnonzero(escaped)
        ends = np.searchsorted(at, lengths.cumsum())
        values[at] = self._part(np.arange(len(lengths)), np.diff(ends, prepend=0), "<u4")

    def _nibbles(self, rows: Numbers, lengths: Numbers) -> Bytes:
        pairs = self._part(rows, lengths + 1 >> 1, "u1")
        nibbles = np.stack([pairs & 15, pairs >> 4], axis=1).ravel()
        odd = (lengths & 1).astype(np.bool_)
        if odd.any():
            kept = np.ones(len(nibbles), np.bool_)
            kept[2 * (lengths + 1 >> 1).cumsum()[odd] - 1] = False
            nibbles = nibbles[kept]
        return nibbles

    def _part(self, rows: Numbers, lengths: Numbers, kind: str) -> npt.NDArray[Any]:
        """Read *lengths* numbers of the records *rows* and step behind them."""
        dtype = np.dtype(kind)
        size: Numbers = lengths * dtype.itemsize
        starts = self.at[rows]
        if len(rows) and size.sum() >= _LONG * len(rows):
            ends = zip(starts.tolist(), size.tolist(), strict=True)
            found = np.concatenate([self._stretch(*each) for each in ends])
        else:
            found = self.blob[ragged(starts, size)]
        self.at[rows] += size
        return found.view(dtype)

    def _stretch(self, start: int, size: int) -> Bytes:
        if not 0 <= start <= start + size <= len(self.blob):
            raise ValueError("a part that ends nowhere")
        return self.blob[start : start + size]


def ragged(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return ``starts[i] … starts[i] + lengths[i] - 1`` for each *i* in a row."""
    ends = lengths.cumsum()
    index = np.repeat(starts - ends + lengths, lengths)
    index += np.arange(len(index))
    return index
