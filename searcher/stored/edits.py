"""Edits: what cleaning changed in a noisy field, so that showing it need not clean it again."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from searcher.columns import Codes, Flags, Numbers
from searcher.model import MappedText
from searcher.text.codes import code_points
from searcher.text.mapped import Change, apply, unchanged

_HEAD = struct.Struct("<II")
_COLUMNS = 3


def edits_between(original: str, mapped: MappedText) -> list[Change]:
    """Return the changes of *original* that make *mapped*, spans included.

    >>> from searcher.text.clean import clean
    >>> from searcher.model import Noise
    >>> edits_between("參與(yu)㎏", clean("參與(yu)㎏", Noise(annotations=True)))
    [Change(start=2, end=6, new=''), Change(start=6, end=7, new='kg')]
    """
    start, end = np.array(mapped.start, np.int64), np.array(mapped.end, np.int64)
    # A place in front and one behind, so that what is missing at either end is a gap too.
    begins, stops = np.append(start, len(original)), np.concatenate([[0], end])
    changed = _changed(code_points(original), code_points(mapped.text), start, end)
    places = np.flatnonzero((begins != stops) | np.append(changed, False))
    edits: list[Change] = []
    for at in places.tolist():
        span = int(begins[at]), int(end[at]) if at < len(end) else len(original)
        if edits and edits[-1].new and (edits[-1].start, edits[-1].end) == span:
            edits[-1] = edits[-1]._replace(new=edits[-1].new + mapped.text[at])
            continue
        if begins[at] > stops[at]:
            edits.append(Change(int(stops[at]), span[0], ""))
        if at < len(end) and changed[at]:
            edits.append(Change(*span, mapped.text[at]))
    return edits


def _changed(original: Codes, clean: Codes, start: Numbers, end: Numbers) -> Flags:
    """Tell of each clean character whether it is other than the one at its place, or shares it."""
    again = np.append(False, start[1:] == start[:-1])
    shares = again | np.append(again[1:], False)
    found: Flags = shares | (end - start != 1) | (original.take(start) != clean)
    return found


def pack_edits(edits: Sequence[Change]) -> bytes:
    """Return *edits* as bytes, which begin with their own size."""
    table = np.array([[e.start, e.end - e.start, len(e.new)] for e in edits], "<u4")
    table = table.reshape(-1, _COLUMNS)
    table[1:, 0] -= table[:-1, 0]
    # Byte by byte of all numbers: nearly all but the lowest are zero.
    numbers = table.T.copy().view(np.uint8).reshape(-1, 4).T.tobytes()
    new = "".join(edit.new for edit in edits).encode("utf-8", "surrogatepass")
    return _HEAD.pack(len(edits), len(new)) + numbers + new


def unpack_edits(raw: bytes) -> tuple[list[Change], bytes]:
    """Return the edits that *raw* begins with, and the rest of it.

    Raises ValueError or struct.error where there are none.

    >>> unpack_edits(pack_edits([Change(2, 6, "")]) + b"rest")
    ([Change(start=2, end=6, new='')], b'rest')
    """
    count, size = _HEAD.unpack_from(raw)
    at = _HEAD.size
    planes = np.frombuffer(raw, np.uint8, count * _COLUMNS * 4, at).reshape(4, -1)
    starts, lengths, sizes = planes.T.copy().view("<u4").reshape(_COLUMNS, -1).astype(np.int64)
    starts = np.cumsum(starts)
    at += count * _COLUMNS * 4
    new = raw[at : at + size].decode("utf-8", "surrogatepass")
    ends = np.cumsum(sizes)
    columns = starts, starts + lengths, ends - sizes, ends
    edits = [
        Change(start, end, new[first:last])
        for start, end, first, last in zip(*(each.tolist() for each in columns), strict=True)
    ]
    return edits, raw[at + size :]


def edited(original: str, edits: Sequence[Change]) -> MappedText:
    """Return the text to match, as cleaning made it.

    Raises ValueError where *edits* are none of *original*.
    """
    at = 0
    for edit in edits:
        if not at <= edit.start < edit.end <= len(original):
            raise ValueError(f"an edit at {edit.start} is out of place")
        at = edit.end
    return apply(unchanged(original), edits)
