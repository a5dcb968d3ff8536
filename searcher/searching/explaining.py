"""Explaining: why a document matched a query, with its score, or why it did not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from searcher.arguments import string
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
    Near,
    Not,
    Or,
    Plan,
    QueryWord,
    Run,
    ScoreClause,
    Within,
)
from searcher.query.alternatives import Widening
from searcher.query.leaves import all_of, any_of
from searcher.searching import Asked
from searcher.searching.parting import WHOLE, Parting, parting
from searcher.searching.suggesting import others
from searcher.snapshot import Snapshot


class Part(NamedTuple):
    """A part of the query and what the document has of it.

    ``asked`` says how it is asked for: "required", "some" (of several, one is enough) or
    "excluded".  ``holds`` tells whether the document has it.  Where it should and does not,
    ``parting`` is the place where the two part ways and ``note`` says what is there instead;
    ``note`` also names the alternative that a word is there as.
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
    ``contributions`` add; both only where it ``matched``.  ``one_of`` are the labels of parts of
    which some would be enough: of each group at least one is required, and the document has none.
    ``suggestion`` is a query that does find the document, asked with the same options; None where
    there is none.
    """

    id: str
    query: str
    indexed: bool
    matched: bool
    score: float | None = None
    contributions: tuple[Contribution, ...] = ()
    parts: tuple[Part, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    suggestion: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, in the order of the fields."""
        return {
            **self._asdict(),
            "contributions": [each._asdict() for each in self.contributions],
            "parts": [part.to_dict() for part in self.parts],
            "one_of": [list(labels) for labels in self.one_of],
        }


def explain(snapshot: Snapshot, document_id: str, query: str, asked: Asked) -> Explanation:
    """Return why a document is found by *query*, asked as a search would, or why not.

    Raises:
        QueryError: the query cannot be read.
        TypeError: the id or the query is no string.
    """
    number = snapshot.number_of(string("an id", document_id))
    plan = _plan(snapshot, string("a query", query), asked)
    if number is None:
        return Explanation(document_id, query, indexed=False, matched=False)
    one = _One(snapshot, number)
    where = _asked(snapshot, plan, query)
    parts = tuple(one.parts(plan, where))
    if one.matches(where):
        found = one.score(plan)
        # As a search adds up, to the last bit; `sum` rounds otherwise from Python 3.12 on.
        score = reduce(add, (each.score for each in found), 0.0)
        return Explanation(document_id, query, True, True, score, found, parts)
    return Explanation(
        document_id,
        query,
        indexed=True,
        matched=False,
        parts=parts,
        one_of=tuple(one.one_of(plan.words, parts, where)),
        suggestion=next(
            one.that_match(others(parts, asked.literal, snapshot.cutter), asked), None
        ),
    )


def _plan(snapshot: Snapshot, query: str, asked: Asked) -> Plan:
    return snapshot.plan(
        query,
        match=asked.match,
        literal=asked.literal,
        widening=Widening(asked.region, asked.equivalents),
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

    def that_match(self, queries: Sequence[str], asked: Asked) -> Iterator[str]:
        """Yield those of *queries* that find the document, *asked* as the first one was."""
        for query in queries:
            try:
                plan = _plan(self._snapshot, query, asked)
            except QueryError:
                continue
            if self.matches(plan.where):
                yield query

    # ------------------------------------------------------------ parts

    def parts(self, plan: Plan, where: Clause) -> Iterator[Part]:
        """Yield each part of the query, and what the document has of it."""
        required = set(_joint(where))
        for word in plan.words:
            asked = "required" if required.issuperset(_joint(word.clause)) else "some"
            if self.matches(word.clause):
                yield Part(word.label, asked, True, None, self._otherwise(word, plan))
            else:
                yield Part(word.label, asked, False, *self._missing(word))
        for word in plan.excluded:
            if Not(word.clause) in required:
                yield Part(word.label, "excluded", self.matches(word.clause))

    def one_of(
        self, words: Sequence[QueryWord], parts: Sequence[Part], where: Clause
    ) -> Iterator[tuple[str, ...]]:
        """Yield the labels of *parts*, those of *words*, of which the document needs one at least:
        all that it misses where some would be enough and what it has is not.
        """
        missing = [
            word
            for word, part in zip(words, parts, strict=False)  # excluded ones stand behind
            if part.asked == "some" and not part.holds
        ]
        required = {clause for word in words for clause in _joint(word.clause)}
        for clause in _joint(where):
            if isinstance(clause, Or) and clause not in required and not self.matches(clause):
                leaves = set(_leaves(clause))
                inside = [each for each in missing if leaves.issuperset(_leaves(each.clause))]
                # Of a pasted sentence the words are asked for, and it is a part as a whole.
                labels = tuple(each.label for each in inside or missing)
                if labels:
                    yield labels

    def _otherwise(self, word: QueryWord, plan: Plan) -> str:
        """Return which alternatives of a word stand there where it does not itself, in words."""
        satisfying = set(_leaves(word.clause))
        others = [
            each for each in plan.alternatives if satisfying.issuperset(_leaves(each.clause))
        ]
        own = _without(word.clause, {leaf for each in others for leaf in _leaves(each.clause)})
        if not others or (own is not None and self.matches(own)):
            return ""
        found = (f"{each.text} ({each.kind})" for each in others if self.matches(each.clause))
        return f"as {', '.join(found)}"

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
                case Among():
                    return None, "no word in this index is like it"
                case Has() | Is() | Within():
                    return None, self._value(clause.field)
                case _:
                    return None, self._value(word.label.partition(":")[0])
        return self._of_runs([each for each in clauses if isinstance(each, Run)])

    def _of_runs(self, runs: Sequence[Run]) -> tuple[Parting | None, str]:
        """Return where the text and the longest of *runs* part ways."""
        found = parting(self._document, [each.units for each in runs], runs[0].fields)
        if found is not None:
            return found, ""
        name = runs[0].fields[0]
        if name not in TEXT_FIELDS:
            return None, self._value(name)
        is_one = max(len(each.units) for each in runs) == 1
        return None, "it does not stand there" if is_one else "no beginning of it stands there"

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


def _without(clause: Clause, others: Collection[Clause]) -> Clause | None:
    """Return *clause* without those of *others* that satisfy it as well; None if nothing is left.

    >>> _without(Or((Run(("软",)), Run(("体",)))), {Run(("体",))})
    Run(units=('软',), fields=('title', 'body'))
    """
    if isinstance(clause, And):
        kept = [_without(each, others) for each in clause.clauses]
        return None if None in kept else all_of(each for each in kept if each is not None)
    if isinstance(clause, Or):
        left = [each for each in clause.clauses if each not in others]
        return any_of(left) if left else None
    return clause
