"""Explaining: what the score of a document is made of, from the cluster's own explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from searcher.engines.base import Contribution
from searcher.engines.bm25 import idf
from searcher.engines.labels import clause_label, term_label
from searcher.engines.opensearch_.mapping import BAG
from searcher.engines.opensearch_.tokens import token
from searcher.model import ScoreClause, ScoreTerm

Node = Mapping[str, Any]


class _Figures(NamedTuple):
    """What Lucene says of a term: Lucene computes with 32 bits, we with 64."""

    frequency: float
    length: float
    average: float
    containing: float
    documents: float
    k1: float
    b: float

    @property
    def idf(self) -> float:
        return idf(int(self.documents), self.containing)

    @property
    def gain(self) -> float:
        factor = self.k1 * (1 - self.b + self.b * self.length / self.average)
        return self.idf * (self.frequency / (self.frequency + factor))


_NAMES = {
    "freq,": "frequency",
    "dl,": "length",
    "avgdl,": "average",
    "n,": "containing",
    "N,": "documents",
    "k1,": "k1",
    "b,": "b",
}


def contributions(
    hit: Mapping[str, Any], terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
) -> tuple[Contribution, ...]:
    """Return what a hit has its score from: the constants it matches, then the terms it holds."""
    matched = set(hit.get("matched_queries", ()))
    found = [
        Contribution(clause_label(each.clause), each.weight, 0.0, 0, each.weight)
        for at, each in enumerate(constants)
        if str(at) in matched
    ]
    said = dict(_terms(hit["_explanation"]))
    for term, weight in terms:
        figures = said.get(token(term))
        if figures is not None:
            found.append(
                Contribution(
                    term_label(term),
                    weight,
                    figures.idf,
                    round(figures.frequency),
                    weight * figures.gain,
                )
            )
    return tuple(found)


def _terms(node: Node) -> Iterator[tuple[str, _Figures]]:
    """Yield the tokens that an explanation is about, and what it says of each."""
    description = str(node["description"])
    start = f"weight({BAG}:"
    if description.startswith(start) and " in " in description:
        figures = dict(_figures(node))
        if len(figures) == len(_NAMES):
            yield description[len(start) : description.rindex(" in ")], _Figures(**figures)
        return
    for inner in node["details"]:
        yield from _terms(inner)


def _figures(node: Node) -> Iterator[tuple[str, float]]:
    for inner in node["details"]:
        name = _NAMES.get(str(inner["description"]).split(" ", 1)[0])
        if name is not None:
            yield name, float(inner["value"])
        yield from _figures(inner)
