"""Units: what a phrase is made of and what positions count.

A unit is one Han character (kana, bopomofo and other ideographs alike), one run of other letters
and digits, one number, or one symbol.  Everything else is transparent, except that a sentence end
between two units takes a position of its own (`SENTENCE_END`), so that no phrase runs over it
unless the query holds it too.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from searcher.model import MappedText, Units
from searcher.text.script import fold
from searcher.text.tables import data_lines

SENTENCE_END = "\n"
"""The key of a sentence end: a unit of its own, never a term."""

JOIN = "‿"
"""Joins the units of a bigram where plain concatenation could be read as one unit; it is
punctuation (U+203F), so no unit and no word can hold it."""

IDEOGRAPHS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # radicals, 々〆〇, 〡…
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3105-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # bopomofo, Han
    "\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U00020000-\U0003fffd"  # Tangut…, kana, Han
)
"""Characters that are units one by one, as the inside of a regex class.  Fixed ranges and not
`unicodedata`, so that every Python gives the same units."""

LONGEST_UNIT = 120
"""Longer runs of letters are cut into units of this many characters, so that every term and
every bigram stays within 255 characters, Lucene's own limit."""

ENCLOSED_NUMBERS = (
    "\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u215f\u2189\u2460-\u249b\u24ea"
    "\u3220-\u3229\u3250-\u325f\u3280-\u3289\u32b1-\u32cb\u3358-\u3370\u3378\u3379"
    "\u339f-\u33a6\u33a8\u33af\u33e0-\u33fe"
    "\U0001f100-\U0001f10a"
)
"""①, ², ½, ㈠ …: NFKC makes digits or numerals of them, but they are not a digit of another
width, so ①1 must not become 11: a border stands on both sides."""

_LETTER = rf"[^\W_{IDEOGRAPHS}]"
CLOSING = "”’』」》〉）)】］]\"' "
"""What may stand between a full stop and the line break behind it."""

_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
ENCLOSED = re.compile(f"[{ENCLOSED_NUMBERS}]")
_NUMBER = re.compile(
    r"(?<!\d[.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d|[.,]\d)"  # 1,540 and 1,540.5
    r"|(?<!\d\.)\d+\.\d+(?!\d|\.\d)"  # 3.5, but not inside 2020.05.25
)
_SUFFIX = re.compile(r"(?<=[A-Za-z\u00c0-\u024f])[+#]+")  # c++, c#
_HAN = "\u4e00", "\u9fff"


# Classes of whole scripts take milliseconds to compile, and hardly a query needs them.
@cache
def _ideograph() -> re.Pattern[str]:
    return re.compile(f"[{IDEOGRAPHS}]")


@cache
def _letters() -> re.Pattern[str]:
    return re.compile(rf"{_LETTER}+")


@cache
def tokens() -> re.Pattern[str]:
    """Return what finds the parts of a clean text that mean something to units.

    Its groups are named after what they are: ``han``, ``word``, ``end``, ``line``, ``other``.
    """
    ranges = "".join(
        "-".join(f"\\U{end:0>8}" for end in line.split("-")) for line in data_lines("marks.txt")
    )
    return re.compile(
        rf"(?P<han>[{IDEOGRAPHS}]+)"
        rf"|(?P<word>{_LETTER}(?:{_LETTER}|[{ranges}]){{0,{LONGEST_UNIT - 1}}})"
        r"|(?P<end>[。！？!?…\ufffd]+)"
        r"|(?P<line>\n)"
        r"|(?P<other>[^\s\w\x00-\x7f\u3000-\u3004\u3008-\u301f\uff00-\uffef])"
    )


def has_ideograph(text: str) -> bool:
    """Tell whether *text* holds a character that is a unit by itself: Han, kana, bopomofo.

    >>> has_ideograph("3D打印"), has_ideograph("2020.05")
    (True, False)
    """
    return _ideograph().search(text) is not None


