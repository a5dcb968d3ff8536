"""Metadata: which documents have what in the columns of facts, over all segments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import EXTRA, run_key
from searcher.engines.base import YEAR, FieldKind, Known
from searcher.engines.whoosh_.files.facts import TEXTS, FigureFacts, TextFacts
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.reading.bm25 import Floats
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found, of_many
from searcher.engines.whoosh_.reading.names import Names
from searcher.model import Dated, Has, Is, Within

Bools = npt.NDArray[np.bool_]

ORIGIN = "origin"

NAMED = ("script", "source", "author")
"""Names that mean the field every document has; any other one is that of an extra field."""

_DAY_BITS = 22
"""Bits of a day: there are calendars up to the year 9999."""

_EPOCH, _EPOCH_YEAR = 719_163, 1970
"""The day from which numpy counts, as `datetime.date.toordinal` counts it, and its year."""

_LONGEST_WHOLE = 15
"""Digits up to which a whole number is written as one."""


class Metadata:
    """Answers what is asked of metadata; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # ------------------------------------------------------------ clauses

    def match(self, clause: Has | Is | Within | Dated) -> Found:
        """Return the documents that match."""
        match clause:
            case Has():
                return self.has(clause)
            case Is():
                return self.is_(clause)
            case Within():
                return self.within(clause)
            case Dated():
                return self.dated(clause)

    def has(self, clause: Has) -> Found:
        """Return the documents with a text that holds a run; it is kept."""
        key = run_key(clause.units)

        def find(segment: Segment) -> Docs | None:
            column = segment.facts.texts(EXTRA + clause.field)
            return None if column is None else column.having(column.holding(key))

        return self._store.kept(clause, lambda: self._found(find))

    def is_(self, clause: Is) -> Found:
        """Return the documents with a text that is exactly this."""

        def find(segment: Segment) -> Docs | None:
            column = segment.facts.texts(column_of(clause.field))
            code = None if column is None else column.find(clause.value)
            if column is None or code is None:
                return None
            wanted = np.zeros(column.values, np.bool_)
            wanted[code] = True
            return column.having(wanted)

        return self._found(find)

    def within(self, clause: Within) -> Found:
        """Return the documents with a number in a range."""
        low = -np.inf if clause.low is None else clause.low
        high = np.inf if clause.high is None else clause.high

        def find(segment: Segment) -> Docs | None:
            column = segment.facts.figures(EXTRA + clause.field)
            if column is None:
                return None
            docs, figures = column.rows()
            return docs[(figures >= low) & (figures <= high)]

        return self._found(find)

    def dated(self, clause: Dated) -> Found:
        """Return the documents whose whole date is in a range."""

        def find(segment: Segment) -> Docs:
            first, last = segment.facts.periods
            wanted = first > 0
            if clause.first is not None:
                wanted &= first >= clause.first
            if clause.last is not None:
                wanted &= last <= clause.last
            return np.flatnonzero(wanted[segment.facts.period])

        return self._found(find)

    def _found(self, find: Callable[[Segment], Docs | None]) -> Found:
        """Return the living ones of the documents that *find* finds in each segment."""
        store = self._store
        parts = [(start, find(segment)) for start, segment in store.segments()]
        docs = np.concatenate(
            [np.empty(0, np.int64), *(own + start for start, own in parts if own is not None)]
        )
        return of_many(docs if store.live is None else docs[store.live[docs]], store.size)

    # ------------------------------------------------------------ fields and facets

    @cached_property
    def fields(self) -> Mapping[str, frozenset[FieldKind]]:
        """The extra fields that any living document has, and what they hold, by name."""
        found: defaultdict[str, set[FieldKind]] = defaultdict(set)
        for start, segment in self._store.segments():
            for kind, name in segment.facts.names:
                if name.startswith(EXTRA) and self._lives(start, segment, kind, name):
                    found[name[len(EXTRA) :]].add("text" if kind == TEXTS else "number")
        return {name: frozenset(kinds) for name, kinds in sorted(found.items())}

    def _lives(self, start: int, segment: Segment, kind: str, name: str) -> bool:
        """Tell whether any living document has a value in a column of a segment."""
        if self._store.live is None:
            return True
        facts = segment.facts
        column = facts.texts(name) if kind == TEXTS else facts.figures(name)
        return column is not None and bool(self._store.live[column.rows()[0] + start].any())

    def facet(self, found: Found, name: str, most: int) -> tuple[tuple[str, int], ...]:
        """Return the *most* frequent values of a field in *found*, and how many have them."""
        chosen = found.mask(self._store.size)
        tallies = [
            tally
            for start, segment in self._store.segments()
            for tally in _tallies(segment, name, chosen[start : start + segment.documents])
        ]
        if len(tallies) == 1:
            return tallies[0].top(most)
        counts: Counter[str] = Counter()
        for tally in tallies:
            counts.update(dict(tally.top(len(tally.counts))))
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(ordered[:most])

    # ------------------------------------------------------------ order, and what is known

    @cached_property
    def recency(self) -> Floats:
        """A number for each document that is higher for a newer date; −∞ where there is none.

        Of two periods that begin on one day the shorter is the newer: so dates are in the order
        in which they are written.
        """
        parts: list[Floats] = [np.empty(0)]
        for _, segment in self._store.segments():
            first, last = segment.facts.periods
            newest = (first << _DAY_BITS) - (last - first).astype(np.float64)
            parts.append(np.where(first > 0, newest, -np.inf)[segment.facts.period])
        return np.concatenate(parts)

    def known(self, names: Names) -> Iterator[Known]:
        """Yield what is known of the living documents, by number."""
        live, ids = self._store.live, names.ids
        for start, segment in self._store.segments():
            digests, origins = segment.facts.digests, _origins(segment)
            for own, origin in enumerate(origins):
                if live is None or live[start + own]:
                    yield Known(ids[start + own], origin, digests[own].tobytes())


