"""Metrics: a ranking and its judgments → numbers, and whether two runs differ.

The measures equal pytrec_eval's for rankings without ties: linear gain, logarithm to base 2, and
an ideal ranking drawn from all judged documents, retrieved or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from math import log2

import numpy as np
import numpy.typing as npt

RESAMPLES = 5000
"""Resamples of a bootstrap, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of one query, or their means over several."""

    ndcg10: float
    mrr10: float
    recall10: float
    recall100: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference, its 95 % interval and its two-sided p, from a paired bootstrap."""

    mean: float
    low: float
    high: float
    p: float


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Return the discounted gain of the first *depth* documents over the best possible one.

    >>> round(ndcg(["a", "x", "b"], {"a": 1, "b": 2}, 10), 4)
    0.7602
    """
    ideal = _gain(sorted(judged.values(), reverse=True)[:depth])
    return _gain(judged.get(found, 0) for found in ranking[:depth]) / ideal if ideal else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Return 1 / the rank of the first relevant document, 0 where none is within *depth*.

    >>> reciprocal_rank(["x", "a"], {"a": 1}, 10)
    0.5
    """
    ranks = (rank for rank, found in enumerate(ranking[:depth], 1) if judged.get(found, 0) > 0)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def recall(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Return the share of the relevant documents that are within *depth*.

    >>> recall(["a", "x"], {"a": 1, "b": 1, "c": 0}, 10)
    0.5
    """
    relevant = {name for name, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def score(ranking: Sequence[str], judged: Mapping[str, int]) -> Scores:
    """Return the measures of one ranking, best document first, each document once."""
    return Scores(
        ndcg(ranking, judged, 10),
        reciprocal_rank(ranking, judged, 10),
        recall(ranking, judged, 10),
        recall(ranking, judged, 100),
    )


def mean(scores: Iterable[Scores]) -> Scores:
    """Return the mean of each measure; ValueError where there is nothing to average.

    >>> mean([Scores(1, 1, 1, 1), Scores(0, 0.5, 0, 1)])
    Scores(ndcg10=0.5, mrr10=0.75, recall10=0.5, recall100=1.0)
    """
    rows = [astuple(each) for each in scores]
    if not rows:
        raise ValueError("no scores to average")
    return Scores(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def paired_bootstrap(
    differences: Sequence[Sequence[float]], *, resamples: int = RESAMPLES, seed: int = 0
) -> Difference:
    """Return what the differences of paired scores (one run minus another) amount to.

    *differences* holds one sequence per set; queries are drawn anew within their set, and the
    mean is that of the sets' means.  The same *seed* gives the same answer.  The smallest
    possible p is 1 / (*resamples* + 1).

    >>> paired_bootstrap([[0.25, 0.25, 0.25]], resamples=99)
    Difference(mean=0.25, low=0.25, high=0.25, p=0.01)
    """
    sets = [np.asarray(each, dtype=np.float64) for each in differences]
    if not sets or not all(len(each) for each in sets):
        raise ValueError("every set needs at least one paired query")
    drawn = np.mean([_means(each, resamples, seed) for each in sets], axis=0)
    low, high = np.percentile(drawn, [2.5, 97.5])
    other_way = min(int(np.sum(drawn <= 0)), int(np.sum(drawn >= 0)))
    p = min(1.0, (2 * other_way + 1) / (resamples + 1))
    return Difference(float(np.mean([each.mean() for each in sets])), float(low), float(high), p)


def _gain(grades: Iterable[int]) -> float:
    return sum(max(grade, 0) / log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _means(values: npt.NDArray[np.float64], resamples: int, seed: int) -> npt.NDArray[np.float64]:
    """Return the means of *resamples* samples drawn with replacement."""
    source = np.random.default_rng([seed, len(values)])
    size = len(values)
    return np.array([values[source.integers(0, size, size)].mean() for _ in range(resamples)])
