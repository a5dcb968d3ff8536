"""What the cluster is asked: within its limits, whole, and with the embedded engine's globs."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from searcher.engines.opensearch_.asking import Index
from searcher.engines.opensearch_.clauses import (
    MOST_NUMBERS,
    count,
    dsl,
    matching,
    query,
    regexp,
    wildcards,
)
from searcher.engines.opensearch_.place import Place
from searcher.errors import EngineError
from searcher.model import Almost, Among, Near, Or, Run

PLACE = Place("http://127.0.0.1:9", "a-1", "a", 1, 0, "0" * 32)


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [
        ("[!z-a]", "."),
        ("[z-a]", "#"),
        ("[a-]", r"[a\-]"),
        ("[]a]", r"[\]a]"),
        ("[ab", r"\[ab"),
        ("a-c-e", r"a\-c\-e"),
    ],
)
def test_globs_that_lucene_would_refuse_are_put_otherwise(glob: str, wanted: str) -> None:
    assert regexp(glob) == wanted


# "#" and "~" mean nothing to Python; every other sign here means the same to Python and Lucene.
@example("[[-?!]", "?")
@example("[[-?!-a]", "b")
@given(st.text("ab-]^!\\.[*?", max_size=8), st.text("ab-]^!\\.[*?", max_size=4))
def test_a_glob_matches_as_fnmatch_has_it(glob: str, name: str) -> None:
    made = re.sub(r"(?<!\\)#", "(?!)", regexp(glob))
    expected = re.match(fnmatch.translate(glob), name) is not None
    assert (re.fullmatch(made, name) is not None) == expected


def test_brackets_are_no_wildcards_in_a_pattern_of_units() -> None:
    assert wildcards("c[*?") == r"c\[.*."


def test_more_numbers_than_a_set_may_have_become_several_sets() -> None:
    made = dsl(Among(tuple(range(MOST_NUMBERS + 1))))
    sizes = [len(each["terms"]["number"]) for each in made["bool"]["should"]]
    assert sizes == [MOST_NUMBERS, 1]
    assert dsl(Among(())) == {"match_none": {}}


def test_units_near_each_other_count_one_by_one_and_those_of_a_phrase_do_not() -> None:
    assert count(dsl(Near((("a", "b"), ("c", "d", "e")), 3, ("body",)))) == 5
    assert count(dsl(Run(("a", "b", "c"), ("body",)))) == 1


def test_more_than_a_cluster_takes_is_refused_by_name() -> None:
    many = Or(tuple(Run((f"u{at}", "v"), ("body",)) for at in range(1_025)))
    with pytest.raises(EngineError, match="1,025 parts, of which a cluster takes 1,024"):
        query(many, (), ())


def test_alternatives_of_single_units_are_one_set_however_many() -> None:
    assert count(dsl(Or(tuple(Run((f"u{at}",)) for at in range(3_000))))) == 1


def test_what_only_the_text_can_answer_is_refused() -> None:
    for clause in (Almost(("a", "b", "c")), Near((("a",), ("b", "c")), 1)):
        with pytest.raises(ValueError, match="text"):
            dsl(clause)


def test_counts_and_pages_are_never_those_of_a_part_of_the_shards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Mapping[str, Any]] = []

    class Client:
        def search(self, *, params: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
            asked.append(params)
            return {"hits": {"total": {"value": 3}, "hits": []}}

        def create_pit(self, *, params: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
            assert params["allow_partial_pit_creation"] == "false"
            return {"pit_id": "p"}

        def delete_pit(self, **_: Any) -> None: ...

    monkeypatch.setattr(Index, "client", Client())
    index = Index(PLACE)
    assert index.count({"match_all": {}}) == 3
    assert list(index.hits({"match_all": {}}, [{"id": "asc"}])) == []
    assert [each["allow_partial_search_results"] for each in asked] == ["false", "false"]


def test_too_many_clauses_are_refused_by_name_wherever_they_are_asked() -> None:
    where = Or(tuple(Run((f"w{at}", "x")) for at in range(600)))
    with pytest.raises(EngineError, match="parts, of which a cluster takes 1,024"):
        matching(where)
    with pytest.raises(EngineError, match="parts, of which a cluster takes 1,024"):
        query(where, (), ())


class Values:
    """A client of a cluster whose documents have so many values, as many documents each."""

    def __init__(self, count: int) -> None:
        self.held = [{"key": number, "doc_count": number} for number in range(count)]
        self.asked = 0

    def search(self, *, body: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        self.asked += 1
        ((kind, by),) = body["aggs"]["by"].items()
        assert body["query"] == {"match_all": {}}
        if kind == "terms":
            assert (by["field"], by["include"], by["order"]) == ("words", "a.*", {"_key": "asc"})
            return {"aggregations": {"by": {"buckets": self.held[: by["size"]]}}}
        [source] = by["sources"]
        assert source == {"value": {"terms": {"field": "words"}}}
        first = by["after"]["value"] + 1 if "after" in by else 0
        page = [
            {"key": {"value": each["key"]}, "doc_count": each["doc_count"]}
            for each in self.held[first : first + by["size"]]
        ]
        after = {"after_key": page[-1]["key"]} if page else {}
        return {"aggregations": {"by": {"buckets": page, **after}}}


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (3, 1), (1_000, 2), (2_001, 3)])
def test_all_values_are_gone_through_page_by_page(
    monkeypatch: pytest.MonkeyPatch, count: int, pages: int
) -> None:
    client = Values(count)
    monkeypatch.setattr(Index, "client", client)
    assert Index(PLACE).buckets({"match_all": {}}, "words") == [(at, at) for at in range(count)]
    assert client.asked == pages


@pytest.mark.parametrize("most", [1, 7, 20])
def test_of_values_that_match_no_more_are_asked_for_than_are_wanted(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(Index, "client", Values(9))
    found = Index(PLACE).first_buckets({"match_all": {}}, "words", "a.*", most)
    assert found == [(at, at) for at in range(min(most, 9))]
