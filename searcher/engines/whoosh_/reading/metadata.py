"""Metadata: clauses, order and origins from the doc values of all segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from searcher.columns import EXTRA, PLAIN_COLUMNS, Floats, run_key
from searcher.engines.base import FieldKind, Known
from searcher.engines.whoosh_.files.docvalues import TEXTS
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found, of_many
from searcher.engines.whoosh_.reading.names import Names
from searcher.model import Dated, Has, Is, Within
from searcher.properties import cached_property

_ORIGIN = "origin"

EVERYWHERE = frozenset(PLAIN_COLUMNS) - {_ORIGIN}
"""Names that mean the field every document has; any other one is that of an extra field."""

_DAY_BITS = 22
"""Bits of a day: there are calendars up to the year 9999."""


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
            column = segment.doc_values.texts(EXTRA + clause.field)
            return None if column is None else column.having(column.holding(key))

        return self._store.kept(clause, len(clause.units), lambda: self._found(find))

    def is_(self, clause: Is) -> Found:
        """Return the documents with a text that is exactly this."""

        def find(segment: Segment) -> Docs | None:
            column = segment.doc_values.texts(column_of(clause.field))
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
            column = segment.doc_values.figures(EXTRA + clause.field)
            if column is None:
                return None
            docs, figures = column.rows()
            return docs[(figures >= low) & (figures <= high)]

        return self._found(find)

    def dated(self, clause: Dated) -> Found:
        """Return the documents whose whole date is in a range."""

        def find(segment: Segment) -> Docs:
            first, last = segment.doc_values.periods
            wanted = first > 0
            if clause.first is not None:
                wanted &= first >= clause.first
            if clause.last is not None:
                wanted &= last <= clause.last
            return np.flatnonzero(wanted[segment.doc_values.period])

        return self._found(find)

    def _found(self, find: Callable[[Segment], Docs | None]) -> Found:
        """Return the living ones of the documents that *find* finds in each segment."""
        store = self._store
        parts = [(start, find(segment)) for start, segment in store.segments()]
        docs = np.concatenate(
            [np.empty(0, np.int64), *(own + start for start, own in parts if own is not None)]
        )
        return of_many(docs if store.live is None else docs[store.live[docs]], store.size)

    # ------------------------------------------------------------ fields

    @cached_property
    def fields(self) -> Mapping[str, frozenset[FieldKind]]:
        """The extra fields that any living document has, and what they hold, by name."""
        found: defaultdict[str, set[FieldKind]] = defaultdict(set)
        for start, segment in self._store.segments():
            for kind, name in segment.doc_values.names:
                if name.startswith(EXTRA) and self._lives(start, segment, kind, name):
                    found[name[len(EXTRA) :]].add("text" if kind == TEXTS else "number")
        return {name: frozenset(kinds) for name, kinds in sorted(found.items())}

    def _lives(self, start: int, segment: Segment, kind: str, name: str) -> bool:
        """Tell whether any living document has a value in a column of a segment."""
        if self._store.live is None:
            return True
        values = segment.doc_values
        column = values.texts(name) if kind == TEXTS else values.figures(name)
        return column is not None and bool(self._store.live[column.rows()[0] + start].any())

    # ------------------------------------------------------------ order, and what is known

    @cached_property
    def recency(self) -> Floats:
        """A number for each document that is higher for a newer date; −∞ where there is none.

        Of two periods that begin on one day the shorter is the newer: so dates are in the order
        in which they are written.
        """
        parts: list[Floats] = [np.empty(0)]
        for _, segment in self._store.segments():
            first, last = segment.doc_values.periods
            newest = (first << _DAY_BITS) - (last - first).astype(np.float64)
            parts.append(np.where(first > 0, newest, -np.inf)[segment.doc_values.period])
        return np.concatenate(parts)

    def known(self, names: Names) -> Iterator[Known]:
        """Yield what is known of the living documents, by number."""
        live, ids = self._store.live, names.ids
        for start, segment in self._store.segments():
            digests, origins = segment.doc_values.digests, _origins(segment)
            for own, origin in enumerate(origins):
                if live is None or live[start + own]:
                    yield Known(ids[start + own], origin, digests[own].tobytes())

    def known_of(self, document_ids: Iterable[str]) -> Iterator[Known]:
        """Yield what is known of the living documents with these ids."""
        found = {
            number: each for each in document_ids if (number := self._store.find(each)) is not None
        }
        for start, segment in self._store.segments():
            own = [number - start for number in found if 0 <= number - start < segment.documents]
            if own:
                digests = segment.doc_values.digests
                for at, origin in zip(own, _origins_of(segment, own), strict=True):
                    yield Known(found[start + at], origin, digests[at].tobytes())


def column_of(field: str) -> str:
    """Return the column of the texts of a field.

    >>> column_of("script"), column_of("tag")
    ('script', 'extra.tag')
    """
    return field if field in EVERYWHERE else EXTRA + field


def _origins(segment: Segment) -> list[str]:
    """Return the origin of each document of a segment."""
    origins = [""] * segment.documents
    column = segment.doc_values.texts(_ORIGIN)
    if column is not None:
        values = [value for value, _ in column.pairs()]
        for number, code in zip(*(rows.tolist() for rows in column.rows()), strict=True):
            origins[number] = values[code]
    return origins


def _origins_of(segment: Segment, numbers: Sequence[int]) -> list[str]:
    """Return the origins of some documents of a segment."""
    column = segment.doc_values.texts(_ORIGIN)
    if column is None:
        return [""] * len(numbers)
    documents, codes = column.rows()
    places = documents.searchsorted(numbers).tolist()
    return [
        column.value(int(codes[at])) if at < len(documents) and documents[at] == number else ""
        for at, number in zip(places, numbers, strict=True)
    ]
