"""Windows of a whole page at once: what `ranges` and `passages` find one by one, as arrays.

A document is *regular* where no two ranges overlap, no highlight is longer than a passage, no
field holds more than `MANY` ranges and all no more than `MOST_MARKS` marks: nearly all are.  Only
those are seen to here; the others go the general way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple, TypeAlias

import numpy as np

from searcher.columns import Flags, Numbers
from searcher.model import Mark
from searcher.snippets.passages import MANY

MOST_MARKS = 62
"""Marks of a document whose bits fit into one number; with more, it is not regular."""

Entry: TypeAlias = tuple[int, int, int, int, int, int]
"""A window: how many marks, matches and phrases it holds (all negative, so that the better window
is the lesser entry), its first piece, the piece behind its last, the bits of its marks."""


class Found(NamedTuple):
    """Ranges on a sheet in the order of their starts; ``mark[i]`` is the mark of range *i*."""

    start: Numbers
    end: Numbers
    mark: Numbers

    def where(self, wanted: Flags | Numbers) -> Found:
        """Return the ranges for which *wanted* is true, or those that it numbers."""
        return Found(self.start[wanted], self.end[wanted], self.mark[wanted])


class Kinds(NamedTuple):
    """What is known of each mark: the chunk of the query it is of, and if it was quoted (1)."""

    chunk: Numbers
    phrase: Numbers

    @classmethod
    def of(cls, marks: Sequence[Mark]) -> Kinds:
        """Return what is known of *marks*."""
        chunks = np.array([mark.chunk for mark in marks], dtype=np.int64)
        return cls(chunks, np.array([mark.phrase for mark in marks], dtype=np.int64))


class Pieces(NamedTuple):
    """`ranges.Piece` in columns: the pieces of all fields of a sheet, ascending.

    ``reach[i]`` is the piece behind the window that begins with piece *i*; ``matches[i]`` and
    ``phrases[i]`` are how many all pieces before *i* hold together; ``all_marks`` are those of
    all pieces.  ``starts`` and ``ends`` are ``start`` and ``end`` as arrays.
    """

    starts: Numbers
    ends: Numbers
    start: Sequence[int]
    end: Sequence[int]
    marks: Sequence[int]
    reach: Sequence[int]
    matches: Sequence[int]
    phrases: Sequence[int]
    all_marks: int

    def entry(self, first: int, last: int) -> Entry:
        """Return the window that is made of the pieces *first* up to *last*."""
        marks = 0
        for piece in self.marks[first:last]:
            marks |= piece
        matches = self.matches[first] - self.matches[last]
        phrases = self.phrases[first] - self.phrases[last]
        return -marks.bit_count(), matches, phrases, first, last, marks


_NOTHING = np.empty(0, dtype=np.int64)
NO_PIECES = Pieces(_NOTHING, _NOTHING, (), (), (), (), (), (), 0)


def irregular(found: Found, kinds: Kinds, fields: Numbers, chars: int) -> Numbers:
    """Return the numbers of the fields that are not regular, given where each field begins."""
    start, end, _ = found
    gaps = start[1:] - end[:-1]
    is_crowded = len(start) > MANY
    if not is_crowded and gaps.min(initial=1) > 0:
        return fields[:0]
    owner = fields.searchsorted(start, side="right") - 1
    begins = _begins(found, kinds)
    last = np.append(begins[1:], len(start)) - 1
    is_long = (end[last] - start[begins] > chars) & (last > begins)
    bad = [owner[1:][gaps < 0], owner[begins[is_long]]]
    if is_crowded:
        bad.append((np.bincount(owner) > MANY).nonzero()[0])
    return np.unique(np.concatenate(bad))


def _begins(found: Found, kinds: Kinds) -> Numbers:
    """Return the ranges that do not touch the one before in one chunk."""
    touches = found.start[1:] == found.end[:-1]
    if not np.count_nonzero(touches):
        return np.arange(len(found.start))
    chunk = kinds.chunk.take(found.mark)
    apart = np.ones(len(chunk), dtype=bool)
    np.logical_not(touches & (chunk[1:] == chunk[:-1]), out=apart[1:])
    return apart.nonzero()[0]


def windows_of(
    found: Found, kinds: Kinds, numbers: Numbers, fields: Numbers, chars: int
) -> tuple[Pieces, list[Entry], Numbers]:
    """Return the pieces of regular fields, the windows over them in order, and the field of each.

    *numbers* are those of the marks in their document, *fields* where the fields begin.  A window
    begins with each piece, unless the window before holds all of it.
    """
    start, end, mark = found
    bits = np.left_shift(1, numbers)
    begins = _begins(found, kinds)
    if len(begins) < len(start):
        start, end = start[begins], end[np.append(begins[1:], len(end)) - 1]
        bits = np.bitwise_or.reduceat(bits, begins)
    owners = fields.searchsorted(start, side="right")
    # So far apart that no window holds pieces of two fields.
    shift = owners * (chars + 1)
    all_marks = int(np.bitwise_or.reduce(bits))
    reach = _reach(
        start + shift, end + shift, bits if all_marks & (all_marks - 1) else None, chars
    )
    is_first = np.ones(len(start), dtype=bool)
    np.greater(reach[1:], reach[:-1], out=is_first[1:])
    first = is_first.nonzero()[0]
    matches = np.append(begins, len(mark))
    phrases = _phrases_before(kinds, mark, matches)
    pieces = Pieces(
        start,
        end,
        start.tolist(),
        end.tolist(),
        bits.tolist(),
        reach.tolist(),
        matches.tolist(),
        phrases.tolist(),
        all_marks,
    )
    last = reach[first]
    counts = [(each[first] - each[last]).tolist() for each in (matches, phrases)]
    distinct, marks = _marks(bits, first, last, all_marks)
    entries = list(zip(distinct, *counts, first.tolist(), last.tolist(), marks, strict=False))
    return pieces, entries, owners[first] - 1


def _phrases_before(kinds: Kinds, mark: Numbers, at: Numbers) -> Numbers:
    """Return how many ranges before each of those numbered *at* are of a phrase."""
    if not np.count_nonzero(kinds.phrase):
        return np.zeros(len(at), dtype=np.int64)
    before: Numbers = np.append(0, kinds.phrase.take(mark).cumsum())[at]
    return before


def _marks(
    bits: Numbers, first: Numbers, last: Numbers, all_marks: int
) -> tuple[Iterable[int], Iterable[int]]:
    """Return how many marks the pieces ``first[i]`` to ``last[i]`` hold, negative, and which."""
    if all_marks & (all_marks - 1) == 0:
        return repeat(-1), repeat(all_marks)
    marks = _union(bits, first, last)
    return (-np.bitwise_count(marks).astype(np.int64)).tolist(), marks.tolist()


def _reach(start: Numbers, end: Numbers, bits: Numbers | None, chars: int) -> Numbers:
    """Return for each piece the one behind the window from it on, as `passages` does.

    *bits* are None where all pieces are of one mark.
    """
    reach = end.searchsorted(start + (chars - chars // 4), side="right")
    np.maximum(reach, np.arange(1, len(start) + 1), out=reach)
    if bits is not None:
        most = end.searchsorted(start + chars, side="right")
        longer = (most > reach).nonzero()[0]
        if len(longer):
            _reach_for_marks(reach, most, longer, bits)
    return reach


def _reach_for_marks(reach: Numbers, most: Numbers, longer: Numbers, bits: Numbers) -> None:
    """Let the windows from *longer* on reach for the last piece before *most* that adds a mark."""
    more = _union(bits, reach[longer], most[longer]) & ~_union(bits, longer, reach[longer])
    for first in longer[more != 0].tolist():
        last = int(reach[first])
        marks = int(np.bitwise_or.reduce(bits[first:last]))
        for at, piece in enumerate(bits[last : int(most[first])].tolist(), last + 1):
            if piece & ~marks:
                reach[first] = at
                marks |= piece


def _union(bits: Numbers, first: Numbers, last: Numbers) -> Numbers:
    """Return the bits of the pieces ``first[i]`` up to ``last[i]``, never none."""
    bounds = np.empty(2 * len(first), dtype=np.int64)
    bounds[::2], bounds[1::2] = first, last
    together: Numbers = np.bitwise_or.reduceat(np.append(bits, 0), bounds)[::2]
    return together
