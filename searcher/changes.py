"""Changes: documents into and out of the files of a generation that is being made."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from searcher.documents import Prepared
from searcher.engines.base import Engine, Writer
from searcher.errors import EngineError
from searcher.generations import Draft
from searcher.model import Document, Failure, UpdateReport
from searcher.preparing import prepared
from searcher.text.decode import storable


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
        report = _Change(writer).run(draft.id, documents, remove)
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

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._gone: dict[str, bool] = {}
        self._failures: list[Failure] = []

    def run(
        self, generation: str, documents: Iterable[Document], remove: Iterable[str]
    ) -> UpdateReport:
        """Make the changes; nothing is visible before the writer commits."""
        removed = {name: self._take_out(storable(name)[0]) for name in dict.fromkeys(remove)}
        put = {name for each in prepared(documents, 1) if (name := self._put(each)) is not None}
        changed = sum(self._gone[name] for name in put)
        return UpdateReport(
            generation=generation,
            added=len(put) - changed,
            changed=changed,
            removed=sum(was and name not in put for name, was in removed.items()),
            missing=tuple(name for name, was in removed.items() if not was),
            failures=tuple(self._failures),
        )

    def _put(self, item: Prepared | Failure) -> str | None:
        if isinstance(item, Failure):
            self._failures.append(item)
            return None
        document_id = item.engine_document.id
        self._take_out(document_id)
        self._writer.add(item.engine_document)
        return document_id

    def _take_out(self, document_id: str) -> bool:
        if document_id not in self._gone:
            self._gone[document_id] = self._writer.remove(document_id)
        return self._gone[document_id]
