"""Writing: the `Writer` of an index that is being made or changed in a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from searcher.columns import Batch
from searcher.engines.base import Rejected, Settings, Spool
from searcher.engines.opensearch_ import lifecycle
from searcher.engines.opensearch_.asking import ALL, Index
from searcher.engines.opensearch_.bulk import Sender, delete_action
from searcher.engines.opensearch_.deadletters import DeadLetters
from searcher.engines.opensearch_.mapping import BAG, NUMBER, document_key
from searcher.engines.opensearch_.place import (
    Place,
    index_of,
    new_place,
    read_place,
    write_place,
)
from searcher.engines.opensearch_.spooling import actions, version_of
from searcher.text.fingerprint import fingerprint

_AT_ONCE = 1_000
"""Documents that are looked up at a time."""


class ClusterWriter:
    """Fills one index of the cluster, from number *base* on.

    Each method may raise EngineError: the cluster cannot be reached, or refuses.
    """

    def __init__(self, folder: Path, place: Place, base: int = 0) -> None:
        self._place = place
        self._base = base
        self._sender = Sender(place)
        self._dead_letters = DeadLetters(folder)
        self._rejected: list[Rejected] = []
        self._gone: dict[str, bool] = {}
        self._there: dict[str, bool] = {}

    @classmethod
    def create(cls, folder: Path, settings: Settings) -> ClusterWriter:
        """Start an empty index for the generation in *folder*."""
        place = new_place(folder, settings)
        lifecycle.check_usable(place, folder.parent)
        write_place(folder, place)  # before there is anything that would be left behind
        lifecycle.create(place)
        return cls(folder, place)

    @classmethod
    def change(cls, folder: Path) -> ClusterWriter:
        """Start with all that the index has that *folder* names, which stays as it is."""
        old = read_place(folder)
        place = replace(old, index=index_of(old.alias, folder))
        write_place(folder, place)
        return cls(folder, place, lifecycle.copy(old, place))

    @classmethod
    def resume(cls, folder: Path) -> ClusterWriter | None:
        """Go on with the index of *folder*; None if it is gone, or complete."""
        place = read_place(folder)
        if not lifecycle.is_open(place):
            return None
        lifecycle.reopen(place)
        return cls(folder, place)

    @property
    def rejected(self) -> Sequence[Rejected]:
        """The documents that the cluster would not take so far."""
        return tuple(self._rejected)

    def add(self, batch: Batch) -> None:
        """Add documents, each in place of the one with its id."""
        for document_id in batch.ids:
            if document_id in self._gone:
                self._gone[document_id] = False
        self._sender.send(actions(batch, self._base))

    def adopt(self, spool: Spool) -> None:
        """Take note of what a worker has sent."""
        self._reject(spool.rejected)

    def expect(self, document_ids: Sequence[str]) -> None:
        """Look up which of these are there."""
        self._there = {}
        for start in range(0, len(document_ids), _AT_ONCE):
            some = document_ids[start : start + _AT_ONCE]
            found = lifecycle.present(self._place, [document_key(each) for each in some])
            self._there.update(zip(some, found, strict=True))

    def remove(self, document_id: str) -> bool:
        """Take a document that was committed before out; return whether it was there."""
        if document_id in self._gone:
            return False
        if document_id not in self._there:
            self.expect([document_id])
        there = self._there[document_id]
        if there:
            self._gone[document_id] = True
        return there

    def commit(self) -> None:
        """Send what waits, and complete the index."""
        gone = [each for each, stays_out in self._gone.items() if stays_out]
        version = version_of(self._base)
        self._sender.send(delete_action(each, document_key(each), version) for each in gone)
        self._sender.flush()
        self._reject(self._sender.take_rejected())
        lifecycle.complete(self._place, self._meta)

    def rollback(self) -> None:
        """Forget the index."""
        lifecycle.delete(self._place)

    def _reject(self, rejected: Sequence[Rejected]) -> None:
        self._dead_letters.add(rejected)
        # What was sent is on the disk by now, and may be long.
        self._rejected += [each._replace(action="") for each in rejected]

    def _meta(self) -> Mapping[str, Any]:
        """Return what is noted with the complete index."""
        index = Index(self._place)
        newest = index.search({"size": 0, "aggs": {"newest": {"max": {"field": NUMBER}}}})
        number = newest["aggregations"]["newest"]["value"]
        return {
            "home": self._place.home,
            "fingerprint": fingerprint(),
            "complete": True,
            "documents": index.count(ALL),
            "ranked": index.count({"exists": {"field": BAG}}),
            "next": max(self._base, int(number or 0) + 1),
        }
