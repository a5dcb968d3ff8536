"""Records: the measured rows of a run, its conditions, and the folder that keeps them."""

from __future__ import annotations

import csv
import hashlib
import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import searcher

PACKAGES = (
    *("whoosh", "jieba", "opencc-python-reimplemented", "rjieba", "numpy"),
    *("tantivy", "bm25s", "xapian-bindings-binary"),
)

RUNS = Path(__file__).resolve().parent / "runs"
"""Where runs are kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number.  ``place`` is the system's turn in its round, from 1; 0 for a number
    that follows from others.
    """

    documents: int
    round: int
    place: int
    system: str
    measure: str
    value: float


# ---------------------------------------------------------------- the folder of a run


def write(
    folder: Path, rows: Sequence[Row], facts: Mapping[str, str], files: Mapping[str, str]
) -> Path:
    """Write README.md, raw.csv and *files* into a new folder of today's date; return it."""
    target = next(each for each in _names(folder) if not each.exists())
    target.mkdir(parents=True)
    made = "".join(f"- [{name}]({name})\n" for name in files)
    readme = f"# Benchmark of {date.today()}\n\n{listed(facts)}\n\nFiles:\n\n{made}"
    for name, text in {"README.md": readme + "- [raw.csv](raw.csv)\n", **files}.items():
        (target / name).write_text(text, "utf-8")
    with (target / "raw.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(field.name for field in fields(Row))
        out.writerows(astuple(row) for row in rows)
    return target


def listed(facts: Mapping[str, str]) -> str:
    """Return the facts as a list; one of several lines is a list of its own.

    >>> print(listed({"load": "1.0", "failed": "a\\nb"}))
    - load: 1.0
    - failed:
      - a
      - b
    """
    lines = []
    for name, value in facts.items():
        several = value.splitlines()
        lines.append(f"- {name}: {value}" if len(several) < 2 else f"- {name}:")
        lines += [f"  - {each}" for each in several if len(several) > 1]
    return "\n".join(lines)


def _names(folder: Path) -> Iterator[Path]:
    today = date.today().isoformat()
    yield folder / today
    for number in range(2, 1000):
        yield folder / f"{today}-{number}"


def facts_of_machine() -> dict[str, str]:
    """Return what a reader has to know of the code and the machine, and nothing personal."""
    return {
        "commit": _commit(),
        "hash of the code": _code_hash(),
        "versions": ", ".join([*_versions(), f"SQLite {sqlite3.sqlite_version}"]),
        "Python": platform.python_version(),
        "machine": f"{os.cpu_count()} × {_processor()}, {platform.system()}",
    }


def load_average() -> str:
    """Return the load average of the last minute, where there is one."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(RUNS.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = " with uncommitted changes" if git("status", "--porcelain") else ""
        return git("rev-parse", "--short", "HEAD") + changed
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _code_hash() -> str:
    """Return the first 12 digits of the SHA-256 of the package's sources and tables."""
    home = Path(searcher.__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for path in home.rglob("*") if path.suffix in (".py", ".txt", ".tsv")):
        found.update(path.relative_to(home).as_posix().encode("utf-8") + path.read_bytes())
    return found.hexdigest()[:12]


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            yield f"{package} missing"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    found = (
        re.search(r"^model name\s*: (.+)$", described.read_text(), re.M)
        if described.exists()
        else None
    )
    return found[1] if found else platform.processor() or platform.machine()
