"""The hits of a page: their texts on one sheet, and where the marks of a query stand in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searcher.matches.runs import Sought, Spans
from searcher.matches.seen import are_han, seen_spans
from searcher.model import Mark
from searcher.snippets import BETWEEN, Found, Place, Sheet
from searcher.stored import STORED_FIELDS, StoredDocument, decoded, encoded
from searcher.text.codes import code_points

_BETWEEN = encoded(BETWEEN)
_FIELDS = frozenset(STORED_FIELDS)


def sheet_of(documents: Sequence[StoredDocument]) -> Sheet:
    """Return the title and body of every document that is not huge, on one sheet."""
    fields = [
        (number, name, raw)
        for number, document in enumerate(documents)
        if not document.is_huge
        for name, raw in (("title", document.title_bytes), ("body", document.body_bytes))
        if raw
    ]
    raw = _BETWEEN.join([*(raw for _, _, raw in fields), b""])
    text = decoded(raw)
    is_basic = 2 * len(text) == len(raw)
    places, at = [], 0
    for number, name, own in fields:
        end = at + (len(own) // 2 if is_basic else len(decoded(own)))
        places.append(Place(number, name, at, end))
        at = end + 1
    codes = np.frombuffer(raw, "<u2") if is_basic else code_points(text)
    # Numbers of this size are looked up fastest.
    return Sheet(text, codes.astype(np.int64), places)


def found_in(sheet: Sheet, documents: Sequence[StoredDocument], marks: Sequence[Mark]) -> Found:
    """Return every range of every mark on the sheet of *documents*, ascending."""
    sought = [
        (number, mark.units)
        for number, mark in enumerate(marks)
        if not _FIELDS.isdisjoint(mark.fields)
    ]
    if not sought or not sheet.places:
        return _in_order([])
    unseen = [place for place in sheet.places if not documents[place.document].is_seen]
    if not are_han(sought):
        spans = _read(sheet, documents, sheet.places, sought)
    else:
        spans = seen_spans(sheet, sought)
        if unseen:
            spans = [_outside(sheet, each, unseen) for each in spans]
            spans += _read(sheet, documents, unseen, sought)
    return _in_order([_of_fields(sheet, each, marks[each.number].fields) for each in spans])


def _read(
    sheet: Sheet,
    documents: Sequence[StoredDocument],
    places: Sequence[Place],
    sought: Sequence[Sought],
) -> list[Spans]:
    """Return where the marks stand in the fields *places*, whatever these hold."""
    # Imported here: most queries need nothing of it, and it takes long to load.
    from searcher.matches.columns import read_spans

    cleaned = {
        place: documents[place.document].mapped()[place.name]
        for place in places
        if documents[place.document].is_noisy
    }
    return read_spans(sheet, places, sought, cleaned)


def _outside(sheet: Sheet, spans: Spans, places: Sequence[Place]) -> Spans:
    """Return the spans that are in none of *places*."""
    inside = np.array([place in places for place in sheet.places])
    return spans.where(~inside[sheet.owners(spans.start)])


def _of_fields(sheet: Sheet, spans: Spans, names: Sequence[str]) -> Spans:
    """Return the spans that are in fields of these *names*."""
    if _FIELDS.issubset(names):
        return spans
    is_named = np.array([place.name in names for place in sheet.places])
    return spans.where(is_named[sheet.owners(spans.start)])


def _in_order(spans: Sequence[Spans]) -> Found:
    if not spans:
        nothing = np.empty(0, dtype=np.int64)
        return Found(nothing, nothing, nothing)
    numbers = np.array([each.number for each in spans])
    mark = np.repeat(numbers, [len(each.start) for each in spans])
    start = np.concatenate([each.start for each in spans])
    end = np.concatenate([each.end for each in spans])
    if len(spans) == 1:
        return Found(start, end, mark)
    order = start.argsort(kind="stable")
    return Found(start[order], end[order], mark[order])
