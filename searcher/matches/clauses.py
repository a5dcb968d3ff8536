"""Clauses and marks, as an engine and a sheet can answer them; nothing here reads text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from searcher.model import And, Clause, Mark, Near, Not, Or, Pattern

_PATTERNS = get_args(Pattern)


def has_pattern(clause: Clause) -> bool:
    """Tell whether there is a pattern in *clause*.

    >>> has_pattern(Not(Near((("驻",), ("村",)), slop=2)))
    True
    """
    if isinstance(clause, And | Or):
        return any(map(has_pattern, clause.clauses))
    return has_pattern(clause.clause) if isinstance(clause, Not) else isinstance(clause, _PATTERNS)


def spread(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return *marks* with one for each part of a `Near`.

    So a passage is the better the more of the parts it holds, and one that holds all is the best.
    """
    return tuple(_spread(marks))


def _spread(marks: Sequence[Mark]) -> Iterator[Mark]:
    for mark in marks:
        if isinstance(mark.pattern, Near):
            for part in dict.fromkeys(mark.pattern.parts):
                yield mark._replace(units=part)
        else:
            yield mark
