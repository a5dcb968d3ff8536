"""What a segment of any schema holds for each document: stored fields, lengths, columns, vectors.

File ``.perdoc``, a container; N documents, each array as long or one longer::

    stored, stored.ends           tagged JSON, one after the other, and where each ends (8 bytes)
    length:FIELD                  Whoosh's own length codes, 1 byte each
    column:FIELD                  what the column's own writer made
    vector:FIELD, ….ends          tagged JSON [terms, weights, values], and where each ends
    notes                         {"documents": N, "lengths": {FIELD: total}}
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.base import PerDocumentReader, PerDocumentWriter
from whoosh.columns import PickleColumn
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.util.numeric import byte_to_length, length_to_byte

from searcher.engines.whoosh_ import tagged
from searcher.engines.whoosh_.files.container import Container, ContainerWriter
from searcher.engines.whoosh_.leafmatcher import ArrayMatcher, PostingList
from searcher.engines.whoosh_.storages import StorageWriter, open_container
from searcher.engines.whoosh_.values import Packed, ValueCoder
from searcher.properties import cached_property

EXTENSION = ".perdoc"
_MEMORY = 1 << 20
"""Bytes of a section that are kept in memory while it is written; more go to a file."""
_COPIED = 1 << 20

LENGTHS: npt.NDArray[np.int64] = np.array([byte_to_length(code) for code in range(256)])
"""The length that each of Whoosh's codes stands for."""


class _Rows:
    """Bytes for each document, while they are written; those skipped have none."""

    def __init__(self) -> None:
        self._file = _spool()
        self._ends = array("Q")

    def add(self, number: int, data: bytes) -> None:
        self._fill(number)
        self._file.write(data)
        self._ends.append(self._file.tell())

    def _fill(self, number: int) -> None:
        self._ends.extend([self._file.tell()] * (number - len(self._ends)))

    def save(self, container: ContainerWriter, name: str, documents: int) -> None:
        self._fill(documents)
        _copy(self._file, container, name)
        container.add_array(f"{name}.ends", self._ends, "Q")


def _spool() -> IO[bytes]:
    """Return a temporary file, which `_copy` closes."""
    return SpooledTemporaryFile(_MEMORY)


def _copy(source: IO[bytes], container: ContainerWriter, name: str) -> None:
    """Move a temporary file into a section."""
    source.seek(0)
    container.begin(name)
    while data := source.read(_COPIED):
        container.write(data)
    source.close()


class _Column:
    """A column while it is written, by Whoosh's own writer of its type."""

    def __init__(self, column: Any) -> None:
        self._file = _spool()
        # As no real file: what is written through `array.tofile` would bypass the spool.
        target = StructFile(self._file)
        target.is_real = False
        self._writer = column.writer(target)

    def add(self, number: int, value: Any) -> None:
        self._writer.add(number, value)

    def save(self, container: ContainerWriter, name: str, documents: int) -> None:
        self._writer.finish(documents)
        _copy(self._file, container, name)


class DocumentWriter(PerDocumentWriter):  # type: ignore[misc]
    """Collects what documents bring; `close` makes the file."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._storage = storage
        self._segment = segment
        self._stored = _Rows()
        self._fields: dict[str, Any] | None = None
        self._lengths: dict[str, bytearray] = {}
        self._totals: dict[str, int] = {}
        self._columns: dict[str, _Column] = {}
        self._vectors: dict[str, _Rows] = {}
        self._documents = 0
        self.is_closed = False

    def start_doc(self, docnum: int) -> None:
        """Begin the next document.

        Raises:
            ValueError: the one before is not finished, or *docnum* is not the next number.
        """
        if self._fields is not None or docnum != self._documents:
            raise ValueError(f"document {docnum} begun where {self._documents} was expected")
        self._fields = {}

    def add_field(self, fieldname: str, _fieldobj: Any, value: Any, length: int | None) -> None:
        """Take the stored value of a field (None: nothing) and its length in terms.

        Raises:
            TypeError: the value is of a type that JSON with tags cannot hold.
        """
        if value is not None and self._fields is not None:
            self._fields[fieldname] = _storable(fieldname, value)
        if length:
            codes = self._lengths.setdefault(fieldname, bytearray())
            codes.extend(bytes(self._documents - len(codes)))
            codes.append(length_to_byte(length))
            self._totals[fieldname] = self._totals.get(fieldname, 0) + length

    def add_column_value(self, fieldname: str, columnobj: Any, value: Any) -> None:
        """Take the value of a field for its column.

        Raises:
            TypeError: the column would pickle it.
        """
        if isinstance(columnobj, PickleColumn):
            raise TypeError(f"{fieldname}: a PickleColumn cannot be stored")
        if fieldname not in self._columns:
            self._columns[fieldname] = _Column(columnobj)
        self._columns[fieldname].add(self._documents, value)

    def add_vector_items(self, fieldname: str, fieldobj: Any, items: Any) -> None:
        """Take the terms of a field, ascending, as (text, weight, value)."""
        coder = ValueCoder(fieldobj.vector)
        rows = [(text, float(weight), coder.pack(value)) for text, weight, value in items]
        if rows:
            data = tagged.dumps([list(part) for part in zip(*rows, strict=True)])
            if fieldname not in self._vectors:
                self._vectors[fieldname] = _Rows()
            self._vectors[fieldname].add(self._documents, data)

    def finish_doc(self) -> None:
        """End the document."""
        if self._fields:
            self._stored.add(self._documents, tagged.dumps(self._fields))
        self._fields = None
        self._documents += 1

    def close(self) -> None:
        """Write the file; a document that an error left open is ended, as Whoosh's codec does."""
        if self._fields is not None:
            self.finish_doc()
        count = self._documents
        container = StorageWriter(self._storage, self._segment.make_filename(EXTENSION))
        self._stored.save(container, "stored", count)
        for name, codes in self._lengths.items():
            container.add(f"length:{name}", codes.ljust(count, b"\0"))
        for name, column in self._columns.items():
            column.save(container, f"column:{name}", count)
        for name, rows in self._vectors.items():
            rows.save(container, f"vector:{name}", count)
        container.close({"documents": count, "lengths": self._totals})
        self.is_closed = True


