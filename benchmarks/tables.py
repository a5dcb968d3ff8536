"""Tables: rows of text → Markdown with aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a terminal.

    >>> print(markdown(("n", "词"), [("10", "脱贫")]))
    | n  | 词   |
    | -- | ---- |
    | 10 | 脱贫 |
    """
    every = [list(head), *map(list, rows)]
    widths = [max(map(_width, column)) for column in zip(*every, strict=True)]
    every.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(_padded, row, widths)) + " |" for row in every)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
