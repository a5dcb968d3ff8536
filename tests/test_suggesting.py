"""Suggestions: where nothing is found, queries near the one that was asked that find something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import Run
from test_cli import run as run  # a fixture

import searcher
from searcher import Document
from searcher.model import Match
from searcher.searching.suggesting import words_inside
from searcher.text.words import document_cutter

DOCUMENTS = (
    Document("moon", "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。", "静夜思"),
    Document("name", "费奥多尔·陀思妥耶夫斯基著有《罪与罚》", source="湖南日报"),
    Document("law", "中华人民共和国：拖欠农民工工资的，承担责任。", "责任和过错"),
    Document("state", "中华的人民和共和国，明月"),
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
        ("拖欠工资", ("拖欠 工资",)),
        ("“拖欠工资”", ("拖欠 工资",)),
        ("责任，拖欠工资的", ("责任， 拖欠 工资 的",)),
        ("title:過錯責任", ("title:(過錯 責任)",)),
        ("title:“过错责任”", ("title:(过错 责任)",)),
        ("title:(过错责任 责任)", ("title:(过错 责任 责任)",)),
        ("+过错责任 -明月", ("+(过错 责任) -明月",)),
        ("（拖欠工资｜霜花）", ("（拖欠 工资 ｜霜花）",)),
        ("中华人民共和国 过错责任", ("中华人民共和国 过错 责任",)),  # the first stands somewhere
        ("中华人民共和国 明月", ("中华 人民 共和国 明月",)),  # each does, in different documents
        ("劳动法责任", ()),  # 劳动 leaves 法
        ("source:过错责任", ()),
        ("责任 -过错责任 山月", ()),
        ("=过错责任", ()),
        ("甲乙丙 过错责任", ()),
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


def test_what_finds_some_of_it_is_offered_where_nothing_finds_all(index: searcher.Index) -> None:
    matches: tuple[Match, ...] = ("auto", "any")
    for match in matches:
        page = index.search("甲乙丙 过错责任", match=match, suggest=True)
        assert (page.total, page.suggestions) == (0, ("甲乙丙 过错 责任",))
        assert index.search(page.suggestions[0], match=match).total == 1


def test_as_few_words_as_can_be_are_inside_a_long_one() -> None:
    cutter = document_cutter()
    assert words_inside("中华人民共和国", cutter) == ("中华", "人民", "共和国")
    assert words_inside("高等教育法", cutter) == ("高等", "教育法")
    assert words_inside("拖欠", cutter) == words_inside("劳动法", cutter) == ()
    assert words_inside("python", cutter) == ()


def test_a_literal_line_has_no_suggestions_for_they_are_asked_as_it_was(
    index: searcher.Index,
) -> None:
    for line in ("疑似地上霜。\n", "title:责任", "过错责任"):
        page = index.search(line, literal=True, suggest=True)
        assert (page.total, page.suggestions) == (0, ())


def test_the_command_says_what_a_line_finds_without_literal(run: Run, home: Path) -> None:
    def told(*line: str) -> list[str]:
        ran = run("search", *line, "--index", home)
        assert ran.code == 1
        return ran.err.splitlines()

    nothing = "nothing found: title:責任 0"
    assert told("-F", "title:責任") == [nothing, "without -F this finds some: title:責任"]
    assert told("-F", "title:責任", "--json") == told("-F", "title:責任")
    assert told("-F", "title:責任", "-l") == [nothing]
    assert told("-F", "title:明月") == ["nothing found: title:明月 0"]
    assert told("-F", "明月 (“山月") == ["nothing found: 明月 (“山月 0"]  # else it cannot be read


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
