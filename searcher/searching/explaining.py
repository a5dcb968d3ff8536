"""Explaining: why a document matched a query, with its score, or why it did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from searcher.engines.base import Contribution
from searcher.errors import QueryError
from searcher.model import (
    RUN_FIELDS,
    TEXT_FIELDS,
    Almost,
    Among,
    And,
    Clause,
    Glyphs,
    Has,
    Is,
    Match,
    Near,
    Not,
    Or,
    Plan,
    QueryWord,
    Run,
    ScoreClause,
    Within,
)
from searcher.query import parse
from searcher.query.catalog import Catalog
from searcher.query.leaves import all_of
from searcher.query.tree import Not as NotNode
from searcher.query.tree import walk
from searcher.searching.parting import WHOLE, Parting, parting
from searcher.snapshot import Snapshot


class Part(NamedTuple):
    """A part of the query and what the document has of it.

    ``asked`` says how it is asked for: "required", "some" (of several, one is enough) or
    "excluded".  ``holds`` tells whether the document has it.  Where it should and does not,
    ``parting`` is the place where the two part ways and ``note`` says what is there instead.
    """

    label: str
    asked: str
    holds: bool
    parting: Parting | None = None
    note: str = ""

    @property
    def stops(self) -> bool:
        """Whether the document is not found because of it."""
        return self.holds == (self.asked == "excluded") and self.asked != "some"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        own = None if self.parting is None else self.parting.to_dict()
        return {**self._asdict(), "parting": own}


class Explanation(NamedTuple):
    """Why a document is found by a query, or why not.

    ``indexed`` is false where no document has that id.  ``score`` is the sum of what
    ``contributions`` add; both only where it ``matched``.  ``suggestion`` is a query that does
    find the document; None where there is none.
    """

    id: str
    query: str
    indexed: bool
    matched: bool
    score: float | None = None
    contributions: tuple[Contribution, ...] = ()
    parts: tuple[Part, ...] = ()
    suggestion: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, in the order of the fields."""
        return {
            **self._asdict(),
            "contributions": [each._asdict() for each in self.contributions],
            "parts": [part.to_dict() for part in self.parts],
        }


def explain(snapshot: Snapshot, document_id: str, query: str, match: Match) -> Explanation:
    """Return why a document is found by *query*, or why not.

    Raises:
        QueryError: the query cannot be read.
    """
    plan = snapshot.plan(query, match=match, literal=False)
    number = snapshot.number_of(document_id)
    if number is None:
        return Explanation(document_id, query, indexed=False, matched=False)
    one = _One(snapshot, number)
    where = _asked(snapshot, plan, query)
    parts = tuple(one.parts(plan, where, query, match))
    if one.matches(where):
        found = one.score(plan)
        score = sum((each.score for each in found), 0.0)
        return Explanation(document_id, query, True, True, score, found, parts)
    return Explanation(
        document_id,
        query,
        indexed=True,
        matched=False,
        parts=parts,
        suggestion=next(one.that_match(_others(parts), match), None),
    )


def _asked(snapshot: Snapshot, plan: Plan, query: str) -> Clause:
    """Return what a search would ask for: all words, or some where no document has all."""
    if plan.fallback is None or snapshot.reader.count(snapshot.resolved(plan.where, query)):
        return plan.where
    return plan.fallback


