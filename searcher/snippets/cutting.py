"""Cutting passages out of a leaf: which windows are shown, and where each passage ends.

It does for regular documents what `passages` and `borders` do for any, with the borders of the
whole leaf at hand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import TypeAlias

from searcher.model import Snippet
from searcher.snippets.borders import WORD_STEPS, parts_word, sentences_around
from searcher.snippets.leaf import Field, Leaf, line_column
from searcher.snippets.single import LEAD_BLANKS, first_shown
from searcher.snippets.windows import NO_PIECES, Entry, Pieces

Passage: TypeAlias = tuple[int, int, int, int, Field]
"""A stretch of a leaf that is shown: where it starts and ends, its first piece, the piece behind
its last, its field."""


def cut(
    leaf: Leaf, base: int, pieces: Pieces, windows: list[Entry], size: tuple[int, int]
) -> tuple[Snippet, ...]:
    """Return the snippets of one leaf, in text order.

    *pieces* are those of a sheet on which the leaf begins at *base*; *windows*, at least one, are
    all of the leaf.  *size* says how many snippets there may be, and of how many characters.
    """
    count, chars = size
    cutter = _Cutter(leaf, base, pieces, chars)
    return tuple([cutter.snippet(each) for each in cutter.choose(windows, count)])


def cut_one(
    leaf: Leaf, base: int, pieces: Pieces, window: tuple[int, int], chars: int
) -> tuple[Snippet, ...]:
    """Return the snippet of one leaf whose best window is known: its first piece and the one
    behind its last.
    """
    cutter = _Cutter(leaf, base, pieces, chars)
    return (cutter.snippet(cutter.passage(*window, ())),)


def lead(leaf: Leaf, chars: int) -> tuple[Snippet, ...]:
    """Return the beginning of the body of a leaf without pieces, or nothing."""
    cutter = _Cutter(leaf, 0, NO_PIECES, chars)
    for field in leaf.fields:
        passage = cutter.lead(field)
        if passage is not None:
            return (cutter.snippet(passage),)
    return ()


class _Cutter:
    """Chooses and cuts passages of one leaf, which begins at *base* of a sheet with *pieces*."""

    __slots__ = ("_base", "_chars", "_leaf", "_pieces")

    def __init__(self, leaf: Leaf, base: int, pieces: Pieces, chars: int) -> None:
        self._leaf = leaf
        self._base = base
        self._pieces = pieces
        self._chars = chars

    # ------------------------------------------------------------ choosing

    def choose(self, windows: list[Entry], count: int) -> list[Passage]:
        """Return at most *count* passages, in text order.

        Each next passage adds as many marks as possible to those shown already, then is the best
        window outside of those chosen.
        """
        windows.sort()
        window: Entry | None = windows[0]
        taken: list[Passage] = []
        covered = 0
        while window is not None:
            insort(taken, self.passage(window[3], window[4], taken))
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

    def passage(self, first: int, last: int, taken: Sequence[Passage]) -> Passage:
        """Return the passage around the window of the pieces *first* up to *last*."""
        base = self._base
        starts = self._pieces.start
        start, end = starts[first] - base, self._pieces.end[last - 1] - base
        field = self._leaf.field(start)
        _, low, high = field
        for before, behind, *_ in taken:
            if low < behind <= start:
                low = behind
            elif start < before < high:
                high = before
        start, end = self._widened(start, end, low, high)
        first = bisect_left(starts, start + base, 0, first + 1)
        return start, end, first, bisect_left(starts, end + base, last), field

    def lead(self, field: Field) -> Passage | None:
        """Return the beginning of a body without pieces; None where there is nothing to show."""
        if field.name != "body":
            return None
        end = min(field.end, field.start + LEAD_BLANKS)
        begin = first_shown(self._leaf.text[field.start : end])
        if begin is None:
            return None
        begin += field.start
        start, end = self._widened(begin, begin + 1, begin, field.end)
        return start, end, 0, 0, field

    # ------------------------------------------------------------ borders, as in `borders.widen`

    def _widened(self, start: int, end: int, low: int, high: int) -> tuple[int, int]:
        """Return the borders of a passage around *start* to *end*, between *low* and *high*."""
        chars = self._chars
        if high - low <= chars:
            return low, high
        spare = chars - (end - start)
        if spare <= 0:
            return start, end
        first = start - spare if start - spare > low else low
        last = end + spare if end + spare < high else high
        lefts = self._sentences(first, start)
        if first == low:
            lefts.insert(0, low)
        rights = self._sentences(end, last)
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

    def _sentences(self, start: int, end: int) -> list[int]:
        """Return the ends of sentences from *start* to *end* that cut no piece."""
        stops = self._leaf.sentences
        first = bisect_left(stops, start)
        last = bisect_right(stops, end, first)
        if first == last:
            return []
        starts, ends, base = self._pieces.start, self._pieces.end, self._base
        index = bisect_left(starts, stops[first] + base)
        before = ends[index - 1] if index else 0
        if before <= stops[first] + base and bisect_left(starts, stops[last - 1] + base) == index:
            return stops[first:last].tolist()  # no piece reaches in between
        # As `_is_whole`, but for all of them: most of the time that a passage takes goes here.
        found: list[int] = []
        for at in stops[first:last]:
            index = bisect_left(starts, at + base)
            if not index or ends[index - 1] <= at + base:
                found.append(at)
        return found

    def _cut_before(self, start: int, limit: int) -> int:
        """Return the border farthest before *start*, not below *limit*, that reads best."""
        for stops in (self._leaf.sentences, self._leaf.clauses):
            at = bisect_left(stops, limit)
            while at < len(stops) and stops[at] < start:
                if self._is_whole(stops[at]):
                    return stops[at]
                at += 1
        return self._anywhere(range(limit, start), start)

    def _cut_behind(self, end: int, limit: int) -> int:
        """Return the border farthest behind *end*, not above *limit*, that reads best."""
        for stops in (self._leaf.sentences, self._leaf.clauses):
            at = bisect_right(stops, limit)
            while at and stops[at - 1] > end:
                if self._is_whole(stops[at - 1]):
                    return stops[at - 1]
                at -= 1
        return self._anywhere(range(limit, end, -1), end)

    def _anywhere(self, places: range, last: int) -> int:
        """Return the first of *places* that cuts nothing (near, no word either), else *last*."""
        text = self._leaf.text
        for at in places[:WORD_STEPS]:
            if self._allows(at) and not parts_word(text[at - 1 : at + 1]):
                return at
        return next(filter(self._allows, places), last)

    def _allows(self, at: int) -> bool:
        """Tell whether a border at *at* cuts neither a piece nor a character."""
        return self._is_whole(at) and at not in self._leaf.glued

    def _is_whole(self, at: int) -> bool:
        """Tell whether a border at *at* cuts no piece."""
        at += self._base
        index = bisect_left(self._pieces.start, at)
        return not index or self._pieces.end[index - 1] <= at

    # ------------------------------------------------------------ cutting

    def snippet(self, passage: Passage) -> Snippet:
        """Return the passage as a snippet, without the blanks at its ends."""
        start, end, first, last, (name, begin, _) = passage
        leaf = self._leaf
        text = leaf.text[start:end]
        if len(text.strip()) < end - start:
            start, end = self._trimmed(passage)
            text = leaf.text[start:end]
        starts, ends = self._pieces.start, self._pieces.end
        base = self._base + begin
        highlights = tuple([(starts[at] - base, ends[at] - base) for at in range(first, last)])
        at = begin + highlights[0][0] if highlights else start
        line, column = line_column(leaf.text, begin, at, leaf.has_returns)
        return Snippet(name, start - begin, end - begin, line, column, text, highlights)

    def _trimmed(self, passage: Passage) -> tuple[int, int]:
        """Return the ends of a passage without blanks, still around its pieces."""
        start, end, first, last, _ = passage
        text, glued = self._leaf.text[start:end], self._leaf.glued
        left, right = end - len(text.lstrip()), start + len(text.rstrip())
        # A blank that carries a combining mark is something to see.
        while left in glued and left > start:
            left -= 1
        while right in glued and right < end:
            right += 1
        if first == last:
            return left, right
        pieces, base = self._pieces, self._base
        return min(pieces.start[first] - base, left), max(pieces.end[last - 1] - base, right)


def _is_outside(window: Entry, taken: Sequence[Passage]) -> bool:
    """Tell whether a window holds no piece of a passage, nor pieces on both sides of one."""
    _, _, _, first, last, _ = window
    # A generator in `all` would take four times as long.
    for _, _, begin, end, _ in taken:  # noqa: SIM110
        if last > begin and first < end:
            return False
    return True
