"""Plots, as SVG written by hand: they need nothing and can be compared as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

COLORS = (
    *("#000000", "#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7"),
    "#7f7f7f",
)
"""Colours that colour-blind readers can tell apart (Okabe and Ito, and a grey), ours black."""

LEGEND = 30
"""Height of the legend."""

Spans = Mapping[str, Mapping[str, tuple[float, float]]]
"""System → row → (median, 95th percentile)."""

Lines = Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]
"""Panel → system → points (x, y)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis from ``low`` to ``high`` onto pixels ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of *value*."""
        part = log10(value / self.low) / log10(self.high / self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return 1, 2 and 5 of each power of ten inside; the powers alone if there are many."""
        powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1,) if len(powers) > 5 else (1, 2, 5)
        every = (step * 10.0**power for power in powers for step in steps)
        return [tick for tick in every if self.low <= tick <= self.high]


def scale(values: Iterable[float], start: float, end: float) -> Scale:
    """Return the axis that holds *values* (all above 0) with a little room on both sides.

    >>> scale([1, 10], 0, 100)(1) > 0
    True
    """
    every = list(values)
    return Scale(min(every) / 1.3, max(every) * 1.3, start, end)


def spans(title: str, data: Spans) -> str:
    """Return a plot with a band for each row and a line for each system in it, from the median
    (a dot) to the 95th percentile.
    """
    rows = list(dict.fromkeys(row for found in data.values() for row in found))
    band = 11 * len(data) + 12
    width, top = 860, LEGEND + 46
    height = top + band * len(rows) + 24
    axis = scale(
        (each for rows in data.values() for pair in rows.values() for each in pair),
        130,
        width - 20,
    )
    body = [_text(20, 22, title, size=15), *_legend(data, 44), *_grid(axis, top - 4, height - 22)]
    for number, row in enumerate(rows):
        y = top + number * band
        body.append(_text(120, y + band / 2, row, anchor="end"))
        body.append(_line((20, y - 2), (width - 20, y - 2), "#999999"))
        for place, found in enumerate(data.values()):
            if row in found:
                body += _span(axis, found[row], y + 11 * place + 9, COLORS[place % len(COLORS)])
    return _svg(width, height, body)


def _span(axis: Scale, pair: tuple[float, float], y: float, color: str) -> Iterator[str]:
    middle, high = map(axis, pair)
    yield _line((middle, y), (high, y), color, 2)
    yield _dot(middle, y, color)


def curves(title: str, data: Lines) -> str:
    """Return a plot with a panel for each measure and a line for each system in it, both axes
    logarithmic.
    """
    across, width, height, top = 3, 300, 220, LEGEND + 40
    systems = list(dict.fromkeys(system for panel in data.values() for system in panel))
    body = [_text(20, 22, title, size=15), *_legend(systems, 44)]
    for number, (name, panel) in enumerate(data.items()):
        left, up = number % across * width, top + number // across * height
        body += _panel(name, panel, systems, (left, up, left + width, up + height))
    return _svg(across * width + 20, top + ceil(len(data) / across) * height, body)


def _panel(
    name: str,
    panel: Mapping[str, Sequence[tuple[float, float]]],
    systems: Sequence[str],
    box: tuple[float, float, float, float],
) -> Iterator[str]:
    left, up, right, down = box
    points = [point for line in panel.values() for point in line]
    across = scale((x for x, _ in points), left + 50, right - 10)
    along = scale((y for _, y in points), down - 30, up + 26)
    yield _text(left + 50, up + 14, name)
    for tick in dict.fromkeys(x for x, _ in points):
        yield _line((across(tick), up + 20), (across(tick), down - 26), "#dddddd")
        yield _text(across(tick), down - 12, _short(tick), size=10, anchor="middle")
    for tick in along.ticks():
        yield _line((left + 50, along(tick)), (right - 10, along(tick)), "#dddddd")
        yield _text(left + 46, along(tick) + 4, f"{tick:g}", size=10, anchor="end")
    for system, line in panel.items():
        color = COLORS[systems.index(system) % len(COLORS)]
        placed = [(across(x), along(y)) for x, y in line]
        for start, end in pairwise(placed):
            yield _line(start, end, color, 2)
        yield from (_dot(x, y, color) for x, y in placed)


# ---------------------------------------------------------------- pieces


def _grid(axis: Scale, top: float, bottom: float) -> Iterator[str]:
    for tick in axis.ticks():
        yield _line((axis(tick), top), (axis(tick), bottom), "#dddddd")
        yield _text(axis(tick), bottom + 14, f"{tick:g}", size=10, anchor="middle")


def _legend(names: Iterable[str], y: float) -> Iterator[str]:
    x = 20.0
    for place, name in enumerate(names):
        yield _dot(x + 5, y, COLORS[place % len(COLORS)])
        yield _text(x + 14, y + 4, name)
        x += 30 + 7.2 * len(name)


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _line(start: tuple[float, float], end: tuple[float, float], color: str, width: int = 1) -> str:
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{color}" stroke-width="{width}"/>'
    )


def _dot(x: float, y: float, color: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>'


def _short(count: float) -> str:
    """Return a number of documents as it is spoken of.

    >>> _short(30_000), _short(500)
    ('30k', '500')
    """
    return f"{count / 1000:g}k" if count >= 1000 else f"{count:g}"


def _svg(width: float, height: float, body: Iterable[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif">',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        ]
    )
