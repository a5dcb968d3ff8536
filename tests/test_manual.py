"""The manual of the query language: each row of its tables is looked up, twice.

Once by scanning the units of the two documents it names, and once in an index of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_plan import Fields, found, planned, refusal

import searcher
from searcher.errors import QueryError

DOCS = Path(__file__).parent.parent / "docs" / "query-language.md"
PLAIN = ("title", "body", "date", "source", "author", "path")


def manual(columns: int) -> list[list[str]]:
    """Return the rows of the manual's tables of so many columns, without their heads."""
    lines = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("|")]
    table = [[_cell(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    heads = {at - 1 for at, row in enumerate(table) if set(row[0]) <= {"-", " "}}
    kept = (row for at, row in enumerate(table) if not {at, at - 1} & heads and at not in heads)
    return [row for row in kept if len(row) == columns]


def _cell(text: str) -> str:
    return text.strip().replace("\\|", "|").removeprefix("`").removesuffix("`")


def document_of(cell: str) -> Fields:
    """Return the document in a cell: its body, or ``field: text; field: text``."""
    parts = [part.split(": ", 1) for part in cell.split("; ")]
    if all(len(part) == 2 for part in parts):
        return dict(parts)
    return {"body": cell}


@pytest.mark.parametrize("row", manual(4), ids=lambda row: str(row[0]))
def test_the_manual_tells_what_is_found(row: list[str]) -> None:
    line, yes, no, _ = row
    where = planned(line).where
    assert found(where, document_of(yes))
    assert not found(where, document_of(no))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    """Return an index of all documents that the manual names."""
    cells = {cell for row in manual(4) for cell in row[1:3]}
    home = tmp_path_factory.mktemp("manual") / "index"
    searcher.build(map(given, sorted(cells)), index=home)
    with searcher.open(home) as opened:
        yield opened


def given(cell: str) -> searcher.Document:
    """Return the document in a cell as a caller gives it; the cell is its id."""
    fields = dict(document_of(cell))
    plain = {name: fields.pop(name) for name in PLAIN if name in fields}
    extra = {name: float(value) if is_number(value) else value for name, value in fields.items()}
    return searcher.Document(**{"id": cell, "body": "", "extra": extra, **plain})  # type: ignore[arg-type]


def is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdecimal()


@pytest.mark.parametrize("row", manual(4), ids=lambda row: str(row[0]))
def test_an_index_finds_what_the_manual_tells(row: list[str], index: searcher.Index) -> None:
    line, yes, no, _ = row
    page = index.search(line, match="all", limit=1_000)
    ids = {hit.id for hit in page.hits}
    assert yes in ids
    assert no not in ids
    assert page.total == len(ids)


@pytest.mark.parametrize("row", manual(3), ids=lambda row: str(row[0]))
def test_an_index_refuses_what_the_manual_tells(row: list[str], index: searcher.Index) -> None:
    with pytest.raises(QueryError) as caught:
        index.search(row[0])
    assert str(caught.value).startswith(row[2])
    assert row[0][caught.value.position :].startswith(row[1])


@pytest.mark.parametrize("row", manual(3), ids=lambda row: str(row[0]))
def test_the_manual_tells_what_is_refused(row: list[str]) -> None:
    line, caret, message = row
    error = refusal(line)
    assert str(error).startswith(message)
    assert line[error.position :].startswith(caret)


def test_the_manual_has_its_tables() -> None:
    assert len(manual(4)) > 80
    assert len(manual(3)) > 30
