"""Marks in a huge document, whose units are stored in blocks.

Runs of several units come from the positions that the engine keeps, single units are looked up
in the stored keys, and only a few blocks are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from searcher.columns import Numbers
from searcher.model import Mark, Pattern, Run
from searcher.snippets import Range
from searcher.stored import BLOCK, BlockField

_MANY = 2000
"""A mark that stands in more places than this in a field is only covered where it stands first,
and near marks that are rarer."""

_NEAR = 1000
"""How near, in units: more than a snippet is long."""

_NOTHING: Numbers = np.empty(0, dtype=np.int64)

Positions = Callable[[Run, str], Sequence[int]]
"""Where a run of two or more units begins in a field of the document at hand."""

_WHOLE = 4
"""Fields of up to so many blocks are covered whole; of longer ones the first block of each mark,
since a page of hits must not read whole books."""


def block_ranges(field: BlockField, marks: Sequence[Mark], positions: Positions) -> list[Range]:
    """Return the ranges that *marks* cover in a field of a huge document, ascending.

    Of a field of more than a few blocks only those blocks are covered that matter most.
    """
    return sorted(_Matcher(field, marks, positions).ranges())


def _thinned(firsts: Numbers, near: Numbers) -> Numbers:
    """Return where a mark begins: all, or of very many the first and those near rarer marks."""
    if len(firsts) <= _MANY:
        return firsts
    at = np.searchsorted(near, firsts)
    padded = np.concatenate([[-_NEAR - 1], near, [firsts[-1] + 2 * _NEAR]])
    is_near = (firsts - padded[at] <= _NEAR) | (padded[at + 1] - firsts <= _NEAR)
    is_near[:_MANY] = True
    return np.asarray(firsts[is_near])


class _Matcher:
    """The marks that may stand in one field, and where they do."""

    def __init__(self, field: BlockField, marks: Sequence[Mark], positions: Positions) -> None:
        self._field = field
        self._marks = [(at, mark) for at, mark in enumerate(marks) if field.name in mark.fields]
        self._runs = {
            at: positions(Run(mark.units, (field.name,)), field.name)
            for at, mark in self._marks
            if len(mark.units) > 1 and not mark.pattern
        }
        self._units = {
            at: mark.units[0]
            for at, mark in self._marks
            if len(mark.units) == 1 and not mark.pattern
        }

    def ranges(self) -> Iterator[Range]:
        """Yield the ranges, mark by mark."""
        blocks = self._blocks()
        yield from self._of_patterns(blocks)
        begins = {number: self._begins(number, blocks) for number in (*self._runs, *self._units)}
        sparse = [at for at in begins.values() if len(at) <= _MANY]
        near = np.sort(np.concatenate([*sparse, _NOTHING]))
        for number, mark in self._marks:
            firsts = _thinned(begins.get(number, _NOTHING), near)
            for start, end in self._field.spans(firsts, len(mark.units)):
                yield Range(start, end, chunk=mark.chunk, phrase=mark.phrase, mark=number)

    def _of_patterns(self, blocks: set[int]) -> Iterator[Range]:
        """Yield the ranges of marks with a pattern."""
        patterns = [(at, mark) for at, mark in self._marks if mark.pattern]
        if not patterns:
            return
        # Imported here: hardly a query has any.
        from searcher.matches.blockrows import block_spans

        for number, mark in patterns:
            for block in sorted(blocks):
                for start, end in block_spans(self._field, mark, block):
                    yield Range(start, end, chunk=mark.chunk, phrase=mark.phrase, mark=number)

    def _begins(self, number: int, blocks: set[int]) -> Numbers:
        """Return where a mark begins in the blocks, ascending."""
        if number in self._runs:
            found = np.asarray(self._runs[number], dtype=np.int64)
            return found[np.isin(found // BLOCK, list(blocks))]
        unit = self._units[number]
        return np.array(
            [at for block in sorted(blocks) for at in self._field.positions_in(block, unit)],
            dtype=np.int64,
        )

    def _blocks(self) -> set[int]:
        """Return the blocks worth looking through: all of a field of usual size."""
        count = self._field.unit_blocks
        if count <= _WHOLE:
            return set(range(count))
        blocks = {run[0] // BLOCK for run in self._runs.values() if len(run)}
        for unit in self._units.values():
            if not any(self._field.holds(block, unit) for block in blocks):
                holding = (block for block in range(count) if self._field.holds(block, unit))
                blocks.update(islice(holding, 1))
        for _, mark in self._marks:
            if mark.pattern:
                blocks.update(islice(self._of_pattern(mark.pattern), 1))
        return blocks

    def _of_pattern(self, pattern: Pattern) -> Iterator[int]:
        from searcher.matches.blockrows import blocks_with

        return blocks_with(self._field, pattern)
