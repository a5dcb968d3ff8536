"""The goals for speed and size beside what a run reached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.record import Row
from benchmarks.summary import medians_of, ratios, shown
from benchmarks.systems import BAG, OURS
from benchmarks.tables import markdown

WORDS = "tantivy words"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for ours, or for ours ÷ *peer*, on every measure that is like the pattern."""

    pattern: str
    bound: float
    peer: str | None = None
    at_least: bool = False

    @property
    def text(self) -> str:
        """The bound in words."""
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:g}" + (f" × {self.peer}" if self.peer else "")

    def met(self, value: float) -> bool:
        """Tell whether *value* is within the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


GOALS = (
    Goal(r"build, documents per CPU-s", 25, "stock", at_least=True),
    Goal(r"build, documents per CPU-s", 1.5, BAG, at_least=True),
    Goal(r"build, documents per CPU-s", 0.8, WORDS, at_least=True),
    Goal(r"build, wall of one job ÷ wall of two", 1.7, at_least=True),
    Goal(r"warm .*, CPU ms p(50|95)", 1, BAG),
    Goal(r"warm (?!phrase).*, CPU ms p(50|95)", 1, WORDS),
    Goal(r"first .*, CPU ms p50", 1, BAG),
    Goal(r"first .*, CPU ms p50", 1.5, WORDS),
    Goal(r"cold search, CPU s", 0.2),
)

SIZE = {10_000: 1.9, 100_000: 1.7}
"""Index ÷ text, by the least number of documents it is asked for."""


def reached(rows: Sequence[Row]) -> str:
    """Return a table: measure, goal, what was reached (medians), whether the goal is met."""
    medians = medians_of(rows)
    lines: list[tuple[str, ...]] = []
    for goal in (*GOALS, *_size(rows)):
        for system, measure in medians:
            if system == OURS and re.fullmatch(goal.pattern, measure):
                lines += _line(rows, goal, measure, medians[OURS, measure])
    return markdown(("measure", "goal", "reached", "met"), lines)


def _line(rows: Sequence[Row], goal: Goal, measure: str, own: float) -> Iterator[tuple[str, ...]]:
    found = ratios(rows, measure, goal.peer) if goal.peer else [own]
    if found:
        value = median(found)
        yield measure, goal.text, shown(value), "yes" if goal.met(value) else "no"


def _size(rows: Sequence[Row]) -> Iterator[Goal]:
    many = max((row.documents for row in rows), default=0)
    bounds = [bound for least, bound in SIZE.items() if least <= many]
    if bounds:
        yield Goal(r"index : text", bounds[-1])
