"""Shortlists: few documents among which the best are, from sums in whole steps.

Every frequent term has a row of levels, a byte for each document: its gain in steps, rounded up.
With s the score of a document in steps, its sum of steps is

- below s + e.  A level adds less than one step too much, times the weight; a weighted level that
  is no whole number is rounded up once more.
- above s − f.  What constants and rare terms add is rounded down, once for each; terms that make
  hardly any difference are left out.

Let t be the k-th best sum of steps.  At least k documents have one of t or more, so they have
s > t − e; so do the k best documents, and their sums of steps are above t − e − f.  Levels are
made with 24 bits, so each may be off by some ten-thousandths of a step, times the weight: e grows
by a thousandth of all weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Floats
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found
from searcher.engines.whoosh_.reading.postings import Levels, Postings, Weighed
from searcher.engines.whoosh_.reading.topmost import kth

Steps: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]

Item: TypeAlias = tuple[float, Weighed, Postings]
"""A term: its weight in the query, what it is worth, and what else is known of it."""

_NEGLIGIBLE = 1 / 16
"""Frequent terms that together are worth less than this share of the highest score there could be
are not worth a pass through their rows."""


class Constant(NamedTuple):
    """Documents whose scores are higher by *weight*."""

    found: Found
    weight: float


class Query(NamedTuple):
    """What scores are made of; rare terms have gains, frequent ones rows."""

    rare: Sequence[Item]
    frequent: Sequence[Item]
    constants: Sequence[Constant]


class Shortlist:
    """Makes shortlists; for one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._steps = np.zeros(store.size, np.uint16)
        self._spare = np.zeros(store.size, np.uint16)

    def suits(self, query: Query) -> bool:
        """Tell whether sums of steps say anything: no term takes anything away, and the numbers
        are not beyond all reason.
        """
        weights = [item[0] for item in (*query.rare, *query.frequent)]
        weights += [constant.weight for constant in query.constants]
        return min(weights, default=0.0) >= 0 and self._highest(query) < 1 << 31

    def among(self, docs: Docs, sums: Floats, query: Query, most: int) -> npt.NDArray[np.bool_]:
        """Tell which of *docs* are on the shortlist for the *most* best.

        *sums* are what constants and rare terms add to each.
        """
        steps, spare = self._rows(query, len(docs))
        steps.fill(0)
        missing = 1 + self._add_frequent(query, steps, spare, docs)
        if query.rare or query.constants:
            steps += (sums * (1 / self._store.step)).astype(steps.dtype)
        return np.asarray(steps >= max(int(kth(steps, most)) - missing, 0))

    def of_all(self, found: Found, query: Query, most: int) -> Docs:
        """Return the shortlist of *found*, whose documents are very many."""
        steps, spare = self._rows(query, self._store.size)
        steps.fill(0)
        missing = self._add_frequent(query, steps, spare, None) + self._add_rare(query, steps)
        if found.count < self._store.size:
            steps *= found.mask(self._store.size)
        cut = int(kth(steps, most)) - missing
        return (steps >= cut).nonzero()[0] if cut > 0 else found.numbers()

    def _rows(self, query: Query, length: int) -> tuple[Steps, Steps]:
        """Return two rows that have room for sums of steps."""
        if self._highest(query) < 1 << 16:
            return self._steps[:length], self._spare[:length]
        return np.empty(length, np.uint32), np.empty(length, np.uint32)

    def _highest(self, query: Query) -> float:
        """Return a number that no sum of steps is above."""
        weights = sum([weight for weight, _, _ in query.frequent])
        return _best(query) / self._store.step + weights + len(query.frequent)

    def _add_rare(self, query: Query, steps: Steps) -> int:
        """Add constants and rare terms, and return how many times something was rounded."""
        per_step = 1 / self._store.step
        for found, weight in query.constants:
            steps[found.numbers()] += int(weight * per_step)
        if query.rare:
            docs = np.concatenate([weighed.docs for _, weighed, _ in query.rare])
            gains = np.concatenate([weight * weighed.gains for weight, weighed, _ in query.rare])
            gains *= per_step
            np.add.at(steps, docs, gains.astype(steps.dtype))
        return len(query.constants) + len(query.rare)

    def _add_frequent(self, query: Query, steps: Steps, spare: Steps, docs: Docs | None) -> int:
        """Add frequent terms to *steps*, which are all 0, and return how wrong they may be."""
        added, missing = self._worthwhile(query)
        doubled = [item for item in added if item[0] % 2 == 0]
        for weight, _, postings in doubled:
            levels = self._store.levels(postings)
            steps += _weighted(levels if docs is None else levels[docs], weight / 2, spare)
        if doubled:
            steps += steps
        for weight, _, postings in added:
            if weight % 2:
                levels = self._store.levels(postings)
                steps += _weighted(levels if docs is None else levels[docs], weight, spare)
        return missing

    def _worthwhile(self, query: Query) -> tuple[Sequence[Item], int]:
        """Return the frequent terms to add, and how many steps sums of steps may be wrong by."""
        spare = _best(query) * _NEGLIGIBLE
        missing = 0.0
        added = list(query.frequent)
        while added and (most := added[-1][0] * added[-1][1].idf) <= spare - missing:
            missing += most
            added.pop()
        weights = [weight for weight, _, _ in added]
        steps = math.ceil(missing / self._store.step) + math.ceil(sum(weights) / 1000)
        for weight in weights:
            steps += math.ceil(weight) + (not weight.is_integer())
        return added, steps


def _best(query: Query) -> float:
    """Return a number that no score is above."""
    best = sum([constant.weight for constant in query.constants])
    for weight, weighed, _ in query.rare:
        best += weight * weighed.idf
    for weight, weighed, _ in query.frequent:
        best += weight * weighed.idf
    return best


def _weighted(levels: Levels, weight: float, spare: Steps) -> Steps:
    """Return weight × levels, rounded up; it may be in *spare*."""
    if weight == 1.0:
        return levels
    if weight.is_integer():
        np.multiply(levels, spare.dtype.type(weight), out=spare)
    else:
        np.ceil(levels * np.float64(weight), out=spare, casting="unsafe")
    return spare
