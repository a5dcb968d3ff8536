"""Selecting: from all spools of a commit, the occurrences of one range of terms, sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import Flags, Numbers
from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.files.coding import NO_POSITION, Bytes
from searcher.engines.whoosh_.files.fieldnames import BAG, BORDERS
from searcher.engines.whoosh_.writing.flat import BIGRAM, IN_TITLE, TWICE, Loose
from searcher.engines.whoosh_.writing.gathered import Gathered
from searcher.engines.whoosh_.writing.occurrences import (
    FLAG_BITS,
    NOWHERE,
    UNIT_FLAG_BITS,
    UNIT_IN_TITLE,
    UNIT_WORD,
    Packed,
    Units,
    Weights,
)
from searcher.engines.whoosh_.writing.spooled import Spooled


@dataclass(frozen=True, slots=True)
class Field:
    """A Whoosh field: the ``run`` and the ``loose`` occurrences it is made of."""

    name: str
    run: str | None
    loose: str
    weights: Weights
    positions: bool = True
    title_only: bool = False


FIELDS = (
    Field(BAG, BAG, BAG, Weights(1, TITLE_WEIGHT)),
    Field("title", BAG, BAG, Weights(1, 1), positions=False, title_only=True),
    Field("source", "source", "source", Weights(1, 1)),
    Field("author", "author", "author", Weights(1, 1)),
    Field(BORDERS, None, BORDERS, Weights(0, 0)),
)


@dataclass(frozen=True, slots=True)
class Range:
    """Terms of a field: pairs whose first character, or strings whose rank, is in low:high.

    ``expected`` is how many occurrences there may be.
    """

    low: int
    high: int
    expected: int


class _Growing:
    """An array that is filled from the front."""

    def __init__(self, size: int, kind: np.dtype[Any]) -> None:
        self._array: npt.NDArray[Any] = np.empty(size, dtype=kind)
        self._filled = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        """Append values."""
        end = self._filled + len(values)
        if end > len(self._array):
            grown: npt.NDArray[Any] = np.empty(end + end // 8, dtype=self._array.dtype)
            grown[: self._filled] = self._array[: self._filled]
            self._array = grown
        self._array[self._filled : end] = values
        self._filled = end

    def sorted(self) -> npt.NDArray[Any]:
        """Return the values in order; nothing can be appended any more."""
        filled = self._array[: self._filled]
        filled.sort()
        return filled


class Selector:
    """Selects the occurrences of one field."""

    def __init__(self, gathered: Gathered, field: Field) -> None:
        self._gathered = gathered
        self._field = field
        self._starts = gathered.numbering.starts
        self._place_bits = gathered.numbering.place_bits
        self.document_bits = gathered.numbering.documents.bit_length()

    def pairs(self, within: Range) -> tuple[Units, Packed]:
        """Return the units and the pairs whose first character is in a range, sorted.

        Characters are counted from the lowest of the range; the term of an occurrence is
        ``first << 16 | second``.
        """
        bits = (within.high - within.low).bit_length() + self.document_bits + UNIT_FLAG_BITS
        kind = np.dtype(np.uint32 if bits <= 32 else np.uint64)
        units = _Growing(within.expected, kind)
        packed = _Growing(within.expected, np.dtype(np.uint64))
        for spool, at, batch in self._gathered.batches():
            documents = self._gathered.numbers_of(at, batch)
            if self._field.run is not None:
                run = _Run(spool, batch, self._field.run, documents, self._starts)
                run.select(within, self._field.title_only)
                units.append(self._units(run, within.low, kind))
                packed.append(self._bigrams(run, within.low))
            for part in spool.loose(batch, self._field.loose, "pairs"):
                found = self._loose(part, documents)
                first = found["key"] >> 16
                found = found[(first >= within.low) & (first < within.high)]
                single = found["key"] & 0xFFFF == 0
                units.append(self._loose_units(found[single], documents, within.low, kind))
                others = found[~single]
                terms = others["key"].astype(np.int64) - (within.low << 16)
                packed.append(self._packed(terms, others, documents))
        return units.sorted(), packed.sorted()

    def strings(self, within: Range) -> Packed:
        """Return the occurrences of the strings whose rank is in a range, sorted; terms are
        counted from its lowest.
        """
        packed = _Growing(within.expected, np.dtype(np.uint64))
        for spool, at, batch in self._gathered.batches():
            documents = self._gathered.numbers_of(at, batch)
            for part in spool.loose(batch, self._field.loose, "strings"):
                found = self._loose(part, documents)
                terms = self._gathered.ranks[at][found["key"]].astype(np.int64) - within.low
                inside = (terms >= 0) & (terms < within.high - within.low)
                packed.append(self._packed(terms[inside], found[inside], documents))
        return packed.sorted()

    def rank_counts(self) -> Numbers:
        """Return how many occurrences of each string there are, by rank."""
        counts = np.zeros(0, dtype=np.int64)
        for spool, at, batch in self._gathered.batches():
            for found in spool.loose(batch, self._field.loose, "strings"):
                ranks = self._gathered.ranks[at][found["key"]]
                more = np.bincount(ranks, minlength=len(counts))
                more[: len(counts)] += counts
                counts = more
        return counts

    # ------------------------------------------------------------ parts

    def _units(self, run: _Run, low: int, kind: np.dtype[Any]) -> Units:
        units: Units = run.characters.astype(kind)
        units -= kind.type(low)
        units <<= kind.type(self.document_bits)
        units |= np.repeat(run.documents.astype(kind), run.counts)
        units <<= kind.type(UNIT_FLAG_BITS)
        units |= run.flags >> 1 & 3  # IN_TITLE, WORD
        return units

    def _bigrams(self, run: _Run, low: int) -> Packed:
        both = (run.flags & BIGRAM).astype(np.bool_)
        at = run.at[both]
        terms = run.characters[both].astype(np.uint32)
        terms -= np.uint32(low)
        terms <<= 16
        terms |= run.all_characters[at + 1]
        places = run.places(at)
        packed: Packed = terms.astype(np.uint64)
        packed <<= np.uint64(self._place_bits)
        packed |= places.view(np.uint64)
        packed <<= np.uint64(FLAG_BITS)
        packed |= run.flags[both] & (TWICE | IN_TITLE)
        return packed

    def _loose(self, found: Loose, documents: Numbers) -> Loose:
        """Return those of living documents and, if only the title is asked for, of titles."""
        kept: Flags = documents[found["document"]] >= 0
        if self._field.title_only:
            kept &= found["flags"] & IN_TITLE != 0
        return found if kept.all() else found[kept]

    def _loose_units(
        self,
        found: Loose,
        documents: Numbers,
        low: int,
        kind: np.dtype[Any],
    ) -> Units:
        units: Units = (found["key"] >> 16).astype(kind)
        units -= kind.type(low)
        units <<= kind.type(self.document_bits)
        units |= documents[found["document"]].astype(kind)
        units <<= kind.type(UNIT_FLAG_BITS)
        flags = found["flags"]
        units |= (flags & TWICE != 0) * np.uint8(UNIT_WORD)
        units |= (flags & IN_TITLE != 0) * np.uint8(UNIT_IN_TITLE)
        return units

    def _packed(self, terms: Numbers, found: Loose, documents: Numbers) -> Packed:
        numbers = documents[found["document"]]
        positions = found["position"].astype(np.int64)
        nowhere = positions == NO_POSITION
        places = self._starts[numbers] + positions
        places[nowhere] = self._starts[numbers[nowhere] + 1] - 1
        packed: Numbers = terms << self._place_bits | places
        packed <<= FLAG_BITS
        packed |= found["flags"]
        packed |= nowhere * NOWHERE
        return packed.view(np.uint64)


class _Run:
    """A run of one batch and the units that were selected in it.

    ``at``: their places in the batch; ``characters`` and ``flags`` of each; ``documents`` (living
    ones, by number) and the ``counts`` of each.
    """

    def __init__(
        self, spool: Spooled, batch: int, name: str, documents: Numbers, starts: Numbers
    ) -> None:
        first, last = spool.firsts[batch : batch + 2].tolist()
        self.all_characters = spool.characters(batch, name)
        self._all_flags = spool.marks(batch, name)
        sizes = spool.run_sizes[name][first:last]
        self._ends = np.cumsum(sizes)
        self._shifts = starts[documents] - self._ends + sizes
        self.documents = documents

    def select(self, within: Range, title_only: bool) -> None:
        """Select the units of living documents whose character is in a range."""
        inside = self.all_characters - np.uint16(within.low) < np.uint16(within.high - within.low)
        if title_only:
            inside &= (self._all_flags & IN_TITLE).astype(np.bool_)
        at = np.flatnonzero(inside)
        counts = self._counts(at)
        living = self.documents >= 0
        if not living.all():
            at = at[np.repeat(living, counts)]
            counts = counts[living]
            self.documents = self.documents[living]
        self.at, self.counts = at, counts
        self.characters = self.all_characters[at]
        self.flags: Bytes = self._all_flags[at]

    def places(self, at: Numbers) -> Numbers:
        """Return the places in the commit of ascending places in the batch."""
        return at + np.repeat(self._shifts, self._counts(at))

    def _counts(self, at: Numbers) -> Numbers:
        """Return how many of ascending places are in each document."""
        return np.diff(np.searchsorted(at, self._ends), prepend=0)
