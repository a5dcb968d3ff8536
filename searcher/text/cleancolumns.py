"""Cleaning many fields at once: their clean texts in one array of code points.

Each field comes out exactly as `searcher.text.clean.clean` gives it alone.  Widths, blanks and
invisible characters of all fields are done together as arrays.  Fields with noise, and those with
characters that join their neighbours (combining marks), go through `clean` one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from searcher.columns import Codes, Flags, Numbers
from searcher.model import MappedText, Noise
from searcher.text.clean import clean
from searcher.text.codes import code_points, first_of_runs, joined, owners, ranges
from searcher.text.kinds import (
    BREAK,
    FOLDING,
    INVISIBLE,
    JOINING,
    SPACE,
    STABLE,
    WIDE,
    YES,
    Kinds,
    cleaning_kinds,
    tight_kinds,
)
from searcher.text.units import ENCLOSED, enclosed_cuts
from searcher.text.widths import WIDE_OFFSET, folded_cluster

Moving: TypeAlias = Callable[[Numbers], Numbers]

_NEWLINE, _BLANK = 10, 32


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The clean texts of many fields in a row, each with a line break behind it.

    Field *i* is ``codes[bounds[i] : bounds[i + 1] - 1]``.  The line break behind it belongs to
    no field: it keeps neighbours apart.  ``start`` and ``end`` are the span of each character in
    the originals joined in the same way, where that of field *i* begins at ``origins[i]``.
    ``cuts`` are the places of ``codes`` where enclosed numbers (①) begin and end, ascending.
    """

    originals: tuple[str, ...]
    origins: Numbers
    codes: Codes
    start: Numbers
    end: Numbers
    bounds: Numbers
    cuts: Numbers


def clean_many(
    texts: Sequence[str],
    noises: Sequence[Noise],
    known: Mapping[int, MappedText] = MappingProxyType({}),
) -> Cleaned:
    """Return the clean text of every field; ``noises[i]`` is the decision for ``texts[i]``.

    *known* are those that were cleaned before, by number.

    >>> cleaned = clean_many(["（ 脱 贫", "2017 年"], [Noise(), Noise()])
    >>> "".join(map(chr, cleaned.codes)), cleaned.start.tolist()
    ('(脱贫\\n2017年\\n', [0, 2, 4, 5, 6, 7, 8, 9, 11, 12])
    """
    codes, bounds = joined(texts)
    kinds = cleaning_kinds().take(codes)
    kinds[bounds[1:] - 1] = STABLE
    apart = _cleaned_apart(kinds, bounds, noises, known)
    for at in apart:
        # Nothing is left of them but the line break, in front of which they are put back in.
        kinds[bounds[at] : bounds[at + 1] - 1] = INVISIBLE
    work = _Work(codes, kinds, bounds)
    work.narrow()
    work.fold()
    work.drop_invisible()
    work.drop_blanks()
    noisy = {at: known[at] if at in known else clean(texts[at], noises[at]) for at in apart}
    return _put_together(tuple(texts), bounds, work, noisy)


