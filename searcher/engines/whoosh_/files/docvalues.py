"""Doc values: what a segment says of its documents beside their terms.

Sections of ``NAME.docs``, N documents::

    digests              N times 16 bytes
    periods              the first and the last day (4 bytes each) of each distinct date, ascending
    period               which of them each document has, if there are two or more
    columns              names, ascending: `TEXTS` or `FIGURES`, then the name of the column
    columns_at           where each begins (`texts`)
    shapes               six numbers of 8 bytes for each column (`Shape`)
    facts                the columns themselves, one after the other

A column is these parts, each at a multiple of 8::

    documents            of each row, if the form is `SOME`
    codes                of texts: the number of the value; in `GAPPED` one more, for each document
    figures              of figures, instead: 8 bytes for each row
    values' places       of texts: where each value begins, and where the last one ends
    values               in a row; they ascend
    keys' places, keys   the same, where there are keys (`searcher.columns.run_key`)

Columns have no section each, so that documents may have any number of fields.  Numbers take as
few bytes as the largest one needs; codes none at all where there is one value.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searcher.columns import DIGEST, Digests, Flags, Floats, Numbers
from searcher.engines.whoosh_.files.container import Container, Kind, Section
from searcher.engines.whoosh_.files.texts import (
    Texts,
    checked,
    decoded,
    encoded,
    narrowest,
    offsets,
    split,
    width,
)
from searcher.properties import cached_property

TEXTS, FIGURES = "t", "n"
"""What a column holds: the first character of its name in the file."""

EACH, SOME, GAPPED = range(3)
"""The form of a column: each document has one row; those listed have one or more; each has a code,
0 meaning none."""

SECTION = "facts"
"""The section of all columns; the files of schema 3 know it by this name."""

ALIGNED = 8

LAST_DAY = 3_652_059
"""The last day of the year 9999, `datetime.date.max.toordinal()`."""


class Shape(NamedTuple):
    """A column: its form, rows, values, the bytes of values and of keys, where it begins."""

    form: int
    rows: int
    values: int
    value_bytes: int
    key_bytes: int
    start: int


def code_kind(values: int, form: int) -> Kind | None:
    """Return the kind of the codes of a column, None where they say nothing.

    >>> code_kind(1, EACH), code_kind(256, EACH), code_kind(256, GAPPED)
    (None, 'B', 'H')
    """
    if form == GAPPED:
        return narrowest(values)
    return narrowest(values - 1) if values > 1 else None


class DocValues:
    """The doc values of one segment, read where they lie.

    Every method raises `IndexCorruptError`, naming the file, where it meets damage.
    """

    def __init__(self, container: Container, documents: int) -> None:
        self._container = container
        self._documents = documents
        self._section = container.section(SECTION)
        self._columns: dict[str, TextValues | FigureValues] = {}

    @cached_property
    def digests(self) -> Digests:
        """The digest of each document."""
        section = self._container.section("digests")
        if section.size != DIGEST * self._documents:
            raise section.damaged("number of digests")
        digests: Digests = section.array("B").reshape(-1, DIGEST)
        return digests

    @cached_property
    def periods(self) -> tuple[Numbers, Numbers]:
        """The first and the last days of all distinct dates; 0 and 0 is none."""
        section = self._container.section("periods")
        days = section.array("I").astype(np.int64)
        first, last = days[0::2], days[1::2]
        if len(first) != len(last) or bool(len(first)) != bool(self._documents):
            raise section.damaged("number of periods")
        if (last < first).any() or last.max(initial=0) > LAST_DAY:
            raise section.damaged("days that no calendar has")
        return first, last

    @cached_property
    def period(self) -> npt.NDArray[Any]:
        """Which of `periods` each document has."""
        count = len(self.periods[0])
        if count < 2:
            return np.zeros(self._documents, np.uint8)
        section = self._container.section("period")
        codes = section.array(narrowest(count - 1))
        if len(codes) != self._documents or codes.max(initial=0) >= count:
            raise section.damaged("periods")
        return codes

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The columns, ascending: `TEXTS` or `FIGURES`, and the name."""
        return tuple((name[:1], name[1:]) for name in self._numbers)

    def texts(self, name: str) -> TextValues | None:
        """Return a column of texts, or None where no document has any."""
        found = self._column(TEXTS + name)
        return found if isinstance(found, TextValues) else None

    def figures(self, name: str) -> FigureValues | None:
        """Return a column of numbers, or None where no document has any."""
        found = self._column(FIGURES + name)
        return found if isinstance(found, FigureValues) else None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        names = Texts(self._container, "columns").all()
        return {name: number for number, name in enumerate(names)}

    def _column(self, name: str) -> TextValues | FigureValues | None:
        found = self._columns.get(name)
        if found is None and name in self._numbers:
            made: type[TextValues | FigureValues]
            made = TextValues if name[:1] == TEXTS else FigureValues
            found = made(self._section, self._shape(self._numbers[name]), self._documents)
            self._columns[name] = found
        return found

    def _shape(self, number: int) -> Shape:
        section = self._container.section("shapes")
        size = len(Shape._fields)
        shape = Shape(*section.numbers("Q", number * size, (number + 1) * size).tolist())
        dense = shape.form != SOME and shape.rows > self._documents
        partial = shape.form == EACH and shape.rows < self._documents
        if shape.form > GAPPED or dense or partial or shape.values > shape.rows:
            raise section.damaged(f"shape of column {number}")
        return shape


