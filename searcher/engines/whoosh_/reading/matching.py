"""Matching: which documents a clause matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.files.fieldnames import BAG
from searcher.engines.whoosh_.reading.alignment import beginnings, in_field, space_of
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import NOTHING, Found, Sets, of_docs, of_many
from searcher.engines.whoosh_.reading.names import Names
from searcher.engines.whoosh_.reading.postings import POSITION_BITS
from searcher.model import TEXT_FIELDS, And, Clause, Not, Or, PathIs, Run
from searcher.text.units import bigram

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

    def path(self, clause: PathIs) -> Found:
        """Return the documents whose path or id begins with, or matches, a pattern."""
        found = of_docs(self._names.matching(clause.pattern))
        live = self._store.live
        return found if live is None else self._sets.intersect([found, self._sets.everything()])

    def either(self, clause: Or) -> Found:
        """Return the documents that any clause matches."""
        return self._sets.unite([self.match(each) for each in clause.clauses])

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


def _is_cheap(clause: Clause) -> bool:
    """Tell whether a clause is answered from the documents of one term."""
    return isinstance(clause, Run) and len(clause.units) < 3


def _of_term(store: Store, space: str, term: str) -> Found:
    """Return the documents that hold a term in a Whoosh field."""
    if space != BAG:
        return of_docs(store.counted(store.postings(space, term))[0])
    weighed = store.weigh(term).weighed
    return NOTHING if weighed is None else weighed.found


_ANSWERS: dict[type, Answer] = {
    Run: Matcher.run,
    PathIs: Matcher.path,
    Or: Matcher.either,
    And: Matcher.all,
    Not: Matcher.other,
}
