"""How a job is going, on stderr: a bar on a terminal, else lines for the mail of a cron job."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from searcher.cli.notes import note
from searcher.jobs.noting import Item, Progress, Stage
from searcher.model import Failure
from searcher.sources import Listed, Read, Skipped

EVERY = 10.0
"""Seconds between two lines about one stage."""

_READING = "read"
_SAID = {
    "read": "reading documents",
    "write": "writing the index",
    "seal": "completing the generation",
    "check": "checking it",
    "publish": "publishing it",
}
"""What is said of each stage of a job."""

Files = Iterator[Listed | Failure | Skipped]


@contextmanager
def watching(job: str, files: Callable[[], Files], *, quiet: bool) -> Iterator[Progress | None]:
    """Give what a *job* tells its progress to; nothing where it is to be *quiet*.

    *files* lists what will be read: a bar has an end.
    """
    if quiet:
        yield None
    elif not sys.stderr.isatty():
        yield Lines(job)
    else:
        total = sum(each.size for each in files() if isinstance(each, Listed))
        with typer.progressbar(length=total, label=job, file=sys.stderr) as bar:
            yield lambda item: bar.update(_advance(item, total - bar.pos))
            bar.update(total - bar.pos)


def _advance(item: Item | Stage, left: int) -> int:
    """Return how many bytes of those that are *left* are done with.

    What a file holds between its records is part of no document: it is done with when all is read.
    """
    if isinstance(item, Read):
        return min(item.size, left)
    if isinstance(item, Failure):
        return min(_size(item.where), left)
    return left if isinstance(item, Stage) and item.name != _READING else 0


def _size(where: str) -> int:
    """Return the size of the file that failed; that of a record is nothing to go by."""
    try:
        status = os.stat(where)  # noqa: PTH116 - it need not be a path at all
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


class Lines:
    """Lines: one where a stage begins, and one every ten seconds while documents are read."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._began = self._last = time.monotonic()
        self._read = self._failed = self._bytes = 0

    def __call__(self, item: Item | Stage) -> None:
        """Take note of *item*, and say so if it is time."""
        if isinstance(item, Stage):
            self._say_stage(item)
            return
        if isinstance(item, Read):
            self._read += 1
            self._bytes += item.size
        elif isinstance(item, Failure):
            self._failed += 1
        if time.monotonic() - self._last >= EVERY:
            self._say(self._so_far())

    def _say_stage(self, stage: Stage) -> None:
        begins = _SAID.get(stage.name, stage.name)
        self._say(begins if stage.name == _READING else f"{self._so_far()}; {begins}")

    def _so_far(self) -> str:
        failed = f", {self._failed:,} failed" if self._failed else ""
        took = time.monotonic() - self._began
        return f"{self._read:,} documents read{failed}, {self._bytes / 1e6:,.1f} MB, {took:,.0f} s"

    def _say(self, line: str) -> None:
        self._last = time.monotonic()
        note(f"{self._job}: {line}")
