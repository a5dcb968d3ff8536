"""The schema of our index as Whoosh's own tools see it.

Whoosh pickles field types and formats by their path: neither this module nor these classes may
ever move.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise

from whoosh.columns import NumericColumn, VarBytesColumn
from whoosh.fields import COLUMN, ID, TEXT, Schema
from whoosh.formats import Positions

from searcher.engines.whoosh_.analyzer import UnifiedAnalyzer
from searcher.engines.whoosh_.files.fieldnames import BAG, BORDERS

IDS = "id"
"""Ids are terms of their own."""


class Deltas(Positions):  # type: ignore[misc]
    """Positions as little-endian 32-bit differences; Whoosh's own are pickled lists.

    One byte stands in front: Whoosh drops a value of no bytes, and with it the count of values.
    """

    def encode(self, poslist: Sequence[int]) -> bytes:
        """Return the bytes of ascending positions.

        >>> Deltas().decode_positions(Deltas().encode([3, 5, 1_000_000]))
        [3, 5, 1000000]
        """
        deltas = [at - before for before, at in pairwise((0, *poslist))]
        return struct.pack(f"<x{len(deltas)}I", *deltas)

    def decode_positions(self, valuestring: bytes) -> list[int]:
        """Return the positions of one posting."""
        return list(accumulate(struct.unpack(f"<x{len(valuestring) // 4}I", valuestring)))

    def decode_frequency(self, valuestring: bytes) -> int:
        """Return how many positions there are; the weight is kept apart from them."""
        return len(valuestring) // 4


class Bag(TEXT):  # type: ignore[misc]
    """Terms of our documents; a string that is given to Whoosh's writer is analyzed as words.

    Only the bag itself keeps lengths, so only its scores take them into account.
    """

    def __init__(self, *, scorable: bool = False) -> None:
        super().__init__(analyzer=UnifiedAnalyzer())
        self.format = Deltas()
        self.scorable = scorable


def schema() -> Schema:
    """Return the schema of every index of this engine.

    The bag is the field that Whoosh's ``QueryParser("body", schema)`` asks.
    """
    return Schema(
        path=COLUMN(VarBytesColumn()),
        stored=COLUMN(VarBytesColumn()),
        tokens=COLUMN(NumericColumn("I")),
        title=Bag(),
        source=Bag(),
        author=Bag(),
        **{IDS: ID(unique=True, stored=True, sortable=True)},
        **{BAG: Bag(scorable=True), BORDERS: Bag()},
    )
