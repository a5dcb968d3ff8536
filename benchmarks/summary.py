"""The summary of a run: medians by system, and ratios of ours to each peer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.record import Row
from benchmarks.systems import OURS
from benchmarks.tables import markdown

SECTIONS: Mapping[str, str] = {
    "Building": r"build.*|index : text",
    "Warm questions, CPU ms, p50": r"warm (.+), CPU ms p50",
    "Warm questions, CPU ms, p95": r"warm (.+), CPU ms p95",
    "Questions on terms never touched, CPU ms, p50": r"first (.+), CPU ms p50",
    "Warm questions, wall ms, p50": r"warm (.+), wall ms p50",
    "One search as a process of its own": r"cold search, (.+)",
    "Memory of questions": r"query, (peak MiB)",
}
"""Tables with ratios: title → measures, in brackets what a row is called."""

PLAIN: Mapping[str, str] = {
    "Documents found, mean of the class": r"found (.+), documents",
    "Correctness": r"phrase.*|totals equal to ours, .+",
}
"""Tables without."""


def summary(rows: Sequence[Row]) -> str:
    """Return the tables of a run over one corpus, each value the median of its rounds.

    A ratio is taken within each round; its median is shown with the least and the greatest.
    """
    rows = sorted(rows, key=_ours_first)
    medians = medians_of(rows)
    systems = list(dict.fromkeys(row.system for row in rows))
    parts = []
    for title, pattern in {**SECTIONS, **PLAIN}.items():
        measures = _named(medians, pattern)
        if not measures:
            continue
        parts.append(f"## {title}\n\n{_values(medians, measures, systems)}")
        compared = _ratios(rows, measures, systems[1:]) if title in SECTIONS else ""
        if compared:
            parts.append(f"ours ÷ peer:\n\n{compared}")
    return "\n\n".join(parts)


def _ours_first(row: Row) -> tuple[bool, str]:
    return row.system != OURS, row.system.casefold()


def _named(medians: Mapping[tuple[str, str], float], pattern: str) -> dict[str, str]:
    """Return measure → name of its row, for the measures that are like *pattern*."""
    found = {}
    for _system, measure in medians:
        if match := re.fullmatch(pattern, measure):
            found[measure] = match[1] if match.groups() else measure
    return found


def _values(
    medians: Mapping[tuple[str, str], float], measures: Mapping[str, str], systems: Sequence[str]
) -> str:
    def cells(measure: str, name: str) -> Iterator[str]:
        yield name
        for system in systems:
            value = medians.get((system, measure))
            yield "–" if value is None else shown(value)

    return markdown(("", *systems), [tuple(cells(*each)) for each in measures.items()])


def _ratios(rows: Sequence[Row], measures: Mapping[str, str], peers: Sequence[str]) -> str:
    """Return the table of ratios; nothing where no peer has any of the measures."""
    found = {peer: [ratios(rows, measure, peer) for measure in measures] for peer in peers}
    shared = [peer for peer in peers if any(found[peer])]
    lines = [
        (name, *(_spread(found[peer][at]) for peer in shared))
        for at, name in enumerate(measures.values())
        if any(found[peer][at] for peer in shared)
    ]
    return markdown(("", *shared), lines) if shared else ""


def ratios(rows: Iterable[Row], measure: str, peer: str) -> list[float]:
    """Return ours ÷ *peer* for each round that has both."""
    found: dict[str, dict[int, float]] = {OURS: {}, peer: {}}
    for row in rows:
        if row.measure == measure and row.system in found:
            found[row.system][row.round] = row.value
    theirs = found[peer]
    return [value / theirs[each] for each, value in found[OURS].items() if theirs.get(each)]


def medians_of(rows: Iterable[Row]) -> dict[tuple[str, str], float]:
    """Return the median of the rounds for each system and measure."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        values.setdefault((row.system, row.measure), []).append(row.value)
    return {key: median(each) for key, each in values.items()}


def _spread(found: Sequence[float]) -> str:
    if not found:
        return "–"
    spread = f" ({shown(min(found))}–{shown(max(found))})" if len(found) > 1 else ""
    return shown(median(found)) + spread


def shown(value: float) -> str:
    """Return three significant digits.

    >>> shown(0.01234), shown(1234.5), shown(12.0), shown(0.0)
    ('0.0123', '1234', '12.0', '0.00')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"
