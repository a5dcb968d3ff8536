"""From documents to what an engine indexes: checked, analyzed many at a time, packed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from searcher.columns import DIGEST, Batch, unit_keys
from searcher.errors import DocumentError
from searcher.model import RUN_FIELDS, Document, Noise
from searcher.preparing.metadata import days_of, figure_columns, text_columns
from searcher.stored import STORED_FIELDS, Packing
from searcher.stored.blocks import BlockPacker
from searcher.stored.layout import HUGE
from searcher.stored.writing import pack
from searcher.text.batch import BatchAnalyzer, BatchTerms, Stretch
from searcher.text.cleancolumns import clean_many
from searcher.text.codes import LONG
from searcher.text.judging import judge_many
from searcher.text.pieces import PieceColumns
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
        """Return documents, each of which is as `keeping.kept` makes it, as an engine takes them.

        They are numbered from *first* on.
        """
        kept = [each.document for each in incoming]
        texts = {name: [getattr(each, name) for each in kept] for name in RUN_FIELDS}
        noises = judge_many(texts["title"], texts["body"])
        scripts = script_many([each.title + each.body for each in kept])
        packers = _Packers(self._packing)
        terms = self._analyzer.analyze(texts, noises, packers.add)
        fields = _fields_to_store(terms, kept, noises)
        units = (packers.take(at) if at in terms.long else {} for at in range(len(kept)))
        stored = tuple(
            pack(document, noise, script, of_document, self._packing, of_long)
            for document, noise, script, of_document, of_long in zip(
                kept, noises, scripts, fields, units, strict=True
            )
        )
        return Batch(
            np.arange(first, first + len(kept), dtype=np.int64),
            tuple(each.id for each in kept),
            tuple(each.path for each in kept),
            stored,
            terms.names,
            terms.fields,
            np.frombuffer(b"".join(map(digest, kept)), np.uint8).reshape(-1, DIGEST),
            days_of([each.date for each in kept]),
            text_columns(kept, [each.origin for each in incoming], scripts),
            figure_columns(kept),
        )


class _Packers:
    """Packs the units of long documents while these are analyzed, piece by piece."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._found: dict[tuple[int, str], BlockPacker] = {}

    def add(self, number: int, field: str, piece: PieceColumns) -> None:
        """Take a piece of a field of document *number* of the batch."""
        if field in STORED_FIELDS:
            packer = self._found.setdefault((number, field), BlockPacker(self._packing))
            keys = unit_keys(piece.codes.tolist(), piece.names)
            packer.add(keys, piece.start, piece.end)

    def take(self, number: int) -> Mapping[str, BlockPacker]:
        """Return what was packed of a long document, which is let go of."""
        return {
            name: self._found.pop((number, name), BlockPacker(self._packing))
            for name in STORED_FIELDS
        }


def _fields_to_store(
    terms: BatchTerms, documents: Sequence[Document], noises: Sequence[Noise]
) -> Iterator[Mapping[str, SeenField]]:
    """Yield of each document the fields that are not empty, as `pack` takes them; of a long one
    those of which it takes no packed units.
    """
    stretches = {stretch.documents.start: stretch for stretch in terms.stretches}
    at = 0
    while at < len(documents):
        stretch = stretches.get(at)
        if stretch is None:
            yield _fields_alone(documents[at], noises[at])
            at += 1
        else:
            yield from _fields_of(stretch, documents[stretch.documents])
            at = stretch.documents.stop


def _fields_of(
    stretch: Stretch, documents: Sequence[Document]
) -> Iterator[Mapping[str, SeenField]]:
    found = seen_fields(stretch.cleaned)
    for at, document in enumerate(documents):
        yield {
            name: found[number * len(documents) + at]
            for number, name in enumerate(stretch.fields)
            if name in STORED_FIELDS and getattr(document, name)
        }


def _fields_alone(document: Document, noise: Noise) -> Mapping[str, SeenField]:
    names = [name for name in STORED_FIELDS if getattr(document, name)]
    texts = [getattr(document, name) for name in names]
    if not 0 < sum(map(len, texts)) <= HUGE:
        return {}
    return dict(zip(names, seen_fields(clean_many(texts, [noise] * len(names))), strict=True))


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def digest(document: Document) -> bytes:
    """Return 16 bytes that tell a document from any other version of it.

    They depend on all that an index keeps of it but its id; it is as `keeping.kept` makes it.

    >>> one, other = Document("a", "脱贫"), Document("b", "脱贫")
    >>> digest(one) == digest(other), digest(one) == digest(Document("a", "脱贫", "攻坚"))
    (True, False)
    """
    # Texts stand in a row behind their lengths, so that none can pass for a part of another.
    texts = document.path, document.title, document.source, document.author, document.body
    form = _canonical((document.date, dict(document.extra), *map(len, texts)))
    if sum(map(len, texts)) <= LONG:
        return blake2b("".join((form, *texts)).encode("utf-8"), digest_size=DIGEST).digest()
    found = blake2b(form.encode("utf-8"), digest_size=DIGEST)
    for text in texts:
        for at in range(0, len(text), LONG):
            found.update(text[at : at + LONG].encode("utf-8"))
    return found.digest()


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
