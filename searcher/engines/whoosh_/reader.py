"""Reading: every clause answered from whole postings lists, and every document scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_ import kernels
from searcher.engines.whoosh_.kernels import Docs, Floats
from searcher.engines.whoosh_.schema import BAG, BORDERS
from searcher.engines.whoosh_.store import Store
from searcher.engines.whoosh_.weighting import idf, length_factor, saturation
from searcher.model import (
    TEXT_FIELDS,
    And,
    Clause,
    EngineHit,
    EnginePage,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
    Sort,
)
from searcher.text.units import runs


class WhooshReader:
    """A snapshot of the Whoosh index in a folder (the `Reader` of `engines.base`)."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        lengths = self._store.lengths
        self.ranked = int(np.count_nonzero(lengths))
        self._factors = length_factor(lengths, float(lengths.sum()) / max(self.ranked, 1))

    def __len__(self) -> int:
        return len(self._store.all)

    def search(
        self,
        where: Clause,
        terms: Sequence[ScoreTerm],
        constants: Sequence[ScoreClause],
        *,
        limit: int,
        offset: int,
        sort: Sort,
    ) -> EnginePage:
        """Return one page; see `searcher.engines.base.Reader.search`."""
        docs = self._match(where)
        most = offset + limit
        if sort == "path":
            order = np.argsort(self._path_ranks[docs])[offset:most]
            hits = [EngineHit(number, None) for number in docs[order].tolist()]
        else:
            scores = self._scores(docs, terms, constants) if limit else np.zeros(len(docs))
            found, scores = kernels.best(docs, scores, self._ranks[docs], most)
            pairs = zip(found[offset:].tolist(), scores[offset:].tolist(), strict=True)
            hits = [EngineHit(number, score) for number, score in pairs]
        return EnginePage(len(docs), tuple(hits))

    def count(self, where: Clause) -> int:
        """Return how many documents match."""
        return len(self._match(where))

    def positions(self, number: int, run: Run, field: str) -> Sequence[int]:
        """Return where *run* begins in *field* of one document."""
        only = np.array([number], dtype=np.int64)
        found: list[int] = (self._run_places(run, field, only) & ((1 << 32) - 1)).tolist()
        return found

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with document *number*."""
        return self._store.stored(number)

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id."""
        return next(iter(self._store.numbers_of(document_id)), None)

    def ids(self) -> Iterator[str]:
        """Yield every document id, ascending."""
        yield from sorted(self._store.ids[number] for number in self._store.all.tolist())

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()

    # ------------------------------------------------------------ clauses

    def _match(self, clause: Clause) -> Docs:
        """Return the documents that match, ascending."""
        answer: Callable[[Any], Docs] = self._answers[type(clause)]
        return answer(clause)

    @cached_property
    def _answers(self) -> dict[type, Callable[[Any], Docs]]:
        return {
            Run: self._match_run,
            PathIs: self._match_path,
            And: self._match_and,
            Or: lambda clause: kernels.unite([self._match(each) for each in clause.clauses]),
            Not: lambda clause: kernels.subtract(self._store.all, self._match(clause.clause)),
        }

    def _match_and(self, clause: And) -> Docs:
        wanted = [each for each in clause.clauses if not isinstance(each, Not)]
        docs = kernels.intersect([self._match(each) for each in wanted] or [self._store.all])
        for each in clause.clauses:
            if isinstance(each, Not) and len(docs):
                docs = kernels.subtract(docs, self._match(each.clause))
        return docs

    def _match_path(self, clause: PathIs) -> Docs:
        matches = _path_test(clause.pattern)
        found = [
            number
            for number in self._store.all.tolist()
            if matches(self._store.paths[number]) or matches(self._store.ids[number])
        ]
        return np.array(found, dtype=np.int64)

    def _match_run(self, run: Run) -> Docs:
        if len(run.units) > 1:
            parts = [self._run_places(run, field, None) for field in run.fields]
            return np.unique(np.concatenate(parts) >> kernels.POSITION_BITS)
        if set(TEXT_FIELDS) <= set(run.fields):
            others = [field for field in run.fields if field not in TEXT_FIELDS]
            return kernels.unite([self._one_unit(run.units[0], field) for field in [BAG, *others]])
        return kernels.unite([self._in_field(run.units[0], field) for field in run.fields])

    def _one_unit(self, unit: str, field: str) -> Docs:
        """Return the documents whose Whoosh field holds a unit (the bag: title or body)."""
        found = self._store.postings(field, unit)
        return found.docs[found.weights > 0]

    def _in_field(self, unit: str, field: str) -> Docs:
        """Return the documents that hold a unit in one field alone: the bag holds the title too,
        so the body is what is left of it without the title's share.
        """
        if field != "body":
            return self._one_unit(unit, field)
        both, title = self._store.postings(BAG, unit), self._store.postings("title", unit)
        left = both.weights.copy()
        shared = kernels.contains(both.docs, title.docs)
        left[np.searchsorted(both.docs, title.docs[shared])] -= (
            TITLE_WEIGHT * title.weights[shared]
        )
        return both.docs[left > 0]

    def _run_places(self, run: Run, field: str, within: Docs | None) -> Docs:
        """Return the places where a run of two or more units begins in *field*."""
        parts = [
            (
                at,
                self._store.postings(BORDERS, f"{field}\t{key}")
                if border
                else self._store.postings(field, key),
            )
            for key, at, border in runs(run.units)
        ]
        lists = [found.docs for _, found in parts]
        docs = kernels.intersect(lists if within is None else [*lists, within])
        if not len(docs):
            return kernels.NO_DOCS
        return kernels.aligned([(at, kernels.places_in(each.places, docs)) for at, each in parts])

    # ------------------------------------------------------------ scores

    def _scores(
        self, docs: Docs, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> Floats:
        scores = np.zeros(len(docs))
        for term in terms:
            found = self._store.postings(BAG, term.term)
            scored = found.weights > 0
            present = kernels.contains(docs, found.docs) & scored
            at = np.searchsorted(docs, found.docs[present])
            weight = term.weight * idf(self.ranked, int(np.count_nonzero(scored)))
            factors = self._factors[found.docs[present]]
            scores[at] += weight * saturation(found.weights[present], factors)
        for constant in constants:
            found_docs = self._match(constant.clause)
            scores[kernels.contains(found_docs, docs)] += constant.weight
        return scores

    @cached_property
    def _ranks(self) -> Docs:
        """The place of each document among all, by id."""
        return _ranks(self._store.ids)

    @cached_property
    def _path_ranks(self) -> Docs:
        return _ranks(list(zip(self._store.paths, self._store.ids, strict=True)))


def _ranks(keys: Sequence[Any]) -> Docs:
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return ranks


def _path_test(pattern: str) -> Callable[[str], bool]:
    if any(char in pattern for char in "*?["):
        matches = re.compile(translate(pattern)).match
        return lambda path: matches(path) is not None
    return lambda path: path.startswith(pattern)
