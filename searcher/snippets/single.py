"""Snippets of one document: the ranges that matched in it in, the best passages out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from searcher.model import Snippet
from searcher.snippets.borders import FieldText, View, one_character, widen
from searcher.snippets.passages import choose, found_in
from searcher.snippets.ranges import Piece, Range

LEAD_BLANKS = 4096
"""How many blank characters may stand before the lead passage of a body."""


def best(
    fields: Sequence[tuple[FieldText, Sequence[Range]]], *, count: int, chars: int
) -> tuple[Snippet, ...]:
    """Return at most *count* snippets of the fields, in the order of *fields*, then of the text.

    They never overlap and never cut a match.  Each is at most *chars* characters of the original
    long, counted before blanks at its ends are taken off; a single match that is longer makes a
    snippet of exactly that match.  Matches that overlap, or touch in one chunk, are one
    highlight, unless that would be longer than *chars*: then it is split between matches.
    A field without a match gives no snippet, but where no field has one, the beginning of the
    body is shown.

    Raises:
        ValueError: *chars* is not positive.
    """
    if chars < 1:
        raise ValueError(f"chars must be at least 1, not {chars}")
    if count < 1:
        return ()
    found = found_in(fields, chars, count)
    if not found:
        return _lead(fields, chars)
    return tuple(
        _snippet(found[passage.order].text, passage.start, passage.end, passage.view)
        for passage in choose(found, chars, count)
    )


def _snippet(field: FieldText, start: int, end: int, view: View) -> Snippet:
    """Return the passage as a snippet, without the blanks at its ends."""
    inside = _pieces_between(view.pieces, start, end)
    first, last = (inside[0].start, inside[-1].end) if inside else (end, start)
    start, end = view.trimmed(start, end, first, last)
    line, column = field.line_column(first if inside else start)
    highlights = tuple((piece.start, piece.end) for piece in inside)
    return Snippet(field.name, start, end, line, column, view.between(start, end), highlights)


def _pieces_between(pieces: Sequence[Piece], start: int, end: int) -> Sequence[Piece]:
    return pieces[bisect_left(pieces, (start,)) : bisect_left(pieces, (end,))]


def _lead(fields: Sequence[tuple[FieldText, Sequence[Range]]], chars: int) -> tuple[Snippet, ...]:
    """Return the beginning of the body, or nothing where there is no body."""
    for field, _ in fields:
        if field.name == "body":
            begin = first_shown(field.slice(0, min(field.length, LEAD_BLANKS)))
            if begin is None:
                return ()
            core, room = (begin, begin + 1), (begin, field.length)
            start, end, view = widen(field, (), core, room, chars)
            return (_snippet(field, start, end, view),)
    return ()


def first_shown(text: str) -> int | None:
    """Return the offset of the first character that is not blank, or None."""
    blanks = len(text) - len(text.lstrip())
    if blanks == len(text):
        return None
    # A blank that carries a combining mark is something to see.
    return blanks - (blanks > 0 and one_character(text[blanks - 1], text[blanks]))
