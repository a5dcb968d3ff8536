"""More like this: the terms that tell most of a document, as a query for others like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.bm25 import idf
from searcher.model import (
    TEXT_FIELDS,
    Among,
    Mark,
    Not,
    Plan,
    Run,
    ScoreTerm,
)
from searcher.query.functionwords import function_words
from searcher.query.leaves import all_of, any_of
from searcher.snapshot import Snapshot
from searcher.stored import BLOCK, StoredDocument
from searcher.text.analysis import FieldAnalysis, analyze, field_terms
from searcher.text.queries import query_readings
from searcher.text.units import SENTENCE_END, bigram

TERMS = 25
"""Terms that are asked for."""

_WEIGHED = 400
"""Terms of a document whose frequency in the index is looked up: those it has most often."""


class _Term(NamedTuple):
    units: tuple[str, ...]
    frequency: int


def like(snapshot: Snapshot, number: int) -> Plan | None:
    """Return the plan that finds documents like document *number*, but not itself.

    It asks for any of the document's bigrams and words that weigh most, as often as they stand in
    it and as rare as they are elsewhere.  None where it has none that another document has too.
    """
    terms = telling(snapshot, number)
    if not terms:
        return None
    some = any_of(Run(units) for units in terms.values())
    return Plan(
        where=all_of([some, Not(Among((number,)))]),
        fallback=None,
        terms=tuple(ScoreTerm(term, 1.0) for term in terms),
        constants=(),
        marks=tuple(Mark(units, TEXT_FIELDS, 0, False) for units in terms.values()),
        fallback_marks=(),
        words=(),
    )


def telling(snapshot: Snapshot, number: int) -> Mapping[str, tuple[str, ...]]:
    """Return the terms of a document that tell most of it, the best first, and their units."""
    terms = _terms(snapshot.stored(number), snapshot)
    often = sorted(terms, key=lambda term: (-terms[term].frequency, term))[:_WEIGHED]
    # Labels are for people: the weight of each tells which term it is.
    asked = [ScoreTerm(term, float(at)) for at, term in enumerate(often)]
    found = snapshot.reader.explain(number, asked, ())
    rarity = {often[int(each.weight)]: each.idf for each in found}
    # What no other document holds finds none.
    most = idf(snapshot.reader.ranked, 1.5)
    worth = {term: terms[term].frequency * its for term, its in rarity.items() if its < most}
    best = sorted(worth, key=lambda term: (-worth[term], term))[:TERMS]
    return {term: terms[term].units for term in best}


def _terms(document: StoredDocument, snapshot: Snapshot) -> dict[str, _Term]:
    """Return the bigrams and words of a document; of a huge one those it begins with."""
    counts: Counter[str] = Counter()
    units: dict[str, tuple[str, ...]] = {}
    for name, weight in (("title", TITLE_WEIGHT), ("body", 1)):
        text = getattr(document, name)[:BLOCK]
        analysis = analyze(text, document.noise, snapshot.cutter)
        units.update(_runs(analysis))
        for term, count in field_terms(analysis).counts.items():
            counts[term] += weight * count
    return {term: _Term(run, counts[term]) for term, run in units.items()}


def _runs(analysis: FieldAnalysis) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the bigrams and words of a field, and the units of each.

    A bigram that holds a function word is left out, unless it is a word itself.
    """
    keys, silent = analysis.units.keys, function_words()
    for pair in pairwise(keys):
        if SENTENCE_END not in pair and silent.isdisjoint(pair):
            yield bigram(*pair), pair
    yield from ((key, (key,)) for key in keys if len(key) > 1)
    for word in {word.term for word in analysis.words if len(word.term) > 1} - silent:
        run = next(iter(query_readings(word)), ())
        if run:
            yield word, run
