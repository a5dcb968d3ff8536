"""The TOC: Whoosh's list of the segments of an index, a pickle.

It is written for Whoosh's own tools, which have to unpickle it.  Ours reads it, where it must, by
an allow-list of one class; the schema, which is a pickle too, is never read but given.

The class is pickled by its path: neither this module nor the class may ever move.
"""

from __future__ import annotations

import base64
import io
import pickle
import re
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh import __version__
from whoosh.codec.base import Segment
from whoosh.fields import Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.index import _CURRENT_TOC_VERSION, TOC, EmptyIndexError
from whoosh.system import _FLOAT_SIZE, _INT_SIZE, _LONG_SIZE

from searcher.engines.whoosh_.files.listing import Listed, read_deleted
from searcher.engines.whoosh_.schema import schema
from searcher.errors import IndexCorruptError, IndexFormatError

if TYPE_CHECKING:
    from searcher.engines.whoosh_.codec import ColumnarCodec

INDEX_NAME = "MAIN"

_HEAD = bytes([_INT_SIZE, _LONG_SIZE, _FLOAT_SIZE]) + struct.pack("!i", -12345)
_VERSION = struct.pack("!i", _CURRENT_TOC_VERSION)
_RELEASE = bytes(__version__[:3])
_LARGEST = 1 << 28
"""No TOC is longer than this many bytes."""

_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.+-]*")
_ID = re.compile(r"[0-9a-z]+")
_MOST = (1 << 32) - 1
_FORMAT = 1


class ColumnarSegment(Segment):  # type: ignore[misc]
    """A segment as the TOC lists it, with its deletions.

    ``own`` tells a segment of our own documents, which our writer made, from one of any schema
    that Whoosh's writer made.
    """

    def __init__(self, indexname: str, *, own: bool = False) -> None:
        super().__init__(indexname)
        self.own = own
        self._documents = 0
        self._deleted: set[int] = set()
        self._frozen: frozenset[int] | None = None

    def codec(self) -> ColumnarCodec:
        """Return the codec that reads it."""
        from searcher.engines.whoosh_.codec import ColumnarCodec

        return ColumnarCodec()

    def set_doc_count(self, doccount: int) -> None:
        """Say how many documents there are."""
        self._documents = doccount

    def doc_count_all(self) -> int:
        """Return how many documents there are, deleted ones too."""
        return self._documents

    def deleted_count(self) -> int:
        """Return how many documents are deleted."""
        return len(self._deleted)

    def deleted_docs(self) -> frozenset[int]:
        """Return the deleted documents: one frozen set, until another is deleted.

        Whoosh makes a frozen set of it for each term, which costs nothing if it is one.
        """
        if self._frozen is None:
            self._frozen = frozenset(self._deleted)
        return self._frozen

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Delete a document, or take that back."""
        (self._deleted.add if delete else self._deleted.discard)(docnum)
        self._frozen = None

    def is_deleted(self, docnum: int) -> bool:
        """Tell whether a document is deleted."""
        return docnum in self._deleted

    def should_assemble(self) -> bool:
        """Return False: a compound file would be one more pickle."""
        return False

    def __getstate__(self) -> dict[str, str | int]:
        numbers = np.array(sorted(self._deleted), "<u4")
        return {
            "format": _FORMAT,
            "indexname": self.indexname,
            "segid": self.segid,
            "own": int(self.own),
            "documents": self._documents,
            "deleted": base64.b64encode(numbers.tobytes()).decode("ascii"),
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take a state over.

        Raises:
            ValueError: it is none that `__getstate__` makes.
        """
        if {name: type(value) for name, value in state.items()} != _STATE:
            raise ValueError("entries of other names or types than a segment has")
        numbers = np.frombuffer(base64.b64decode(state["deleted"], validate=True), "<u4")
        deleted = numbers.tolist()
        sound = state["format"] == _FORMAT and _NAME.fullmatch(state["indexname"] + "_")
        sound = sound and _ID.fullmatch(state["segid"]) and 0 <= state["documents"] <= _MOST
        if not sound or any(number >= state["documents"] for number in deleted):
            raise ValueError("a segment that cannot be")
        self.indexname, self.segid = state["indexname"], state["segid"]
        self.own, self.compound = bool(state["own"]), False
        self._documents = state["documents"]
        self._deleted, self._frozen = set(deleted), None


