"""Whoosh's query objects over arrays, held to an evaluation by dictionaries and sets.

Whoosh's matchers are no oracle for queries put together: under a limit they lose documents, and
`DisjunctionMax` and `Require` do without one.  A single term, stepped to its end, is right.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pytest
import whoosh.collectors
from whoosh import fields, query, scoring, sorting
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage
from whoosh.searching import Searcher
from whoosh.writing import NO_MERGE

from searcher.engines.whoosh_.codec import ColumnarCodec
from searcher.engines.whoosh_.collector import ArrayCollector, ColumnarSearcher
from searcher.engines.whoosh_.index import ColumnarIndex
from searcher.engines.whoosh_.queries import SegmentQueries

Found: TypeAlias = dict[int, float]
"""Document number → score."""

WORDS = [f"{first}{second}" for first in "abc" for second in "xyz"] + ["dd", "ee", "ff"]
SCHEMA = fields.Schema(
    body=fields.TEXT(SpaceSeparatedTokenizer(), stored=True),
    tags=fields.KEYWORD(stored=True),
    number=fields.NUMERIC(stored=True, sortable=True),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ColumnarIndex:
    """An index of three segments of different sizes, with deletions."""
    random = Random(1)
    storage = FileStorage(str(tmp_path_factory.mktemp("array")))
    storage.create_index(SCHEMA)
    index = ColumnarIndex(storage, SCHEMA)
    for count in (400, 5, 150):
        writer = index.writer()
        for _ in range(count):
            words = random.choices(WORDS, range(len(WORDS), 0, -1), k=random.randint(0, 30))
            tags = random.sample(["red", "green", "blue"], random.randint(0, 2))
            writer.add_document(
                body=" ".join(words), tags=" ".join(tags), number=random.randint(0, 50)
            )
        writer.commit(mergetype=NO_MERGE)
    writer = index.writer()
    for number in random.sample(range(555), 60):
        writer.delete_document(number)
    writer.commit(mergetype=NO_MERGE)
    return index


@pytest.fixture
def searcher(index: ColumnarIndex) -> Any:
    with index.searcher() as searcher:
        yield searcher


# ---------------------------------------------------------------- the oracle


class Oracle:
    """Answers queries from stored texts, and from Whoosh's matcher of one term at a time."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self.documents: dict[int, dict[str, Any]] = dict(searcher.iter_docs())
        self._terms: dict[tuple[str, str], Found] = {}

    def answer(self, wanted: query.Query) -> Found:
        """Return what matches."""
        return ANSWERS[type(wanted)](self, wanted)

    def term(self, wanted: query.Term) -> Found:
        key = wanted.fieldname, wanted.text
        if key not in self._terms:
            self._terms[key] = {}
            for leaf, offset in self._searcher.leaf_searchers():
                matcher = query.Term(*key).matcher(leaf, leaf.context())
                while matcher.is_active():
                    self._terms[key][matcher.id() + offset] = matcher.score()
                    matcher.next()
        return {number: score * wanted.boost for number, score in self._terms[key].items()}

    def constant(self, wanted: query.Query, fits: Callable[[str], bool]) -> Found:
        return {
            number: wanted.boost
            for number, stored in self.documents.items()
            if any(fits(word) for word in self.words(stored))
        }

    def words(self, stored: dict[str, Any]) -> list[str]:
        return str(stored.get("body", "")).split()

    def phrase(self, wanted: query.Phrase) -> Found:
        first, second = wanted.words
        scores = [self.term(query.Term("body", word)) for word in wanted.words]
        return {
            number: (scores[0][number] + scores[1][number]) * wanted.boost
            for number, stored in self.documents.items()
            if (first, second) in pairwise(self.words(stored))
        }

    def range(self, wanted: query.NumericRange) -> Found:
        return {
            number: wanted.boost
            for number, stored in self.documents.items()
            if wanted.start <= stored["number"] <= wanted.end
        }

    def joined(self, wanted: Any) -> tuple[list[Found], float]:
        """Return the parts, and the boost, which Whoosh forgets if there is one part alone."""
        parts = [self.answer(each) for each in wanted]
        return parts, wanted.boost if len(parts) > 1 else 1.0

    def all(self, wanted: query.And) -> Found:
        parts, boost = self.joined(wanted)
        numbers = set.intersection(*(set(part) for part in parts))
        return {number: sum(part[number] for part in parts) * boost for number in numbers}

    def any(self, wanted: query.Or, join: Callable[[list[float]], float] = sum) -> Found:
        parts, boost = self.joined(wanted)
        return {
            number: join([part[number] for part in parts if number in part]) * boost
            for number in set().union(*parts)
        }

    def inverse(self, wanted: query.Not) -> Found:
        found = self.answer(wanted.query)
        return {number: 1.0 for number in self.documents if number not in found}

    def minus(self, wanted: query.AndNot) -> Found:
        without = self.answer(wanted.b)
        return {key: score for key, score in self.answer(wanted.a).items() if key not in without}

    def require(self, wanted: query.Require) -> Found:
        needed = self.answer(wanted.b)
        return {key: score for key, score in self.answer(wanted.a).items() if key in needed}

    def maybe(self, wanted: query.AndMaybe) -> Found:
        more = self.answer(wanted.b)
        return {key: score + more.get(key, 0) for key, score in self.answer(wanted.a).items()}

    def every(self, wanted: query.Every) -> Found:
        full = [key for key, stored in self.documents.items() if self.words(stored)]
        return dict.fromkeys(full if wanted.fieldname else self.documents, wanted.boost)


