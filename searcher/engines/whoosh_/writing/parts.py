"""Parts: tasks of inverting shared among processes, and their results in order.

A worker writes the terms of a task to a file of its own, the part; the parent appends the parts
to the segment in the order of the tasks.  Workers begin with the last task and the parent with
the first, which it writes where it belongs at once, until they meet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from searcher.engines.whoosh_.files.coding import Bytes, Counts
from searcher.engines.whoosh_.writing.flat import Characters
from searcher.engines.whoosh_.writing.gathered import Gathered
from searcher.engines.whoosh_.writing.inverting import Sink, Task, invert
from searcher.engines.whoosh_.writing.spool import spool_folder
from searcher.errors import EngineError
from searcher.processes import pool_of

AHEAD = 2
"""Tasks that a worker has before it at most; the rest is for whoever is free first."""

_HEAD = struct.Struct("<?QQQ")  # pairs, how many, bytes of terms, bytes of records
_END = b"\xff"


@dataclass(frozen=True, slots=True)
class Spools:
    """The spools of a commit by name: ``own`` is what `gathered.gather` made of ``stems``."""

    folder: Path
    stems: tuple[str, ...]
    own: str

    def open(self) -> Gathered:
        """Open them; close the result."""
        return Gathered(self.folder, self.stems, self.own)


class Workers:
    """Processes that share *tasks* with this one, from now until the ``with`` block ends.

    *jobs* counts this process, so it is at least 2.

    Raises:
        EngineError: when leaving, if a process was killed or could not start.
    """

    def __init__(self, spools: Spools, tasks: Sequence[Task], jobs: int) -> None:
        self._spools = spools
        self._tasks = tasks
        scratch = spool_folder(spools.folder, spools.own)
        self._parts = [scratch / f"part{number}" for number in range(len(tasks))]
        self._pool = pool_of(jobs - 1)
        self._most = AHEAD * (jobs - 1)
        self._given: dict[int, Future[None]] = {}
        self._give(0)

    def __enter__(self) -> Workers:
        """Return the workers themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop them."""
        self._pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise EngineError(
                f"{self._spools.folder}: a worker process was killed or could not start; free "
                "some memory, or run it again with one job"
            ) from error

    def parts(self) -> Iterator[tuple[Task, Path | None]]:
        """Yield each task in order: with its part, or None for who asks to do it."""
        for number, (task, part) in enumerate(zip(self._tasks, self._parts, strict=True)):
            if number in self._given:
                self._given[number].result()
                yield task, part
            else:
                self._give(number + 1)
                yield task, None

    def _give(self, first: int) -> None:
        """Give the workers some of the last tasks, from number *first* on, that nobody has."""
        waiting = sum(not running.done() for running in self._given.values())
        end = min(self._given, default=len(self._tasks))
        for number in range(end - 1, max(first, end - self._most + waiting) - 1, -1):
            task, part = self._tasks[number], self._parts[number]
            self._given[number] = self._pool.submit(_invert, self._spools, task, part)


class PartWriter:
    """Writes what a `Sink` is given to a file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")

    def pairs(self, first: Characters, second: Characters, sizes: Counts, blob: Bytes) -> None:
        """Append pairs."""
        terms = np.concatenate([first, second]).astype(np.uint16).tobytes()
        self._write(True, terms, sizes, blob)

    def rest(self, terms: Sequence[bytes], sizes: Counts, blob: Bytes) -> None:
        """Append other terms; they are UTF-8."""
        self._write(False, b"".join(term + _END for term in terms), sizes, blob)

    def close(self) -> None:
        """Complete the file."""
        self._file.close()

    def _write(self, are_pairs: bool, terms: bytes, sizes: Counts, blob: Bytes) -> None:
        self._file.write(_HEAD.pack(are_pairs, len(sizes), len(terms), len(blob)))
        self._file.write(sizes.astype(np.uint32).data)
        self._file.write(terms)
        self._file.write(blob.data)


def replay(path: Path, sink: Sink) -> None:
    """Give what `PartWriter` wrote to *sink*, and remove it."""
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            are_pairs, count, terms_size, blob_size = _HEAD.unpack(head)
            sizes = np.frombuffer(file.read(4 * count), dtype=np.uint32)
            terms = file.read(terms_size)
            blob = np.frombuffer(file.read(blob_size), dtype=np.uint8)
            if are_pairs:
                first, second = np.frombuffer(terms, dtype=np.uint16).reshape(2, -1)
                sink.pairs(first, second, sizes, blob)
            else:
                sink.rest(terms.split(_END)[:-1], sizes, blob)
    path.unlink()


def _invert(spools: Spools, task: Task, part: Path) -> None:
    with closing(spools.open()) as gathered, closing(PartWriter(part)) as writer:
        invert(gathered, task, writer)
