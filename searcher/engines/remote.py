"""What an engine whose documents lie in a cluster can do besides: be filled from anywhere.

Such an engine has a `Remote` as its ``remote``; that of one that writes into a folder is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from searcher.engines.base import Spooler, Writer

Ticket: TypeAlias = Mapping[str, str | int]
"""Where an index is that is being made: plain values, nothing secret."""


class Remote(Protocol):
    """How workers on any machine take part in making an index, and how it is gone on with."""

    def ticket(self, folder: Path) -> Ticket:
        """Return what a worker must be told to put documents into the index made in *folder*."""

    def join(self, ticket: Ticket) -> Spooler:
        """Return a spooler of a worker that has a ticket only; for one thread at a time.

        What it is told may be told again: of a document with the same number the same is kept.
        Its `Spooler.close` returns when the index holds all that was added, and says what it
        could not take.  Credentials are those of the worker's own environment.

        Raises:
            EngineError: the cluster cannot be reached, or refuses.
        """

    def resume(self, folder: Path) -> Writer | None:
        """Open the index in *folder* again, whose making was broken off before its end.

        None says that there is nothing to go on with: it is gone, or complete.
        """
