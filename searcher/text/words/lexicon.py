"""A word list in a file that is mapped, not loaded: every word of a dictionary and its frequency.

The file, all numbers little-endian::

    header    magic, format version, number of sections, sum of all frequencies
    table     for each section: name, item type, offset, length in bytes, CRC-32
    CRC-32    of header and table
    sections  each at a multiple of 8

The words are a trie, its nodes numbered breadth-first from the root (0), so that the children of
a node are neighbours, ascending by character:

=========== ==== =================================================================
chars       u16  the character that leads to each node
frequencies u16  of each node: which of `values` (0: no word); u32 if they are too many
values      u64  the distinct frequencies; the first is 0
inner       bit  of each node: it has children; padded to blocks of 256 nodes
ranks       u32  inner nodes in front of each block
children    u32  of each inner node in order: its first child; then the number of nodes
model       f64  the HMM: 4 starts and 8 steps, as `algorithm.Model` orders them
known       u16  the characters the HMM knows, ascending
emissions   u16  for each of them and each state: which of `logs`
logs        f64  the distinct logarithms; the first is of what was never seen
forbidden   u8   the words that the HMM must not join, UTF-8, one a line
=========== ==== =================================================================
"""

from __future__ import annotations

import mmap
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, TypeAlias

from searcher.errors import IndexCorruptError, IndexFormatError
from searcher.text.words.algorithm import STATES, STEPS
from searcher.text.words.base import Span

MAGIC = b"srchwrds"
VERSION = 1
HEADER = struct.Struct("<8sIIQ")
ENTRY = struct.Struct("<12sc3xQQI4x")
CRC = struct.Struct("<I")
BLOCK_NODES = 256
"""Nodes between two counts of ``ranks``."""

_STEPS = 1 << 15
"""Steps from node to node kept in memory, about 150 bytes each."""

_CHARACTERS = 1 << 12
"""Characters whose emissions are kept in memory."""

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "chars": "H",
        "frequencies": "HI",
        "values": "Q",
        "inner": "B",
        "ranks": "I",
        "children": "I",
        "model": "d",
        "known": "H",
        "emissions": "H",
        "logs": "d",
        "forbidden": "B",
    }
)
"""The sections of a file, and the types their items may have, named as `struct` names them."""

_MEND = "build again: searcher build PATH…"

Numbers: TypeAlias = "memoryview[Any] | array[Any]"


def damaged(path: Path, why: str) -> IndexCorruptError:
    """Return the error that says that the word list at *path* cannot be used, and *why*."""
    return IndexCorruptError(f"{path}: damaged word list: {why}; {_MEND}")


