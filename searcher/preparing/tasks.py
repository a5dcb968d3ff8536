"""Tasks: a partition with all that a worker anywhere needs to build it into a remote index.

Nothing is shared with the worker but what a task carries: no folder, no state, no credentials.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from searcher.engines import ENGINES
from searcher.engines.remote import Remote, Ticket
from searcher.errors import EngineError, WorkerError
from searcher.preparing.documents import Preparer
from searcher.preparing.partitions import (
    Built,
    Partition,
    Sink,
    build_partition,
    preparer_with,
)
from searcher.text.fingerprint import fingerprint, installed
from searcher.version import VERSION


@dataclass(frozen=True, slots=True)
class Order:
    """What all tasks of one run have in common.

    ``versions`` are those that every worker must have, ``dictionary`` is the digest of the one
    that documents are packed with.  ``run`` makes the tasks of one run unlike those of any other:
    an executor may take equal tasks for one and give an old answer.
    """

    run: str
    engine: str
    ticket: Ticket
    versions: Mapping[str, str]
    dictionary: bytes


class Task(NamedTuple):
    """A partition to build, for the ``tries``-th time.

    The dictionary comes along for a worker that has not got it yet only.
    """

    order: Order
    partition: Partition
    tries: int = 1
    dictionary: bytes | None = None


def order_of(engine: str, ticket: Ticket, dictionary: bytes) -> Order:
    """Return the order of a run that begins now, with the versions of this process."""
    return Order(os.urandom(8).hex(), engine, ticket, versions_of(engine), _digest(dictionary))


def versions_of(engine: str) -> dict[str, str]:
    """Return what must be equal wherever documents of one index are built."""
    return {**_versions(), "schema": f"{engine}-{ENGINES[engine].schema_version}"}


def remote_of(engine: str) -> Remote:
    """Return how an engine is filled from anywhere.

    Raises:
        EngineError: it writes into a folder.
    """
    remote = ENGINES[engine].remote
    if remote is None:
        raise EngineError(
            f"the engine {engine} writes into a folder of this machine: workers elsewhere cannot "
            "fill it, and a build of it is not gone on with; build with several processes: --jobs"
        )
    return remote


@cache
def _versions() -> Mapping[str, str]:
    return {
        "searcher": VERSION,
        "analyzer": fingerprint(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        **installed(["zstandard"]),
    }


def _digest(dictionary: bytes) -> bytes:
    return blake2b(dictionary, digest_size=16).digest()


# ---------------------------------------------------------------- wherever a worker is


class _Own(threading.local):
    """What a thread of a worker keeps from one task to the next."""

    dictionary = b""
    preparer: Preparer | None = None


_own = _Own()


def perform(task: Task) -> Built | None:
    """Build the partition of *task* into the index it names; return when that has it all.

    None asks for the same task with the dictionary, which this worker has not seen.

    Raises:
        WorkerError: this worker has other versions.
        EngineError: the index cannot be reached, or refuses.
    """
    order = task.order
    _check_versions(order)
    preparer = _preparer(order, task.dictionary)
    if preparer is None:
        return None
    spooler = remote_of(order.engine).join(order.ticket)
    built = build_partition(task.partition, Sink(preparer, spooler))
    return built._replace(rejected=spooler.close().rejected)


def _preparer(order: Order, dictionary: bytes | None) -> Preparer | None:
    if _own.preparer is None or _own.dictionary != order.dictionary:
        if dictionary is None:
            return None
        _own.preparer = preparer_with(dictionary)
        _own.dictionary = order.dictionary
    return _own.preparer


def _check_versions(order: Order) -> None:
    """Raise WorkerError unless documents become here what they become elsewhere."""
    here = versions_of(order.engine)
    other = [
        f"{name} {here.get(name)} instead of {wanted}"
        for name, wanted in order.versions.items()
        if here.get(name) != wanted
    ]
    if other:
        raise WorkerError(
            f"the worker on {platform.node()} (process {os.getpid()}) has {'; '.join(other)}; "
            "nothing is published: install the same versions everywhere and build again"
        )