class _Work:
    """Joined texts on their way, step by step in the order of the methods.

    ``first`` and ``last`` are the places of the joined originals that each character came from;
    of ``kinds`` only those count whose step is still to come.
    """

    def __init__(self, codes: Codes, kinds: Kinds, bounds: Numbers) -> None:
        self.codes = codes.copy()
        self.kinds = kinds
        self.first: Numbers = np.arange(len(codes))
        self.last = self.first
        self.bounds = bounds
        self.cuts = bounds[:0]

    def narrow(self) -> None:
        """Make full-width forms of ASCII ASCII."""
        self.codes[(self.kinds == WIDE).nonzero()[0]] -= WIDE_OFFSET

    def fold(self) -> None:
        """Give every character its one form; if that is several, each has the span of the one."""
        places = (self.kinds == FOLDING).nonzero()[0]
        if not len(places):
            return
        found = [chr(code) for code in self.codes[places].tolist()]
        forms = list(map(_form, found))
        sizes = np.fromiter(map(len, forms), np.int64, len(forms))
        more = np.cumsum(sizes - 1)
        if more[-1]:
            times = np.ones(len(self.codes), dtype=np.int64)
            times[places] = sizes
            self.first = self.last = np.repeat(self.first, times)
            self.codes, self.kinds = self.codes.take(self.first), self.kinds.take(self.first)
            moved = _moving(places, more)
            self.bounds, places = moved(self.bounds), moved(places)
        self.codes[ranges(places, sizes)] = code_points("".join(forms))
        enclosed = np.array([ENCLOSED.match(each) is not None for each in found])
        ends = places[enclosed], (places + sizes)[enclosed]
        self.cuts = np.array(sorted({*ends[0].tolist(), *ends[1].tolist()}), dtype=np.int64)

    def drop_invisible(self) -> None:
        """Take out what has no glyph."""
        gone = self.kinds == INVISIBLE
        if gone.any():
            self.kinds = self.kinds[~gone]
            self._drop(gone)

    def drop_blanks(self) -> None:
        """Leave a blank between two Latin words, a line break of a run with any, and no other."""
        blanks = ((self.kinds - SPACE) <= BREAK - SPACE).nonzero()[0]
        if not len(blanks):
            return
        at = first_of_runs(blanks)
        begins, ends = blanks[at], blanks[np.append(at[1:], len(blanks)) - 1]
        has_break = np.logical_or.reduceat(self.kinds[blanks] == BREAK, at)
        # Beside a field stand the line breaks of this one and the one before (or the last).
        neighbours = np.concatenate((self.codes[begins - 1], self.codes[ends + 1]))
        near_han = (tight_kinds().take(neighbours) == YES).reshape(2, -1).any(axis=0)
        stays = has_break | ~near_han
        self.codes[begins] = np.where(has_break, _NEWLINE, _BLANK)
        gone = np.zeros(len(self.codes), dtype=bool)
        gone[blanks] = True
        gone[begins[stays]] = False
        last = self.last[ends[stays]]
        moved = self._drop(gone)
        self.last = self.first.copy() if self.last is self.first else self.last
        self.last[moved(begins[stays])] = last

    def _drop(self, gone: Flags) -> Moving:
        """Take out characters; return where places are behind it."""
        kept = (~gone).nonzero()[0]
        is_own = self.last is self.first
        self.codes, self.first = self.codes.take(kept), self.first.take(kept)
        self.last = self.first if is_own else self.last.take(kept)
        places = (gone).nonzero()[0]
        moved = _moving(places, -np.arange(1, len(places) + 1))
        self.bounds, self.cuts = moved(self.bounds), moved(self.cuts)
        return moved


@lru_cache(4096)
def _form(character: str) -> str:
    return folded_cluster(character)


def _moving(changed: Numbers, by: Numbers) -> Moving:
    """Return what tells where places are when all behind ``changed[i]`` has moved *by[i]* on."""
    moves = np.append(0, by)
    return lambda places: places + moves[np.searchsorted(changed, places)]


def _cleaned_apart(
    kinds: Kinds, bounds: Numbers, noises: Sequence[Noise], known: Iterable[int]
) -> list[int]:
    """Return which fields are not for arrays, ascending."""
    apart = {at for at, noise in enumerate(noises) if noise.annotations or noise.markup}
    apart.update(known)
    if kinds.max(initial=STABLE) == JOINING:
        apart.update(owners(bounds, (kinds == JOINING).nonzero()[0]).tolist())
    return sorted(apart)


def _put_together(
    originals: tuple[str, ...], origins: Numbers, work: _Work, apart: Mapping[int, MappedText]
) -> Cleaned:
    """Return all fields in order: those of *work*, and the ones that were cleaned apart."""
    codes, start, end = work.codes, work.first, work.last + 1
    if not apart:
        return Cleaned(originals, origins, codes, start, end, work.bounds, work.cuts)
    places = work.bounds[list(apart)]
    sizes = np.array([len(each.text) for each in apart.values()])
    moved = _moving(places, np.cumsum(sizes))
    bounds = moved(work.bounds)
    where = np.repeat(places, sizes)
    cuts = [moved(work.cuts)]
    starts, ends = [], []
    for at, each in apart.items():
        starts.append(_numbers(each.start) + origins[at])
        ends.append(_numbers(each.end) + origins[at])
        cuts.append(_numbers(enclosed_cuts(originals[at], each.start)) + bounds[at])
    return Cleaned(
        originals,
        origins,
        np.insert(codes, where, code_points("".join(each.text for each in apart.values()))),
        np.insert(start, where, np.concatenate(starts)),
        np.insert(end, where, np.concatenate(ends)),
        bounds,
        np.sort(np.concatenate(cuts)),
    )


def _numbers(offsets: Sequence[int]) -> Numbers:
    if isinstance(offsets, range):
        return np.arange(offsets.start, offsets.stop)
    return np.array(offsets, dtype=np.int64)
