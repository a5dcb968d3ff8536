"""Sets of documents: ascending numbers, or a row with a place for every document.

Numbers suit small sets, rows large ones; a set may have both.  Whatever is long goes through a row
of marks, since looking sorted numbers up in each other costs ten times as much for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Docs: TypeAlias = npt.NDArray[np.int64]
Row: TypeAlias = npt.NDArray[Any]
"""A number or truth for each document; those with something else than 0 are in the set."""

NO_DOCS: Docs = np.empty(0, dtype=np.int64)

FEW = 32
"""A set this many times smaller than another one is looked up in it number by number."""

SPARSE = 1 / 32
"""Sets that hold a smaller share of the documents than this are united as numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A set of documents: at least one of *docs* and *row* is there."""

    count: int
    docs: Docs | None = None
    row: Row | None = None

    def numbers(self) -> Docs:
        """Return the documents, ascending."""
        return self.mask().nonzero()[0] if self.docs is None else self.docs

    def mask(self, size: int = 0) -> npt.NDArray[np.bool_]:
        """Return a row of truths, of *size* where the set has no row; not to be written to."""
        if self.row is None:
            made = np.zeros(size, np.bool_)
            made[self.docs] = True
            return made
        return self.row if self.row.dtype == np.bool_ else self.row != 0


NOTHING = Found(0, NO_DOCS)


def of_docs(docs: Docs) -> Found:
    """Return the set of ascending numbers."""
    return Found(len(docs), docs)


def of_many(docs: Docs, size: int) -> Found:
    """Return the set of ascending numbers below *size*, with repetitions."""
    if len(docs) < size * SPARSE:
        return of_docs(distinct(docs))
    mask = np.zeros(size, np.bool_)
    mask[docs] = True
    return of_mask(mask)


def of_mask(mask: npt.NDArray[np.bool_]) -> Found:
    """Return the set of the true places."""
    return Found(int(np.count_nonzero(mask)), None, mask)


def distinct(docs: Docs) -> Docs:
    """Return ascending numbers once each.

    >>> distinct(np.array([1, 1, 4])).tolist()
    [1, 4]
    """
    if len(docs) < 2:
        return docs
    first = np.empty(len(docs), np.bool_)
    first[0] = True
    np.not_equal(docs[1:], docs[:-1], out=first[1:])
    return docs[first]


class Sets:
    """The operations on sets of documents below *size*, of which *live* are there at all.

    ``marks`` is a row that is all false between operations; so an object serves one thread.
    """

    def __init__(self, size: int, live: npt.NDArray[np.bool_] | None) -> None:
        self.size = size
        self.live = live
        self._marks = np.zeros(size, np.bool_)

    def everything(self) -> Found:
        """Return the set of all documents."""
        if self.live is None:
            return Found(self.size, None, np.ones(self.size, np.bool_))
        return of_mask(self.live)

    def unite(self, parts: Sequence[Found]) -> Found:
        """Return what any part holds.

        >>> sets = Sets(9, None)
        >>> sets.unite([of_docs(np.array([1, 5])), of_docs(np.array([1, 7]))]).numbers().tolist()
        [1, 5, 7]
        """
        parts = [part for part in parts if part.count]
        if len(parts) < 2:
            return parts[0] if parts else NOTHING
        lists = [part.docs for part in parts if part.docs is not None and part.row is None]
        if len(lists) == len(parts) and sum(map(len, lists)) <= self.size * SPARSE:
            docs = np.concatenate(lists)
            docs.sort()
            return of_docs(distinct(docs))
        mask = np.zeros(self.size, np.bool_)
        for part in parts:
            if part.row is not None:
                mask |= part.mask()
            elif part.docs is not None:
                mask[part.docs] = True
        return of_mask(mask)

    def intersect(self, parts: Sequence[Found]) -> Found:
        """Return what all parts hold (at least one part).

        >>> sets = Sets(9, None)
        >>> sets.intersect([of_docs(np.array([1, 5])), of_docs(np.array([1, 7]))]).numbers()
        array([1])
        """
        first, *rest = sorted(parts, key=_size)
        if first.docs is None:
            return self._intersect_masks(parts) if rest else first
        docs = first.docs
        for part in rest:
            docs = docs[self.holds(part, docs)]
        return of_docs(docs) if rest else first

    def subtract(self, found: Found, without: Found) -> Found:
        """Return what *found* holds and *without* does not."""
        if found.docs is not None:
            return of_docs(found.docs[~self.holds(without, found.docs)])
        mask = found.mask().copy()
        if without.row is not None:
            mask &= without.row == 0
        else:
            mask[without.numbers()] = False
        return of_mask(mask)

    def holds(self, found: Found, docs: Docs) -> npt.NDArray[np.bool_]:
        """Tell for each of *docs*, ascending, whether *found* holds it."""
        if found.row is not None:
            taken = found.row[docs]
            return taken if taken.dtype == np.bool_ else taken != 0
        theirs = found.numbers()
        if not len(theirs):
            return np.zeros(len(docs), np.bool_)
        if len(docs) * FEW < len(theirs):
            at = theirs.searchsorted(docs)
            return np.asarray(theirs.take(at, mode="clip") == docs)
        self._marks[theirs] = True
        taken = self._marks[docs]
        self._marks[theirs] = False
        return taken

    def _intersect_masks(self, parts: Sequence[Found]) -> Found:
        mask = parts[0].mask() & parts[1].mask()
        for part in parts[2:]:
            mask &= part.mask()
        return of_mask(mask)


def _size(found: Found) -> tuple[bool, int]:
    """Sort numbers before rows, and few before many."""
    return found.docs is None, found.count
