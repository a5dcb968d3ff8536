"""Records: the measured rows of a run, their summary, and the folder that keeps them."""

from __future__ import annotations

import csv
import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import searcher
from benchmarks.tables import markdown

PACKAGES = ("whoosh", "jieba", "opencc-python-reimplemented", "rjieba", "numpy")

RUNS = Path(__file__).resolve().parent / "runs"
"""Where runs are kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number.  ``place`` is the system's turn in its round, from 1."""

    round: int
    place: int
    system: str
    measure: str
    value: float


def summary(rows: Sequence[Row]) -> str:
    """Return a table: the median of each measure by system, and the ratio ours : stock.

    The ratio is the median of the ratios within the rounds, with the least and the greatest.
    """
    lines = []
    for measure in dict.fromkeys(row.measure for row in rows):
        ours, stock = (_by_round(rows, measure, system) for system in ("ours", "stock"))
        ratios = [ours[each] / stock[each] for each in ours if stock.get(each)]
        values = (_shown(median(each.values())) for each in (ours, stock))
        lines.append((measure, *values, _ratio(ratios)))
    return markdown(("measure", "ours", "stock", "ours : stock (least..greatest)"), lines)


def _by_round(rows: Iterable[Row], measure: str, system: str) -> dict[int, float]:
    return {row.round: row.value for row in rows if (row.measure, row.system) == (measure, system)}


def _ratio(ratios: Sequence[float]) -> str:
    if not ratios:
        return "–"
    spread = f" ({_shown(min(ratios))}..{_shown(max(ratios))})" if len(ratios) > 1 else ""
    return _shown(median(ratios)) + spread


def _shown(value: float) -> str:
    """Return three significant digits.

    >>> _shown(0.01234), _shown(1234.5), _shown(12.0)
    ('0.0123', '1234', '12.0')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"


# ---------------------------------------------------------------- the folder of a run


def write(folder: Path, rows: Sequence[Row], facts: Mapping[str, str]) -> Path:
    """Write README.md, raw.csv and summary.md into a new folder of today's date; return it."""
    target = next(each for each in _names(folder) if not each.exists())
    target.mkdir(parents=True)
    readme = "".join(f"- {name}: {value}\n" for name, value in facts.items())
    (target / "README.md").write_text(f"# Benchmark of {date.today()}\n\n{readme}", "utf-8")
    (target / "summary.md").write_text(summary(rows) + "\n", "utf-8")
    with (target / "raw.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("round", "place", "system", "measure", "value"))
        out.writerows(astuple(row) for row in rows)
    return target


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
        "versions": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
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


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    found = (
        re.search(r"^model name\s*: (.+)$", described.read_text(), re.M)
        if described.exists()
        else None
    )
    return found[1] if found else platform.processor() or platform.machine()
