"""The doc values of a spool: columns of metadata on disk, as they came, batch by batch.

In memory stays where each column of each batch lies, and the names of the columns.
"""

from __future__ import annotations

import errno
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searcher.columns import Batch, FigureColumn, Floats, Numbers, TextColumn
from searcher.engines.whoosh_.files.docvalues import FIGURES, TEXTS
from searcher.engines.whoosh_.files.texts import encoded
from searcher.engines.whoosh_.writing.tables import load_table, save_table

FILE = "docvalues"
_TABLE = "stretches"
_NAMES = "columns.json"


class Stretch(NamedTuple):
    """A column of one batch: which column, the batch's first document in the spool, how many rows
    and values it has, and where its bytes lie.
    """

    column: int
    first: int
    rows: int
    values: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class TextRows:
    """Some rows of a column of texts: document ``docs[i]`` has ``values[codes[i]]``, a value with
    its key.
    """

    docs: Numbers
    codes: Numbers
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FigureRows:
    """Some rows of a column of numbers: document ``docs[i]`` has ``figures[i]``."""

    docs: Numbers
    figures: Floats


class DocValuesSpooler:
    """Writes the doc values of batches into the folder of a spool."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / FILE).open("xb")
        self._numbers: dict[str, int] = {}
        self._stretches: list[Stretch] = []
        self._documents = 0
        self._size = 0

    def add(self, batch: Batch) -> None:
        """Append the columns of a batch."""
        for name, texts in batch.texts.items():
            self._append(TEXTS + name, len(texts.codes), len(texts.values), _text_bytes(texts))
        for name, figures in batch.figures.items():
            self._append(FIGURES + name, len(figures.figures), 0, _figure_bytes(figures))
        self._documents += len(batch)

    def close(self) -> None:
        """Complete them and let go of the file."""
        self._file.close()
        save_table(self._folder, _TABLE, np.array(self._stretches, np.int64).reshape(-1, 6))
        (self._folder / _NAMES).write_text(json.dumps(list(self._numbers)), encoding="ascii")

    def abandon(self) -> None:
        """Let go of the file, which stays."""
        self._file.close()

    def _append(self, name: str, rows: int, values: int, data: bytes) -> None:
        column = self._numbers.setdefault(name, len(self._numbers))
        stretch = Stretch(column, self._documents, rows, values, self._size, len(data))
        self._stretches.append(stretch)
        self._file.write(data)
        self._size += len(data)


class SpooledDocValues:
    """Reads what `DocValuesSpooler` wrote; close it.

    Documents are numbered as they came into the spool.
    """

    def __init__(self, folder: Path) -> None:
        self.names: list[str] = json.loads((folder / _NAMES).read_text("ascii"))
        self._stretches: defaultdict[str, list[Stretch]] = defaultdict(list)
        for row in load_table(folder, _TABLE).tolist():
            stretch = Stretch(*row)
            self._stretches[self.names[stretch.column]].append(stretch)
        self._path = folder / FILE
        self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def texts(self, name: str) -> Iterator[TextRows]:
        """Yield a column of texts, batch by batch; nothing where there is none."""
        for stretch in self._stretches.get(TEXTS + name, ()):
            read = self._read(stretch)
            docs = read.array("<u4", stretch.rows) + stretch.first
            codes = read.array("<u4", stretch.rows)
            sizes = read.array("<u4", 2 * stretch.values).tolist()
            texts = read.texts(sizes)
            values = list(zip(texts[: stretch.values], texts[stretch.values :], strict=True))
            yield TextRows(docs, codes, values)

    def figures(self, name: str) -> Iterator[FigureRows]:
        """Yield a column of numbers, batch by batch."""
        for stretch in self._stretches.get(FIGURES + name, ()):
            read = self._read(stretch)
            docs = read.array("<u4", stretch.rows) + stretch.first
            yield FigureRows(docs, read.array("<f8", stretch.rows))

    def _read(self, stretch: Stretch) -> _Reading:
        data = os.pread(self._file, stretch.size, stretch.start)
        if len(data) < stretch.size:
            raise OSError(errno.EIO, "a temporary file is cut short", str(self._path))
        return _Reading(data)


class _Reading:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        """Return integers as 64 bits, floats as they are."""
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found.astype(np.int64) if kind == "<u4" else found

    def texts(self, sizes: list[int]) -> list[str]:
        bounds = list(accumulate(sizes, initial=self._at))
        return [self._data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(bounds)]


def _text_bytes(column: TextColumn) -> bytes:
    """Return a column as bytes: documents, codes, sizes of values and keys, values, keys."""
    keys = column.keys or ("",) * len(column.values)
    texts = [encoded(text) for text in (*column.values, *keys)]
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    numbers = np.concatenate([column.documents, column.codes, sizes])
    return b"".join((numbers.astype("<u4").tobytes(), *texts))


def _figure_bytes(column: FigureColumn) -> bytes:
    figures = column.figures.astype("<f8")
    return column.documents.astype("<u4").tobytes() + figures.tobytes()
