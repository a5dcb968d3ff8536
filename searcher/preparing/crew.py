"""A crew: worker processes beside this one, each with a spool in the folder of the index."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType

from searcher.engines import ENGINES
from searcher.engines.base import Spool, Spooler
from searcher.preparing.partitions import Partition, Sink, build_partition, preparer_with
from searcher.processes import naming_death, pool_of

_WAITING = 2
"""Partitions that a worker has before it at most, so that memory stays bounded."""


class Crew:
    """Worker processes, up to *size*, each of which builds partitions into its own spool.

    One is started when all that there are have something to do, so that a small build starts few.

    Raises:
        WorkerError: the processes could not start, or one died.
    """

    def __init__(self, engine: str, folder: Path, size: int, dictionary: bytes) -> None:
        self._begin = (engine, folder, dictionary)
        self._size = size
        # A pool for each worker: a partition goes to the idlest, and each closes its spool.
        self._pools: list[ProcessPoolExecutor] = []
        self._waiting: list[deque[Future[None]]] = []

    def __enter__(self) -> Crew:
        """Return the crew itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Send the workers home; what they have not begun is dropped."""
        with ExitStack() as closing:
            for pool in self._pools:
                closing.callback(pool.shutdown, cancel_futures=True)

    def takes(self, partition: Partition) -> bool:
        """Have a partition built, unless every worker has enough before it: then return False."""
        with naming_death():
            for each in self._waiting:
                while each and each[0].done():
                    each.popleft().result()
            at = self._idlest()
            if at is None or len(self._waiting[at]) >= _WAITING:
                return False
            self._waiting[at].append(self._pools[at].submit(_take, partition))
        return True

    def finish(self) -> list[Spool]:
        """Wait until all is built and return the spools."""
        with naming_death():
            for future in chain(*self._waiting):
                future.result()
            return [future.result() for future in [pool.submit(_end) for pool in self._pools]]

    def _idlest(self) -> int | None:
        """Return the worker with the least before it, a new one if there is none without work."""
        numbers = range(len(self._pools))
        at = min(numbers, key=lambda number: len(self._waiting[number]), default=None)
        if len(self._pools) == self._size or (at is not None and not self._waiting[at]):
            return at
        engine, folder, dictionary = self._begin
        stem = f"worker{len(self._pools)}"
        self._pools.append(pool_of(1, _begin, engine, folder, stem, dictionary))
        self._waiting.append(deque())
        return len(self._pools) - 1


# ---------------------------------------------------------------- in a worker process


@dataclass(frozen=True, slots=True)
class _Worker:
    sink: Sink
    spooler: Spooler


_workers: list[_Worker] = []
"""The worker that this process is: a pool has no other place for what its tasks share."""


def _begin(engine: str, folder: Path, stem: str, dictionary: bytes) -> None:
    spooler = ENGINES[engine].spooler(folder, stem)
    _workers[:] = [_Worker(Sink(preparer_with(dictionary), spooler), spooler)]


def _take(partition: Partition) -> None:
    (worker,) = _workers
    build_partition(partition, worker.sink)


def _end() -> Spool:
    (worker,) = _workers
    return worker.spooler.close()
