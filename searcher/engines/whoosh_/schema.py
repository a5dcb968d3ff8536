"""The Whoosh schema: one bag of terms to rank by, and positions to answer runs from.

Whoosh pickles field types and formats by their path: neither this module nor these classes may
ever move.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.columns import NumericColumn, VarBytesColumn
from whoosh.fields import COLUMN, ID, TEXT, Schema
from whoosh.formats import Positions

from searcher.engines.whoosh_.analyzer import UnifiedAnalyzer

BAG = "body"
"""The bag is the field that stock Whoosh's ``QueryParser("body", schema)`` asks."""

BORDERS = "borders"
"""Runs over sentence ends, of all fields: ``field`` + TAB + key → positions."""


class Deltas(Positions):  # type: ignore[misc]
    """Positions as little-endian 32-bit differences; Whoosh's own are pickled lists.

    One byte stands in front: Whoosh drops a value of no bytes, and with it the count of values.
    """

    def encode(self, poslist: Sequence[int]) -> bytes:
        """Return the bytes of ascending positions."""
        deltas = [at - before for before, at in pairwise((0, *poslist))]
        return struct.pack(f"<x{len(deltas)}i", *deltas)

    def decode_positions(self, valuestring: bytes) -> list[int]:
        """Return the positions of one posting."""
        positions: list[int] = decoded([valuestring])[1].tolist()
        return positions

    def decode_frequency(self, valuestring: bytes) -> int:
        """Return how many positions there are; the weight is kept apart from them."""
        return len(valuestring) // 4


def decoded(values: Sequence[bytes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many positions each value of a postings list holds, and all of them in a row.

    >>> [array.tolist() for array in decoded([Deltas().encode([3, 5]), Deltas().encode([4])])]
    [[2, 1], [3, 5, 4]]
    """
    counts = np.array([len(value) // 4 for value in values], dtype=np.int64)
    deltas = np.frombuffer(b"".join(value[1:] for value in values), dtype="<i4")
    sums = np.concatenate([[0], np.cumsum(deltas, dtype=np.int64)])
    before = sums[np.cumsum(counts) - counts]  # what other documents' deltas add up to
    return counts, sums[1:] - np.repeat(before, counts)


@dataclass(frozen=True, slots=True)
class Postings:
    """What one document adds to a field: term → weight, and term → positions for some of them."""

    weights: Mapping[str, int]
    positions: Mapping[str, Sequence[int]]


class Bag(TEXT):  # type: ignore[misc]
    """A field of terms that were analyzed before; plain strings are analyzed as words."""

    def __init__(self) -> None:
        super().__init__(analyzer=UnifiedAnalyzer())
        self.format = Deltas()

    def index(self, value: Any, **kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield (term, frequency, weight, positions) for each term of *value*."""
        if not isinstance(value, Postings):
            yield from super().index(value, **kwargs)
            return
        for term in value.weights.keys() | value.positions.keys():
            weight = value.weights.get(term, 0)
            positions = self.format.encode(value.positions.get(term, ()))
            yield term.encode("utf-8"), weight, float(weight), positions


def schema() -> Schema:
    """Return the schema of every index of this engine."""
    return Schema(
        id=ID(unique=True, sortable=True),
        path=COLUMN(VarBytesColumn()),
        stored=COLUMN(VarBytesColumn()),
        tokens=COLUMN(NumericColumn("I")),
        title=Bag(),
        source=Bag(),
        author=Bag(),
        **{BAG: Bag(), BORDERS: Bag()},
    )