ANSWERS: dict[type, Callable[[Oracle, Any], Found]] = {
    query.Term: Oracle.term,
    query.Prefix: lambda self, q: self.constant(q, lambda word: word.startswith(q.text)),
    query.Wildcard: lambda self, q: self.constant(q, lambda word: word[1:] == q.text[1:]),
    query.Regex: lambda self, q: self.constant(q, lambda word: word[0] in "ab"),
    query.TermRange: lambda self, q: self.constant(q, lambda word: q.start <= word <= q.end),
    query.Phrase: Oracle.phrase,
    query.NumericRange: Oracle.range,
    query.And: Oracle.all,
    query.Or: Oracle.any,
    query.DisjunctionMax: lambda self, q: self.any(q, max),
    query.Not: Oracle.inverse,
    query.AndNot: Oracle.minus,
    query.AndMaybe: Oracle.maybe,
    query.Require: Oracle.require,
    query.Every: Oracle.every,
    query.ConstantScoreQuery: lambda self, q: dict.fromkeys(self.answer(q.child), q.score),
}


def random_query(random: Random, depth: int) -> query.Query:
    """Return a query of any kind, nested up to *depth*."""
    if depth == 0 or random.random() < 0.2:
        return random.choice(LEAVES)(random)
    parts = [random_query(random, depth - 1) for _ in range(random.randint(1, 4))]
    boost = random.choice((1.0, 1.0, 2.5))
    kind: Any = random.choice((query.And, query.Or, query.Or, query.DisjunctionMax, "two", "one"))
    if kind == "one":
        only = random.choice((query.Not, query.ConstantScoreQuery))
        return only(parts[0])
    if kind == "two":
        two = random.choice((query.AndNot, query.AndMaybe, query.Require))
        return two(parts[0], random_query(random, depth - 1))
    return kind(parts, boost=boost)


def word(random: Random) -> str:
    return random.choice([*WORDS, "nowhere"])


LEAVES: list[Callable[[Random], query.Query]] = [
    lambda random: query.Term("body", word(random), boost=random.choice((1.0, 3.0))),
    lambda random: query.Term("body", word(random)),
    lambda random: query.Term("body", word(random)),
    lambda random: query.Term("tags", random.choice(("red", "green", "none"))),
    lambda random: query.Phrase("body", [word(random), word(random)]),
    lambda random: query.Prefix("body", random.choice("abcq"), boost=random.choice((1.0, 2.0))),
    lambda random: query.Wildcard("body", "?" + random.choice("xyzq")),
    lambda _: query.Regex("body", "[ab]"),
    lambda random: query.TermRange("body", *sorted((word(random), word(random)))),
    lambda random: query.NumericRange("number", *sorted((random.randint(0, 50), 25))),
    lambda random: query.Every(random.choice((None, "body"))),
]


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "weighting", [scoring.BM25F(B=0.6), scoring.TF_IDF(), scoring.Frequency()]
)
def test_random_queries_give_what_the_oracle_gives(
    index: ColumnarIndex, weighting: scoring.WeightingModel
) -> None:
    random = Random(2)
    with index.searcher(weighting=weighting) as searcher:
        oracle = Oracle(searcher)
        found_some = 0
        for _ in range(120):
            wanted = random_query(random, 3)
            expected = oracle.answer(wanted)
            results = searcher.search(wanted, limit=None)
            found = {hit.docnum: hit.score for hit in results}
            assert found == pytest.approx(expected), wanted
            assert set(searcher.docs_for_query(wanted)) == set(expected)
            check_best(searcher, wanted, expected)
            found_some += bool(expected)
        assert found_some > 90


