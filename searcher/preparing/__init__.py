"""Preparing many documents: checked, cut into chunks, analyzed here or by worker processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType

from searcher.engines import ENGINES
from searcher.engines.base import Spool, Spooler
from searcher.errors import DocumentError, SearcherError
from searcher.model import Document, Failure
from searcher.preparing.documents import Incoming, Preparer, check
from searcher.stored import Packing
from searcher.text.words import document_cutter

CHUNK = 256
"""Documents analyzed at a time."""

CHUNK_CHARACTERS = 400_000
"""A chunk is complete, too, once its texts are as long as this."""

_WAITING = 2
"""Chunks that a worker has before it at most, so that memory stays bounded."""

_NO_WORKERS = (
    "worker processes could not start, or were killed; a script that builds with jobs=2 or more "
    "must do so below `if __name__ == '__main__':`"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Documents that are analyzed together; the first one has number ``first``."""

    first: int
    incoming: tuple[Incoming, ...]


def chunks(incoming: Iterable[Incoming], first: int = 0) -> Iterator[Chunk]:
    """Yield the documents in chunks, numbered from *first* on in the order they came."""
    taken: list[Incoming] = []
    characters = 0
    for each in incoming:
        taken.append(each)
        characters += len(each.document.body)
        if len(taken) == CHUNK or characters >= CHUNK_CHARACTERS:
            yield Chunk(first, tuple(taken))
            first += len(taken)
            taken, characters = [], 0
    if taken:
        yield Chunk(first, tuple(taken))


def sound(document: object) -> Document | Failure:
    """Return a document that can be indexed, or why it cannot.

    Raises:
        TypeError: it is no document at all.
    """
    if not isinstance(document, Document):
        raise TypeError(f"expected a searcher.Document, not {type(document).__name__}")
    try:
        check(document)
    except DocumentError as error:
        return Failure(error.where, error.reason)
    return document


class Crew:
    """Worker processes, *size* of them, each of which analyzes chunks into a spool of its own.

    Raises:
        SearcherError: the processes could not start, or one died.
    """

    def __init__(self, engine: str, folder: Path, size: int, dictionary: bytes) -> None:
        if size and getattr(multiprocessing.current_process(), "_inheriting", False):
            raise SearcherError(_NO_WORKERS)  # a worker is running the caller's script again
        context = multiprocessing.get_context("spawn")
        self._pools = [
            # A pool for each worker: a chunk goes to the idlest, and each closes its own spool.
            ProcessPoolExecutor(
                1,
                mp_context=context,
                initializer=_begin,
                initargs=(engine, folder, f"worker{number}", dictionary),
            )
            for number in range(size)
        ]
        self._waiting: list[deque[Future[None]]] = [deque() for _ in self._pools]

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

    def takes(self, chunk: Chunk) -> bool:
        """Have a chunk analyzed, unless every worker has enough before it: then return False."""
        with _naming_death():
            for each in self._waiting:
                while each and each[0].done():
                    each.popleft().result()
            idlest = min(range(len(self._pools)), key=lambda at: len(self._waiting[at]), default=0)
            if not self._pools or len(self._waiting[idlest]) >= _WAITING:
                return False
            self._waiting[idlest].append(self._pools[idlest].submit(_take, chunk))
        return True

    def finish(self) -> list[Spool]:
        """Wait until all is analyzed and return the spools."""
        with _naming_death():
            for future in chain(*self._waiting):
                future.result()
            return [future.result() for future in [pool.submit(_end) for pool in self._pools]]


@contextmanager
def _naming_death() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise SearcherError(_NO_WORKERS) from error


# ---------------------------------------------------------------- in a worker process


@dataclass(frozen=True, slots=True)
class _Worker:
    spooler: Spooler
    preparer: Preparer


_workers: list[_Worker] = []
"""The worker that this process is: a pool has no other place for what its tasks share."""


def _begin(engine: str, folder: Path, stem: str, dictionary: bytes) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    spooler = ENGINES[engine].spooler(folder, stem)
    _workers[:] = [_Worker(spooler, Preparer(document_cutter(), Packing(dictionary)))]


def _end_with_parent() -> None:
    """End when the build is killed: a worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _take(chunk: Chunk) -> None:
    (worker,) = _workers
    worker.spooler.add(worker.preparer.prepare(chunk.incoming, chunk.first))


def _end() -> Spool:
    (worker,) = _workers
    return worker.spooler.close()
