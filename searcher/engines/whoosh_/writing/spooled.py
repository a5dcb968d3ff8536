"""Spooled: a complete spool, read back batch by batch.

Everything is read with plain reads: mapped files would count as memory of the process.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.coding import Bytes
from searcher.engines.whoosh_.writing.docvaluespool import SpooledDocValues
from searcher.engines.whoosh_.writing.flat import LOOSE, RUNS, Characters, Keys, Loose
from searcher.engines.whoosh_.writing.spool import COLUMNS, spool_folder
from searcher.engines.whoosh_.writing.strings import StringFile
from searcher.engines.whoosh_.writing.tables import load_table
from searcher.engines.whoosh_.writing.windows import TOGETHER

_COPIED = 1 << 20
"""Bytes copied at a time."""


class Spooled:
    """The spool *stem* in *folder*, open for reading; close it."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.stem = stem
        self._folder = spool_folder(folder, stem)
        self.batches: Numbers = load_table(self._folder, "batches")
        self.firsts: Numbers = np.concatenate([[0], np.cumsum(self.batches)])
        self._extents: Numbers = load_table(self._folder, "extents")
        self.run_sizes = {run: self.document_column(run) for run in RUNS}
        self._files = {
            name: os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
            for name in ("columns", "stored")
        }
        self.doc_values = SpooledDocValues(self._folder)

    def close(self) -> None:
        """Let go of the files."""
        self.doc_values.close()
        for descriptor in self._files.values():
            os.close(descriptor)

    # ------------------------------------------------------------ whole spool

    def document_column(self, name: str) -> Numbers:
        """Return one or two numbers for each document; names are `spool.DOCUMENT_COLUMNS`."""
        return load_table(self._folder, f"document.{name}")

    def loose_count(self, field: str, kind: str) -> int:
        """Return how many loose occurrences a field has."""
        return int(self._extents[:, COLUMNS.index(f"{field}.{kind}"), 1].sum())

    def seen(self, field: str) -> Numbers:
        """Return how many terms at most begin with each character of the basic plane."""
        return load_table(self._folder, f"seen.{field}")

    def names(self) -> tuple[list[str], list[str]]:
        """Return the ids and the paths of all documents."""
        text = (self._folder / "names").read_bytes().decode("utf-8")
        sizes = np.stack([self.document_column("ids"), self.document_column("paths")])
        ids: list[str] = []
        paths: list[str] = []
        at = 0
        for first, last in pairwise(self.firsts.tolist()):
            for found, row in ((ids, 0), (paths, 1)):
                ends = list(accumulate(sizes[row, first:last].tolist(), initial=at))
                found += [text[a:b] for a, b in pairwise(ends)]
                at = ends[-1]
        return ids, paths

    def stored(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes *start* … *stop* of what is stored, in pieces."""
        while start < stop:
            piece = os.pread(self._files["stored"], min(_COPIED, stop - start), start)
            self._check(len(piece))
            start += len(piece)
            yield piece

    @property
    def sections(self) -> list[StringFile]:
        """The sections of strings."""
        found = json.loads((self._folder / "sections").read_text("ascii"))
        return [StringFile(self._folder / "strings", tuple(ends), start) for start, *ends in found]

    @property
    def places(self) -> Keys:
        """The place of each string in its section, by number."""
        return load_table(self._folder, "places")

    # ------------------------------------------------------------ one batch

    def characters(self, batch: int, run: str) -> Characters:
        """Return the characters of a run in a batch."""
        return self._read(*self._extent(batch, f"{run}.characters"), np.dtype("<u2"))

    def marks(self, batch: int, run: str) -> Bytes:
        """Return the marks of a run in a batch."""
        return self._read(*self._extent(batch, f"{run}.marks"), np.dtype("u1"))

    def loose(self, batch: int, field: str, kind: str) -> Iterator[Loose]:
        """Yield the loose occurrences of a field in a batch, those of ``strings`` or of ``pairs``,
        in parts; of most batches it is one.
        """
        start, count = self._extent(batch, f"{field}.{kind}")
        for at in range(0, max(count, 1), TOGETHER):
            size = min(TOGETHER, count - at)
            yield self._read(start + at * LOOSE.itemsize, size, LOOSE)

    def _extent(self, batch: int, column: str) -> tuple[int, int]:
        start, count = self._extents[batch, COLUMNS.index(column)].tolist()
        return start, count

    def _read(self, start: int, count: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        array = np.empty(count, dtype=kind)
        view = array.view(np.uint8).data
        while view:
            got = os.preadv(self._files["columns"], [view], start)
            self._check(got)
            view = view[got:]
            start += got
        return array

    def _check(self, got: int) -> None:
        if not got:
            raise OSError(errno.EIO, "a temporary file is cut short", str(self._folder))
