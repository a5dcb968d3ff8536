"""Our scores for Whoosh's own searcher: the formula of `bm25` as a weighting model."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from whoosh.scoring import BaseScorer, WeightingModel

from searcher.columns import Floats
from searcher.engines.bm25 import idf, length_factor, saturation


class LuceneBM25(WeightingModel):  # type: ignore[misc]
    """The scores of our searches: ``index.searcher(weighting=LuceneBM25())``.

    For fields of an index of ours; deleted documents count for nothing.
    """

    def __init__(self) -> None:
        self._lengths: WeakKeyDictionary[Any, npt.NDArray[np.int64]] = WeakKeyDictionary()

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: float = 1) -> BaseScorer:
        """Return a scorer of one term; lengths are those of the bag, from column ``tokens``."""
        leaves = [leaf for leaf, _ in searcher.get_parent().reader().leaf_readers()]
        every = [self._live_lengths(leaf) for leaf in leaves]
        ranked = sum(int(np.count_nonzero(each)) for each in every) or 1
        average = sum(int(each.sum()) for each in every) / ranked
        containing = sum(_containing(leaf, fieldname, text) for leaf in leaves)
        factors = length_factor(self._live_lengths(searcher.reader()), average)
        return LuceneScorer(qf * idf(ranked, containing), factors)

    def _live_lengths(self, reader: Any) -> npt.NDArray[np.int64]:
        """Return the length of each document, 0 for those deleted."""
        found = self._lengths.get(reader)
        if found is None:
            column = reader.column_reader("tokens") if reader.doc_count_all() else ()
            found = np.array(list(column), dtype=np.int64)
            if reader.has_deletions():
                found[[number for number in range(len(found)) if reader.is_deleted(number)]] = 0
            self._lengths[reader] = found
        return found


def _containing(reader: Any, fieldname: str, text: bytes) -> int:
    """Return how many documents have a term, deleted ones not counted."""
    if not reader.has_deletions():
        return int(reader.doc_frequency(fieldname, text))
    if (fieldname, text) not in reader:
        return 0
    return sum(1 for _ in reader.postings(fieldname, text).all_ids())


class LuceneScorer(BaseScorer):  # type: ignore[misc]
    """Scores one term in the documents of one segment."""

    def __init__(self, weight: float, factors: Floats) -> None:
        self.weight = weight
        self.factors = factors

    def supports_block_quality(self) -> bool:
        """Return False: whole lists are stepped through."""
        return False

    def score(self, matcher: Any) -> float:
        """Return the score of the posting the matcher stands on."""
        return float(self.scores(matcher.id(), matcher.weight()))

    def scores(self, docs: npt.NDArray[np.int64] | int, weights: npt.ArrayLike) -> Floats:
        """Return the scores of many postings at once."""
        return self.weight * saturation(weights, self.factors[docs])

    def max_quality(self) -> float:
        """Return a bound no score exceeds."""
        return self.weight
