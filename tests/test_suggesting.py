"""Suggestions: where nothing is found, queries near the one that was asked that find something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import Run
from test_cli import run as run  # a fixture

import searcher
from searcher import Document

DOCUMENTS = (
    Document("moon", "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。", "静夜思"),
    Document("name", "费奥多尔·陀思妥耶夫斯基著有《罪与罚》", source="湖南日报"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("suggesting") / "index"
    searcher.build(DOCUMENTS, index=home)
    return home


@pytest.fixture(scope="module")
def index(home: Path) -> Iterator[searcher.Index]:
    with searcher.open(home) as opened:
        yield opened


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("“窗前明月光”", ('"窗前明月光"~1字',)),
        ("陀斯妥耶夫斯基", ('"陀斯妥耶夫斯基"~1字',)),
        ("「疑似地上霜」 “举头望山月”", ('"疑似地上霜"~1字 "举头望山月"~1字',)),
        ("霜“举头望山月”", ('霜 "举头望山月"~1字',)),
        ("title:“静夜诗思”", ('title:"静夜诗思"~1字',)),
        ("“故乡 明月”", ("故乡 明月",)),
        ("+“故乡明月”", ("+故乡明月",)),
        ("(“窗前明月光” OR 无)", ('("窗前明月光"~1字 OR 无)',)),
        ("“床前的明月亮”", ()),
        ("“窗前”", ()),  # too short
        ("无", ()),
        ("霜 -“窗前明月光” 无有之词", ()),
        ("“山月”~3", ()),
        ("=陀斯妥耶夫斯基", ()),
        ("path:“窗前明月光”", ()),
        ("“-窗前”", ()),
    ],
)
def test_what_finds_nothing_is_followed_by_what_does(
    index: searcher.Index, line: str, expected: tuple[str, ...]
) -> None:
    page = index.search(line, match="all", suggest=True)
    assert page.total == 0
    assert page.suggestions == expected
    assert all(index.search(each).total for each in expected)


def test_they_are_made_only_where_asked_for_and_nothing_is_found(index: searcher.Index) -> None:
    assert index.search("“窗前明月光”").suggestions == ()
    assert index.search("“床前明月光”", suggest=True).suggestions == ()


def test_a_literal_line_is_suggested_as_a_phrase(index: searcher.Index) -> None:
    page = index.search("疑似地上霜。\n", literal=True, suggest=True)
    assert page.suggestions == ('"疑似地上霜。\n"~1字',)
    assert index.search(page.suggestions[0]).total == 1


def test_the_command_shows_them(run: Run, home: Path) -> None:
    ran = run("search", "“窗前明月光”", "--index", home)
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "nothing found: “窗前明月光” 0",
        'this finds some: "窗前明月光"~1字',
    ]
    assert (
        '"suggestions":["\\"窗前明月光\\"~1字"]'
        in run("search", "“窗前明月光”", "--json", "--index", home).out
    )
    assert "this finds some" in run("search", "“窗前明月光”", "--html", "--index", home).out
    assert "this finds some" not in run("search", "“窗前明月光”", "-l", "--index", home).err
