"""Texts as arrays of code points, alone and many in a row, and places in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from searcher.columns import Codes, Numbers

CODE_POINTS = sys.maxunicode + 1

LONG = 1 << 18
"""Text of more characters than this is never made an array as a whole: it takes a hundred bytes
and more for each character to analyze it so."""


def code_points(text: str) -> Codes:
    """Return the code points of *text*, lone surrogates included.

    >>> code_points("a后").tolist()
    [97, 21518]
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def text_of(codes: Codes) -> str:
    """Return the text whose code points these are.

    >>> text_of(code_points("a后"))
    'a后'
    """
    return str(codes.data, "utf-32-le", "surrogatepass")


def joined(texts: Sequence[str]) -> tuple[Codes, Numbers]:
    """Return the code points of all *texts*, a line break behind each, and where each begins.

    The second has one place more than there are texts.

    >>> codes, bounds = joined(["全文", ""])
    >>> codes.tolist(), bounds.tolist()
    ([20840, 25991, 10, 10], [0, 3, 4])
    """
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=bounds[1:])
    return code_points("\n".join((*texts, ""))), bounds


def owners(bounds: Numbers, places: Numbers) -> Numbers:
    """Return the number of the text that each of *places* belongs to.

    >>> owners(np.array([0, 3, 4]), np.array([2, 3])).tolist()
    [0, 1]
    """
    found: Numbers = np.searchsorted(bounds, places, side="right") - 1
    return found


def first_of_runs(places: Numbers) -> Numbers:
    """Return which of *places*, ascending and at least one, do not follow on the one before.

    >>> first_of_runs(np.array([3, 4, 7])).tolist()
    [0, 2]
    """
    is_first = np.ones(len(places), dtype=bool)
    np.not_equal(places[1:], places[:-1] + 1, out=is_first[1:])
    return is_first.nonzero()[0]


def ranges(first: Numbers, sizes: Numbers) -> Numbers:
    """Return the numbers of many ranges: ``sizes[i]`` from ``first[i]`` on.

    >>> ranges(np.array([7, 3]), np.array([1, 2])).tolist()
    [7, 3, 4]
    """
    ends = np.cumsum(sizes)
    count = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - ends + sizes, sizes) + np.arange(count)
