"""Forms: what wildcards, ``=``, ``~``, boosts, dates and numbers ask for, and their limits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import CATALOG, found, planned, refusal

from searcher import model
from searcher.errors import QueryError
from searcher.model import Among, Within
from searcher.query.catalog import Catalog
from searcher.query.weights import CONSTANT_WEIGHT
from searcher.text.dates import period


def test_a_boost_multiplies_what_its_clause_adds_and_finds_the_same() -> None:
    plain = planned("驻村工作 “书记” te?t")
    boosted = planned("(驻村工作^2 “书记”)^1.5 te?t^0.25")
    assert boosted.where == plain.where
    for found_plan, weights in ((plain, (1, 1, 1)), (boosted, (3, 1.5, 0.25))):
        terms = {term.term: term.weight for term in found_plan.terms}
        constants = [constant.weight for constant in found_plan.constants]
        assert (terms["驻村"], terms["书记"]) == (2 * weights[0], 2 * weights[1])
        assert constants == [weights[0] * CONSTANT_WEIGHT, weights[2] * CONSTANT_WEIGHT]


def test_an_unbroken_chunk_is_rewarded_as_its_heaviest_one() -> None:
    made = planned("驻村工作 驻村工作^3 驻村工作^2")
    assert [constant.weight for constant in made.constants] == [3 * CONSTANT_WEIGHT]


def test_a_boosted_word_is_bare_all_the_same() -> None:
    plain, boosted = planned("脱贫 的 攻坚"), planned("脱贫^2 的^3 攻坚")
    assert (boosted.where, boosted.fallback) == (plain.where, plain.fallback)
    assert boosted.marks == plain.marks
    assert planned("什么^2").where == planned("什么").where


def test_words_with_wildcards_add_a_constant_each() -> None:
    made = planned("te?t 脱贫 pyth*^3")
    assert {term.term for term in made.terms} == {"脱", "贫", "脱贫"}
    assert [weight for _, weight in made.constants] == [CONSTANT_WEIGHT, 3 * CONSTANT_WEIGHT]
    for constant, word in zip(made.constants, (made.words[0], made.words[2]), strict=True):
        assert constant.clause == word.clause


def test_a_word_that_no_document_holds_finds_nothing() -> None:
    made = planned("zz*")
    assert (made.where, made.constants, made.marks) == (Among(()), (), ())
    assert made.words == (model.QueryWord("zz*", Among(())),)


def many(count: int) -> Catalog:
    """Return the catalog of an index with *count* words for every pattern."""
    return CATALOG._replace(
        expand=lambda _, most: tuple(f"a{n}" for n in range(count))[: most + 1]
    )


def test_a_chunk_with_wildcards_stands_for_a_thousand_words_at_most() -> None:
    assert len(planned("ab*", catalog=many(1_000)).marks) == 1_000
    assert len(planned("ab*-cd*", catalog=many(31)).marks) == 961
    for line, count in (("x ab*", 1_001), ("x ab*-cd*", 32), ("x title:ab*", 1_001)):
        with pytest.raises(QueryError, match="this stands for more than 1,000 words") as caught:
            planned(line, catalog=many(count))
        assert line[caught.value.position :] in line.split(" ")[1]


def test_a_query_has_64_words_with_wildcards_at_most() -> None:
    planned("，".join(["ab*"] * 60) + " te?t" * 4, catalog=many(1))
    with pytest.raises(QueryError, match="more than 64 words have wildcards") as caught:
        planned("，".join(["ab*"] * 60) + " (te?t^2) title:te?t" * 2 + " te?t", catalog=many(1))
    assert caught.value.position == 4 * 60 - 1 + 20 * 2 + 1


def test_four_words_of_a_query_begin_with_one_letter_before_a_wildcard() -> None:
    planned("t*t a?b -c*d (e*fg) te?t ab*", catalog=many(1))
    with pytest.raises(QueryError, match="more than 4 words have a wildcard in the second place"):
        planned("t*t a?b -c*d (e*fg) x*yz", catalog=many(1))


def test_a_phrase_with_slop_has_64_parts_at_most() -> None:
    planned(f"“{'甲 ' * 64}”~3")
    with pytest.raises(QueryError, match="more than 64 words stand in this phrase"):
        planned(f"“{'甲 ' * 65}”~3")
    planned(f"“{'甲 ' * 65}”~0")


def test_a_phrase_is_asked_for_with_one_error_from_three_units_on() -> None:
    assert planned("“甲乙丙”~1字").where == model.Almost(tuple("甲乙丙"))
    for phrase in ("甲乙", "甲。乙", "甲 go", "參與(yu)"):
        with pytest.raises(QueryError, match="needs a phrase of 3 characters or more"):
            planned(f"“{phrase}”~1字")


def test_an_exact_word_scores_by_its_folded_terms() -> None:
    assert planned("=後面").terms == planned("“后面”").terms
    assert planned("source:=後").terms == ()


# ---------------------------------------------------------------- dates and numbers


days = st.dates(date(2018, 1, 1), date(2021, 12, 31)).map(date.isoformat)
typed_dates = st.builds(lambda day, size: day[:size], days, st.sampled_from([4, 7, 10]))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(typed_dates, typed_dates, typed_dates, st.booleans(), st.booleans())
def test_a_range_holds_the_dates_that_lie_inside_with_all_of_their_days(
    low: str, high: str, own: str, with_low: bool, with_high: bool
) -> None:
    line = f"date:{'{['[with_low]}{low} TO {high}{'}]'[with_high]}"
    begins = period(low)[0] if with_low else period(low)[1] + 1
    ends = period(high)[1] if with_high else period(high)[0] - 1
    if begins > ends:
        assert str(refusal(line)).startswith("nothing lies in this range")
        return
    inside = begins <= period(own)[0] and period(own)[1] <= ends
    document = {"body": "甲", "date": own}
    assert found(planned(line).where, document) == inside
    assert found(planned(f"甲 -{line}").where, document) != inside


@pytest.mark.parametrize(
    "line",
    ["date:2019", "date:*", "date:[* TO *]", "甲 -date:2019", "甲 NOT (date:2019 OR 乙)",
     "甲 (乙 OR date:[2019 TO *])", "甲 -(甲 -date:2019)", "甲 AND NOT date:<2019"],
)  # fmt: skip
def test_a_document_without_a_date_matches_no_date(line: str) -> None:
    assert not found(planned(line).where, {"body": "甲"})


def test_who_excludes_no_date_asks_for_none() -> None:
    assert found(planned("甲 -乙").where, {"body": "甲"})
    assert found(planned("甲 OR date:2019").where, {"body": "甲"})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*[st.integers(-30, 30).map(lambda n: n / 10)] * 3, st.booleans(), st.booleans())
def test_a_range_holds_the_numbers_between_its_ends(
    low: float, high: float, own: float, with_low: bool, with_high: bool
) -> None:
    line = f"pages:{'{['[with_low]}{low} TO {high}{'}]'[with_high]}"
    if low > high or (low == high and not (with_low and with_high)):
        assert str(refusal(line)).startswith("nothing lies in this range")
        return
    where = planned(line).where
    assert isinstance(where, Within)
    assert where.low is not None
    assert where.high is not None
    inside = (low <= own if with_low else low < own) and (own <= high if with_high else own < high)
    assert (where.low <= own <= where.high) == inside
