"""BM25 as Lucene computes it, over the bag; the one place that holds the formula."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from searcher.columns import Floats

K1 = 1.2
B = 0.75
"""Lucene's defaults, which no sweep on judged sets improved."""

_EXACT = 24
"""Lucene's norm byte keeps lengths below 24 exactly, and above that four significant bits of the
rest (`SmallFloat.intToByte4`)."""


def norm_length(length: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return lengths in tokens as Lucene's norm byte rounds them: down, to four bits above 24.

    >>> norm_length([5, 24, 39, 41, 1000]).tolist()
    [5, 24, 39, 40, 984]
    """
    exact = np.asarray(length, dtype=np.int64)
    rest = np.maximum(exact - _EXACT, 0)
    bits = np.frexp(rest.astype(np.float64))[1]  # bit length
    shift = np.maximum(bits - 4, 0)
    return np.where(exact < _EXACT, exact, _EXACT + ((rest >> shift) << shift))


def idf(documents: int, containing: float) -> float:
    """Return ln(1 + (N − n + 0.5) / (n + 0.5)).

    >>> round(idf(5, 1), 4)
    1.3863
    """
    return math.log1p((documents - containing + 0.5) / (containing + 0.5))


def length_factor(lengths: npt.ArrayLike, average: float) -> Floats:
    """Return k1 · (1 − b + b · length / average) for rounded lengths."""
    rounded = norm_length(lengths).astype(np.float64)
    return K1 * (1 - B + B * rounded / (average or 1.0))


def saturation(frequency: npt.ArrayLike, factor: npt.ArrayLike) -> Floats:
    """Return tf / (tf + factor): BM25 without its idf, below 1."""
    weight = np.asarray(frequency, dtype=np.float64)
    return weight / (weight + np.asarray(factor, dtype=np.float64))
