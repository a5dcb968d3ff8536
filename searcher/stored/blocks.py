"""Fields of huge documents: text, unit keys and unit spans in blocks, each a frame of its own.

So a passage of a huge document is read without reading all of it, and a mark is looked for in a
few blocks.  Offsets count characters, positions units, as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.model import Units
from searcher.stored.packing import Packing

Spans: TypeAlias = npt.NDArray[np.signedinteger[Any]]

BLOCK = 65_536
"""Characters of text, or units, per compressed block."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_KEYS = BLOCK * 1024
_MOST_TEXT = BLOCK * 4
_MOST_SPANS = BLOCK * 8


def pack_blocks(text: str, units: Units, packing: Packing, blobs: list[bytes]) -> dict[str, Any]:
    """Append the blocks of a field to *blobs*, and return the layout `BlockField` reads."""
    packer = BlockPacker(packing)
    packer.add(units.keys, np.asarray(units.start, "<i4"), np.asarray(units.end, "<i4"))
    return packer.close(text, blobs)


class BlockPacker:
    """Packs the units of a field as they come."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._keys: list[str] = []
        self._spans: npt.NDArray[np.int32] = np.empty((2, 0), dtype="<i4")
        self._count = 0
        self._frames: dict[str, list[tuple[bytes, int]]] = {"keys": [], "spans": []}

    def add(self, keys: Sequence[str], start: Spans, end: Spans) -> None:
        """Append units, with their spans in the original."""
        self._count += len(keys)
        self._keys += keys
        self._spans = np.concatenate([self._spans, np.stack([start, end]).astype("<i4")], axis=1)
        done = 0
        while len(self._keys) - done >= BLOCK:
            self._pack(slice(done, done + BLOCK))
            done += BLOCK
        if done:
            self._keys, self._spans = self._keys[done:], self._spans[:, done:].copy()

    def close(self, text: str, blobs: list[bytes]) -> dict[str, Any]:
        """Append all blocks to *blobs*, *text* being the original; return the layout."""
        if self._keys:
            self._pack(slice(None))
        blocks = range(0, len(text), BLOCK)
        texts = [self._packed(text[at : at + BLOCK].encode("utf-8")) for at in blocks]
        layout: dict[str, Any] = {"chars": len(text), "units": self._count, "lines": _lines(text)}
        for kind, frames in (("texts", texts), *self._frames.items()):
            layout[kind] = [[len(frame), size] for frame, size in frames]
            blobs += [frame for frame, _ in frames]
        return layout

    def _pack(self, part: slice) -> None:
        keys = "\0".join(self._keys[part]).encode("utf-8")
        self._frames["keys"].append(self._packed(keys))
        self._frames["spans"].append(self._packed(_gaps_and_lengths(*self._spans[:, part])))

    def _packed(self, data: bytes) -> tuple[bytes, int]:
        # A copy: the frame itself holds on to all the room that it might have needed.
        return bytes(memoryview(self._packing.compress(data))), len(data)


def _lines(text: str) -> list[list[int]]:
    """Return of each block in which line it begins, counted from 0, and where that begins."""
    ends = (found.end() for found in _LINE_END.finditer(text))
    following = next(ends, None)
    number = start = 0
    lines = []
    for at in range(0, len(text), BLOCK):
        while following is not None and following <= at:
            number, start, following = number + 1, following, next(ends, None)
        lines.append([number, start])
    return lines


def _gaps_and_lengths(start: Spans, end: Spans) -> bytes:
    """Return the spans of a block of units as gaps and lengths, nearly all 0 and 1."""
    gaps = start - np.concatenate([[0], end[:-1]])
    return np.concatenate([gaps, end - start]).astype("<i4").tobytes()


class BlockField:
    """One field of a huge document, read block by block.

    It is a `FieldText` that snippets are cut from.  *raw* holds the blocks from *at* on, up to
    ``stop``.
    """

    def __init__(
        self, name: str, layout: Mapping[str, Any], raw: memoryview, at: int, packing: Packing
    ) -> None:
        self.name = name
        self.length: int = layout["chars"]
        self.unit_count: int = layout["units"]
        self._lines: list[tuple[int, int]] = layout["lines"]
        self._raw = raw
        self._packing = packing
        self._places: dict[str, list[tuple[int, int, int]]] = {}
        for kind in ("texts", "keys", "spans"):
            self._places[kind] = []
            for packed, size in layout[kind]:
                self._places[kind].append((at, packed, size))
                at += packed
        self.stop = at
        self._texts: dict[int, str] = {}
        self._key_texts: dict[int, str] = {}
        self._spans: dict[int, tuple[Numbers, Numbers]] = {}

    def text(self) -> str:
        """Return the whole original."""
        return "".join(self._text(block) for block in range(len(self._places["texts"])))

    def slice(self, start: int, end: int) -> str:
        """Return ``original[start:end]``, expanding only the blocks it lies in."""
        if start >= end:
            return ""
        first, last = start // BLOCK, (min(end, self.length) - 1) // BLOCK
        text = "".join(self._text(block) for block in range(first, last + 1))
        return text[start - first * BLOCK : end - first * BLOCK]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of *offset*, in characters."""
        if not self._lines:
            return 1, 1
        block = min(offset // BLOCK, len(self._lines) - 1)
        number, line_start = self._lines[block]
        begin = block * BLOCK
        ends = [found.end() for found in _LINE_END.finditer(self.slice(begin, offset))]
        if ends:
            number, line_start = number + len(ends), begin + ends[-1]
        return number + 1, offset - line_start + 1

    @property
    def unit_blocks(self) -> int:
        """How many blocks of units there are."""
        return len(self._places["keys"])

    def spans(self, firsts: Sequence[int] | Numbers, length: int) -> list[tuple[int, int]]:
        """Return the original spans of the runs of *length* units that begin at *firsts*."""
        at = np.asarray(firsts, dtype=np.int64)
        starts, ends = self._ends(at, 0), self._ends(at + (length - 1), 1)
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    def holds(self, block: int, unit: str) -> bool:
        """Tell whether a block has *unit* among its keys."""
        return f"\0{unit}\0" in self.keys(block)

    def positions_in(self, block: int, unit: str) -> list[int]:
        """Return the positions of *unit* in a block, ascending."""
        if not self.holds(block, unit):
            return []
        keys = self.keys(block)[1:-1].split("\0")
        return [block * BLOCK + at for at, key in enumerate(keys) if key == unit]

    def _ends(self, at: Numbers, which: int) -> Numbers:
        """Return the starts (0) or ends (1) of the units at ascending positions."""
        blocks = at // BLOCK
        found = np.empty(len(at), dtype=np.int64)
        for block in np.unique(blocks).tolist():
            own = blocks == block
            found[own] = self._map(block)[which][at[own] - block * BLOCK]
        return found

    def keys(self, block: int) -> str:
        """Return the keys of a block, NUL before and behind each."""
        if block not in self._key_texts:
            text = self._read("keys", block, _MOST_KEYS).decode("utf-8")
            self._key_texts[block] = f"\0{text}\0"
        return self._key_texts[block]

    def _text(self, block: int) -> str:
        if block not in self._texts:
            self._texts[block] = self._read("texts", block, _MOST_TEXT).decode("utf-8")
        return self._texts[block]

    def _map(self, block: int) -> tuple[Numbers, Numbers]:
        if block not in self._spans:
            both = np.frombuffer(self._read("spans", block, _MOST_SPANS), "<i4").astype(np.int64)
            gaps, lengths = both[: len(both) // 2], both[len(both) // 2 :]
            end = np.cumsum(gaps + lengths)
            self._spans[block] = end - lengths, end
        return self._spans[block]

    def _read(self, kind: str, block: int, most: int) -> bytes:
        at, packed, size = self._places[kind][block]
        if not 0 < size <= most:
            raise ValueError(f"a block of {kind} has {size} bytes")
        return self._packing.expand(self._raw[at : at + packed], size)
