"""Postings: one term of one field over all segments, decoded as far as it was asked for."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Floats
from searcher.engines.whoosh_.files.segment import Entry
from searcher.engines.whoosh_.reading.found import Docs, Found, Row

Counts: TypeAlias = npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.int64]
Levels: TypeAlias = npt.NDArray[np.uint8]

POSITION_BITS = 32
"""A place is ``document << 32 | position``: one sorted array holds a whole term."""

POSITION = (1 << POSITION_BITS) - 1
"""The bits of a place that are the position."""

NO_PLACES: Places = np.empty(0, dtype=np.int64)

NO_GAINS: Floats = np.empty(0)

_SELF = 400
_UNIT = 100
"""Bytes that an object with nothing decoded costs, about, and each unit of a run in its key."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A term of the bag as scores need it, live documents only.

    A rare term has ``docs`` and ``gains``: idf × tf / (tf + factor), what one occurrence of it in
    a query is worth to each.  A frequent one has a ``row``: tf of every document.  ``found`` is
    its documents, for clauses.
    """

    df: int
    idf: float
    docs: Docs
    gains: Floats
    row: Row | None
    found: Found


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The documents that a term is worth most in, best first, ties by id."""

    docs: Docs
    gains: Floats


class Postings:
    """What is known of one term of one field; the store fills it in, the cache counts it."""

    __slots__ = (
        "counted",
        "entries",
        "head",
        "key",
        "levels",
        "places",
        "size",
        "standing",
        "units",
        "used",
        "weighed",
    )

    def __init__(
        self, key: Hashable, entries: tuple[tuple[int, Entry], ...], units: int = 0
    ) -> None:
        self.key = key
        self.units = units
        """Units of the runs in the key, where it is no term."""
        self.entries = entries
        """The record in each segment that has one, by the number of the segment."""
        self.size = sum(entry.df for _, entry in entries)
        """Documents, deleted ones too: at least as many as will be found."""
        self.used = False
        self.counted: tuple[Docs, Counts] | None = None
        self.weighed: Weighed | None = None
        self.places: Places | None = None
        self.standing: Found | None = None
        """The documents that hold the term at a position."""
        self.levels: Levels | None = None
        """Gains of all documents in steps, rounded up, for terms that have a row."""
        self.head: Head | None = None

    def bytes(self) -> int:
        """Return what keeping it costs."""
        arrays: list[npt.NDArray[Any] | None] = [self.places, self.levels]
        if self.counted is not None:
            arrays += self.counted
        if self.head is not None:
            arrays += self.head.docs, self.head.gains
        if self.weighed is not None:
            arrays += self.weighed.docs, self.weighed.gains, self.weighed.row
        if self.standing is not None:
            arrays += self.standing.docs, self.standing.row
        once = {id(array): array.nbytes for array in arrays if array is not None}
        return _SELF + self.units * _UNIT + sum(once.values())
