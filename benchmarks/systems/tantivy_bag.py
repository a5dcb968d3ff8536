"""tantivy doing our work: our very bag of terms, our plan of a query, exact phrases.

One field holds the bag, its bigrams at the positions of their units (`benchmarks.systems.bag`);
of three layouts tried none was faster to build or to ask.  The plan is made
outside the clock: tantivy is not charged for our reading of queries.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.corpora import read_documents
from benchmarks.systems.bag import path_of, read_bags
from benchmarks.systems.base import UnsupportedError
from benchmarks.systems.ours import line_of
from benchmarks.systems.tantivy_ import Opened, either, every, tantivy, write
from benchmarks.workload import Question
from searcher.model import And, Clause, Or, Plan, Run, ScoreTerm
from searcher.query import plan_query
from searcher.text.units import runs
from searcher.text.words import document_cutter


class Made:
    """tantivy over the bag."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index; the bags lie beside the documents."""
        bags = zip(read_documents(corpus), read_bags(path_of(corpus)), strict=True)
        write(home, ((document, bag) for document, bag in bags))

    def open(self, home: Path) -> BagAnswers:
        """Return the index, open."""
        return BagAnswers(Opened(home))


class BagAnswers:
    """An index of bags, open."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for the plan of a question; a prefix is asked as a run of units."""
        kind = "phrase" if question.kind == "prefix" else question.kind
        line, match = line_of(Question(kind, question.parts))
        plan = plan_query(line, match=match, cutter=document_cutter())
        words = list(dict.fromkeys("".join(mark.units) for mark in plan.marks))

        def answer() -> int:
            total = self._opened.page(self._query(plan.where, plan), words)
            if total or plan.fallback is None:
                return total
            return self._opened.page(self._query(plan.fallback, plan), words)

        return answer

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of the documents that hold *phrase*."""
        plan = plan_query(f'"{phrase}"', cutter=document_cutter())
        return list(self._opened.ids(self._where(plan.where)))

    def _query(self, where: Clause, plan: Plan) -> Any:
        terms = plan.terms
        if isinstance(where, Run) and where.units == tuple(each.term for each in terms):
            return self._scored(terms[0])  # one unit: what matches is what scores
        must, should, query = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Query
        constants = [
            query.const_score_query(self._where(each.clause), each.weight)
            for each in plan.constants
        ]
        scored = [(should, each) for each in [*map(self._scored, terms), *constants]]
        matched = query.const_score_query(self._where(where), 0.0)
        return query.boolean_query([(must, matched), *scored])

    def _scored(self, term: ScoreTerm) -> Any:
        query = self._opened.term(term.term, "freq")
        return query if term.weight == 1 else tantivy.Query.boost_query(query, term.weight)

    def _where(self, clause: Clause) -> Any:
        """Return the query for what matches; our questions exclude nothing and filter nothing."""
        match clause:
            case Run():
                return self._run(clause.units)
            case Or():
                return either([self._where(each) for each in clause.clauses])
            case And():
                return every([self._where(each) for each in clause.clauses])
        raise UnsupportedError(f"no question of a benchmark holds {clause}")

    def _run(self, units: tuple[str, ...]) -> Any:
        places = [(at, term) for term, at, _is_border in runs(units)]
        if not places:
            return self._opened.term(units[0], "basic")
        if len(places) == 1:
            return self._opened.term(places[0][1], "basic")
        return self._opened.row(places)
