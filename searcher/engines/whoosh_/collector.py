"""Searching Whoosh's query objects by arrays: a collector, and the searcher that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from whoosh.collectors import Collector
from whoosh.searching import Results, Searcher

from searcher.columns import Floats
from searcher.engines.whoosh_.queries import Docs, SegmentQueries


class ArrayCollector(Collector):  # type: ignore[misc]
    """Collects all documents of a segment at once; ``searcher.search_with_collector(q, it)``.

    The *limit* best are kept in order (None: all), ties by document number; all are counted.
    *allow* and *restrict* are what `Searcher.search` calls ``filter`` and ``mask``.
    """

    def __init__(self, limit: int | None = 10, allow: Any = None, restrict: Any = None) -> None:
        self._limit = limit
        self._allow, self._restrict = allow, restrict

    def prepare(self, top_searcher: Any, q: Any, context: Any) -> None:
        """Begin a search; see `whoosh.collectors.Collector`."""
        super().prepare(top_searcher, q, context)
        self._allowed = _marks(top_searcher, self._allow)
        self._restricted = _marks(top_searcher, self._restrict)
        self._parts: list[tuple[Docs, Floats]] = []
        self.filtered_count = 0

    def set_subsearcher(self, subsearcher: Any, offset: int) -> None:
        """Begin a segment; no matcher is made."""
        self.subsearcher = subsearcher
        self.offset = offset

    def collect_matches(self) -> None:
        """Take the matches of the segment."""
        docs, scores = SegmentQueries(self.subsearcher, self.context.weighting).answer(self.q)
        docs = docs + self.offset
        keep = np.ones(len(docs), np.bool_)
        if self._allowed is not None:
            keep &= self._allowed[docs]
        if self._restricted is not None:
            keep &= ~self._restricted[docs]
        self.filtered_count += len(docs) - int(np.count_nonzero(keep))
        self._parts.append((docs[keep], scores[keep]))

    def finish(self) -> None:
        """End the search."""
        super().finish()
        self._docs = np.concatenate([np.empty(0, np.int64), *(docs for docs, _ in self._parts)])
        self._scores = np.concatenate([np.empty(0), *(scores for _, scores in self._parts)])

    def all_ids(self) -> Iterator[int]:
        """Return the numbers of all documents that matched."""
        return iter(self._docs.tolist())

    def count(self) -> int:
        """Return how many documents matched."""
        return len(self._docs)

    def results(self) -> Results:
        """Return the results."""
        order = self._order()
        pairs = zip(self._scores[order].tolist(), self._docs[order].tolist(), strict=True)
        results = self._results(list(pairs))
        results.filtered_count = self.filtered_count
        results.allowed, results.restricted = self._allow, self._restrict
        return results

    def _order(self) -> Docs:
        """Return the places of the best, in order."""
        limit, count = self._limit, len(self._docs)
        places = np.arange(count)
        if limit is not None and limit < count:
            least = np.partition(self._scores, count - limit)[count - limit]
            places = places[self._scores >= least]
        return places[np.lexsort((places, -self._scores[places]))][:limit]


class ColumnarSearcher(Searcher):  # type: ignore[misc]
    """Whoosh's searcher; a plain ranked search, filtered or not, goes over arrays.

    Sorted, grouped and collapsed searches, those for matched terms, and those whose weighting
    looks at each document once more are Whoosh's own.
    """

    def search(self, q: Any, **kwargs: Any) -> Results:
        """Return the documents that match; see `whoosh.searching.Searcher.search`."""
        limit = kwargs.get("limit", 10)
        special = kwargs.keys() - _PLAIN or not kwargs.get("scored", True)
        if special or self.weighting.use_final or (limit is not None and limit < 1):
            return super().search(q, **kwargs)
        collector = ArrayCollector(limit, kwargs.get("filter"), kwargs.get("mask"))
        self.search_with_collector(q, collector)
        return collector.results()

    def docs_for_query(self, q: Any, for_deletion: bool = False) -> Iterator[int]:
        """Yield the numbers of the documents that match."""
        if for_deletion:
            yield from super().docs_for_query(q, for_deletion)
            return
        for searcher, offset in self.leaf_searchers():
            yield from (SegmentQueries(searcher, None).answer(q).docs + offset).tolist()


_PLAIN = {"limit", "filter", "mask", "optimize", "scored"}
"""The options of a search that arrays answer; others need one document after the other."""


def _marks(searcher: Any, wanted: Any) -> Any:
    """Return a truth for each document: whether a filter (query, results, numbers) holds it.

    One that holds nothing is a filter still; Whoosh takes it for none.
    """
    if wanted is None:
        return None
    marks = np.zeros(searcher.doc_count_all(), np.bool_)
    numbers = searcher._filter_to_comb(wanted)
    marks[np.fromiter(numbers, np.int64)] = True
    return marks
