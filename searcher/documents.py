"""From documents to what an engine indexes: checked, analyzed many at a time, packed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from searcher.columns import Batch
from searcher.errors import DocumentError
from searcher.model import RUN_FIELDS, Document, ExtraValue
from searcher.stored import STORED_FIELDS, Packing
from searcher.stored.writing import pack
from searcher.text.batch import BatchAnalyzer, BatchTerms
from searcher.text.decode import storable
from searcher.text.judging import judge_many
from searcher.text.script.kind import script_many
from searcher.text.seenfields import SeenField, seen_fields
from searcher.text.words import Cutter


class Preparer:
    """Makes batches of documents; for one thread at a time.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> preparer = Preparer(RjiebaCutter(), Packing())
    >>> batch = preparer.prepare([Document("a", "脱贫攻坚")])
    >>> batch.ids, "".join(map(chr, batch.fields["body"].units))
    (('a',), '脱贫攻坚')
    """

    def __init__(self, cutter: Cutter, packing: Packing) -> None:
        self._analyzer = BatchAnalyzer(cutter)
        self._packing = packing

    def prepare(self, documents: Sequence[Document], first: int = 0) -> Batch:
        """Return *documents*, each of which has passed `check`, as an engine takes them.

        They are numbered from *first* on.
        """
        kept = [_storable(document) for document in documents]
        texts = {name: [getattr(each, name) for each in kept] for name in RUN_FIELDS}
        noises = judge_many(texts["title"], texts["body"])
        scripts = script_many([each.title + each.body for each in kept])
        terms = self._analyzer.analyze(texts, noises)
        stored = (
            pack(document, noise, script, fields, self._packing)
            for document, noise, script, fields in zip(
                kept, noises, scripts, _fields_to_store(terms, kept), strict=True
            )
        )
        return Batch(
            np.arange(first, first + len(kept), dtype=np.int64),
            tuple(each.id for each in kept),
            tuple(each.path for each in kept),
            tuple(stored),
            terms.names,
            terms.fields,
        )


def _fields_to_store(
    terms: BatchTerms, documents: Sequence[Document]
) -> Iterator[Mapping[str, SeenField]]:
    """Yield of each document the fields that are not empty, as `pack` takes them."""
    if not terms.stretches:
        yield from ({} for _ in documents)
    for stretch in terms.stretches:
        found = seen_fields(stretch.cleaned)
        of_stretch = documents[stretch.documents]
        for at, document in enumerate(of_stretch):
            yield {
                name: found[number * len(of_stretch) + at]
                for number, name in enumerate(stretch.fields)
                if name in STORED_FIELDS and getattr(document, name)
            }


def _storable(document: Document) -> Document:
    """Return *document* with U+FFFD for what UTF-8 cannot hold, one for one, so offsets stay."""
    texts = ("id", "path", *RUN_FIELDS, *(("date",) if document.date else ()))
    kept = {name: storable(getattr(document, name)) for name in texts}
    changed: dict[str, Any] = {name: text for name, (text, bad) in kept.items() if bad}
    extra = {storable(name)[0]: _storable_value(value) for name, value in document.extra.items()}
    if extra != document.extra:
        changed["extra"] = extra
    return replace(document, **changed) if changed else document


def _storable_value(value: ExtraValue) -> ExtraValue:
    if isinstance(value, list):
        return [storable(each)[0] for each in value]
    return storable(value)[0] if isinstance(value, str) else value


def check(document: Document) -> None:
    """Raise DocumentError unless every field of *document* has its type."""
    where = document.id if isinstance(document.id, str) else repr(document.id)
    for name in ("id", "path", *RUN_FIELDS):
        if not isinstance(getattr(document, name), str):
            raise DocumentError(where, f"{name} must be a string")
    if not document.id:
        raise DocumentError(document.path or "a document", "the id is empty")
    if not isinstance(document.date, str | None):
        raise DocumentError(where, "date must be a string or None")
    if not isinstance(document.extra, Mapping) or not _are_extra(document.extra):
        raise DocumentError(
            where, "extra must map names to str, float, bool, int of 64 bits or lists of str"
        )


def _are_extra(extra: Mapping[Any, Any]) -> bool:
    return all(
        isinstance(key, str)
        and (
            isinstance(value, str | float | bool)
            or (isinstance(value, int) and abs(value) < 2**63)
            or (isinstance(value, list) and all(isinstance(each, str) for each in value))
        )
        for key, value in extra.items()
    )