def check_best(searcher: ColumnarSearcher, wanted: query.Query, expected: Found) -> None:
    """Compare a limited search with what an unlimited one has to be."""
    every = [(hit.score, hit.docnum) for hit in searcher.search(wanted, limit=None)]
    assert every == sorted(every, key=lambda hit: (-hit[0], hit[1]))
    for limit in (1, 10):
        results = searcher.search(wanted, limit=limit)
        assert [(hit.score, hit.docnum) for hit in results] == every[:limit]
        assert len(results) == len(expected)
        assert results.has_exact_length()
        assert results.docs() == set(expected)


def test_scorers_of_one_posting_at_a_time_are_stepped_through(index: ColumnarIndex) -> None:
    def first_position(_searcher: Any, _field: str, _text: str, matcher: Any) -> float:
        first: int = matcher.value_as("positions")[0]
        return 1 / (1 + first)

    with index.searcher(weighting=scoring.FunctionWeighting(first_position)) as searcher:
        wanted = query.Or([query.Term("body", "ax"), query.Term("body", "bz")])
        expected = Oracle(searcher).answer(wanted)
        found = {hit.docnum: hit.score for hit in searcher.search(wanted, limit=None)}
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "wanted",
    [
        query.Phrase("body", ["ax", "bz"], slop=4),
        query.FuzzyTerm("body", "ax", maxdist=1, prefixlength=0),
        query.Variations("body", "dd"),
        query.Or([query.Term("body", "ax"), query.Term("body", "ff")], scale=0.5),
        query.Otherwise(query.Term("body", "nowhere"), query.Term("body", "ff")),
        query.SpanFirst(query.Term("body", "ax"), limit=3),
        query.And([query.Term("body", "ax"), query.Phrase("body", ["ff", "ee"], slop=9)]),
        query.Term("nofield", "ax"),
        query.Term("number", "no number"),
        query.Phrase("body", ["ax"]),
        query.Prefix("body", ""),
        query.Wildcard("body", "*"),
        query.Regex("body", ".*"),
        query.NullQuery,
        query.And([]),
    ],
    ids=repr,
)
def test_rarer_queries_match_what_whoosh_matches(
    searcher: ColumnarSearcher, wanted: query.Query
) -> None:
    found = {hit.docnum for hit in searcher.search(wanted, limit=None)}
    plain = Searcher(searcher.reader(), closereader=False)
    assert found == {hit.docnum for hit in plain.search(wanted, limit=None)}


def test_a_slow_phrase_needs_positions_as_ever(searcher: ColumnarSearcher) -> None:
    with pytest.raises(query.QueryError, match="no positions"):
        searcher.search(query.Phrase("tags", ["red", "green"]))


def test_filters_and_masks_hold(searcher: ColumnarSearcher) -> None:
    wanted = query.Term("body", "ax")
    only, never = query.Term("tags", "red"), query.Term("tags", "green")
    oracle = Oracle(searcher)
    red, green = oracle.answer(only), oracle.answer(never)
    everything = oracle.answer(wanted)
    expected = {key: score for key, score in everything.items() if key in red and key not in green}
    for allow, restrict in (
        (only, never),
        (set(red), set(green)),
        (searcher.search(only, limit=None), searcher.search(never, limit=None)),
    ):
        results = searcher.search(wanted, limit=3, filter=allow, mask=restrict)
        assert len(results) == len(expected)
        assert results.filtered_count == len(everything) - len(expected)
        assert {hit.docnum for hit in results} <= set(expected)
    for nothing in (query.Term("tags", "none"), query.And([]), set[int]()):
        assert len(searcher.search(wanted, filter=nothing)) == 0
        assert len(searcher.search(wanted, mask=nothing)) == len(everything)


