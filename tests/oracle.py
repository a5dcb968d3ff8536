"""What an engine must answer, by a scan of plain documents and plain arithmetic, and queries.

The rules are those of `searcher.engines.base`; nothing of an engine is used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from random import Random

from batches import Plain

from searcher.engines.base import K1, TITLE_WEIGHT, B
from searcher.model import (
    RUN_FIELDS,
    TEXT_FIELDS,
    And,
    Clause,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
)
from searcher.text.units import SENTENCE_END

PATTERNS = ("/x/1", "d/0", "d/01", "/nowhere", "é", "", "/x/[0-2]/*", "*1?.txt", "d/0[!1]*")

FIELDS = (
    *(TEXT_FIELDS,) * 4,
    ("title",),
    ("body",),
    ("source",),
    ("author",),
    ("body", "title"),
    ("body", "source"),
    RUN_FIELDS,
)


def rounded(length: int) -> int:
    """Lucene's norm byte: exact below 24, then the four highest bits of the rest."""
    if length < 24:
        return length
    shift = max((length - 24).bit_length() - 4, 0)
    return 24 + ((length - 24) >> shift << shift)


class Oracle:
    """Knows documents by their units and words alone."""

    def __init__(self, documents: Iterable[Plain]) -> None:
        self.documents = sorted(documents, key=lambda plain: plain.id)
        self.counts = {
            (plain.id, name): plain.counts(name) for plain in self.documents for name in RUN_FIELDS
        }
        self.bags: dict[str, Counter[str]] = {}
        for plain in self.documents:
            self.bags[plain.id] = bag = Counter(self.counts[plain.id, "body"])
            for term, count in self.counts[plain.id, "title"].items():
                bag[term] += TITLE_WEIGHT * count
        self.lengths = {name: bag.total() for name, bag in self.bags.items()}
        self.ranked = sum(length > 0 for length in self.lengths.values())
        self.average = sum(self.lengths.values()) / max(self.ranked, 1)
        self.df = Counter(term for bag in self.bags.values() for term in bag)

    def matches(self, plain: Plain, clause: Clause) -> bool:
        """Whether a document matches."""
        match clause:
            case And(clauses):
                return all(self.matches(plain, each) for each in clauses)
            case Or(clauses):
                return any(self.matches(plain, each) for each in clauses)
            case Not(inner):
                return not self.matches(plain, inner)
            case PathIs(pattern):
                if any(char in pattern for char in "*?["):
                    return fnmatchcase(plain.path, pattern) or fnmatchcase(plain.id, pattern)
                return plain.path.startswith(pattern) or plain.id.startswith(pattern)
            case Run(
                (unit,), fields
            ):  # words count too: the caller sees to it that they are units
                return any(self.counts[plain.id, name][unit] for name in fields)
            case Run(_, fields):
                return any(self.begins(plain, clause, name) for name in fields)

    def begins(self, plain: Plain, run: Run, name: str) -> list[int]:
        """Where a run begins in a field."""
        keys, units = list(plain.units(name)), list(run.units)
        return [at for at in range(len(keys)) if keys[at : at + len(units)] == units]

    def gain(self, plain: Plain, term: str) -> float:
        """What one occurrence of a term in a query is worth to a document."""
        frequency, df = self.bags[plain.id][term], self.df[term]
        if not frequency:
            return 0.0
        idf = math.log1p((self.ranked - df + 0.5) / (df + 0.5))
        norm = K1 * (1 - B + B * rounded(self.lengths[plain.id]) / self.average)
        return idf * (frequency / (frequency + norm))

    def score(
        self, plain: Plain, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> float:
        """The score of a document, summed up in the order in which engines do."""
        score = 0.0
        for constant in constants:
            if self.matches(plain, constant.clause):
                score += constant.weight
        for term in sorted(terms, key=lambda each: self.df[each.term]):
            score += term.weight * self.gain(plain, term.term)
        return score

    def answer(
        self, where: Clause, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> list[tuple[str, float]]:
        """Id and score of every document that matches, best first, ties by id."""
        scored = [
            (plain.id, self.score(plain, terms, constants))
            for plain in self.documents
            if self.matches(plain, where)
        ]
        return sorted(scored, key=lambda found: (-found[1], found[0]))


# ---------------------------------------------------------------- random queries


def random_run(random: Random, documents: Sequence[Plain]) -> Run:
    """A run of some document, or of none."""
    fields = random.choice(FIELDS)
    keys = list(random.choice(documents).units(random.choice(fields))) or ["坚", "脱"]
    at = random.randrange(len(keys))
    units = keys[at : at + random.choice((1, 1, 2, 2, 2, 3, 4, 5, 7))]
    if random.random() < 0.1:
        units[random.randrange(len(units))] = "队"
    while units and units[0] == SENTENCE_END:
        del units[0]
    while units and units[-1] == SENTENCE_END:
        del units[-1]
    return Run(tuple(units or ["贫"]), fields)


def random_clause(random: Random, documents: Sequence[Plain], depth: int = 2) -> Clause:
    """A clause of any form."""
    kind = random.random()
    if depth and kind < 0.55:
        count = random.randint(1, 3)
        parts = tuple(random_clause(random, documents, depth - 1) for _ in range(count))
        return random.choice((And(parts), And(parts), Or(parts), Or(parts), Not(parts[0])))
    if kind < 0.6:
        return PathIs(random.choice(PATTERNS))
    return random_run(random, documents)


def random_terms(
    random: Random, documents: Sequence[Plain], weights: Sequence[float], most: int = 12
) -> list[ScoreTerm]:
    """Terms of some documents, some of them more than once."""
    terms = []
    for _ in range(random.randint(0, most)):
        held = sorted(random.choice(documents).bag()) or ["无"]
        terms.append(ScoreTerm(random.choice(held), random.choice(weights)))
    return terms


def random_constants(random: Random, documents: Sequence[Plain]) -> list[ScoreClause]:
    """None as a rule, or one or two."""
    return [
        ScoreClause(random_clause(random, documents), random.choice((0.25, 1.0)))
        for _ in range(random.choice((0, 0, 1, 2)))
    ]
