"""Writing: terms into Whoosh postings, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import whoosh.index

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.schema import BAG, BORDERS, Postings, schema
from searcher.errors import EngineError
from searcher.model import EngineDocument, FieldTerms

_NOTHING = FieldTerms({}, {}, {})
_MEMORY_MIB = 256
"""Postings kept in memory before Whoosh spills a sorted run."""


class WhooshWriter:
    """A batch of changes to the Whoosh index in a folder (the `Writer` of `engines.base`)."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._writer = index.writer(limitmb=_MEMORY_MIB)
        self._base = index.doc_count_all()
        self._added: dict[str, int] = {}
        self._superseded: list[int] = []

    @classmethod
    def create(cls, folder: Path) -> WhooshWriter:
        """Start an empty index in *folder*."""
        return cls(whoosh.index.create_in(str(folder), schema()))

    @classmethod
    def change(cls, folder: Path) -> WhooshWriter:
        """Open the index in *folder* for changes."""
        return cls(whoosh.index.open_dir(str(folder)))

    def add(self, document: EngineDocument) -> None:
        """Add a document; an earlier one of this batch with the same id gives way."""
        values = _values(document)
        if document.id in self._added:
            self._superseded.append(self._added[document.id])
        self._added[document.id] = self._base + self._writer.docnum
        with self._writing():
            self._writer.add_document(**values)

    def remove(self, document_id: str) -> bool:
        """Take a document that was committed before out; return whether it was there."""
        with self._writing():
            return bool(self._writer.delete_by_term("id", document_id))

    def commit(self) -> None:
        """Make the changes visible."""
        with self._writing():
            # Merging would renumber the documents that `_superseded` names.
            self._writer.commit(merge=not self._superseded)
            if self._superseded:
                again = self._index.writer()
                for number in self._superseded:
                    again.delete_document(number)
                again.commit(merge=False)
        self._index.close()

    def rollback(self) -> None:
        """Forget the changes."""
        with self._writing():
            self._writer.cancel()
        self._index.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            where = self._index.storage.folder
            raise EngineError(
                f"{where}: cannot write the index: {reason}; free some space and run it again"
            ) from error


def bag(document: EngineDocument) -> Counter[str]:
    """Return the bag of a document: the terms of its body, and those of its title twice."""
    body, title = _field(document, "body"), _field(document, "title")
    merged = Counter(body.counts)
    for term, count in title.counts.items():
        merged[term] += TITLE_WEIGHT * count
    return merged


def _field(document: EngineDocument, name: str) -> FieldTerms:
    return document.fields.get(name, _NOTHING)


def _values(document: EngineDocument) -> dict[str, Any]:
    """Return the values of one document for Whoosh, complete before Whoosh sees any of them:
    an error in the middle of `add_document` would spoil the whole segment.
    """
    merged = bag(document)
    values: dict[str, Any] = {
        "id": document.id,
        "path": document.path.encode("utf-8"),
        "stored": document.stored,
        "tokens": merged.total(),
        BAG: Postings(merged, _field(document, "body").positions),
    }
    for name in ("title", "source", "author"):
        terms = _field(document, name)
        values[name] = Postings(terms.counts, terms.positions)
    borders = {
        f"{name}\t{key}": at
        for name, terms in document.fields.items()
        for key, at in terms.borders.items()
    }
    values[BORDERS] = Postings({}, borders)
    return values
