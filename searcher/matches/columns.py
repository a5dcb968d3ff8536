"""Marks in any text of usual size: its units are read again, those of all fields at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from searcher.columns import NAMED, Numbers
from searcher.matches.rows import NOWHERE, TextRow, begins_of, codes_of, row_of
from searcher.matches.runs import of_mark
from searcher.model import MappedText, Mark
from searcher.snippets import Found, Place, Sheet
from searcher.text.codes import ranges

Numbered = Sequence[tuple[int, Mark]]
"""Marks by their numbers."""


def read_spans(
    sheet: Sheet,
    places: Sequence[Place],
    marks: Numbered,
    cleaned: Mapping[Place, MappedText],
) -> list[Found]:
    """Return where the *marks* stand in the fields *places*.

    *cleaned* are the clean texts of the noisy ones, which are not cleaned again.
    """
    row = row_of(
        [sheet.text[place.start : place.end] for place in places],
        {at: cleaned[place] for at, place in enumerate(places) if place in cleaned},
        np.array([place.start for place in places], dtype=np.int64),
    )
    single = [(at, mark.units) for at, mark in marks if not mark.pattern and len(mark.units) == 1]
    found = [_singles(row, single)] if single else []
    for number, mark in marks:
        if mark.pattern or len(mark.units) > 1:
            found.append(of_mark(number, *row.spans(*_stretches(row, mark))))
    return found


def _stretches(row: TextRow, mark: Mark) -> tuple[Numbers, Numbers]:
    """Return the first and the last units of all ranges of a mark."""
    if mark.pattern:
        # Imported here: hardly a query has any.
        from searcher.matches.patterns import shown

        return shown(row, mark.pattern, mark.units)
    first = begins_of(row, mark.units)
    return first, first + (len(mark.units) - 1)


def _singles(row: TextRow, marks: Sequence[tuple[int, tuple[str, ...]]]) -> Found:
    """Return where marks of one unit stand: all at once, for an expanded prefix has a thousand."""
    numbers: dict[int, list[int]] = {}
    for number, units in marks:
        numbers.setdefault(codes_of(row, units)[0], []).append(number)
    numbers.pop(NOWHERE, None)
    # Only the parts of the table that are looked at are ever made.
    table = np.zeros(NAMED + len(row.names), dtype=np.uint16)
    table[list(numbers)] = np.arange(1, len(numbers) + 1)
    held = table.take(row.codes)
    at = held.nonzero()[0]
    slots = held[at].astype(np.int64) - 1
    counts = np.fromiter(map(len, numbers.values()), np.int64, len(numbers))
    every = np.fromiter(chain.from_iterable(numbers.values()), np.int64)
    mark = every[ranges((counts.cumsum() - counts)[slots], counts[slots])]
    start, end = row.spans(at, at)
    return Found(start.repeat(counts[slots]), end.repeat(counts[slots]), mark)
