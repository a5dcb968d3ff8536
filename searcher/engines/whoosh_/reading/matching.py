"""Matching: which documents a clause matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn, TypeAlias

import numpy as np

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.files.fieldnames import BAG
from searcher.engines.whoosh_.reading.alignment import (
    beginnings,
    endings,
    in_field,
    space_of,
)
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import NOTHING, Found, Sets, of_docs, of_many
from searcher.engines.whoosh_.reading.names import Names
from searcher.engines.whoosh_.reading.postings import POSITION_BITS
from searcher.model import (
    TEXT_FIELDS,
    Almost,
    Among,
    And,
    Clause,
    Dated,
    Glyphs,
    Has,
    Is,
    Near,
    Not,
    Or,
    PathIs,
    Run,
    Within,
)
from searcher.text.units import SENTENCE_END, bigram

_SEVERAL = 8
"""More alternatives than this are looked through for runs that begin alike."""

Answer: TypeAlias = Callable[["Matcher", Any], Found]


class Matcher:
    """Answers clauses; for one thread, like the sets it works with."""

    def __init__(self, store: Store, names: Names, sets: Sets) -> None:
        self._store = store
        self._names = names
        self._sets = sets

    def match(self, clause: Clause) -> Found:
        """Return the documents that match."""
        return _ANSWERS[type(clause)](self, clause)

    def matches(self, number: int, clause: Clause) -> bool:
        """Tell whether one document matches."""
        return bool(self._sets.holds(self.match(clause), np.array([number])).item())

    def path(self, clause: PathIs) -> Found:
        """Return the documents whose path or id begins with, or matches, a pattern."""
        found = of_docs(self._names.matching(clause.pattern))
        live = self._store.live
        return found if live is None else self._sets.intersect([found, self._sets.everything()])

    def among(self, clause: Among) -> Found:
        """Return the documents of some numbers, as far as they are there."""
        docs, live = np.array(clause.numbers, dtype=np.int64), self._store.live
        docs = docs[slice(*docs.searchsorted((0, self._store.size)))]
        return of_docs(docs if live is None else docs[live[docs]])

    def metadata(self, clause: Has | Is | Within | Dated) -> Found:
        """Return the documents that have something in a column."""
        from searcher.engines.whoosh_.reading.metadata import Metadata

        return Metadata(self._store).match(clause)

    def near(self, clause: Near) -> Found:
        """Return the documents that hold runs close to each other in one of the fields."""
        from searcher.engines.whoosh_.reading.near import windows

        def find(field: str) -> Found:
            places = windows(self._store, field, clause.parts, clause.slop)
            return of_many(places >> POSITION_BITS, self._store.size)

        units = sum(map(len, clause.parts))
        return self._store.kept(
            clause, units, lambda: self._sets.unite([find(field) for field in clause.fields])
        )

    def refuse(self, clause: Clause) -> NoReturn:
        """Refuse a clause that only the text can answer.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{type(clause).__name__} has to be looked up in the text")

    def either(self, clause: Or) -> Found:
        """Return the documents that any clause matches."""
        clauses = clause.clauses
        if len(clauses) <= _SEVERAL:
            return self._sets.unite([self.match(each) for each in clauses])
        ways, others = _by_beginning(clauses)
        parts = [self.match(each) for each in others]
        parts += [self._endings(units, lasts) for units, lasts in ways.items()]
        return self._sets.unite(parts)

    def _endings(self, units: Sequence[str], lasts: Sequence[str]) -> Found:
        """Return the documents with a run that goes on with one of several units."""
        places = endings(self._store, BAG, units, lasts)
        return of_many(places >> POSITION_BITS, self._store.size)

    def all(self, clause: And) -> Found:
        """Return the documents that every clause matches."""
        wanted = [each for each in clause.clauses if not isinstance(each, Not)]
        found = self._joint(wanted) if wanted else self._sets.everything()
        for each in clause.clauses:
            if isinstance(each, Not) and found.count:
                found = self._sets.subtract(found, self.match(each.clause))
        return found

    def other(self, clause: Not) -> Found:
        """Return the documents that the clause does not match."""
        return self._sets.subtract(self._sets.everything(), self.match(clause.clause))

    def run(self, run: Run) -> Found:
        """Return the documents in which the units stand in a row in one of the fields."""
        if run.fields == TEXT_FIELDS:  # as nearly always
            return self._in_space(run.units, BAG)
        texts = [field for field in run.fields if field in TEXT_FIELDS]
        parts = [
            self._in_space(run.units, field) for field in run.fields if field not in TEXT_FIELDS
        ]
        if len(set(texts)) == len(TEXT_FIELDS):
            parts.append(self._in_space(run.units, BAG))
        elif texts:
            parts.append(self._in_text(run.units, texts[0]))
        return self._sets.unite(parts)

    def _joint(self, clauses: Sequence[Clause]) -> Found:
        """Return what all of *clauses* (at least one) match; the cheap ones may settle it."""
        cheap = [each for each in clauses if _is_cheap(each)]
        dear = [each for each in clauses if not _is_cheap(each)]
        parts: list[Found] = []
        for group in (cheap, dear):
            for clause in group:
                found = self.match(clause)
                if not found.count:
                    return NOTHING
                parts.append(found)
            if parts:
                parts = [self._sets.intersect(parts)]
                if not parts[0].count:
                    return NOTHING
        return parts[0]

    def _in_space(self, units: Sequence[str], space: str) -> Found:
        """Return the documents with a run anywhere in a Whoosh field."""
        store = self._store
        if len(units) == 1:
            return _of_term(store, space, units[0])
        if len(units) == 2:
            if space == BAG:
                postings = store.weigh(bigram(*units))
            else:
                postings = store.postings(space, bigram(*units))
            return store.standing(postings)
        return store.run(space, units, partial(beginnings, store, space, units))

    def _in_text(self, units: Sequence[str], field: str) -> Found:
        """Return the documents with a run in the title, or with one in the body."""
        store = self._store
        if len(units) > 1:
            places = beginnings(store, space_of(field), units)
            return of_many(in_field(store, places, field) >> POSITION_BITS, store.size)
        if field == "title":
            return _of_term(store, "title", units[0])
        # The bag holds the title too, so the body is what is left without the title's share.
        docs, counts = store.counted(store.postings(BAG, units[0]))
        title_docs, title_counts = store.counted(store.postings("title", units[0]))
        left = counts.astype("int64")
        left[docs.searchsorted(title_docs)] -= TITLE_WEIGHT * title_counts.astype("int64")
        return of_docs(docs[left > 0])


