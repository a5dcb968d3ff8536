"""Numerals: a number in a query, and how else the same number is written.

Digits are one unit, so that whoever asks for 120 never finds 1200; Han numerals are a unit each,
and 一百二十 stands in 一百二十五 too.  So numbers in Han are looked for in digits as well, but of
numbers in digits only those are looked for in Han that something on both sides holds together:
years, and numbers behind 第.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import NamedTuple

ZEROS = "〇零○"
"""How nought is written where digits are read one by one; the last is a symbol (U+25CB)."""

_DIGITS = "〇一二三四五六七八九"
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_NUMERALS = _DIGITS + "零○两" + "".join(_SMALL) + "".join(_LARGE)

_OPEN_BEFORE = frozenset("几数多半点廿卅.,0123456789")
"""What numerals go on from: they are no number by themselves then."""

_MOST = 10**16
_YEAR_DIGITS = 4
_HOLIDAY = "十一"
_COUNTED = "条章节款项目号期卷册页回集季届次讲课篇部编轮"
"""What is counted by numbers behind 第; one Han numeral is looked for in digits before these."""


class Numeral(NamedTuple):
    """A number that stands at ``start:end`` of a text, and other ways to write it."""

    start: int
    end: int
    forms: tuple[str, ...]


def numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of two or more characters in a folded text of narrow characters that can
    be written in another way, in no certain order; behind 第 one will do.

    Nothing doubtful is one: not 万一, 三五 or 一百五, nor 十一 alone, which is a holiday too.  A
    form that ends in 万 needs something behind it, for 13万 stands in 13万亿, and so does one in
    Han for digits.

    >>> [number.forms for number in numerals("二〇二〇年一百二十人")]
    [('2020', '二零二零', '二○二○'), ('120',)]
    >>> [number.forms for number in numerals("万一3.5万，3.5万亿")]
    [('35000',)]
    >>> [number.forms for number in numerals("第105条第三款")]
    [('第一百〇五', '第一百零五'), ('第3',)]
    """
    for found in _runs().finditer(text):
        if _is_whole(text, *found.span()):
            forms = tuple(_of_han(found[0], text[found.end() : found.end() + 1].strip()))
            if forms:
                yield Numeral(*found.span(), forms)
    for found in _years().finditer(text):
        yield Numeral(*found.span(), tuple(spelled_out(found[0])))
    for found in _ordinals().finditer(text):
        yield Numeral(*found.span(), tuple(_of_ordinal(found[0])))
    for found in _mixed().finditer(text):
        exact = Decimal(found[1]) * _LARGE[found[2]]
        if exact < _MOST and exact == int(exact):
            yield Numeral(*found.span(), (str(int(exact)),))


