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


class Parting(NamedTuple):
    """Where the longest beginning of a run stands in a document, and what stands behind it.

    ``text`` is that beginning as it stands there, at ``start:stop`` of ``field``; ``line`` and
    ``column``, from 1, are those of ``stop``.  ``instead`` is the text behind it; ``reason`` says
    how it differs from the rest of the run, with which it ends if the text ``goes_on`` so.
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

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return self._asdict()


def parting(
    document: StoredDocument, runs: Sequence[Units], fields: Sequence[str] = TEXT_FIELDS
) -> Parting | None:
    """Return where the longest beginning of any of *runs* stands in one of *fields*.

    None where not even a first unit does.
    """
    best: tuple[int, Parting] | None = None
    for name, text, row in _rows(document, fields):
        for run in runs:
            size, at = _longest(row, run)
            if size and (best is None or size > best[0]):
                best = size, _parting(name, text, row, run, (at, size))
    return None if best is None else best[1]


def _rows(document: StoredDocument, fields: Sequence[str]) -> Iterator[tuple[str, str, TextRow]]:
    for name in fields:
        in_text = name in TEXT_FIELDS
        text = getattr(document if in_text else document.metadata, name)
        if text:
            noisy = in_text and document.is_noisy
            yield name, text, row_of([text], {0: clean(text, document.noise)} if noisy else {})


def _longest(row: TextRow, run: Sequence[str]) -> tuple[int, int]:
    """Return how many units of *run* stand in a row at most, and where they first do."""
    codes = codes_of(row, run)
    heads = (row.codes == codes[0]).nonzero()[0]
    if not len(heads):
        return 0, 0
    counts = common(row, heads, codes)
    best = int(counts.argmax())
    return int(counts[best]), int(heads[best])


def _parting(name: str, text: str, row: TextRow, run: Units, at_size: tuple[int, int]) -> Parting:
    at, size = at_size
    start, stop = _span(row, at, at + size)
    rest = run[size:]
    behind = tuple(row.keys(at + size, at + size + len(rest) + _APART))
    reason, length = _difference(rest, behind)
    last = at + size + (length or len(rest))
    end = _span(row, at, min(last, len(row.codes)))[1]
    before = text[:stop].replace("\r\n", "\n").replace("\r", "\n")
    return Parting(
        field=name,
        start=start,
        stop=stop,
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        text=text[start:stop],
        instead=text[stop:end],
        around=text[max(0, start - _AROUND) : end + _AROUND],
        reason=reason,
        goes_on=length > 0,
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


def _otherwise(wanted: str, there: str) -> str:
    if there == SENTENCE_END:
        return "a sentence ends there, and other text follows"
    if wanted == SENTENCE_END:
        return "no sentence ends there"
    if len(wanted) == len(there) == 1:
        why = _kept_apart().get(frozenset((wanted, there)))
        if why:
            return f"{there} stands there for {wanted}; the two are kept apart: {why}"
        return f"{there} (U+{ord(there):04X}) stands there, not {wanted} (U+{ord(wanted):04X})"
    return f"{there} stands there, not {wanted}"


@cache
def _kept_apart() -> dict[frozenset[str], str]:
    """Return the variants that folding does not join, and why."""
    rows = data_rows("fold-review.tsv")
    return {frozenset(map(fold, pair)): why for what, *pair, why in rows if what == "cut"}
