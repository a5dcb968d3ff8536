"""Partitions: documents that are built together, and the one function that builds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from searcher.engines.base import Rejected, Spooler, Writer
from searcher.preparing.documents import Incoming, Preparer, digest
from searcher.stored import Packing
from searcher.text.words import document_cutter

PARTITION = 256
"""Documents of a partition at most."""

CHARACTERS = 400_000
"""A partition is complete, too, once its texts are as long as this."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Documents that are built together; the first one has number ``first``."""

    first: int
    incoming: tuple[Incoming, ...]

    @property
    def characters(self) -> int:
        """How long its texts are, titles and the like aside."""
        return sum(len(each.document.body) for each in self.incoming)

    @property
    def where(self) -> str:
        """Its documents, in words."""
        last = self.first + len(self.incoming)
        return f"documents {self.first + 1:,} to {last:,} ({self.incoming[0].document.id} …)"


def partitions(incoming: Iterable[Incoming], first: int = 0) -> Iterator[Partition]:
    """Yield the documents in partitions, numbered from *first* on in the order they came."""
    taken: list[Incoming] = []
    characters = 0
    for each in incoming:
        taken.append(each)
        characters += len(each.document.body)
        if len(taken) == PARTITION or characters >= CHARACTERS:
            yield Partition(first, tuple(taken))
            first += len(taken)
            taken, characters = [], 0
    if taken:
        yield Partition(first, tuple(taken))


class Sink(NamedTuple):
    """What one worker makes batches with, and where it puts them; for one thread at a time."""

    preparer: Preparer
    target: Writer | Spooler


class Built(NamedTuple):
    """A partition that an index holds: ``documents`` of it from number ``first`` on.

    Those that the engine could not take are ``rejected``.
    """

    first: int
    documents: int
    rejected: tuple[Rejected, ...] = ()


def build_partition(partition: Partition, sink: Sink) -> Built:
    """Analyze the documents of a partition and put them into *sink*.

    Nothing but the partition, and the dictionary of the sink's preparer, decides what is put
    there: numbers, terms and stored bytes.  So it may be done anywhere, in any order, and again.
    """
    sink.target.add(sink.preparer.prepare(partition.incoming, partition.first))
    return Built(partition.first, len(partition.incoming))


def preparer_with(dictionary: bytes) -> Preparer:
    """Return a preparer whose documents are packed with *dictionary*, as `train` made it."""
    return Preparer(document_cutter(), Packing(dictionary))


def digest_of(partition: Partition, dictionary: bytes) -> str:
    """Return what tells a partition, packed with *dictionary*, from any other, in hexadecimal.

    >>> from searcher.model import Document
    >>> one, other = ((Incoming(Document(name, "脱贫")),) for name in "ab")
    >>> len({digest_of(Partition(0, one), b""), digest_of(Partition(0, other), b"")})
    2
    """
    found = blake2b(str(partition.first).encode(), digest_size=16)
    found.update(blake2b(dictionary).digest())
    for document, origin in partition.incoming:
        for text in (document.id, origin):
            known = text.encode("utf-8", "surrogatepass")
            found.update(len(known).to_bytes(8, "little") + known)
        found.update(digest(document))
    return found.hexdigest()
