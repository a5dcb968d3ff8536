"""Sheet: the texts of a page of hits in one, and the places in it where a passage may end.

What `searcher.snippets.borders` finds with patterns around one passage is found here for all
passages of a page, by one look-up for each character.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.snippets.borders import CLOSING, glues, one_character
from searcher.text.codes import CODE_POINTS

Kinds: TypeAlias = npt.NDArray[np.uint8]

BETWEEN = "\0"
"""Stands behind each text of a sheet, and in none of them."""

# What a character means to borders; those from _BLANK on may end something.
_UNKNOWN, _NOTHING, _CLOSING, _DIGIT, _SPACE, _BLANK, _COLON, _COMMA = range(8)
_CLAUSE, _RETURN, _LINE, _NEWLINE, _POINT, _END, _GLUE = range(8, 15)
_COUNT = 16

_KINDS = {
    **dict.fromkeys(CLOSING, _CLOSING),
    **dict.fromkeys("\t \u3000", _BLANK),
    ":": _COLON,
    **dict.fromkeys(",;", _COMMA),
    **dict.fromkeys("，；、：", _CLAUSE),
    "\r": _RETURN,
    **dict.fromkeys("\x85\u2028\u2029", _LINE),
    "\n": _NEWLINE,
    ".": _POINT,
    **dict.fromkeys("。！？!?…｡", _END),
}
_WHITE = (_SPACE, _BLANK, _RETURN, _LINE, _NEWLINE)
_HAN = slice(0x3400, 0xA000)

_SENTENCE, _CLAUSE_END, _QUOTED = 1, 2, 4
"""What ends behind a character; with _QUOTED, behind the closing quotes that follow it."""


class Place(NamedTuple):
    """One field of a page: its text is ``sheet.text[start:end]``."""

    document: int
    name: str
    start: int
    end: int


class Borders(NamedTuple):
    """Where sentences (or lines) and clauses have ended, ascending; and the ``glued`` places,
    which are inside what a reader sees as one character.
    """

    sentences: Numbers
    clauses: Numbers
    glued: frozenset[int]


class Sheet:
    """The texts of many fields in a row, `BETWEEN` behind each; ``codes`` are its code points.

    Offsets count the characters of ``text``; ``begins`` and ``starts`` are where the fields do,
    ``documents`` whose they are.
    """

    def __init__(self, text: str, codes: Numbers, places: Sequence[Place]) -> None:
        self.text = text
        self.codes = codes
        self.places = places
        self.begins = [place.start for place in places]
        self.starts: Numbers = np.array(self.begins, dtype=np.int64)
        self.documents: Numbers = np.array([place.document for place in places], dtype=np.int64)
        self.end = len(text)
        self._has_returns = "\r" in text

    def place(self, at: int) -> Place:
        """Return the field that *at* is in."""
        return self.places[bisect_right(self.begins, at) - 1]

    def owners(self, offsets: Numbers) -> Numbers:
        """Return the number of the field that each of *offsets* is in."""
        found: Numbers = self.starts.searchsorted(offsets, side="right") - 1
        return found

    def line_column(self, start: int, at: int) -> tuple[int, int]:
        """Return the line and column of *at* in the field that begins at *start*, both from 1."""
        text = self.text
        if self._has_returns:
            text = text[start:at].replace("\r\n", "\n").replace("\r", "\n")
            return text.count("\n") + 1, len(text) - text.rfind("\n")
        line_start = text.rfind("\n", start, at)
        if line_start < 0:
            return 1, at - start + 1
        return text.count("\n", start, at) + 1, at - line_start

    def borders(self) -> Borders:
        """Find the borders: `borders.widen` finds the same with its patterns."""
        kinds = _kinds(self.codes)
        places = (kinds >= _BLANK).nonzero()[0]
        here = kinds.take(places)
        stops = places + 1
        ends = _endings().take(here * _COUNT + kinds.take(stops))
        glued = self._glued(places[here == _GLUE]) if here.max(initial=0) == _GLUE else set()
        if self._has_returns:
            glued |= self._glued(places[here == _RETURN])
        if ends.max(initial=0) >= _QUOTED:
            self._close(stops, ends, kinds)
        if glued:
            ends[[stop in glued for stop in stops.tolist()]] = 0
        found = stops[(ends & _SENTENCE) != 0], stops[(ends & _CLAUSE_END) != 0]
        return Borders(*found, frozenset(glued))

    def _close(self, stops: Numbers, ends: Kinds, kinds: Kinds) -> None:
        """Move the stops in front of closing quotes behind them."""
        for at in (ends >= _QUOTED).nonzero()[0].tolist():
            while kinds[stops[at]] == _CLOSING:
                stops[at] += 1

    def _glued(self, marks: Numbers) -> set[int]:
        """Return the places beside *marks* that are inside one character."""
        text = self.text
        beside = {each for at in marks.tolist() for each in (at, at + 1)}
        beside.difference_update(*((each.start, each.end) for each in self.places))
        return {at for at in beside if one_character(text[at - 1], text[at])}


def _kinds(codes: Numbers) -> Kinds:
    """Return what each of *codes* means to borders."""
    table = _known_kinds()
    kinds = table.take(codes)
    if kinds.min(initial=_NOTHING) == _UNKNOWN:
        # Found out when a character is first met: there are more than a million.
        for code in set(codes[kinds == _UNKNOWN].tolist()):
            table[code] = _kind(chr(code))
        kinds = table.take(codes)
    return kinds


@cache
def _known_kinds() -> Kinds:
    table = np.zeros(CODE_POINTS, dtype=np.uint8)
    table[_HAN] = _NOTHING
    return table


def _kind(character: str) -> int:
    """Return what *character* means to borders."""
    if glues(character):
        return _GLUE
    if character in _KINDS:
        return _KINDS[character]
    if character.isspace():
        return _SPACE
    return _DIGIT if character.isdecimal() else _NOTHING


@cache
def _endings() -> Kinds:
    """Return what ends behind a character, by its kind × _COUNT + that of the next one."""
    return np.array(
        [_ending(here, after) for here in range(_COUNT) for after in range(_COUNT)], np.uint8
    )


def _ending(here: int, after: int) -> int:
    quoted = _QUOTED if after == _CLOSING else 0
    ends = {
        _BLANK: after != _BLANK and _CLAUSE_END,
        _COLON: after in _WHITE and _CLAUSE_END,
        _COMMA: after != _DIGIT and _CLAUSE_END | quoted,
        _CLAUSE: _CLAUSE_END | quoted,
        _RETURN: after != _NEWLINE and _SENTENCE,
        _LINE: _SENTENCE,
        _NEWLINE: _SENTENCE,
        _POINT: after in _WHITE and _SENTENCE,
        _END: after != _END and _SENTENCE | quoted,
    }
    return int(ends.get(here, 0))
