"""Which passages of a document are shown: a lazy greedy choice over windows of pieces."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from searcher.snippets.borders import FieldText, View, widen
from searcher.snippets.ranges import Piece, Range, Weighed, pieces, weighed

MANY = 200
"""Pieces of one field that each begin a window; of more, only some do."""

STEPS = 16
"""How many windows begin within the length of a passage where there are many pieces."""


@dataclass(frozen=True, slots=True)
class Found:
    """A field with matches; ``taken`` grows by the passages chosen, kept in order."""

    order: int
    text: FieldText
    pieces: Sequence[Piece]
    weighed: Weighed
    taken: list[tuple[int, int]] = field(default_factory=list)


class Window(NamedTuple):
    """The pieces ``first`` up to ``last`` of a field; better windows sort first.

    The number of distinct ``marks`` and the numbers of matches and of phrases are negative.
    """

    distinct: int
    matches: int
    phrases: int
    order: int
    first: int
    last: int
    marks: int


class Passage(NamedTuple):
    """A chosen stretch of a field; ``view`` holds its text."""

    order: int
    start: int
    end: int
    view: View


def found_in(
    fields: Sequence[tuple[FieldText, Sequence[Range]]], chars: int, count: int
) -> dict[int, Found]:
    """Return the fields that hold a match, by their place in *fields*."""
    found = {}
    for order, (text, ranges) in enumerate(fields):
        if ranges:
            kept = weighed(ranges, chars, count)
            found[order] = Found(order, text, pieces(kept.ranges, chars), kept)
    return found


def choose(found: dict[int, Found], chars: int, count: int) -> list[Passage]:
    """Return at most *count* passages that do not overlap, in text order.

    Each next one adds as many marks as possible to those shown already, then holds as many
    marks, matches and phrases as possible, then stands as early as possible.
    """
    covered = 0
    heap = [(window.distinct, window) for window in _windows(found, chars)]
    heapify(heap)
    chosen: list[Passage] = []
    while heap and len(chosen) < count:
        gain, window = heappop(heap)
        # What was worth its gain before other passages were chosen may be worth less now, never
        # more: what is still worth it when it comes up is the best of all.
        home = found[window.order]
        parts = [window] if not home.taken else list(_free(home, window))
        now = [(-(part.marks & ~covered).bit_count(), part) for part in parts]
        if now != [(gain, window)]:
            for entry in now:
                heappush(heap, entry)
            continue
        chosen.append(_passage(home, window, chars))
        covered |= window.marks
    return sorted(chosen, key=lambda passage: passage[:3])


def _windows(found: dict[int, Found], chars: int) -> Iterator[Window]:
    """Yield the windows to choose from: from each piece on, unless the last one holds it all."""
    for home in found.values():
        step = chars // STEPS if len(home.pieces) > MANY else 0
        last = begun = -1
        for first, piece in enumerate(home.pieces):
            if last >= 0 and piece.start < begun + step:
                continue
            reach = _reach(home.pieces, first, chars)
            if reach > last and home.weighed.begins(piece):
                yield _window(home, first, reach)
                last, begun = reach, piece.start


def _reach(pieces: Sequence[Piece], first: int, chars: int) -> int:
    """Return the piece before which a window from *first* on ends.

    A window leaves a quarter of *chars* for the words around the matches, but gives it up for
    matches that add a mark.
    """
    begin, last, marks = pieces[first].start, first + 1, pieces[first].marks
    for index in range(first + 1, len(pieces)):
        piece = pieces[index]
        length = piece.end - begin
        if length > chars:
            break
        if length <= chars - chars // 4 or piece.marks & ~marks:
            last = index + 1
            marks |= piece.marks
    return last


def _window(home: Found, first: int, last: int) -> Window:
    marks = matches = phrases = 0
    for piece in home.pieces[first:last]:
        marks |= piece.marks
        matches += piece.matches
        phrases += piece.phrases
    return Window(-marks.bit_count(), -matches, -phrases, home.order, first, last, marks)


def _free(home: Found, window: Window) -> Iterator[Window]:
    """Yield the parts of *window* that stand outside the passages chosen so far."""
    begin: int | None = None
    gap: int | None = None
    for index in range(window.first, window.last + 1):
        place = _gap(home, index) if index < window.last else None
        if begin is not None and place != gap:
            whole = begin == window.first and index == window.last
            yield window if whole else _window(home, begin, index)
            begin = None
        if begin is None and place is not None:
            begin, gap = index, place


def _gap(home: Found, index: int) -> int | None:
    """Return the number of chosen passages before a piece, or None if it is in one of them."""
    start = home.pieces[index].start
    before = bisect_right(home.taken, (start, home.text.length))
    return None if before and home.taken[before - 1][1] > start else before


def _passage(home: Found, window: Window, chars: int) -> Passage:
    """Return the passage around *window* and mark it as taken."""
    core = (home.pieces[window.first].start, home.pieces[window.last - 1].end)
    before = bisect_left(home.taken, core)
    low = home.taken[before - 1][1] if before else 0
    high = home.taken[before][0] if before < len(home.taken) else home.text.length
    start, end, view = widen(home.text, home.pieces, core, (low, high), chars)
    insort(home.taken, (start, end))
    return Passage(home.order, start, end, view)
