"""Spool: analyzed documents on disk, as flat arrays in the order they came.

A spool is a folder that the commit removes.  Batches are appended to it; nothing that grows with
the number of documents stays in memory but a few numbers for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import Batch, Numbers
from searcher.engines.base import Spool
from searcher.engines.whoosh_.writing.docvaluespool import DocValuesSpooler
from searcher.engines.whoosh_.writing.flat import LOOSE_FIELDS, RUNS, Flat, Keys, Loose
from searcher.engines.whoosh_.writing.strings import StringFile, StringTable, StringWriter
from searcher.engines.whoosh_.writing.tables import save_table
from searcher.engines.whoosh_.writing.windows import windows
from searcher.errors import EngineError, told

SUFFIX = ".spool"

COLUMNS = tuple(
    [f"{run}.{part}" for run in RUNS for part in ("characters", "marks")]
    + [f"{field}.{kind}" for field in LOOSE_FIELDS for kind in ("strings", "pairs")]
)
"""What is written of each batch, in this order."""

DOCUMENT_COLUMNS = (
    *("numbers", "titles", "tokens", "stored", "ids", "paths"),
    *("digests", "days"),
    *RUNS,
)
"""What is kept of each document: its number, sizes, digest, days, and how long its runs are."""

CHARACTERS = 1 << 16


def spool_folder(folder: Path, stem: str) -> Path:
    """Return the folder of a spool."""
    return folder / (stem + SUFFIX)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn an OSError of the block into an EngineError: what, where, what next."""
    try:
        yield
    except OSError as error:
        raise EngineError(told(error, folder, "write the index")) from error


class Spooler:
    """Writes the spool *stem* in *folder* (the `Spooler` of `engines.base`).

    Raises:
        EngineError: by each method, if a file cannot be written; the spool is lost then.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self._stem = stem
        self._folder = spool_folder(folder, stem)
        self._table = StringTable()
        self._sections: list[StringFile] = []
        self._places: list[Keys] = []
        self._extents: list[list[int]] = []
        self._batches: list[int] = []
        self._documents: dict[str, list[npt.NDArray[Any]]] = {
            name: [] for name in DOCUMENT_COLUMNS
        }
        self._seen = {field: np.zeros(CHARACTERS, dtype=np.int64) for field in LOOSE_FIELDS}
        with writing(folder):
            self._folder.mkdir()
            self._files = {
                name: (self._folder / name).open("xb") for name in ("columns", "stored", "names")
            }
            self._doc_values = DocValuesSpooler(self._folder)

    def add(self, batch: Batch) -> None:
        """Append the documents of a batch."""
        flat = Flat(batch, self._table.naming)
        with writing(self._folder):
            self._write_columns(flat)
            self._note_documents(batch, flat)
            self._doc_values.add(batch)
            self._batches.append(len(batch))
            if self._table.is_full:
                self._write_strings()

    def close(self) -> Spool:
        """Complete the spool and let go of its files."""
        with writing(self._folder):
            self._write_strings()
            for file in self._files.values():
                file.close()
            self._doc_values.close()
            self._write_tables()
        return Spool(self._stem, sum(self._batches))

    def abandon(self) -> None:
        """Let go of the files, which stay until their folder is removed."""
        with suppress(OSError):  # what could not be written is given up anyway
            self._doc_values.abandon()
        for file in self._files.values():
            with suppress(OSError):
                file.close()

    # ------------------------------------------------------------ parts

    def _write_tables(self) -> None:
        documents = {name: _joined(parts) for name, parts in self._documents.items()}
        for name, table in (
            ("batches", np.array(self._batches, dtype=np.int64)),
            ("extents", np.array(self._extents, dtype=np.int64).reshape(-1, len(COLUMNS), 2)),
            ("places", _joined(self._places)),
            *((f"seen.{field}", seen) for field, seen in self._seen.items()),
            *((f"document.{name}", column) for name, column in documents.items()),
        ):
            save_table(self._folder, name, table)
        sections = [[each.start, *each.ends] for each in self._sections]
        (self._folder / "sections").write_text(json.dumps(sections), encoding="ascii")

    def _write_columns(self, flat: Flat) -> None:
        extents = []
        for name, run in flat.runs():
            extents += [self._append(run.characters), self._append(run.marks)]
            self._documents[name].append(run.sizes)
            for _, part in windows(run.characters):
                self._seen[name] += np.bincount(part, minlength=CHARACTERS)
        for field, parts in flat.loose():
            extents += self._write_loose(field, parts)
        self._extents += extents

    def _write_loose(self, field: str, parts: Iterable[tuple[Loose, Loose]]) -> list[list[int]]:
        file, kept = self._files["columns"], []
        start, count = file.tell(), 0
        for strings, pairs in parts:
            file.write(strings.data)
            count += len(strings)
            kept.append(pairs)
            np.add.at(self._seen[field], pairs["key"] >> 16, 1)
        return [[start, count], self._append(*kept)]

    def _append(self, *parts: npt.NDArray[Any]) -> list[int]:
        """Append arrays to the columns; return where they begin and how many elements follow."""
        file = self._files["columns"]
        start = file.tell()
        for part in parts:
            file.write(np.ascontiguousarray(part).data)
        return [start, sum(map(len, parts))]

    def _note_documents(self, batch: Batch, flat: Flat) -> None:
        note = self._documents
        note["numbers"].append(batch.numbers)
        note["titles"].append(flat.title_sizes)
        note["tokens"].append(flat.tokens)
        note["digests"].append(np.ascontiguousarray(batch.digests).view("<i8"))
        note["days"].append(batch.days.astype(np.int64))
        note["stored"].append(_sizes(batch.stored))
        self._files["stored"].write(b"".join(batch.stored))
        note["ids"].append(_sizes(batch.ids))
        note["paths"].append(_sizes(batch.paths))
        self._files["names"].write("".join([*batch.ids, *batch.paths]).encode("utf-8"))

    def _write_strings(self) -> None:
        strings, places = self._table.take()
        writer = StringWriter(self._folder / "strings")
        writer.write(strings)
        self._sections.append(writer.close())
        self._places.append(places)


def _sizes(values: Sequence[str] | Sequence[bytes]) -> Numbers:
    return np.array([len(value) for value in values], dtype=np.int64)


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
