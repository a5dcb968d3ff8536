"""Dates as people write them → ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""

from __future__ import annotations

import datetime
import re
import unicodedata

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
