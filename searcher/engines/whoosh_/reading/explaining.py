"""Explaining: what the score of one document is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from searcher.engines.base import Contribution
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.matching import Matcher
from searcher.engines.whoosh_.reading.scoring import Scorer
from searcher.engines.whoosh_.reading.shortlist import Item
from searcher.model import And, Clause, Near, Not, Or, Run, ScoreClause, ScoreTerm
from searcher.text.units import JOIN, SENTENCE_END, has_ideograph


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
            yield Contribution(_label(constant.clause), constant.weight, 0.0, 0, constant.weight)
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
    label = _read(str(postings.key).split(JOIN))
    return Contribution(label, weight, weighed.idf, frequency, weight * gain)


def _label(clause: Clause) -> str:
    """Return the units of a clause, as they are read."""
    match clause:
        case Run(units):
            return _read(units)
        case Near(parts):
            return " … ".join(map(_read, parts))
        case And(clauses) | Or(clauses):
            return " ".join(map(_label, clauses))
        case Not(inner):
            return f"-{_label(inner)}"
    return type(clause).__name__


def _read(units: Sequence[str]) -> str:
    """Return units in a row, with a blank between those that would be read as one.

    >>> _read(("3", "d", "打", "印", SENTENCE_END, "完"))
    '3 d打印。完'
    """
    text = units[0]
    for before, unit in pairwise(units):
        if unit == SENTENCE_END:
            text += "。"
        elif before == SENTENCE_END or has_ideograph(before + unit):
            text += unit
        else:
            text += f" {unit}"
    return text
