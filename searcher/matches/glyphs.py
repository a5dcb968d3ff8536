"""Glyphs: how the units of a piece of query text are written, before folding makes them one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from searcher.matches.rows import TextRow, codes_of
from searcher.model import Noise
from searcher.text.cleancolumns import clean_many
from searcher.text.queries import NOISES
from searcher.text.units import SENTENCE_END


@lru_cache(64)
def ways_to_write(text: str, units: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the ways in which *text*, as typed or as a noisy page, writes *units*.

    Each has a text for each unit: what cleaning leaves of it, in its own script and case, of one
    width; an empty one for a sentence end.  None where *text* is no such run.

    >>> ways_to_write("後Ｇo", ("后", "go"))
    (('後', 'Go'),)
    """
    line = " ".join(text.splitlines())
    found = (_written(each, noise, units) for each in (line, text) for noise in NOISES)
    return tuple(dict.fromkeys(way for way in found if way))


def _written(text: str, noise: Noise, units: tuple[str, ...]) -> tuple[str, ...]:
    row = TextRow(clean_many([text], [noise]), np.zeros(1, dtype=np.int64))
    if row.codes.tolist() != codes_of(row, units):
        return ()
    return tuple("" if unit == SENTENCE_END else row.written(at) for at, unit in enumerate(units))
