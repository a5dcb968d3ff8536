"""Filling: documents into the index of a draft, by this process, several, or workers anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from searcher.arguments import LEAST_MEMORY, MEMORY, whole
from searcher.engines import ENGINES
from searcher.engines.base import NO_SETTINGS, Rejected, Settings, Spool, Writer
from searcher.engines.remote import Remote
from searcher.errors import EngineError
from searcher.generations import Draft, named_errors
from searcher.jobs.noting import Notes
from searcher.preparing.crew import Crew
from searcher.preparing.documents import Incoming
from searcher.preparing.fleet import UNDER_WAY, Fleet, processes
from searcher.preparing.ledger import GivenUpError, Ledger, terms_in
from searcher.preparing.partitions import (
    PARTITION,
    Built,
    Partition,
    Sink,
    build_partition,
    digest_of,
    partitions,
    preparer_with,
)
from searcher.preparing.tasks import order_of, remote_of, versions_of
from searcher.stored.packing import DICTIONARY_FILE, SAMPLES, train


class Kind(NamedTuple):
    """Which engine makes an index, and what it is told."""

    engine: str = "whoosh"
    settings: Settings = NO_SETTINGS


@dataclass(frozen=True, slots=True)
class Means:
    """By what means an index is made: by which engine, in how many bytes, and by whom.

    The work is done by *jobs* processes of this machine, or by an *executor*, which then has
    about so many workers.  With *resume* a build that was broken off is gone on with.

    Raises:
        ValueError: *jobs* or *memory* are too few or too little.
        TypeError: they are no whole numbers.
        EngineError: the engine is not filled by an executor, or not gone on with.
    """

    kind: Kind
    jobs: int = 1
    memory: int = MEMORY
    executor: Executor | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        """Refuse what no build can be made with, before anything is done."""
        object.__setattr__(self, "jobs", whole("jobs", self.jobs, least=1))
        object.__setattr__(self, "memory", whole("memory", self.memory, least=LEAST_MEMORY))
        if self.executor is not None or self.resume:
            remote_of(self.kind.engine)

    @property
    def workers(self) -> AbstractContextManager[Executor]:
        """Those who build partitions of a remote index."""
        return processes(self.jobs) if self.executor is None else nullcontext(self.executor)

    @property
    def under_way(self) -> int:
        """How many partitions may be under way at a time."""
        least = 2 if self.executor is None else UNDER_WAY
        return max(least, 2 * self.jobs)


def fill(
    draft: Draft, incoming: Iterable[Incoming], means: Means, notes: Notes
) -> tuple[Rejected, ...]:
    """Make the index of *draft* of all that is coming in; return what its engine could not take.

    Raises:
        GivenUpError: the draft is an unfinished one that cannot be gone on with.
    """
    remote = ENGINES[means.kind.engine].remote
    if remote is None:
        return _fill_folder(draft, incoming, means, notes)
    return _Remotely(draft, remote, means, notes).fill(incoming)


def _learned(draft: Draft, incoming: Iterable[Incoming]) -> tuple[bytes, Iterator[Partition]]:
    """Return the dictionary of an index, which is in its folder by then, and its partitions."""
    pieces = partitions(incoming)
    first = list(islice(pieces, -(-SAMPLES // PARTITION)))
    dictionary = train(each.document.body for piece in first for each in piece.incoming)
    if dictionary:
        with named_errors(draft.folder, "write the dictionary"):
            (draft.folder / DICTIONARY_FILE).write_bytes(dictionary)
    return dictionary, chain(first, pieces)


def _created(draft: Draft, means: Means) -> Writer:
    name, settings = means.kind
    return ENGINES[name].create(
        draft.folder, jobs=means.jobs, memory=means.memory, settings=settings
    )


def _forget(writer: Writer) -> None:
    with suppress(EngineError):  # the reason for failing is the first error, not this
        writer.rollback()


# ---------------------------------------------------------------- into the folder


def _fill_folder(
    draft: Draft, incoming: Iterable[Incoming], means: Means, notes: Notes
) -> tuple[Rejected, ...]:
    writer = _created(draft, means)
    try:
        with notes.stage("read"):
            dictionary, pieces = _learned(draft, incoming)
            sink = Sink(preparer_with(dictionary), writer)
            # This process is one of the jobs: it builds what the others have no time for.
            with Crew(means.kind.engine, draft.folder, means.jobs - 1, dictionary) as crew:
                for piece in pieces:
                    if not crew.takes(piece):
                        build_partition(piece, sink)
                for spool in crew.finish():
                    writer.adopt(spool)
    except BaseException:
        _forget(writer)
        raise
    with notes.stage("write"):
        writer.commit()
    return tuple(writer.rejected)


# ---------------------------------------------------------------- into a cluster


class _Remotely:
    """One filling of an index that lies elsewhere, from partition to partition."""

    def __init__(self, draft: Draft, remote: Remote, means: Means, notes: Notes) -> None:
        self._draft = draft
        self._remote = remote
        self._means = means
        self._notes = notes

    def fill(self, incoming: Iterable[Incoming]) -> tuple[Rejected, ...]:
        """Make the index; where it fails on the way, leave what is there to be gone on with."""
        writer, ledger = self._opened()
        with ledger, self._leaving(writer, ledger):
            with self._notes.stage("read"):
                self._build_all(incoming, writer, ledger)
            with self._notes.stage("write"):
                writer.commit()
            ledger.remove()
        return tuple(writer.rejected)

    def _opened(self) -> tuple[Writer, Ledger]:
        folder, (name, settings) = self._draft.folder, self._means.kind
        terms = {"engine": name, "settings": dict(settings), "versions": versions_of(name)}
        begun = terms_in(folder) if self._draft.taken_up else None
        if not self._draft.taken_up:
            return _created(self._draft, self._means), Ledger.begin(folder, terms)
        if begun != terms:
            raise GivenUpError(_difference(begun, terms), begun=False)
        found = self._remote.resume(folder)
        if found is None:
            raise GivenUpError("its index is gone, or was complete", begun=False)
        return found, Ledger.resume(folder)

    @contextmanager
    def _leaving(self, writer: Writer, ledger: Ledger) -> Iterator[None]:
        """Where the block fails, forget what is made, or leave it to the next build."""
        try:
            yield
        except GivenUpError:
            _forget(writer)
            raise
        except BaseException:
            if ledger.held:
                self._draft.leave()
                logging.getLogger(__name__).warning(
                    "%s: %d partitions are built already and were left: to go on with them, "
                    "build again with --resume",
                    self._draft.folder,
                    ledger.held,
                )
            else:
                _forget(writer)
            raise

    def _build_all(self, incoming: Iterable[Incoming], writer: Writer, ledger: Ledger) -> None:
        dictionary, pieces = _learned(self._draft, incoming)
        order = order_of(
            self._means.kind.engine, self._remote.ticket(self._draft.folder), dictionary
        )
        there = 0

        def adopt(built: Built) -> None:
            writer.adopt(Spool(f"{built.first}", built.documents, built.rejected))

        def acknowledged(built: Built) -> None:
            # In this order: what was rejected is rejected again rather than forgotten.
            adopt(built)
            ledger.hold(built)

        with (
            self._means.workers as workers,
            Fleet(workers, order, dictionary, self._means.under_way, acknowledged) as fleet,
        ):
            for piece in pieces:
                before = ledger.meet(piece, digest_of(piece, dictionary))
                if before is None:
                    fleet.put(piece)
                else:
                    adopt(before)
                    there += before.documents
            fleet.finish()
        ledger.finish()
        if self._draft.taken_up:
            self._notes.warnings.append(
                f"an unfinished build was gone on with: {there:,} of its documents were there"
            )


def _difference(begun: Mapping[str, Any] | None, terms: Mapping[str, Any]) -> str:
    """Return what differs between the terms of an unfinished build and ours, in words."""
    if begun is None:
        return "it had not begun"
    names = [name for name in terms if begun.get(name) != terms[name]]
    return f"it was begun with other {' and '.join(names)}"
