"""Strings of a spool: the terms that are no pair of characters, numbered as they come.

The table in memory is bounded: when it is full, its strings are written in order as a *section*
and it starts empty, so that a string may stand in several sections under several numbers.
`rank` puts the sections of all spools in one order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from searcher.columns import Flags, Numbers
from searcher.engines.whoosh_.writing.flat import Keys, pair_key

FULL = 24 << 20
"""Bytes that the strings of one section may take in memory, roughly."""

BLOCK = 1024
"""Strings that are read at a time."""

_OBJECT = 120
"""What Python needs for a string and its entry in a dict, beside its characters."""

_PAIR = 1 << 32
"""Added to the key of a pair term, to tell it from the number of a string."""

_END = b"\xff"
"""Stands behind each string on disk; UTF-8 has no such byte."""


class StringTable:
    """Numbers strings in the order they come, over all sections."""

    def __init__(self) -> None:
        self._known = _Known(0)

    @property
    def is_full(self) -> bool:
        """Whether it is time for `take`."""
        return len(self._known) * _OBJECT + self._known.characters >= FULL

    def naming(self, names: Sequence[str]) -> tuple[Keys, Flags]:
        """Return the keys of terms, and which of them are pair terms, so not in this table.

        >>> StringTable().naming(["2017", "ok", "攻坚战", "2017"])[0].tolist()
        [0, 7274603, 1, 0]
        """
        found = np.fromiter(map(self._known.__getitem__, names), np.int64, len(names))
        return found.astype(np.uint32), found >= _PAIR

    def take(self) -> tuple[list[bytes], Keys]:
        """Return the strings in order, and the place of each among them by number; start anew.

        Numbers go on where they were.
        """
        first = self._known.first
        numbers = {name: key - first for name, key in self._known.items() if key < _PAIR}
        ordered = sorted(numbers)
        places = np.empty(len(ordered), dtype=np.uint32)
        places[[numbers[name] for name in ordered]] = np.arange(len(ordered))
        self._known = _Known(first + len(ordered))
        return [name.encode("utf-8") for name in ordered], places


class _Known(dict[str, int]):
    """Term → its key; one that is not there yet gets the next number, or is a pair term."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = self._next = first
        self.characters = 0

    def __missing__(self, name: str) -> int:
        self.characters += len(name)
        key = pair_key(name)
        if key:
            self[name] = _PAIR | key
        else:
            self[name] = self._next
            self._next += 1
        return self[name]


@dataclass(frozen=True, slots=True)
class StringFile:
    """Ascending strings on disk: block *i* of `BLOCK` lies at ``ends[i - 1]:ends[i]``."""

    path: Path
    ends: tuple[int, ...]
    start: int = 0

    def read(self, block: int) -> list[bytes]:
        """Return the strings of a block."""
        begin = self.ends[block - 1] if block else self.start
        with self.path.open("rb") as file:
            file.seek(begin)
            return file.read(self.ends[block] - begin).split(_END)[:-1]

    def parts(self) -> Iterator[list[bytes]]:
        """Yield the strings block by block."""
        for block in range(len(self.ends)):
            yield self.read(block)

    def pick(self, ranks: Numbers) -> list[bytes]:
        """Return the strings of ascending ranks."""
        found: list[bytes] = []
        blocks = ranks // BLOCK
        for block in np.unique(blocks).tolist():
            strings = self.read(block)
            found += [strings[at] for at in (ranks[blocks == block] - block * BLOCK).tolist()]
        return found


class StringWriter:
    """Writes ascending strings in blocks, appending to the file at *path*."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")
        self._start = self._file.tell()
        self._ends: list[int] = []
        self._waiting: list[bytes] = []

    def write(self, strings: Sequence[bytes]) -> None:
        """Append strings that follow those before."""
        self._waiting += strings
        whole = len(self._waiting) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            self._write(self._waiting[at : at + BLOCK])
        del self._waiting[:whole]

    def close(self) -> StringFile:
        """Complete the file."""
        if self._waiting:
            self._write(self._waiting)
        self._file.close()
        return StringFile(self._path, tuple(self._ends), self._start)

    def _write(self, strings: Sequence[bytes]) -> None:
        self._file.write(_END.join(strings) + _END)
        self._ends.append(self._file.tell())


def rank(
    sections: Sequence[Iterator[list[bytes]]], write: Callable[[list[bytes]], None]
) -> list[Keys]:
    """Put the strings of all sections, which ascend in each, in one order, each once, and give
    them to *write*.

    Return for each section the rank of each of its strings.  Of each section only what it yields
    at a time is in memory.
    """
    cursors = [_Cursor(section) for section in sections]
    first = 0
    while ends := [cursor.waiting[-1] for cursor in cursors if cursor.waiting]:
        taken = [cursor.take(min(ends)) for cursor in cursors]
        merged = sorted(set().union(*taken))
        ranks = dict(zip(merged, range(first, first + len(merged)), strict=True))
        for cursor, strings in zip(cursors, taken, strict=True):
            cursor.ranks.append(np.array([ranks[each] for each in strings], dtype=np.uint32))
        write(merged)
        first += len(merged)
    return [np.concatenate([np.empty(0, np.uint32), *cursor.ranks]) for cursor in cursors]


class _Cursor:
    """Where the reading of a section stands; ``waiting`` is empty behind its end only."""

    def __init__(self, section: Iterator[list[bytes]]) -> None:
        self._section = section
        self.waiting: list[bytes] = next(section, [])
        self.ranks: list[Keys] = []

    def take(self, last: bytes) -> list[bytes]:
        """Return the strings up to *last* and step behind them."""
        count = bisect_right(self.waiting, last)
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        if not self.waiting:
            self.waiting = next(self._section, [])
        return taken
