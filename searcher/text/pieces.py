"""One long field, analyzed piece by piece, so that arrays are as small as those of other texts.

What it gives is what the field gives as a whole (`searcher.text.cutting` says what may differ).
A piece is read with `EDGE` where it was cut; that unit is then taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from searcher.columns import SENTENCE_END_CODE, Codes, Marks, Numbers
from searcher.model import MappedText, Noise
from searcher.text.clean import clean
from searcher.text.cleancolumns import Cleaned, clean_many
from searcher.text.codes import code_points
from searcher.text.cutting import EDGE, PIECE, Piece, pieces
from searcher.text.unitcolumns import unit_places
from searcher.text.units import enclosed_cuts
from searcher.text.wordbook import WordBook
from searcher.text.wordcolumns import word_columns


class PieceColumns(NamedTuple):
    """Neighbouring units of a field: their ``codes``, of which those from `NAMED` on stand for
    one of ``names``, their marks, and their spans in the whole original.

    ``word_names`` are the words that are no mark, by their number in the book.
    """

    codes: Codes
    marks: Marks
    start: Numbers
    end: Numbers
    names: tuple[str, ...]
    word_names: Numbers


def analyzed(text: str, noise: Noise, book: WordBook, size: int = PIECE) -> Iterator[PieceColumns]:
    """Yield the units of *text* piece by piece, and the words of *book* in it.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> found = analyzed("脱贫。攻坚。" * 3, Noise(), WordBook(RjiebaCutter()), 8)
    >>> ["".join(map(chr, each.codes)) for each in found]
    ['脱贫\\n攻坚\\n脱贫', '\\n', '攻坚\\n脱贫\\n攻坚']
    """
    ends = _Ends()
    for piece in _cleaned(text, noise, size):
        yield from ends.joined(piece if isinstance(piece, PieceColumns) else _read(piece, book))


class _Part(NamedTuple):
    """A piece as it was cleaned, and whether it begins and ends with an edge."""

    cleaned: Cleaned
    edges: tuple[bool, bool]
    offset: int


def _cleaned(text: str, noise: Noise, size: int) -> Iterator[_Part | PieceColumns]:
    mapped = clean(text, noise) if noise.annotations or noise.markup else None
    source = text if mapped is None else mapped.text
    found = () if mapped is None else enclosed_cuts(text, mapped.start)
    cuts = np.array(found, dtype=np.int64)
    for piece in pieces(source, size, inside_runs=not len(cuts)):
        edges = piece.first > 0, piece.last < len(source)
        if piece.is_gap:
            spans = (piece.first, piece.last - 1)
            if mapped is not None:
                spans = mapped.start[spans[0]], mapped.end[spans[1]] - 1
            yield _sentence_end(spans[0], spans[1] + 1)
            continue
        part = f"{EDGE * edges[0]}{source[piece.first : piece.last]}{EDGE * edges[1]}"
        if mapped is None:
            yield _Part(clean_many([part], [noise]), edges, piece.first - edges[0])
        else:
            yield _Part(_of_noisy(text, mapped, piece, cuts), edges, 0)


def _of_noisy(text: str, mapped: MappedText, piece: Piece, cuts: Numbers) -> Cleaned:
    """Return a piece of a field that was cleaned as a whole."""
    part = slice(piece.first, piece.last)
    before, behind = EDGE * (piece.first > 0), EDGE * (piece.last < len(mapped.text))
    codes = code_points(f"{before}{mapped.text[part]}{behind}\n")
    start, end = np.zeros((2, len(codes)), dtype=np.int64)
    inside = slice(len(before), len(before) + piece.last - piece.first)
    start[inside], end[inside] = mapped.start[part], mapped.end[part]
    end[: len(before)], end[inside.stop :] = 1, len(text) + 1
    start[inside.stop :] = len(text)
    bounds = np.array([0, len(codes)])
    low, high = np.searchsorted(cuts, [piece.first, piece.last])
    return Cleaned(
        (text,),
        np.array([0, len(text) + 1]),
        codes,
        start,
        end,
        bounds,
        cuts[low:high] - piece.first + len(before),
    )


def _read(part: _Part, book: WordBook) -> PieceColumns:
    """Return the units of a piece, without those of its edges."""
    names: dict[str, int] = {}
    found = unit_places(part.cleaned, names)
    words = word_columns(part.cleaned, found, book)
    last = found.places.copy()
    last[found.long] = found.long_ends - 1
    own = slice(int(part.edges[0]), len(found.codes) - int(part.edges[1]))
    return PieceColumns(
        found.codes[own],
        words.marks[own],
        part.cleaned.start.take(found.places[own]) + part.offset,
        part.cleaned.end.take(last[own]) + part.offset,
        tuple(names),
        words.names,
    )


# ---------------------------------------------------------------- sentence ends


class _Ends:
    """Leaves one sentence end between two units, and none at either end of the field."""

    def __init__(self) -> None:
        self._has_units = False
        self._waiting: PieceColumns | None = None

    def joined(self, piece: PieceColumns) -> Iterator[PieceColumns]:
        """Yield what is sure of *piece* and of what came before it."""
        codes = piece.codes
        first = int(len(codes) > 0 and codes[0] == SENTENCE_END_CODE)
        if first and self._has_units and self._waiting is None:
            self._waiting = _part(piece, slice(0, 1))
        last = len(codes) - int(len(codes) > first and codes[-1] == SENTENCE_END_CODE)
        if last > first:
            if self._waiting is not None:
                yield self._waiting
                self._waiting = None
            self._has_units = True
            yield _part(piece, slice(first, last))._replace(word_names=piece.word_names)
            if last < len(codes):
                self._waiting = _part(piece, slice(last, None))


def _part(piece: PieceColumns, part: slice) -> PieceColumns:
    return PieceColumns(
        piece.codes[part],
        piece.marks[part],
        piece.start[part],
        piece.end[part],
        piece.names,
        piece.word_names[:0],
    )


def _sentence_end(start: int, end: int) -> PieceColumns:
    none = np.zeros(0, dtype=np.int64)
    return PieceColumns(
        np.array([SENTENCE_END_CODE], dtype=np.uint32),
        np.zeros(1, dtype=np.uint8),
        np.array([start]),
        np.array([end]),
        (),
        none,
    )
