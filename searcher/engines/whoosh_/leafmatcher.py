"""The matcher of one term, which Whoosh steps through, over arrays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from whoosh.matching import LeafMatcher, ReadTooFar

from searcher.properties import cached_property

BLOCK = 128
"""Postings that share one bound of quality."""


class Values(Protocol):
    """What a term says about its place in each document, by the number of the posting."""

    def value(self, at: int, format_: Any) -> bytes:
        """Return the bytes that the field's format makes of it."""

    def decoded(self, at: int, kind: str, format_: Any) -> Any:
        """Return it as "positions", "frequency" or what else the format knows."""


@dataclass(frozen=True)
class PostingList:
    """The postings of one term: document numbers, ascending, with weight and length of the field.

    Of a vector, ``docs`` are terms.  ``lengths`` bound scores; they are those that scorers see.
    """

    docs: npt.NDArray[Any]
    weights: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    values: Values

    @cached_property
    def ids(self) -> list[Any]:
        """The documents as objects of Python, which are faster one by one."""
        return _listed(self.docs)

    @cached_property
    def weight_list(self) -> list[float]:
        """The weights likewise."""
        return _listed(self.weights)

    @cached_property
    def max_weights(self) -> list[float]:
        """The greatest weight of each block."""
        return _by_block(np.maximum, self.weights)

    @cached_property
    def min_lengths(self) -> list[int]:
        """The least length of each block."""
        return _by_block(np.minimum, self.lengths)

    @cached_property
    def max_lengths(self) -> list[int]:
        """The greatest length of each block."""
        return _by_block(np.maximum, self.lengths)


def _by_block(function: np.ufunc, values: npt.NDArray[Any]) -> list[Any]:
    return _listed(function.reduceat(values, np.arange(0, len(values), BLOCK)))


def _listed(values: npt.NDArray[Any]) -> list[Any]:
    found: list[Any] = values.tolist()
    return found


class ArrayMatcher(LeafMatcher):  # type: ignore[misc]
    """Stands on one posting of a list; never on none, as long as it is active."""

    def __init__(
        self, postings: PostingList, format_: Any, term: Any = None, scorer: Any = None
    ) -> None:
        self.postings = postings
        self.format = format_
        self.scorer = scorer
        self._term = term
        self._ids = postings.ids
        self._at = 0

    def is_active(self) -> bool:
        """Tell whether there is a current posting."""
        return self._at < len(self._ids)

    def reset(self) -> None:
        """Go back to the first posting."""
        self._at = 0

    def copy(self) -> ArrayMatcher:
        """Return another matcher that stands at the same place."""
        other = self.__class__(self.postings, self.format, self._term, self.scorer)
        other._at = self._at
        return other

    def id(self) -> Any:
        """Return the number of the document (of a vector: the term)."""
        return self._ids[self._at]

    def weight(self) -> float:
        """Return the weight of the current posting."""
        return self.postings.weight_list[self._at]

    def value(self) -> bytes:
        """Return the value of the current posting, as its format makes it."""
        return self.postings.values.value(self._at, self.format)

    def value_as(self, astype: str) -> Any:
        """Return the value of the current posting, decoded."""
        return self.postings.values.decoded(self._at, astype, self.format)

    def all_ids(self) -> Iterator[Any]:
        """Step through to the end, yielding ids."""
        while self.is_active():
            yield self.id()
            self._at += 1

    def all_items(self) -> Iterator[tuple[Any, bytes]]:
        """Step through to the end, yielding ids and values."""
        while self.is_active():
            yield self.id(), self.value()
            self._at += 1

    def items_as(self, astype: str) -> Iterator[tuple[Any, Any]]:
        """Step through to the end, yielding ids and decoded values."""
        while self.is_active():
            yield self.id(), self.value_as(astype)
            self._at += 1

    def next(self) -> bool:
        """Go to the next posting; return whether it begins a block."""
        self._at += 1
        return self._at % BLOCK == 0 or not self.is_active()

    def skip_to(self, id: Any) -> None:
        """Go to the first posting from here on whose id is *id* or above."""
        if not self.is_active():
            raise ReadTooFar
        self._at = bisect_left(self._ids, id, self._at)

    def skip_to_quality(self, minquality: float) -> int:
        """Skip blocks that cannot score above *minquality*; return how many."""
        skipped = 0
        while self.is_active() and self.block_quality() <= minquality:
            self._at = (self._at // BLOCK + 1) * BLOCK
            skipped += 1
        return skipped

    def block_min_id(self) -> Any:
        """Return the first id of the block."""
        return self._ids[self._block * BLOCK]

    def block_max_id(self) -> Any:
        """Return the last id of the block."""
        return self._ids[min((self._block + 1) * BLOCK, len(self._ids)) - 1]

    def block_max_weight(self) -> float:
        """Return the greatest weight of the block."""
        return self.postings.max_weights[self._block]

    def block_min_length(self) -> int:
        """Return the least field length of the block."""
        return self.postings.min_lengths[self._block]

    def block_max_length(self) -> int:
        """Return the greatest field length of the block."""
        return self.postings.max_lengths[self._block]

    @property
    def _block(self) -> int:
        """The current block; unions ask for the bounds of exhausted matchers too."""
        return min(self._at, len(self._ids) - 1) // BLOCK
