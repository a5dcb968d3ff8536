"""Marks in any text of usual size: its units are read again, those of all fields at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from searcher.columns import NAMED, Numbers
from searcher.matches.runs import Sought, Spans, begins
from searcher.model import MappedText, Noise
from searcher.snippets import Place, Sheet
from searcher.text.cleancolumns import clean_many
from searcher.text.unitcolumns import UnitColumns, unit_columns


def read_spans(
    sheet: Sheet,
    places: Sequence[Place],
    marks: Sequence[Sought],
    cleaned: Mapping[Place, MappedText],
) -> list[Spans]:
    """Return where each of *marks* stands in the fields *places*.

    *cleaned* are the clean texts of the noisy ones, which are not cleaned again.
    """
    found = unit_columns(
        clean_many(
            [sheet.text[place.start : place.end] for place in places],
            [Noise()] * len(places),
            {at: cleaned[place] for at, place in enumerate(places) if place in cleaned},
        )
    )
    reader = _Reader(found, np.array([place.start for place in places], dtype=np.int64))
    return [reader.spans(*mark) for mark in marks]


class _Reader:
    """The units of fields in a row; ``origins`` is where each field begins on the sheet."""

    def __init__(self, found: UnitColumns, origins: Numbers) -> None:
        self._found = found
        self._origins = origins

    def spans(self, number: int, units: Sequence[str]) -> Spans:
        """Return where the mark *number*, made of *units*, stands."""
        found, length = self._found, len(units)
        run = list(self._keys(units))
        first = begins(found.codes, run) if len(run) == length else found.bounds[:0]
        last = first + (length - 1)
        field = np.searchsorted(found.bounds, first, side="right") - 1
        is_inside = last < found.bounds[field + 1]
        field, first, last = field[is_inside], first[is_inside], last[is_inside]
        origin = self._origins[field]
        return Spans(number, found.start[first] + origin, found.end[last] + origin)

    def _keys(self, units: Sequence[str]) -> Iterator[int]:
        """Yield the codes of those *units* that any field has."""
        names = self._found.names
        for unit in units:
            if len(unit) == 1:
                yield ord(unit)
            elif unit in names:
                yield NAMED + names.index(unit)
