"""What a child of the warm process can be told to do, by name, with arguments of JSON."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from faults import Fault
from forging import ask_forged
from hostility import ask_hostile, index_giant, index_hostile
from probing import ask_unnamed, probe, told_by_status
from reading import read_in_children, read_on, rebuild_often
from states import (
    OLD,
    State,
    assert_whole,
    current_state,
    document,
    made_of_documents,
    made_of_files,
    old_state,
    seen,
    source_state,
    state,
)

import searcher
from searcher.generations import Home

_write = os.write  # the ledger is outside of what is made to fail

REMOVED = ("b0001-004", "b0002-000")
"""What `remove` takes out."""

SAMPLES = 8
"""Stretches that a job looks for before it publishes: a hundred take longer than all the rest."""

FIRST = 10
"""The first batch of a deed that goes on for ever."""


class Order(NamedTuple):
    """One deed for one child: its name, its arguments, and what befalls it.

    ``after``: killed after so many seconds.  ``limits``: pairs for `resource.setrlimit`.
    ``memory``: bytes it may map beyond those of the warm process.
    """

    deed: str
    args: dict[str, Any]
    fault: Fault | None = None
    after: float | None = None
    memory: int | None = None
    limits: Sequence[Sequence[int]] = ()


def warm_up() -> None:
    """Do everything once, so that children import and load nothing."""
    with tempfile.TemporaryDirectory() as folder:
        homes = {}
        for kind, make in HOMES.items():
            (Path(folder) / kind).mkdir()
            homes[kind] = make(Path(folder) / kind)
        for job in JOBS:
            job.deed(home=str(homes[job.of]), **job.args)
            assert_whole(homes[job.of], [seen(homes[job.of])])


def acknowledge(ledger: str | None, number: int) -> None:
    """Write to the ledger that a job returned; it is outside of the index."""
    if ledger is not None:
        fd = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        _write(fd, f"{number}\n".encode())
        os.close(fd)


# ---------------------------------------------------------------- jobs


def build(home: str, batch: int, count: int = OLD, ledger: str | None = None, **how: Any) -> None:
    """Build anew of one batch."""
    documents = [document(batch, number) for number in range(count)]
    searcher.build(documents, index=home, samples=SAMPLES, **how)
    acknowledge(ledger, batch)


def update(home: str, batch: int, ledger: str | None = None) -> None:
    """Add a document, change one and remove one."""
    with searcher.open(home) as index:
        index.update([document(batch, 0), document(batch, 1, "b0001-004")], remove=["b0001-005"])
    acknowledge(ledger, batch)


def merge(home: str, batch: int, ledger: str | None = None) -> None:
    """Update so that all segments are merged into one: most documents change."""
    with searcher.open(home) as index:
        index.update([document(batch, number, f"b0001-{number:03}") for number in range(4, OLD)])
    acknowledge(ledger, batch)


def rebuild(home: str, ledger: str | None = None) -> None:
    """Build again from what is recorded."""
    searcher.rebuild(index=home, samples=SAMPLES)
    acknowledge(ledger, 1)


def update_files(home: str, ledger: str | None = None) -> None:
    """Bring the index up to date with its files."""
    searcher.update(index=home, samples=SAMPLES)
    acknowledge(ledger, 1)


def remove(home: str, ledger: str | None = None) -> None:
    """Take two documents out."""
    searcher.remove(REMOVED, index=home, samples=SAMPLES)
    acknowledge(ledger, 1)


def rollback(home: str, ledger: str | None = None) -> None:
    """Publish the older generation again."""
    searcher.rollback(home)
    acknowledge(ledger, 1)


def clean(home: str, ledger: str | None = None) -> None:
    """Remove all generations but the published one."""
    with Home(home).lock("searcher clean") as writer:
        writer.clean(keep=1)
    acknowledge(ledger, 1)


def put(home: str, batch: int) -> None:
    """Add one document."""
    with searcher.open(home) as index:
        index.update([document(batch, 0)])


class Job(NamedTuple):
    """A deed with its arguments, done to a copy of a home that ``of`` makes (`HOMES`).

    Before it the index holds `current_state`, and ``after`` it what that gives.
    """

    deed: Callable[..., None]
    args: dict[str, Any]
    after: Callable[[], State]
    of: str = "documents"

    @property
    def name(self) -> str:
        """What the deed is called."""
        return self.deed.__name__

    def order(self, home: Path, ledger: Path | None = None, **more: Any) -> Order:
        """Return the order to do it to *home*."""
        noted = {} if ledger is None else {"ledger": str(ledger)}
        return Order(self.name, {"home": str(home), **noted, **self.args}, **more)


Moments: TypeAlias = "tuple[tuple[Job, int], ...]"
"""Jobs, each with the number of a call that it makes."""

HOMES = {"documents": made_of_documents, "files": made_of_files}


def built(batch: int) -> State:
    """Return what `build` makes."""
    return state(document(batch, number) for number in range(OLD))


def _updated() -> State:
    changed = [document(6, 0), document(6, 1, "b0001-004")]
    return state(changed, current_state(), ["b0001-005"])


def _merged() -> State:
    changed = [document(7, number, f"b0001-{number:03}") for number in range(4, OLD)]
    return state(changed, current_state())


def _without() -> State:
    return state([], current_state(), REMOVED)


BUILD = Job(build, {"batch": 5}, lambda: built(5))
UPDATE = Job(update, {"batch": 6}, _updated)
MERGE = Job(merge, {"batch": 7}, _merged)
JOBS = (
    BUILD,
    UPDATE,
    MERGE,
    Job(rollback, {}, old_state),
    Job(clean, {}, current_state),
    Job(rebuild, {}, source_state, "files"),
    Job(update_files, {}, source_state, "files"),
    Job(remove, {}, _without, "files"),
)

# ---------------------------------------------------------------- without end


def updates(home: str, ledger: str) -> None:
    """Update without end, a batch at a time, each in place of the one before."""
    with searcher.open(home) as index:
        for batch in range(FIRST, 10_000):
            index.update(_pair(batch))
            acknowledge(ledger, batch)


def builds(home: str, ledger: str) -> None:
    """Build without end, another batch each time."""
    for batch in range(FIRST, 10_000):
        build(home, batch, ledger=ledger)


def looped(batch: int) -> State:
    """Return what the index holds after *batch* of `updates`."""
    return state(_pair(batch), current_state())


def _pair(batch: int) -> list[searcher.Document]:
    return [document(batch, number, f"loop-{number}") for number in range(2)]


_DEEDS: tuple[Callable[..., Any], ...] = (
    *(job.deed for job in JOBS),
    put,
    updates,
    builds,
    probe,
    told_by_status,
    ask_unnamed,
    ask_forged,
    read_on,
    rebuild_often,
    read_in_children,
    ask_hostile,
    index_hostile,
    index_giant,
)
DEEDS: Mapping[str, Callable[..., Any]] = {each.__name__: each for each in _DEEDS}
