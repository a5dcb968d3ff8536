"""Patterns in huge documents, whose units are stored in blocks: a few of them are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from searcher.columns import NAMED, Codes, Flags, Numbers
from searcher.matches.patterns import matches, shown
from searcher.model import Mark, Near, Noise, Pattern
from searcher.stored import BLOCK, BlockField
from searcher.text.clean import clean
from searcher.text.codes import code_points


class BlockRow:
    """The units of a stretch of a field, from unit *first* up to *stop*, as a `rows.Row`."""

    def __init__(self, field: BlockField, first: int, stop: int) -> None:
        self._field = field
        self.first = first
        self.names: dict[str, int] = {}
        blocks = range(first // BLOCK, -(-stop // BLOCK))
        codes = [self._codes(field.keys(block)) for block in blocks]
        start = blocks.start * BLOCK
        self.codes: Codes = np.concatenate(codes)[first - start : stop - start]
        self.bounds: Numbers = np.array([0, len(self.codes)], dtype=np.int64)

    def _codes(self, keys: str) -> Codes:
        codes = code_points(keys)
        borders = (codes == 0).nonzero()[0]
        found: Codes = codes[borders[:-1] + 1]
        for at in (np.diff(borders) > 2).nonzero()[0].tolist():
            key = keys[borders[at] + 1 : borders[at + 1]]
            found[at] = NAMED + self.names.setdefault(key, len(self.names))
        return found

    def writes(self, at: Numbers, glyphs: Sequence[str]) -> Flags:
        """Tell of each run that begins at *at* if its units are written as *glyphs*.

        Repaired characters are not: what is stored of a huge document does not say how they read.
        """
        return np.array([self._writes(self.first + first, glyphs) for first in at.tolist()], bool)

    def _writes(self, first: int, glyphs: Sequence[str]) -> bool:
        spans = self._field.spans(np.arange(first, first + len(glyphs)), 1)
        return all(
            not glyph or clean(self._field.slice(*span), Noise()).text == glyph
            for span, glyph in zip(spans, glyphs, strict=True)
        )


def blocks_with(field: BlockField, pattern: Pattern) -> Iterator[int]:
    """Yield the blocks of *field* in which a match of *pattern* begins, ascending."""
    if _reach(pattern) >= BLOCK:
        found = matches(BlockRow(field, 0, field.unit_count), pattern)
        yield from np.unique(found // BLOCK).tolist()
        return
    for block in range(field.unit_blocks):
        found = matches(_row(field, pattern, block, 0), pattern)
        if (found < BLOCK).any():
            yield block


def block_spans(field: BlockField, mark: Mark, block: int) -> list[tuple[int, int]]:
    """Return what to highlight of a mark with a pattern, where that begins in a block."""
    if mark.pattern is None:
        raise ValueError("a mark without a pattern")
    reach = _reach(mark.pattern)
    row = _row(field, mark.pattern, block, reach)
    first, last = shown(row, mark.pattern, mark.units)
    begin = block * BLOCK - row.first
    inside = (begin <= first) & (first < begin + BLOCK)
    starts = field.spans(first[inside] + row.first, 1)
    ends = field.spans(last[inside] + row.first, 1)
    return [(start, end) for (start, _), (_, end) in zip(starts, ends, strict=True)]


def _row(field: BlockField, pattern: Pattern, block: int, before: int) -> BlockRow:
    """Return a block and of those behind it as much as a match can reach, and some units before
    it.
    """
    stop = (block + 1) * BLOCK + _reach(pattern)
    return BlockRow(field, max(0, block * BLOCK - before), min(stop, field.unit_count))


def _reach(pattern: Pattern) -> int:
    """Return how many units a match covers at most."""
    if isinstance(pattern, Near):
        return sum(map(len, pattern.parts)) + pattern.slop
    return len(pattern.units) + 1
