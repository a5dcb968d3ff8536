"""A warm process: all of searcher imported, ready to fork a child for one job in no time.

Tests speak to it through `Warm`, line by line in JSON.  It forks outside of pytest, whose threads
would not survive, and a child that dies of SIGKILL or SIGBUS takes nothing with it.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from deeds import DEEDS, Order, warm_up
from faults import Fault, inject

LONGEST = 300.0
"""Seconds after which a child is taken for hung."""


class Outcome(NamedTuple):
    """What became of a child.

    ``signal`` that killed it, or None; ``hung``: it had to be killed.  ``error`` is
    ``[class, message, whether it is a SearcherError]``.  ``calls`` are the names of the counted
    calls; ``grown`` is how much its peak memory rose, in bytes.
    """

    signal: int | None
    hung: bool
    value: Any = None
    error: tuple[str, str, bool] | None = None
    calls: tuple[str, ...] = ()
    written: tuple[int, int] = (0, 0)
    grown: int = 0


class Warm:
    """The client: give orders, get outcomes."""

    def __init__(self) -> None:
        # Writing .pyc files would be counted, and threads of OpenBLAS would not be forked.
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def do(self, *orders: Order) -> list[Outcome]:
        """Carry out *orders*, all at the same time, and return what became of each."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        return [Outcome(*each) for each in json.loads(self._process.stdout.readline())]

    def one(self, order: Order) -> Outcome:
        """Carry out one order."""
        (outcome,) = self.do(order)
        return outcome

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._process as process:
            process.kill()


# ---------------------------------------------------------------- in the warm process


class _Child(NamedTuple):
    pid: int
    pipe: int
    began: float
    after: float | None


def _fork(order: Order) -> _Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading, time.monotonic(), order.after)
    send = os.write
    try:
        report = json.dumps(_carried_out(order)).encode("utf-8", "backslashreplace")
        for at in range(0, len(report), 1 << 16):
            send(writing, report[at : at + (1 << 16)])
    finally:
        os._exit(0)


def _carried_out(order: Order) -> dict[str, Any]:
    if order.memory is not None:
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (mapped + order.memory,) * 2)
    for what, limit in order.limits:
        resource.setrlimit(what, (limit, limit))
    # Memory that a child has of its parent counts: its peak begins at what it was forked with.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrote = _wchar()
    injector = inject(Fault(*order.fault)) if order.fault is not None else None
    value, error = None, None
    try:
        value = DEEDS[order.deed](**order.args)
    except BaseException as raised:  # noqa: BLE001 - whatever it is, a test judges it
        error = type(raised).__qualname__, str(raised), _is_named(raised)
    return {
        "value": value,
        "error": error,
        "calls": injector.calls if injector else (),
        "written": (injector.written if injector else 0, _wchar() - wrote),
        "grown": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10,
    }


def _wchar() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


def _is_named(error: BaseException) -> bool:
    from searcher.errors import SearcherError

    return isinstance(error, SearcherError)


def _outcome(child: _Child) -> Outcome:
    report = b""
    hung = False
    limit = LONGEST if child.after is None else child.after
    while True:
        left = child.began + limit - time.monotonic()
        if not select.select([child.pipe], [], [], max(left, 0))[0]:
            hung = child.after is None
            os.kill(child.pid, signal.SIGKILL)
            limit = LONGEST
        part = os.read(child.pipe, 1 << 20)
        if not part:
            break
        report += part
    os.close(child.pipe)
    status = os.waitpid(child.pid, 0)[1]
    if os.WIFSIGNALED(status):
        return Outcome(os.WTERMSIG(status), hung)
    return Outcome(None, hung, **json.loads(report))


def _serve() -> None:
    warm_up()
    for line in sys.stdin:
        orders: Sequence[Any] = json.loads(line)
        children = [_fork(Order(*order)) for order in orders]
        sys.stdout.write(json.dumps([_outcome(child) for child in children]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