def test_pages_are_cut_from_the_whole(searcher: ColumnarSearcher) -> None:
    wanted = query.Term("body", "ax")
    every = [hit.docnum for hit in searcher.search(wanted, limit=None)]
    page = searcher.search_page(wanted, 2, pagelen=7)
    assert [hit.docnum for hit in page] == every[7:14]
    assert page.total == len(every)


@pytest.mark.parametrize(
    "options",
    [
        {"sortedby": "number"},
        {"sortedby": sorting.FieldFacet("number", reverse=True)},
        {"reverse": True},
        {"groupedby": "number"},
        {"collapse": "number"},
        {"terms": True},
        {"scored": False},
    ],
    ids=["sorted", "sorted backwards", "reversed", "grouped", "collapsed", "terms", "unscored"],
)
def test_special_searches_are_whooshs_own(
    searcher: ColumnarSearcher, options: dict[str, Any]
) -> None:
    wanted = query.Or([query.Term("body", "ax"), query.Term("body", "ff")])
    found = searcher.search(wanted, limit=20, **options)
    plain = Searcher(searcher.reader(), closereader=False)
    expected = plain.search(wanted, limit=20, **options)
    assert [hit.docnum for hit in found] == [hit.docnum for hit in expected]


def test_options_that_make_no_sense_are_whooshs_errors(searcher: ColumnarSearcher) -> None:
    with pytest.raises(ValueError, match="limit"):
        searcher.search(query.Every(), limit=0)
    with pytest.raises(TypeError, match="lmit"):
        searcher.search(query.Every(), lmit=None)


def test_a_plain_searcher_takes_the_collector(searcher: ColumnarSearcher) -> None:
    plain = Searcher(searcher.reader(), closereader=False)
    wanted = query.Term("body", "ax")
    collector = ArrayCollector(5)
    plain.search_with_collector(wanted, collector)
    found = [hit.docnum for hit in collector.results()]
    assert found == [hit.docnum for hit in searcher.search(wanted, limit=5)]
    assert collector.count() == len(list(collector.all_ids()))


def test_whooshs_collectors_wrap_what_the_searcher_hands_out(searcher: ColumnarSearcher) -> None:
    wanted = query.Term("body", "ax")
    collector = whoosh.collectors.TimeLimitCollector(searcher.collector(limit=5), timelimit=60)
    searcher.search_with_collector(wanted, collector)
    assert len(collector.results()) == len(searcher.search(wanted))


def test_a_segment_of_another_codec_is_stepped_through(tmp_path: Path) -> None:
    index = FileStorage(str(tmp_path)).create_index(SCHEMA)
    for codec, text in ((ColumnarCodec(), "ax by"), (W3Codec(), "ax cz"), (W3Codec(), "dd")):
        writer = index.writer(codec=codec)
        writer.add_document(body=text)
        writer.commit(mergetype=NO_MERGE)
    with index.reader() as reader:
        searcher = ColumnarSearcher(reader, closereader=False)
        for wanted in (query.Term("body", "ax"), query.Every("body"), query.Every()):
            found = {hit.docnum: hit.score for hit in searcher.search(wanted)}
            plain = Searcher(reader, closereader=False).search(wanted, limit=None)
            assert found == pytest.approx({hit.docnum: hit.score for hit in plain})


def test_deleting_by_query_goes_whooshs_way(index: ColumnarIndex) -> None:
    with index.searcher() as searcher:
        expected = set(searcher.docs_for_query(query.Term("body", "ff")))
        found = set(searcher.docs_for_query(query.Term("body", "ff"), for_deletion=True))
    assert found == expected != set()


def test_scores_do_not_matter_without_a_weighting(searcher: ColumnarSearcher) -> None:
    leaf, _ = searcher.leaf_searchers()[0]
    wanted = query.DisjunctionMax([query.Term("body", "ax"), query.Term("body", "bz")])
    scored = SegmentQueries(leaf, searcher.weighting).answer(wanted)
    assert SegmentQueries(leaf, None).answer(wanted).docs.tolist() == scored.docs.tolist()
