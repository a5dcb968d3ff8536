"""The embedded engine: a Whoosh index of our own terms.  Everything that knows Whoosh is here.

Reading needs nothing of Whoosh; what writes, and what Whoosh's own tools need, is imported when
it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from searcher.arguments import CACHE, MEMORY
from searcher.engines.base import NO_SETTINGS, Reader, Settings, Spooler, Writer

if TYPE_CHECKING:
    from searcher.engines.remote import Remote


class WhooshEngine:
    """The `Engine` of `searcher.engines.base` over a folder of columnar Whoosh segments."""

    name = "whoosh"
    schema_version = 3
    remote: Remote | None = None

    def create(
        self,
        folder: Path,
        *,
        jobs: int = 1,
        memory: int = MEMORY,
        settings: Settings = NO_SETTINGS,
    ) -> Writer:
        """Start an empty index in an empty *folder*; there is nothing that can be told."""
        if settings:
            raise ValueError(f"the engine {self.name} has no settings, but was told {settings}")
        from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter

        return ColumnWriter.create(folder, jobs=jobs, memory=memory)

    def spooler(self, folder: Path, stem: str) -> Spooler:
        """Return the spooler of a worker process."""
        from searcher.engines.whoosh_.writing import spool

        return spool.Spooler(folder, stem)

    def change(self, folder: Path) -> Writer:
        """Open the index in *folder* for changes."""
        from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter

        return ColumnWriter.change(folder)

    def drop(self, folder: Path) -> None:
        """Do nothing: all there is lies in *folder*."""

    def published(self, folder: Path) -> None:
        """Do nothing: nobody else has to know."""

    def whereabouts(self, folder: Path) -> Mapping[str, str]:  # noqa: ARG002
        """Return nothing: it lies in *folder*."""
        return {}

    def open(self, folder: Path, *, cache: int = CACHE) -> Reader:
        """Open the index in *folder* for reading."""
        from searcher.engines.whoosh_.reading.columnreader import ColumnReader

        return ColumnReader.open(folder, cache)
