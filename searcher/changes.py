"""Changes: documents into and out of the files of a generation that is being made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from searcher.documents import Preparer
from searcher.engines.base import Engine, Writer
from searcher.errors import EngineError
from searcher.generations import Draft
from searcher.model import Document, Failure, UpdateReport
from searcher.preparing import chunks, sound
from searcher.stored.packing import packing_in
from searcher.text.decode import storable
from searcher.text.words import document_cutter


def change(
    engine: Engine, draft: Draft, documents: Iterable[Document], remove: Iterable[str]
) -> UpdateReport:
    """Add *documents* to the index in *draft*, take *remove* out, and report what was done.

    A document takes the place of one with the same id; of two in *documents* the last wins.

    Raises:
        TypeError: *documents* holds something else than documents.
    """
    writer = engine.change(draft.folder)
    try:
        preparer = Preparer(document_cutter(), packing_in(draft.folder))
        report = _Change(writer, preparer).run(draft.id, documents, remove)
    except BaseException:
        with suppress(EngineError):  # the reason for failing is the first error, not this
            writer.rollback()
        raise
    writer.commit()
    return report


def counts(engine: Engine, folder: Path) -> dict[str, int]:
    """Return the counts a manifest keeps of the index in *folder*."""
    reader = engine.open(folder)
    try:
        return {"documents": len(reader), "empty": len(reader) - reader.ranked}
    finally:
        reader.close()


class _Change:
    """One batch of changes to one writer."""

    def __init__(self, writer: Writer, preparer: Preparer) -> None:
        self._writer = writer
        self._preparer = preparer
        self._gone: dict[str, bool] = {}
        self._failures: list[Failure] = []

    def run(
        self, generation: str, documents: Iterable[Document], remove: Iterable[str]
    ) -> UpdateReport:
        """Make the changes; nothing is visible before the writer commits."""
        removed = {name: self._take_out(storable(name)[0]) for name in dict.fromkeys(remove)}
        put = self._put_all(documents)
        changed = sum(self._gone[name] for name in put)
        return UpdateReport(
            generation=generation,
            added=len(put) - changed,
            changed=changed,
            removed=sum(was and name not in put for name, was in removed.items()),
            missing=tuple(name for name, was in removed.items() if not was),
            failures=tuple(self._failures),
        )

    def _put_all(self, documents: Iterable[Document]) -> set[str]:
        """Add what can be indexed, in place of what has the same id; return the ids."""
        put: set[str] = set()
        for chunk in chunks(self._indexable(documents)):
            batch = self._preparer.prepare(chunk.documents, chunk.first)
            for document_id in batch.ids:
                self._take_out(document_id)
            self._writer.add(batch)
            put.update(batch.ids)
        return put

    def _indexable(self, documents: Iterable[object]) -> Iterator[Document]:
        for document in documents:
            found = sound(document)
            if isinstance(found, Failure):
                self._failures.append(found)
            else:
                yield found

    def _take_out(self, document_id: str) -> bool:
        if document_id not in self._gone:
            self._gone[document_id] = self._writer.remove(document_id)
        return self._gone[document_id]
