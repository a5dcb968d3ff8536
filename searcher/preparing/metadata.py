"""Metadata: what documents say of themselves, as columns that clauses ask for.

Texts are script, source, author, origin and whatever an extra field says in words; numbers of
extra fields are numbers, but for those beyond `EXACT`.  The same field may hold both.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from searcher.columns import EXTRA, Days, FigureColumn, TextColumn, run_key, unit_keys
from searcher.model import EXACT, Document, ExtraValue, Noise, Script
from searcher.text.cleancolumns import clean_many
from searcher.text.dates import period
from searcher.text.unitcolumns import unit_columns


def days_of(dates: Sequence[str | None]) -> Days:
    """Return the first and the last day of each date; 0, 0 for what is none.

    >>> days_of(["2020-02", None, "gestern"]).tolist()
    [[737456, 737484], [0, 0], [0, 0]]
    """
    return np.array([period(date or "") for date in dates], dtype=np.int32).reshape(-1, 2)


def text_columns(
    documents: Sequence[Document], origins: Sequence[str], scripts: Sequence[Script]
) -> dict[str, TextColumn]:
    """Return the columns of texts of *documents*; a field that is empty is none.

    >>> document = Document("a", "", extra={"tag": ["甲", "乙", "甲"]})
    >>> made = text_columns([document], ["seeds"], ["none"])
    >>> made["extra.tag"].values, made["extra.tag"].documents.tolist(), made["origin"].values
    (('甲', '乙'), [0, 0], ('seeds',))
    """
    plain = {
        "script": scripts,
        "origin": origins,
        "source": [each.source for each in documents],
        "author": [each.author for each in documents],
    }
    held: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for name, texts in plain.items():
        held[name] = [(number, text) for number, text in enumerate(texts) if text]
    for number, document in enumerate(documents):
        for name, value in document.extra.items():
            texts_once = dict.fromkeys(_texts(value))
            held[EXTRA + name] += [(number, text) for text in texts_once if text]
    columns = {name: _text_column(rows) for name, rows in held.items() if rows}
    return _with_keys(columns)


def figure_columns(documents: Sequence[Document]) -> dict[str, FigureColumn]:
    """Return the columns of numbers of *documents*; what is not a number (NaN) is none.

    >>> figure_columns([Document("a", ""), Document("b", "", extra={"n": 3})])["extra.n"].figures
    array([3.])
    """
    held: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, document in enumerate(documents):
        for name, value in document.extra.items():
            figure = _figure(value)
            if figure is not None:
                held[EXTRA + name].append((number, figure))
    return {
        name: FigureColumn(
            np.array([number for number, _ in rows], dtype=np.int64),
            np.array([figure for _, figure in rows], dtype=np.float64),
        )
        for name, rows in held.items()
    }


def _texts(value: ExtraValue) -> Iterator[str]:
    """Yield what a value says in words."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int) and abs(value) > EXACT:
        yield str(value)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from value


def _figure(value: ExtraValue) -> float | None:
    """Return a value as a number; None where it is none, as NaN is, or no float holds it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > EXACT:
        return None
    figure = float(value)
    return None if math.isnan(figure) else figure


def _text_column(rows: Sequence[tuple[int, str]]) -> TextColumn:
    codes: dict[str, int] = {}
    numbers = [codes.setdefault(text, len(codes)) for _, text in rows]
    documents = [document for document, _ in rows]
    return TextColumn(
        np.array(documents, dtype=np.int64), np.array(numbers, dtype=np.int64), tuple(codes)
    )


def _with_keys(columns: Mapping[str, TextColumn]) -> dict[str, TextColumn]:
    """Return *columns*, those of extra fields with the keys of their values."""
    wanted = [name for name in columns if name.startswith(EXTRA)]
    keys = iter(_keys([value for name in wanted for value in columns[name].values]))
    return {
        name: TextColumn(
            column.documents,
            column.codes,
            column.values,
            tuple(next(keys) for _ in column.values) if name.startswith(EXTRA) else (),
        )
        for name, column in columns.items()
    }


def _keys(values: Sequence[str]) -> Iterator[str]:
    """Yield the key of each value: its units are those that a run in source is made of."""
    if not values:
        return
    found = unit_columns(clean_many(values, [Noise()] * len(values)))
    units = unit_keys(found.codes.tolist(), found.names)
    bounds = found.bounds.tolist()
    for first, last in pairwise(bounds):
        yield run_key(units[first:last])
