"""Changes: documents into and out of the files of a generation that is being made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from searcher.engines.base import Engine, Known, Reader, Rejected
from searcher.errors import EngineError
from searcher.generations import Draft, Generation, Manifest
from searcher.model import Document, Failure, UpdateReport
from searcher.preparing import sound
from searcher.preparing.documents import Incoming, Preparer, digest
from searcher.preparing.partitions import PARTITION, partitions
from searcher.stored.packing import packing_in
from searcher.text.decode import storable
from searcher.text.words import document_cutter

GIVEN = ("", "stdin")
"""The origins of documents that no later job can read again: a program and standard input."""


def change(
    engine: Engine,
    draft: Draft,
    old: Generation,
    documents: Iterable[Document],
    gone: Iterable[str],
) -> UpdateReport:
    """Add *documents* to the index in *draft*, take *gone* out, and report what was done.

    A document takes the place of one with the same id, unless *old*, which the draft is made of,
    has the very same; of two in *documents* the last wins.  Where the engine cannot take it, it
    is a failure, and the other stays.

    Raises:
        TypeError: *documents* holds something else than documents.
    """
    names = dict.fromkeys(gone)
    ids = dict.fromkeys(storable(name)[0] for name in names)
    with closing(engine.open(old.folder)) as reader, Change(engine, draft.folder) as changing:
        given = _Given(reader, documents)
        changing.expect(ids)
        removed = {each: changing.take_out(each) for each in ids}
        put = changing.put(given.differing())
        rejected = changing.commit()
    refused = {each.id for each in rejected}
    done = [was for each, was in put.items() if each not in refused]
    return UpdateReport(
        generation=draft.id,
        added=len(done) - sum(done),
        changed=sum(done),
        removed=sum(was and each not in put for each, was in removed.items()),
        unchanged=given.unchanged,
        replaced=given.replaced,
        missing=tuple(name for name in names if not removed[storable(name)[0]]),
        failures=(*given.failures, *(Failure(each.id, each.reason) for each in rejected)),
        warnings=tuple(given.warnings),
    )


def holding(engine: Engine, folder: Path, made: Manifest, *, given: bool = False) -> Manifest:
    """Return the manifest *made*, with the counts of the index in *folder*.

    With *given* a program has just put documents in, so that the index is not what its roots
    alone would give.
    """
    reader = engine.open(folder)
    try:
        counts = {"documents": len(reader), "empty": len(reader) - reader.ranked}
        job = {**made.job, "documents": _count_given(reader, made.job, given=given)}
        return replace(made, counts=counts, job=job)
    finally:
        reader.close()


class Change:
    """One batch of changes; leaving its ``with`` block uncommitted forgets them."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._preparer = Preparer(document_cutter(), packing_in(folder))
        self._writer = engine.change(folder)
        self._gone: dict[str, bool] = {}
        self._open = True

    def __enter__(self) -> Change:
        """Return the change itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget what was not committed."""
        if self._open:
            self._open = False
            with suppress(EngineError):  # the reason for failing is the first error, not this
                self._writer.rollback()

    def put(self, incoming: Iterable[Incoming]) -> dict[str, bool]:
        """Add documents, each in place of the one with its id.

        Returns the ids, and whether each was there before.
        """
        put: dict[str, bool] = {}
        for piece in partitions(incoming):
            batch = self._preparer.prepare(piece.incoming, piece.first)
            self.expect(batch.ids)
            for document_id in batch.ids:
                put[document_id] = self.take_out(document_id)
            self._writer.add(batch)
        return put

    def expect(self, document_ids: Iterable[str]) -> None:
        """Get ready to take documents out."""
        self._writer.expect([each for each in document_ids if each not in self._gone])

    def take_out(self, document_id: str) -> bool:
        """Take a document out that was there before; return whether it was."""
        if document_id not in self._gone:
            self._gone[document_id] = self._writer.remove(document_id)
        return self._gone[document_id]

    def commit(self) -> Sequence[Rejected]:
        """Make the changes; return the documents that the engine could not take."""
        self._open = False
        self._writer.commit()
        return self._writer.rejected


class _Given:
    """The documents of one call, and what was met among them."""

    def __init__(self, reader: Reader, documents: Iterable[object]) -> None:
        self._reader = reader
        self._documents = documents
        self._places: dict[str, int] = {}
        self.unchanged = 0
        self.replaced = 0
        self.failures: list[Failure] = []
        self.warnings: list[str] = []

    def differing(self) -> Iterator[Incoming]:
        """Yield those that the reader does not have as they are."""
        put: set[str] = set()
        sound = self._sound()
        while some := list(islice(sound, PARTITION)):
            known = {each.id: each for each in self._reader.known([each.id for each in some])}
            for document in some:
                same = Known(document.id, "", digest(document))
                # What was replaced in this call must be put back, even if it is what there was.
                if document.id not in put and known.get(document.id) == same:
                    self.unchanged += 1
                else:
                    put.add(document.id)
                    yield Incoming(document)

    def _sound(self) -> Iterator[Document]:
        for number, document in enumerate(self._documents, 1):
            found = sound(document)
            if isinstance(found, Failure):
                self.failures.append(found)
                continue
            self.warnings += [f"{found.document.id}: {warning}" for warning in found.warnings]
            self._note_place(found.document.id, number)
            yield found.document

    def _note_place(self, document_id: str, number: int) -> None:
        before = self._places.get(document_id)
        if before is not None:
            self.replaced += 1
            self.warnings.append(
                f"{document_id}: given twice, as document {before} and as document {number}; "
                "the last one is kept"
            )
        self._places[document_id] = number


def _count_given(reader: Reader, job: Mapping[str, Any], *, given: bool) -> int:
    """Return how many documents no later job can read again."""
    if not job.get("roots"):
        return len(reader)
    if not (given or job.get("documents") or job.get("stdin")):
        return 0
    return sum(known.origin in GIVEN for known in reader.known())
