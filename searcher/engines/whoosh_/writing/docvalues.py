"""Doc values: what documents say beside their text, from spools or segments to one segment.

It goes column by column, so that no more than one is in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.docvalues import FIGURES, TEXTS, DocValues
from searcher.engines.whoosh_.files.docvalueswriter import DocValuesWriter
from searcher.engines.whoosh_.writing.docvaluespool import FigureRows, TextRows

_CODE_BITS = 32


class Columns(Protocol):
    """The columns of a spool, or those of a segment."""

    @property
    def names(self) -> Sequence[str]:
        """The columns, in any order: `TEXTS` or `FIGURES`, then the name."""

    def texts(self, name: str) -> Iterable[TextRows]:
        """Return a column of texts in parts; nothing where there is none."""

    def figures(self, name: str) -> Iterable[FigureRows]:
        """Return a column of numbers in parts; nothing where there is none."""


class SegmentDocValues:
    """The columns of a segment, as they are merged."""

    def __init__(self, values: DocValues) -> None:
        self._values = values
        self.names = [kind + name for kind, name in values.names]

    def texts(self, name: str) -> Iterator[TextRows]:
        """Yield a column of texts."""
        found = self._values.texts(name)
        if found is not None:
            yield TextRows(*found.rows(), list(found.pairs()))

    def figures(self, name: str) -> Iterator[FigureRows]:
        """Yield a column of numbers."""
        found = self._values.figures(name)
        if found is not None:
            yield FigureRows(*found.rows())


def write_columns(into: DocValuesWriter, parts: Sequence[tuple[Columns, Numbers]]) -> None:
    """Write the columns of all *parts*, with the new number of each of their documents; those
    of -1 are left out, and so is what only they have.
    """
    for label in sorted({name for columns, _ in parts for name in columns.names}):
        kind, name = label[:1], label[1:]
        if kind == TEXTS:
            texts = [
                TextRows(numbers[rows.docs], rows.codes, rows.values)
                for columns, numbers in parts
                for rows in columns.texts(name)
            ]
            _write_texts(into, name, texts)
        elif kind == FIGURES:
            figures = [
                FigureRows(numbers[rows.docs], rows.figures)
                for columns, numbers in parts
                for rows in columns.figures(name)
            ]
            _write_figures(into, name, figures)
    into.close()


def _write_texts(into: DocValuesWriter, name: str, parts: Sequence[TextRows]) -> None:
    kept = [part.docs >= 0 for part in parts]
    used = [np.unique(part.codes[living]) for part, living in zip(parts, kept, strict=True)]
    keys = {
        part.values[code][0]: part.values[code][1]
        for part, codes in zip(parts, used, strict=True)
        for code in codes.tolist()
    }
    if not keys:
        return
    values = sorted(keys.items())
    places = {value: code for code, (value, _) in enumerate(values)}
    packed = np.concatenate(
        [
            part.docs[living] << _CODE_BITS | _placed(part, codes, places)[part.codes[living]]
            for part, living, codes in zip(parts, kept, used, strict=True)
        ]
    )
    packed.sort()
    into.texts(name, packed >> _CODE_BITS, packed & ((1 << _CODE_BITS) - 1), values)


def _placed(part: TextRows, codes: Numbers, places: dict[str, int]) -> Numbers:
    """Return the place of each value of a part that is used, by its code."""
    placed = np.zeros(len(part.values), dtype=np.int64)
    placed[codes] = [places[part.values[code][0]] for code in codes.tolist()]
    return placed


def _write_figures(into: DocValuesWriter, name: str, parts: Sequence[FigureRows]) -> None:
    docs = np.concatenate([part.docs for part in parts])
    figures = np.concatenate([part.figures for part in parts])
    docs, figures = docs[docs >= 0], figures[docs >= 0]
    if len(docs):
        order = np.argsort(docs, kind="stable")
        into.figures(name, docs[order], figures[order])
