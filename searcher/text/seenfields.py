"""What is kept of the fields of a batch beside their text: which are seen, and their maps."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from searcher.columns import Flags, Numbers, unit_keys
from searcher.model import MappedText, Units
from searcher.text.cleancolumns import Cleaned
from searcher.text.codes import CODE_POINTS, joined, text_of
from searcher.text.seen import HAN_RANGES
from searcher.text.unitcolumns import unit_columns

_BEYOND = 1 << 16
_CODE_BITS = 21


class SeenField(NamedTuple):
    """One field of many that were cleaned together; ``is_seen`` but for noise."""

    is_seen: bool
    cleaned: Cleaned
    number: int

    def mapped(self) -> MappedText:
        """Return the clean text of the field."""
        cleaned = self._alone()
        return MappedText(text_of(cleaned.codes[:-1]), *_spans(cleaned.start, cleaned.end, -1))

    def units(self) -> Units:
        """Return the units of the field."""
        found = unit_columns(self._alone())
        keys = unit_keys(found.codes.tolist(), found.names)
        return Units(keys, *_spans(found.start, found.end, None))

    def _alone(self) -> Cleaned:
        """Return the field as if it had been cleaned by itself."""
        cleaned, at = self.cleaned, self.number
        part = slice(int(cleaned.bounds[at]), int(cleaned.bounds[at + 1]))
        cuts = cleaned.cuts[slice(*np.searchsorted(cleaned.cuts, [part.start, part.stop]))]
        origin = cleaned.origins[at]
        return Cleaned(
            (cleaned.originals[at],),
            cleaned.origins[at : at + 2] - origin,
            cleaned.codes[part],
            cleaned.start[part] - origin,
            cleaned.end[part] - origin,
            cleaned.bounds[at : at + 2] - part.start,
            cuts - part.start,
        )


def _spans(start: Numbers, end: Numbers, stop: int | None) -> tuple[list[int], list[int]]:
    return start[:stop].tolist(), end[:stop].tolist()


def seen_fields(cleaned: Cleaned) -> list[SeenField]:
    """Return every field of *cleaned*, and whether it is seen if it holds no noise.

    >>> from searcher.model import Noise
    >>> from searcher.text.cleancolumns import clean_many
    >>> fields = seen_fields(clean_many(["軟體 A", "㈱"], [Noise(), Noise()]))
    >>> [(field.is_seen, field.units().keys) for field in fields]
    [(True, ['软', '体', 'a']), (False, ['株'])]
    """
    codes, _ = joined(cleaned.originals)
    places = _han().take(codes).nonzero()[0]
    ours = places << _CODE_BITS | codes[places]
    ours[codes[places] >= _BEYOND] = -1
    han = _han().take(cleaned.codes).nonzero()[0]
    start = cleaned.start[han]
    theirs = start << _CODE_BITS | cleaned.codes[han]
    theirs[cleaned.end[han] - start != 1] = -2
    begins = np.searchsorted(places, cleaned.origins), np.searchsorted(han, cleaned.bounds)
    is_equal = _equal_parts(ours, theirs, (begins[0].tolist(), begins[1].tolist()))
    return [SeenField(each, cleaned, at) for at, each in enumerate(is_equal)]


def _equal_parts(one: Numbers, other: Numbers, begins: tuple[list[int], list[int]]) -> list[bool]:
    """Tell of each part of two arrays, given where the parts begin, whether it is equal."""
    a, b = begins
    if a == b and bool((one == other).all()):
        return [True] * (len(a) - 1)
    return [
        one[a[i] : a[i + 1]].tobytes() == other[b[i] : b[i + 1]].tobytes()
        for i in range(len(a) - 1)
    ]


@cache
def _han() -> Flags:
    """Return for each code point whether a seen field may hold it as Han only, or not at all."""
    table = np.zeros(CODE_POINTS, dtype=bool)
    table[_BEYOND:] = True
    for first, last in HAN_RANGES:
        table[ord(first) : ord(last) + 1] = True
    return table
