"""Where a passage may begin and end: sentence ends, then clauses, then between characters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol

from searcher.snippets.ranges import Piece

CLOSING = "”’』」》）〕】"
_CJK = "\u2e80"
"""From here on scripts are mostly written without blanks, so that any border will do."""

_BEFORE = 16
"""Characters read in front of a passage: what ends there may have begun before it, 。””."""

WORD_STEPS = 20
"""How far a border moves to leave a word of letters whole; longer strings of them are cut."""


class FieldText(Protocol):
    """The original text of one stored field, which is never read as a whole.

    ``length`` counts characters.
    """

    @property
    def name(self) -> str:
        """Return the name of the field."""

    @property
    def length(self) -> int:
        """Return the number of characters."""

    def slice(self, start: int, end: int) -> str:
        """Return the characters from *start* up to *end*, ``0 <= start <= end <= length``."""

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the line and column of *offset*, both from 1.

        Lines end at ``\\n``, ``\\r\\n`` or ``\\r``; columns count characters.
        """


@cache
def _sentences() -> re.Pattern[str]:
    return re.compile(rf"(?:[。！？!?…｡]+|\.(?=\s))[{CLOSING}]*|\r\n|[\n\r\x85\u2028\u2029]")


@cache
def _clauses() -> re.Pattern[str]:
    return re.compile(rf"(?:[，；、：]|[,;](?!\d)|:(?=\s))[{CLOSING}]*|[\t \u3000]+")


class View(NamedTuple):
    """The stretch of a field that a passage may take up, ``low`` to ``high``, and what it holds.

    ``text`` is the stretch with a few characters more in front and one behind (where there are),
    and begins at offset ``base``.
    """

    low: int
    high: int
    base: int
    text: str
    pieces: Sequence[Piece]

    def between(self, start: int, end: int) -> str:
        """Return the text between two offsets of the field."""
        return self.text[start - self.base : end - self.base]

    def allows(self, at: int) -> bool:
        """Return whether a border at *at* cuts neither a match nor a character."""
        index = bisect_left(self.pieces, (at,))
        if index and self.pieces[index - 1].end > at:
            return False
        after = at - self.base
        inside = 0 < after < len(self.text)
        return not (inside and one_character(self.text[after - 1], self.text[after]))

    def trimmed(self, start: int, end: int, first: int, last: int) -> tuple[int, int]:
        """Return *start* and *end* without blanks, still around *first* to *last*."""
        text = self.between(start, end)
        left, right = end - len(text.lstrip()), start + len(text.rstrip())
        # A blank that carries a combining mark is something to see.
        while left > start and not self.allows(left):
            left -= 1
        while right < end and not self.allows(right):
            right += 1
        return min(first, left), max(last, right)

    def stops(self, pattern: re.Pattern[str], start: int, end: int) -> list[int]:
        """Return the allowed borders from *start* to *end* behind the matches of *pattern*."""
        ends = (self.base + found.end() for found in pattern.finditer(self.text))
        return [at for at in ends if start <= at <= end and self.allows(at)]


def one_character(before: str, after: str) -> bool:
    """Return whether a reader sees the two code points as parts of one character.

    >>> one_character("e", "\u0301"), one_character("全", "文")
    (True, False)
    """
    if before.isascii() and after.isascii():
        return (before, after) == ("\r", "\n")
    return (
        unicodedata.category(after)[0] == "M"
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\udc00" <= after <= "\udfff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )


def glues(character: str) -> bool:
    """Return whether *character* may make `one_character` with a neighbour.

    >>> glues("\u0301"), glues("文")
    (True, False)
    """
    return (
        one_character("文", character)
        or one_character(character, "文")
        or one_character(character, character)
    )


def parts_word(pair: str) -> bool:
    """Return whether a border in the middle of *pair* falls inside a word of letters or a number.

    >>> parts_word("ab"), parts_word("a文"), parts_word("a")
    (True, False, False)
    """
    return len(pair) == 2 and pair.isalnum() and max(pair) < _CJK


def widen(
    field: FieldText,
    pieces: Sequence[Piece],
    core: tuple[int, int],
    room: tuple[int, int],
    chars: int,
) -> tuple[int, int, View]:
    """Return the borders of a passage of at most *chars* characters around *core*, and its text.

    The passage stays inside *room* and cuts none of *pieces*.  It is made of whole sentences if
    the sentence of *core* fits; else it ends at a clause, else anywhere between two characters.
    A core of *chars* or more characters is the passage.
    """
    start, end = core
    spare = max(0, chars - (end - start))
    low, high = max(room[0], start - spare), min(room[1], end + spare)
    base = max(0, low - _BEFORE)
    view = View(low, high, base, field.slice(base, min(field.length, high + 1)), pieces)
    if not spare:
        return start, end, view
    stops = view.stops(_sentences(), low, high)
    lefts = [low] * (low == room[0]) + [at for at in stops if at <= start]
    rights = [at for at in stops if at >= end] + [high] * (high == room[1])
    return *_borders(view, core, (lefts, rights), chars), view


def _borders(
    view: View, core: tuple[int, int], stops: tuple[list[int], list[int]], chars: int
) -> tuple[int, int]:
    """Return the borders, given the ends of sentences before and behind *core*."""
    start, end = core
    lefts, rights = stops
    if lefts and rights and rights[0] - lefts[-1] <= chars:
        return sentences_around(core, lefts, rights, chars)
    spare = chars - (end - start)
    if lefts and start - lefts[-1] <= spare // 2:
        return lefts[-1], _cut_behind(view, end, lefts[-1] + chars)
    if rights and rights[0] - end <= spare // 2:
        return _cut_before(view, start, rights[0] - chars), rights[0]
    left = _cut_before(view, start, start - spare // 2)
    return left, _cut_behind(view, end, left + chars)


def sentences_around(
    core: tuple[int, int], lefts: list[int], rights: list[int], chars: int
) -> tuple[int, int]:
    """Return borders at whole sentences, with as much text before *core* as behind it."""
    start, end = core
    left, right = lefts.pop(), rights.pop(0)
    while True:
        before = lefts and right - lefts[-1] <= chars
        if rights and rights[0] - left <= chars and not (before and start - left < right - end):
            right = rights.pop(0)
        elif before:
            left = lefts.pop()
        else:
            return left, right


def _cut_before(view: View, start: int, limit: int) -> int:
    """Return the border farthest before *start*, not below *limit*, that reads best."""
    limit = max(limit, view.low)
    for pattern in (_sentences(), _clauses()):
        stops = view.stops(pattern, limit, start - 1)
        if stops:
            return stops[0]
    return _anywhere(view, range(limit, start), start)


def _cut_behind(view: View, end: int, limit: int) -> int:
    """Return the border farthest behind *end*, not above *limit*, that reads best."""
    limit = min(limit, view.high)
    for pattern in (_sentences(), _clauses()):
        stops = view.stops(pattern, end + 1, limit)
        if stops:
            return stops[-1]
    return _anywhere(view, range(limit, end, -1), end)


def _anywhere(view: View, places: range, last: int) -> int:
    """Return the first of *places* that cuts nothing (if near, no word either), else *last*."""
    for at in places[:WORD_STEPS]:
        if view.allows(at) and not parts_word(view.between(at - 1, at + 1)):
            return at
    return next(filter(view.allows, places), last)
