"""Spooling: what a worker, wherever it is, sends to the index it was told of."""

from __future__ import annotations

from collections.abc import Iterator

from searcher.columns import Batch
from searcher.engines.base import Spool
from searcher.engines.opensearch_.bulk import Action, Sender, index_action
from searcher.engines.opensearch_.mapping import NUMBER, document_key, sources
from searcher.engines.opensearch_.place import Place


class ClusterSpooler:
    """The `Spooler` of one worker: what it is given is sent at once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._sender = Sender(place)
        self._documents = 0

    def add(self, batch: Batch) -> None:
        """Send the documents of a batch."""
        self._sender.send(actions(batch))
        self._documents += len(batch)

    def close(self) -> Spool:
        """Return when the cluster has all that was added, and say what it could not take."""
        self._sender.flush()
        rejected = tuple(self._sender.take_rejected())
        return Spool(self._place.index, self._documents, rejected)


def actions(batch: Batch, base: int = 0) -> Iterator[Action]:
    """Yield the actions that put the documents of a batch in, numbered from *base* on."""
    for source in sources(batch):
        source[NUMBER] += base
        document_id, number = source["id"], source[NUMBER]
        yield index_action(document_id, document_key(document_id), version_of(number), source)


def version_of(number: int) -> int:
    """Return the version of the document with a number: of two the higher number stays."""
    return number + 1
