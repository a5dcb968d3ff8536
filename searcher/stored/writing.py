"""Writing stored documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from searcher.model import Document, Noise, Script
from searcher.stored.blocks import BlockPacker, pack_blocks
from searcher.stored.edits import edits_between, pack_edits
from searcher.stored.layout import (
    ANNOTATIONS,
    BLOCKS,
    DICTIONARY,
    HUGE,
    LONG,
    LONG_HEAD,
    MARKUP,
    MOST_METADATA,
    PACKED,
    SCRIPT_BIT,
    SCRIPTS,
    SEEN,
    SHORT_HEAD,
    STORED_FIELDS,
)
from searcher.stored.packing import Packing, encoded
from searcher.text.seenfields import SeenField

_SMALL = 512
"""Bytes of metadata that are stored as they are."""


def pack(
    document: Document,
    noise: Noise,
    script: Script,
    fields: Mapping[str, SeenField],
    packing: Packing,
    units: Mapping[str, BlockPacker] = MappingProxyType({}),
) -> bytes:
    """Return *document* as bytes that `StoredDocument` reads with the same *packing*.

    *fields* has an entry for each of `STORED_FIELDS` that is not empty; those of a huge document
    may be in *units* instead, which have been packed already.
    """
    flags = SCRIPTS.index(script) << SCRIPT_BIT
    flags |= DICTIONARY * packing.has_dictionary
    flags |= ANNOTATIONS * noise.annotations | MARKUP * noise.markup
    metadata = _pack_metadata(document, packing)
    if len(document.title) + len(document.body) > HUGE:
        blobs: list[bytes] = []
        layouts = {
            name: units[name].close(text, blobs)
            if name in units
            else pack_blocks(text, fields[name].units(), packing, blobs)
            for name in STORED_FIELDS
            if (text := getattr(document, name))
        }
        layout = json.dumps(layouts).encode("ascii")
        return _huge(flags | BLOCKS | LONG, metadata, layout, packing, blobs)
    is_noisy = noise.annotations or noise.markup
    flags |= SEEN * (not is_noisy and all(each.is_seen for each in fields.values()))
    title, body = encoded(document.title), encoded(document.body)
    edits = _edits(document, fields) if is_noisy else b""
    frame = packing.compress(body + edits) if body or edits else b""
    if edits or len(title) > 0xFF or len(metadata) > 0xFF or len(body) > 0xFFFF:
        sizes = len(title), len(metadata), len(body), len(edits)
        head = LONG_HEAD.pack(flags | LONG, *sizes)
    else:
        head = SHORT_HEAD.pack(flags, len(title), len(metadata), len(body))
    return b"".join((head, title, metadata, frame))


def _edits(document: Document, fields: Mapping[str, SeenField]) -> bytes:
    texts = {name: getattr(document, name) for name in STORED_FIELDS}
    return b"".join(
        pack_edits(edits_between(text, fields[name].mapped()) if text else ())
        for name, text in texts.items()
    )


def _huge(
    flags: int, metadata: bytes, layout: bytes, packing: Packing, blobs: Sequence[bytes]
) -> bytes:
    frame = packing.compress(layout)
    head = LONG_HEAD.pack(flags, 0, len(metadata), len(layout), len(frame))
    return b"".join((head, metadata, frame, *blobs))


def _pack_metadata(document: Document, packing: Packing) -> bytes:
    """Return date, source, author and extra as JSON, packed where that is long."""
    values = document.date, document.source, document.author, dict(document.extra)
    if not any(values) and document.date is None:
        return b""
    raw = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    if not _SMALL < len(raw) <= MOST_METADATA:
        return raw
    return PACKED + len(raw).to_bytes(4, "little") + packing.compress(raw)
