"""Runs: where some units stand in a row, in arrays of many fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.text.codes import Flags

Keys: TypeAlias = npt.NDArray[np.unsignedinteger]


Sought: TypeAlias = tuple[int, tuple[str, ...]]
"""A mark by its number, and its units."""


class Spans(NamedTuple):
    """Where the mark *number* stands on a sheet, ascending."""

    number: int
    start: Numbers
    end: Numbers

    def where(self, wanted: Flags) -> Spans:
        """Return the spans for which *wanted* is true."""
        return Spans(self.number, self.start[wanted], self.end[wanted])


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
