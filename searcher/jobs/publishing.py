"""Publishing: a draft that is filled → sealed, checked and published, or not published at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from searcher.arguments import KEEP, SAMPLES, seconds, whole
from searcher.checking import gate
from searcher.checking.golden import Golden, read_golden
from searcher.engines import drop, published
from searcher.errors import CheckFailedError, IndexHomeError
from searcher.generations import Draft, Generation, Home, HomeWriter, Manifest
from searcher.jobs.noting import Notes, Outcome, Progress
from searcher.jobs.record import record_of


@dataclass(frozen=True, slots=True)
class Policy:
    """What a job keeps, how many seconds it waits for another, what must pass its check, and who
    watches.

    It keeps as many generations as the last build did where ``keep`` is None.
    """

    keep: int | None = KEEP
    wait: float = 0.0
    samples: int = SAMPLES
    golden: tuple[Golden, ...] = ()
    progress: Progress | None = None


def policy(
    keep: int | None,
    wait: float,
    samples: int,
    golden: str | Path | None,
    progress: Progress | None,
) -> Policy:
    """Return the policy of a job; *golden* is the file of its golden queries.

    Raises:
        ValueError: a number is out of its range.
        TypeError: it is none; the message names it.
        SourceError: the file cannot be read.
    """
    keep = None if keep is None else whole("keep", keep, least=1)
    wait, samples = seconds("wait", wait), whole("samples", samples)
    queries = () if golden is None else read_golden(golden)
    return Policy(keep, wait, samples, queries, progress)


@contextmanager
def writing(
    home: Home, command: str, policy: Policy, *, resume: bool = False
) -> Iterator[HomeWriter]:
    """Give the writer of a home, cleaned up before and behind what is done with it.

    With *resume* it begins with what a killed job was making, if that is there.
    """
    with home.lock(command, policy.wait, drop) as writer:
        if resume:
            writer.take_up()
        keep = _to_keep(home, policy)
        writer.clean(keep)
        _mend(home)
        yield writer
        writer.clean(keep)


def _to_keep(home: Home, policy: Policy) -> int:
    """Return how many generations stay; what is on record is read behind the lock."""
    if policy.keep is not None:
        return policy.keep
    return record_of(home.last_manifest(), home.path).keep


def _mend(home: Home) -> None:
    """Take note of what is published, where the job that did so was killed before."""
    with suppress(IndexHomeError):
        note_published(home.path / f"gen-{home.current_id()}")


def note_published(folder: Path) -> tuple[str, ...]:
    """Take note that the generation in *folder* is published; log and return what went wrong."""
    problems = published(folder)
    for problem in problems:
        logging.getLogger(__name__).warning("%s: %s", folder, problem)
    return problems


@contextmanager
def live(home: Home, policy: Policy) -> Iterator[Generation | None]:
    """Give what is published now, open, where golden queries need it and it can be had."""
    try:
        generation = home.current() if policy.golden else None
    except IndexHomeError:
        generation = None
    with generation or nullcontext():
        yield generation


def publish(
    draft: Draft, made: Manifest, before: Generation | None, policy: Policy, notes: Notes
) -> Outcome:
    """Complete *draft*, check it, with golden queries against *before* too, and publish it.

    Raises:
        CheckFailedError: it did not pass; nothing is published.
    """
    with notes.stage("seal"):
        sealed = draft.seal(made)
    with sealed, notes.stage("check"):
        checked = gate(
            sealed,
            samples=policy.samples,
            golden=policy.golden,
            live=before,
            but=draft.carried,
        )
    if checked.not_compared:
        notes.warnings.append(f"golden queries were not compared: {checked.not_compared}")
    with notes.stage("publish"):
        generation = draft.publish()
    with generation:
        notes.warnings.extend(published(generation.folder))
        manifest = generation.manifest
        return Outcome(generation.id, manifest.previous, manifest, checked)


def check_number(made: Manifest, expected: int) -> None:
    """Raise CheckFailedError unless the index *made* holds as many documents as *expected*."""
    held = made.counts["documents"]
    if held != expected:
        raise CheckFailedError(
            f"not published: there should be {expected:,} documents, but the new generation "
            f"holds {held:,}; build again: searcher rebuild",
            report=None,
        )
