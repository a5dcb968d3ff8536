"""Cache: what was decoded, by key, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from searcher import forking


class Sized(Protocol):
    """What a cache keeps: it says how large it is and remembers whether it was used."""

    used: bool

    def bytes(self) -> int:
        """Return what keeping it costs now; it may grow, and then `Cache.settle` is called."""


Value = TypeVar("Value", bound=Sized)


class Cache(Generic[Value]):
    """Values by key, within a budget; what has not been used for long goes first.

    Looking up takes no lock.  Each value has one second chance: when its turn comes to go and it
    was used since its last turn, it goes to the end of the queue instead.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.size = 0
        self._kept: dict[Hashable, Value] = {}
        self.find = self._kept.get
        """Looks a value up without noting that it was used, in the least time."""
        self._costs: dict[Hashable, int] = {}
        self._lock = forking.lock(self.clear)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Value | None:
        """Return the value that is kept under *key*, if any."""
        found = self._kept.get(key)
        if found is not None:
            found.used = True
        return found

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep *value*, unless another thread was faster: return what is kept."""
        with self._lock:
            kept = self._kept.setdefault(key, value)
            self._charge(key, kept)
        return kept

    def settle(self, key: Hashable, value: Value) -> None:
        """Take note that *value* has grown; nothing happens if it is not kept any more."""
        with self._lock:
            if self._kept.get(key) is value:
                self._charge(key, value)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept.clear()
            self._costs.clear()
            self.size = 0

    def _charge(self, key: Hashable, value: Value) -> None:
        cost = value.bytes()
        self.size += cost - self._costs.get(key, 0)
        self._costs[key] = cost
        if cost > self.budget:
            self._drop(key)  # and nothing else for its sake
        while self.size > self.budget:
            oldest = next(iter(self._kept))
            if oldest == key or self._kept[oldest].used:
                self._kept[oldest].used = False
                self._kept[oldest] = self._kept.pop(oldest)
            else:
                self._drop(oldest)

    def _drop(self, key: Hashable) -> None:
        del self._kept[key]
        self.size -= self._costs.pop(key)