def _storable(name: str, value: Any) -> Any:
    """Return a value that can be stored; the error names the field."""
    if type(value) is not str:
        try:
            tagged.dumps(value)
        except TypeError as error:
            raise TypeError(f"field {name!r}: {error}") from None
    return value


class _SectionFile(BufferFile):  # type: ignore[misc]
    """A section as columns read it: at places of the buffer, and seldom as a file."""

    def __init__(self, buffer: memoryview) -> None:
        self._buf = buffer
        self.is_real = False

    @cached_property
    def file(self) -> IO[bytes]:
        return io.BytesIO(self._buf)


class DocumentReader(PerDocumentReader):  # type: ignore[misc]
    """Reads what `DocumentWriter` wrote; deletions come from the segment's entry in the TOC."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._segment = segment
        self._container: Container = open_container(storage, segment.make_filename(EXTENSION))
        self._rows: int = self._container.notes["documents"]
        self._names = frozenset(self._container.names)
        self._lengths: dict[str, npt.NDArray[np.uint8]] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def doc_count(self) -> int:
        """Return the number of documents that are not deleted."""
        return int(self._segment.doc_count())

    def doc_count_all(self) -> int:
        """Return the number of documents."""
        return int(self._segment.doc_count_all())

    def has_deletions(self) -> bool:
        """Tell whether any document is deleted."""
        return bool(self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Tell whether a document is deleted."""
        return bool(self._segment.is_deleted(docnum))

    def deleted_docs(self) -> frozenset[int]:
        """Return the deleted documents; the same frozen set each time, which costs nothing."""
        deleted: frozenset[int] = self._segment.deleted_docs()
        return deleted

    def supports_columns(self) -> bool:
        """Return True."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Tell whether there is a column of that name."""
        return f"column:{fieldname}" in self._names

    def list_columns(self) -> Iterator[str]:
        """Yield the names of columns."""
        return (name[len("column:") :] for name in self._names if name.startswith("column:"))

    def column_reader(self, fieldname: str, column: Any) -> Any:
        """Return the column's own reader over a section.

        Raises:
            TypeError: the column would unpickle it.
        """
        if isinstance(column, PickleColumn):
            raise TypeError(f"{fieldname}: a PickleColumn is not read")
        section = self._container.section(f"column:{fieldname}")
        file = _SectionFile(section.bytes(0, section.size))
        return column.reader(file, 0, section.size, self._rows)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Return the length of a field in terms, as Whoosh rounds it, or *default* for 0."""
        return int(LENGTHS[self._codes(fieldname)[docnum]]) or default

    def field_length(self, fieldname: str) -> int:
        """Return the length of a field in all documents together, exact."""
        return int(self._container.notes["lengths"].get(fieldname, 0))

    def min_field_length(self, fieldname: str) -> int:
        """Return the least length of a field, as Whoosh rounds it."""
        codes = self._codes(fieldname)
        return int(LENGTHS[codes.min()]) if len(codes) else 0

    def max_field_length(self, fieldname: str) -> int:
        """Return the greatest length of a field, as Whoosh rounds it."""
        return int(LENGTHS[self._codes(fieldname).max(initial=0)])

    def field_lengths(self, fieldname: str) -> npt.NDArray[np.int64]:
        """Return what `doc_field_length` gives for each document, 0 where it gives a default."""
        found: npt.NDArray[np.int64] = LENGTHS[self._codes(fieldname)]
        return found

    def _codes(self, fieldname: str) -> npt.NDArray[np.uint8]:
        if fieldname not in self._lengths:
            name = f"length:{fieldname}"
            self._lengths[fieldname] = (
                self._container.section(name).array("B")
                if name in self._names
                else np.zeros(self._rows, np.uint8)
            )
        return self._lengths[fieldname]

    def has_vector(self, docnum: int, fieldname: str) -> bool:
        """Tell whether a document has a vector of a field."""
        name = f"vector:{fieldname}"
        return name in self._names and bool(self._row(name, docnum))

    def vector(self, docnum: int, fieldname: str, format_: Any) -> ArrayMatcher:
        """Return a matcher whose ids are the terms of a field.

        Raises:
            KeyError: the document has no such vector.
        """
        if not self.has_vector(docnum, fieldname):
            raise KeyError(f"document {docnum} has no vector of field {fieldname!r}")
        terms, weights, values = tagged.loads(self._row(f"vector:{fieldname}", docnum))
        postings = PostingList(
            np.array(terms, dtype=object),
            np.array(weights, dtype=np.float64),
            np.zeros(len(terms), np.int64),
            Packed(values.__getitem__),
        )
        return ArrayMatcher(postings, format_)

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """Return the stored fields of a document."""
        data = self._row("stored", docnum)
        fields: dict[str, Any] = tagged.loads(data) if data else {}
        return fields

    def _row(self, name: str, number: int) -> bytes:
        ends = self._container.section(f"{name}.ends")
        start = ends.numbers("Q", number - 1, number)[0] if number else 0
        stop = ends.numbers("Q", number, number + 1)[0]
        return bytes(self._container.section(name).bytes(start, stop))
