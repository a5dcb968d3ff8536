"""The hits of a page: their texts on one sheet, and where the marks of a query stand in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searcher.matches.seen import are_han, seen_spans
from searcher.model import Mark
from searcher.snippets import Found, Leaf, Place, Sheet, leaves_of
from searcher.stored import STORED_FIELDS, StoredDocument

_FIELDS = frozenset(STORED_FIELDS)


def leaves_in(documents: Sequence[StoredDocument]) -> list[Leaf]:
    """Return the title and body of documents, none of them huge."""
    return leaves_of(
        [
            [(name, text) for name, text in (("title", each.title), ("body", each.body)) if text]
            for each in documents
        ]
    )


def found_in(sheet: Sheet, documents: Sequence[StoredDocument], marks: Sequence[Mark]) -> Found:
    """Return every range of every mark on the sheet of *documents*, ascending.

    A mark with a pattern marks what `searcher.matches.patterns.shown` says.
    """
    numbered = [(at, mark) for at, mark in enumerate(marks) if not _FIELDS.isdisjoint(mark.fields)]
    if not numbered or not sheet.text:
        return _in_order([])
    runs = [each for each in numbered if not each[1].pattern]
    if not are_han([mark.units for _, mark in runs]):
        found = _read(sheet, documents, sheet.places, numbered)
    else:
        found = _seen(sheet, documents, runs) if runs else []
        if len(runs) < len(numbered):
            patterns = [each for each in numbered if each[1].pattern]
            found += _read(sheet, documents, sheet.places, patterns)
    return _of_fields(sheet, _in_order(found), marks)


def _seen(
    sheet: Sheet, documents: Sequence[StoredDocument], marks: Sequence[tuple[int, Mark]]
) -> list[Found]:
    """Return where marks of Han stand."""
    found = seen_spans(sheet, [(at, mark.units) for at, mark in marks])
    if all(documents[number].is_seen for number in sheet.leaves):
        return found
    unseen = [place for place in sheet.places if not documents[place.document].is_seen]
    return [
        *(_outside(sheet, each, unseen) for each in found),
        *_read(sheet, documents, unseen, marks),
    ]


def _read(
    sheet: Sheet,
    documents: Sequence[StoredDocument],
    places: Sequence[Place],
    marks: Sequence[tuple[int, Mark]],
) -> list[Found]:
    """Return where the marks stand in the fields *places*, whatever these hold."""
    # Imported here: most queries need nothing of it, and it takes long to load.
    from searcher.matches.columns import read_spans

    cleaned = {
        place: documents[place.document].mapped()[place.name]
        for place in places
        if documents[place.document].is_noisy
    }
    return read_spans(sheet, places, marks, cleaned)


def _outside(sheet: Sheet, found: Found, places: Sequence[Place]) -> Found:
    """Return the ranges that are in none of *places*."""
    inside = np.array([place in places for place in sheet.places])
    return found.where(~inside[sheet.owners(found.start)])


def _of_fields(sheet: Sheet, found: Found, marks: Sequence[Mark]) -> Found:
    """Return the ranges that are in a field that their mark is of."""
    if all(_FIELDS.issubset(mark.fields) for mark in marks):
        return found
    is_of = np.array([[name in mark.fields for name in STORED_FIELDS] for mark in marks])
    names = np.array([STORED_FIELDS.index(place.name) for place in sheet.places])
    return found.where(is_of[found.mark, names[sheet.owners(found.start)]])


def _in_order(found: Sequence[Found]) -> Found:
    if len(found) == 1:
        return found[0]
    if not found:
        nothing = np.empty(0, dtype=np.int64)
        return Found(nothing, nothing, nothing)
    together = Found(*map(np.concatenate, zip(*found, strict=True)))
    return together.where(together.start.argsort(kind="stable"))
