"""What an engine must answer, by a scan of plain documents and plain arithmetic, and queries.

The rules are those of `searcher.engines.base`; nothing of an engine is used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase
from itertools import pairwise, product
from random import Random

from batches import FIGURES, PERIODS, Plain, text_of

from searcher.columns import EXTRA
from searcher.engines.base import TITLE_WEIGHT, YEAR
from searcher.engines.bm25 import K1, B
from searcher.model import (
    RUN_FIELDS,
    TEXT_FIELDS,
    And,
    Clause,
    Dated,
    Has,
    Is,
    Near,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
    Within,
)
from searcher.text.units import SENTENCE_END

PATTERNS = ("/x/1", "d/0", "d/01", "/nowhere", "é", "", "/x/[0-2]/*", "*1?.txt", "d/0[!1]*")

COLUMNS = ("script", "source", "author", "origin", "tag", "标签", "k7", "year", "nothing")
"""Fields of metadata, some of which no document has."""

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
                return _fits(plain.path, pattern) or _fits(plain.id, pattern)
            case Run(
                (unit,), fields
            ):  # words count too: the caller sees to it that they are units
                return any(self.counts[plain.id, name][unit] for name in fields)
            case Run(_, fields):
                return any(self.begins(plain, clause, name) for name in fields)
            case Near(parts, slop, fields):
                return any(self.is_near(plain, parts, slop, name) for name in fields)
            case _:
                return self.has(plain, clause)

    def has(self, plain: Plain, clause: Clause) -> bool:
        """Whether a document has something in its metadata."""
        match clause:
            case Has(name, units):
                values = plain.texts.get(EXTRA + name, ())
                return any(_begins(value, units) for value in values)
            case Is(name, value):
                return value in plain.values(_column(name))
            case Within(name, low, high):
                figure = plain.figures.get(EXTRA + name, math.nan)
                return (
                    (-math.inf if low is None else low)
                    <= figure
                    <= (math.inf if high is None else high)
                )
            case Dated(first, last):
                begin, end = plain.days
                inside = (first is None or first <= begin) and (last is None or end <= last)
                return begin > 0 and inside
        raise TypeError(clause)

    def is_near(self, plain: Plain, parts: Sequence[Sequence[str]], slop: int, name: str) -> bool:
        """Whether parts stand in order in a field, close enough: every way is tried."""
        begins = [_begins(plain.units(name), part) for part in parts]
        for places in product(*begins):
            gaps = [
                behind - (at + len(part))
                for part, (at, behind) in zip(parts, pairwise(places), strict=False)
            ]
            if all(gap >= 0 for gap in gaps) and sum(gaps) <= slop:
                return True
        return False

    def facet(self, where: Clause, name: str) -> list[tuple[str, int]]:
        """The values of a field in the documents that match, the most frequent first."""
        counts: Counter[str] = Counter()
        for plain in self.documents:
            if self.matches(plain, where):
                counts.update(_values(plain, name))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def by_date(self, where: Clause, *, reverse: bool) -> list[str]:
        """The ids of the documents that match, by date: the later first day, the earlier last."""
        found = [plain for plain in self.documents if self.matches(plain, where)]
        sign = -1 if reverse else 1
        dated = [plain for plain in found if plain.days[0]]
        dated.sort(key=lambda plain: (-sign * plain.days[0], sign * plain.days[1]))
        return [plain.id for plain in (*dated, *(each for each in found if not each.days[0]))]

    def begins(self, plain: Plain, run: Run, name: str) -> list[int]:
        """Where a run begins in a field."""
        return _begins(plain.units(name), run.units)

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


def _fits(name: str, pattern: str) -> bool:
    if any(char in pattern for char in "*?["):
        return fnmatchcase(name, pattern)
    return name.startswith(pattern)


def _begins(keys: Sequence[str], units: Sequence[str]) -> list[int]:
    wanted = list(units)
    return [at for at in range(len(keys)) if list(keys[at : at + len(units)]) == wanted]


def _column(name: str) -> str:
    return name if name in ("script", "source", "author") else EXTRA + name


def _values(plain: Plain, name: str) -> set[str]:
    """The values of a field as they are counted."""
    if name == YEAR:
        return {f"{date.fromordinal(plain.days[0]).year:04}"} if plain.days[0] else set()
    values = set(plain.values(_column(name)))
    figure = plain.figures.get(_column(name))
    if figure is not None:
        whole = figure.is_integer() and abs(figure) < 1e16
        values.add(str(int(figure)) if whole else repr(figure))
    return values


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
    if kind < 0.7:
        return random_metadata(random, documents)
    if kind < 0.75:
        return random_near(random, documents)
    return random_run(random, documents)


def random_metadata(random: Random, documents: Sequence[Plain]) -> Clause:
    """A clause about metadata."""
    kind = random.randrange(4)
    name = random.choice(COLUMNS)
    texts = random.choice(documents).texts
    value = random.choice(list(texts.get(_column(name), ())) or [("脱",)])
    if kind == 0:
        at = random.randrange(len(value))
        units = value[at : at + random.choice((1, 1, 2, 3))]
        return Has(name, tuple(unit for unit in units if unit != SENTENCE_END) or ("脱",))
    if kind == 1:
        return Is(name, text_of(value))
    if kind == 2:
        low, high = (random.choice((None, *FIGURES)) for _ in range(2))
        return Within(random.choice(("year", "tag", name)), low, high)
    first, last = (random.choice((None, *random.choice(PERIODS))) for _ in range(2))
    return Dated(first, last)


def random_near(random: Random, documents: Sequence[Plain]) -> Near:
    """Two or three runs of some field, in the order in which they stand or in another one."""
    fields = random.choice(FIELDS)
    keys = list(random.choice(documents).units(random.choice(fields)))
    parts = []
    for _ in range(random.choice((1, 2, 2, 2, 3))):
        at = random.randrange(max(len(keys) - 1, 1))
        part = keys[at : at + random.choice((2, 2, 2, 3, 4))]
        sound = len(part) > 1 and SENTENCE_END not in (part[0], part[-1])
        parts.append((at, tuple(part) if sound else ("脱", "贫")))
    if random.random() < 0.8:
        parts.sort()
    return Near(tuple(part for _, part in parts), random.choice((0, 1, 3, 8, 40)), fields)


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
