"""Windows of a whole page at once: what `ranges` and `passages` find one by one, as arrays.

A document is *regular* where no two ranges overlap, no highlight is longer than a passage, no
field holds more than `MANY` ranges and all no more than `MOST_MARKS` marks: nearly all are.  Only
those are seen to here; the others go the general way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from typing import NamedTuple, TypeAlias

import numpy as np

from searcher.columns import Flags, Numbers
from searcher.model import Mark
from searcher.snippets.passages import MANY
from searcher.snippets.sheet import Sheet

MOST_MARKS = 62
"""Marks of a document whose bits fit into one number; with more, it is not regular."""

MOST_RANGES = 1 << 18
"""With more on a page, the numbers of `Windows.best` would be too large."""

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
    all pieces.  Whoever needs one window alone needs none but ``start`` and ``end``.
    """

    start: Sequence[int]
    end: Sequence[int]
    marks: Sequence[int] = ()
    reach: Sequence[int] = ()
    matches: Sequence[int] = ()
    phrases: Sequence[int] = ()
    all_marks: int = 0

    def entry(self, first: int, last: int) -> Entry:
        """Return the window that is made of the pieces *first* up to *last*."""
        marks = 0
        for piece in self.marks[first:last]:
            marks |= piece
        matches = self.matches[first] - self.matches[last]
        phrases = self.phrases[first] - self.phrases[last]
        return -marks.bit_count(), matches, phrases, first, last, marks


NO_PIECES = Pieces((), ())


class Windows(NamedTuple):
    """All windows over the pieces of regular fields, as arrays.

    Those of pieces are named as in `Pieces`; ``first`` and ``last`` are the first piece of each
    window and the one behind its last, ``bounds`` the first window of each document.
    """

    start: Numbers
    end: Numbers
    marks: Numbers
    reach: Numbers
    matches: Numbers
    phrases: Numbers | None
    all_marks: int
    first: Numbers
    last: Numbers
    bounds: Numbers

    @property
    def has_one_mark(self) -> bool:
        """Whether all pieces are of one mark."""
        return self.all_marks & (self.all_marks - 1) == 0

    def entries(self) -> tuple[Pieces, list[list[Entry]]]:
        """Return the pieces, and the windows of each document, in order."""
        first, last, matches = self.first, self.last, self.matches
        phrases = np.zeros_like(matches) if self.phrases is None else self.phrases
        pieces = Pieces(
            self.start.tolist(),
            self.end.tolist(),
            self.marks.tolist(),
            self.reach.tolist(),
            matches.tolist(),
            phrases.tolist(),
            self.all_marks,
        )
        counts = [(each[first] - each[last]).tolist() for each in (matches, phrases)]
        distinct: Iterable[int] = repeat(-1)
        marks: Iterable[int] = repeat(self.all_marks)
        if not self.has_one_mark:
            union = _union(self.marks, first, last)
            distinct, marks = (-np.bitwise_count(union).astype(np.int64)).tolist(), union.tolist()
        entries = list(zip(distinct, *counts, first.tolist(), last.tolist(), marks, strict=False))
        return pieces, [entries[a:b] for a, b in pairwise([*self.bounds.tolist(), len(entries)])]

    def best(self) -> tuple[Pieces, list[tuple[int, int]]]:
        """Return the start and end of all pieces, and the first piece and the one behind the last
        of the best window of each document: of the least of its entries.

        There are at most `MOST_RANGES`.
        """
        first, last = self.first, self.last
        many = len(first)
        # One number for all by which windows are better than others, in the order of entries.
        value = self.matches[last] - self.matches[first]
        if not self.has_one_mark:
            most = int(self.matches[-1]) + 1
            value += most * np.bitwise_count(_union(self.marks, first, last)).astype(np.int64)
        if self.phrases is not None:
            value *= int(self.phrases[-1]) + 1
            value += self.phrases[last] - self.phrases[first]
        value *= many
        value += np.arange(many - 1, -1, -1)
        at = many - 1 - np.maximum.reduceat(value, self.bounds) % many
        spans = list(zip(first[at].tolist(), last[at].tolist(), strict=True))
        return Pieces(self.start.tolist(), self.end.tolist()), spans


def irregular(found: Found, kinds: Kinds, fields: Numbers, chars: int) -> Numbers:
    """Return the numbers of the fields that are not regular, given where each field begins."""
    start, end, _ = found
    gaps = start[1:] - end[:-1]
    is_crowded = len(start) > MANY
    if not is_crowded and gaps.min(initial=1) > 0:
        return fields[:0]
    owner = fields.searchsorted(start, side="right") - 1
    bad = [owner[1:][gaps < 0]]
    begins = _begins(found, kinds)
    if begins is not None:
        last = np.append(begins[1:], len(start)) - 1
        is_long = (end[last] - start[begins] > chars) & (last > begins)
        bad.append(owner[begins[is_long]])
    if is_crowded:
        bad.append((np.bincount(owner) > MANY).nonzero()[0])
    return np.unique(np.concatenate(bad))


def _begins(found: Found, kinds: Kinds) -> Numbers | None:
    """Return the ranges that do not touch the one before in one chunk; None if that is all."""
    touches = found.start[1:] == found.end[:-1]
    if not np.count_nonzero(touches):
        return None
    chunk = kinds.chunk.take(found.mark)
    apart = np.ones(len(chunk), dtype=bool)
    np.logical_not(touches & (chunk[1:] == chunk[:-1]), out=apart[1:])
    return apart.nonzero()[0]


def windows_of(
    found: Found, kinds: Kinds, numbers: Numbers, sheet: Sheet, chars: int
) -> tuple[Windows, list[int]]:
    """Return the windows over regular fields, and the documents that have any.

    *numbers* are those of the marks in their document.  A window begins with each piece, unless
    the window before holds all of it.
    """
    start, end, mark = found
    bits = np.left_shift(1, numbers)
    begins = _begins(found, kinds)
    matches = np.arange(len(start) + 1)
    if begins is not None:
        matches = np.append(begins, len(start))
        start, end = start[begins], end[matches[1:] - 1]
        bits = np.bitwise_or.reduceat(bits, begins)
    owners = sheet.owners(start)
    # So far apart that no window holds pieces of two fields.
    shift = owners * (chars + 1)
    all_marks = int(np.bitwise_or.reduce(bits))
    reach = _reach(
        start + shift, end + shift, bits if all_marks & (all_marks - 1) else None, chars
    )
    is_first = np.ones(len(start), dtype=bool)
    np.greater(reach[1:], reach[:-1], out=is_first[1:])
    first = is_first.nonzero()[0]
    documents = sheet.documents[owners[first]]
    changes = np.ones(len(first), dtype=bool)
    np.not_equal(documents[1:], documents[:-1], out=changes[1:])
    bounds = changes.nonzero()[0]
    phrases = None
    if np.count_nonzero(kinds.phrase):
        phrases = np.zeros(len(mark) + 1, dtype=np.int64)
        np.cumsum(kinds.phrase.take(mark), out=phrases[1:])
        phrases = phrases[matches]
    windows = Windows(
        start, end, bits, reach, matches, phrases, all_marks, first, reach[first], bounds
    )
    return windows, documents[bounds].tolist()


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
