"""Rows: the units of many fields one behind the other, as numbers, to find runs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np

from searcher.columns import NAMED, Codes, Flags, Numbers, unit_keys
from searcher.matches.runs import begins
from searcher.model import MappedText, Noise
from searcher.text.cleancolumns import Cleaned, clean_many
from searcher.text.codes import owners, text_of
from searcher.text.unitcolumns import UnitPlaces, unit_places

NOWHERE = 0xFFFFFFFF
"""Stands for a unit that no field of a row has."""


class Row(Protocol):
    """Fields in a row: field *i* has the units ``codes[bounds[i] : bounds[i + 1]]``.

    ``names`` are the codes, from `NAMED` on, of units of several characters.
    """

    @property
    def codes(self) -> Codes:
        """Return the units of all fields."""

    @property
    def bounds(self) -> Numbers:
        """Return where each field begins, and the end of the last."""

    @property
    def names(self) -> Mapping[str, int]:
        """Return the numbers, from 0 on, of units of several characters."""

    def writes(self, at: Numbers, glyphs: Sequence[str]) -> Flags:
        """Tell of each run that begins at *at* if its units are written as *glyphs*.

        *glyphs* has a text for each unit, an empty one for a sentence end.
        """


def codes_of(row: Row, units: Sequence[str]) -> list[int]:
    """Return the codes of *units*, `NOWHERE` for those that *row* does not have."""
    names = row.names
    return [
        ord(unit) if len(unit) == 1 else NAMED + names[unit] if unit in names else NOWHERE
        for unit in units
    ]


def begins_of(row: Row, units: Sequence[str]) -> Numbers:
    """Return where *units* (at least one) begin as a run inside of a field, ascending."""
    run = codes_of(row, units)
    if NOWHERE in run:
        return row.bounds[:0]
    first = begins(row.codes, run)
    if len(run) == 1:
        return first
    return first[is_whole(row, first, first + (len(run) - 1))]


def is_whole(row: Row, first: Numbers, last: Numbers) -> Flags:
    """Tell of stretches of units, given the first and last of each, which are in one field."""
    bounds = row.bounds
    found: Flags = last < bounds[np.searchsorted(bounds, first, side="right")]
    return found


def row_of(
    texts: Sequence[str],
    known: Mapping[int, MappedText] = MappingProxyType({}),
    origins: Numbers | None = None,
) -> TextRow:
    """Return the units of *texts*; *known* are the clean texts of the noisy ones, by number.

    *origins* are what the spans of each text are counted from, 0 unless given.
    """
    cleaned = clean_many(texts, [Noise()] * len(texts), known)
    return TextRow(cleaned, np.zeros(len(texts), np.int64) if origins is None else origins)


class TextRow:
    """The units of cleaned texts; ``origins`` are where the originals of the fields begin."""

    def __init__(self, cleaned: Cleaned, origins: Numbers) -> None:
        self.names: dict[str, int] = {}
        self._cleaned = cleaned
        self._found: UnitPlaces = unit_places(cleaned, self.names)
        self._moves = origins - cleaned.origins[:-1]

    @property
    def codes(self) -> Codes:
        """Return the units of all fields."""
        return self._found.codes

    @property
    def bounds(self) -> Numbers:
        """Return where each field begins, and the end of the last."""
        return self._found.bounds

    def spans(self, first: Numbers, last: Numbers) -> tuple[Numbers, Numbers]:
        """Return where stretches of units begin and end, counted from where the origins are."""
        move = self._moves[owners(self.bounds, first)]
        start = self._cleaned.start[self._found.places[first]] + move
        return start, self._cleaned.end[self._stops(last) - 1] + move

    def _stops(self, units: Numbers) -> Numbers:
        """Return where *units* end in the clean text."""
        found = self._found
        stops: Numbers = found.places[units] + 1
        if len(found.long):
            at = np.minimum(np.searchsorted(found.long, units), len(found.long) - 1)
            is_long = found.long[at] == units
            stops[is_long] = found.long_ends[at[is_long]]
        return stops

    def writes(self, at: Numbers, glyphs: Sequence[str]) -> Flags:
        """Tell of each run that begins at *at* if its units are written as *glyphs*."""
        codes, places = self._cleaned.codes, self._found.places
        is_right = np.ones(len(at), dtype=bool)
        for offset, glyph in enumerate(glyphs):
            if glyph:
                unit = at + offset
                is_right &= self._stops(unit) - places[unit] == len(glyph)
                for step, character in enumerate(glyph):
                    # Behind a unit that is shorter there is always one more: the border.
                    place = np.minimum(places[unit] + step, len(codes) - 1)
                    is_right &= codes[place] == ord(character)
        return is_right

    def keys(self, first: int, stop: int) -> list[str]:
        """Return the units from *first* up to *stop*, or to the end."""
        return unit_keys(self.codes[first:stop].tolist(), list(self.names))

    def written(self, unit: int) -> str:
        """Return the clean text of a unit before it is folded."""
        places = np.array([unit])
        first, stop = int(self._found.places[unit]), int(self._stops(places)[0])
        return text_of(self._cleaned.codes[first:stop])
