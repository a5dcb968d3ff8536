"""The map: text to match, tied character by character to the original it came from.

Every step of cleaning is a list of changes to the text of a `MappedText`; `apply` carries them
out and keeps the spans.  Because a change names a place in the text as it stands, a step needs to
know nothing of what earlier steps did.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, overload

from searcher.model import MappedText

_SMALL = 1 << 16


class Change(NamedTuple):
    """``text[start:end]`` gives way to ``new``; a deletion where that is empty."""

    start: int
    end: int
    new: str


class Changes(Sequence[Change]):
    """Changes that are made as they are read: a third of the memory of a list of them.

    >>> changes = Changes()
    >>> changes.add(1, 2, "kg")
    >>> changes
    [Change(start=1, end=2, new='kg')]
    """

    __slots__ = ("_ends", "_news", "_starts")

    def __init__(self) -> None:
        self._starts, self._ends = array("i"), array("i")
        self._news: list[str] = []

    def __len__(self) -> int:
        return len(self._news)

    @overload
    def __getitem__(self, at: int) -> Change: ...

    @overload
    def __getitem__(self, at: slice) -> list[Change]: ...

    def __getitem__(self, at: int | slice) -> Change | list[Change]:
        if isinstance(at, slice):
            return list(self)[at]
        return Change(self._starts[at], self._ends[at], self._news[at])

    def __iter__(self) -> Iterator[Change]:
        return map(Change, self._starts, self._ends, self._news)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(list(self))

    def add(self, start: int, end: int, new: str) -> None:
        """Append a change, which begins where the last one ends or behind that."""
        self._starts.append(start)
        self._ends.append(end)
        self._news.append(new)


def unchanged(text: str) -> MappedText:
    """Return *text* as its own original: each character is its own span.

    >>> unchanged("全文").end
    range(1, 3)
    """
    return MappedText(text, range(len(text)), range(1, len(text) + 1))


def apply(mapped: MappedText, changes: Sequence[Change]) -> MappedText:
    """Return *mapped* with *changes* carried out, which are ascending and do not overlap.

    Every character of a replacement gets the span of all that it replaces, so that a highlight
    that touches one of them widens to the whole.

    >>> apply(unchanged("5㎏米"), [Change(1, 2, "kg")])
    MappedText(text='5kg米', start=array('i', [0, 1, 1, 2]), end=array('i', [1, 2, 2, 3]))
    """
    if not changes:
        return mapped
    text = _changed_text(mapped.text, changes, 0, len(mapped.text))
    if all(change.end - change.start == 1 == len(change.new) for change in changes):
        return MappedText(text, mapped.start, mapped.end)
    start, end = _changed_spans(_as_array(mapped.start), _as_array(mapped.end), changes)
    return MappedText(text, start, end)


def _changed_spans(
    starts: array[int], ends: array[int], changes: Sequence[Change]
) -> tuple[array[int], array[int]]:
    start, end = array("i"), array("i")
    at = 0
    for a, b, new in changes:
        start += starts[at:a]
        end += ends[at:a]
        if new:
            start.extend([starts[a]] * len(new))
            end.extend([ends[b - 1]] * len(new))
        at = b
    start += starts[at:]
    end += ends[at:]
    return start, end


def whole(mapped: MappedText, changes: Sequence[Change]) -> Sequence[Change]:
    """Return *changes*, replacements widened so that none cuts characters of one span.

    Spans would overlap in part otherwise.  Changes that meet by this become one.

    >>> kg = apply(unchanged("㎏"), [Change(0, 1, "kg")])
    >>> whole(kg, [Change(0, 1, "K")])
    [Change(start=0, end=2, new='Kg')]
    """
    if isinstance(mapped.start, range) or not any(_is_widened(mapped, each) for each in changes):
        return changes
    regions: list[tuple[int, int, list[Change]]] = []
    for change in changes:
        start, end = _widened(mapped, change) if change.new else (change.start, change.end)
        met = [change]
        while regions and start < regions[-1][1]:
            before_start, before_end, before = regions.pop()
            start, end = min(start, before_start), max(end, before_end)
            met = before + met
        regions.append((start, end, met))
    return [
        Change(start, end, _changed_text(mapped.text, met, start, end))
        for start, end, met in regions
    ]


def _is_widened(mapped: MappedText, change: Change) -> bool:
    return change.new != "" and _widened(mapped, change) != (change.start, change.end)


def _widened(mapped: MappedText, change: Change) -> tuple[int, int]:
    start, end, _ = change
    while start and mapped.start[start - 1] == mapped.start[start]:
        start -= 1
    while end < len(mapped.text) and mapped.start[end] == mapped.start[end - 1]:
        end += 1
    return start, end


def _changed_text(text: str, changes: Sequence[Change], start: int, end: int) -> str:
    # Never all pieces at once: they take many times the room of the text.
    pieces: list[str] = []
    done: list[str] = []
    for change in changes:
        pieces.append(text[start : change.start])
        pieces.append(change.new)
        start = change.end
        if len(pieces) > _SMALL:
            done.append("".join(pieces))
            pieces.clear()
    return "".join([*done, *pieces, text[start:end]])


def _as_array(offsets: Sequence[int]) -> array[int]:
    if isinstance(offsets, array):
        return offsets
    if isinstance(offsets, range) and offsets.step == 1 and offsets.stop <= _SMALL:
        # Copying a slice is some thirty times as fast as filling an array from a range.
        return _ascending()[offsets.start : offsets.stop]
    return array("i", offsets)


@cache
def _ascending() -> array[int]:
    return array("i", range(_SMALL))