class Lexicon:
    """An open word list: a `WordList` and a `Model` of jieba's algorithm.  Threads may share it.

    >>> from tempfile import TemporaryDirectory
    >>> from searcher.text.words.writing import write_lexicon
    >>> with TemporaryDirectory() as folder:
    ...     write_lexicon(Path(folder) / "words.lex")
    ...     with Lexicon.open(Path(folder) / "words.lex") as lexicon:
    ...         lexicon.frequency("脱贫"), lexicon.frequency("脱"), lexicon.matches("扶贫款", 0)
    (165, 3778, [(1, 3105), (2, 717)])
    """

    def __init__(self, path: Path, mapped: mmap.mmap, *, check: bool = True) -> None:
        """Read the sections of a mapped file; use `Lexicon.open`."""
        self.path = path
        self._mapped = mapped
        self._view = memoryview(mapped)
        self.total, self._sections = _read(path, self._view, check)
        _check_sizes(path, self._sections)
        self._chars, self._frequencies, self._values = self._take("chars", "frequencies", "values")
        self._inner, self._ranks, self._children = self._take("inner", "ranks", "children")
        self._known, self._emissions, self._logs = self._take("known", "emissions", "logs")
        model = self._sections["model"].tolist()
        self.starts: Sequence[float] = model[: len(STATES)]
        self.steps: Sequence[float] = model[len(STATES) :]
        self.forbidden = _lines(path, self._sections["forbidden"])
        # The characters of queries come again and again; what they lead to is found once.
        self._child = lru_cache(_STEPS)(self._find_child)
        self._remembered = lru_cache(_CHARACTERS)(self._find_emissions)

    @classmethod
    def open(cls, path: str | Path, *, check: bool = True) -> Lexicon:
        """Map the file at *path* and *check* every byte of it, or its header and its sizes alone.

        The first takes two milliseconds: a file of an index is worth them, one of our own package
        is as right as the code beside it.

        Raises:
            IndexCorruptError: it is missing or damaged.
            IndexFormatError: a later version wrote it.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise damaged(path, str(error.strerror)) from error
        except ValueError as error:  # it cannot be mapped
            raise damaged(path, "it is empty") from error
        return cls(path, mapped, check=check)

    def close(self) -> None:
        """Let go of the file; the lexicon must not be used afterwards."""
        self._child.cache_clear()
        self._remembered.cache_clear()
        for section in self._sections.values():
            if isinstance(section, memoryview):
                section.release()
        self._view.release()
        # Whoever looks at a piece of it still, if only in a traceback, keeps it mapped so long.
        with suppress(BufferError):
            self._mapped.close()

    def __enter__(self) -> Lexicon:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def matches(self, text: str, start: int) -> Sequence[Span]:
        """Return (end, frequency) of the words that begin at *start* of *text*, short to long."""
        found: list[Span] = []
        node = 0
        for end in range(start, len(text)):
            node = self._child(node, text[end])
            if not node:
                break
            if frequency := self._frequencies[node]:
                found.append((end + 1, self._values[frequency]))
        return found

    def frequency(self, word: str) -> int:
        """Return how often *word* was counted; 0 if it is no word."""
        node = 0
        for char in word:
            node = self._child(node, char)
            if not node:
                return 0
        frequency: int = self._values[self._frequencies[node]]
        return frequency

    def emissions(self, char: str) -> Sequence[float]:
        """Return for each of `STATES` how likely *char* is in it."""
        return self._remembered(char)

    def _find_emissions(self, char: str) -> tuple[float, ...]:
        at = _find(self._known, ord(char), 0, len(self._known))
        if at < 0:
            return (self._logs[0],) * 4
        return tuple(self._logs[each] for each in self._emissions[4 * at : 4 * at + 4])

    def _find_child(self, node: int, char: str) -> int:
        """Return the node that *char* leads to from *node*, or 0."""
        block, bit = divmod(node, BLOCK_NODES)
        first = block * BLOCK_NODES // 8
        bits = int.from_bytes(self._inner[first : first + BLOCK_NODES // 8], "little")
        if not bits >> bit & 1:
            return 0
        rank = self._ranks[block] + (bits & ((1 << bit) - 1)).bit_count()
        at = _find(self._chars, ord(char), self._children[rank], self._children[rank + 1])
        return max(at, 0)

    def _take(self, *names: str) -> tuple[Numbers, ...]:
        return tuple(self._sections[name] for name in names)


def _find(numbers: Numbers, number: int, low: int, high: int) -> int:
    """Return where *number* stands between *low* and *high*, ascending there, or -1."""
    at = bisect_left(numbers, number, low, high)
    return at if at < high and numbers[at] == number else -1


def _read(path: Path, view: memoryview, check: bool) -> tuple[int, dict[str, Numbers]]:
    """Return the sum of all frequencies, and the sections by name."""
    if len(view) < HEADER.size:
        raise damaged(path, "it is cut short")
    magic, version, count, total = HEADER.unpack_from(view)
    if magic != MAGIC:
        raise damaged(path, "it is something else")
    if version != VERSION:
        raise IndexFormatError(
            f"{path}: word list of format {version}, this version reads {VERSION}; {_MEND}"
        )
    size = HEADER.size + count * ENTRY.size
    if count != len(SECTIONS) or len(view) < size + CRC.size:
        raise damaged(path, "it is cut short")
    if zlib.crc32(view[:size]) != CRC.unpack_from(view, size)[0] or not total:
        raise damaged(path, "its header does not fit its checksum")
    entries = ENTRY.iter_unpack(view[HEADER.size : size])
    sections = (_section(path, view, entry, check) for entry in entries)
    return total, dict(sections)


def _section(
    path: Path, view: memoryview, entry: tuple[bytes, bytes, int, int, int], check: bool
) -> tuple[str, Numbers]:
    raw_name, raw_kind, offset, length, crc = entry
    name, kind = raw_name.rstrip(b"\0").decode("latin-1"), raw_kind.decode("latin-1")
    if kind not in SECTIONS.get(name, ""):
        raise damaged(path, f"section {name!r} is not known")
    if offset + length > len(view) or length % struct.calcsize(kind):
        raise damaged(path, f"section {name!r} does not fit the file")
    part = view[offset : offset + length]
    if check and zlib.crc32(part) != crc:
        raise damaged(path, f"section {name!r} does not fit its checksum")
    return name, numbers(part, kind)


def numbers(raw: memoryview, kind: str) -> Numbers:
    """Return the little-endian numbers in *raw*, of a type as `struct` names it.

    >>> list(numbers(memoryview(b"\\1\\0\\0\\1"), "H"))
    [1, 256]
    """
    if sys.byteorder == "little":
        cast: Any = raw.cast  # typed for literals alone
        native: Numbers = cast(kind)
        return native
    swapped = array(kind, bytes(raw))
    swapped.byteswap()
    return swapped


def _check_sizes(path: Path, sections: Mapping[str, Numbers]) -> None:
    """Refuse sections that cannot belong together."""
    if sections.keys() != SECTIONS.keys():
        raise damaged(path, "a section is missing")
    size = {name: len(section) for name, section in sections.items()}
    nodes, blocks = size["chars"], size["ranks"]
    fit = (
        nodes == size["frequencies"] <= blocks * BLOCK_NODES
        and size["inner"] == blocks * BLOCK_NODES // 8
        and size["model"] == len(STATES) + len(STEPS)
        and size["emissions"] == size["known"] * len(STATES)
        and sections["children"][-1:].tolist() == [nodes]
    )
    if not fit:
        raise damaged(path, "its sections do not fit each other")


def _lines(path: Path, raw: Numbers) -> frozenset[str]:
    try:
        return frozenset(bytes(raw).decode().splitlines())
    except UnicodeDecodeError as error:
        raise damaged(path, "its forbidden words are not text") from error
