"""Pages of stored documents on one sheet, for tests."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from searcher.matches import leaves_in
from searcher.snippets import Place, Sheet
from searcher.stored import StoredDocument


def sheet_of(page: Sequence[StoredDocument]) -> Sheet:
    """Return the title and body of every document that is not huge, on one sheet."""
    usual = {at: document for at, document in enumerate(page) if not document.is_huge}
    return Sheet(dict(zip(usual, leaves_in(list(usual.values())), strict=True)))


def place_at(sheet: Sheet, offset: int) -> Place:
    """Return the field that a character of a sheet is in."""
    return sheet.places[bisect_right([place.start for place in sheet.places], offset) - 1]
