"""From documents to what an engine indexes: checked, analyzed many at a time, packed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from searcher.columns import DIGEST, Batch
from searcher.errors import DocumentError
from searcher.model import RUN_FIELDS, Document, ExtraValue
from searcher.preparing.metadata import days_of, figure_columns, text_columns
from searcher.stored import STORED_FIELDS, Packing
from searcher.stored.writing import pack
from searcher.text.batch import BatchAnalyzer, BatchTerms
from searcher.text.decode import storable
from searcher.text.judging import judge_many
from searcher.text.script.kind import script_many
from searcher.text.seenfields import SeenField, seen_fields
from searcher.text.words import Cutter


class Incoming(NamedTuple):
    """A document on its way into an index, and where it comes from.

    ``origin`` is the name of the root of a plain file, the id of the file of a JSONL record, and
    empty for what a program gave.
    """

    document: Document
    origin: str = ""


class Preparer:
    """Makes batches of documents; for one thread at a time.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> preparer = Preparer(RjiebaCutter(), Packing())
    >>> batch = preparer.prepare([Incoming(Document("a", "脱贫攻坚"))])
    >>> batch.ids, "".join(map(chr, batch.fields["body"].units))
    (('a',), '脱贫攻坚')
    """

    def __init__(self, cutter: Cutter, packing: Packing) -> None:
        self._analyzer = BatchAnalyzer(cutter)
        self._packing = packing

    def prepare(self, incoming: Sequence[Incoming], first: int = 0) -> Batch:
        """Return documents, each of which has passed `check`, as an engine takes them.

        They are numbered from *first* on.
        """
        kept = [_storable(each.document) for each in incoming]
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
            np.frombuffer(b"".join(map(_digest, kept)), np.uint8).reshape(-1, DIGEST),
            days_of([each.date for each in kept]),
            text_columns(kept, [each.origin for each in incoming], scripts),
            figure_columns(kept),
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


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def digest(document: Document) -> bytes:
    """Return 16 bytes that tell a document from any other version of it.

    They depend on all that an index keeps of it but its id.

    >>> one, other = Document("a", "脱贫"), Document("b", "脱贫")
    >>> digest(one) == digest(other), digest(one) == digest(replace(one, title="攻坚"))
    (True, False)
    """
    return _digest(_storable(document))


def _digest(document: Document) -> bytes:
    """Return the digest of a storable document.

    Texts stand in a row behind their lengths, so that none can pass for a part of another.
    """
    texts = document.path, document.title, document.source, document.author, document.body
    form = _canonical((document.date, dict(document.extra), *map(len, texts)))
    return blake2b("".join((form, *texts)).encode("utf-8"), digest_size=DIGEST).digest()


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
