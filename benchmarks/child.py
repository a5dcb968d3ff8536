"""One step of a benchmark in a process of its own: ``python -m benchmarks.child STEP …``.

CPU time is that of the whole process, interpreter start, imports and dictionaries included.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.corpora import read_documents
from benchmarks.errors import StepError
from benchmarks.systems import made
from benchmarks.systems.base import UnsupportedError
from benchmarks.workload import Question

ROOT = Path(__file__).resolve().parents[1]

BUILD, BUILD_WITH_TWO, TEXT = "build", "build with 2 jobs", "text"
"""The steps that read the whole corpus."""

WARM_PASSES = 3
"""Every question is asked once on terms never touched, and then so often, always in another
order; the median counts."""


def run_child(step: str, system: str, home: Path, given: Path) -> dict[str, Any]:
    """Run a step and return what it measured, its wall time ``wall_s`` too.

    Raises:
        StepError: the process failed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.child", step, system]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, str(home.resolve()), str(given.resolve())],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise StepError(done.stderr or f"exit code {done.returncode}")
    return {**json.loads(done.stdout), "wall_s": wall}


# ---------------------------------------------------------------- the steps


def build(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Build an index of the documents in *given* (JSONL)."""
    made(system).build(given, home)
    return {}


def build_with_two_jobs(_system: str, home: Path, given: Path) -> dict[str, Any]:
    """Build our index with two processes."""
    from benchmarks.systems.ours import Made

    Made(jobs=2).build(given, home)
    return {}


def text(_system: str, _home: Path, given: Path) -> dict[str, Any]:
    """Do the text work of our build alone: clean, unify, cut into units and words."""
    from searcher.preparing.partitions import PARTITION
    from searcher.text.batch import BatchAnalyzer
    from searcher.text.judging import judge_many
    from searcher.text.words import document_cutter

    documents = list(read_documents(given))
    began = time.process_time()
    analyzer = BatchAnalyzer(document_cutter())
    for first in range(0, len(documents), PARTITION):
        part = documents[first : first + PARTITION]
        titles, bodies = [each.title for each in part], [each.body for each in part]
        analyzer.analyze({"title": titles, "body": bodies}, judge_many(titles, bodies))
    return {"text_cpu_s": time.process_time() - began}


def query(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Time the questions in *given* (JSON: ``seed`` and ``questions``), in a mixed order.

    Returns ``answers``, one for each question: its total, and CPU and wall time in ms of the
    first pass and of the warm ones; or None, and ``refused``: class → why it cannot be asked.
    """
    job = json.loads(given.read_text("utf-8"))
    open_index = made(system).open(home)
    calls: dict[int, Callable[[], int]] = {}
    refused: dict[str, str] = {}
    for number, (kind, parts) in enumerate(job["questions"]):
        try:
            calls[number] = open_index.ask(Question(kind, tuple(parts)))
        except UnsupportedError as error:
            refused.setdefault(kind, str(error))
    draw = random.Random(job["seed"])
    passes = [_one_pass(calls, draw) for _ in range(1 + WARM_PASSES)]
    answers = [
        _answer([each[number] for each in passes]) if number in calls else None
        for number in range(len(job["questions"]))
    ]
    return {"answers": answers, "refused": refused}


Timed = tuple[int, float, float]
"""Total, CPU ms and wall ms of one call."""


def _one_pass(calls: dict[int, Callable[[], int]], draw: random.Random) -> dict[int, Timed]:
    order = draw.sample(sorted(calls), len(calls))
    return {number: _timed(calls[number]) for number in order}


def _timed(call: Callable[[], int]) -> Timed:
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    total = call()
    return total, (time.process_time_ns() - cpu) / 1e6, (time.perf_counter_ns() - wall) / 1e6


def _answer(passes: Sequence[Timed]) -> dict[str, Any]:
    (total, *first), *warm = passes
    middle = [median(column) for column in zip(*warm, strict=True)][1:]
    return {"total": total, "first": first, "warm": middle}


def recall(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Return the ids found by each of the phrases in *given* (JSON)."""
    index = made(system).open(home)
    try:
        return {"ids": [index.holding(each) for each in json.loads(given.read_text("utf-8"))]}
    except UnsupportedError as error:
        return {"refused": str(error)}


STEPS: dict[str, Callable[[str, Path, Path], dict[str, Any]]] = {
    BUILD: build,
    BUILD_WITH_TWO: build_with_two_jobs,
    TEXT: text,
    "query": query,
    "recall": recall,
}


def main(arguments: Sequence[str]) -> None:
    """Run one step and print what it measured as JSON."""
    step, system, home, given = arguments
    measured = STEPS[step](system, Path(home), Path(given))
    measured |= {"cpu_s": _cpu_s(), "peak_mib": _peak_mib()}
    json.dump(measured, sys.stdout)


def _cpu_s() -> float:
    """Return the seconds that this process and the children it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_mib() -> float:
    """Return the largest resident size of this process, or of a child, in MiB.

    Linux counts the parent's size into ``ru_maxrss`` of a child, so of this process its own
    counter is read; that of a child may be as large as this one was when it began.
    """
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        own = int(lines["VmHWM"].split()[0]) / 1024 if "VmHWM" in lines else own
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit)


if __name__ == "__main__":
    main(sys.argv[1:])
