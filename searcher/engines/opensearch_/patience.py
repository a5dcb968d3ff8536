"""Patience: what a cluster is too busy for is asked again later, a bounded number of times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from searcher.engines.opensearch_.client import may_pass
from searcher.errors import ClusterError

T = TypeVar("T")

TRIES = 9
"""So often a change is tried before it fails: the waits between add up to two minutes at most."""

_FIRST, _LONGEST = 0.5, 60.0
"""Seconds to wait behind the first try, and at most; each wait is twice the one before."""


def waits() -> Iterator[float | None]:
    """Yield how many seconds to wait behind each try, None behind the last.

    A part of it is left to chance, so that many who were refused together do not come back
    together.
    """
    wait = _FIRST
    for _ in range(TRIES - 1):
        yield wait * random.uniform(0.5, 1.0)
        wait = min(2 * wait, _LONGEST)
    yield None


def patiently(ask: Callable[[], T]) -> T:
    """Return what *ask* returns, which may be called more than once.

    Raises whatever it raises, at last or if no other try would help.
    """
    for wait in waits():
        try:
            return ask()
        except ClusterError as error:
            if wait is None or not may_pass(error):
                raise
            time.sleep(wait)
    raise AssertionError("the last try returns or raises")
