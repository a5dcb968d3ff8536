"""One search as a whole process, as a shell pays for it.

Ours is ``searcher search``; the stock stack has no program, so this module is one:
``python -m benchmarks.cold HOME LINE MATCH``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import StepError

ROOT = Path(__file__).resolve().parents[1]

COLD = ("ours", "stock")
"""The systems that have a program to search with."""

COLD_KINDS = ("common", "phrase", "question")
"""The classes whose first question is asked so."""


def cold(system: str, home: Path, line: str, match: str) -> tuple[float, float]:
    """Return the CPU and wall seconds of one search as a process of its own.

    Raises:
        StepError: it failed; finding nothing is no failure.
    """
    command = [sys.executable, *_arguments(system, str(home.resolve()), line, match)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise StepError(f"exit code {process.returncode} for {line}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - began


def _arguments(system: str, home: str, line: str, match: str) -> list[str]:
    if system == "ours":
        return ["-m", "searcher", "search", "--index", home, "--match", match, "--", line]
    return ["-W", "ignore", "-m", "benchmarks.cold", home, line, match]


def main(arguments: Sequence[str]) -> int:
    """Search a stock index and print a page; return 1 where nothing is found."""
    from benchmarks.systems.stock import Made

    home, line, match = arguments
    total, lines = Made().open(Path(home)).search(line, any_word=match == "any")
    print(f"{total} documents", *lines, sep="\n")
    return 0 if total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
