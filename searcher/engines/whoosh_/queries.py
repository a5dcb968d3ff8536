"""Whoosh's query objects over whole arrays: the documents of one segment, and their scores.

What has no array form here, a kind of query or a scorer, is stepped through by Whoosh's own
matcher and goes on as arrays.  Scores are what Whoosh's matchers give a document when each is
stepped to its end; under a limit, and in `DisjunctionMax` and `Require`, those are at fault
(documents are lost), and these are not.  A query of constant score scores its boost, however many
terms it expands to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh import query as q
from whoosh.query.qcore import _NullQuery
from whoosh.reading import SegmentReader
from whoosh.scoring import BM25FScorer, TF_IDFScorer, WeightScorer

from searcher.columns import Floats
from searcher.engines.whoosh_.leafmatcher import PostingList
from searcher.engines.whoosh_.lexicon import Lexicon
from searcher.engines.whoosh_.weighting import LuceneScorer

Docs = npt.NDArray[np.int64]


class Matches(NamedTuple):
    """Documents, ascending, and the score of each."""

    docs: Docs
    scores: Floats

    def times(self, boost: float) -> Matches:
        """Return the same documents with other scores."""
        return Matches(self.docs, self.scores * boost)

    def within(self, docs: Docs) -> Matches:
        """Return those that are among *docs*, which ascend."""
        return self._kept(_held(docs, self.docs))

    def without(self, docs: Docs) -> Matches:
        """Return those that are not among *docs*, which ascend."""
        return self._kept(~_held(docs, self.docs))

    def _kept(self, keep: npt.NDArray[np.bool_]) -> Matches:
        return Matches(self.docs[keep], self.scores[keep])


_NONE = Matches(np.empty(0, np.int64), np.empty(0))


class SegmentQueries:
    """Answers queries in the segment that *searcher*, one of a single segment, is over.

    Where *weighting* is None, scores do not matter and are any numbers.
    """

    def __init__(self, searcher: Any, weighting: Any) -> None:
        self._searcher = searcher
        self._weighting = weighting
        self._reader = searcher.reader()
        self._size: int = self._reader.doc_count_all()
        columnar = type(self._reader) is SegmentReader and isinstance(self._reader._terms, Lexicon)
        self._lexicon: Lexicon | None = self._reader._terms if columnar else None

    def answer(self, query: Any) -> Matches:
        """Return the documents that match and are not deleted."""
        found = self._matches(query)
        if self._lexicon is None or not self._reader.has_deletions():
            return found
        return found.without(np.array(sorted(self._reader.segment().deleted_docs()), np.int64))

    def _matches(self, query: Any) -> Matches:
        """Return the documents that match, perhaps with deleted ones among them."""
        handler = _HANDLERS.get(type(query), SegmentQueries._stepped)
        return (SegmentQueries._stepped if self._lexicon is None else handler)(self, query)

    def _docs(self, query: Any) -> Docs:
        """Return the documents that match, scores aside."""
        return SegmentQueries(self._searcher, None)._matches(query).docs

    def _stepped(self, query: Any) -> Matches:
        context = self._searcher.context(weighting=self._weighting)
        matcher = query.matcher(self._searcher, context)
        docs, scores = [], []
        while matcher.is_active():
            docs.append(matcher.id())
            scores.append(1.0 if self._weighting is None else matcher.score())
            matcher.next()
        return Matches(np.array(docs, dtype=np.int64), np.array(scores, dtype=np.float64))

    # ------------------------------------------------------------ terms

    def _term(self, query: q.Term) -> Matches:
        found = self._postings(query.fieldname, query.text)
        if found is None:
            return _NONE
        if self._weighting is None:
            return Matches(found.docs, found.weights)
        text = self._reader.schema[query.fieldname].to_bytes(query.text)
        scorer = self._weighting.scorer(self._searcher, query.fieldname, text)
        scores = _scores(scorer, found)
        if scores is None:
            return self._stepped(query)
        return Matches(found.docs, scores).times(query.boost)

    def _postings(self, fieldname: str, text: Any) -> PostingList | None:
        """Return the postings of a term as queries name it, or None."""
        if fieldname not in self._reader.schema or self._lexicon is None:
            return None
        try:
            return self._lexicon.postings(fieldname, self._reader.schema[fieldname].to_bytes(text))
        except (KeyError, ValueError):  # ValueError: the field has no such terms
            return None

    def _expanded(self, query: Any) -> Matches:
        if query.__class__ in _EVERYTHING and query.text == _EVERYTHING[query.__class__]:
            return self._every(q.Every(query.fieldname, boost=query.boost))
        texts = [text for text in query._btexts(self._reader) if text]
        if query.constantscore:
            return self._constant(query.fieldname, texts, query.boost)
        parts = [self._term(q.Term(query.fieldname, text)) for text in texts]
        return _sum(parts, self._size).times(query.boost)

    def _constant(self, fieldname: str, texts: Iterable[Any], score: float) -> Matches:
        """Return the documents that have any of the terms, each with the same score."""
        hit = np.zeros(self._size, np.bool_)
        for text in texts:
            found = self._postings(fieldname, text)
            if found is not None:
                hit[found.docs] = True
        return _scored(np.flatnonzero(hit), score)

    def _every(self, query: q.Every) -> Matches:
        if query.fieldname is None or self._lexicon is None:
            return _scored(np.arange(self._size), query.boost)
        return self._constant(
            query.fieldname, self._lexicon.walk(query.fieldname, b""), query.boost
        )

    def _range(self, query: q.NumericRange) -> Matches:
        return self._matches(query._compile_query(self._reader))

    def _phrase(self, query: q.Phrase) -> Matches:
        format_ = self._positions_of(query.fieldname)
        if query.slop != 1 or not query.words or format_ is None:
            return self._stepped(query)
        found = [self._postings(query.fieldname, word) for word in query.words]
        lists = [each for each in found if each is not None]
        if len(lists) < len(found):
            return _NONE
        parts = [self._term(q.Term(query.fieldname, word)) for word in query.words]
        both = _all(parts)
        starts = [_places(each, both.docs, format_) - at for at, each in enumerate(lists)]
        begun = reduce(partial(np.intersect1d, assume_unique=True), starts)
        return both.within(np.unique(begun >> 32)).times(query.boost)

    def _positions_of(self, fieldname: str) -> Any:
        """Return the format of a field that keeps positions, or None."""
        format_ = (
            self._reader.schema[fieldname].format if fieldname in self._reader.schema else None
        )
        return format_ if format_ and format_.supports("positions") else None

    # ------------------------------------------------------------ combinations

    def _nothing(self, _query: Any) -> Matches:
        return _NONE

    def _and(self, query: q.And) -> Matches:
        return self._joined(query, _all)

    def _or(self, query: q.Or) -> Matches:
        if query.scale:
            return self._stepped(query)
        return self._joined(query, lambda parts: _sum(parts, self._size))

    def _best(self, query: q.DisjunctionMax) -> Matches:
        return self._joined(query, lambda parts: _max(parts, self._size))

    def _joined(self, query: Any, join: Callable[[list[Matches]], Matches]) -> Matches:
        parts = [self._matches(each) for each in query]
        if len(parts) < 2:  # Whoosh forgets the boost then
            return parts[0] if parts else _NONE
        return join(parts).times(query.boost)

    def _not(self, query: q.Not) -> Matches:
        return _scored(np.arange(self._size), 1.0).without(self._docs(query.query))

    def _and_not(self, query: q.AndNot) -> Matches:
        return self._matches(query.a).without(self._docs(query.b))

    def _and_maybe(self, query: q.AndMaybe) -> Matches:
        wanted = self._matches(query.a)
        return _sum([wanted, self._matches(query.b).within(wanted.docs)], self._size)

    def _require(self, query: q.Require) -> Matches:
        return self._matches(query.a).within(self._docs(query.b))

    def _constant_score(self, query: q.ConstantScoreQuery) -> Matches:
        return _scored(self._docs(query.child), query.score)


_HANDLERS: dict[type, Callable[[SegmentQueries, Any], Matches]] = {
    _NullQuery: SegmentQueries._nothing,
    q.Term: SegmentQueries._term,
    q.Prefix: SegmentQueries._expanded,
    q.Wildcard: SegmentQueries._expanded,
    q.Regex: SegmentQueries._expanded,
    q.FuzzyTerm: SegmentQueries._expanded,
    q.Variations: SegmentQueries._expanded,
    q.TermRange: SegmentQueries._expanded,
    q.NumericRange: SegmentQueries._range,
    q.DateRange: SegmentQueries._range,
    q.Every: SegmentQueries._every,
    q.Phrase: SegmentQueries._phrase,
    q.And: SegmentQueries._and,
    q.Or: SegmentQueries._or,
    q.DisjunctionMax: SegmentQueries._best,
    q.Not: SegmentQueries._not,
    q.AndNot: SegmentQueries._and_not,
    q.AndMaybe: SegmentQueries._and_maybe,
    q.Require: SegmentQueries._require,
    q.ConstantScoreQuery: SegmentQueries._constant_score,
}
"""By exact type: what a subclass matches is its own business."""

_EVERYTHING = {q.Prefix: "", q.Wildcard: "*", q.Regex: ".*"}
"""The text of patterns that every term of a field fits."""


def _scores(scorer: Any, found: PostingList) -> Floats | None:
    """Return the scores of a whole term, or None where the scorer takes one posting at a time."""
    scores: Floats | None = None
    kind = type(scorer)
    if kind is LuceneScorer:
        scores = scorer.scores(found.docs, found.weights)
    elif kind is BM25FScorer:
        scores = scorer._score(found.weights, np.maximum(found.lengths, 1))
    elif kind is WeightScorer:
        scores = found.weights
    elif kind is TF_IDFScorer:
        scores = found.weights * scorer.idf
    return scores


def _places(found: PostingList, docs: Docs, format_: Any) -> Docs:
    """Return ``document << 32 | position`` of a term in *docs*, all of which have it."""
    at = np.searchsorted(found.docs, docs).tolist()
    lists = [found.values.decoded(each, "positions", format_) for each in at]
    numbers = np.repeat(docs << 32, [len(each) for each in lists])
    return np.unique(numbers | np.array([each for part in lists for each in part], np.int64))


def _held(haystack: Docs, needles: Docs) -> npt.NDArray[np.bool_]:
    """Tell for each needle whether it is in the haystack; both ascend."""
    if not len(haystack):
        return np.zeros(len(needles), np.bool_)
    return np.equal(haystack.take(np.searchsorted(haystack, needles), mode="clip"), needles)


def _scored(docs: Docs, score: float) -> Matches:
    return Matches(docs, np.full(len(docs), float(score)))


def _all(parts: Sequence[Matches]) -> Matches:
    """Return the documents of every part, scores added."""
    first, *rest = sorted(parts, key=lambda part: len(part.docs))
    docs = first.docs
    for part in rest:
        docs = docs[_held(part.docs, docs)]
    scores = np.zeros(len(docs))
    for part in parts:
        scores += part.scores[np.searchsorted(part.docs, docs)]
    return Matches(docs, scores)


def _sum(parts: Sequence[Matches], size: int) -> Matches:
    """Return the documents of any part, scores added."""
    hit, totals = np.zeros(size, np.bool_), np.zeros(size)
    for part in parts:
        hit[part.docs] = True
        totals[part.docs] += part.scores
    docs = np.flatnonzero(hit)
    return Matches(docs, totals[docs])


def _max(parts: Sequence[Matches], size: int) -> Matches:
    """Return the documents of any part, each with its best score."""
    hit, best = np.zeros(size, np.bool_), np.full(size, -np.inf)
    for part in parts:
        hit[part.docs] = True
        best[part.docs] = np.maximum(best[part.docs], part.scores)
    docs = np.flatnonzero(hit)
    return Matches(docs, best[docs])
