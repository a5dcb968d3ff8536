"""Runs: where some units stand in a row, in arrays of many fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.snippets import Found

Keys: TypeAlias = npt.NDArray[np.unsignedinteger]


Sought: TypeAlias = tuple[int, tuple[str, ...]]
"""A mark by its number, and its units."""


def of_mark(number: int, start: Numbers, end: Numbers) -> Found:
    """Return the ranges of one mark, given where they start and end."""
    return Found(start, end, np.full(len(start), number))


def begins(keys: Keys, run: Sequence[int]) -> Numbers:
    """Return the places in *keys* where *run*, at least one key, begins.

    >>> import numpy as np
    >>> begins(np.array([5, 7, 5, 7, 9], np.uint32), [5, 7]).tolist()
    [0, 2]
    """
    at: Numbers = (keys[: max(0, len(keys) - len(run) + 1)] == run[0]).nonzero()[0]
    for offset, key in enumerate(run[1:], 1):
        if not len(at):
            break
        at = at[keys[at + offset] == key]
    return at