class _One:
    """One document, asked about clauses."""

    def __init__(self, snapshot: Snapshot, number: int) -> None:
        self._snapshot = snapshot
        self._number = number
        self._only = Among((number,))
        self._document = snapshot.stored(number)

    def matches(self, clause: Clause) -> bool:
        """Tell whether the document matches."""
        resolved = self._snapshot.resolved(clause, beside=self._only)
        return self._snapshot.reader.count(all_of([resolved, self._only])) == 1

    def score(self, plan: Plan) -> tuple[Contribution, ...]:
        """Return what makes up its score."""
        resolve = self._snapshot.resolved
        constants = [
            ScoreClause(resolve(each.clause, beside=self._only), each.weight)
            for each in plan.constants
        ]
        found = self._snapshot.reader.explain(self._number, plan.terms, constants)
        return tuple(
            each._replace(label=f"in a row: {each.label}") if not each.frequency else each
            for each in found
        )

    def that_match(self, queries: Sequence[str], match: Match) -> Iterator[str]:
        """Yield those of *queries* that find the document."""
        for query in queries:
            try:
                plan = self._snapshot.plan(query, match=match, literal=False)
            except QueryError:
                continue
            if self.matches(plan.where):
                yield query

    # ------------------------------------------------------------ parts

    def parts(self, plan: Plan, where: Clause, query: str, match: Match) -> Iterator[Part]:
        """Yield each part of the query, and what the document has of it."""
        required = set(_joint(where))
        for word in plan.words:
            asked = "required" if required.issuperset(_joint(word.clause)) else "some"
            if self.matches(word.clause):
                yield Part(word.label, asked, holds=True)
            else:
                yield Part(word.label, asked, False, *self._missing(word))
        if any(isinstance(clause, Not) for clause in required):
            for label in _excluded(query, self._snapshot.catalog):
                plan = self._snapshot.plan(label, match=match, literal=False)
                yield Part(label, "excluded", self.matches(plan.where))

    def _missing(self, word: QueryWord) -> tuple[Parting | None, str]:
        """Return where the text and a part it does not have part ways, and what is there."""
        clauses = tuple(_leaves(word.clause))
        for clause in clauses:
            match clause:
                case Run():
                    continue
                case Near():
                    return self._near(clause)
                case Glyphs():
                    found = parting(self._document, [clause.units], clause.fields)
                    is_whole = found and found.reason == WHOLE
                    return found, f"it is written {found.text} there" if found and is_whole else ""
                case Almost():
                    found = parting(self._document, [clause.units], clause.fields)
                    return found, "more than one unit is another, missing or too many"
                case Has() | Is() | Within():
                    return None, self._value(clause.field)
                case _:
                    return None, self._value(word.label.partition(":")[0])
        runs = [each for each in clauses if isinstance(each, Run)]
        found = parting(self._document, [each.units for each in runs], runs[0].fields)
        if found is not None:
            return found, ""
        name = runs[0].fields[0]
        is_text = name in TEXT_FIELDS
        return None, "no beginning of it stands there" if is_text else self._value(name)

    def _near(self, near: Near) -> tuple[Parting | None, str]:
        for part in near.parts:
            if not self.matches(Run(part, near.fields)):
                return parting(self._document, [part], near.fields), "a part of it is missing"
        return None, "its parts stand farther apart, or in another order, or in different fields"

    def _value(self, name: str) -> str:
        """Return what the document has in a field, in words."""
        document = self._snapshot.whole(self._number)
        if name == "script":
            value: Any = self._document.script
        elif name == "path":
            value = document.path or document.id
        elif name in ("date", *RUN_FIELDS):
            value = getattr(document, name)
        else:
            value = document.extra.get(name)
        return f"{name} is {value!r}" if value not in (None, "") else f"it has no {name}"


def _joint(clause: Clause) -> tuple[Clause, ...]:
    return clause.clauses if isinstance(clause, And) else (clause,)


def _leaves(clause: Clause) -> Iterator[Clause]:
    if isinstance(clause, And | Or):
        for each in clause.clauses:
            yield from _leaves(each)
    else:
        yield clause


def _excluded(query: str, catalog: Catalog) -> list[str]:
    root = parse(query, catalog).root
    return [str(node.clause) for node in walk(root) if isinstance(node, NotNode)]


def _others(parts: Sequence[Part]) -> list[str]:
    """Return queries near the one that did not find a document, the nearest first."""
    positive = [part for part in parts if part.asked != "excluded"]
    as_written = [_as_written(part) for part in positive]
    held = [part.label for part in positive if part.holds]
    begun = [f"“{part.parting.text}”" for part in positive if part.parting and not part.holds]
    ways = (
        as_written,
        [
            text
            for text, part in zip(as_written, positive, strict=True)
            if not part.stops or text != part.label
        ],
        held,
        begun,
    )
    return list(dict.fromkeys(" ".join(way) for way in ways if way))


def _as_written(part: Part) -> str:
    """Return a part as the document writes it, where that is nearly the same."""
    found = part.parting
    if part.holds or found is None or not found.goes_on:
        return part.label
    return f"“{' '.join((found.text + found.instead).split())}”"