_STATE = {
    "format": int,
    "indexname": str,
    "segid": str,
    "own": int,
    "documents": int,
    "deleted": str,
}


class _Segments(pickle.Unpickler):
    """Reads a list of our segments, and no other object."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != (ColumnarSegment.__module__, ColumnarSegment.__qualname__):
            raise pickle.UnpicklingError(f"{module}.{name} is no segment of ours")
        return ColumnarSegment


def write_toc(folder: Path, listing: Iterable[Listed]) -> None:
    """Write the TOC of our own segments in place of any other of *folder*, not synced."""
    segments = [_entry(folder, listed) for listed in listing]
    scratch = RamStorage()
    TOC(schema(), segments, 1).write(scratch, INDEX_NAME)
    target = folder / TOC._filename(INDEX_NAME, 1)
    fresh = folder / f"{target.name}.new"
    fresh.write_bytes(scratch.files[target.name])
    fresh.replace(target)
    for other in folder.iterdir():
        if TOC._pattern(INDEX_NAME).match(other.name) and other != target:
            other.unlink()


def _entry(folder: Path, listed: Listed) -> ColumnarSegment:
    segment = ColumnarSegment(INDEX_NAME, own=True)
    segment.segid = listed.name.removeprefix(f"{INDEX_NAME}_")
    segment.set_doc_count(listed.documents)
    for number in read_deleted(folder, listed).tolist():
        segment.delete_document(number)
    return segment


def read_toc(storage: Any, indexname: str, given: Schema) -> TOC:
    """Read the newest TOC of an index without running anything that stands in it.

    Its own schema is a pickle that stays unread: the one *given* goes in its place.

    Raises:
        EmptyIndexError: there is none.
        IndexFormatError: it is of another version of Whoosh.
        IndexCorruptError: it is damaged, or lists anything but our segments.
    """
    generation = TOC._latest_generation(storage, indexname)
    if generation < 0:
        raise EmptyIndexError(f"Index {indexname!r} does not exist in {storage!r}")
    name = TOC._filename(indexname, generation)
    path = Path(storage.folder, name)
    if storage.file_length(name) > _LARGEST:
        raise IndexCorruptError(f"{path}: too long for a list of segments")
    with storage.open_file(name) as file:
        data = file.read()
    return TOC(given, _segments(path, data, generation), generation)


def _segments(path: Path, data: bytes, generation: int) -> list[ColumnarSegment]:
    head = data[: len(_HEAD) + len(_VERSION)]
    if head[: len(_HEAD)] == _HEAD and head != _HEAD + _VERSION:
        raise IndexFormatError(f"{path}: written by another version of Whoosh; it was left unread")
    try:
        if head != _HEAD + _VERSION:
            raise ValueError("no list of segments")
        return _listed(data, len(head) + len(_RELEASE), generation)
    except Exception as error:  # a pickle may raise whatever it likes
        raise IndexCorruptError(f"{path}: damaged or not ours: {error}") from error


def _listed(data: bytes, at: int, generation: int) -> list[ColumnarSegment]:
    at = _behind_schema(data, at)
    if struct.unpack_from("!ii", data, at) != (generation, 0):
        raise ValueError("of another generation")
    file = io.BytesIO(data[at + 8 :])
    found = _Segments(file).load()
    if type(found) is not list or file.read():
        raise ValueError("no list of segments, or more than that")
    for segment in found:
        segment.__setstate__(segment.__getstate__())  # it may have been made without one
    return found


def _behind_schema(data: bytes, at: int) -> int:
    """Return where the pickled schema ends: its length is seven bits a byte, lowest first."""
    length = shift = 0
    while True:
        length |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return at + length
