"""Processes: pools of workers that end with the process that made them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from searcher.errors import WorkerError

_NO_WORKERS = (
    "worker processes could not start, or were killed; a script that builds with jobs=2 or more "
    "must do so below `if __name__ == '__main__':`"
)


def pool_of(size: int, *begin: Any) -> ProcessPoolExecutor:
    """Return a pool of *size* processes that end with this one.

    Each calls *begin* first, a function and its arguments, if it is given.

    Raises:
        WorkerError: this is a worker itself, which runs the caller's script again, or a daemon.
    """
    process = multiprocessing.current_process()
    if getattr(process, "_inheriting", False):
        raise WorkerError(_NO_WORKERS)
    if process.daemon:
        raise WorkerError("a daemonic process may have no worker processes; build with jobs=1")
    return ProcessPoolExecutor(
        size,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=begin,
    )


@contextmanager
def naming_death() -> Iterator[None]:
    """Turn the death of a worker process into a WorkerError."""
    try:
        yield
    except BrokenExecutor as error:
        raise WorkerError(_NO_WORKERS) from error


# ---------------------------------------------------------------- in a worker process


def _start(begin: Callable[..., None] | None = None, *given: Any) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:
    """End when the build is killed: a worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
