"""Explaining: what the score of one document is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from searcher.engines.base import Contribution
from searcher.engines.labels import clause_label, term_label
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.matching import Matcher
from searcher.engines.whoosh_.reading.scoring import Scorer
from searcher.engines.whoosh_.reading.shortlist import Item
from searcher.model import ScoreClause, ScoreTerm


def contributions(
    store: Store,
    matcher: Matcher,
    scorer: Scorer,
    number: int,
    terms: Sequence[ScoreTerm],
    constants: Sequence[ScoreClause],
) -> Iterator[Contribution]:
    """Yield what document *number* has its score from, in the order of the sum."""
    for constant in constants:
        if matcher.matches(number, constant.clause):
            yield Contribution(
                clause_label(constant.clause), constant.weight, 0.0, 0, constant.weight
            )
    query = scorer.query(terms, ())
    for item in (*query.rare, *query.frequent):
        frequency = _frequency(store, item, number)
        if frequency:
            yield _contribution(store, item, number, frequency)


def _frequency(store: Store, item: Item, number: int) -> int:
    """Return how often the bag of a document holds a term."""
    _, weighed, postings = item
    if weighed.row is not None:
        return int(weighed.row[number])
    docs, counts = store.counted(postings)
    at = int(docs.searchsorted(number))
    return int(counts[at]) if at < len(docs) and docs[at] == number else 0


def _contribution(store: Store, item: Item, number: int, frequency: int) -> Contribution:
    weight, weighed, postings = item
    factor = store.factors.item(number)
    gain = weighed.idf * (frequency / (frequency + factor))
    label = term_label(str(postings.key))
    return Contribution(label, weight, weighed.idf, frequency, weight * gain)
