"""Duplicates: of documents in an order, those whose text is nearly that of an earlier one.

Two texts are as alike as the sets of all five units in a row that they hold: what is in both, of
what is in either (Jaccard).  Of a set only the least hashes are kept, as many as most texts have;
what they say of longer ones is right to a hundredth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from searcher.columns import NAMED, Codes
from searcher.matches.blockrows import BlockRow
from searcher.matches.rows import Row, row_of
from searcher.model import TEXT_FIELDS, EngineHit, EnginePage, MappedText, Matched
from searcher.stored import BLOCK, StoredDocument

LOOKED_AT = 1000
"""Hits that are looked at; those behind them are listed each by itself."""

ALIKE = 0.8
"""Texts that have so much in common are shown once."""

SHINGLE = 5
"""Units in a row that are taken together."""

_KEPT = 4096
"""Hashes kept of a text."""

_LEAST = 16
"""The least hashes of a text, by which texts like it are found: they have most of them too."""

_SHARED = 4
"""So many of them have to be the same for two texts to be compared."""

_TOGETHER = 64
"""Documents that are read together."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(31)

Hashes = npt.NDArray[np.uint64]
Find = Callable[[int, int], tuple[EnginePage, Matched]]
"""Returns a page of hits by its limit and offset."""


def collapsed(
    find: Find, fetch: Callable[[int], StoredDocument], limit: int, offset: int
) -> tuple[EnginePage, Matched, list[tuple[int, ...]]]:
    """Return a page on which documents that are nearly the same are one hit, and of each hit the
    numbers of the documents that are like it.

    *limit* and *offset* count the hits that are left; the total is that of all documents.
    """
    found, matched = find(LOOKED_AT, 0)
    grouped = groups([fetch(hit.number) for hit in found.hits])
    rows = [
        (found.hits[first], tuple(found.hits[at].number for at in rest))
        for first, *rest in grouped[offset : offset + limit]
    ]
    missing = limit - len(rows)
    if missing and found.total > len(found.hits):
        behind, _ = find(missing, len(found.hits) + max(0, offset - len(grouped)))
        rows += [(hit, ()) for hit in behind.hits]
    hits: tuple[EngineHit, ...] = tuple(hit for hit, _ in rows)
    return EnginePage(found.total, hits), matched, [like for _, like in rows]


def groups(documents: Sequence[StoredDocument]) -> list[list[int]]:
    """Return the numbers of the documents that stand for themselves, in order, each with those
    that are like it and stand behind it.
    """
    out: list[list[int]] = []
    sketches: list[Hashes] = []
    holding: dict[int, list[int]] = {}
    for number, sketch in enumerate(_sketches(documents)):
        least = sketch[:_LEAST].tolist()
        shared = Counter(at for each in least for at in holding.get(each, ()))
        enough = min(_SHARED, len(least))
        close = sorted(at for at, count in shared.items() if count >= enough)
        home = next((at for at in close if overlap(sketches[at], sketch) >= ALIKE), None)
        if home is not None:
            out[home].append(number)
            continue
        for each in least:
            holding.setdefault(each, []).append(len(out))
        out.append([number])
        sketches.append(sketch)
    return out


def overlap(one: Hashes, other: Hashes) -> float:
    """Return how much of what is in either of two sketches is in both.

    >>> overlap(np.array([1, 2, 4], np.uint64), np.array([2, 3, 4], np.uint64))
    0.5
    """
    both = np.union1d(one, other)[:_KEPT]
    if not len(both):
        return 0.0
    shared = np.intersect1d(one, other, assume_unique=True)
    return int(np.count_nonzero(shared <= both[-1])) / len(both)


def _sketches(documents: Sequence[StoredDocument]) -> Iterator[Hashes]:
    """Yield of each document the least hashes of what it holds, ascending."""
    for at in range(0, len(documents), _TOGETHER):
        yield from _of_batch(documents[at : at + _TOGETHER])


def _of_batch(documents: Sequence[StoredDocument]) -> Iterator[Hashes]:
    texts: list[str] = []
    known: dict[int, MappedText] = {}
    owners: list[int] = []
    for number, document in enumerate(documents):
        mapped = {} if document.is_huge else document.mapped()
        for name in () if document.is_huge else TEXT_FIELDS:
            if name in mapped:
                known[len(texts)] = mapped[name]
            texts.append(getattr(document, name))
            owners.append(number)
    row = row_of(texts, known)
    codes = _everywhere_the_same(row)
    for number, document in enumerate(documents):
        if document.is_huge:
            yield _sketch(_of_huge(document))
        else:
            first = owners.index(number)
            yield _sketch(codes[row.bounds[first] : row.bounds[first + len(TEXT_FIELDS)]])


def _of_huge(document: StoredDocument) -> Hashes:
    """Return the units of the first block of each field of a huge document."""
    rows = (
        BlockRow(field, 0, min(BLOCK, field.unit_count))
        for field in document.blocks.values()
        if field.unit_count
    )
    nothing = np.empty(0, dtype=np.uint64)
    return np.concatenate([nothing, *(_everywhere_the_same(row) for row in rows)])


def _everywhere_the_same(row: Row) -> Hashes:
    """Return the units of a row as numbers that mean the same in every row."""
    codes: Codes = row.codes
    out = codes.astype(np.uint64)
    names = np.array([crc32(name.encode("utf-8")) for name in row.names], dtype=np.uint64)
    is_named = codes >= NAMED
    out[is_named] = names[codes[is_named] - NAMED] + np.uint64(NAMED)
    return out


def _sketch(units: Hashes) -> Hashes:
    size = min(SHINGLE, len(units))
    if not size:
        return units
    count = len(units) - size + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for at in range(size):
        hashes = hashes * _FACTOR + units[at : at + count]
    hashes ^= hashes >> _SHIFT
    hashes *= _MIX
    hashes ^= hashes >> _SHIFT
    return np.unique(hashes)[:_KEPT]
