"""Patterns: where units stand near each other, almost as asked, or written exactly so.

All are found in the units of fields in a row (`searcher.matches.rows`), as arrays.  What each
means unit by unit, in plain Python, is in ``tests/test_patterns.py``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from searcher.columns import Numbers
from searcher.matches.glyphs import ways_to_write
from searcher.matches.rows import Row, begins_of, codes_of, is_whole
from searcher.model import Almost, Glyphs, Near, Pattern

_ENDLESS = np.iinfo(np.int64).max


class Stretches(NamedTuple):
    """Stretches of the units of a row, by the ``first`` and the ``last`` unit of each."""

    first: Numbers
    last: Numbers


def matches(row: Row, pattern: Pattern) -> Numbers:
    """Return a unit of each match of *pattern*, in no order.

    >>> from searcher.matches.rows import row_of
    >>> matches(row_of(["驻军，驻各村"]), Near((("驻",), ("村",)), slop=1)).tolist()
    [2]
    """
    match pattern:
        case Near():
            return _windows(row, pattern)[0]
        case Almost():
            return np.concatenate([found.first for found in _almost(row, pattern.units)])
        case Glyphs():
            return _written(row, pattern)


def shown(row: Row, pattern: Pattern, units: tuple[str, ...]) -> Stretches:
    """Return what to highlight of *pattern*, ascending, each stretch once.

    Of a `Near` that is each part by itself in the minimal windows, or only the part *units* if it
    is one; of the others the whole run.  Runs that are almost as asked never overlap: the better
    one stays, first one that is as asked, then one whose ends are and of those the longer one,
    then one without the first or the last unit, and of equals the one in front.
    """
    match pattern:
        case Near():
            return _parts(row, pattern, units)
        case Almost():
            return _apart(_almost(row, pattern.units))
        case Glyphs():
            first = _written(row, pattern)
            return Stretches(first, first + (len(pattern.units) - 1))


# ---------------------------------------------------------------- near


def _windows(row: Row, near: Near) -> list[Numbers]:
    """Return where each part of *near* begins in the minimal windows that satisfy it.

    A window is minimal where no other one is inside of it.
    """
    places = [begins_of(row, part) for part in near.parts]
    chain = places[:1]
    for part, following in zip(near.parts, places[1:], strict=False):
        behind = np.minimum(chain[-1], _ENDLESS - len(part)) + len(part)
        chain.append(np.append(following, _ENDLESS)[following.searchsorted(behind)])
    end = chain[-1]
    is_found = end < _ENDLESS
    # Of the windows that end at one place the last is inside of the others.
    is_found[:-1] &= end[:-1] != end[1:]
    chain = [each[is_found] for each in chain]
    last = chain[-1] + (len(near.parts[-1]) - 1)
    between = last + 1 - chain[0] - sum(map(len, near.parts))
    is_near = (between <= near.slop) & is_whole(row, chain[0], last)
    return [each[is_near] for each in chain]


def _parts(row: Row, near: Near, wanted: tuple[str, ...]) -> Stretches:
    """Return the parts of all windows, or those that are the units *wanted* if some are."""
    every = wanted not in near.parts
    found = [
        (first, first + (len(part) - 1))
        for part, first in zip(near.parts, _windows(row, near), strict=True)
        if every or part == wanted
    ]
    spans = np.unique(np.concatenate([np.stack(each, axis=1) for each in found]), axis=0)
    return Stretches(spans[:, 0], spans[:, 1])


# ---------------------------------------------------------------- almost


def _almost(row: Row, units: tuple[str, ...]) -> list[Stretches]:
    """Return the stretches one edit from *units* at most, the best first: see `shown`."""
    run, size = codes_of(row, units), len(units)
    heads, tails = ((row.codes == code).nonzero()[0] for code in (run[0], run[-1]))
    before = common(row, heads, run)
    behind = common(row, tails, run[::-1], -1)
    whole = partial(_whole, row)
    first, cut_first, cut_last = (
        heads[before == size],
        tails[behind >= size - 1] - (size - 2),
        heads[before >= size - 1],
    )
    # What is common to both ends leaves one unit in the middle, of the one or of the other.
    inside = (
        (_followed(heads, before, tails, behind, length, max(size, length) - 1), length)
        for length in (size + 1, size, size - 1)
    )
    return [
        whole(first, size),
        *(whole(*each) for each in inside),
        whole(np.union1d(cut_first, cut_last), size - 1),
    ]


def common(row: Row, places: Numbers, run: Sequence[int], step: int = 1) -> Numbers:
    """Return of each of *places*, which hold the first code of *run*, how many codes of it follow
    each other from there on, forwards (*step* 1) or backwards (-1).
    """
    counts = np.ones(len(places), dtype=np.int64)
    alive = np.arange(len(places))
    for at, code in enumerate(run[1:], 1):
        place = places[alive] + step * at
        inside = (place >= 0) & (place < len(row.codes))
        alive, place = alive[inside], place[inside]
        alive = alive[row.codes[place] == code]
        if not len(alive):
            break
        counts[alive] += 1
    return counts


def _followed(
    heads: Numbers, before: Numbers, tails: Numbers, behind: Numbers, length: int, enough: int
) -> Numbers:
    """Return those *heads* that a tail follows so that both make a stretch of *length* units and
    have *enough* in common with what was asked.
    """
    if not len(tails):
        return heads[:0]
    last = heads + (length - 1)
    at = np.minimum(tails.searchsorted(last), len(tails) - 1)
    found: Numbers = heads[(tails[at] == last) & (before + behind[at] >= enough)]
    return found


def _whole(row: Row, first: Numbers, length: int) -> Stretches:
    last = first + (length - 1)
    kept = is_whole(row, first, last) & (first >= 0)
    return Stretches(first[kept], last[kept])


def _apart(found: Sequence[Stretches]) -> Stretches:
    """Return the stretches, the best first, that overlap no better one; ascending."""
    kept: list[tuple[int, int]] = []
    for first, last in found:
        for span in zip(first.tolist(), last.tolist(), strict=True):
            at = bisect_left(kept, span)
            is_free = at == len(kept) or span[1] < kept[at][0]
            if is_free and (not at or kept[at - 1][1] < span[0]):
                kept.insert(at, span)
    spans = np.array(kept, dtype=np.int64).reshape(-1, 2)
    return Stretches(spans[:, 0], spans[:, 1])


# ---------------------------------------------------------------- glyphs


def _written(row: Row, glyphs: Glyphs) -> Numbers:
    """Return where the run begins that is written as asked, in any reading of what was typed."""
    first = begins_of(row, glyphs.units)
    is_right = np.zeros(len(first), dtype=bool)
    for way in ways_to_write(glyphs.text, glyphs.units):
        is_right |= row.writes(first, way)
    return first[is_right]
