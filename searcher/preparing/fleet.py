"""A fleet: tasks under way to workers anywhere, through any executor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from searcher.errors import SearcherError, WorkerError
from searcher.preparing.partitions import CHARACTERS, Built, Partition
from searcher.preparing.tasks import Order, Task, perform
from searcher.processes import naming_death, pool_of

T = TypeVar("T")

TRIES = 3
"""So often a partition is tried before the build fails."""

UNDER_WAY = 64
"""Partitions under way at a time, unless there are more workers than half as many."""

_GRACE = 30.0
"""Seconds that partitions under way have to end when a build fails: an index should not be removed
while it is written to.
"""

Acknowledged: TypeAlias = Callable[[Built], None]


class Fleet:
    """Partitions on their way; leaving its ``with`` block calls back what is not begun.

    *dictionary* is the one of *order*, *most* is how many may be under way, *acknowledged* is
    called in this thread with each partition that the index holds.

    Raises:
        WorkerError: a partition could not be built by any worker, or one has other versions.
    """

    def __init__(
        self,
        executor: Executor,
        order: Order,
        dictionary: bytes,
        most: int,
        acknowledged: Acknowledged,
    ) -> None:
        self._executor = executor
        self._order = order
        self._dictionary = dictionary
        self._needed: bytes | None = dictionary
        self._most = most
        self._acknowledged = acknowledged
        self._under_way: dict[Future[Built | None], Task] = {}
        self._characters = 0

    def __enter__(self) -> Fleet:
        """Return the fleet itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Call back what is not begun, and wait a little for the rest."""
        left = [future for future in self._under_way if not future.cancel()]
        wait(left, _GRACE)

    def put(self, partition: Partition) -> None:
        """Send a partition; where enough are under way, wait until there is room."""
        while self._is_full():
            self._settle()
        self._characters += partition.characters
        # As long as none has come back, no worker can be known to have the dictionary.
        self._send(Task(self._order, partition, dictionary=self._needed))
        self._settle(0.0)

    def finish(self) -> None:
        """Wait until all is built."""
        while self._under_way:
            self._settle()

    def _is_full(self) -> bool:
        """Tell whether there is enough: by number or, where texts are long, by characters."""
        count = len(self._under_way)
        long = self._characters >= self._most * CHARACTERS
        return count >= self._most or (long and count > 0)

    def _send(self, task: Task) -> None:
        with naming_death():
            self._under_way[self._executor.submit(perform, task)] = task

    def _settle(self, seconds: float | None = None) -> None:
        """Take what has come back; where nothing has, wait for it, *seconds* at most."""
        done, _ = wait(self._under_way, seconds, FIRST_COMPLETED)
        for future in done:
            self._take(future, self._under_way.pop(future))

    def _take(self, future: Future[Built | None], task: Task) -> None:
        try:
            with naming_death():
                built = future.result()
        except WorkerError:
            raise  # no other try makes a worker a better one
        except Exception as error:  # noqa: BLE001 - a worker may fail in any way
            self._again(task, error)
            return
        if built is None:
            self._send(task._replace(dictionary=self._dictionary))
            return
        self._needed = None
        self._characters -= task.partition.characters
        self._acknowledged(built)

    def _again(self, task: Task, error: Exception) -> None:
        """Send a partition once more: what it has put into the index will be the same."""
        named = isinstance(error, SearcherError)
        said = str(error) if named else f"{type(error).__name__}: {error}"
        if task.tries == TRIES:
            raise WorkerError(
                f"{task.partition.where}: failed {TRIES} times, the last time with: {said}"
            ) from error
        logging.getLogger(__name__).warning("%s: tried again: %s", task.partition.where, said)
        self._send(task._replace(tries=task.tries + 1))


class Here(Executor):
    """An executor that does each task at once, in this thread."""

    def submit(self, task: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        """Do a task and return what came of it."""
        future: Future[T] = Future()
        try:
            future.set_result(task(*given, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result meets it
            future.set_exception(error)
        return future


@contextmanager
def processes(size: int) -> Iterator[Executor]:
    """Give an executor of *size* processes: this one, or so many beside it.

    Raises:
        WorkerError: this is a worker itself, which runs the caller's script again.
    """
    if size == 1:
        yield Here()
        return
    pool = pool_of(size)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
