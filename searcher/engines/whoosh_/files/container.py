"""Container: one file of named sections, checked piece by piece as it is read.

::

    head    64 bytes: magic, version, lengths, CRC-32 of the tail and of the head itself
    data    the sections, each at a multiple of 8 (so arrays over them are aligned)
    tail    JSON: {"name": …, "sections": {name: [offset, length]}, "notes": {…}}
            then one CRC-32 for each 64 KiB of the data

All numbers are little-endian.  Opening reads head and tail only.  A block of the data is checked
when it is first touched; afterwards a flag says that it was.  The file knows its own name, so
that one put in the place of another is found out, and its `Container.seal` lets one file vouch
for others.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import stat
import struct
import sys
import zlib
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.errors import IndexCorruptError

BLOCK = 1 << 16
"""Bytes that share one CRC-32."""

Kind: TypeAlias = Literal["B", "H", "I", "Q"]
"""Unsigned integers of 1, 2, 4 and 8 bytes, as `struct` names them."""

Data: TypeAlias = bytes | bytearray | memoryview | npt.NDArray[np.uint8]
"""Bytes in a row."""

_SHIFT = 16

_SPAN = 1 << 26
"""Bytes that are checked before they are let go of."""

_HEAD = struct.Struct("<8sIIQI32xI")  # magic, version, JSON length, data length, tail CRC, own CRC
_MAGIC = b"columns\n"
_VERSION = 1
_ALIGNED = 8
_SIZES: dict[Kind, int] = {"B": 1, "H": 2, "I": 4, "Q": 8}


def damaged(path: Path, why: str) -> IndexCorruptError:
    """Return the error that names a damaged file."""
    return IndexCorruptError(f"{path}: damaged ({why}); build again: searcher build PATH…")


class ContainerWriter:
    """Writes a container, section after section; nothing but block checksums is kept in memory.

    The file is complete after `close` alone, and is not synced to disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("xb")
        self._file.write(bytes(_HEAD.size))
        self._sections: dict[str, list[int]] = {}
        self._open: list[int] | None = None
        self._length = 0
        self._crc = 0
        self._crcs = array("I")

    def begin(self, name: str) -> None:
        """Start section *name*, whose bytes the next calls of `write` bring."""
        if name in self._sections:
            raise ValueError(f"{self.path}: section {name!r} is there already")
        self._pad()
        self._open = self._sections[name] = [self._length, 0]

    def write(self, data: Data) -> None:
        """Append bytes to the section that was begun last."""
        if self._open is None:
            raise ValueError(f"{self.path}: no section was begun")
        self._open[1] += len(data)
        self._append(data)

    def write_array(self, values: npt.ArrayLike, kind: Kind) -> None:
        """Append integers to the section that was begun last, as *kind*."""
        self.write(np.ascontiguousarray(values, f"<{kind}").view(np.uint8))

    def add(self, name: str, data: Data) -> None:
        """Write a whole section."""
        self.begin(name)
        self.write(data)

    def add_array(self, name: str, values: npt.ArrayLike, kind: Kind) -> None:
        """Write a whole section of integers."""
        self.begin(name)
        self.write_array(values, kind)

    def close(self, notes: Mapping[str, Any] | None = None) -> int:
        """Complete the file, with *notes* that JSON can hold, and return its seal."""
        self._pad()
        if self._length % BLOCK:
            self._crcs.append(self._crc)
        table = {"name": self.path.name, "sections": self._sections, "notes": dict(notes or {})}
        tail = json.dumps(table, separators=(",", ":")).encode("ascii")
        tail += b" " * (-len(tail) % _ALIGNED)
        length = len(tail)
        tail += np.array(self._crcs, "<u4").tobytes()
        seal = zlib.crc32(tail)
        head = _HEAD.pack(_MAGIC, _VERSION, length, self._length, seal, 0)[:-4]
        self._file.write(tail)
        self._file.seek(0)
        self._file.write(head + zlib.crc32(head).to_bytes(4, "little"))
        self._file.close()
        return seal

    def abandon(self) -> None:
        """Let go of the file and remove it."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _pad(self) -> None:
        self._append(bytes(-self._length % _ALIGNED))

    def _append(self, data: Data) -> None:
        view = data.data if isinstance(data, np.ndarray) else memoryview(data)
        self._file.write(view)
        while view:
            part = view[: BLOCK - self._length % BLOCK]
            self._crc = zlib.crc32(part, self._crc)
            self._length += len(part)
            if not self._length % BLOCK:
                self._crcs.append(self._crc)
                self._crc = 0
            view = view[len(part) :]


class Container:
    """A container open for reading; safe to share between threads.

    Every way to read raises `IndexCorruptError`, naming the file, where it is damaged.
    """

    def __init__(self, path: Path, data: memoryview, crcs: memoryview, table: Any) -> None:
        self.path = path
        self._data = data
        self._crcs = crcs
        self._checked = bytearray(len(crcs) // 4)
        self._sections: dict[str, list[int]] = table["sections"]
        self.notes: dict[str, Any] = table["notes"]
        self.seal = 0

    @classmethod
    def open(cls, path: Path) -> Container:
        """Map the file at *path*; neither its size nor the data matter to how long it takes.

        Raises:
            IndexCorruptError: it is missing, cut short, of another name, or damaged.
        """
        file = _mapped(path)
        head = bytes(file[: _HEAD.size])
        magic, version, length, data_length, seal, crc = _HEAD.unpack(head)
        if magic != _MAGIC or zlib.crc32(head[:-4]) != crc or version != _VERSION:
            raise damaged(path, "not one of our files")
        tail = file[_HEAD.size + data_length :]
        if len(tail) != length + 4 * (-(-data_length // BLOCK)) or zlib.crc32(tail) != seal:
            raise damaged(path, "length or tail")
        data = file[_HEAD.size : _HEAD.size + data_length]
        opened = cls(path, data, tail[length:], _table(path, bytes(tail[:length]), data_length))
        opened.seal = seal
        return opened

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sections, in the order in which they were written."""
        return tuple(self._sections)

    def section(self, name: str) -> Section:
        """Return a section by name; nothing of it is read yet."""
        if name not in self._sections:
            raise damaged(self.path, f"no section {name}")
        start, length = self._sections[name]
        return Section(self, self._data, self._checked, start, length)

    def close(self) -> None:
        """Let go of the file; it stays mapped while arrays over it live.

        So who keeps arrays must let go of them as well, and not leave it to the collector of
        garbage: until then the file stays open, and its place on the disk taken once it is gone.
        """
        self._data.release()
        self._crcs.release()

    def check_all(self) -> None:
        """Check every block of the data, of which little stays in the memory of this process."""
        for start in range(0, len(self._data), _SPAN):
            self.check(start, min(start + _SPAN, len(self._data)))
            _let_go(self._data.obj)

    def check(self, start: int, stop: int) -> None:
        """Check the blocks of bytes *start* … *stop* of the data that were not checked before.

        Two threads may check one at the same time, which does no harm.
        """
        for block in range(start >> _SHIFT, (stop + BLOCK - 1) >> _SHIFT):
            if not self._checked[block]:
                found = zlib.crc32(self._data[block << _SHIFT : (block + 1) << _SHIFT])
                if found != int.from_bytes(self._crcs[4 * block : 4 * block + 4], "little"):
                    raise damaged(self.path, f"block {block}")
                self._checked[block] = 1


