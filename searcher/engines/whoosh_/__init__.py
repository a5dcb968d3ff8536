"""The embedded engine: a Whoosh index of our own terms.  Everything that knows Whoosh is here."""

from __future__ import annotations

from pathlib import Path

from searcher.engines.whoosh_.reader import WhooshReader
from searcher.engines.whoosh_.writer import WhooshWriter


class WhooshEngine:
    """The `Engine` of `searcher.engines.base` over a folder of Whoosh segments."""

    name = "whoosh"
    schema_version = 1

    def create(self, folder: Path) -> WhooshWriter:
        """Start an empty index in an empty *folder*."""
        return WhooshWriter.create(folder)

    def change(self, folder: Path) -> WhooshWriter:
        """Open the index in *folder* for changes."""
        return WhooshWriter.change(folder)

    def open(self, folder: Path) -> WhooshReader:
        """Open the index in *folder* for reading."""
        return WhooshReader(folder)
