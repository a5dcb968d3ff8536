"""The engine of clusters: an OpenSearch index of our own terms for each generation.

Everything that knows OpenSearch is here, and imported when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from searcher.arguments import CACHE, MEMORY
from searcher.engines.base import NO_SETTINGS, Reader, Settings, Spooler, Writer

if TYPE_CHECKING:
    from searcher.engines.remote import Ticket

FILE = "opensearch.json"
"""The file of a generation that says where its index lies."""


class OpenSearchEngine:
    """The `Engine` of `searcher.engines.base` over a cluster, and the `Remote` of it."""

    name = "opensearch"
    schema_version = 1

    @property
    def remote(self) -> OpenSearchEngine:
        """How workers anywhere fill an index."""
        return self

    # ------------------------------------------------------------ writing

    def create(
        self,
        folder: Path,
        *,
        jobs: int = 1,  # noqa: ARG002 - the cluster shares its work out by itself
        memory: int = MEMORY,  # noqa: ARG002 - no more than a few requests is held
        settings: Settings = NO_SETTINGS,
    ) -> Writer:
        """Start an empty index, in the cluster that *settings* name, for an empty *folder*."""
        from searcher.engines.opensearch_.writing import ClusterWriter

        return ClusterWriter.create(folder, settings)

    def spooler(self, folder: Path, stem: str) -> Spooler:  # noqa: ARG002
        """Return the spooler of a worker process."""
        return self.join(self.ticket(folder))

    def change(self, folder: Path) -> Writer:
        """Open a copy of the index that *folder* names, for changes; the copy is named then."""
        from searcher.engines.opensearch_.writing import ClusterWriter

        return ClusterWriter.change(folder)

    def ticket(self, folder: Path) -> Ticket:
        """Return what a worker must be told."""
        from searcher.engines.opensearch_.place import read_place

        return read_place(folder).to_dict()

    def join(self, ticket: Ticket) -> Spooler:
        """Return a spooler of a worker that has a ticket only."""
        from searcher.engines.opensearch_.place import place_of
        from searcher.engines.opensearch_.spooling import ClusterSpooler

        return ClusterSpooler(place_of(ticket))

    def resume(self, folder: Path) -> Writer | None:
        """Open the index in *folder* again, whose making was broken off."""
        from searcher.engines.opensearch_.writing import ClusterWriter

        return ClusterWriter.resume(folder)

    # ------------------------------------------------------------ lifecycle

    def drop(self, folder: Path) -> None:
        """Delete the index that is made for the generation in *folder*, if there is one."""
        if (folder / FILE).exists():
            from searcher.engines.opensearch_.lifecycle import drop

            drop(folder)

    def published(self, folder: Path) -> None:
        """Have the alias name the index of the generation in *folder*."""
        if (folder / FILE).exists():
            from searcher.engines.opensearch_.lifecycle import point_alias

            point_alias(folder)

    def whereabouts(self, folder: Path) -> Mapping[str, str]:
        """Return the cluster, the index and the alias."""
        from searcher.engines.opensearch_.place import read_place

        place = read_place(folder)
        return {"cluster": place.url, "index": place.index, "alias": place.alias}

    # ------------------------------------------------------------ reading

    def open(self, folder: Path, *, cache: int = CACHE) -> Reader:
        """Open the index that *folder* names for reading."""
        from searcher.engines.opensearch_.place import read_place
        from searcher.engines.opensearch_.reading import ClusterReader

        return ClusterReader(read_place(folder), cache)
