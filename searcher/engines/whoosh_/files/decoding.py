"""Decoding: one record back to arrays (`searcher.engines.whoosh_.files.coding` draws the layout).

A record is a memoryview that ends where the record ends.  Nothing is read beyond it, and no array
is made that is longer than its bytes account for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import Flags, Numbers
from searcher.engines.whoosh_.files.coding import (
    BYTE,
    ESCAPE_COUNT,
    GENERAL,
    NO_POSITION,
    ONE_EACH,
    SHORT_SKIPS,
    SIZES,
    SKIPS,
    VARIED,
    Bytes,
    Counts,
)

_KINDS = tuple(np.dtype(f"<u{size}") for size in SIZES)
_ESCAPE = np.dtype("<u4")
_BYTE = np.dtype(np.uint8)
_SKIPPING = (BYTE, SHORT_SKIPS)
_FEW = 12
"""Up to so many positions are decoded one by one, in half the time that arrays take."""

_NONE: Numbers = np.empty(0, np.int64)

_NIBBLES: npt.NDArray[np.uint16] = (
    np.stack([np.arange(256) & 15, np.arange(256) >> 4], axis=1).astype(np.uint8).view(np.uint16)
)[:, 0]
"""For each byte its nibbles, as they lie in memory one behind the other, low one first."""


class DamagedRecordError(ValueError):
    """A record that no term can have."""


def df(record: memoryview) -> int:
    """Return how many documents a record lists.

    Raises:
        DamagedRecordError: the record makes no sense.
    """
    return _count(record)[0]


def stands_everywhere(record: memoryview) -> bool:
    """Return whether each document of a record has a position there."""
    return record[0] >> 4 & 3 in (ONE_EACH, GENERAL)


def docs(record: memoryview, limit: int) -> tuple[Numbers, Counts]:
    """Return the documents of a record, all below *limit*, and how often each has the term.

    Raises:
        DamagedRecordError: the record makes no sense.
    """
    numbers, occurrences, at = _gaps(record, limit)
    kind = record[0] >> 2 & 3
    if kind != VARIED:
        same = np.empty(len(numbers), np.uint32)
        same.fill(kind)
        return numbers, same
    nibbles = _nibbles(record, at, len(numbers))
    counts = nibbles.astype(np.uint32)
    escaped = (nibbles == ESCAPE_COUNT).nonzero()[0]
    if len(escaped):
        at += (len(counts) + 1 >> 1) + occurrences + (occurrences + 1 >> 1)
        counts[escaped] = _part(record, at, len(escaped), _ESCAPE)
    return numbers, counts


def places(record: memoryview, limit: int) -> Numbers:
    """Return ``document << 32 | position`` of each position of a record, ascending.

    Raises:
        DamagedRecordError: the record makes no sense.
    """
    numbers, occurrences, at = _gaps(record, limit)
    if not occurrences:
        return _NONE
    flags = record[0]
    if flags >> 2 & 3 == VARIED:
        at += len(numbers) + 1 >> 1
    if occurrences <= _FEW:
        return _few_places(record, numbers.tolist(), occurrences, at)
    high = _nibbles(record, at + occurrences, occurrences)
    top = 15
    if flags >> 4 & 3 >= GENERAL:
        numbers = _for_each(numbers, high > 7)
        high &= 7
        top = 7
    found = high.astype(np.int64)
    found <<= 8
    found |= _part(record, at, occurrences, _BYTE)
    numbers <<= 32
    found |= numbers
    escaped = (high == top).nonzero()[0]
    if len(escaped):
        return _corrected(found, escaped, record[at + occurrences + (occurrences + 1 >> 1) :])
    return found


def _gaps(record: memoryview, limit: int) -> tuple[Numbers, int, int]:
    """Return the documents, the number of positions, and where the gaps end."""
    count, skips, occurrences, at = _head(record)
    width = record[0] & 3
    units = _part(record, at, count + skips, _KINDS[width])
    numbers = units.astype(np.int64)
    if len(numbers) > 1:
        numbers.cumsum(out=numbers)
    if skips:
        numbers = numbers[units != SKIPS[width]]
    if len(numbers) != count or numbers[-1] >= limit:
        raise DamagedRecordError(f"{len(numbers)} documents below {limit}, not {count}")
    return numbers, occurrences, at + units.nbytes


def _head(record: memoryview) -> tuple[int, int, int, int]:
    """Return the numbers of documents, skips and positions, and where the gaps begin."""
    count, at = _count(record)
    flags = record[0]
    skips = occurrences = 0
    if flags & 3 in _SKIPPING:
        skips, at = _varint(record, at)
    kind = flags >> 4 & 3
    if kind == ONE_EACH:
        occurrences = count
    elif kind >= GENERAL:
        occurrences, at = _varint(record, at)
    return count, skips, occurrences, at


def _count(record: memoryview) -> tuple[int, int]:
    """Return the number of documents, at least 1, and where it ends."""
    if not record:
        raise DamagedRecordError("empty record")
    count, at = record[0] >> 6, 1
    if not count:
        count, at = _varint(record, 1)
        if not count:
            raise DamagedRecordError("no documents")
    return count, at


def _few_places(record: memoryview, numbers: list[int], occurrences: int, at: int) -> Numbers:
    """Return the places of a short record, one by one."""
    low = record[at : at + occurrences]
    high = record[at + occurrences : at + occurrences + (occurrences + 1 >> 1)]
    owner, first, top = (-1, 8, 7) if record[0] >> 4 & 3 >= GENERAL else (-1, 0, 15)
    found, escaped = [], []
    try:
        if high[0] & first != first:
            raise DamagedRecordError("a position before the first")
        for each, byte in enumerate(low):
            nibble = high[each >> 1] >> 4 * (each & 1)
            owner += nibble & first == first
            found.append(numbers[owner] << 32 | (nibble & top) << 8 | byte)
            if nibble & top == top:
                escaped.append(each)
    except IndexError as error:
        raise DamagedRecordError(f"positions of more than {len(numbers)} documents") from error
    if owner != len(numbers) - 1 or len(low) < occurrences:
        raise DamagedRecordError(f"positions of {owner + 1} documents, not {len(numbers)}")
    made = np.array(found, np.int64)
    if escaped:
        return _corrected(made, np.array(escaped), record[at + len(low) + len(high) :])
    return made


def _for_each(numbers: Numbers, firsts: Flags) -> Numbers:
    """Return the document of each occurrence."""
    starts = firsts.nonzero()[0]
    if len(starts) != len(numbers) or starts[0]:
        raise DamagedRecordError(f"positions of {len(starts)} documents, not {len(numbers)}")
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], lengths[:-1])
    lengths[-1] = len(firsts) - starts[-1]
    return numbers.repeat(lengths)


def _corrected(found: Numbers, escaped: Numbers, end: memoryview) -> Numbers:
    """Put whole positions where they were escaped, and leave out those of no position."""
    whole = _part(end, len(end) - 4 * len(escaped), len(escaped), _ESCAPE)
    found[escaped] = found[escaped] >> 32 << 32 | whole
    missing = whole == NO_POSITION
    return np.delete(found, escaped[missing]) if missing.any() else found


def _nibbles(record: memoryview, at: int, count: int) -> Bytes:
    """Return nibbles as a byte each."""
    pairs = _NIBBLES.take(_part(record, at, count + 1 >> 1, _BYTE))
    found: Bytes = pairs.view(np.uint8)
    return found[:count]


def _part(record: memoryview, at: int, count: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return *count* numbers of a record from byte *at* on."""
    if not 0 <= at <= at + count * kind.itemsize <= len(record):
        raise DamagedRecordError(f"{count} numbers at {at} of {len(record)} bytes")
    return np.frombuffer(record, kind, count, at)


def _varint(record: memoryview, at: int) -> tuple[int, int]:
    """Return a number of at most 5 bytes, and where it ends."""
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(record):
            break
        byte = record[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise DamagedRecordError(f"number that ends nowhere at {at}")
