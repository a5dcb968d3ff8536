"""Marks of Han in seen text (`searcher.text.seen`): found without reading anything else of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from searcher.columns import Numbers
from searcher.matches.runs import Keys, Sought, begins, of_mark
from searcher.snippets import BETWEEN, Found, Sheet
from searcher.text.seen import between, characters_of
from searcher.text.units import SENTENCE_END

_BASIC = 1 << 16

_MOST_PAIRS = 60
"""More than that are a prefix, or a text: then a table of all pairs might be large."""

_NO_GAP: tuple[tuple[str, ...]] = ((),)


def are_han(runs: Iterable[Sequence[str]]) -> bool:
    """Tell whether every run is made of Han and sentence ends."""
    return all(
        unit == SENTENCE_END or characters_of(unit) is not None for units in runs for unit in units
    )


def seen_spans(sheet: Sheet, marks: Sequence[Sought]) -> list[Found]:
    """Return where each of *marks*, which `are_han`, stands, as if all fields were seen."""
    numbers: dict[str, int] = {}
    runs = [
        [numbers.setdefault(unit, len(numbers) + 1) for unit in units if unit != SENTENCE_END]
        for _, units in marks
    ]
    table = np.zeros(_BASIC, dtype=np.uint8 if len(numbers) < 256 else np.uint16)
    for unit, number in numbers.items():
        table[characters_of(unit)] = number
    # No character of the basic plane is the last of the table, which stands for all beyond it.
    seen = table.take(sheet.codes, mode="clip")
    places = (seen != 0).nonzero()[0]
    found = _Places(sheet.text, places, seen[places])
    if len(runs) > 1 and _are_pairs(marks, runs):
        return [found.pairs([number for number, _ in marks], runs, len(numbers) + 1)]
    return [found.spans(*mark, run) for mark, run in zip(marks, runs, strict=True)]


def _are_pairs(marks: Sequence[Sought], runs: Sequence[Sequence[int]]) -> bool:
    """Tell whether all marks are different pairs of Han: two words of two characters, say."""
    return all(
        len(units) == len(run) == 2 for (_, units), run in zip(marks, runs, strict=True)
    ) and (len(set(map(tuple, runs))) == len(runs) <= _MOST_PAIRS)


class _Places:
    """All characters of a sheet that belong to a mark: where they stand, and the unit of each."""

    def __init__(self, text: str, places: Numbers, keys: Keys) -> None:
        self._text = text
        self._places = places
        self._keys = keys

    def spans(self, number: int, units: Sequence[str], run: Sequence[int]) -> Found:
        """Return where the mark *number* stands, the keys of whose Han units are *run*."""
        at = begins(self._keys, run)
        start, end = self._places[at], self._places[at + (len(run) - 1)] + 1
        if len(run) == 1:
            return of_mark(number, start, end)
        has_ends = len(run) < len(units)
        loose = np.arange(len(at)) if has_ends else (end - start != len(run)).nonzero()[0]
        if len(loose):
            wanted = list(_gaps(units))
            bad = [each for each in loose.tolist() if not self._fits(int(at[each]), wanted)]
            start, end = np.delete(start, bad), np.delete(end, bad)
        return of_mark(number, start, end)

    def pairs(self, numbers: Sequence[int], runs: Sequence[Sequence[int]], keys: int) -> Found:
        """Return where any of several marks stands, as `spans` does for one, ascending.

        Each is a pair of keys below *keys*, and none is that of another.
        """
        table = np.zeros(keys * keys, dtype=np.uint8)
        table[[first * keys + second for first, second in runs]] = np.arange(1, len(runs) + 1)
        pair = self._keys[:-1].astype(np.intp)
        pair *= keys
        pair += self._keys[1:]
        held = table.take(pair)
        at = held.nonzero()[0]
        start, end = self._places[at], self._places[at + 1] + 1
        mark = np.array([0, *numbers]).take(held[at])
        loose = (end - start != 2).nonzero()[0]
        bad = [each for each in loose.tolist() if not self._fits(int(at[each]), _NO_GAP)]
        if bad:
            start, end, mark = (np.delete(each, bad) for each in (start, end, mark))
        return Found(start, end, mark)

    def _fits(self, first: int, gaps: Sequence[tuple[str, ...]]) -> bool:
        """Tell whether the *gaps*, and no more, stand between the characters from *first* on."""
        places = self._places[first : first + len(gaps) + 1].tolist()
        for (a, b), gap in zip(pairwise(places), gaps, strict=True):
            # Asked first, since it is so of most: another word stands between.
            if b > a + 1 and self._text[a + 1].isalnum():
                return False
            text = self._text[a + 1 : b]
            if BETWEEN in text or between(text) != gap:
                return False
        return True


def _gaps(units: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield what stands between each Han unit and the next one: nothing, or a sentence end."""
    for before, unit in pairwise(units):
        if unit != SENTENCE_END:
            yield (SENTENCE_END,) if before == SENTENCE_END else ()
