"""Topmost: the k best of many sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Floats
from searcher.engines.whoosh_.reading.found import Docs

Ranks: TypeAlias = Callable[[Docs], npt.NDArray[np.int64]]
"""Gives numbers that ascend as documents do that are equally good."""

_COLUMNS = 1024
"""Groups that very many sums are divided into."""


def kth(sums: npt.NDArray[np.number[Any]], most: int) -> float:
    """Return the *most*-th best of the sums, or of very many a number that is hardly lower.

    That is the *most*-th best of the bests of groups: as many sums are not below it.

    >>> kth(np.array([3.0, 1.0, 2.0]), 2)
    2.0
    """
    if len(sums) > 4 * _COLUMNS and most * 8 <= _COLUMNS:
        rows = len(sums) // _COLUMNS
        sums = sums[: rows * _COLUMNS].reshape(rows, _COLUMNS).max(axis=0)
    return float(_kth(sums, most))


def topmost(docs: Docs, sums: Floats, most: int, ranks: Ranks | None) -> tuple[Docs, Floats]:
    """Return the *most* best of ascending docs with their sums, ties by rank (None: by number).

    >>> topmost(np.array([4, 5, 6]), np.array([1.0, 2.0, 1.0]), 2, None)[0].tolist()
    [5, 4]
    """
    if 0 < most < len(docs):
        kept = sums >= _kth(sums, most)
        docs, sums = docs[kept], sums[kept]  # with every tie of the last place
    order = np.lexsort((docs, -sums))
    if ranks is not None and len(docs) > 1:
        ordered = sums[order]
        if (ordered[1:] == ordered[:-1]).any():
            order = np.lexsort((ranks(docs), -sums))
    order = order[:most]
    return docs[order], sums[order]


def _kth(sums: npt.NDArray[Any], most: int) -> Any:
    """Return the *most*-th best of the sums."""
    sums = sums.copy()
    at = len(sums) - most
    sums.partition(at)
    return sums[at]
