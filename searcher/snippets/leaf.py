"""Leaf: the texts of one document as a page shows them, and where a passage of them may end.

What `searcher.snippets.borders` finds with patterns around one passage is found here for many
documents at once, by one look-up for each character.  It depends on nothing but the text, so that
a leaf can be kept for as long as its document is at hand.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.snippets.borders import CLOSING, glues, one_character
from searcher.text.codes import CODE_POINTS, code_points

Kinds: TypeAlias = npt.NDArray[np.uint8]

BETWEEN = "\0"
"""Stands behind each text of a leaf, and in none of them."""

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


_NO_PLACES: frozenset[int] = frozenset()

_OBJECTS = 800
_STOP = 4
_GLUED = 100
"""Bytes that a leaf takes beside its text, for each border, and for each place that is glued."""


class Field(NamedTuple):
    """One text of a leaf: ``leaf.text[start:end]``."""

    name: str
    start: int
    end: int


class Leaf(NamedTuple):
    """The texts of a document in a row, `BETWEEN` behind each.

    Offsets count the characters of ``text``; ``begins`` are where the fields do.  ``sentences``
    and ``clauses`` are where those (or lines) have ended, ascending; the ``glued`` places are
    inside what a reader sees as one character.
    """

    text: str
    fields: tuple[Field, ...]
    begins: tuple[int, ...]
    sentences: array[int]
    clauses: array[int]
    glued: frozenset[int]
    has_returns: bool

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        stops = len(self.sentences) + len(self.clauses)
        return _OBJECTS + 4 * len(self.text) + _STOP * stops + _GLUED * len(self.glued)

    def field(self, at: int) -> Field:
        """Return the field that *at* is in."""
        return self.fields[bisect_right(self.begins, at) - 1]


def line_column(text: str, start: int, at: int, has_returns: bool) -> tuple[int, int]:
    """Return the line and column of *at* in the field that begins at *start*, both from 1.

    >>> line_column("ab\\ncd", 0, 4, False)
    (2, 2)
    """
    if has_returns:
        text = text[start:at].replace("\r\n", "\n").replace("\r", "\n")
        return text.count("\n") + 1, len(text) - text.rfind("\n")
    line_start = text.rfind("\n", start, at)
    if line_start < 0:
        return 1, at - start + 1
    return text.count("\n", start, at) + 1, at - line_start


def leaves_of(documents: Sequence[Sequence[tuple[str, str]]]) -> list[Leaf]:
    """Return the leaf of each document, given the names and texts of its fields, none empty.

    >>> leaves_of([[("title", "驻村"), ("body", "脱贫。攻坚")]])[0].sentences.tolist()
    [6]
    """
    own = [
        BETWEEN.join([text for _, text in fields]) + BETWEEN if fields else ""
        for fields in documents
    ]
    text = "".join(own)
    bases = np.array([0, *accumulate(map(len, own))], dtype=np.int64)
    sentences, clauses, glued = _borders(text)
    has_returns = "\r" in text
    columns = zip(
        own,
        documents,
        _parted(sentences, bases),
        _parted(clauses, bases),
        bases[:-1].tolist(),
        strict=True,
    )
    return [
        Leaf(
            text,
            *_fields(fields),
            ends,
            pauses,
            frozenset([at - base for at in glued if base < at < base + len(text)])
            if glued
            else _NO_PLACES,
            has_returns and "\r" in text,
        )
        for text, fields, ends, pauses, base in columns
    ]


def _fields(texts: Sequence[tuple[str, str]]) -> tuple[tuple[Field, ...], tuple[int, ...]]:
    """Return the fields of a leaf, and where they begin."""
    fields, begins, at = [], [], 0
    for name, text in texts:
        end = at + len(text)
        fields.append(Field(name, at, end))
        begins.append(at)
        at = end + 1
    return tuple(fields), tuple(begins)


def _parted(stops: Numbers, bases: Numbers) -> list[array[int]]:
    """Return ascending places as those of each document, counted from where it begins."""
    owners = bases.searchsorted(stops, side="right") - 1
    own = array("i", (stops - bases[owners]).astype(np.intc).tobytes())
    bounds = stops.searchsorted(bases).tolist()
    return [own[start:stop] for start, stop in pairwise(bounds)]


def _borders(text: str) -> tuple[Numbers, Numbers, set[int]]:
    """Return where sentences and clauses end, and what is glued: `borders.widen` finds the same.

    Nothing is glued to what stands between fields.
    """
    kinds = _kinds(code_points(text).astype(np.int64))  # as these they are looked up fastest
    places = (kinds >= _BLANK).nonzero()[0]
    here = kinds.take(places)
    stops = places + 1
    ends = _endings().take(here * _COUNT + kinds.take(stops))
    gluing = places[(here == _GLUE) | (here == _RETURN)]
    glued = _glued(text, gluing) if len(gluing) else set()
    if ends.max(initial=0) >= _QUOTED:
        _close(stops, ends, kinds)
    if glued:
        ends[[stop in glued for stop in stops.tolist()]] = 0
    return stops[(ends & _SENTENCE) != 0], stops[(ends & _CLAUSE_END) != 0], glued


def _close(stops: Numbers, ends: Kinds, kinds: Kinds) -> None:
    """Move the stops in front of closing quotes behind them."""
    for at in (ends >= _QUOTED).nonzero()[0].tolist():
        while kinds[stops[at]] == _CLOSING:
            stops[at] += 1


def _glued(text: str, marks: Numbers) -> set[int]:
    """Return the places beside *marks* that are inside one character."""
    beside = {each for at in marks.tolist() for each in (at, at + 1)}
    return {
        at
        for at in beside
        if at and BETWEEN not in text[at - 1 : at + 1] and one_character(text[at - 1], text[at])
    }


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