def _let_go(file: object) -> None:
    """Let the system take back what was read of a mapped file; it can be read again."""
    if isinstance(file, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        file.madvise(mmap.MADV_DONTNEED)


class Section:
    """One section of a container."""

    __slots__ = ("_checked", "_container", "_data", "_start", "size")

    def __init__(
        self, container: Container, data: memoryview, checked: bytearray, start: int, size: int
    ) -> None:
        self._container = container
        self._data = data
        self._checked = checked
        self._start = start
        self.size = size

    def bytes(self, start: int, stop: int) -> memoryview:
        """Return bytes *start* … *stop* of the section, checked, without copying them.

        Raises:
            IndexCorruptError: they are damaged, or not within the section.
        """
        if not 0 <= start <= stop <= self.size:
            raise damaged(self._container.path, f"{start}–{stop} of {self.size} bytes")
        start += self._start
        stop += self._start
        if self._checked.find(0, start >> _SHIFT, (stop + BLOCK - 1) >> _SHIFT) >= 0:
            self._container.check(start, stop)
        return self._data[start:stop]

    def numbers(self, kind: Kind, start: int, stop: int) -> memoryview:
        """Return integers *start* … *stop* as a memoryview of ints, for `bisect` and the like."""
        size = _SIZES[kind]
        found = self.bytes(start * size, stop * size)
        if sys.byteorder == "little":
            return found.cast(kind)
        return np.frombuffer(found, f"<{kind}").astype(kind).data

    def array(self, kind: Kind) -> npt.NDArray[Any]:
        """Return the whole section as an array that cannot be written to."""
        if self.size % _SIZES[kind]:
            raise damaged(self._container.path, f"{self.size} bytes of {kind}")
        found = np.frombuffer(self.bytes(0, self.size), f"<{kind}")
        return found if sys.byteorder == "little" else found.astype(kind)

    def damaged(self, why: str) -> IndexCorruptError:
        """Return the error that names the file of this section."""
        return damaged(self._container.path, why)


def _mapped(path: Path) -> memoryview:
    """Map a file; one that is not there or no file is damage of the index it belongs to."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
            raise
        raise damaged(path, os.strerror(error.errno)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size < _HEAD.size:
            raise damaged(path, "not one of our files")
        return memoryview(mmap.mmap(descriptor, status.st_size, access=mmap.ACCESS_READ))
    finally:
        os.close(descriptor)


def _table(path: Path, text: bytes, limit: int) -> Any:
    """Read the table, whose checksum is right, so that only a forger can mislead it."""
    try:
        table = json.loads(text)
        extents = list(table["sections"].values())
        sound = table["name"] == path.name and isinstance(table["notes"], dict)
        sound = sound and all(
            type(start) is int and type(length) is int and 0 <= start <= start + length <= limit
            for start, length in extents
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, f"table: {type(error).__name__}") from error
    if not sound:
        raise damaged(path, f"table, of {table.get('name')!r}")
    return table
