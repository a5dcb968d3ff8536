"""Occurrences: terms and places packed into one number each, and back to postings.

::

    occurrence    term | place | nowhere, in title, twice          64 bits
    unit          character | document | also a word, in title     32 bits where they fit, else 64

Sorting such numbers is all that inverting is: terms ascend, and in each its documents, and in
each of those its positions.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.coding import NO_POSITION, Bytes, Postings
from searcher.engines.whoosh_.writing.flat import TWICE
from searcher.engines.whoosh_.writing.numbering import GRAIN, Numbering

Packed: TypeAlias = npt.NDArray[np.uint64]
Units: TypeAlias = npt.NDArray[Any]

NOWHERE = 4
"""Flag of an occurrence: it has no position; `TWICE` and `IN_TITLE` are the others."""

FLAG_BITS = 3
UNIT_FLAG_BITS = 2
UNIT_IN_TITLE = 1
UNIT_WORD = 2
"""Flags of a unit."""

_NONE: Numbers = np.empty(0, dtype=np.int64)
_NO_FLAGS: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
_NO_POSTINGS = Postings(_NONE, _NONE, _NONE, _NONE, _NONE, _NO_FLAGS)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much an occurrence counts: ``once``, in the title ``title``; doubled if also a word."""

    once: int
    title: int

    def of(self, twice: Bytes, in_title: Bytes) -> Bytes:
        """Return the weights of occurrences, from two flags of each that are 0 or 1.

        >>> Weights(1, 2).of(np.array([0, 1, 1], np.uint8), np.array([0, 0, 1], np.uint8))
        array([1, 2, 4], dtype=uint8)
        """
        weights = in_title * np.uint8(self.title - self.once)
        weights += np.uint8(self.once)
        weights <<= twice
        return weights


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Turns sorted occurrences into postings."""

    numbering: Numbering
    documents_of: Numbers
    weights: Weights
    positions: bool

    @property
    def term_shift(self) -> int:
        """The bits below the term."""
        return self.numbering.place_bits + FLAG_BITS

    def postings(self, packed: Packed) -> tuple[Numbers, Postings]:
        """Return the terms of sorted occurrences and their postings."""
        if not len(packed):
            return _NONE, _NO_POSTINGS
        flags = _low_bytes(packed)
        places = (packed >> np.uint64(FLAG_BITS)).view(np.int64)
        places &= (1 << self.numbering.place_bits) - 1
        documents = self.documents_of[places >> GRAIN]
        new_term = _differ(packed, self.term_shift)
        firsts = new_term.copy()
        firsts[1:] |= documents[1:] != documents[:-1]
        starts = np.flatnonzero(firsts)
        docs = documents[starts]
        weights = self.weights.of(flags & np.uint8(TWICE), flags >> np.uint8(1) & np.uint8(1))
        counts = _sums(weights, starts)
        first_docs = np.flatnonzero(new_term[starts])
        first_places = starts[first_docs]
        terms = (packed[first_places] >> np.uint64(self.term_shift)).view(np.int64)
        dfs = _lengths(first_docs, len(docs))
        if not self.positions:
            return terms, Postings(dfs, docs, counts, np.zeros_like(dfs), _NONE, _NO_FLAGS)
        places -= self.numbering.starts[documents]
        occ = _lengths(first_places, len(packed))
        loose = (flags & np.uint8(NOWHERE)).astype(np.bool_)
        if loose.any():
            occ, places, firsts = _without_loose(occ, places, firsts, loose)
        return terms, Postings(dfs, docs, counts, occ, places, firsts)


def unit_postings(units: Units, document_bits: int, weights: Weights) -> tuple[Numbers, Postings]:
    """Return the characters of sorted units and their postings, which have no positions."""
    if not len(units):
        return _NONE, _NO_POSTINGS
    flags = _low_bytes(units)
    starts = np.flatnonzero(_differ(units, UNIT_FLAG_BITS))
    in_title, twice = flags & np.uint8(UNIT_IN_TITLE), flags >> np.uint8(1) & np.uint8(1)
    counts = _sums(weights.of(twice, in_title), starts)
    whole = units[starts].astype(np.int64) >> UNIT_FLAG_BITS
    characters = whole >> document_bits
    first_docs = np.flatnonzero(np.diff(characters, prepend=-1))
    dfs = _lengths(first_docs, len(starts))
    docs = whole & ((1 << document_bits) - 1)
    postings = Postings(dfs, docs, counts, np.zeros_like(dfs), _NONE, _NO_FLAGS)
    return characters[first_docs], postings


def _low_bytes(packed: Units) -> Bytes:
    """Return the low byte of each number, where the flags are; they are of no other byte order
    than this machine's.
    """
    size = packed.itemsize
    return packed.view(np.uint8)[0 if sys.byteorder == "little" else size - 1 :: size]


def _differ(packed: Units, shift: int) -> npt.NDArray[np.bool_]:
    """Tell for each number (at least one) whether it differs from the one before above *shift*."""
    differ = np.empty(len(packed), dtype=np.bool_)
    differ[0] = True
    np.greater_equal(packed[1:] ^ packed[:-1], packed.dtype.type(1 << shift), out=differ[1:])
    return differ


def _sums(weights: Bytes, starts: Numbers) -> Numbers:
    """Return the sums of the weights from each start to the next."""
    sums = np.zeros(len(weights) + 1, dtype=np.int64)
    np.cumsum(weights, out=sums[1:])
    return _lengths(sums[starts], int(sums[-1]))


def _lengths(starts: Numbers, end: int) -> Numbers:
    """Return how long each stretch is that ends where the next one begins."""
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1] = end - starts[-1]
    return lengths


def _without_loose(
    occ: Numbers,
    places: Numbers,
    firsts: npt.NDArray[np.bool_],
    loose: npt.NDArray[np.bool_],
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """Leave occurrences without a position out, but one `NO_POSITION` for a document that has no
    other of a term that has positions elsewhere.

    They stand last in their document, so where one is first there is no other.
    """
    places[loose] = NO_POSITION
    terms = np.repeat(np.arange(len(occ)), occ)
    placed = np.bincount(terms[~loose], minlength=len(occ)) > 0
    kept = (~loose | firsts) & placed[terms]
    return np.bincount(terms[kept], minlength=len(occ)), places[kept], firsts[kept]
