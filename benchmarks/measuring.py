"""Measuring: systems and questions → rows, round by round, every step in its own process."""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks.child import BUILD, BUILD_WITH_TWO, TEXT, run_child
from benchmarks.cold import COLD, COLD_KINDS, cold
from benchmarks.corpora import folder_bytes, text_bytes, write_documents
from benchmarks.errors import StepError
from benchmarks.record import Row
from benchmarks.systems import BAG, OURS, SYSTEMS
from benchmarks.systems.bag import path_of, write_bags
from benchmarks.systems.ours import line_of
from benchmarks.workload import Question
from searcher import Document

Numbers = dict[str, float]

SPEED = "build, documents per CPU-s"
TEXT_WORK = "build, CPU s of the text work"


@dataclass(frozen=True, slots=True)
class Setup:
    """What is measured.  ``wanted`` are phrases with the ids of their holders; indexes are built
    in the first ``builds`` of ``repeat`` rounds.
    """

    systems: Sequence[str]
    documents: Sequence[Document]
    questions: Sequence[Question]
    wanted: Mapping[str, Sequence[str]]
    repeat: int
    builds: int
    seed: int
    keep_going: bool = False


@dataclass
class Findings:
    """What is worth telling beside the numbers: what failed, and what ended the run early; what a
    system cannot be asked and why; which totals differ between ours and the same bag in tantivy.
    """

    ended: str = ""
    failures: list[str] = field(default_factory=list)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)