def in_digits(text: str) -> str | None:
    """Return the number that *text* is in Han numerals, in digits; None where it is none.

    >>> in_digits("三万五千"), in_digits("两百"), in_digits("二〇二〇"), in_digits("百万")
    ('35000', '200', '2020', None)
    """
    if not text or not set(text) <= set(_NUMERALS):
        return None
    value = _value(text)
    if 0 < value < _MOST and spelled(value) == _plain(text):
        return str(value)
    return one_by_one(text)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether the numerals at *start* to *end* are a number by themselves."""
    return text[start - 1 : start] not in _OPEN_BEFORE and not _going_on().match(text, end)


def _of_han(number: str, behind: str) -> Iterator[str]:
    """Yield how else a number in Han numerals is written that *behind* stands behind."""
    if number == _HOLIDAY and not behind:
        return
    digits = in_digits(number)
    if digits is None and behind == "年":
        digits = one_by_one(number, year=True)
    if digits is None:
        return
    yield digits
    if len(number) == _YEAR_DIGITS and digits == one_by_one(number, year=True):
        yield from (form for form in spelled_out(digits) if form != number)
    head = in_digits(number[:-1]) if number[-1] in _LARGE else None
    if head is not None:
        yield head + number[-1]


def _of_ordinal(ordinal: str) -> Iterator[str]:
    """Yield how else 第 and a number are written."""
    number = ordinal[1:]
    if number.isdecimal():
        han = spelled(int(number))
        yield from dict.fromkeys((f"第{han}", f"第{han.replace('〇', '零')}"))
    else:
        yield f"第{_value(number)}"


def one_by_one(text: str, *, year: bool = False) -> str | None:
    """Return numerals that are read one by one, as in a year, as digits; None if they are not.

    >>> one_by_one("二○一八"), one_by_one("一九八四"), one_by_one("一九八四", year=True)
    ('2018', None, '1984')
    """
    plain = _plain(text)
    if plain[0] == "〇" or "两" in text or not set(plain) <= set(_DIGITS):
        return None
    is_plain_year = year and len(text) == _YEAR_DIGITS
    if (
        is_plain_year
        or "〇" in text
        or "○" in text
        or ("零" in text and len(text) == _YEAR_DIGITS)
    ):
        return "".join(str(_DIGITS.index(each)) for each in plain)
    return None


def spelled_out(digits: str) -> Iterator[str]:
    """Yield *digits* as Han numerals one by one, with each sign for nought.

    >>> list(spelled_out("2018"))
    ['二〇一八', '二零一八', '二○一八']
    """
    han = "".join(_DIGITS[int(digit)] for digit in digits)
    yield from dict.fromkeys(han.replace("〇", zero) for zero in ZEROS)


# ---------------------------------------------------------------- values


def _value(text: str) -> int:
    """Return what numerals come to, well formed or not."""
    total = section = digit = 0
    for each in _plain(text):
        if each == "亿":
            total = (total + section + digit) * _LARGE[each]
            section = digit = 0
        elif each == "万":
            total += (section + digit) * _LARGE[each]
            section = digit = 0
        elif each in _SMALL:
            section += (digit or 1) * _SMALL[each]
            digit = 0
        else:
            digit = _DIGITS.index(each)
    return total + section + digit


def _plain(text: str) -> str:
    """Return numerals as `spelled` writes them: 二 for 两, and 〇 for 零."""
    return text.replace("两", "二").replace("零", "〇").replace("○", "〇")


def spelled(value: int) -> str:
    """Return a number above 0 in Han numerals, well formed.

    >>> spelled(12), spelled(105), spelled(35_000)
    ('十二', '一百〇五', '三万五千')
    """
    for sign, unit in (("亿", 10**8), ("万", 10**4)):
        if value >= unit:
            head, rest = divmod(value, unit)
            return spelled(head) + sign + _rest(rest, unit)
    section = _section(value)
    return section[1:] if section.startswith("一十") else section


def _rest(rest: int, unit: int) -> str:
    if not rest:
        return ""
    if rest < unit // 10:
        return "〇" + _inner(rest)
    return _inner(rest)


def _inner(rest: int) -> str:
    inner = spelled(rest)
    return "一" + inner if inner.startswith("十") else inner


def _section(value: int) -> str:
    """Return a number below 10,000 in Han numerals."""
    section, gap = "", False
    for sign, unit in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, value = divmod(value, unit)
        if digit:
            section += ("〇" if gap and section else "") + _DIGITS[digit] + sign
        gap = not digit
    return section


# ---------------------------------------------------------------- patterns


@cache
def _runs() -> re.Pattern[str]:
    # 两 is two of something large only; in 十两左右 it is a weight.
    return re.compile(f"(?:(?!两(?![百千万亿]))[{_NUMERALS}]){{2,}}")


@cache
def _going_on() -> re.Pattern[str]:
    """Return what numerals go on with, no number by themselves either: 一百几十, 一百单八."""
    return re.compile(rf"[点廿卅\d]|分之|[几数][十百千万亿]|单[{_DIGITS[1:]}]", re.ASCII)


@cache
def _years() -> re.Pattern[str]:
    return re.compile(r"(?<![\d.,])[12]\d{3}(?=年)", re.ASCII)


@cache
def _ordinals() -> re.Pattern[str]:
    numerals = f"{_NUMERALS}几多余\\d"
    return re.compile(
        rf"第(?:[1-9]\d{{0,3}}(?![.,{numerals}])|[{_DIGITS[1:]}十](?=[{_COUNTED}]))", re.ASCII
    )


@cache
def _mixed() -> re.Pattern[str]:
    numerals = f"{_NUMERALS}几多余\\d"
    return re.compile(rf"(?<![\d.,])(\d+(?:\.\d+)?)([万亿])(?![{numerals}]|分之)", re.ASCII)
