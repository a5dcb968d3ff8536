"""Facets: how many of some documents have each value of a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import EXTRA, Flags
from searcher.engines.base import YEAR
from searcher.engines.labels import figure_label
from searcher.engines.whoosh_.files.docvalues import FigureValues, TextValues
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Found
from searcher.engines.whoosh_.reading.metadata import EVERYWHERE, column_of

_EPOCH, _EPOCH_YEAR = 719_163, 1970
"""The day from which numpy counts, as `datetime.date.toordinal` counts it, and its year."""


def facet(store: Store, found: Found, name: str, most: int) -> tuple[tuple[str, int], ...]:
    """Return the *most* frequent values of a field in *found*, and how many have them."""
    chosen = found.mask(store.size)
    tallies = [
        tally
        for start, segment in store.segments()
        for tally in _tallies(segment, name, chosen[start : start + segment.documents])
    ]
    if len(tallies) == 1:
        return tallies[0].top(most)
    return _summed(pair for tally in tallies for pair in tally.top()).top(most)


class _Tally:
    """How many documents have each of some values, which ascend by number."""

    def __init__(self, counts: npt.NDArray[Any], value: Callable[[int], str]) -> None:
        self._counts = counts
        self._value = value

    def top(self, most: int | None = None) -> tuple[tuple[str, int], ...]:
        """Return the *most* frequent values that any document has, equal ones ascending."""
        held = np.flatnonzero(self._counts)
        best = held[np.argsort(-self._counts[held], kind="stable")[:most]]
        counts = self._counts[best].tolist()
        return tuple(zip(map(self._value, best.tolist()), counts, strict=True))


def _tallies(segment: Segment, name: str, chosen: Flags) -> Iterator[_Tally]:
    """Yield what the *chosen* documents of a segment have in a field."""
    if name == YEAR:
        yield _years(segment, chosen)
        return
    texts = segment.doc_values.texts(column_of(name))
    if texts is not None:
        yield _texts(texts, chosen)
    figures = segment.doc_values.figures(EXTRA + name)
    if figures is not None and name not in EVERYWHERE:
        yield _figures(figures, chosen)


def _texts(column: TextValues, chosen: Flags) -> _Tally:
    return _Tally(column.counts(chosen), column.value)


def _figures(column: FigureValues, chosen: Flags) -> _Tally:
    docs, figures = column.rows()
    values, counts = np.unique(figures[chosen[docs]], return_counts=True)
    return _summed(zip(map(figure_label, values.tolist()), counts.tolist(), strict=True))


def _years(segment: Segment, chosen: Flags) -> _Tally:
    values = segment.doc_values
    days = (values.periods[0] - _EPOCH).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + _EPOCH_YEAR
    counts = np.bincount(years[values.period[chosen]], minlength=1)
    counts[0] = 0  # what has no date
    return _Tally(counts, "{:04}".format)


def _summed(pairs: Iterable[tuple[str, int]]) -> _Tally:
    """Return the tally of values with their counts, in any order; one may come more than once."""
    sums: Counter[str] = Counter()
    for value, count in pairs:
        sums[value] += count
    ordered = sorted(sums)
    return _Tally(np.array([sums[value] for value in ordered], np.int64), ordered.__getitem__)
