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
from functools import cache
from importlib import resources
from itertools import pairwise

from searcher.model import MappedText, Units
from searcher.text.script import fold

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
_CLOSING = "”’』」》〉）)】］]\"'"
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ENCLOSED = re.compile(f"[{ENCLOSED_NUMBERS}]")
_NUMBER = re.compile(
    r"(?<!\d[.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d|[.,]\d)"  # 1,540 and 1,540.5
    r"|(?<!\d\.)\d+\.\d+(?!\d|\.\d)"  # 3.5, but not inside 2020.05.25
)
_SUFFIX = re.compile(r"(?<=[A-Za-z\u00c0-\u024f])[+#]+")  # c++, c#
_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_PLURAL_LETTERS = re.compile(rf"{_LETTER}+")


@cache
def _tokens() -> re.Pattern[str]:
    marks = resources.files("searcher.text").joinpath("data/marks.txt").read_text("utf-8")
    ranges = "".join(
        "-".join(f"\\U{end:0>8}" for end in line.split("-"))
        for line in marks.splitlines()
        if not line.startswith("#")
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
    return _IDEOGRAPH.search(text) is not None


def bigram(first: str, second: str) -> str:
    """Return the term of two neighbouring units.

    Two characters that could not stand in one unit are simply put together, so that the bigram
    is the same term as the two-character word; others are joined with `JOIN`, since 12·3 and
    1·23 are not the same and 1·2 is not the number 12.

    >>> bigram("脱", "贫"), bigram("5", "月"), bigram("12", "3"), bigram("1", "2")
    ('脱贫', '5月', '12‿3', '1‿2')
    """
    both = first + second
    if len(both) == 2 and not _PLURAL_LETTERS.fullmatch(both):
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
        self.cuts = self._enclosed_cuts()
        self.numbers = self._number_text()
        self.keys: list[str] = []
        self.start = array("i")
        self.end = array("i")
        self.sentence_end: int | None = None

    def read(self) -> Units:
        text = self.mapped.text
        tokens = _tokens()
        at = 0
        while token := tokens.search(text, at):
            at = self._take(token)
        return Units(self.keys, self.start, self.end)

    def _take(self, token: re.Match[str]) -> int:
        """Read one token and return where the next one may begin."""
        a, b = token.span()
        kind = token.lastgroup
        if kind == "han":
            self._put_each(a, b)
        elif kind == "word":
            return self._put_word(a, b)
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

    def _put_word(self, a: int, b: int) -> int:
        """Put the letters and digits from *a* on; return where the unit ends."""
        if (cut := self._cut_within(a, b)) is not None:
            b = cut
        elif number := self._number_at(a):
            self._put(a, number.end(), number.group().replace(",", ""))
            return number.end()
        elif suffix := _SUFFIX.match(self.mapped.text, b):
            b = suffix.end()
        self._put(a, b, self.folded[a:b])
        return b

    def _number_at(self, a: int) -> re.Match[str] | None:
        """Return the decimal or grouped number that begins at *a*, if its original is one too."""
        # Two characters more than a unit may have, to see what stands behind it.
        number = _NUMBER.match(self.numbers, a, a + LONGEST_UNIT + 2)
        if number is None or number.end() > a + LONGEST_UNIT:
            return None
        if self._cut_within(a, number.end()) is not None:
            return None
        if "," in number.group():
            original = self.original[self.mapped.start[a] : self.mapped.end[number.end() - 1]]
            grouped = original.count(",") == number.group().count(",")
            if not grouped or any(char.isspace() for char in original):
                return None
        return number

    def _number_text(self) -> str:
        """Return the clean text as numbers are read from it: only ASCII commas group digits, so
        that a full-width one parts 25，1,540.
        """
        text, start = self.mapped.text, self.mapped.start
        if text.count(",") == self.original.count(","):
            return text
        return re.sub(
            ",", lambda found: "," if self.original[start[found.start()]] == "," else ";", text
        )

    def _enclosed_cuts(self) -> Sequence[int]:
        """Return the places in the clean text where enclosed numbers begin and end, ascending."""
        if not _ENCLOSED.search(self.original):
            return ()
        starts = self.mapped.start
        cuts: set[int] = set()
        for found in _ENCLOSED.finditer(self.original):
            begin = bisect_left(starts, found.start())
            cuts.update((begin, bisect_left(starts, found.end())))
        return sorted(cuts)

    def _cut_within(self, a: int, b: int) -> int | None:
        """Return the first cut strictly inside a:b."""
        if not self.cuts:
            return None
        at = bisect_left(self.cuts, a + 1)
        return self.cuts[at] if at < len(self.cuts) and self.cuts[at] < b else None

    def _ends_sentence(self, at: int) -> bool:
        """Tell whether the line break at *at* ends a sentence: a full stop in front of it, an
        indent behind it, or a blank line.  Otherwise it is a hard wrap and means nothing.
        """
        run = self.original[self.mapped.start[at] : self.mapped.end[at]]
        breaks = list(_LINE_BREAK.finditer(run))
        indent = run[breaks[-1].end() :] if breaks else ""
        if len(breaks) > 1 or "\u2029" in run or len(indent) > 1 or indent in ("\u3000", "\t"):
            return True
        return self.mapped.text[max(0, at - 8) : at].rstrip(_CLOSING + " ").endswith(".")


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
