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
        decoded: list[int] = position_array(valuestring).tolist()
        return decoded

    def decode_frequency(self, valuestring: bytes) -> int:
        """Return how many positions there are; the weight is kept apart from them."""
        return len(valuestring) // 4


def position_array(value: bytes) -> npt.NDArray[np.int64]:
    """Return the positions of one posting as `Deltas` encoded them."""
    return np.cumsum(np.frombuffer(value, dtype="<i4", offset=1), dtype=np.int64)


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
