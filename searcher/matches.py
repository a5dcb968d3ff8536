"""Where the marks of a query stand in a stored document, as ranges of the original.

Runs of several units come from the positions the engine keeps; single units are looked up in the
stored units.  The text is never analyzed again, and of a huge document only a few blocks are
looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from searcher.model import Mark, Run
from searcher.snippets import Range
from searcher.stored import BLOCK, StoredDocument, StoredField

Positions = Callable[[Run, str], Sequence[int]]
"""Where a run of two or more units begins in a field of the document at hand."""

_BLOCKS = 4
"""Blocks of a field that are looked through, at most, and one more for each mark that none of
them holds: a page of hits must not read whole books."""


def ranges(
    stored: StoredDocument, marks: Sequence[Mark], positions: Positions
) -> list[tuple[StoredField, list[Range]]]:
    """Return every field of the document with the ranges that the marks cover in it, ascending.

    Of a field of more than a few blocks only those blocks are covered that matter most.
    """
    return [
        (field, sorted(_Matcher(field, marks, positions).ranges()))
        for field in stored.fields.values()
    ]


class _Matcher:
    """The marks that may stand in one field, and where they do."""

    def __init__(self, field: StoredField, marks: Sequence[Mark], positions: Positions) -> None:
        self._field = field
        self._marks = [(at, mark) for at, mark in enumerate(marks) if field.name in mark.fields]
        self._runs = {
            at: positions(Run(mark.units, (field.name,)), field.name)
            for at, mark in self._marks
            if len(mark.units) > 1
        }
        self._units = {at: mark.units[0] for at, mark in self._marks if len(mark.units) == 1}

    def ranges(self) -> Iterator[Range]:
        """Yield the ranges, mark by mark."""
        blocks = self._blocks() if self._units else set(range(self._field.unit_blocks))
        for number, mark in self._marks:
            firsts = [first for first in self._begins(number, blocks) if first // BLOCK in blocks]
            for start, end in self._field.spans(firsts, len(mark.units)):
                yield Range(start, end, chunk=mark.chunk, phrase=mark.phrase, mark=number)

    def _begins(self, number: int, blocks: set[int]) -> Sequence[int]:
        if number in self._runs:
            return self._runs[number]
        unit = self._units[number]
        return [at for block in sorted(blocks) for at in self._field.positions_in(block, unit)]

    def _blocks(self) -> set[int]:
        """Return the blocks worth looking through: all of a field of usual size."""
        count = self._field.unit_blocks
        if count <= _BLOCKS:
            return set(range(count))
        of_runs = sorted({first // BLOCK for run in self._runs.values() for first in run})
        blocks = {run[0] // BLOCK for run in self._runs.values() if run} | set(of_runs[:_BLOCKS])
        for unit in self._units.values():
            if not any(self._field.holds(block, unit) for block in blocks):
                holding = (block for block in range(count) if self._field.holds(block, unit))
                blocks.update(islice(holding, 1))
        return blocks
