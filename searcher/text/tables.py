"""The tables in ``data``: plain text, made by the scripts that each one names in its first lines.

They are opened by their path.  `importlib.resources` would find them in a zip file too, but to
import it takes ten times as long as a query reads tables for.
"""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).with_name("data")


def read_table(name: str) -> str:
    """Return the text of a table.

    >>> read_table("fold.tsv").startswith("# ")
    True
    """
    return (DATA / name).read_text("utf-8")


def data_lines(name: str) -> list[str]:
    """Return the lines of a table, ``#`` comments left out.

    >>> data_lines("marks.txt")[0]
    '300-36F'
    """
    return [line for line in read_table(name).splitlines() if line and line[0] != "#"]


def data_rows(name: str) -> list[list[str]]:
    """Return the tab-separated rows of a table, ``#`` comments left out."""
    return [line.split("\t") for line in data_lines(name)]
