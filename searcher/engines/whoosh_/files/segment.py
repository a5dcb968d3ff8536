"""Segment: an immutable part of an index, read where it lies (`segmentwriter` names its files)."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.engines.whoosh_.files import decoding
from searcher.engines.whoosh_.files.coding import Counts
from searcher.engines.whoosh_.files.container import Container, Section, damaged
from searcher.engines.whoosh_.files.doctable import DocumentTable
from searcher.engines.whoosh_.files.listing import EXTENSIONS
from searcher.engines.whoosh_.files.terms import Dictionary, to_bytes, to_text
from searcher.properties import cached_property, forget

if TYPE_CHECKING:
    from searcher.engines.whoosh_.files.docvalues import DocValues


class Entry:
    """A term of a field: how many documents have it, and its record, decoded when asked.

    Raises:
        IndexCorruptError: by each method, where the record makes no sense.
    """

    __slots__ = ("_limit", "_section", "df", "record")

    def __init__(self, record: memoryview, section: Section, limit: int) -> None:
        self.record = record
        self._section = section
        self._limit = limit
        try:
            self.df = decoding.df(record)
        except decoding.DamagedRecordError as error:
            raise section.damaged(str(error)) from error

    @property
    def stands_everywhere(self) -> bool:
        """Whether the term has a position in each of the documents that have it."""
        return decoding.stands_everywhere(self.record)

    def docs(self) -> tuple[Numbers, Counts]:
        """Return the documents, ascending, and how often each has the term."""
        try:
            return decoding.docs(self.record, self._limit)
        except decoding.DamagedRecordError as error:
            raise self._section.damaged(str(error)) from error

    def places(self) -> Numbers:
        """Return ``document << 32 | position`` of each position, ascending."""
        try:
            return decoding.places(self.record, self._limit)
        except decoding.DamagedRecordError as error:
            raise self._section.damaged(str(error)) from error


class Segment:
    """One segment; deletions are not its business.  Safe to share between threads.

    Every method raises `IndexCorruptError`, naming the file, where it meets damage.
    """

    def __init__(self, name: str, files: dict[str, Container]) -> None:
        self.name = name
        self._files = files
        notes = files["terms"].notes
        self.documents = operator.index(notes["documents"])
        self._fields = {
            str(field): (str(label), operator.index(pairs), operator.index(rest))
            for label, (field, pairs, rest) in enumerate(notes["fields"])
        }
        self._dictionaries: dict[str, tuple[Dictionary, Section]] = {}
        self._table = DocumentTable(files["docs"], self.documents)
        self._stored = files["stored"].section("stored")
        self._stored_at = files["stored"].section("stored_at")

    @classmethod
    def open(cls, folder: Path, name: str) -> Segment:
        """Open segment *name* of *folder*; nothing but heads and tables of files is read.

        Raises:
            IndexCorruptError: a file is missing, damaged, or belongs to another segment.
        """
        files = {
            extension: Container.open(folder / f"{name}.{extension}") for extension in EXTENSIONS
        }
        terms = files["terms"]
        try:
            for extension in EXTENSIONS[:-1]:
                if files[extension].seal != terms.notes["seals"][extension]:
                    raise damaged(files[extension].path, "of another segment")
            return cls(name, files)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise damaged(terms.path, f"notes: {type(error).__name__}") from error

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self._fields)

    @property
    def lengths(self) -> npt.NDArray[np.uint32]:
        """How many terms the bag of each document holds."""
        return self._table.lengths

    @property
    def title_sizes(self) -> npt.NDArray[np.uint32]:
        """How many units the title of each document has."""
        return self._table.title_sizes

    @property
    def stored_sizes(self) -> Numbers:
        """How many bytes are stored with each document; none of them is read for it."""
        bounds: Numbers = np.array(self._stored_at.numbers("Q", 0, self.documents + 1), np.int64)
        return bounds[1:] - bounds[:-1]

    @cached_property
    def doc_values(self) -> DocValues:
        """What is known of the documents beside their terms."""
        from searcher.engines.whoosh_.files.docvalues import DocValues

        return DocValues(self._files["docs"], self.documents)

    def id(self, number: int) -> str:
        """Return the id of document *number*."""
        return self._table.id(number)

    def path(self, number: int) -> str:
        """Return the path of document *number*."""
        return self._table.path(number)

    def ids(self) -> list[str]:
        """Return the ids of all documents, ascending."""
        return self._table.ids()

    def paths(self) -> list[str]:
        """Return the paths of all documents."""
        return self._table.paths()

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id, or None."""
        return self._table.find(document_id)

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with document *number*."""
        start, stop = self._stored_at.numbers("Q", number, number + 2)
        return bytes(self._stored.bytes(start, stop))

    def entry(self, field: str, term: str) -> Entry | None:
        """Return a term of a field, or None where the field has no such term."""
        if field not in self._fields:
            return None
        dictionary, records = self._dictionary(field)
        number = dictionary.find(term)
        return None if number is None else self._entry(dictionary, records, number)

    def terms(self, field: str, prefix: str = "", start: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms with *prefix*, from *start* on, and how many documents have each.

        They ascend by their bytes, which for text is the order of its code points.
        """
        wanted, first = to_bytes(prefix), to_bytes(start)
        if field not in self._fields or wanted is None or first is None:
            return
        dictionary, records = self._dictionary(field)
        ascending = dictionary.ascending(max(wanted, first))
        for term, number in takewhile(lambda found: found[0].startswith(wanted), ascending):
            yield to_text(term), self._entry(dictionary, records, number).df

    def dictionary(self, field: str) -> Dictionary:
        """Return the dictionary of a field that the segment has."""
        return self._dictionary(field)[0]

    def records(self, field: str, start: int, stop: int) -> memoryview:
        """Return the records of terms number *start* … *stop* of a field, which lie in a row."""
        dictionary, records = self._dictionary(field)
        if start == stop:
            return memoryview(b"")
        return records.bytes(dictionary.extent(start)[0], dictionary.extent(stop - 1)[1])

    def close(self) -> None:
        """Let go of the files; arrays that were handed out stay valid, and keep theirs mapped."""
        forget(self)
        self._dictionaries.clear()
        self._table.close()
        for file in self._files.values():
            file.close()

    def _dictionary(self, field: str) -> tuple[Dictionary, Section]:
        found = self._dictionaries.get(field)
        if found is None:
            label, pairs, rest = self._fields[field]
            dictionary = Dictionary(self._files["terms"], label, pairs, rest)
            found = dictionary, self._files["post"].section(label)
            self._dictionaries[field] = found
        return found

    def _entry(self, dictionary: Dictionary, records: Section, number: int) -> Entry:
        start, stop = dictionary.extent(number)
        return Entry(records.bytes(start, stop), records, self.documents)
