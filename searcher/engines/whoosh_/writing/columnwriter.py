"""Writing: batches into spools, spools into a segment, all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from searcher.arguments import MEMORY
from searcher.columns import Batch, Numbers
from searcher.engines.base import Rejected, Spool
from searcher.engines.whoosh_.files.listing import (
    Listed,
    read_deleted,
    read_listing,
    write_deleted,
    write_listing,
)
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.writing.building import build_segment
from searcher.engines.whoosh_.writing.merging import Source, merge_segments, to_merge
from searcher.engines.whoosh_.writing.parts import Spools
from searcher.engines.whoosh_.writing.spool import SUFFIX, Spooler, writing

OWN = "own"
"""The stem of the spool that the writer fills itself."""

_COMMIT = "commit"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class _Held:
    """A segment, open, and those of its documents that are deleted by now."""

    listed: Listed
    segment: Segment
    deleted: set[int]
    changed: bool = False

    @property
    def living(self) -> int:
        """How many documents are left."""
        return self.listed.documents - len(self.deleted)

    @property
    def numbers(self) -> Numbers:
        """The numbers of the deleted documents, ascending."""
        return np.array(sorted(self.deleted), dtype=np.int64)


class ColumnWriter:
    """A batch of changes to the index in a folder (the `Writer` of `engines.base`).

    Every method may raise EngineError: the files cannot be written.
    """

    def __init__(self, folder: Path, held: Sequence[_Held], jobs: int, memory: int) -> None:
        self._folder = folder
        self._held = list(held)
        self._jobs = jobs
        self._memory = memory
        self._spooler: Spooler | None = None
        self._spools: list[Spool] = []

    @classmethod
    def create(cls, folder: Path, *, jobs: int = 1, memory: int = MEMORY) -> ColumnWriter:
        """Start an empty index in *folder*; see `searcher.engines.base.Engine.create`."""
        return cls(folder, (), jobs, memory)

    @classmethod
    def change(cls, folder: Path) -> ColumnWriter:
        """Open the index in *folder* for changes.

        Raises:
            IndexCorruptError: a file of it is damaged or missing.
        """
        with ExitStack() as opened:
            held = []
            for listed in read_listing(folder):
                deleted = set(read_deleted(folder, listed).tolist())
                segment = Segment.open(folder, listed.name)
                opened.callback(segment.close)
                held.append(_Held(listed, segment, deleted))
            opened.pop_all()
        return cls(folder, held, 1, MEMORY)

    @property
    def rejected(self) -> Sequence[Rejected]:
        """None: every document can be taken."""
        return ()

    def add(self, batch: Batch) -> None:
        """Add documents; see `searcher.engines.base.Writer.add`."""
        if self._spooler is None:
            self._spooler = Spooler(self._folder, OWN)
        self._spooler.add(batch)

    def adopt(self, spool: Spool) -> None:
        """Add the documents of a spool that another process wrote into the folder."""
        self._spools.append(spool)

    def expect(self, document_ids: Sequence[str]) -> None:
        """Do nothing: one is found as fast as many."""

    def remove(self, document_id: str) -> bool:
        """Take a document that was committed before out; return whether it was there."""
        for held in self._held:
            number = held.segment.find(document_id)
            if number is not None and number not in held.deleted:
                held.deleted.add(number)
                held.changed = True
                return True
        return False

    def commit(self) -> None:
        """Make the changes visible."""
        with writing(self._folder):
            try:
                kept = self._kept()
                write_listing(self._folder, kept)
                _write_toc(self._folder, kept)
                self._remove_unlisted(kept)
            finally:
                self._let_go()

    def rollback(self) -> None:
        """Forget the changes."""
        with writing(self._folder):
            self._let_go()

    # ------------------------------------------------------------ steps

    def _kept(self) -> list[Listed]:
        """Write segments and deletions; return what the index consists of."""
        before = [held.listed for held in self._held]
        try:
            self._build()
            self._merge()
            return [self._entry(held) for held in self._held if held.living]
        except BaseException:
            self._remove_unlisted(before)
            raise

    def _build(self) -> None:
        if self._spooler is not None:
            self._spools.append(self._spooler.close())
        stems = tuple(spool.stem for spool in self._spools if spool.documents)
        if stems:
            spools = Spools(self._folder, stems, _COMMIT)
            listed = build_segment(self._next_name(), spools, self._jobs, self._memory)
            self._hold(listed)

    def _merge(self) -> None:
        sizes = [held.listed.documents for held in self._held]
        merged = [
            self._held[at] for at in to_merge(sizes, [len(held.deleted) for held in self._held])
        ]
        if not merged:
            return
        sources = [Source(held.segment, held.numbers) for held in merged]
        self._hold(merge_segments(self._folder, self._next_name(), sources))
        for held in merged:
            self._held.remove(held)
            held.segment.close()

    def _hold(self, listed: Listed) -> None:
        self._held.append(_Held(listed, Segment.open(self._folder, listed.name), set()))

    def _entry(self, held: _Held) -> Listed:
        if not held.changed:
            return held.listed
        return write_deleted(self._folder, held.listed, held.numbers)

    def _next_name(self) -> str:
        """Return a name of a segment that no file of the folder has."""
        taken = {path.name.partition(".")[0] for path in self._folder.iterdir()}
        number = 1
        while (name := f"MAIN_{_base36(number)}") in taken:
            number += 1
        return name

    def _remove_unlisted(self, kept: Sequence[Listed]) -> None:
        listed = {name for each in kept for name in each.files}
        for path in self._folder.glob("MAIN_*.*"):
            if path.name not in listed:
                path.unlink()

    def _let_go(self) -> None:
        for held in self._held:
            held.segment.close()
        if self._spooler is not None:
            self._spooler.abandon()
        for path in self._folder.glob(f"*{SUFFIX}"):
            shutil.rmtree(path)


def _write_toc(folder: Path, kept: Sequence[Listed]) -> None:
    """Write what Whoosh's own tools read; only this needs Whoosh."""
    from searcher.engines.whoosh_.toc import write_toc

    write_toc(folder, kept)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
