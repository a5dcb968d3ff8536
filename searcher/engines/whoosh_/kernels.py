"""Array kernels: sorted document numbers in, sorted document numbers and scores out.

No Whoosh here: what holds the postings is the reader's business.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Docs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NO_DOCS: Docs = np.empty(0, dtype=np.int64)

POSITION_BITS = 32
"""A place is ``document << 32 | position``: one sorted array holds a whole term."""


def intersect(parts: Sequence[Docs]) -> Docs:
    """Return what all parts hold (at least one part), shortest first.

    >>> intersect([np.array([1, 2, 5]), np.array([2, 5, 9])]).tolist()
    [2, 5]
    """
    ordered = sorted(parts, key=len)
    found = ordered[0]
    for part in ordered[1:]:
        if not len(found):
            return found
        found = np.asarray(found[contains(part, found)])
    return found


def unite(parts: Sequence[Docs]) -> Docs:
    """Return what any part holds, once each."""
    return np.unique(np.concatenate(parts)) if parts else NO_DOCS


def contains(haystack: Docs, needles: Docs) -> npt.NDArray[np.bool_]:
    """Tell for each needle whether the sorted haystack holds it."""
    if not len(haystack):
        return np.zeros(len(needles), dtype=bool)
    at = np.minimum(np.searchsorted(haystack, needles), len(haystack) - 1)
    return np.asarray(haystack[at] == needles)


def subtract(docs: Docs, without: Docs) -> Docs:
    """Return the docs that *without* does not hold.

    >>> subtract(np.array([1, 2, 5]), np.array([2])).tolist()
    [1, 5]
    """
    return docs[~contains(without, docs)]


def places(docs: Docs, counts: Docs, positions: Docs) -> Docs:
    """Return the places of a term: *counts* of its positions in each of *docs*, ascending.

    >>> (places(np.array([3, 5]), np.array([2, 1]), np.array([7, 9, 0])) >> 32).tolist()
    [3, 3, 5]
    """
    return np.asarray((np.repeat(docs, counts) << POSITION_BITS) | positions)


def places_in(found: Docs, docs: Docs) -> Docs:
    """Return those of the places that lie in one of the sorted *docs*."""
    if len(docs) == 1:
        first, last = np.searchsorted(found, np.array([docs[0], docs[0] + 1]) << POSITION_BITS)
        return found[first:last]
    return found[contains(docs, found >> POSITION_BITS)]


def aligned(parts: Sequence[tuple[int, Docs]]) -> Docs:
    """Return the places where a run begins: those that every (offset, places) part holds at its
    offset from there.

    >>> aligned([(0, np.array([3, 8])), (1, np.array([9]))]).tolist()
    [8]
    """
    return intersect([found - offset for offset, found in parts])


def best(docs: Docs, scores: Floats, ranks: Docs, most: int) -> tuple[Docs, Floats]:
    """Return the *most* best docs with their scores: score descending, then rank ascending.

    >>> best(np.array([4, 5, 6]), np.array([1.0, 2.0, 1.0]), np.array([1, 2, 0]), 2)[0].tolist()
    [5, 6]
    """
    if 0 < most < len(docs):
        least = np.partition(-scores, most - 1)[most - 1]
        keep = -scores <= least  # with every tie of the last place
        docs, scores, ranks = docs[keep], scores[keep], ranks[keep]
    order = np.lexsort((ranks, -scores))[:most]
    return docs[order], scores[order]
