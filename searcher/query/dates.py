"""Dates: a day or a month in a query, and how else the same one is written.

A date is one thing: who types 5月12日 means that day, and no text in which 5, 月, 12 and 日 stand
somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from searcher.query.numerals import ZEROS, Numeral, in_digits, one_by_one, spelled, spelled_out

_FEW = "一二三四五六七八九"
_SIGN = "[-/.]"

_MONTH = rf"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[{_FEW}])月"
_DAY = rf"(?P<day>[12]\d|3[01]|0?[1-9]|三十一?|二?十[{_FEW}]?|[{_FEW}])[日号]"
_YEAR = rf"[12]\d{{3}}|[一二][{ZEROS}{_FEW}]{{3}}"
_REIGN = rf"(?<=民国)(?:\d{{1,3}}|[{ZEROS}{_FEW}十百]{{1,5}})"
_ALONE = rf"(?<![\d.,{ZEROS}{_FEW}十百千万年])"
_FIGURES = r"(?<![\d.])(?P<year>[12]\d{3})"
_ENDS = rf"(?!{_SIGN}?\d|[年{_FEW}])"

_PATTERNS = (
    rf"(?P<year>{_ALONE}(?:{_YEAR})|{_REIGN})年{_MONTH}(?:{_DAY})?",
    rf"{_ALONE}{_MONTH}{_DAY}",
    rf"{_FIGURES}{_SIGN}(?P<month>1[0-2]|0?[1-9]){_SIGN}(?P<day>[12]\d|3[01]|0?[1-9]){_ENDS}",
    rf"{_FIGURES}[-/](?P<month>1[0-2]|0[1-9]){_ENDS}",
)

_UNCLEAR = (1, 2)
"""一月十二日 stands in 十一月十二日 too, so that these months are not looked for in Han without a
year."""

_WESTERN = 4
"""Digits of a year that may be written without 年, and is read digit by digit."""


def dates(text: str) -> Iterator[Numeral]:
    """Yield the days and months in a folded text of narrow characters, and their other forms.

    >>> [date.forms for date in dates("2020-05-12")][0][:3]
    ('2020年5月12日', '2020年05月12日', '2020-5-12')
    >>> [text for date in dates("五月十二日") for text in date.forms]
    ['5月12日', '05月12日', '5月12号']
    >>> list(dates("5月 2020-2021 3.5.12"))
    []
    """
    for pattern in _patterns():
        for found in pattern.finditer(text):
            typed = re.sub(_SIGN, "-", found[0])
            forms = (form for form in _forms(**found.groupdict()) if form != typed)
            yield Numeral(*found.span(), tuple(dict.fromkeys(forms)))


def _forms(month: str, day: str | None = None, year: str | None = None) -> Iterator[str]:
    """Yield a date in all its forms."""
    in_month, in_days = _digits(month), _digits(day or "0")
    if year is not None:
        yield from _of_year(_digits(year), int(in_month), int(in_days))
        return
    yield from _in_digits("", int(in_month), int(in_days))
    yield f"{int(in_month)}月{int(in_days)}号"
    if int(in_month) not in _UNCLEAR:
        yield _in_han("", int(in_month), int(in_days))


def _digits(text: str) -> str:
    return text if text.isdecimal() else in_digits(text) or one_by_one(text, year=True) or "0"


def _of_year(year: str, month: int, day: int) -> Iterator[str]:
    yield from _in_digits(f"{year}年", month, day)
    if len(year) == _WESTERN:
        if day:
            yield f"{year}-{month}-{day}"
        yield f"{year}-{month:02}" + (f"-{day:02}" if day else "")
    for spelling in _years(year):
        yield _in_han(f"{spelling}年", month, day)


def _years(year: str) -> Iterator[str]:
    """Yield a year in Han: digit by digit, one of a reign as a number too."""
    if len(year) < _WESTERN:
        number = spelled(int(year))
        yield from (number, number.replace("〇", "零"))
    if len(year) > 2:
        yield from spelled_out(year)


def _in_digits(year: str, month: int, day: int) -> Iterator[str]:
    yield f"{year}{month}月" + (f"{day}日" if day else "")
    yield f"{year}{month:02}月" + (f"{day:02}日" if day else "")


def _in_han(year: str, month: int, day: int) -> str:
    return f"{year}{spelled(month)}月" + (f"{spelled(day)}日" if day else "")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, _PATTERNS))
