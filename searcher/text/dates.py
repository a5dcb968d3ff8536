"""Dates: as people write them, as ``YYYY-MM-DD`` or less of it, and as the days they name."""

from __future__ import annotations

import datetime
import re
import unicodedata
from functools import lru_cache

_TIME = r"(?:[T ] ?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)? ?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(\d{4})",
        r"(\d{4})(\d{2})(\d{2})",
        r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2})" + _TIME + ")?",
        r"(\d{4}) ?年(?: ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?[日号號]" + _TIME + ")?)?",
    )
)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_UNDATED = 0, 0
_REMEMBERED = 4096


def parse_date(given: str) -> str | None:
    """Return the date in *given* at its own precision, or None for anything else.

    ``2019``, ``2019-12``, ``2019-12-21``, ``20191221``, the same with ``/`` or ``.``, and
    ``2019年12月21日`` are understood, in any width; a time behind a day is left out.  A day
    that no calendar has is anything else.

    >>> parse_date("2019年12月"), parse_date("2019/1/5"), parse_date("2023-02-30")
    ('2019-12', '2019-01-05', None)
    """
    text = unicodedata.normalize("NFKC", given).strip()
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _date([int(part) for part in found.groups() if part and part.isdigit()])
    return None


def _date(parts: list[int]) -> str | None:
    """Return year, month and day, as many as there are, if the calendar has them."""
    year, month, day = [*parts, 1, 1][:3]
    try:
        whole = datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
    return whole[: (4, 7, 10)[len(parts) - 1]]


@lru_cache(_REMEMBERED)
def period(date: str) -> tuple[int, int]:
    """Return the first and the last day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, counted as
    `datetime.date.toordinal` does; 0, 0 for anything else.

    >>> [datetime.date.fromordinal(day).isoformat() for day in period("2020-02")]
    ['2020-02-01', '2020-02-29']
    """
    found = _DATE.fullmatch(date)
    if found is None:
        return _UNDATED
    year, month, day = (part and int(part) for part in found.groups())
    try:
        first = datetime.date(int(year), month or 1, day or 1).toordinal()
    except ValueError:
        return _UNDATED
    if day:
        return first, first
    months = int(year) * 12 + (month if month else 12)
    following, after = divmod(months, 12)
    if following > datetime.MAXYEAR:
        return first, datetime.date.max.toordinal()
    return first, datetime.date(following, after + 1, 1).toordinal() - 1
