"""Where a long text may be cut, so that its pieces hold the units that the whole holds.

A piece is read with `EDGE` in place of what was cut off.  That changes nothing if the characters
beside the cut are known by themselves, if no unit can hold both, and if no line break is near
enough to be read by what stands in front of the cut.  The words of a piece are those of the whole
too wherever one side of the cut is no character of words; only where so long a stretch of text
holds no such place (a book without any punctuation) does a cut part words as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from searcher.columns import Codes, Flags, Numbers
from searcher.text.blanks import BLANKS, LINE_BREAKS
from searcher.text.codes import CODE_POINTS, code_points
from searcher.text.kinds import (
    BREAK,
    DIGIT,
    END,
    FOLDING,
    INVISIBLE,
    LETTER,
    MARK,
    NOTHING,
    SPACE,
    STABLE,
    WIDE,
    YES,
    Kinds,
    cleaning_kinds,
    closing_kinds,
    unit_kinds,
)
from searcher.text.units import ENCLOSED, LONGEST_UNIT
from searcher.text.widths import WIDE_OFFSET, folded_cluster

EDGE = "☃"
"""Stands at a cut: a symbol, which is a unit by itself and no part of any other, and no blank is
dropped beside it."""

PIECE = 1 << 14
"""Characters of a piece at least; nearly all have few more."""

_WINDOW = 4
"""Pieces that are looked through for a place that parts no word."""

_AROUND = 64
"""Characters around a window that are looked at for what stands beside a cut."""

_NEAR = 8
"""So many characters a line break may look back."""

_MARGIN = 300
"""Characters of a run that stay together at either end: more than any unit or number has, and
more than the marks that a character is composed with."""

_ENDLESS = 2000
"""From so many characters on, something is a run that is cut inside."""

_JOINING = ",.+#"
_LETTERS = re.compile(rf"[0-9A-Za-z]{{{_ENDLESS},}}")
_GROUPS = re.compile(rf"(?:[.,][0-9]{{1,20}}){{{_ENDLESS},}}")
_MARKS = re.compile(f"[\u0300-\u036f]{{{_ENDLESS},}}")
_BLANKS = re.compile(rf"[{BLANKS}]{{{_ENDLESS},}}")
_BREAK = re.compile(f"[{LINE_BREAKS}]")
_IN_WORDS = (
    *(("0", "9"), ("A", "Z"), ("a", "z"), ("\u2e80", "\u2fff"), ("\u3005", "\u3007")),
    *(("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003fffd")),
)


class Piece(NamedTuple):
    """``text[first:last]``; if ``is_gap``, white space that ends a sentence and nothing else."""

    first: int
    last: int
    is_gap: bool = False


def pieces(text: str, size: int = PIECE, *, inside_runs: bool = True) -> Iterator[Piece]:
    """Yield the pieces of *text* in order; they have *size* characters or more but at the end.

    Where there is no other place, endless runs are cut inside, unless it is not *inside_runs*.

    >>> text = "脱贫，攻坚。" * 4
    >>> [text[first:last] for first, last, _ in pieces(text, 8)]
    ['脱贫，攻坚。脱贫', '，攻坚。脱贫，攻坚。脱贫，攻坚。']
    """
    first = 0
    while first < len(text):
        last = _next(text, first, size, inside_runs)
        if last > first:
            yield Piece(first, last)
        first = last
        if gap := _gap(text, last):
            yield Piece(last, gap, is_gap=True)
            first = gap


def _next(text: str, first: int, size: int, inside_runs: bool) -> int:
    """Return where the piece that begins at *first* ends."""
    low, window = first + size, _WINDOW * size
    while low + size < len(text):
        high = min(low + window, len(text))
        at = _in_window(text, low, high)
        if at is None and inside_runs:
            at = _in_run(text, first, high)
        if at is not None:
            return at
        low = high
    return len(text)


# ---------------------------------------------------------------- between characters


def _in_window(text: str, low: int, high: int) -> int | None:
    """Return the first place of a part of *text* where it may be cut; rather one that parts no
    words.
    """
    begin = max(0, low - _AROUND)
    window = _Window(text[begin : high + _AROUND])
    places = window.places(low - begin, high - begin)
    if not len(places):
        return None
    silent = places[window.part_no_word(places)]
    return begin + int(silent[0] if len(silent) else places[0])


class _Window:
    """A part of a text, character by character: what each is to cleaning and to units.

    ``before`` is the last character that is seen in front of each.
    """

    def __init__(self, text: str) -> None:
        codes = code_points(text)
        self.cleaning: Kinds = cleaning_kinds().take(codes)
        is_wide = self.cleaning == WIDE
        codes = np.where(is_wide, codes - np.uint32(WIDE_OFFSET), codes)
        self.plain: Flags = (self.cleaning == STABLE) | is_wide
        self.first, self.last = self._forms(codes)
        seen = np.where(self.cleaning == INVISIBLE, -1, np.arange(len(codes)))
        self.before: Numbers = np.append(-1, np.maximum.accumulate(seen)[:-1])

    def _forms(self, codes: Codes) -> tuple[Codes, Codes]:
        """Return the first and the last character that each becomes."""
        folding = (self.cleaning == FOLDING).nonzero()[0]
        if not len(folding):
            return codes, codes
        first, last = codes.copy(), codes.copy()
        for code in set(codes[folding].tolist()):
            form = folded_cluster(chr(code))
            here = folding[codes[folding] == code]
            first[here], last[here] = ord(form[0]), ord(form[-1])
        return first, last

    def places(self, low: int, high: int) -> Numbers:
        """Return in front of which characters from *low* to *high* a cut changes no unit."""
        behind = np.arange(max(low, 1), high)
        before = self.before[behind]
        behind, before = behind[before >= 0], before[before >= 0]
        known = self.plain | (self.cleaning == FOLDING)
        good = known[before] & known[behind]
        good &= _stands_alone(self.last)[before] | _stands_alone(self.first)[behind]
        good &= self._is_no_end_of_line(behind)
        good |= self._is_blank_between_words(behind)
        found: Numbers = behind[good]
        return found

    def part_no_word(self, places: Numbers) -> Flags:
        """Tell of which of *places* no word can hold both sides."""
        in_word = _in_words()
        before, behind = self.last[self.before[places]], self.first[places]
        found: Flags = ~(in_word[before] & in_word[behind])
        return found

    def _is_no_end_of_line(self, places: Numbers) -> Flags:
        """Tell of which places no line break looks at what stands in front of them."""
        good: Flags = closing_kinds().take(self.first[places]) != YES
        near = (~good).nonzero()[0]
        if len(near):
            plain = np.append(self.plain, np.zeros(_NEAR, dtype=bool))
            ahead = places[near][:, np.newaxis] + np.arange(_NEAR)
            good[near] = plain[ahead].all(axis=1)
        return good

    def _is_blank_between_words(self, places: Numbers) -> Flags:
        """Tell which places are a blank that stays, between letters or digits."""
        around = np.zeros(len(self.plain) + 1, dtype=bool)
        kinds = unit_kinds().take(self.first)
        around[:-1] = self.plain & ((kinds == LETTER) | (kinds == DIGIT))
        found: Flags = self.cleaning[places] == SPACE
        return found & around[places - 1] & around[places + 1]


def _stands_alone(codes: Codes) -> Flags:
    """Tell which characters cannot be in one unit with a neighbour, nor join two that are."""
    kinds = unit_kinds().take(codes)
    joining = np.isin(codes, np.array([*map(ord, _JOINING)], dtype=np.uint32))
    found: Flags = (kinds >= END) | ((kinds == NOTHING) & ~joining)
    return found


@cache
def _in_words() -> Flags:
    """Return for each code point whether it may be a part of a word of two characters."""
    table = np.zeros(CODE_POINTS, dtype=bool)
    table[[*map(ord, "+#&._%-")]] = True
    for first, last in _IN_WORDS:
        table[ord(first) : ord(last) + 1] = True
    return table


# ---------------------------------------------------------------- inside runs


def _in_run(text: str, first: int, high: int) -> int | None:
    """Return where to cut a run that reaches *high*, of a text that begins at *first*."""
    found = _BLANKS.search(text, first, high)
    if found and (found.start() > first or not first) and _gap(text, found.start()):
        return found.start()
    for pattern, step in ((_LETTERS, LONGEST_UNIT), (_GROUPS, 0), (_MARKS, 1)):
        for found in pattern.finditer(text, first, high):
            at = _inside(text, first, found.span(), step)
            if at is not None:
                return at
    return None


def _inside(text: str, first: int, span: tuple[int, int], step: int) -> int | None:
    """Return the last place inside a run, a multiple of *step* behind its beginning or, if that
    is 0, in front of what joins two groups.
    """
    start, end = span[0], span[1] - _MARGIN
    if step == 1 and start > first and not _is_plain(text[start - 1]):
        return None
    if not step:
        return max(text.rfind(",", start + _MARGIN, end), text.rfind(".", start + _MARGIN, end))
    if step > 1 and start > first and not _begins_unit(text, start):
        return None
    return start + (end - start) // step * step


def _begins_unit(text: str, at: int) -> bool:
    """Tell whether what stands in front of a letter or digit has nothing to do with it."""
    window = _Window(text[max(0, at - _AROUND) : at])
    if not window.plain[-1]:
        is_blank = window.cleaning[-1] in (SPACE, BREAK) and window.plain[-2:-1].any()
        return bool(is_blank) or ENCLOSED.match(text[at - 1]) is not None
    return unit_kinds().take(window.last[-1:])[0] not in (MARK, DIGIT, LETTER)


def _gap(text: str, at: int) -> int | None:
    """Return the end of a long run of white space at *at* that ends a sentence by itself."""
    found = _BLANKS.match(text, at)
    if not found or (at and not _is_plain(text[at - 1])):
        return None
    end = found.end()
    if end < len(text) and not _is_plain(text[end]):
        return None
    line = _BREAK.search(text, at, end)
    return end if line and _BREAK.search(text, line.end() + 1, end) else None


def _is_plain(character: str) -> bool:
    return bool(_Window(character).plain[0])