def column_of(field: str) -> str:
    """Return the column of the texts of a field.

    >>> column_of("script"), column_of("tag")
    ('script', 'extra.tag')
    """
    return field if field in NAMED else EXTRA + field


def _origins(segment: Segment) -> list[str]:
    """Return the origin of each document of a segment."""
    origins = [""] * segment.documents
    column = segment.facts.texts(ORIGIN)
    if column is not None:
        values = [value for value, _ in column.pairs()]
        for number, code in zip(*(rows.tolist() for rows in column.rows()), strict=True):
            origins[number] = values[code]
    return origins


class _Tally:
    """How many documents have each of some values, which ascend by number."""

    def __init__(self, counts: npt.NDArray[Any], value: Callable[[int], str]) -> None:
        self.counts = counts
        self._value = value

    def top(self, most: int) -> tuple[tuple[str, int], ...]:
        """Return the *most* frequent values that any document has, equal ones ascending."""
        held = np.flatnonzero(self.counts)
        best = held[np.argsort(-self.counts[held], kind="stable")[: max(most, 0)]]
        counts = self.counts[best].tolist()
        return tuple(zip(map(self._value, best.tolist()), counts, strict=True))


def _tallies(segment: Segment, name: str, chosen: Bools) -> Iterator[_Tally]:
    """Yield what the *chosen* documents of a segment have in a field."""
    if name == YEAR:
        yield _years(segment, chosen)
        return
    texts = segment.facts.texts(column_of(name))
    if texts is not None:
        yield _texts(texts, chosen)
    figures = segment.facts.figures(EXTRA + name)
    if figures is not None and name not in NAMED:
        yield _figures(figures, chosen)


def _texts(column: TextFacts, chosen: Bools) -> _Tally:
    return _Tally(column.counts(chosen), column.value)


def _figures(column: FigureFacts, chosen: Bools) -> _Tally:
    docs, figures = column.rows()
    values, counts = np.unique(figures[chosen[docs]], return_counts=True)
    return _ordered(list(map(figure_text, values.tolist())), counts.tolist())


def _years(segment: Segment, chosen: Bools) -> _Tally:
    facts = segment.facts
    days = (facts.periods[0] - _EPOCH).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + _EPOCH_YEAR
    counts = np.bincount(years[facts.period[chosen]], minlength=1)
    counts[0] = 0  # what has no date
    return _Tally(counts, "{:04}".format)


def _ordered(values: Sequence[str], counts: Sequence[int]) -> _Tally:
    """Return the tally of values in any order, some of which may come more than once."""
    sums: Counter[str] = Counter()
    for value, count in zip(values, counts, strict=True):
        sums[value] += count
    ordered = sorted(sums)
    return _Tally(np.array([sums[value] for value in ordered], np.int64), ordered.__getitem__)


def figure_text(figure: float) -> str:
    """Return a number as text, as short as can be.

    >>> figure_text(3.0), figure_text(-0.0), figure_text(0.1), figure_text(1e20)
    ('3', '0', '0.1', '1e+20')
    """
    if figure.is_integer() and abs(figure) < 10**_LONGEST_WHOLE:
        return str(int(figure))
    return repr(figure)
