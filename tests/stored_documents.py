"""Documents as they are stored, for tests."""

from __future__ import annotations

from searcher.model import Document, Noise, Script
from searcher.stored import STORED_FIELDS, Packing, StoredDocument
from searcher.stored.writing import pack
from searcher.text.clean import judge
from searcher.text.cleancolumns import clean_many
from searcher.text.seenfields import seen_fields

PLAIN = Packing()


def packed(
    document: Document,
    packing: Packing = PLAIN,
    script: Script = "hant",
    noise: Noise | None = None,
) -> bytes:
    """Return *document* as a build stores it."""
    noise = judge(document.title, document.body) if noise is None else noise
    names = [name for name in STORED_FIELDS if getattr(document, name)]
    cleaned = clean_many([getattr(document, name) for name in names], [noise] * len(names))
    fields = dict(zip(names, seen_fields(cleaned), strict=True))
    return pack(document, noise, script, fields, packing)


def stored(document: Document, packing: Packing = PLAIN) -> StoredDocument:
    """Return *document* as it is read again."""
    return StoredDocument(packed(document, packing), packing)
