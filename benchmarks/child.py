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
from typing import Any

from benchmarks.corpora import read_documents
from benchmarks.systems import SYSTEMS

ROOT = Path(__file__).resolve().parents[1]

PASSES = ("first", "warm")
"""Every query is asked once in each pass: on terms never touched, and again."""


def run_child(step: str, system: str, home: Path, given: Path) -> dict[str, Any]:
    """Run a step and return what it measured; raises CalledProcessError where it fails."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.child", step, system]
    done = subprocess.run(
        [*command, str(home.resolve()), str(given.resolve())],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def build(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Build an index of the documents in *given* (JSONL)."""
    SYSTEMS[system]().build(read_documents(given), home)
    return {}


def query(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Time the queries in *given* (JSON: ``seed`` and ``lines`` by class), in a mixed order.

    Returns the CPU time of each in ms by pass and class, and the mean total by class.
    """
    job = json.loads(given.read_text("utf-8"))
    answers = SYSTEMS[system]().open(home)
    asked = [(name, line) for name, lines in job["lines"].items() for line in lines]
    random.Random(job["seed"]).shuffle(asked)
    cpu_ms: dict[str, list[float]] = {}
    totals: dict[str, list[int]] = {}
    for name in PASSES:
        for kind, line in asked:
            began = time.process_time_ns()
            total = answers.ask(line)
            cpu_ms.setdefault(f"{name} {kind}", []).append((time.process_time_ns() - began) / 1e6)
            totals.setdefault(kind, []).append(total)
    found = {kind: sum(each) / len(each) for kind, each in totals.items()}
    return {"cpu_ms": cpu_ms, "found": found}


def recall(system: str, home: Path, given: Path) -> dict[str, Any]:
    """Return the ids found by each of the phrases in *given* (JSON)."""
    answers = SYSTEMS[system]().open(home)
    return {"ids": [answers.holding(each) for each in json.loads(given.read_text("utf-8"))]}


STEPS: dict[str, Callable[[str, Path, Path], dict[str, Any]]] = {
    "build": build,
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
    """Return the largest resident size of this process in MiB.

    Linux counts the parent's size into ``ru_maxrss`` of a child, so its own counter is read.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if "VmHWM" in lines:
            return int(lines["VmHWM"].split()[0]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main(sys.argv[1:])
