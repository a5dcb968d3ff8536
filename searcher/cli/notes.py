"""Lines on stderr for people: errors, warnings, what was done."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import typer

from searcher.errors import QueryError
from searcher.render import visible

_WIDEST = 60
"""Columns of a query shown before and behind the place of an error."""

_FEW = 3
"""Ids that are named on one line."""

LISTED = 10
"""Lines of one kind that are printed; ``--json`` has them all."""


def note(message: str) -> None:
    """Print one line on stderr, control characters made visible."""
    typer.echo(f"searcher: {visible(message)}", err=True)


def note_query_error(error: QueryError) -> None:
    """Print what is wrong with a query, and a caret under the place."""
    note(str(error))
    start = max(0, error.position - _WIDEST)
    before = visible(error.query[start : error.position])
    behind = visible(error.query[error.position : error.position + _WIDEST])
    typer.echo(f"  {before}{behind}\n  {' ' * _columns(before)}^", err=True)


def few(ids: Sequence[str]) -> str:
    """Return the first of *ids* on one line, and how many more there are.

    >>> few(("a", "b", "c", "d", "e"))
    'a, b, c and 2 more'
    """
    more = f" and {len(ids) - _FEW:,} more" if len(ids) > _FEW else ""
    return ", ".join(ids[:_FEW]) + more


def _columns(text: str) -> int:
    """Return how many columns *text* takes on a terminal."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
