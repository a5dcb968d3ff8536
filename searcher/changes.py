"""Changes: documents into and out of the files of a generation that is being made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from searcher.engines.base import Engine, Reader, Rejected
from searcher.errors import EngineError
from searcher.generations import Draft, Manifest
from searcher.model import Document, Failure, UpdateReport
from searcher.preparing import sound
from searcher.preparing.documents import Incoming, Preparer
from searcher.preparing.partitions import partitions
from searcher.stored.packing import packing_in
from searcher.text.decode import storable
from searcher.text.words import document_cutter

GIVEN = ("", "stdin")
"""The origins of documents that no later job can read again: a program and standard input."""


def change(
    engine: Engine, draft: Draft, documents: Iterable[Document], remove: Iterable[str]
) -> UpdateReport:
    """Add *documents* to the index in *draft*, take *remove* out, and report what was done.

    A document takes the place of one with the same id; of two in *documents* the last wins.
    Where the engine cannot take it, it is a failure, and the other stays.

    Raises:
        TypeError: *documents* holds something else than documents.
    """
    failures: list[Failure] = []
    with Change(engine, draft.folder) as changing:
        ids = {name: storable(name)[0] for name in dict.fromkeys(remove)}
        changing.expect(ids.values())
        removed = {name: changing.take_out(document_id) for name, document_id in ids.items()}
        put = changing.put(_indexable(documents, failures))
        rejected = changing.commit()
    failures += [Failure(each.id, each.reason) for each in rejected]
    refused = {each.id for each in rejected}
    done = [was for name, was in put.items() if name not in refused]
    return UpdateReport(
        generation=draft.id,
        added=len(done) - sum(done),
        changed=sum(done),
        removed=sum(was and name not in put for name, was in removed.items()),
        missing=tuple(name for name, was in removed.items() if not was),
        failures=tuple(failures),
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


def _indexable(documents: Iterable[object], failures: list[Failure]) -> Iterator[Incoming]:
    for document in documents:
        found = sound(document)
        if isinstance(found, Failure):
            failures.append(found)
        else:
            yield Incoming(found)


def _count_given(reader: Reader, job: Mapping[str, Any], *, given: bool) -> int:
    """Return how many documents no later job can read again."""
    if not job.get("roots"):
        return len(reader)
    if not (given or job.get("documents") or job.get("stdin")):
        return 0
    return sum(known.origin in GIVEN for known in reader.known())
