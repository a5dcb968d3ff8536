"""Whoosh's own tools work on our index: it opens, parses, lists terms, finds and scores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import whoosh.index
from corpus import UnitScan
from whoosh.qparser import QueryParser
from whoosh.query import And, Or, Term

import searcher
from searcher.engines.whoosh_.index import open_index
from searcher.engines.whoosh_.weighting import LuceneBM25
from searcher.query import plan_query
from searcher.text.units import IDEOGRAPHS
from searcher.text.words.fast import RjiebaCutter

_HAN = re.compile(f"[{IDEOGRAPHS}]+")


@pytest.fixture(scope="module")
def generation(corpus_home: Path) -> Path:
    """The folder of the published generation."""
    return corpus_home / (corpus_home / "CURRENT").read_text("utf-8").strip()


@pytest.fixture(scope="module")
def stock(generation: Path) -> Iterator[Any]:
    """The published generation, opened by Whoosh alone."""
    index = whoosh.index.open_dir(str(generation))
    yield index
    index.close()


@pytest.fixture(scope="module")
def han_terms(stock: Any) -> list[str]:
    """Every term of the bag that is written in Han alone, ascending."""
    with stock.reader() as reader:
        every = (text.decode("utf-8") for name, text in reader.all_terms() if name == "body")
        return [term for term in every if _HAN.fullmatch(term)]


def scores(stock: Any, query: Any) -> dict[str, float]:
    """Return the score of every document that Whoosh finds, by our scoring."""
    with stock.searcher(weighting=LuceneBM25()) as own:
        ids = own.reader().column_reader("id")
        return {ids[hit.docnum]: hit.score for hit in own.search(query, limit=None)}


def ours(index: searcher.Index, query: str) -> dict[str, float | None]:
    page = index.search(query, limit=len(index), snippets=0)
    assert len(page.hits) == page.total
    return {hit.id: hit.score for hit in page.hits}


def test_whoosh_opens_a_generation(stock: Any, corpus_index: searcher.Index) -> None:
    assert stock.doc_count() == len(corpus_index)
    with stock.searcher() as own:
        assert sorted(own.reader().column_reader("id")) == corpus_index.ids()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("脫貧", Term("body", "脱贫")),
        ("脫貧攻堅", Term("body", "脱贫") & Term("body", "攻坚")),
        ("驻村 OR 產業", Term("body", "驻村") | Term("body", "产业")),
        ("title:Ｐython3", Term("title", "python3")),
    ],
)
def test_whoosh_parses_queries_into_our_terms(stock: Any, line: str, wanted: Any) -> None:
    assert QueryParser("body", stock.schema).parse(line) == wanted


def test_the_terms_are_the_units_and_their_neighbours(
    han_terms: list[str], scan: UnitScan
) -> None:
    units = [field.units.keys for field in scan.fields.values()]
    wanted = {key for keys in units for key in keys}
    wanted |= {first + second for keys in units for first, second in pairwise(keys)}
    short = {term for term in wanted if len(term) <= 2 and _HAN.fullmatch(term)}
    assert {term for term in han_terms if len(term) <= 2} == short


def test_a_term_of_one_or_two_units_finds_what_our_phrase_finds(
    stock: Any, corpus_index: searcher.Index, han_terms: list[str]
) -> None:
    short = Random(1).sample([term for term in han_terms if len(term) <= 2], 500)
    wrong = [
        term
        for term in short
        if scores(stock, Term("body", term)).keys() != ours(corpus_index, f'"{term}"').keys()
    ]
    assert wrong == []


def test_a_longer_word_is_found_in_some_of_our_documents_and_in_no_other(
    stock: Any, corpus_index: searcher.Index, han_terms: list[str]
) -> None:
    long = Random(2).sample([term for term in han_terms if len(term) > 2], 200)
    for term in long:
        found = scores(stock, Term("body", term)).keys()
        assert found
        assert found <= ours(corpus_index, f'"{term}"').keys(), term


def test_whoosh_scores_terms_as_we_do(
    stock: Any, corpus_index: searcher.Index, han_terms: list[str]
) -> None:
    cutter = RjiebaCutter()
    for term in Random(3).sample([term for term in han_terms if len(term) <= 2], 200):
        plan = plan_query(f'"{term}"', cutter=cutter)
        assert term in {each.term for each in plan.terms}
        query = Or([Term("body", each.term, boost=each.weight) for each in plan.terms])
        theirs = scores(stock, query)
        for name, score in ours(corpus_index, f'"{term}"').items():
            assert score == pytest.approx(theirs[name], rel=1e-9), (term, name)


def test_whoosh_scores_a_single_character_as_we_do(
    stock: Any, corpus_index: searcher.Index, han_terms: list[str]
) -> None:
    characters = Random(4).sample([term for term in han_terms if len(term) == 1], 100)
    for char in characters:
        theirs = scores(stock, Term("body", char))
        found = ours(corpus_index, char)
        # Such a word is its own only term and counts as unit and as word.
        assert found == pytest.approx({name: 2 * score for name, score in theirs.items()})


def test_our_searcher_scores_whooshs_queries_as_whooshs_does(
    stock: Any, generation: Path, han_terms: list[str]
) -> None:
    own = open_index(generation)
    random = Random(5)
    for _ in range(100):
        terms = [Term("body", term) for term in random.sample(han_terms, 3)]
        for query in (terms[0], Or(terms), And(terms[:2])):
            assert scores(own, query) == pytest.approx(scores(stock, query), rel=1e-9)
