"""Near: which documents hold several runs in order, close to each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from searcher.engines.whoosh_.reading.alignment import beginnings, in_field, space_of
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.postings import POSITION_BITS, Places
from searcher.model import TEXT_FIELDS


def windows(store: Store, field: str, parts: Sequence[Sequence[str]], slop: int) -> Places:
    """Return where *parts* begin that stand in order in *field*, none over another, with at most
    *slop* units between them in all.

    What is between them is what is left of the way from the first to the last, so of all ways to
    go on from a place the one that ends first is the best: each part at its next place.

    Raises:
        ValueError: a part has one unit only, which has no place.
    """
    if any(len(part) == 1 for part in parts):
        raise ValueError("a part of a single unit has to be looked up in the text")
    starts = last = _places(store, field, parts[0])
    between = 0
    for part, following in pairwise(parts):
        if not len(starts):
            break
        places = _places(store, field, following)
        at = places.searchsorted(last + len(part))
        goes_on = at < len(places)
        starts, behind = starts[goes_on], places[at[goes_on]]
        between += len(part)
        near = behind - starts <= between + slop
        near &= behind >> POSITION_BITS == starts >> POSITION_BITS
        starts, last = starts[near], behind[near]
    return starts


def _places(store: Store, field: str, units: Sequence[str]) -> Places:
    places = beginnings(store, space_of(field), units)
    if field in TEXT_FIELDS and len(places):
        return in_field(store, places, field)
    return places
