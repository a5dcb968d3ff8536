"""What kind a character is, for many characters at once: one look-up in a table.

The tables hold what the functions over single characters say (`searcher.text.widths`, `blanks`,
`units`), so that arrays and strings are read by one set of rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Codes
from searcher.text.blanks import BLANKS, INVISIBLES, LINE_BREAKS, is_tight
from searcher.text.codes import CODE_POINTS
from searcher.text.units import CLOSING, tokens
from searcher.text.widths import continues, folded_cluster
from searcher.text.words.base import can_be_in_unit

Kinds: TypeAlias = npt.NDArray[np.uint8]

UNKNOWN = 0

# Of the original: what cleaning does with a character that no mark follows.
STABLE, WIDE, SPACE, BREAK, FOLDING, INVISIBLE, JOINING = range(1, 8)

# Of the clean text: what a character is to units.  BORDER is for the ends of texts put in a row.
NOTHING, MARK, DIGIT, LETTER, BORDER, LINE, END, SYMBOL, SILENT, HAN = range(1, 11)

NO, YES = 1, 2

_BREAK = re.compile(f"[{LINE_BREAKS}]")
_BLANK = re.compile(f"[{BLANKS}]")
_INVISIBLE = re.compile(f"[{INVISIBLES}]")
# What nearly all of a Chinese text is made of, so that hardly a character has to be asked for.
_CLEANING_KNOWN = (
    *((0x0A, 0x0A, BREAK), (0x0D, 0x0D, BREAK), (0x20, 0x20, SPACE), (0x3000, 0x3000, SPACE)),
    *((0x21, 0x7E, STABLE), (0x2014, 0x2014, STABLE), (0x2018, 0x201D, STABLE)),
    *((0x2026, 0x2026, STABLE), (0xB7, 0xB7, STABLE), (0x3001, 0x3011, STABLE)),
    *((0x3400, 0x4DBF, STABLE), (0x4E00, 0x9FFC, STABLE), (0xFF01, 0xFF5E, WIDE)),
)
_UNITS_KNOWN = (
    *((0x0A, 0x0A, LINE), (0x20, 0x7E, NOTHING), (0x21, 0x21, END), (0x3F, 0x3F, END)),
    *((0x30, 0x39, DIGIT), (0x41, 0x5A, LETTER), (0x61, 0x7A, LETTER)),
    *((0x2014, 0x2014, NOTHING), (0x2018, 0x201D, NOTHING), (0x2026, 0x2026, END)),
    *((0xB7, 0xB7, NOTHING), (0x3001, 0x3001, NOTHING), (0x3002, 0x3002, END)),
    *((0x3008, 0x3011, NOTHING), (0x3400, 0x4DBF, HAN), (0x4E00, 0x9FFC, HAN)),
)


class KindTable:
    """A small number above 0 for each character, found out when the character is first met.

    Threads may share one: whoever finds out, finds the same.

    >>> import numpy as np
    >>> KindTable(lambda character: 1 + character.isdigit()).take(np.array([49, 65])).tolist()
    [2, 1]
    """

    def __init__(
        self, kind_of: Callable[[str], int], known: Iterable[tuple[int, int, int]] = ()
    ) -> None:
        """Make a table of what *kind_of* says; *known* are (first, last, kind) of whole ranges, a
        later one over an earlier one.
        """
        self._kind_of = kind_of
        self._table = np.zeros(CODE_POINTS, dtype=np.uint8)
        for first, last, kind in known:
            self._table[first : last + 1] = kind

    def take(self, codes: Codes) -> Kinds:
        """Return the kind of each of *codes*, in an array of its own."""
        kinds: Kinds = self._table.take(codes)
        if kinds.min(initial=UNKNOWN + 1) == UNKNOWN:
            for code in set(codes[kinds == UNKNOWN].tolist()):
                self._table[code] = self._kind_of(chr(code))
            kinds = self._table.take(codes)
        return kinds


def cleaning_kind(character: str) -> int:
    """Return what cleaning does with *character* where no noise is, STABLE to JOINING.

    STABLE stays, WIDE is full-width ASCII, SPACE and BREAK are white space, FOLDING has another
    form, an INVISIBLE one goes.  JOINING ones depend on their neighbours, or make some that do.

    >>> [cleaning_kind(character) for character in "中（ \\n㎏\\u200b\\u0301"]
    [1, 2, 3, 4, 5, 6, 7]
    """
    if _BLANK.match(character):
        return BREAK if _BREAK.match(character) else SPACE
    if _INVISIBLE.match(character):
        return INVISIBLE
    if continues(character):
        return JOINING
    form = folded_cluster(character)
    if form == character:
        return STABLE
    if "！" <= character <= "～":
        return WIDE
    # What one step makes must be no work for another.
    return FOLDING if all(cleaning_kind(each) == STABLE for each in form) else JOINING


def unit_kind(character: str) -> int:
    """Return what *character* of a clean text is to units, NOTHING to HAN.

    HAN and SILENT are units one by one, SILENT ones no words; so are SYMBOL.  A unit of letters
    begins with LETTER or DIGIT (a decimal one), and goes on with MARK too.

    >>> [unit_kind(character) for character in ",\\n。\\u03015é☃\\u2e9a中"]
    [1, 6, 7, 2, 3, 4, 8, 9, 10]
    """
    token = tokens().match(character)
    group = token.lastgroup if token else None
    if group == "han":
        return HAN if can_be_in_unit(character) else SILENT
    if group == "word":
        return DIGIT if character.isdecimal() else LETTER
    if group in ("end", "line"):
        return END if group == "end" else LINE
    following = tokens().match("a" + character)
    if following and following.end() == 2:
        return MARK
    is_symbol = group == "other" and unicodedata.category(character) in ("So", "Co")
    return SYMBOL if is_symbol else NOTHING


@cache
def cleaning_kinds() -> KindTable:
    """Return the table of `cleaning_kind`."""
    return KindTable(cleaning_kind, _CLEANING_KNOWN)


@cache
def unit_kinds() -> KindTable:
    """Return the table of `unit_kind`."""
    return KindTable(unit_kind, _UNITS_KNOWN)


@cache
def tight_kinds() -> KindTable:
    """Return the table of what needs no blank beside it: YES for `is_tight`, and for the line
    break that stands behind each text of many.
    """
    return KindTable(lambda character: _answer(character == "\n" or is_tight(character)))


@cache
def closing_kinds() -> KindTable:
    """Return the table of what may stand between a full stop and the end of its line."""
    return KindTable(lambda character: _answer(character in CLOSING))


def _answer(is_so: bool) -> int:
    return YES if is_so else NO
