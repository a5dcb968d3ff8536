"""Searching: orders, facets, documents like one, many queries at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import Run
from test_cli import run as run  # a fixture

import searcher
from searcher import Document, QueryError
from searcher.errors import DocumentNotFoundError, UnknownFacetError

DOCUMENTS = (
    Document("a", "参与脱贫攻坚工作", date="2019", source="湖南日报", extra={"tag": ["甲", "乙"]}),
    Document("b", "參與脫貧攻堅戰役", date="2020-05", source="湖南日报", path="z"),
    Document("c", "脱贫攻坚的村庄", date="2020-05-02", author="李", extra={"pages": 12}),
    Document("d", "别的脱贫文字", path="0"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    searcher.build(DOCUMENTS, index=tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def index(home: Path) -> searcher.Index:
    return searcher.open(home)


def ids(page: searcher.Page) -> str:
    return "".join(hit.id for hit in page.hits)


def test_hits_go_by_date_newest_first_or_last(index: searcher.Index) -> None:
    assert ids(index.search("脱贫", sort="date")) == "cbad"
    assert ids(index.search("脱贫", sort="date", reverse=True)) == "abcd"
    assert index.search("脱贫", sort="date").hits[0].score is None


def test_any_order_turns_around_but_ties(index: searcher.Index) -> None:
    assert ids(index.search("脱贫", sort="path")) == "acdb"
    assert ids(index.search("脱贫", sort="path", reverse=True)) == "bdac"  # a and c have no path
    best, worst = (index.search("脱贫 攻坚", reverse=each) for each in (False, True))
    assert (ids(best), ids(worst)) == ("cab", "abc")  # a and b are equal
    assert best.hits[0].score == worst.hits[-1].score


def test_facets_count_all_that_was_found(index: searcher.Index) -> None:
    names = ("script", "source", "author", "year", "tag", "pages")
    page = index.search("脱贫", limit=1, facets=names)
    assert tuple(page.facets) == names
    assert page.facets == {
        "script": {"hans": 3, "hant": 1},
        "source": {"湖南日报": 2},
        "author": {"李": 1},
        "year": {"2020": 2, "2019": 1},
        "tag": {"乙": 1, "甲": 1},
        "pages": {"12": 1},
    }
    assert list(page.facets["year"]) == ["2020", "2019"]
    assert index.search("飞机 村庄", facets=["script"]).facets == {"script": {"hans": 1}}
    assert index.search("脱贫").facets == {}


def test_a_facet_that_is_no_field_is_refused_with_those_that_are(index: searcher.Index) -> None:
    with pytest.raises(UnknownFacetError, match=r"'x'; there are script, .*, year, pages, tag"):
        index.search("脱贫", facets=["x"])
    assert issubclass(UnknownFacetError, ValueError)
    with pytest.raises(TypeError, match="facets"):
        index.search("脱贫", facets="year")


def test_many_queries_are_answered_in_order_and_a_bad_one_stops_none(
    index: searcher.Index,
) -> None:
    first, error, last = index.search_many(["攻坚", "-脱贫", "别的"], limit=1, snippets=0)
    assert isinstance(first, searcher.Page)
    assert isinstance(last, searcher.Page)
    assert (first.query, first.total, len(first.hits)) == ("攻坚", 3, 1)
    assert (last.query, ids(last)) == ("别的", "d")
    assert isinstance(error, QueryError)
    assert (error.query, error.position) == ("-脱贫", 0)
    with pytest.raises(TypeError):
        index.search_many(["攻坚"], limits=1)  # type: ignore[call-arg]


# ------------------------------------------------------------------ paths


def test_a_path_can_be_boosted_and_nothing_else(tmp_path: Path) -> None:
    documents = [Document("a", "脱贫", path="/x/foo.txt"), Document("b", "脱贫")]
    searcher.build(documents, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        for query in ('path:"/x/foo.txt"', 'path:"/x/foo.txt"^2'):
            assert ids(index.search(query)) == "a"
        with pytest.raises(QueryError, match="path: takes a path or a pattern of one"):
            index.search('path:"/x"~2')


# ------------------------------------------------------------------ like


def test_documents_like_one_hold_what_tells_most_of_it(index: searcher.Index) -> None:
    page = index.like("a")
    assert page.query == "like:a"
    assert ids(page)[0] == "b"  # 参与 and 攻坚 too
    assert "a" not in ids(page)
    shown = {
        snippet.text[start - snippet.start : end - snippet.start]
        for snippet in page.hits[0].snippets
        for start, end in snippet.highlights
    }
    assert shown == {"參與脫貧攻堅"}
    assert len(index.like("a", limit=1, offset=1).hits) == 1


def test_what_nothing_is_like_gives_an_empty_page(tmp_path: Path) -> None:
    documents = [Document("a", "脱贫攻坚"), Document("b", ""), Document("c", "飞机的文字")]
    searcher.build(documents, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        assert [index.like(each).total for each in "abc"] == [0, 0, 0]


def test_an_id_that_is_not_there_is_named(index: searcher.Index) -> None:
    with pytest.raises(DocumentNotFoundError, match="zz: there is no such document"):
        index.like("zz")


# ------------------------------------------------------------------ the command


def test_the_command_has_all_of_it(run: Run, home: Path) -> None:
    def found(*options: str) -> tuple[int, dict[str, Any]]:
        ran = run("search", *options, "--json", "--index", home)
        return ran.code, json.loads(ran.out)

    code, page = found("脱贫", "--sort", "date", "--reverse", "--facet", "year", "--facet", "tag")
    assert code == 0
    assert [hit["id"] for hit in page["hits"]] == [*"abcd"]
    assert page["facets"] == {"year": {"2020": 2, "2019": 1}, "tag": {"乙": 1, "甲": 1}}
    code, page = found("--like", "a", "-n", "1")
    assert (code, page["hits"][0]["id"]) == (0, "b")
    assert found("脱贫", "--collapse")[1]["hits"][0]["duplicates"] == []


def test_facets_are_for_people_too(run: Run, home: Path) -> None:
    ran = run("search", "脱贫", "--facet", "year", "--index", home)
    assert "year: 2020 2 · 2019 1" in ran.err
    assert "year" not in ran.out
    ran = run("search", "脱贫", "--facet", "year", "--html", "--index", home)
    assert "year: 2020 2 · 2019 1" in ran.out
    ran = run("search", "脱贫", "--facet", "zz", "--index", home)
    assert ran.code == 2
    assert "there is no facet 'zz'" in ran.err


def test_a_file_of_queries_gives_a_line_for_each(run: Run, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_bytes("\ufeff脱贫\r\n\n-攻坚\n飞机\n".encode())
    ran = run("search", "--queries", file, "-n", "1", "--index", home)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 2
    assert [line["query"] for line in lines] == ["脱贫", "", "-攻坚", "飞机"]
    assert [line.get("total") for line in lines] == [4, None, None, 0]
    assert lines[2]["error"]["position"] == 0
    assert "add what to find" in lines[2]["error"]["message"]
    for text, code in (("飞机\n脱贫\n", 0), ("飞机\n", 1)):
        file.write_text(text, "utf-8")
        assert run("search", "--queries", file, "--index", home).code == code
    file.write_bytes("脱贫".encode("gb18030"))
    ran = run("search", "--queries", file, "--index", home)
    assert ran.code == 2
    assert f"{file}:1: not UTF-8" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("脱贫", "--like", "a"),
        ("--like", "a", "--sort", "date"),
        ("--queries", "-", "--html"),
    ],
)
def test_what_does_not_go_together_is_refused(
    run: Run,
    home: Path,
    arguments: tuple[str, ...],
) -> None:
    assert run("search", *arguments, "--index", home).code == 2
