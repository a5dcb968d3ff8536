"""Matched ranges of one field, joined into the pieces that a passage never cuts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CROWD = 2000
"""Ranges of one field that are all weighed; of more only the best stretches are."""

STRETCHES = 32
"""Cells of a crowded field that are weighed, beside the first one of each mark."""

_NARROWEST = 64
"""Characters of the smallest cell, so that a huge field has no more than a million."""


class Range(NamedTuple):
    """One matched run: half-open offsets of the original field text, ``start < end``.

    ``chunk`` numbers the blank-separated piece of the query it came from, ``mark`` the part of
    the query (what coverage counts); ``phrase`` is true for a quoted run.  A named tuple, because
    a common character gives a hundred thousand of them.

    >>> Range(3, 5, chunk=0, phrase=False, mark=1).end
    5
    """

    start: int
    end: int
    chunk: int
    phrase: bool
    mark: int


class Piece(NamedTuple):
    """Ranges shown as one highlight: ``marks`` is a bit set, ``matches`` counts the ranges.

    ``opens`` and ``closes`` are bit sets of the chunks whose ranges begin at ``start`` and end at
    ``end``: neighbours of one chunk that touch are joined.
    """

    start: int
    end: int
    marks: int
    matches: int
    phrases: int
    opens: int
    closes: int


def pieces(ranges: Sequence[Range], chars: int) -> list[Piece]:
    """Return ascending pieces, none overlapping, of *ranges* in ascending order.

    Ranges that overlap are joined, and those of one chunk that touch.  What would be longer than
    *chars* is split: between touching ranges, or by leaving out a range that overlaps an earlier
    piece (a phrase wins over words).  So only a single range can be longer than *chars*.

    >>> [piece[:2] for piece in pieces([Range(0, 2, 0, False, 0), Range(2, 4, 0, False, 1)], 9)]
    [(0, 4)]
    """
    out: list[Piece] = []
    pile: Piece | None = None
    first = 0
    for index, found in enumerate(ranges):
        if pile is None or found.start >= pile.end:
            _close(out, pile, chars)
            pile, first = _piece(found), index
        elif max(found.end, pile.end) - pile.start <= chars or found.end <= pile.end:
            pile = _overlapped(pile, found)
        elif found.phrase and not pile.phrases:
            words = [word for word in ranges[first:index] if word.end <= found.start]
            for piece in pieces(words, chars):
                _close(out, piece, chars)
            pile, first = _piece(found), index
    _close(out, pile, chars)
    return out


def _piece(found: Range) -> Piece:
    start, end, chunk, phrase, mark = found
    bit = 1 << chunk
    return Piece(start, end, 1 << mark, 1, int(phrase), bit, bit)


def _overlapped(pile: Piece, found: Range) -> Piece:
    """Return *pile* with a range that begins inside it."""
    bit = 1 << found.chunk
    closes = pile.closes if found.end <= pile.end else 0
    return Piece(
        pile.start,
        max(pile.end, found.end),
        pile.marks | 1 << found.mark,
        pile.matches + 1,
        pile.phrases + found.phrase,
        pile.opens | bit if found.start == pile.start else pile.opens,
        closes | bit if found.end >= pile.end else closes,
    )


def _close(out: list[Piece], pile: Piece | None, chars: int) -> None:
    """Append *pile*, or join it to the last piece if it touches that in one chunk."""
    if pile is None:
        return
    if out and _touches(out[-1], pile) and pile.end - out[-1].start <= chars:
        out[-1] = _touched(out[-1], pile)
    else:
        out.append(pile)


def _touches(last: Piece, pile: Piece) -> bool:
    return last.end == pile.start and bool(last.closes & pile.opens)


def _touched(last: Piece, pile: Piece) -> Piece:
    return Piece(
        last.start,
        pile.end,
        last.marks | pile.marks,
        last.matches + pile.matches,
        last.phrases + pile.phrases,
        last.opens,
        pile.closes,
    )


class Weighed(NamedTuple):
    """The ranges worth weighing, in order, and where a passage may begin.

    ``cells`` are numbers of stretches of ``width`` characters; None is every one.
    """

    ranges: Sequence[Range]
    width: int
    cells: frozenset[int] | None

    def begins(self, piece: Piece) -> bool:
        """Return whether all ranges are kept that a passage beginning with *piece* can meet."""
        if self.cells is None:
            return True
        return piece.start // self.width in self.cells or (
            (piece.end - 1) // self.width in self.cells
        )


def weighed(ranges: Sequence[Range], chars: int, count: int) -> Weighed:
    """Return all *ranges*, or of a crowd those in and around the most promising cells.

    A cell is the better the more marks it holds together with the next one, then the more
    matches; the first cell of each mark is always among them.
    """
    if len(ranges) <= CROWD:
        return Weighed(sorted(ranges), chars, None)
    width = max(chars, _NARROWEST)
    table = np.fromiter(chain.from_iterable(ranges), np.int64, 5 * len(ranges)).reshape(-1, 5)
    starts, ends, marks = table[:, 0], table[:, 1], table[:, 4]
    places = starts // width
    cells = _best_cells(places, marks, max(STRETCHES, count))
    # A piece may begin one cell before the one it was chosen for, its passage another one
    # earlier, and a range that reaches into the passage a third; longer ranges are all kept.
    around = np.unique(np.add.outer(cells, np.arange(-3, 3)))
    kept = np.isin(places, around) | (ends - starts > width)
    nearby = sorted(ranges[index] for index in np.flatnonzero(kept).tolist())
    return Weighed(nearby, width, frozenset(cells.tolist()))


def _best_cells(
    places: npt.NDArray[np.int64], marks: npt.NDArray[np.int64], most: int
) -> npt.NDArray[np.int64]:
    """Return the *most* best cells and the first cell of each mark; *places* are cells."""
    names, numbers = np.unique(marks, return_inverse=True)
    pairs = _distinct(places * len(names) + numbers)
    matches = _with_next(np.bincount(places))
    distinct = _with_next(np.bincount(pairs // len(names)))
    cells = len(matches)
    worth = distinct * (matches.max() + 1) + matches
    # The number of the cell settles ties, so that the earlier one is the better.
    order = worth * cells + np.arange(cells, 0, -1)
    best = np.argpartition(order, -most)[-most:] if most < cells else np.arange(cells)
    firsts = pairs[np.unique(pairs % len(names), return_index=True)[1]] // len(names)
    return np.unique(np.append(best, firsts))


def _with_next(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return what each cell and the next one hold in all."""
    together: npt.NDArray[np.int64] = counts + np.append(counts[1:], 0)
    return together


def _distinct(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the different *numbers*, ascending."""
    # Matches come in order or nearly so: a stable sort is 90 times as fast as `np.unique` then.
    ordered = np.sort(numbers, kind="stable")
    distinct: npt.NDArray[np.int64] = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return distinct
