"""Reading stored documents: title and metadata at once, the body when asked.

Nothing is unpickled, and every length is checked before it is used.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from searcher.errors import IndexCorruptError
from searcher.model import Document, ExtraValue, MappedText, Noise, Script
from searcher.properties import cached_property
from searcher.stored.blocks import BlockField
from searcher.stored.edits import edited, unpack_edits
from searcher.stored.layout import (
    ANNOTATIONS,
    BLOCKS,
    DICTIONARY,
    LONG,
    LONG_HEAD,
    MARKUP,
    MOST_EDITS,
    MOST_LAYOUT,
    MOST_METADATA,
    MOST_TEXT,
    PACKED,
    SCRIPT_BIT,
    SCRIPTS,
    SEEN,
    SHORT_HEAD,
    STORED_FIELDS,
)
from searcher.stored.packing import Packing, decoded


class Metadata(NamedTuple):
    """What is stored of a document beside title and body."""

    date: str | None
    source: str
    author: str
    extra: Mapping[str, ExtraValue]


_OBJECTS = 1000
"""Bytes that go with a document beside its text."""

_JSON = json.JSONDecoder()
_NO_METADATA = Metadata(None, "", "", MappingProxyType({}))


class StoredDocument:
    """A stored document: its title and metadata at hand, its body when asked.

    Raises:
        IndexCorruptError: the bytes are not what `pack` made, or of another *packing*.
    """

    def __init__(self, raw: bytes, packing: Packing) -> None:
        self._raw = raw
        self._packing = packing
        try:
            self._flags = flags = raw[0]
            if flags & LONG:
                _, title, metadata, self._body_size, self._edits_size = LONG_HEAD.unpack_from(raw)
                self._title_at = LONG_HEAD.size
            else:
                _, title, metadata, self._body_size = SHORT_HEAD.unpack_from(raw)
                self._edits_size = 0
                self._title_at = SHORT_HEAD.size
        except (struct.error, IndexError) as error:
            raise IndexCorruptError("a stored document is damaged (it is cut off)") from error
        self._metadata_at = self._title_at + title
        self._frame_at = self._metadata_at + metadata
        if self._frame_at > len(raw):
            raise IndexCorruptError("a stored document is damaged (it is cut off)")
        if flags & DICTIONARY and not packing.has_dictionary:
            raise IndexCorruptError("the dictionary of the stored documents is missing")

    # ------------------------------------------------------------ metadata

    @property
    def metadata(self) -> Metadata:
        """Date, source, author and what else the caller added."""
        if self._metadata_at == self._frame_at:
            return _NO_METADATA
        raw = self._raw[self._metadata_at : self._frame_at]
        if raw[:1] == PACKED:
            size = int.from_bytes(raw[1:5], "little")
            if size > MOST_METADATA:
                raise IndexCorruptError("a stored document is damaged (it is too long)")
            raw = self._packing.expand(raw[5:], size)
        return Metadata(*_JSON.decode(str(raw, "utf-8")))

    @property
    def script(self) -> Script:
        """The script most of the text is written in."""
        return SCRIPTS[self._flags >> SCRIPT_BIT]

    @property
    def noise(self) -> Noise:
        """The decision over the whole document that its cleaning was made with."""
        return Noise(bool(self._flags & ANNOTATIONS), bool(self._flags & MARKUP))

    @property
    def is_noisy(self) -> bool:
        """Whether there was any noise."""
        return bool(self._flags & (ANNOTATIONS | MARKUP))

    # ------------------------------------------------------------ text

    @property
    def is_seen(self) -> bool:
        """Whether title and body are seen text (`searcher.text.seen`)."""
        return bool(self._flags & SEEN)

    @property
    def is_huge(self) -> bool:
        """Whether title and body are `blocks`; else they are `texts`."""
        return bool(self._flags & BLOCKS)

    @property
    def weight(self) -> int:
        """About how many bytes of memory a document that is not huge takes once it was read."""
        return _OBJECTS + len(self._raw) + int(self._body_size) + int(self._edits_size)

    @property
    def title(self) -> str:
        """The title; may be empty."""
        return self._block_text("title") if self.is_huge else decoded(self.title_bytes)

    @property
    def body(self) -> str:
        """The whole body; may be empty."""
        return self._block_text("body") if self.is_huge else decoded(self.body_bytes)

    @property
    def title_bytes(self) -> bytes:
        """The title of a document that is not huge, in UTF-16."""
        return self._raw[self._title_at : self._metadata_at]

    @property
    def body_bytes(self) -> bytes:
        """The body of a document that is not huge, in UTF-16."""
        return self._content[: self._body_size] if self._edits_size else self._content

    @cached_property
    def _content(self) -> bytes:
        """The body and behind it the edits."""
        frame, size = self._raw[self._frame_at :], self._body_size + self._edits_size
        if not frame and not size:
            return b""
        if self._body_size > MOST_TEXT or self._edits_size > MOST_EDITS:
            raise IndexCorruptError("a stored document is damaged (it is too long)")
        return self._packing.expand(frame, size)

    def mapped(self) -> dict[str, MappedText]:
        """Return the clean texts of title and body of a noisy document; of others none."""
        if not self._edits_size:
            return {}
        raw = self._content[self._body_size :]
        found = {}
        for name in STORED_FIELDS:
            edits, raw = unpack_edits(raw)
            text = getattr(self, name)
            if text:
                found[name] = edited(text, edits)
        return found

    @cached_property
    def blocks(self) -> Mapping[str, BlockField]:
        """Title and body of a huge document, where they are not empty."""
        raw, at = memoryview(self._raw), self._frame_at + self._edits_size
        if self._body_size > MOST_LAYOUT:
            raise IndexCorruptError("a stored document is damaged (it is too long)")
        layouts = json.loads(self._packing.expand(raw[self._frame_at : at], self._body_size))
        found = {}
        for name, layout in layouts.items():
            found[name] = BlockField(name, layout, raw, at, self._packing)
            at = found[name].stop
        return found

    def _block_text(self, name: str) -> str:
        return self.blocks[name].text() if name in self.blocks else ""

    def document(self, document_id: str, path: str) -> Document:
        """Return the document as it was given; the engine keeps its id and its path."""
        date, source, author, extra = self.metadata
        return Document(
            id=document_id,
            body=self.body,
            title=self.title,
            date=date,
            source=source,
            author=author,
            path=path,
            extra=dict(extra),
        )