def bigram(first: str, second: str) -> str:
    """Return the term of two neighbouring units.

    Two characters that could not stand in one unit are simply put together, so that the bigram
    is the same term as the two-character word; others are joined with `JOIN`, since 12·3 and
    1·23 are not the same and 1·2 is not the number 12.

    >>> bigram("脱", "贫"), bigram("5", "月"), bigram("12", "3"), bigram("1", "2")
    ('脱贫', '5月', '12‿3', '1‿2')
    """
    both = first + second
    # With a Han character they are no letters of one unit, which spares the asking.
    if len(both) == 2 and (_HAN[0] <= max(both) <= _HAN[1] or not _letters().fullmatch(both)):
        return both
    return first + JOIN + second


def border(before: str, after: str) -> str:
    """Return the key of two units with a sentence end between them; not a term of the bag.

    >>> border("贫", "全")
    '贫‿‿全'
    """
    return before + JOIN + JOIN + after


def units(original: str, mapped: MappedText) -> Units:
    """Return the units of a field, with the span of the original each of them covers.

    *mapped* is ``clean(original, …)``.  Sentence ends stand between units only, one at a time.

    >>> from searcher.text.clean import clean
    >>> from searcher.model import Noise
    >>> text = "2017 年10 月,驻村。Python3 好"
    >>> units(text, clean(text, Noise())).keys
    ['2017', '年', '10', '月', '驻', '村', '\\n', 'python3', '好']
    """
    return _Reader(original, mapped).read()


class _Reader:
    """One pass over one field; holds the growing columns of the result."""

    def __init__(self, original: str, mapped: MappedText) -> None:
        self.original = original
        self.mapped = mapped
        self.folded = fold(mapped.text)
        cuts = enclosed_cuts(original, mapped.start)
        self.words = WordReader(original, mapped, self.folded, cuts)
        self.keys: list[str] = []
        self.start = array("i")
        self.end = array("i")
        self.sentence_end: int | None = None

    def read(self) -> Units:
        text = self.mapped.text
        search = tokens().search
        at = 0
        while token := search(text, at):
            at = self._take(token)
        return Units(self.keys, self.start, self.end)

    def _take(self, token: re.Match[str]) -> int:
        """Read one token and return where the next one may begin."""
        a, b = token.span()
        kind = token.lastgroup
        if kind == "han":
            self._put_each(a, b)
        elif kind == "word":
            b, key = self.words.unit(a, b)
            self._put(a, b, key)
        elif kind == "other":
            if unicodedata.category(token.group()) in ("So", "Co"):
                self._put_each(a, b)
        elif kind == "end" or self._ends_sentence(a):
            self._note_sentence_end(a)
        return b

    def _note_sentence_end(self, at: int) -> None:
        if self.keys and self.sentence_end is None:
            self.sentence_end = at

    def _flush_sentence_end(self) -> None:
        if self.sentence_end is not None:
            self.keys.append(SENTENCE_END)
            self.start.append(self.mapped.start[self.sentence_end])
            self.end.append(self.mapped.end[self.sentence_end])
            self.sentence_end = None

    def _put_each(self, a: int, b: int) -> None:
        """Every character of a:b is a unit."""
        self._flush_sentence_end()
        self.keys.extend(self.folded[a:b])
        self.start.extend(self.mapped.start[a:b])
        self.end.extend(self.mapped.end[a:b])

    def _put(self, a: int, b: int, key: str) -> None:
        self._flush_sentence_end()
        self.keys.append(key)
        self.start.append(self.mapped.start[a])
        self.end.append(self.mapped.end[b - 1])

    def _ends_sentence(self, at: int) -> bool:
        """Tell whether the line break at *at* ends a sentence: a full stop in front of it, an
        indent behind it, or a blank line.  Otherwise it is a hard wrap and means nothing.
        """
        if parts_paragraphs(self.original[self.mapped.start[at] : self.mapped.end[at]]):
            return True
        return is_full_stop(self.mapped.text[max(0, at - 8) : at])


@lru_cache(1024)
def parts_paragraphs(blanks: str) -> bool:
    """Tell whether white space with a line break in it holds a blank line or an indent.

    >>> [parts_paragraphs(blanks) for blanks in ("\\r\\n", "\\n ", "\\n\\n", "\\n\\u3000")]
    [False, False, True, True]
    """
    breaks = list(_LINE_BREAK.finditer(blanks))
    indent = blanks[breaks[-1].end() :] if breaks else ""
    many = len(breaks) > 1 or "\u2029" in blanks
    return many or len(indent) > 1 or indent in ("\u3000", "\t")