def _by_beginning(
    clauses: Sequence[Clause],
) -> tuple[dict[tuple[str, ...], list[str]], list[Clause]]:
    """Return the last units of runs of three or more by what stands before them, and the rest.

    An expanded prefix is hundreds of runs that differ in their last unit alone.
    """
    ways: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    others: list[Clause] = []
    for each in clauses:
        if (
            isinstance(each, Run)
            and len(each.units) > 2
            and each.fields == TEXT_FIELDS
            and each.units[-2] != SENTENCE_END
        ):
            ways[each.units[:-1]].append(each.units[-1])
        else:
            others.append(each)
    return ways, others


def _is_cheap(clause: Clause) -> bool:
    """Tell whether a clause is answered from the documents of one term, or from a column."""
    if isinstance(clause, Run):
        return len(clause.units) < 3
    return isinstance(clause, Among | Dated | Has | Is | Within)


def _of_term(store: Store, space: str, term: str) -> Found:
    """Return the documents that hold a term in a Whoosh field."""
    if space != BAG:
        return of_docs(store.counted(store.postings(space, term))[0])
    weighed = store.weigh(term).weighed
    return NOTHING if weighed is None else weighed.found


_ANSWERS: dict[type, Answer] = {
    Run: Matcher.run,
    PathIs: Matcher.path,
    Among: Matcher.among,
    Has: Matcher.metadata,
    Is: Matcher.metadata,
    Within: Matcher.metadata,
    Dated: Matcher.metadata,
    Near: Matcher.near,
    Almost: Matcher.refuse,
    Glyphs: Matcher.refuse,
    Or: Matcher.either,
    And: Matcher.all,
    Not: Matcher.other,
}