class _Column:
    """One column of a segment, read part after part."""

    def __init__(self, section: Section, shape: Shape, documents: int) -> None:
        self._section = section
        self._shape = shape
        self._size = documents
        self._at = shape.start
        self._docs = self._part("I", shape.rows) if shape.form == SOME else None
        if self._docs is not None and (
            self._docs.max(initial=0) >= documents or (self._docs[1:] < self._docs[:-1]).any()
        ):
            raise section.damaged("documents of a column")

    def _part(self, kind: str, count: int) -> npt.NDArray[Any]:
        size = np.dtype(f"<{kind}").itemsize
        return np.frombuffer(self._bytes(size * count), f"<{kind}")

    def _bytes(self, size: int) -> memoryview:
        start = self._at
        self._at += size + -size % ALIGNED
        return self._section.bytes(start, start + size)


class TextValues(_Column):
    """A column of texts; a value goes by its code, which ascends as values do."""

    def __init__(self, section: Section, shape: Shape, documents: int) -> None:
        super().__init__(section, shape, documents)
        self.values = shape.values
        kind = code_kind(shape.values, shape.form)
        rows = shape.rows if shape.form == SOME else documents
        self._codes = np.zeros(rows, np.uint8) if kind is None else self._part(kind, rows)
        limit = shape.values + (shape.form == GAPPED)
        if self._codes.max(initial=0) >= limit:
            raise section.damaged("codes of a column")
        self._value_at, self._values = self._texts(shape.value_bytes)
        self._key_at, self._keys = self._texts(shape.key_bytes)

    def having(self, wanted: Flags) -> Numbers:
        """Return the documents, ascending, that have a value of a code that is *wanted*."""
        if self._docs is not None:
            docs: Numbers = self._docs[wanted[self._codes]].astype(np.int64)
            first = np.ones(len(docs), np.bool_)
            np.not_equal(docs[1:], docs[:-1], out=first[1:])
            return docs[first]
        if self._shape.form == GAPPED:
            wanted = np.concatenate([np.zeros(1, np.bool_), wanted])
        return np.flatnonzero(wanted[self._codes])

    def counts(self, chosen: Flags) -> Numbers:
        """Return how many of the documents that are *chosen* have each value."""
        rows = chosen if self._docs is None else chosen[self._docs]
        gap = int(self._shape.form == GAPPED)
        found: Numbers = np.bincount(self._codes[rows], minlength=self.values + gap)[gap:]
        return found

    def rows(self) -> tuple[Numbers, Numbers]:
        """Return the documents, ascending, and the code that each of them has."""
        codes = self._codes.astype(np.int64)
        if self._docs is not None:
            return self._docs.astype(np.int64), codes
        if self._shape.form == EACH:
            return np.arange(self._size), codes
        docs = codes.nonzero()[0]
        return docs, codes[docs] - 1

    def find(self, value: str) -> int | None:
        """Return the code of a value, or None where no document has it."""
        wanted = encoded(value)
        at = bisect_left(range(self.values), wanted, key=self._raw)
        return at if at < self.values and self._raw(at) == wanted else None

    def value(self, code: int) -> str:
        """Return a value."""
        return decoded(self._raw(code), self._section)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the values, ascending, and their keys."""
        values = split(self._values, self._value_at, self._section)
        return zip(values, split(self._keys, self._key_at, self._section), strict=True)

    def holding(self, key: str) -> Flags:
        """Tell for each code whether the key of its value holds *key*, that of a run."""
        found = np.zeros(self.values, np.bool_)
        matches = re.finditer(re.escape(encoded(key)), self._keys)
        places = [match.start() for match in matches]
        if places:
            found[np.searchsorted(self._key_at, places, side="right") - 1] = True
        return found

    def _texts(self, size: int) -> tuple[npt.NDArray[Any], memoryview]:
        """Return where texts begin in the bytes that follow, and these bytes."""
        if not size:
            return np.zeros(self.values + 1, np.uint32), memoryview(b"")
        places = self._part(offsets(size), self.values + 1)
        return checked(places, size, self._section), self._bytes(size)

    def _raw(self, code: int) -> bytes:
        return bytes(self._values[self._value_at.item(code) : self._value_at.item(code + 1)])


class FigureValues(_Column):
    """A column of numbers."""

    def __init__(self, section: Section, shape: Shape, documents: int) -> None:
        super().__init__(section, shape, documents)
        self._figures: Floats = self._part("f8", shape.rows)
        if self._docs is None and shape.rows != documents:
            raise section.damaged("rows of a column")

    def rows(self) -> tuple[Numbers, Floats]:
        """Return the documents, ascending, and the number that each of them has."""
        if self._docs is None:
            return np.arange(self._size), self._figures
        return self._docs.astype(np.int64), self._figures


def code_bytes(values: int, form: int) -> int:
    """Return how many bytes each code takes."""
    kind = code_kind(values, form)
    return 0 if kind is None else width(kind)