def is_full_stop(before: str) -> bool:
    """Tell whether *before*, what stands before a line break, ends with an ASCII full stop.

    >>> is_full_stop("(the end.)"), is_full_stop("3.5")
    (True, False)
    """
    return before.rstrip(CLOSING).endswith(".")


class WordReader:
    """Reads the units that are made of letters and digits, in a field or a part of one.

    A part has to hold whole runs of letters, digits and what joins them.
    """

    def __init__(
        self, original: str, mapped: MappedText, folded: str, cuts: Sequence[int]
    ) -> None:
        """Make a reader of clean text, folded too, whose spans are of the whole *original*.

        *cuts* are the places where enclosed numbers begin and end (`enclosed_cuts`).
        """
        self._original = original
        self._mapped = mapped
        self._folded = folded
        self._cuts = cuts
        self._numbers = self._number_text()

    def units(self) -> Iterator[tuple[int, int, str]]:
        """Yield (begin, end, key) of all units of letters and digits."""
        search = tokens().search
        at = 0
        while token := search(self._mapped.text, at):
            begin, at = token.span()
            if token.lastgroup == "word":
                at, key = self.unit(begin, at)
                yield begin, at, key

    def unit(self, a: int, b: int) -> tuple[int, str]:
        """Return end and key of the unit that the letters and digits a:b begin."""
        if (cut := self._cut_within(a, b)) is not None:
            b = cut
        elif number := self._number_at(a):
            return number.end(), number.group().replace(",", "")
        elif suffix := _SUFFIX.match(self._mapped.text, b):
            b = suffix.end()
        return b, self._folded[a:b]

    def _number_at(self, a: int) -> re.Match[str] | None:
        """Return the decimal or grouped number that begins at *a*, if its original is one too."""
        # Two characters more than a unit may have, to see what stands behind it.
        number = _NUMBER.match(self._numbers, a, a + LONGEST_UNIT + 2)
        if number is None or number.end() > a + LONGEST_UNIT:
            return None
        if self._cut_within(a, number.end()) is not None:
            return None
        if "," in number.group():
            start, end = self._mapped.start[a], self._mapped.end[number.end() - 1]
            original = self._original[start:end]
            grouped = original.count(",") == number.group().count(",")
            if not grouped or any(char.isspace() for char in original):
                return None
        return number

    def _number_text(self) -> str:
        """Return the clean text as numbers are read from it: only ASCII commas group digits, so
        that a full-width one parts 25，1,540.
        """
        text, start = self._mapped.text, self._mapped.start
        original = self._original
        return re.sub(
            ",", lambda found: "," if original[start[found.start()]] == "," else ";", text
        )

    def _cut_within(self, a: int, b: int) -> int | None:
        """Return the first cut strictly inside a:b."""
        if not self._cuts:
            return None
        at = bisect_left(self._cuts, a + 1)
        return self._cuts[at] if at < len(self._cuts) and self._cuts[at] < b else None


def enclosed_cuts(original: str, starts: Sequence[int]) -> Sequence[int]:
    """Return the places in a clean text where enclosed numbers begin and end, ascending.

    *starts* are those of its map.

    >>> list(enclosed_cuts("①1", range(2)))
    [0, 1]
    """
    cuts = array("i")
    for found in ENCLOSED.finditer(original):
        for at in found.span():
            cut = bisect_left(starts, at)
            if not cuts or cuts[-1] != cut:
                cuts.append(cut)
    return cuts


def runs(keys: Sequence[str]) -> Iterator[tuple[str, int, bool]]:
    """Yield what has to stand where for *keys* to be a run: (key, offset, is a border).

    The offsets count units from the beginning of the run.  A run of one unit yields nothing: it
    is answered by the unit itself.

    >>> list(runs(("脱", "贫", SENTENCE_END, "全")))
    [('脱贫', 0, False), ('贫‿‿全', 1, True)]
    """
    for at, (first, second) in enumerate(pairwise(keys)):
        if second == SENTENCE_END:
            yield border(first, keys[at + 2]), at, True
        elif first != SENTENCE_END:
            yield bigram(first, second), at, False
