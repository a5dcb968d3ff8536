"""Snippets of a whole page of hits: what `searcher.snippets.best` cuts of each, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from searcher.columns import Numbers
from searcher.model import Snippet
from searcher.snippets.cutting import cut, cut_one, lead
from searcher.snippets.leaf import line_column
from searcher.snippets.ranges import Range
from searcher.snippets.sheet import Place, Sheet
from searcher.snippets.single import best
from searcher.snippets.windows import (
    MOST_MARKS,
    MOST_RANGES,
    Found,
    Kinds,
    irregular,
    windows_of,
)


class SheetField:
    """One field of a sheet as a `FieldText`."""

    def __init__(self, sheet: Sheet, place: Place) -> None:
        self.name = place.name
        self.length = place.end - place.start
        self._sheet = sheet
        self._start = place.start
        self._document = place.document

    def slice(self, start: int, end: int) -> str:
        """Return the characters from *start* up to *end*."""
        return self._sheet.text[self._start + start : self._start + end]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the line and column of *offset*, both from 1."""
        has_returns = self._sheet.leaves[self._document].has_returns
        return line_column(self._sheet.text, self._start, self._start + offset, has_returns)


def best_of_page(
    sheet: Sheet, found: Found, kinds: Kinds, *, count: int, chars: int
) -> dict[int, tuple[Snippet, ...]]:
    """Return the snippets of each document of *sheet* by its number, as `best` cuts them.

    *found* are all ranges that matched in it, *kinds* tells what each mark is.
    """
    if chars < 1:
        raise ValueError(f"chars must be at least 1, not {chars}")
    if count < 1:
        return dict.fromkeys(sheet.leaves, ())
    general = _general(sheet, found, kinds, chars)
    if not general:
        return _regular(sheet, found, kinds, count, chars)
    inside = np.isin(sheet.documents[sheet.owners(found.start)], list(general))
    out = _regular(sheet, found.where(~inside), kinds, count, chars)
    ranges = _ranges(sheet, found.where(inside), kinds)
    for document in general:
        places = [place for place in sheet.places if place.document == document]
        fields = [(SheetField(sheet, place), ranges.get(place.start, ())) for place in places]
        out[document] = best(fields, count=count, chars=chars)
    return out


def _general(sheet: Sheet, found: Found, kinds: Kinds, chars: int) -> set[int]:
    """Return the numbers of the documents that arrays are no help with."""
    if not len(found.start):
        return set()
    fields = irregular(found, kinds, sheet.starts, chars)
    documents = set(sheet.documents[fields].tolist())
    if len(kinds.chunk) > MOST_MARKS:
        many = _own_numbers(sheet, found) >= MOST_MARKS
        documents.update(sheet.documents[sheet.owners(found.start[many])].tolist())
    return documents


def _own_numbers(sheet: Sheet, found: Found) -> Numbers:
    """Return the number of the mark of each range among those of its document, from 0 on."""
    most = int(found.mark.max()) + 1
    marks = sheet.documents[sheet.owners(found.start)] * most + found.mark
    distinct, own = np.unique(marks, return_inverse=True)
    documents = distinct // most
    numbers: Numbers = (np.arange(len(distinct)) - documents.searchsorted(documents))[own]
    return numbers


def _ranges(sheet: Sheet, found: Found, kinds: Kinds) -> Mapping[int, Sequence[Range]]:
    """Return the ranges of each field, in its own offsets, by where it begins."""
    out: dict[int, list[Range]] = {}
    owners, begins = sheet.owners(found.start).tolist(), sheet.starts.tolist()
    chunks, phrases = kinds.chunk.tolist(), kinds.phrase.tolist()
    columns = (column.tolist() for column in found)
    for owner, start, end, mark in zip(owners, *columns, strict=True):
        base = begins[owner]
        span = start - base, end - base
        each = Range(*span, chunk=chunks[mark], phrase=bool(phrases[mark]), mark=mark)
        out.setdefault(base, []).append(each)
    return out


def _regular(
    sheet: Sheet, found: Found, kinds: Kinds, count: int, chars: int
) -> dict[int, tuple[Snippet, ...]]:
    """Return the snippets of all documents, as if each were regular."""
    if not len(found.start):
        return {number: lead(leaf, chars) for number, leaf in sheet.leaves.items()}
    # The bits of marks are only ever compared inside of one document.
    few = len(kinds.chunk) <= MOST_MARKS
    numbers = found.mark if few else _own_numbers(sheet, found)
    windows, documents = windows_of(found, kinds, numbers, sheet, chars)
    if count == 1 and len(found.start) <= MOST_RANGES:
        pieces, spans = windows.best()
        one = dict(zip(documents, spans, strict=True))
        return {
            number: cut_one(leaf, base, pieces, one[number], chars)
            if number in one
            else lead(leaf, chars)
            for (number, leaf), base in zip(sheet.leaves.items(), sheet.bases, strict=True)
        }
    pieces, entries = windows.entries()
    own = dict(zip(documents, entries, strict=True))
    return {
        number: cut(leaf, base, pieces, own[number], (count, chars))
        if number in own
        else lead(leaf, chars)
        for (number, leaf), base in zip(sheet.leaves.items(), sheet.bases, strict=True)
    }
