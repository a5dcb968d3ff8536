"""Parting: the place in a document where its text and a run of units part ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from searcher.matches.patterns import common
from searcher.matches.rows import TextRow, codes_of, row_of
from searcher.model import TEXT_FIELDS
from searcher.stored import StoredDocument
from searcher.text.clean import clean
from searcher.text.script import fold
from searcher.text.tables import data_rows
from searcher.text.units import SENTENCE_END

Units = tuple[str, ...]

WHOLE = "all of it stands there"
"""The reason where nothing of a run is missing."""

_AROUND = 20
"""Characters shown before the place and behind it."""

_APART = 8
"""So many units further on the rest of a run is still looked for."""

_ENOUGH = 2
"""So many units in a row are worth telling of where the run begins otherwise."""

_MOST_BEGINNINGS = 64
"""Units at the beginning of a run, and places of it, that are tried."""


class Parting(NamedTuple):
    """Where the longest beginning of a run stands in a document, and what stands behind it.

    ``text`` is that beginning as it stands there, at ``start:stop`` of ``field``; ``line`` and
    ``column``, from 1, are those of ``stop``.  ``instead`` is the text behind it; ``reason`` says
    how it differs from the rest of the run, with which it ends if the text ``goes_on`` so.
    Where a later stretch of the run is longer than its beginning, ``text`` is that stretch, and
    ``before`` the text that stands in front of it in place of the first unit, if that is all that
    is missing.  It is ``size`` units of the ``of`` that the run has, from the ``first`` on.
    """

    field: str
    start: int
    stop: int
    line: int
    column: int
    text: str
    instead: str
    around: str
    reason: str
    goes_on: bool
    before: str
    first: int
    size: int
    of: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return self._asdict()


class _Place(NamedTuple):
    """Where ``size`` units of a run stand in a row, from the ``first`` of the run on."""

    at: int
    size: int
    first: int = 0


def parting(
    document: StoredDocument, runs: Sequence[Units], fields: Sequence[str] = TEXT_FIELDS
) -> Parting | None:
    """Return where the longest beginning of any of *runs* stands in one of *fields*, or a longer
    stretch of it where the text does not go on as the run does.

    None where not even a first unit does.
    """
    best: Parting | None = None
    for name, text, row in _rows(document, fields):
        for run in runs:
            for place in _places(row, run):
                found = _parting(name, text, row, run, place)
                if best is None or (found.goes_on, found.size) > (best.goes_on, best.size):
                    best = found
    return best


def _rows(document: StoredDocument, fields: Sequence[str]) -> Iterator[tuple[str, str, TextRow]]:
    for name in fields:
        in_text = name in TEXT_FIELDS
        text = getattr(document if in_text else document.metadata, name)
        if text:
            noisy = in_text and document.is_noisy
            yield name, text, row_of([text], {0: clean(text, document.noise)} if noisy else {})


def _places(row: TextRow, run: Units) -> Iterator[_Place]:
    """Yield the places of the longest beginning of *run*, then one of a longer later stretch."""
    size, places = _longest(row, run)
    yield from (_Place(at, size) for at in places[:_MOST_BEGINNINGS])
    longest = _Place(0, max(size, _ENOUGH - 1))
    for first in range(1, min(len(run), _MOST_BEGINNINGS)):
        if len(run) - first > longest.size and run[first] != SENTENCE_END:
            size, places = _longest(row, run[first:])
            if size > longest.size:
                longest = _Place(places[0], size, first)
    if longest.first:
        yield longest


def _longest(row: TextRow, run: Sequence[str]) -> tuple[int, list[int]]:
    """Return how many units of *run* stand in a row at most, and where they do."""
    codes = codes_of(row, run)
    heads = (row.codes == codes[0]).nonzero()[0]
    if not len(heads):
        return 0, []
    counts = common(row, heads, codes)
    best = int(counts.max())
    return best, heads[counts == best].tolist()


def _parting(name: str, text: str, row: TextRow, run: Units, place: _Place) -> Parting:
    at, size, first = place
    start, stop = _span(row, at, at + size)
    rest = run[first + size :]
    behind = tuple(row.keys(at + size, at + size + len(rest) + _APART))
    reason, length = _difference(rest, behind)
    last = at + size + (length or len(rest))
    end = _span(row, at, min(last, len(row.codes)))[1]
    goes_on, before = length > 0, ""
    if first:
        missing, there = run[:first], tuple(row.keys(max(at - 1, 0), at))
        is_other = first == 1 and there not in ((), (SENTENCE_END,))
        before = text[_span(row, at - 1, at)[0] : start] if is_other else ""
        lead = _otherwise(missing[0], there[0], "before it") if is_other else _missing(missing)
        reason = f"{lead}, and {reason}" if rest else lead
        goes_on = is_other and (goes_on or not rest)
    shown = text[:stop].replace("\r\n", "\n").replace("\r", "\n")
    return Parting(
        field=name,
        start=start,
        stop=stop,
        line=shown.count("\n") + 1,
        column=len(shown) - shown.rfind("\n"),
        text=text[start:stop],
        instead=text[stop:end] if rest else "",
        around=text[max(0, start - _AROUND) : end + _AROUND],
        reason=reason,
        goes_on=goes_on,
        before=before,
        first=first,
        size=size,
        of=len(run),
    )


def _span(row: TextRow, first: int, stop: int) -> tuple[int, int]:
    start, end = row.spans(np.array([first]), np.array([stop - 1]))
    return int(start[0]), int(end[0])


def _difference(rest: Units, behind: Units) -> tuple[str, int]:
    """Return how the units *behind* a place are others than the *rest* of a run, and how many of
    them end with the end of that; 0 if it does not go on.
    """
    if not rest:
        return WHOLE, 0
    if not behind:
        return "the text ends there", 0
    for between in range(1, len(behind) - len(rest) + 1):
        if behind[between : between + len(rest)] == rest:
            return _between(behind[:between]), between + len(rest)
    left = rest[1:]
    if left and behind[: len(left)] == left:
        what = "no sentence ends there" if rest[0] == SENTENCE_END else f"{rest[0]} is left out"
        return what, len(left)
    is_one = bool(left) and behind[1 : len(rest)] == left
    return _otherwise(rest[0], behind[0]), len(rest) if is_one else 0


def _between(units: Units) -> str:
    if units == (SENTENCE_END,):
        return "a sentence ends there"
    return f"{len(units)} more stand{'s' * (len(units) == 1)} between, sentence ends counted"


def _missing(units: Units) -> str:
    """Return what is missing in front of a stretch, in words."""
    kept = [unit for unit in units if unit != SENTENCE_END]
    text = ("" if max(map(len, kept), default=0) < 2 else " ").join(kept)
    return f"{text if len(text) <= _AROUND else f'{text[:_AROUND]}…'} is missing before it"


def _otherwise(wanted: str, there: str, where: str = "there") -> str:
    if there == SENTENCE_END:
        return "a sentence ends there, and other text follows"
    if wanted == SENTENCE_END:
        return "no sentence ends there"
    if len(wanted) == len(there) == 1:
        why = _kept_apart().get(frozenset((wanted, there)))
        if why:
            return f"{there} stands {where} for {wanted}; the two are kept apart: {why}"
        return f"{there} (U+{ord(there):04X}) stands {where}, not {wanted} (U+{ord(wanted):04X})"
    return f"{there} stands {where}, not {wanted}"


@cache
def _kept_apart() -> dict[frozenset[str], str]:
    """Return the variants that folding does not join, and why."""
    rows = data_rows("fold-review.tsv")
    return {frozenset(map(fold, pair)): why for what, *pair, why in rows if what == "cut"}
