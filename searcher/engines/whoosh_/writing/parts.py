"""Parts: tasks of inverting shared among processes, and their results in order.

A worker writes the terms of a task to a file of its own, the part; the parent appends the parts
to the segment in the order of the tasks.
"""

from __future__ import annotations

import multiprocessing
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
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
    """Processes that invert *tasks*, from now until the ``with`` block ends.

    Raises:
        EngineError: when leaving, if a process was killed or could not start.
    """

    def __init__(self, spools: Spools, tasks: Sequence[Task], jobs: int) -> None:
        self._folder = spools.folder
        self._pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
        scratch = spool_folder(spools.folder, spools.own)
        parts = [scratch / f"part{number}" for number in range(len(tasks))]
        self._running: list[tuple[Task, Path, Future[None]]] = [
            (task, part, self._pool.submit(_invert, spools, task, part))
            for task, part in zip(tasks, parts, strict=True)
        ]

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
                f"{self._folder}: a worker process was killed or could not start; free some "
                "memory, or run it again with one job"
            ) from error

    def parts(self) -> Iterator[tuple[Task, Path]]:
        """Yield each task with its part, in order, as they are ready."""
        for task, part, running in self._running:
            running.result()
            yield task, part


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
