"""Numerals: a number in a query, and how else the same number is written.

Digits are one unit, so that whoever asks for 120 never finds 1200; Han numerals are a unit each,
and 一百二十 stands in 一百二十五 too.  So numbers in Han are looked for in digits as well, but of
numbers in digits only years are looked for in Han.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import NamedTuple

_DIGITS = "〇一二三四五六七八九"
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_NUMERALS = _DIGITS + "零两" + "".join(_SMALL) + "".join(_LARGE)

_OPEN_BEFORE = frozenset("几数多半点廿卅.,0123456789")
_OPEN_BEHIND = frozenset("点0123456789")
"""What a number goes on with, or belongs to: it is no number by itself then."""

_MOST = 10**16
_YEAR_DIGITS = 4
_HOLIDAY = "十一"


class Numeral(NamedTuple):
    """A number that stands at ``start:end`` of a text, and other ways to write it."""

    start: int
    end: int
    forms: tuple[str, ...]


def numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of two or more characters in a folded text of narrow characters that can
    be written in another way, in no certain order.

    Nothing doubtful is one: not 万一, 三五 or 一百五, nor 十一 alone, which is a holiday too.  A
    form that ends in 万 needs something behind it, for 13万 stands in 13万亿.

    >>> [number.forms for number in numerals("二〇二〇年一百二十人")]
    [('2020', '二零二零'), ('120',)]
    >>> [number.forms for number in numerals("万一3.5万，3.5万亿")]
    [('35000',)]
    """
    for found in _runs().finditer(text):
        if _is_whole(text, *found.span()):
            forms = tuple(_of_han(found[0], text[found.end() : found.end() + 1].strip()))
            if forms:
                yield Numeral(*found.span(), forms)
    for found in _years().finditer(text):
        yield Numeral(*found.span(), tuple(_spelled_out(found[0])))
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
    if 0 < value < _MOST and _spelled(value) == _plain(text):
        return str(value)
    return _one_by_one(text)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether the numerals at *start* to *end* are a number by themselves."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    open_ended = before in _OPEN_BEFORE or behind in _OPEN_BEHIND
    return not open_ended and not text.startswith("分之", end)


def _of_han(number: str, behind: str) -> Iterator[str]:
    """Yield how else a number in Han numerals is written that *behind* stands behind."""
    if number == _HOLIDAY and not behind:
        return
    digits = in_digits(number)
    if digits is None and behind == "年":
        digits = _one_by_one(number, year=True)
    if digits is None:
        return
    yield digits
    if len(number) == _YEAR_DIGITS and digits == _one_by_one(number, year=True):
        yield from (form for form in _spelled_out(digits) if form != number)
    head = in_digits(number[:-1]) if number[-1] in _LARGE else None
    if head is not None:
        yield head + number[-1]


def _one_by_one(text: str, *, year: bool = False) -> str | None:
    """Return numerals that are read one by one, as in a year, as digits."""
    if text[0] in "〇零" or not set(text) <= set(_DIGITS + "零"):
        return None
    is_plain_year = year and len(text) == _YEAR_DIGITS
    if "〇" in text or is_plain_year or ("零" in text and len(text) == _YEAR_DIGITS):
        return "".join(str(_DIGITS.index(each)) for each in text.replace("零", "〇"))
    return None


def _spelled_out(digits: str) -> Iterator[str]:
    """Yield *digits* as Han numerals one by one, with each sign for nought."""
    spelled = "".join(_DIGITS[int(digit)] for digit in digits)
    yield spelled
    if "〇" in spelled:
        yield spelled.replace("〇", "零")


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
    """Return numerals as `_spelled` writes them: 二 for 两, and 〇 for 零."""
    return text.replace("两", "二").replace("零", "〇")


def _spelled(value: int) -> str:
    """Return a number in Han numerals, well formed."""
    for sign, unit in (("亿", 10**8), ("万", 10**4)):
        if value >= unit:
            head, rest = divmod(value, unit)
            return _spelled(head) + sign + _rest(rest, unit)
    spelled = _section(value)
    return spelled[1:] if spelled.startswith("一十") else spelled


def _rest(rest: int, unit: int) -> str:
    if not rest:
        return ""
    if rest < unit // 10:
        return "〇" + _inner(rest)
    return _inner(rest)


def _inner(rest: int) -> str:
    spelled = _spelled(rest)
    return "一" + spelled if spelled.startswith("十") else spelled


def _section(value: int) -> str:
    """Return a number below 10,000 in Han numerals."""
    spelled, gap = "", False
    for sign, unit in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, value = divmod(value, unit)
        if digit:
            spelled += ("〇" if gap and spelled else "") + _DIGITS[digit] + sign
        gap = not digit
    return spelled


# ---------------------------------------------------------------- patterns


@cache
def _runs() -> re.Pattern[str]:
    return re.compile(f"[{_NUMERALS}]{{2,}}")


@cache
def _years() -> re.Pattern[str]:
    return re.compile(r"(?<![\d.,])[12]\d{3}(?=年)", re.ASCII)


@cache
def _mixed() -> re.Pattern[str]:
    numerals = f"{_NUMERALS}几多余\\d"
    return re.compile(rf"(?<![\d.,])(\d+(?:\.\d+)?)([万亿])(?![{numerals}]|分之)", re.ASCII)
