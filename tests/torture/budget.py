"""How much each part of the torture does, and from what seed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

MINUTES = float(os.environ.get("TORTURE_MINUTES") or 0)
"""How long all of it may take; 0 as in every day's tests, where each part does a few cases."""

SEED = int(os.environ.get("TORTURE_SEED") or (int.from_bytes(os.urandom(4)) if MINUTES else 1))

SHARED = 0.9
"""How much of the time is shared out; the rest is for setting up and for tests without a share."""

MOST_WRONG = 30
"""So many cases gone wrong are enough to look at."""


class Budget:
    """How much one part does: *quick* cases, or as many as fit into its *seconds*.

    ``random`` is seeded by the run's seed and the part's name, so that parts do not depend on
    each other.
    """

    def __init__(self, name: str, seconds: float | None) -> None:
        self.name = name
        self.seconds = seconds
        self.seed = f"{SEED}/{name}"
        self.random = Random(self.seed)
        self.done = 0

    def cases(self, *, floor: int, quick: int) -> Iterator[int]:
        """Yield numbers of cases from 0 on.

        Fails where time is over before *floor* of them are done, and says so with the seed.
        """
        if self.seconds is None:
            for self.done in range(1, quick + 1):
                yield self.done - 1
            return
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            yield self.done
            self.done += 1
        if self.done < floor:
            pytest.fail(
                f"{self.name}: {self.done} of at least {floor} cases in {self.seconds:.0f} s; "
                "give it more time: make torture TORTURE_MINUTES=…"
            )


class Watch:
    """Collects what goes wrong, case by case, so that one run shows all of it."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    @contextmanager
    def __call__(self, case: str) -> Iterator[None]:
        """Note an exception of the block under the name of the *case*."""
        try:
            yield
        except Exception as error:
            self.wrong.append(f"{case}: {type(error).__name__}: {error}")
            if len(self.wrong) == MOST_WRONG:
                raise
