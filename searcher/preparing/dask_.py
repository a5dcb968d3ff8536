"""Dask: the workers of its scheduler, on any number of machines.  All that knows Dask is here.

It is the extra ``searcher[dask]``, imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import NamedTuple

from searcher.errors import WorkerError


class Workers(NamedTuple):
    """An executor, and how many tasks its workers do at a time."""

    executor: Executor
    size: int


@contextmanager
def dask(address: str) -> Iterator[Workers]:
    """Give the workers of the Dask scheduler at *address*, as ``tcp://scheduler:8786``.

    Raises:
        WorkerError: Dask is not installed, or there is no scheduler.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise WorkerError(
            "building on a Dask cluster needs Dask: pip install 'searcher[dask]'"
        ) from error
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise WorkerError(
            f"{address}: there is no Dask scheduler that answers ({error}); start one: "
            "dask scheduler, then on each machine: dask worker ADDRESS --nthreads 1"
        ) from error
    with client:
        # Tasks of equal arguments are done again when they are sent again.
        yield Workers(client.get_executor(pure=False), sum(client.nthreads().values()))
