"""Explaining: why a document is found, with its score, or where it and the query part ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import Run
from test_cli import run as run  # a fixture

import searcher
from searcher import Document, QueryError
from searcher.model import Match
from searcher.searching.explaining import Explanation

BODY = "脱贫攻坚。\n全市驻村工作队的想像力，2017 年。"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    documents = [
        Document("a", BODY, "题目", date="2020-01", source="湖南日报"),
        Document("b", "全市的飞机和火车"),
        Document("c", "參與(yu) 脫貧，偉(wei) 大，事業(ye)工作", path="c.txt"),
    ]
    searcher.build(documents, index=tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def index(home: Path) -> searcher.Index:
    return searcher.open(home)


def asked(found: Explanation) -> list[tuple[str, str, bool]]:
    return [(part.label, part.asked, part.holds) for part in found.parts]


def test_a_score_is_the_sum_of_its_terms_and_constants(index: searcher.Index) -> None:
    for query in ("全市", "脱贫攻坚", "驻村 工作队", "题目 -飞机"):
        found = index.explain("a", query)
        hit = next(hit for hit in index.search(query).hits if hit.id == "a")
        assert found.matched
        assert found.score == hit.score
        assert found.suggestion is None
        assert {part.holds for part in found.parts} == ({True, False} if "-" in query else {True})
    labels = [each.label for each in index.explain("a", "脱贫攻坚").contributions]
    assert labels[0].startswith("in a row: ")
    assert {"脱", "贫", "脱贫", "攻坚"} <= set(labels)


def test_words_that_are_missing_are_named(index: searcher.Index) -> None:
    found = index.explain("a", "驻村 飞机 工作", match="all")
    assert not found.matched
    assert asked(found) == [
        ("驻村", "required", True),
        ("飞机", "required", False),
        ("工作", "required", True),
    ]
    assert found.parts[1].note == "no beginning of it stands there"
    assert found.suggestion == "驻村 工作"


def test_of_words_of_which_some_are_enough_none_is_required(index: searcher.Index) -> None:
    found = index.explain("a", "驻村 飞机")  # no document has both
    assert found.matched
    assert asked(found) == [("驻村", "some", True), ("飞机", "some", False)]


@pytest.mark.parametrize(
    ("query", "text", "instead", "reason", "suggestion"),
    [
        ("“脱贫攻坚全市”", "脱贫攻坚", "。\n全市", "a sentence ends there", "“脱贫攻坚。 全市”"),
        ("“全市。驻村”", "全市", "驻村", "no sentence ends there", "“全市驻村”"),
        ("“驻村的工作队”", "驻村", "工作队", "的 is left out", "“驻村工作队”"),
        ("“工作的想像力”", "工作", "队的想像力", "1 more stands between", "“工作队的想像力”"),
        ("“想象力”", "想", "像力", "像 stands there for 象; the two are kept", "“想像力”"),
        ("“驻村工做队”", "驻村工", "作队", "作 (U+4F5C) stands there, not 做", "“驻村工作队”"),
        ("“驻村工作人员”", "驻村工作", "队的", "队 (U+961F) stands there, not 人", "“驻村工作”"),
        ("“力2018年”", "力", "，2017 年", "2017 stands there, not 2018", "“力，2017 年”"),
        ("“2017年度”", "2017 年", "", "the text ends there", "“2017 年”"),
    ],
)
def test_a_phrase_is_followed_to_where_it_parts_from_the_text(
    index: searcher.Index, query: str, text: str, instead: str, reason: str, suggestion: str
) -> None:
    found = index.explain("a", query)
    (part,) = found.parts
    place = part.parting
    assert place is not None
    assert (place.field, place.text, place.instead) == ("body", text, instead)
    assert BODY[place.start : place.stop] == text
    assert place.reason.startswith(reason)
    before = BODY[: place.stop]
    assert (place.line, place.column) == (before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert found.suggestion == suggestion
    assert "a" in {hit.id for hit in index.search(suggestion).hits}


def test_a_noisy_page_is_read_as_it_was_indexed(index: searcher.Index) -> None:
    place = index.explain("c", "“参与脱贫伟业”").parts[0].parting
    assert place is not None
    assert (place.text, place.instead) == ("參與(yu) 脫貧，偉", "(wei) 大，事業")
    assert place.reason == "2 more stand between, sentence ends counted"


def test_what_is_excluded_or_filtered_is_named(index: searcher.Index) -> None:
    found = index.explain("a", "驻村 -攻坚")
    assert asked(found) == [("驻村", "required", True), ("攻坚", "excluded", True)]
    assert found.suggestion == "驻村"
    found = index.explain("c", "事业 path:zz")
    assert found.parts[1].note == "path is 'c.txt'"
    found = index.explain("a", "全市 source:人民")
    assert asked(found)[1] == ("source:人民", "required", False)
    assert found.suggestion == "全市"


@pytest.mark.parametrize(
    ("query", "note", "suggestion"),
    [
        ("=想象力 全市", "", "“想像力” 全市"),
        ("=全巿市", "", "“全市”"),
        ("“市 力”~3", "its parts stand farther apart, or in another order", None),
        ("“飞机 力”~3", "a part of it is missing", None),
        ("“驻工村作队”~1字", "more than one unit is another, missing or too many", None),
        ("zeppel* 全市", "no word in this index is like it", "全市"),
        ("date:2019 全市", "date is '2020-01'", "全市"),
        ("script:hant 全市", "script is 'hans'", "全市"),
        ("author:李 全市", "it has no author", "全市"),
    ],
)
def test_patterns_and_filters_say_what_is_there_instead(
    index: searcher.Index, query: str, note: str, suggestion: str | None
) -> None:
    found = index.explain("a", query, match="all")
    assert not found.matched
    missing = next(part for part in found.parts if not part.holds)
    assert missing.note.startswith(note)
    assert found.suggestion == suggestion


def test_what_is_written_otherwise_is_shown_as_it_is_written(index: searcher.Index) -> None:
    found = index.explain("c", "=参与")
    assert found.parts[0].note == "it is written 參與 there"


@pytest.mark.parametrize(
    ("query", "text", "reason", "suggestion"),
    [
        ("“减贫攻坚”", "贫攻坚", "脱 (U+8131) stands before it, not 减 (U+51CF)", "“脱贫攻坚”"),
        ("“各地驻村工作队”", "驻村工作队", "各地 is missing before it", "“驻村工作队”"),
        ("“各地驻村工作人员”", "驻村工作", "各地 is missing before it, and 队 (U+", "“驻村工作”"),
        ("“力脱贫攻坚”", "脱贫攻坚", "力 is missing before it", "“脱贫攻坚”"),
        ("“队驻村工作”", "驻村工作", "市 (U+5E02) stands before it, not 队", "“市驻村工作”"),
    ],
)
def test_of_a_phrase_that_begins_otherwise_the_rest_is_found(
    index: searcher.Index, query: str, text: str, reason: str, suggestion: str
) -> None:
    found = index.explain("a", query)
    place = found.parts[0].parting
    assert place is not None
    assert place.text == text
    assert BODY[place.start : place.stop] == text
    assert place.reason.startswith(reason)
    assert found.suggestion == suggestion


def test_a_word_says_in_which_other_form_it_stands_there(tmp_path: Path) -> None:
    documents = [Document("tw", "軟體工程師"), Document("both", "软件與軟體，2020年")]
    searcher.build(documents, index=tmp_path / "index")
    index = searcher.open(tmp_path / "index")
    found = index.explain("tw", "软件 工程师")
    assert [(part.label, part.note) for part in found.parts] == [
        ("软件", "as 软体 (tw)"),
        ("工程师", ""),
    ]
    assert index.explain("both", "软件").parts[0].note == ""
    assert not index.explain("tw", "软件", region="none").matched
    assert not index.explain("tw", "软件", region="hk").matched
    found = index.explain("tw", "工程师 -软件")
    assert found.matched
    assert asked(found)[1] == ("软件", "excluded", False)
    assert not index.explain("both", "“二〇二〇年”").matched
    found = index.explain("both", "“二〇二〇年”", equivalents=True)
    assert (found.matched, found.parts[0].note) == (True, "as 2020年 (number)")


def test_a_literal_query_is_explained_as_it_is_searched(index: searcher.Index) -> None:
    with pytest.raises(QueryError):
        index.explain("a", "全市 “驻村")
    found = index.explain("a", "全市 “驻村", literal=True)
    assert asked(found) == [("全市 “驻村", "required", True)]
    found = index.explain("a", "全市 -工作员", literal=True)
    assert asked(found) == [("全市 -工作员", "required", False)]
    found = index.explain("a", "驻村 -工做队", literal=True)
    assert found.suggestion == "驻村工作队"
    assert index.explain("a", found.suggestion, literal=True).matched
    found = index.explain("a", "全市驻村-工作人员", literal=True)
    assert found.suggestion == "全市驻村-工作"
    assert index.explain("a", found.suggestion, literal=True).matched


def test_of_excluded_parts_only_those_that_count_for_all_are_told(index: searcher.Index) -> None:
    assert asked(index.explain("a", "全市 OR (驻村 -飞机)")) == [
        ("全市", "some", True),
        ("驻村", "some", True),
    ]
    assert asked(index.explain("a", "全市 -(飞机 -火车)")) == [
        ("全市", "required", True),
        ("(飞机 -火车)", "excluded", False),
    ]


def test_of_what_has_nothing_in_common_no_query_is_made_up(index: searcher.Index) -> None:
    assert index.explain("a", "“飞机”").suggestion is None
    assert index.explain("a", "“脱离贫困”").suggestion is None  # 脱 alone says nothing


@pytest.fixture
def law(tmp_path: Path) -> searcher.Index:
    documents = [
        Document("paid", "拖欠工程款等导致的拖欠农民工工资案件"),
        Document("works", "拖欠工程款的负责人"),
        Document("other", "因工资拖欠引发的案件"),
    ]
    searcher.build(documents, index=tmp_path / "law")
    return searcher.open(tmp_path / "law")


@pytest.mark.parametrize(
    ("name", "query", "suggestion"),
    [
        ("paid", "拖欠工资", "拖欠 工资"),
        ("paid", "拖欠工資", "拖欠 工資"),
        ("paid", "“拖欠工资”", "拖欠 工资"),
        ("paid", "案件 拖欠工资", "案件 拖欠 工资"),
        ("paid", "案件 飞机 拖欠工资", "案件 拖欠 工资"),
        ("other", "拖欠工资", "拖欠 工资"),  # 拖欠 alone is no whole word of the query
        ("works", "拖欠工资", "“拖欠”"),  # of what stands there, 工 is a piece of a word
        ("works", "“导致拖欠工资”", "“拖欠”"),
        ("works", "title:拖欠工资", None),
    ],
)
def test_no_word_is_broken_where_the_words_inside_it_find_the_document(
    law: searcher.Index, name: str, query: str, suggestion: str | None
) -> None:
    found = law.explain(name, query, match="all")
    assert not found.matched
    assert found.suggestion == suggestion
    if suggestion is not None:
        assert law.explain(name, suggestion).matched


def test_a_stretch_says_with_which_unit_of_the_run_it_begins(index: searcher.Index) -> None:
    for query, first in (("“驻村工作人员”", 0), ("“各地驻村工作人员”", 2)):
        place = index.explain("a", query).parts[0].parting
        assert place is not None
        assert place.first == first


@pytest.mark.parametrize(
    ("query", "match", "one_of"),
    [
        ("飞机 拖欠工资", "auto", (("飞机", "拖欠工资"),)),
        ("飞机 火车", "any", (("飞机", "火车"),)),
        ("(飞机 OR 拖欠) (火车 OR 轮船) 负责人", "auto", (("火车", "轮船"),)),
        ("(飞机 OR 火车) (汽车 OR 轮船)", "all", (("飞机", "火车"), ("汽车", "轮船"))),
        ("(拖欠 飞机) OR 火车", "auto", (("飞机", "火车"),)),
        ("飞机 拖欠工资 -负责人", "any", (("飞机", "拖欠工资"),)),
        ("飞机 +火车", "any", ()),  # only what is required is asked for
        ("软件 飞机", "all", ()),
        ("软件", "auto", ()),  # or 软体: one word
        ("飞机 拖欠", "any", ()),  # found
        ("火车飞机" * 16, "auto", (("火车飞机" * 16,),)),  # a pasted sentence
    ],
)
def test_where_some_would_be_enough_it_says_of_which_one_is_required(
    law: searcher.Index, query: str, match: Match, one_of: tuple[tuple[str, ...], ...]
) -> None:
    found = law.explain("works", query, match=match)
    assert found.one_of == one_of
    assert found.matched == (query == "飞机 拖欠")
    assert found.matched or one_of or any(part.stops for part in found.parts)
    assert found.to_dict()["one_of"] == [list(labels) for labels in one_of]


def test_arguments_of_a_wrong_type_are_named(index: searcher.Index) -> None:
    wrong: Any
    for wrong in (None, 3, b"a"):
        kind = type(wrong).__name__
        with pytest.raises(TypeError, match=f"^an id is a string, not {kind}$"):
            index.explain(wrong, "脱贫")
        with pytest.raises(TypeError, match=f"^a query is a string, not {kind}$"):
            index.explain("a", wrong)
        with pytest.raises(TypeError, match=f"^an id is a string, not {kind}$"):
            index.like(wrong)


def test_an_id_that_is_not_indexed_is_said_to_be_so(index: searcher.Index) -> None:
    assert index.explain("zz", "脱贫") == Explanation("zz", "脱贫", False, False)
    with pytest.raises(QueryError):
        index.explain("zz", "-")


def test_the_command_prints_it(run: Run, home: Path) -> None:
    ran = run("explain", "a", "全市", "--index", home)
    assert ran.code == 0
    assert ran.out.startswith("a: found, score ")
    assert "全市  (weight 2 · 2 times · idf" in ran.out
    ran = run("explain", "a", "“脱贫攻坚全市”", "--index", home)
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "a: not found",
        "  misses  “脱贫攻坚全市”",
        "    up to body 1:5 it stands there: 脱贫攻坚",
        "    a sentence ends there: 脱贫攻坚。 全市驻村工作队的想像力，2017 年。",
        "this query finds it: “脱贫攻坚。 全市”",
    ]
    ran = run("explain", "a", "“脱贫攻坚全市”", "--json", "--index", home)
    assert json.loads(ran.out)["parts"][0]["parting"]["stop"] == 4
    ran = run("explain", "a", "“二〇一七年”", "--equivalents", "--index", home)
    assert (ran.code, ran.out.splitlines()[1]) == (0, "  has  “二〇一七年”: as 2017年 (number)")
    ran = run("explain", "c", "偉(wei)大 -F", "-F", "--region", "none", "--index", home)
    assert ran.out.splitlines()[1].startswith("  misses  偉(wei)大 -F")
    ran = run("explain", "b", "驻村 脱贫 -火", "--match", "any", "--index", home)
    assert ran.out.splitlines() == [
        "b: not found",
        "  at least one of these is required: 驻村 · 脱贫",
        "  misses  驻村: no beginning of it stands there",
        "  misses  脱贫: no beginning of it stands there",
        "  has, excluded  火",
    ]
    ran = run("explain", "a", "驻村 飞机", "--match", "any", "--index", home)
    assert "  misses, not required  飞机: " in ran.out
    ran = run("explain", "zz", "脱贫", "--index", home)
    assert (ran.code, ran.out.startswith("zz: there is no such document")) == (1, True)