class Measuring:
    """One run over one corpus."""

    def __init__(self, setup: Setup, scratch: Path) -> None:
        self.findings = Findings()
        self._setup = setup
        self._scratch = scratch
        self._corpus = scratch / "documents.jsonl"
        self._homes: dict[str, Path] = {}
        self._totals: dict[str, list[int | None]] = {}
        self._draw = random.Random(setup.seed)
        self._bytes = text_bytes(setup.documents)

    def rows(self) -> Iterator[Row]:
        """Yield the rows of every round; the systems take turns in an order shuffled anew."""
        self._write_inputs()
        for number in range(1, self._setup.repeat + 1):
            if number <= self._setup.builds:
                yield from self._builds(number)
            yield from self._turns(number, self._each("query"), self._query)
            yield from self._turns(number, self._each("cold search", COLD), self._cold)
            if number == 1 and self._setup.wanted:
                yield from self._turns(number, self._each("recall"), self._recall)
        yield from self._equal_totals()

    def _write_inputs(self) -> None:
        setup = self._setup
        write_documents(self._corpus, setup.documents)
        if BAG in setup.systems:
            write_bags(path_of(self._corpus), setup.documents)
        questions = [[each.kind, each.parts] for each in setup.questions]
        self._write("query", {"seed": setup.seed, "questions": questions})
        self._write("recall", list(setup.wanted))

    def _write(self, step: str, job: Any) -> None:
        self._job(step).write_text(json.dumps(job, ensure_ascii=False), "utf-8")

    def _job(self, step: str) -> Path:
        return self._scratch / f"{step}.json"

    # ------------------------------------------------------------ turns

    def _each(self, step: str, only: Sequence[str] = tuple(SYSTEMS)) -> list[tuple[str, str]]:
        """Return the turns of a step: every system that has an index, or *only* some."""
        return [(step, system) for system in self._homes if system in only]

    def _turns(
        self,
        number: int,
        turns: Sequence[tuple[str, str]],
        measure: Callable[[str, str, int], Numbers],
    ) -> Iterator[Row]:
        """Yield what *measure* returns for each (step, system), in a shuffled order."""
        for place, (step, system) in enumerate(self._draw.sample(turns, len(turns)), 1):
            try:
                numbers = measure(step, system, number)
            except StepError as error:
                if not self._setup.keep_going or system == OURS:
                    raise
                self.findings.failures.append(f"{system}: {step}, round {number}: {error}")
                self._homes.pop(system, None)
                continue
            for name, value in numbers.items():
                yield Row(len(self._setup.documents), number, place, system, name, value)

    # ------------------------------------------------------------ building

    def _builds(self, number: int) -> Iterator[Row]:
        turns = [(BUILD, each) for each in self._setup.systems]
        if OURS in self._setup.systems:
            turns += [(BUILD_WITH_TWO, OURS), (TEXT, OURS)]
        rows = list(self._turns(number, turns, self._build))
        yield from rows
        yield from self._derived(number, rows)

    def _build(self, step: str, system: str, number: int) -> Numbers:
        home = self._scratch / f"{system}-{step}-{number}"
        found = run_child(step, system, home, self._corpus)
        if step == TEXT:
            return {TEXT_WORK: found["text_cpu_s"]}
        numbers = {
            f"{step}, CPU s": found["cpu_s"],
            f"{step}, wall s": found["wall_s"],
            f"{step}, peak MiB": found["peak_mib"],
        }
        if step != BUILD:
            shutil.rmtree(home)
            return numbers
        self._replace_home(system, home)
        if system != BAG:
            numbers[SPEED] = len(self._setup.documents) / found["cpu_s"]
        return {**numbers, "index : text": folder_bytes(home) / self._bytes}

    def _replace_home(self, system: str, home: Path) -> None:
        if system in self._homes:
            shutil.rmtree(self._homes[system])
        self._homes[system] = home

    def _derived(self, number: int, rows: Sequence[Row]) -> Iterator[Row]:
        """Yield what follows from two builds of a round: how much faster two jobs are, and the
        speed of the bag's build.

        The bag's terms are made by us beforehand, so it is charged the text work of our build.
        If that alone takes longer than our whole build, it is not what our build does, and says
        nothing.
        """
        spent = {(row.system, row.measure): row.value for row in rows}

        def row(system: str, measure: str, value: float) -> Row:
            return Row(len(self._setup.documents), number, 0, system, measure, value)

        one, two = (spent.get((OURS, f"{step}, wall s")) for step in (BUILD, BUILD_WITH_TWO))
        if one and two:
            yield row(OURS, "build, wall of one job ÷ wall of two", one / two)
        engine, whole = (spent.get((system, "build, CPU s")) for system in (BAG, OURS))
        text, many = spent.get((OURS, TEXT_WORK)), len(self._setup.documents)
        if engine:
            yield row(BAG, f"{SPEED}, terms given", many / engine)
        if engine and whole and text and text < whole:
            yield row(BAG, SPEED, many / (engine + text))

    # ------------------------------------------------------------ asking

    def _query(self, step: str, system: str, number: int) -> Numbers:
        found = run_child(step, system, self._homes[system], self._job(step))
        if number == 1:
            self._totals[system] = [each and each["total"] for each in found["answers"]]
            for kind, reason in found["refused"].items():
                self.findings.refused[system, kind] = reason
        numbers: Numbers = {}
        for kind in dict.fromkeys(each.kind for each in self._setup.questions):
            answers = self._of_kind(kind, found["answers"])
            if answers:
                numbers |= _times(kind, answers)
        return {**numbers, "query, peak MiB": found["peak_mib"]}

    def _of_kind(self, kind: str, answers: Sequence[Any]) -> list[Any]:
        pairs = zip(self._setup.questions, answers, strict=True)
        return [answer for question, answer in pairs if question.kind == kind and answer]

    def _cold(self, _step: str, system: str, _number: int) -> Numbers:
        first = {each.kind: each for each in reversed(self._setup.questions)}
        lines = [line_of(first[kind]) for kind in COLD_KINDS if kind in first]
        used = [cold(system, self._homes[system], *line) for line in lines]
        cpu, wall = (median(column) for column in zip(*used, strict=True))
        return {"cold search, CPU s": cpu, "cold search, wall s": wall}

    # ------------------------------------------------------------ correctness

    def _recall(self, step: str, system: str, _number: int) -> Numbers:
        found = run_child(step, system, self._homes[system], self._job(step))
        if "refused" in found:
            self.findings.refused[system, "recall"] = found["refused"]
            return {}
        shares = [
            len(set(held).intersection(ids)) / len(held)
            for held, ids in zip(self._setup.wanted.values(), found["ids"], strict=True)
        ]
        complete = sum(share == 1 for share in shares) / len(shares)
        return {"phrase recall": mean(shares), "phrases found in all their documents": complete}

    def _equal_totals(self) -> Iterator[Row]:
        """Yield how many totals of ours are those of the same bag in tantivy."""
        if not {OURS, BAG} <= self._totals.keys():
            return
        equal: dict[str, list[bool]] = {}
        pairs = zip(self._totals[OURS], self._totals[BAG], strict=True)
        for question, (ours, bag) in zip(self._setup.questions, pairs, strict=True):
            if ours is None or bag is None:
                continue
            equal.setdefault(question.kind, []).append(ours == bag)
            if ours != bag:
                asked = " ".join(question.parts)
                self.findings.different.append(f"{question.kind} {asked}: ours {ours}, bag {bag}")
        for kind, found in {**equal, "all": list(chain.from_iterable(equal.values()))}.items():
            measure = f"totals equal to ours, {kind}"
            yield Row(len(self._setup.documents), 1, 1, BAG, measure, mean(found))


def measured(setup: Setup) -> tuple[list[Row], Findings]:
    """Measure; where a step fails or the user stops it, return what there is until then."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        measuring = Measuring(setup, Path(scratch))
        try:
            rows.extend(measuring.rows())
        except StepError as error:
            print(error.said, file=sys.stderr)
            measuring.findings.ended = str(error)
        except KeyboardInterrupt:
            measuring.findings.ended = "stopped by the user"
        return rows, measuring.findings


def _times(kind: str, answers: Sequence[Any]) -> Numbers:
    """Return the percentiles of the times of the questions of one class, and the mean total."""
    numbers: Numbers = {}
    for name in ("first", "warm"):
        for at, clock in enumerate(("CPU", "wall")):
            times = [each[name][at] for each in answers]
            for percent in (50, 95):
                value = float(np.percentile(times, percent))
                numbers[f"{name} {kind}, {clock} ms p{percent}"] = value
    return {**numbers, f"found {kind}, documents": mean(each["total"] for each in answers)}
