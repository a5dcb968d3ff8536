"""Weights: what a query asks of the order of its hits, the terms and the clauses that score.

What was tried, and what each choice is worth, is in ``docs/decisions/0019-ranking.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from searcher.model import Clause, ScoreClause, ScoreTerm
from searcher.query.leaves import Leaf
from searcher.query.widening import added
from searcher.text.queries import query_readings, query_terms
from searcher.text.units import bigram
from searcher.text.words import Cutter

TERM_WEIGHT = 1.0
"""What one occurrence of a term in the query weighs."""

MOST = 2.0
"""What a term weighs at most, however often it stands in the query."""

CONSTANT_WEIGHT = 1.0
"""Added to a document in which the words of a chunk stand in a row, or that holds
a word with wildcards, however rare the one it holds: Lucene's constant score."""

FEW_WORDS = 4
SENTENCE_WEIGHT = 2.0
"""Added for each word of a chunk above `FEW_WORDS` where all stand in a row: so many do by no
accident, and who remembers a sentence wants the text that holds it first."""


def scores(
    leaves: Sequence[Leaf], cutter: Cutter
) -> tuple[tuple[ScoreTerm, ...], tuple[ScoreClause, ...]]:
    """Return what scores: what was typed, and what is looked for beside it."""
    terms, constants = _terms(leaves, cutter), _constants(leaves)
    if any(leaf.others for leaf in leaves):
        more, more_constants = added(leaves, cutter)
        terms, constants = {**more, **terms}, {**more_constants, **constants}
    return (
        tuple(map(ScoreTerm._make, terms.items())),
        tuple(map(ScoreClause._make, constants.items())),
    )


def _terms(leaves: Sequence[Leaf], cutter: Cutter) -> dict[str, float]:
    weights: dict[str, float] = {}

    def add(term: str, count: int, weight: float) -> None:
        before = weights.get(term, 0.0)
        weights[term] = min(before + count * weight * TERM_WEIGHT, max(before, MOST * weight))

    for leaf in leaves:
        for text in leaf.scored:
            for term, count in query_terms(text, cutter).items():
                add(term, count, leaf.weight)
    for one, other in pairwise(leaves):
        if one.in_a_row and other.in_a_row:
            joint = _joint(one.scored[-1], other.scored[0])
            add(joint, 1, min(one.weight, other.weight))
    return weights


def _joint(before: str, behind: str) -> str:
    """Return the bigram over what stands between two neighbouring pieces of a query."""
    return bigram(query_readings(before)[0][-1], query_readings(behind)[0][0])


def _constants(leaves: Iterable[Leaf]) -> dict[Clause, float]:
    """Return what adds a constant, each clause once and as heavy as its heaviest leaf."""
    weights: dict[Clause, float] = {}
    for leaf in leaves:
        if leaf.rewarded is not None:
            more = max(len(leaf.loose) + leaf.skipped - FEW_WORDS, 0)
            weight = (CONSTANT_WEIGHT + more * SENTENCE_WEIGHT) * leaf.weight
            weights[leaf.rewarded] = max(weights.get(leaf.rewarded, 0), weight)
    return weights
