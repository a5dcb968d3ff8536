"""Coding: the postings of a term as one stretch of bytes, its record, and back.

::

    flags                 1 byte: bits 0–1 width of gaps, 2–3 frequencies, 4–5 positions,
                          6–7 number of documents if 1–3, else 0
    documents             varint, where the flags do not say
    skips                 varint, where the width has skips
    occurrences           varint, where positions are GENERAL or LOOSE
    gaps                  the first document, then differences, as the width says
    frequencies           where they are VARIED: nibbles, low one first, 15 = escape; an odd one
                          out is 0
    low bytes             of the positions, one for each occurrence
    high nibbles          one for each occurrence.  ONE_EACH: bits 8–11 of the position,
                          15 = escape.  GENERAL, LOOSE: bit 3 = first of its document, bits 0–2
                          are bits 8–10 of the position, 7 = escape
    escaped frequencies   4 bytes each, in order
    escaped positions     4 bytes each, in order: the whole position, or NO_POSITION

Widths: SHORT, 2 bytes; BYTE, 1 byte where 255 means "skip 255 and read on"; SHORT_SKIPS, 2 bytes
where 65535 means likewise; LONG, 4 bytes.  Each term has the one that makes it smallest.
Frequencies 0, 1 and 2 of a term that has no other are in its flags.  Positions of a term are LOOSE
where NO_POSITION is among them.  All is little-endian.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import Flags, Numbers

Bytes: TypeAlias = npt.NDArray[np.uint8]
Counts: TypeAlias = npt.NDArray[np.uint32]

NO_POSITION = 0xFFFFFFFF
"""Stands in the place of a position of a document that has none, while others of the term do."""

SHORT, BYTE, SHORT_SKIPS, LONG = range(4)
SIZES = (2, 1, 2, 4)
SKIPS = (0, 255, 65535, 0)
VARIED = 3
NOWHERE, ONE_EACH, GENERAL, LOOSE = range(4)
ESCAPE_COUNT = 15

_PIECE = 1 << 18
_LARGE = 1 << 11


class Postings(NamedTuple):
    """The postings of many terms in a row, all int64 but *firsts*.

    ``dfs``: documents of each term, at least 1.  ``docs``: their numbers, ascending in a term,
    below 2³¹.  ``counts``: how often each has it, below 2³².  ``occ``: listed positions of each
    term, 0 or at least one for each document.  ``positions``: ascending in a document, below
    `NO_POSITION`, or that alone.  ``firsts``: whether a position is the first of its document.
    """

    dfs: Numbers
    docs: Numbers
    counts: Numbers
    occ: Numbers
    positions: Numbers
    firsts: Flags


class _Column(NamedTuple):
    """One part of all records: term *i* has ``source[starts[i] : starts[i] + lengths[i]]``."""

    source: Bytes
    starts: Numbers
    lengths: Numbers


def encode(
    dfs: Numbers, docs: Numbers, counts: Numbers, occ: Numbers, positions: Numbers, firsts: Flags
) -> tuple[Bytes, Counts]:
    """Return the records of many terms in a row, and the size of each (see `Postings`).

    >>> one = np.array([1])
    >>> blob, sizes = encode(one, np.array([7]), one, one, np.array([3]), np.array([True]))
    >>> blob.tobytes().hex(), sizes.tolist()
    ('5407000300', [5])
    """
    if not len(dfs):
        return np.empty(0, np.uint8), np.empty(0, np.uint32)
    # Pieces that stay in the processor's cache, however much is given at once.
    ends, places = dfs.cumsum(), occ.cumsum()
    cuts = [0, *(np.flatnonzero(np.diff((ends + places) // _PIECE)) + 1).tolist(), len(dfs)]
    bounds = [(cut, ends[cut - 1] if cut else 0, places[cut - 1] if cut else 0) for cut in cuts]
    made = [
        _encode(Postings(dfs[a:b], docs[c:d], counts[c:d], occ[a:b], positions[e:f], firsts[e:f]))
        for (a, c, e), (b, d, f) in pairwise(bounds)
    ]
    return np.concatenate([blob for blob, _ in made]), np.concatenate([size for _, size in made])


def _encode(terms: Postings) -> tuple[Bytes, Counts]:
    """Return the records of some terms, at least one."""
    dfs, occ = terms.dfs, terms.occ
    width, skips, gaps = _gaps(dfs, terms.docs)
    kinds, nibbles, large = _frequencies(dfs, terms.counts)
    places, lows, highs, far = _places(dfs, occ, terms.positions, terms.firsts)
    head = _head(
        width | kinds << 2 | places << 4 | np.where(dfs <= 3, dfs, 0) << 6,
        (
            (dfs, dfs > 3),
            (skips, (width == BYTE) | (width == SHORT_SKIPS)),
            (occ, places >= GENERAL),
        ),
    )
    return _interleaved([head, gaps, nibbles, lows, highs, large, far])


def _interleaved(columns: Sequence[_Column]) -> tuple[Bytes, Counts]:
    """Put the parts of each term one behind the other."""
    lengths = np.stack([column.lengths for column in columns], axis=1)
    sizes = lengths.sum(axis=1)
    bases = _starts(np.array([len(column.source) for column in columns]))
    origins = np.stack([column.starts for column in columns], axis=1) + bases
    source = np.concatenate([column.source for column in columns])
    large = np.flatnonzero(sizes > _LARGE)
    inside = lengths.copy()
    inside[large] = 0
    small = _picked(source, origins.ravel(), inside.ravel())
    parts = []
    at = 0
    ends = inside.sum(axis=1).cumsum()
    for term in large.tolist():
        parts.append(small[at : ends[term]])
        at = ends[term]
        starts, stops = origins[term].tolist(), (origins[term] + lengths[term]).tolist()
        parts += [source[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return np.concatenate([*parts, small[at:]]), sizes.astype(np.uint32)


def _picked(source: Bytes, origins: Numbers, lengths: Numbers) -> Bytes:
    """Return many pieces of *source* one behind the other."""
    ends = lengths.cumsum()
    index = np.repeat(origins - ends + lengths, lengths)
    index += np.arange(len(index))
    picked: Bytes = source[index]
    return picked


def _starts(lengths: Numbers) -> Numbers:
    return lengths.cumsum() - lengths


def _head(flags: Numbers, varints: Sequence[tuple[Numbers, Flags]]) -> _Column:
    """Return flags and the varints that are present."""
    sizes = [np.where(present, _varint_sizes(values), 0) for values, present in varints]
    lengths = 1 + np.sum(sizes, axis=0)
    starts = _starts(lengths)
    source = np.empty(int(lengths.sum()), np.uint8)
    source[starts] = flags
    at = starts + 1
    for (values, _), size in zip(varints, sizes, strict=True):
        for byte in range(int(size.max())):
            rows = np.flatnonzero(size > byte)
            more = (size[rows] > byte + 1) << 7
            source[at[rows] + byte] = values[rows] >> 7 * byte & 127 | more
        at += size
    return _Column(source, starts, lengths)


def _varint_sizes(values: Numbers) -> Numbers:
    sizes = np.ones(len(values), np.int64)
    for bits in (7, 14, 21, 28):
        sizes += values >= 1 << bits
    return sizes


def _gaps(dfs: Numbers, docs: Numbers) -> tuple[Numbers, Numbers, _Column]:
    """Return the width of each term's gaps, the number of its skips, and the gaps."""
    starts = _starts(dfs)
    gaps = np.empty(len(docs), np.uint32)
    np.subtract(docs[1:], docs[:-1], out=gaps[1:], casting="unsafe")
    gaps[starts] = docs[starts]
    byte_skips = np.add.reduceat(gaps // np.uint32(255), starts, dtype=np.int64)
    short_skips = none = np.zeros_like(dfs)
    too_large = np.zeros(len(dfs), np.bool_)
    if gaps.max() >= 65535:
        short_skips = np.add.reduceat(gaps // np.uint32(65535), starts, dtype=np.int64)
        too_large = np.maximum.reduceat(gaps, starts) > 65535
    costs = np.stack(
        [
            2 * dfs + (too_large << 40),
            dfs + byte_skips + 1,
            2 * (dfs + short_skips) + 1,
            4 * dfs,
        ]
    )
    width = costs.argmin(axis=0)
    skips = np.choose(width, [none, byte_skips, short_skips, none])
    lengths = (dfs + skips) * np.array(SIZES)[width]
    return width, skips, _written_gaps(gaps, dfs, width, lengths)


def _written_gaps(gaps: Counts, dfs: Numbers, width: Numbers, lengths: Numbers) -> _Column:
    """Return the gaps of all terms, those of each width in a row."""
    starts = np.empty_like(lengths)
    sources = []
    base = 0
    widths = np.repeat(width.astype(np.uint8), dfs)
    for kind in range(4):
        rows = np.flatnonzero(width == kind)
        if len(rows):
            starts[rows] = _starts(lengths[rows]) + base
            units = _units(gaps[widths == kind], SKIPS[kind])
            sources.append(units.astype(f"<u{SIZES[kind]}").view(np.uint8))
            base += len(sources[-1])
    return _Column(np.concatenate(sources), starts, lengths)


def _units(gaps: Counts, skip: int) -> Counts:
    """Return *gaps* with a unit *skip* for each time that *skip* goes into them."""
    if not skip or gaps.max() < skip:
        return gaps
    skips = gaps // np.uint32(skip)
    rest = gaps - skips * np.uint32(skip)
    skips += np.uint32(1)
    ends = skips.cumsum(dtype=np.int64)
    units = np.full(int(ends[-1]), skip, np.uint32)
    ends -= 1
    units[ends] = rest
    return units


def _frequencies(dfs: Numbers, counts: Numbers) -> tuple[Numbers, _Column, _Column]:
    """Return how each term's frequencies are kept; nibbles; escapes."""
    starts = _starts(dfs)
    capped = np.minimum(counts, ESCAPE_COUNT).astype(np.uint8)
    least = np.minimum.reduceat(capped, starts)
    varied = (least > 2) | (least != np.maximum.reduceat(capped, starts))
    nibbles = _nibbles(capped, dfs)
    nibbles.lengths[~varied] = 0
    escapes = _escapes(counts, np.flatnonzero(capped == ESCAPE_COUNT), dfs)
    return np.where(varied, VARIED, least).astype(np.int64), nibbles, escapes


def _places(
    dfs: Numbers, occ: Numbers, positions: Numbers, firsts: Flags
) -> tuple[Numbers, _Column, _Column, _Column]:
    """Return how each term's positions are kept; low bytes; nibbles; escapes."""
    kinds = np.where(occ == 0, NOWHERE, np.where(occ == dfs, ONE_EACH, GENERAL))
    nowhere = np.flatnonzero(positions == NO_POSITION)
    if len(nowhere):
        kinds[np.searchsorted(occ.cumsum(), nowhere, side="right")] = LOOSE
    tops = np.repeat(np.where(kinds == ONE_EACH, 15, 7).astype(np.uint8), occ)
    places = positions.astype(np.uint32)
    nibbles = np.minimum(places >> np.uint32(8), 15).astype(np.uint8)
    np.minimum(nibbles, tops, out=nibbles)
    escaped = np.flatnonzero(nibbles == tops)
    nibbles |= firsts.view(np.uint8) * np.uint8(8) & ~tops
    lows = _Column(places.astype(np.uint8), _starts(occ), occ)
    return kinds, lows, _nibbles(nibbles, occ), _escapes(positions, escaped, occ)


def _nibbles(values: Bytes, lengths: Numbers) -> _Column:
    """Pack two values into each byte, the first one low; each term begins a byte."""
    sizes = lengths + 1 >> 1
    ends = sizes.cumsum()
    if 2 * int(ends[-1]) != len(values):
        odd = lengths & 1 == 1
        values = np.insert(values, lengths.cumsum()[odd], 0)
    pairs = values.view("<u2")
    return _Column((pairs | pairs >> 4).astype(np.uint8), ends - sizes, sizes)


def _escapes(values: Numbers, at: Numbers, lengths: Numbers) -> _Column:
    """Return the values at *at*, ascending, as 4 bytes each."""
    ends = np.searchsorted(at, lengths.cumsum()) if len(at) else np.zeros_like(lengths)
    found = np.diff(ends, prepend=0)
    return _Column(values[at].astype("<u4").view(np.uint8), 4 * (ends - found), 4 * found)
