"""Reading: whole postings lists as arrays, and every clause answered from them.

Whoosh's own matchers lose true hits under a limit in several kinds of queries, so a list is
always stepped through to its end, and the kernels do the rest.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import whoosh.index
from whoosh.reading import TermNotFound

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_ import kernels
from searcher.engines.whoosh_.kernels import Docs, Floats
from searcher.engines.whoosh_.schema import BAG, BORDERS, position_array
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

_CACHED_POSTINGS = 5_000_000
"""Postings kept decoded, over all terms; the oldest go first."""


@dataclass(frozen=True, slots=True)
class PostingsList:
    """One term of one field, live documents only."""

    docs: Docs
    weights: Floats
    values: Sequence[bytes]

    def places(self, docs: Docs) -> Docs:
        """Return the places of the term in those of its documents that *docs* names."""
        at = np.flatnonzero(kernels.contains(docs, self.docs))
        positions = [position_array(self.values[i]) for i in at.tolist()]
        return kernels.places(self.docs[at].tolist(), positions)


_EMPTY = PostingsList(kernels.NO_DOCS, np.empty(0), ())


class WhooshReader:
    """A snapshot of the Whoosh index in a folder (the `Reader` of `engines.base`)."""

    def __init__(self, folder: Path) -> None:
        self._index = whoosh.index.open_dir(str(folder))
        self._reader = self._index.reader()
        # Whoosh's files share one read position per file.
        self._lock = threading.RLock()
        self._cache: OrderedDict[tuple[str, str], PostingsList] = OrderedDict()
        self._cached = 0
        self._deleted = self._read_deleted()
        lengths = self._column("tokens", np.int64)
        lengths[self._deleted] = 0
        self.ranked = int(np.count_nonzero(lengths))
        self._factors = length_factor(lengths, float(lengths.sum()) / max(self.ranked, 1))

    def __len__(self) -> int:
        return int(self._reader.doc_count())

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
        with self._lock:
            return bytes(self._stored[number])

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id."""
        docs = self._postings("id", document_id).docs
        return int(docs[0]) if len(docs) else None

    def ids(self) -> Iterator[str]:
        """Yield every document id, ascending."""
        yield from sorted(self._ids[number] for number in self._all.tolist())

    def close(self) -> None:
        """Let go of the files."""
        self._reader.close()
        self._index.close()

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
            Not: lambda clause: kernels.subtract(self._all, self._match(clause.clause)),
        }

    def _match_and(self, clause: And) -> Docs:
        wanted = [each for each in clause.clauses if not isinstance(each, Not)]
        docs = kernels.intersect([self._match(each) for each in wanted] or [self._all])
        for each in clause.clauses:
            if isinstance(each, Not) and len(docs):
                docs = kernels.subtract(docs, self._match(each.clause))
        return docs

    def _match_path(self, clause: PathIs) -> Docs:
        matches = _path_test(clause.pattern)
        found = [
            number
            for number in self._all.tolist()
            if matches(self._paths[number]) or matches(self._ids[number])
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
        found = self._postings(field, unit)
        return found.docs[found.weights > 0]

    def _in_field(self, unit: str, field: str) -> Docs:
        """Return the documents that hold a unit in one field alone: the bag holds the title too,
        so the body is what is left of it without the title's share.
        """
        if field != "body":
            return self._one_unit(unit, field)
        both, title = self._postings(BAG, unit), self._postings("title", unit)
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
                self._postings(BORDERS, f"{field}\t{key}")
                if border
                else self._postings(field, key),
            )
            for key, at, border in runs(run.units)
        ]
        lists = [found.docs for _, found in parts]
        docs = kernels.intersect(lists if within is None else [*lists, within])
        if not len(docs):
            return kernels.NO_DOCS
        return kernels.aligned([(at, found.places(docs)) for at, found in parts])

    # ------------------------------------------------------------ scores

    def _scores(
        self, docs: Docs, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> Floats:
        scores = np.zeros(len(docs))
        for term in terms:
            found = self._postings(BAG, term.term)
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

    # ------------------------------------------------------------ what Whoosh holds

    def _postings(self, field: str, term: str) -> PostingsList:
        key = field, term
        with self._lock:
            found = self._cache.pop(key, None)
            if found is None:
                found = self._read_postings(field, term)
                self._cached += len(found.docs)
            self._cache[key] = found
            while self._cached > _CACHED_POSTINGS and len(self._cache) > 1:
                _, oldest = self._cache.popitem(last=False)
                self._cached -= len(oldest.docs)
        return found

    def _read_postings(self, field: str, term: str) -> PostingsList:
        """Step through a whole list; `reader.postings` leaves deleted documents out."""
        try:
            matcher = self._reader.postings(field, term.encode("utf-8"))
        except TermNotFound:
            return _EMPTY
        docs, weights, values = [], [], []
        while matcher.is_active():
            docs.append(matcher.id())
            weights.append(matcher.weight())
            values.append(matcher.value() if field != "id" else b"")
            matcher.next()
        return PostingsList(np.array(docs, dtype=np.int64), np.array(weights), values)

    def _read_deleted(self) -> npt.NDArray[np.int64]:
        every = range(self._reader.doc_count_all())
        gone = [number for number in every if self._reader.is_deleted(number)]
        return np.array(gone, dtype=np.int64)

    def _column(self, name: str, kind: type) -> npt.NDArray[Any]:
        return np.array(list(self._values(name)), dtype=kind)

    def _values(self, name: str) -> Any:
        """Return a column; an empty index has none."""
        return self._reader.column_reader(name) if self._reader.doc_count_all() else ()

    @cached_property
    def _all(self) -> Docs:
        every = np.arange(self._reader.doc_count_all(), dtype=np.int64)
        return kernels.subtract(every, self._deleted)

    @cached_property
    def _stored(self) -> Any:
        return self._values("stored")

    @cached_property
    def _ids(self) -> list[str]:
        with self._lock:
            return list(self._values("id"))

    @cached_property
    def _paths(self) -> list[str]:
        with self._lock:
            return [path.decode("utf-8") for path in self._values("path")]

    @cached_property
    def _ranks(self) -> Docs:
        """The place of each document among all, by id."""
        return _ranks(self._ids)

    @cached_property
    def _path_ranks(self) -> Docs:
        return _ranks(list(zip(self._paths, self._ids, strict=True)))


def _ranks(keys: Sequence[Any]) -> Docs:
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return ranks


def _path_test(pattern: str) -> Callable[[str], bool]:
    if any(char in pattern for char in "*?["):
        matches = re.compile(translate(pattern)).match
        return lambda path: matches(path) is not None
    return lambda path: path.startswith(pattern)
