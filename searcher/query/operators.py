"""Operators that hardly a query has: where they stand in a line, and what is wrong with them.

Each is recognised only where it clearly is the operator; elsewhere the same characters are text.
Imported when a line holds one of their signs.
"""

from __future__ import annotations

import re
from functools import cache

from searcher.errors import QueryError
from searcher.query.forms import Range
from searcher.query.signs import BRACES, COLONS, QUOTES, failure, narrow
from searcher.text.units import LONGEST_UNIT, has_ideograph

MAX_SLOP = 1_000_000
MAX_BOOST = 100.0
"""Limits of the numbers behind ~ and ^."""

_LATIN = "A-Za-zＡ-Ｚａ-ｚ"
_DIGITS = "0-9０-９"
_OPENING, _CLOSING = BRACES
_NO_ENDS = rf"[^{re.escape(_OPENING + _CLOSING)}()（）{''.join(QUOTES)}]*"

_WORD_FIRST = "* cannot begin a word: write what the word begins with"
_FUZZY = "fuzzy words are not supported: leave out ~ and the number, or put in quotes what is near"
_SLOP_FORM = "~ takes a whole number, directly behind the quote: write ~3, or a blank before ~"
_QUOTED_STAR = "no wildcard stands in or behind quotes: write the word without them"
_RANGE_FORM = "a range is written [from TO to], with { } to leave out an end and * for an open one"


@cache
def _wildcard() -> re.Pattern[str]:
    """Return what finds the signs that are wildcards, if what stands around them is a word."""
    star = r"(?<=[^\W_])(?:\?*+\*)++"
    wide_star = rf"(?<=[{_LATIN}{_DIGITS}])＊++"  # behind Han it is text
    return re.compile(rf"(?<=[{_LATIN}])[*?＊？]+(?=[{_LATIN}])|{star}|{wide_star}")


@cache
def _word_end() -> re.Pattern[str]:
    # From where a word may begin, so that the search takes no time in a line of stars.
    return re.compile(rf"(?<![{_LATIN}{_DIGITS}*?＊？])[{_LATIN}][{_LATIN}{_DIGITS}*?＊？]+$")


@cache
def _address() -> re.Pattern[str]:
    return re.compile(rf"[{COLONS}]//")


@cache
def _fuzzy() -> re.Pattern[str]:
    # Not behind a number: 3~5, 2020年~2024.
    word = r"(?<![^\W_])[^\W\d_](?:[^\W_]*[^\W\d_])?"
    return re.compile(rf"{word}[*?＊？]*(~\d+(?:\.\d+)?字?)$")


@cache
def _boost() -> re.Pattern[str]:
    return re.compile(r"[\^＾]-?\d+(?:\.\d+)?")


@cache
def _last_boost() -> re.Pattern[str]:
    return re.compile(rf"(?<=\S){_boost().pattern}$")


@cache
def _power() -> re.Pattern[str]:
    return re.compile(rf"(?:[\d.]+|[{_LATIN}])[\^＾][1-9]\d?")


@cache
def _slop() -> re.Pattern[str]:
    return re.compile(r"[~～](\d+)(字?)")


@cache
def _no_slop() -> re.Pattern[str]:
    return re.compile(r"[~～][-－+＋.．]+\d|~\s+\d")


@cache
def _range() -> re.Pattern[str]:
    # No end of another range inside, so that looking for the closing one takes no time.
    return re.compile(rf"[{re.escape(_OPENING)}]({_NO_ENDS})[{re.escape(_CLOSING)}]")


@cache
def _comparison() -> re.Pattern[str]:
    return re.compile("([<>＜＞])([=＝]?)")


# ---------------------------------------------------------------- chunks


def wildcards(chunk: str) -> dict[int, str]:
    """Return where the wildcards of a chunk stand: offset → ``*`` or ``?``.

    An address has none.

    >>> wildcards("pyth*"), wildcards("te?t"), wildcards("199*年"), wildcards("驻村＊？ 2*3")
    ({4: '*'}, {2: '?'}, {3: '*'}, {})
    """
    if _address().search(chunk):
        return {}
    return {
        at: narrow(chunk[at])
        for found in _wildcard().finditer(chunk)
        if _stands_in_word(chunk, *found.span())
        for at in range(*found.span())
    }


def _stands_in_word(chunk: str, start: int, end: int) -> bool:
    """Tell whether the signs at *start* to *end* stand for letters of a word.

    Behind a Han character they mean something at the end only: what stands behind is open anyway.
    Beside a digit they may be sums or sizes (x*2, 20cm*30cm), but not behind a word that begins
    with a letter.
    """
    before, behind = chunk[start - 1], chunk[end : end + 1]
    if has_ideograph(before):
        return not behind
    if not behind.isalnum() or has_ideograph(behind):
        return True  # the word ends here
    if before.isalpha() and behind.isalpha():
        return True
    return _word_end().search(chunk, max(start - LONGEST_UNIT, 0), start) is not None


