"""Checking: is what a generation holds what was put in, and is it found?

The gate that a build passes before it is published, and ``searcher verify``: every checksum, the
counts, a sample of stretches of the stored documents that must each find the document they were
copied from, and golden queries, compared with the live generation where there is one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

from searcher.arguments import SAMPLES
from searcher.checking.golden import Answer, Golden, GoldenChange, GoldenMissed, change, missed
from searcher.checking.sampling import Sampler
from searcher.errors import CheckFailedError, IndexCorruptError, QueryError, SearcherError
from searcher.generations import Generation, verify_files
from searcher.model import Among, And, Plan
from searcher.snapshot import Snapshot

_MEND = "build again: searcher build PATH…"
_SHOWN = 20
"""Characters of a stretch that a one-line error shows."""


class Missed(NamedTuple):
    """A stretch that does not find its document: ``text`` stands at ``offset`` of ``field``."""

    id: str
    field: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found; ``to_dict`` is what ``--json`` prints.

    Of ``documents``, ``sampled`` stretches were looked for and ``found`` led back to where they
    were copied from; ``seed`` repeats the same ones.  ``golden`` queries were asked;
    ``golden_missed`` are those that miss an id.  ``changes`` are golden queries that answer
    otherwise than the generation ``compared`` does; where there was none to compare with, that is
    None, and ``not_compared`` says why if there should have been one.
    """

    generation: str
    documents: int
    seed: str
    sampled: int
    found: int
    missed: tuple[Missed, ...] = ()
    golden: int = 0
    golden_missed: tuple[GoldenMissed, ...] = ()
    compared: str | None = None
    not_compared: str = ""
    changes: tuple[GoldenChange, ...] = ()
    seconds: float = 0.0

    @property
    def recall(self) -> float:
        """The part of the sampled stretches that was found; 1.0 where there was none."""
        return self.found / self.sampled if self.sampled else 1.0

    @property
    def passed(self) -> bool:
        """Whether every stretch was found and no golden query misses anything."""
        return self.found == self.sampled and not self.golden_missed

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the fields."""
        record = {"passed": self.passed, "recall": round(self.recall, 6), **asdict(self)}
        for name in ("missed", "golden_missed", "changes"):
            record[name] = [each._asdict() for each in getattr(self, name)]
        return record


def check(
    generation: Generation,
    *,
    samples: int = SAMPLES,
    seed: str | None = None,
    golden: Sequence[Golden] = (),
    live: Generation | None = None,
    but: Collection[str] = (),
) -> CheckReport:
    """Check *generation*, published or not, and report; nothing is changed or closed.

    *samples* stretches are chosen by *seed*, the generation's id unless given, so that a check
    that failed can be repeated.  Documents without a unit have none.  *golden* queries are asked
    of the *live* generation too; one that cannot be opened is no obstacle, the report says so.
    Files of the names *but* are not read through: those that an update took over, so that it
    costs in proportion to the change.

    Raises:
        IndexCorruptError: a checksum or a count is wrong; the message names the file.
        IndexFormatError: made by another version.
        ValueError: *samples* is negative.
    """
    if samples < 0:
        raise ValueError(f"samples must not be negative, it is {samples}")
    began = time.monotonic()
    seed = generation.id if seed is None else seed
    verify_files(generation, but=but)
    with _opened(generation) as snapshot:
        snapshot.reader.check(but)
        ids = _checked_ids(snapshot)
        sampled, lost = _audit(snapshot, ids, samples, Random(seed))
        answers = [_answer(snapshot, each) for each in golden]
    compared, not_compared, changes = _compared(live, golden, answers)
    return CheckReport(
        generation=generation.id,
        documents=len(ids),
        seed=seed,
        sampled=sampled,
        found=sampled - len(lost),
        missed=lost,
        golden=len(golden),
        golden_missed=tuple(filter(None, map(missed, golden, answers))),
        compared=compared,
        not_compared=not_compared,
        changes=changes,
        seconds=round(time.monotonic() - began, 3),
    )


def gate(
    generation: Generation,
    *,
    samples: int = SAMPLES,
    golden: Sequence[Golden] = (),
    live: Generation | None = None,
    but: Collection[str] = (),
) -> CheckReport:
    """Return the report of `check` on a new generation that may be published.

    Raises:
        CheckFailedError: it may not; ``.report`` is the report.
        IndexCorruptError, IndexFormatError: as `check` does.
    """
    report = check(generation, samples=samples, golden=golden, live=live, but=but)
    if report.passed:
        return report
    raise CheckFailedError(f"not published: {failure(report)}", report=report)


def failure(report: CheckReport) -> str:
    """Return in one line what a check that did not pass found first, and what to do next."""
    if report.missed:
        first = report.missed[0]
        text = first.text if len(first.text) <= _SHOWN else f"{first.text[:_SHOWN]}…"
        lost = report.sampled - report.found
        return (
            f"{lost:,} of {report.sampled:,} sampled stretches do not find their document (first: "
            f"“{text}” of {first.id}, {first.field} {first.offset}); build again with searcher "
            "rebuild, and report it if that does not help"
        )
    first_golden = report.golden_missed[0]
    what = first_golden.reason or f"lacks {first_golden.ids[0]}"
    return (
        f"{len(report.golden_missed):,} of {report.golden:,} golden queries miss documents "
        f"(first: {first_golden.query} {what}); mend the documents or the golden file"
    )


@contextmanager
def _opened(generation: Generation) -> Iterator[Snapshot]:
    """Open a generation once more, so that whoever has it keeps it open."""
    snapshot = Snapshot(generation.reopen())
    try:
        yield snapshot
    finally:
        snapshot.let_go()


# ---------------------------------------------------------------- counts


def _checked_ids(snapshot: Snapshot) -> list[str]:
    """Return every id, ascending; they and the documents are as many as the manifest says."""
    reader, folder = snapshot.reader, snapshot.generation.folder
    ids = list(reader.ids())
    counts = snapshot.generation.manifest.counts
    held = {"documents": len(reader), "empty": len(reader) - reader.ranked}
    for name, number in held.items():
        if counts.get(name, number) != number:
            raise IndexCorruptError(
                f"{folder}: damaged (holds {number} {name}, had {counts[name]}); {_MEND}"
            )
    if len(ids) != len(reader) or any(one >= other for one, other in pairwise(ids)):
        raise IndexCorruptError(
            f"{folder}: damaged ({len(reader)} documents, {len(set(ids))} ids); {_MEND}"
        )
    return ids


# ---------------------------------------------------------------- stretches


def _audit(
    snapshot: Snapshot, ids: Sequence[str], samples: int, random: Random
) -> tuple[int, tuple[Missed, ...]]:
    """Return how many stretches were looked for, and those that do not find their document."""
    times = Counter(random.randrange(len(ids)) for _ in range(samples if ids else 0))
    sampled, lost = 0, []
    for at in sorted(times):
        number = _number_of(snapshot, ids[at])
        sampler = Sampler(snapshot.stored(number))
        for _ in range(times[at]):
            stretch = sampler.draw(random)
            if stretch is not None:
                sampled += 1
                if not _finds(snapshot, stretch.text, number):
                    lost.append(Missed(ids[at], *stretch))
    return sampled, tuple(lost)


def _number_of(snapshot: Snapshot, document_id: str) -> int:
    number = snapshot.reader.find(document_id)
    if number is None:
        folder = snapshot.generation.folder
        raise IndexCorruptError(f"{folder}: damaged ({document_id} is not found by id); {_MEND}")
    return number


def _finds(snapshot: Snapshot, text: str, number: int) -> bool:
    """Tell whether *text*, as a literal query, finds the document with that number."""
    try:
        plan = snapshot.plan(text, match="all", literal=True)
    except QueryError:  # there is a unit in it: to find nothing to search for is a fault
        return False
    # Asked of that document alone: of what is found everywhere, all others are not listed.
    here = And((snapshot.resolved(plan.where, text), Among((number,))))
    return snapshot.reader.count(here) == 1


def _numbers(snapshot: Snapshot, plan: Plan) -> set[int]:
    """Return all documents that a query finds."""
    # By path and not by score: what is found does not depend on what it scores.
    page, _ = snapshot.find(plan, limit=len(snapshot.reader), offset=0, sort="path")
    return {hit.number for hit in page.hits}


# ---------------------------------------------------------------- golden queries


def _answer(snapshot: Snapshot, golden: Golden) -> Answer:
    """Return the ids a golden query finds, or why it cannot be answered."""
    try:
        plan = snapshot.plan(golden.query, match=golden.match, literal=False)
        numbers = _numbers(snapshot, plan)
    except QueryError as error:
        return str(error)
    return frozenset(snapshot.reader.document(number)[0] for number in numbers)


def _compared(
    live: Generation | None, golden: Sequence[Golden], answers: Sequence[Answer]
) -> tuple[str | None, str, tuple[GoldenChange, ...]]:
    """Return the id of the *live* generation or why it gives no answer, and what changed."""
    if live is None or not golden:
        return None, "", ()
    try:
        with _opened(live) as snapshot:
            before = [_answer(snapshot, each) for each in golden]
    except SearcherError as error:
        return None, str(error), ()
    return live.id, "", tuple(filter(None, map(change, golden, answers, before)))
