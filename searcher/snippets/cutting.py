"""Cutting passages out of a sheet: which windows are shown, and where each passage ends.

It does for regular documents what `passages` and `borders` do for any, with the borders of the
whole page at hand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np

from searcher.columns import Numbers
from searcher.model import Snippet
from searcher.snippets.borders import WORD_STEPS, parts_word, sentences_around
from searcher.snippets.sheet import Place, Sheet
from searcher.snippets.single import LEAD_BLANKS, first_shown
from searcher.snippets.windows import Entry, Pieces

Passage: TypeAlias = tuple[int, int, int, int, Place]
"""A stretch of a sheet that is shown: where it starts and ends, its first piece, the piece behind
its last, its field."""


class Cutter:
    """Chooses and cuts passages of one sheet, given the pieces that none may cut."""

    def __init__(self, sheet: Sheet, pieces: Pieces, chars: int) -> None:
        self._sheet = sheet
        self._pieces = pieces
        self._chars = chars
        self._borders = sheet.borders()
        self._sentences = self._outside(self._borders.sentences)

    # ------------------------------------------------------------ choosing

    def choose(self, windows: list[Entry], count: int) -> list[Passage]:
        """Return at most *count* passages of one document, in text order.

        *windows* are all of the document.  Each next passage adds as many marks as possible to
        those shown already, then is the best window outside of those chosen.
        """
        windows.sort()
        window: Entry | None = windows[0]
        taken: list[Passage] = []
        covered = 0
        while window is not None:
            insort(taken, self._passage(window, taken))
            if len(taken) == count or len(windows) == 1:
                break
            covered |= window[5]
            window = self._next(windows, taken, covered)
        return taken

    def _next(self, windows: list[Entry], taken: list[Passage], covered: int) -> Entry | None:
        """Return the best window outside of what is *taken*, or None where there is none.

        It is a whole one, or what is left of one beside a passage.
        """
        rests = self._rests(taken)
        if covered != self._pieces.all_marks and any(each[5] & ~covered for each in windows):
            return min(
                (*rests, *(each for each in windows if _is_outside(each, taken))),
                key=lambda window: (-(window[5] & ~covered).bit_count(), window),
                default=None,
            )
        # Nothing new can be shown, and the first whole window is the best of them.
        for window in windows:
            if _is_outside(window, taken):
                return min(*rests, window) if rests else window
        return min(rests, default=None)

    def _rests(self, taken: list[Passage]) -> list[Entry]:
        """Return what the passages leave of the windows that begin or end in them.

        Of those that end, or begin, beside the same passage the longest is the best; where that
        is a whole window, it is left out.
        """
        pieces = self._pieces
        reach = pieces.reach
        rests = []
        begin = 0
        for at, (_, _, first, last, _) in enumerate(taken):
            if first and reach[first - 1] > first:
                before = bisect_left(reach, first, begin, first)
                if before < first and reach[before] > first:
                    rests.append(pieces.entry(before, first))
            end = taken[at + 1][2] if at + 1 < len(taken) else len(reach)
            if last < end and (reach[last] > end or reach[last] == reach[last - 1]):
                rests.append(pieces.entry(last, min(reach[last], end)))
            begin = last
        return rests

    def _passage(self, window: Entry, taken: Sequence[Passage]) -> Passage:
        """Return the passage around *window*."""
        pieces = self._pieces
        _, _, _, first, last, _ = window
        start, end = pieces.start[first], pieces.end[last - 1]
        place = self._sheet.place(start)
        _, _, low, high = place
        for before, behind, *_ in taken:
            if low < behind <= start:
                low = behind
            elif start < before < high:
                high = before
        start, end = self._widened(start, end, low, high)
        first = bisect_left(pieces.start, start, 0, first + 1)
        return start, end, first, bisect_left(pieces.start, end, last), place

    def lead(self, place: Place) -> Passage | None:
        """Return the beginning of a body without pieces; None where there is nothing to show."""
        if place.name != "body":
            return None
        end = min(place.end, place.start + LEAD_BLANKS)
        begin = first_shown(self._sheet.text[place.start : end])
        if begin is None:
            return None
        begin += place.start
        start, end = self._widened(begin, begin + 1, begin, place.end)
        first = bisect_left(self._pieces.start, start)
        return start, end, first, first, place

    # ------------------------------------------------------------ borders, as in `borders.widen`

    def _widened(self, start: int, end: int, low: int, high: int) -> tuple[int, int]:
        """Return the borders of a passage around *start* to *end*, between *low* and *high*."""
        chars = self._chars
        if high - low <= chars:
            return low, high
        spare = chars - (end - start)
        if spare <= 0:
            return start, end
        stops = self._sentences
        first = start - spare if start - spare > low else low
        last = end + spare if end + spare < high else high
        behind = bisect_right(stops, start)
        lefts = stops[bisect_left(stops, first, 0, behind) : behind]
        if first == low:
            lefts.insert(0, low)
        behind = bisect_left(stops, end, behind)
        rights = stops[behind : bisect_right(stops, last, behind)]
        if last == high:
            rights.append(high)
        if lefts and rights and rights[0] - lefts[-1] <= chars:
            return sentences_around((start, end), lefts, rights, chars)
        if lefts and start - lefts[-1] <= spare // 2:
            return lefts[-1], self._cut_behind(end, min(lefts[-1] + chars, last))
        if rights and rights[0] - end <= spare // 2:
            return self._cut_before(start, max(rights[0] - chars, first)), rights[0]
        left = self._cut_before(start, max(start - spare // 2, first))
        return left, self._cut_behind(end, min(left + chars, last))

    def _cut_before(self, start: int, limit: int) -> int:
        """Return the border farthest before *start*, not below *limit*, that reads best."""
        for stops in (self._sentences, self._clauses):
            at = bisect_left(stops, limit)
            if at < len(stops) and stops[at] < start:
                return stops[at]
        return self._anywhere(range(limit, start), start)

    def _cut_behind(self, end: int, limit: int) -> int:
        """Return the border farthest behind *end*, not above *limit*, that reads best."""
        for stops in (self._sentences, self._clauses):
            at = bisect_right(stops, limit)
            if at and stops[at - 1] > end:
                return stops[at - 1]
        return self._anywhere(range(limit, end, -1), end)

    def _anywhere(self, places: range, last: int) -> int:
        """Return the first of *places* that cuts nothing (near, no word either), else *last*."""
        text = self._sheet.text
        for at in places[:WORD_STEPS]:
            if self._allows(at) and not parts_word(text[at - 1 : at + 1]):
                return at
        return next(filter(self._allows, places), last)

    def _allows(self, at: int) -> bool:
        """Tell whether a border at *at* cuts neither a piece nor a character."""
        index = bisect_left(self._pieces.start, at)
        is_whole = not index or self._pieces.end[index - 1] <= at
        return is_whole and at not in self._borders.glued

    @cached_property
    def _clauses(self) -> list[int]:
        return self._outside(self._borders.clauses)

    def _outside(self, stops: Numbers) -> list[int]:
        """Return the *stops* that cut no piece."""
        found: list[int] = stops.tolist()
        # The first stop behind the start of each piece.
        behind = stops.searchsorted(self._pieces.starts, side="right")
        if (np.append(stops, self._sheet.end)[behind] < self._pieces.ends).any():
            return list(filter(self._allows, found))
        return found

    # ------------------------------------------------------------ cutting

    def snippet(self, passage: Passage) -> Snippet:
        """Return the passage as a snippet, without the blanks at its ends."""
        start, end, first, last, place = passage
        text = self._sheet.text[start:end]
        if len(text.strip()) < end - start:
            start, end = self._trimmed(passage)
            text = self._sheet.text[start:end]
        _, name, base, _ = place
        highlights = self._highlights[first:last]
        at = base + highlights[0][0] if highlights else start
        line, column = self._sheet.line_column(base, at)
        return Snippet(name, start - base, end - base, line, column, text, tuple(highlights))

    @cached_property
    def _highlights(self) -> list[tuple[int, int]]:
        """The pieces as spans of their fields."""
        start, end = self._pieces.starts, self._pieces.ends
        base = self._sheet.starts[self._sheet.owners(start)]
        return list(zip((start - base).tolist(), (end - base).tolist(), strict=True))

    def _trimmed(self, passage: Passage) -> tuple[int, int]:
        """Return the ends of a passage without blanks, still around its pieces."""
        start, end, first, last, _ = passage
        text = self._sheet.text[start:end]
        left, right = end - len(text.lstrip()), start + len(text.rstrip())
        # A blank that carries a combining mark is something to see.
        while left in self._borders.glued and left > start:
            left -= 1
        while right in self._borders.glued and right < end:
            right += 1
        if first == last:
            return left, right
        return min(self._pieces.start[first], left), max(self._pieces.end[last - 1], right)


def _is_outside(window: Entry, taken: Sequence[Passage]) -> bool:
    """Tell whether a window holds no piece of a passage, nor pieces on both sides of one."""
    _, _, _, first, last, _ = window
    # A generator in `all` would take four times as long.
    for _, _, begin, end, _ in taken:  # noqa: SIM110
        if last > begin and first < end:
            return False
    return True
