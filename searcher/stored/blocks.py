"""Fields of huge documents: text, unit keys and unit spans in blocks, each a frame of its own.

So a passage of a huge document is read without reading all of it, and a mark is looked for in a
few blocks.  Offsets count characters, positions units, as everywhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from searcher.columns import Numbers
from searcher.model import Units
from searcher.stored.packing import Packing

BLOCK = 65_536
"""Characters of text, or units, per compressed block."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_KEYS = BLOCK * 1024
_MOST_TEXT = BLOCK * 4
_MOST_SPANS = BLOCK * 8


def pack_blocks(text: str, units: Units, packing: Packing, blobs: list[bytes]) -> dict[str, Any]:
    """Append the blocks of a field to *blobs*, and return the layout `BlockField` reads."""
    blocks = range(0, len(text), BLOCK)
    unit_blocks = range(0, len(units.keys), BLOCK)
    line_starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    before = [bisect_right(line_starts, at) - 1 for at in blocks]
    layout: dict[str, Any] = {
        "chars": len(text),
        "units": len(units.keys),
        "lines": [[number, line_starts[number]] for number in before],
    }
    pieces = {
        "texts": [text[at : at + BLOCK].encode("utf-8") for at in blocks],
        "keys": ["\0".join(units.keys[at : at + BLOCK]).encode("utf-8") for at in unit_blocks],
        "spans": [_gaps_and_lengths(units, at) for at in unit_blocks],
    }
    for kind, blocks_of_kind in pieces.items():
        frames = [packing.compress(data) for data in blocks_of_kind]
        sizes = zip(map(len, frames), map(len, blocks_of_kind), strict=True)
        layout[kind] = [list(pair) for pair in sizes]
        blobs.extend(frames)
    return layout


def _gaps_and_lengths(units: Units, at: int) -> bytes:
    """Return the spans of a block of units as gaps and lengths, nearly all 0 and 1."""
    start = np.asarray(units.start[at : at + BLOCK], dtype="<i4")
    end = np.asarray(units.end[at : at + BLOCK], dtype="<i4")
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
