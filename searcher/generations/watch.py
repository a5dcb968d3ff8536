"""Watching CURRENT: is there news, for the price of one look at a file's status."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from searcher.errors import SearcherError
from searcher.generations.layout import CURRENT

RETRY = 1.0
"""Seconds before what could not be opened is tried again: a query is not to pay for each try."""

_Stamp: TypeAlias = "tuple[int, int, int] | None"


class Watch:
    """One reader's eye on the CURRENT of *home*; begin to watch before you read it."""

    def __init__(self, home: Path) -> None:
        self._path = os.fspath(home / CURRENT)
        self._seen = self._look()
        self._warned: tuple[_Stamp] | None = None
        self._again = math.inf

    def news(self) -> bool:
        """Return whether CURRENT was replaced, or what failed is worth another try."""
        return self._look() != self._seen or (
            self._again < math.inf and time.monotonic() >= self._again
        )

    def follow(self, move: Callable[[], object]) -> None:
        """Call *move* and take the news as read, whether it raises a named error or not.

        That is logged once for each new CURRENT: whoever asks is answered from what is open.
        """
        # The look comes first: what is published while *move* reads is news again.
        stamp = self._look()
        self._again = math.inf
        try:
            move()
        except (SearcherError, OSError) as error:
            self._again = time.monotonic() + RETRY
            if self._warned != (stamp,):
                self._warned = (stamp,)
                _warn(error)
        self._seen = stamp

    def _look(self) -> _Stamp:
        # Each publication is a new file; its number alone could be one that was used before.
        try:
            found = os.lstat(self._path)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _warn(error: Exception) -> None:
    # Imported here: every search comes through this package, and hardly any logs.
    import logging

    logging.getLogger(__name__).warning(
        "the generation published last cannot be opened, the one before it goes on answering: %s",
        error,
    )
