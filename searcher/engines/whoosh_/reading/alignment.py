"""Alignment: where a run of units begins, from the places of few of its bigrams.

Bigrams overlap: those at every second unit say as much as all of them.  The cheapest ones that
cover the run are taken, the rarest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.engines.whoosh_.files.fieldnames import BAG, BORDERS
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.postings import (
    NO_PLACES,
    POSITION,
    POSITION_BITS,
    Places,
    Postings,
)
from searcher.text.units import SENTENCE_END, bigram

_ENDLESS = 1 << 62

_FEW = 256
"""Fewer places than this are always looked up."""

_ALIKE = 8
"""Two lists of which neither is so many times longer than the other are merged, which then is
cheaper than looking the places of one up in the other."""

Step: TypeAlias = tuple[int, int, int, Postings]
"""What has to stand somewhere in a run: the size of its postings, how many units it stands behind
the beginning, how many units it covers, the postings."""


def space_of(field: str) -> str:
    """Return the Whoosh field whose places are those of *field*: title and body share one."""
    return BAG if field in ("title", "body") else field


def beginnings(store: Store, space: str, units: Sequence[str], only: int | None = None) -> Places:
    """Return the places where two or more *units* in a row begin, in the places of *space*.

    With *only*, the places in that document alone.
    """
    steps = _steps(store, space, units)
    if not steps:
        return NO_PLACES
    if len(steps) > 2:
        steps = _cover(steps, len(units))
    steps.sort(key=_size)
    found: Places = NO_PLACES
    for number, (_, at, _, postings) in enumerate(steps):
        places = store.places(postings)
        if only is not None:
            places = _within(places, only)
        found = _common(found + at, places) - at if number else places - at
        if not len(found):
            break
    return found


def endings(store: Store, space: str, units: Sequence[str], lasts: Sequence[str]) -> Places:
    """Return the places where two or more *units* in a row begin that any of *lasts* follows.

    The last of *units* is no sentence end.
    """
    found = [store.postings(space, bigram(units[-1], last)) for last in dict.fromkeys(lasts)]
    ends = [store.places(postings) for postings in found if postings.size]
    places = beginnings(store, space, units) if ends else NO_PLACES
    if not len(places):
        return NO_PLACES
    ways = np.concatenate(ends)
    ways.sort(kind="stable")
    return _common(places + (len(units) - 1), ways) - (len(units) - 1)


def in_field(store: Store, places: Places, field: str) -> Places:
    """Return the places of the bag that are in the title, or those that are in the body."""
    sizes = store.title_sizes[places >> POSITION_BITS]
    at = places & POSITION
    inside: npt.NDArray[np.bool_] = at < sizes if field == "title" else at > sizes
    return places[inside]


def _steps(store: Store, space: str, units: Sequence[str]) -> list[Step]:
    """Return all there is to look for; nothing where something of it stands nowhere."""
    steps = []
    for at in range(len(units) - 1):
        first, second = units[at], units[at + 1]
        if first == SENTENCE_END:
            continue
        width = 2
        if second == SENTENCE_END:
            width = 3
            key = bigram(first, units[at + 2])
            postings = store.postings(BORDERS, key if space == BAG else f"{space}\t{key}")
        else:
            postings = store.postings(space, bigram(first, second))
        if not postings.size:
            return []
        steps.append((postings.size, at, width, postings))
    return steps


def _cover(steps: Sequence[Step], length: int) -> list[Step]:
    """Return the steps that cover *length* units together at the lowest cost.

    ``costs[n]`` is the lowest cost of covering the first *n* units, ``last[n]`` the step that
    does it last, and how many units the others cover.
    """
    costs = [0] + [_ENDLESS] * length
    last: list[tuple[int, Step] | None] = [None] * (length + 1)
    for step in steps:
        size, at, width, _ = step
        before = at
        for other in range(at + 1, at + width):
            if costs[other] < costs[before]:
                before = other
        cost = costs[before] + size
        if cost < costs[at + width]:
            costs[at + width] = cost
            last[at + width] = before, step
    chosen = []
    while (found := last[length]) is not None:
        length, step = found
        chosen.append(step)
    return chosen


def _common(few: Places, many: Places) -> Places:
    """Return what both hold; both ascend, and the first is not empty."""
    if not len(many):
        return many
    if len(few) < _FEW or len(few) * _ALIKE < len(many):
        at = many.searchsorted(few)
        held: npt.NDArray[np.bool_] = many.take(at, mode="clip") == few
        return few[held]
    both = np.concatenate((few, many))
    both.sort(kind="stable")  # merges what is sorted in parts
    twice: npt.NDArray[np.bool_] = both[1:] == both[:-1]
    return both[1:][twice]


def _within(places: Places, number: int) -> Places:
    bounds = np.array((number, number + 1)) << POSITION_BITS
    found: list[int] = places.searchsorted(bounds).tolist()
    return places[found[0] : found[1]]


def _size(step: Step) -> int:
    return step[0]