def read_chunk(line: str, start: int, end: int) -> tuple[bool, int]:
    """Tell whether the chunk ``line[start:end]`` holds wildcards, and where its boost begins.

    Raises QueryError where it holds an operator that means nothing there.

    >>> read_chunk("脱贫^2", 0, 4), read_chunk("驻村*", 0, 3)
    ((False, 2), (True, 3))
    """
    boost = None
    if not _power().fullmatch(line, start, end):  # 2^10, x^2
        boost = _last_boost().search(line, start + 1, end)
    end = boost.start() if boost else end
    if boost and (another := _last_boost().search(line, start + 1, end)):
        raise failure("one boost is enough: keep one", line, another.start())
    if fuzzy := _fuzzy().search(line, start, end):
        raise failure(_FUZZY, line, fuzzy.start(1))
    chunk = line[start:end]
    if len(chunk) > 1 and chunk[0] == "*" and chunk[1].isalnum():
        raise failure(_WORD_FIRST, line, start)
    return bool(wildcards(chunk)), end


# ---------------------------------------------------------------- what stands behind


def boost_end(line: str, at: int) -> int:
    """Return where the boost at *at* ends; *at* if there is none."""
    found = _boost().match(line, at)
    return found.end() if found else at


def slop_end(line: str, at: int) -> int:
    """Return where the ``~3`` or ``~1字`` at *at* ends; *at* if there is none."""
    found = _slop().match(line, at)
    return found.end() if found else at


def refuse_quoted(line: str, at: int) -> None:
    """Raise QueryError where a star, or a ``~`` with no whole number behind it, stands at *at*,
    right behind a quote.
    """
    if line.startswith("*", at):
        raise failure(_QUOTED_STAR, line, at)
    if _no_slop().match(line, at):
        raise failure(_SLOP_FORM, line, at)


def read_boost(text: str, line: str, at: int) -> float:
    """Return the weight that the boost *text* at *at* gives.

    >>> read_boost("＾０.５", "脱贫＾０.５", 2)
    0.5
    """
    weight = float(narrow(text)[1:])
    if not 0 < weight <= MAX_BOOST:
        raise failure(f"a boost is a number above 0 and up to {MAX_BOOST:g}", line, at)
    return weight


def read_slop(text: str, line: str, at: int) -> int | None:
    """Return the number of units that ``~3`` allows; None for ``~1字``.

    >>> read_slop("～３", "", 0), read_slop("~1字", "", 0)
    (3, None)
    """
    digits = narrow(text)[1:]
    if digits.endswith("字"):
        if digits != "1字":
            raise failure("one character may differ, not more: write ~1字", line, at)
        return None
    # The length first: Python reads no number of thousands of digits.
    if len(digits) > len(str(MAX_SLOP)) or int(digits) > MAX_SLOP:
        raise failure(f"at most {MAX_SLOP:,} may stand between: write a smaller number", line, at)
    return int(digits)


# ---------------------------------------------------------------- ranges


def range_end(line: str, at: int) -> int:
    """Return where the ``[a TO b]`` at *at* ends; *at* if there is none.

    >>> range_end("[2019 TO 2020}", 0), range_end("[草案]", 0)
    (14, 0)
    """
    found = _range().match(line, at)
    return found.end() if found and "TO" in narrow(found[1]).split() else at


def comparison_end(line: str, at: int) -> int:
    """Return where the ``>=`` or ``<`` at *at* ends; *at* if there is none."""
    found = _comparison().match(line, at)
    return found.end() if found else at


def no_range(line: str, at: int) -> QueryError:
    """Return the error for brackets at *at* that should hold a range."""
    return failure(_RANGE_FORM, line, at)


def read_range(text: str, line: str, at: int) -> Range:
    """Return the range *text* at *at*.

    >>> str(read_range("｛2019　TO ＊］", "", 0)), str(read_range("<2020", "", 0))
    ('{2019 TO *]', '[* TO 2020}')
    """
    end = at + len(text)
    if sign := _comparison().match(text):
        bound, with_bound = text[sign.end() :], bool(sign[2])
        if narrow(sign[1]) == ">":
            return Range(bound, "*", with_bound, True, at, end)
        return Range("*", bound, True, with_bound, at, end)
    parts = text[1:-1].split()
    if len(parts) != 3 or narrow(parts[1]) != "TO":
        raise no_range(line, at)
    low, high = ("*" if narrow(part) == "*" else part for part in parts[::2])
    return Range(low, high, narrow(text[0]) == "[", narrow(text[-1]) == "]", at, end)
