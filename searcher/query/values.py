"""Values: what date:, script: and the extra fields of an index ask for, which never scores.

Imported when a query asks in one of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar, get_args

from searcher.model import EXACT, Clause, Dated, Has, Is, QueryWord, Script, Within
from searcher.query.forms import Range, Wild
from searcher.query.leaves import Leaf, Scope, any_of
from searcher.query.numerals import in_digits
from searcher.query.patterns import before_star
from searcher.query.signs import DATE_FIELD, FIELDS, SCRIPT_FIELD, failure, narrow
from searcher.query.tree import Chunk, Form, Phrase
from searcher.text.dates import parse_date, period
from searcher.text.queries import query_readings
from searcher.text.script import fold

SCRIPTS: tuple[str, ...] = get_args(Script)

_Bound = TypeVar("_Bound")
_OPEN = "*"


def value_leaf(node: Chunk | Phrase | Form, scope: Scope, line: str) -> Leaf | None:
    """Return what *node* asks for in the field of *scope*; None where it holds nothing.

    Raises QueryError where the field knows no such value or operator.
    """
    clause = _clause(node, scope.field or "", line)
    label = scope.label(line[node.position : node.end])
    return None if clause is None else Leaf((QueryWord(label, clause),))


def _clause(node: Chunk | Phrase | Form, field: str, line: str) -> Clause | None:
    if isinstance(node, Range):
        return _dates(node, line) if field == DATE_FIELD else _numbers(node, field, line)
    text = _text(node, field, line)
    if field == DATE_FIELD:
        return _date(text, line, node.position)
    if field == SCRIPT_FIELD:
        return _script(text, line, node.position)
    return _extra(text, field, line, node.position)


def _text(node: Chunk | Phrase | Form, field: str, line: str) -> str:
    """Return the value as text; a star behind Han only says that what follows is open."""
    if not isinstance(node, Form):
        return node.text
    text = before_star(node) if isinstance(node, Wild) and field not in FIELDS else None
    if text is None:
        problem = f"{field}: knows no such operator: write a plain value behind it"
        raise failure(problem, line, node.position)
    return text


def _script(text: str, line: str, position: int) -> Clause:
    name = narrow(text).lower()
    if name not in SCRIPTS:
        raise failure(f"a script is one of {', '.join(SCRIPTS)}", line, position)
    return Is(SCRIPT_FIELD, name)


def _extra(text: str, field: str, line: str, position: int) -> Clause | None:
    """Return the clause of an extra field that has *text* in a text, or is that number."""
    if narrow(text) == _OPEN:
        problem = f"{field}: knows no * alone: write a value, or [* TO *] for any number"
        raise failure(problem, line, position)
    number = _number_in(text)
    clauses: list[Clause] = [] if number is None else [Within(field, number, number)]
    if number is None or number >= 0:  # no unit holds a sign
        clauses += [Has(field, units) for units in query_readings(text)]
    return any_of(clauses) if clauses else None


# ---------------------------------------------------------------- dates


def _date(text: str, line: str, position: int) -> Clause:
    return Dated(None, None) if narrow(text) == _OPEN else Dated(*_days(text, line, position))


def _days(text: str, line: str, position: int) -> tuple[int, int]:
    date = parse_date(text)
    if date is None:
        problem = "this is no date: write it as 2019, 2019-12 or 2019-12-21"
        raise failure(problem, line, position)
    return period(date)


def _dates(span: Range, line: str) -> Clause:
    """Return the clause of a range of dates; an end is left out with all of its days."""
    low, high = _ends(span, line, _days)
    first = last = None
    if low is not None:
        first = low[0] if span.with_low else low[1] + 1
    if high is not None:
        last = high[1] if span.with_high else high[0] - 1
    _require_something(first, last, span, line)
    return Dated(first, last)


# ---------------------------------------------------------------- numbers


@cache
def _number_form() -> re.Pattern[str]:
    return re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)


def _number_in(text: str) -> float | None:
    """Return the number that *text* is, in digits or in Han numerals; None where it is none, or
    beyond `EXACT`.

    >>> _number_in("１,５４０.５"), _number_in("-3"), _number_in("12页"), _number_in("三萬五千")
    (1540.5, -3.0, None, 35000.0)
    >>> _number_in("9007199254740993") is None
    True
    """
    text = narrow(text)
    digits = text.replace(",", "") if _number_form().fullmatch(text) else in_digits(fold(text))
    return None if digits is None or _is_beyond(digits) else float(digits)


def _is_beyond(digits: str) -> bool:
    """Tell whether a whole number is larger than `EXACT`; of very long ones by their length."""
    whole = digits.lstrip("+-0")
    return "." not in whole and (len(whole) > len(str(EXACT)) or int(whole or "0") > EXACT)


def _number(text: str, line: str, position: int) -> float:
    number = _number_in(text)
    if number is None:
        problem = f"this is no number of at most {EXACT:,}: a range here has numbers as ends"
        raise failure(problem, line, position)
    return number


def _numbers(span: Range, field: str, line: str) -> Clause:
    """Return the clause of a range of numbers; the next one to an end left out belongs to it."""
    low, high = _ends(span, line, _number)
    if low is not None and not span.with_low:
        low = math.nextafter(low, math.inf)
    if high is not None and not span.with_high:
        high = math.nextafter(high, -math.inf)
    _require_something(low, high, span, line)
    return Within(field, low, high)


# ---------------------------------------------------------------- ranges


def _ends(
    span: Range, line: str, read: Callable[[str, str, int], _Bound]
) -> tuple[_Bound | None, _Bound | None]:
    """Return both ends of a range as *read*; None for an open one."""
    low_at = line.find(span.low, span.position)
    high_at = line.rfind(span.high, span.position, span.end)
    low = None if span.low == _OPEN else read(span.low, line, low_at)
    return low, None if span.high == _OPEN else read(span.high, line, high_at)


def _require_something(first: float | None, last: float | None, span: Range, line: str) -> None:
    """Raise QueryError where nothing lies between the two."""
    if first is not None and last is not None and first > last:
        problem = "nothing lies in this range: its lower end comes first, { } leave the ends out"
        raise failure(problem, line, span.position)
