"""Stored documents: the original, its metadata and the place of every unit, as plain bytes.

The text and the unit map are cut into blocks of `BLOCK`, each compressed on its own, so that a
passage of a huge document is read without reading all of it.  Nothing is pickled, and every
length is checked before it is used.
"""

from __future__ import annotations

import json
import re
import zlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from searcher.errors import IndexCorruptError
from searcher.model import Document, ExtraValue, Noise, Script, Units

BLOCK = 65_536
"""Characters of text, or units, per compressed block."""

STORED_FIELDS = ("title", "body")
"""Fields with a text of their own and a unit map; the others are short and live in the header."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Analyzed:
    """What is stored of a document besides itself."""

    noise: Noise
    script: Script
    units: Mapping[str, Units]


def pack(document: Document, analyzed: Analyzed) -> bytes:
    """Return *document* and its unit maps as bytes that `StoredDocument` reads.

    >>> units = Units(["文"], [0], [1])
    >>> raw = pack(Document("a", "文"), Analyzed(Noise(), "none", {"body": units}))
    >>> StoredDocument(raw).document.body
    '文'
    """
    blobs: list[bytes] = []
    fields = {}
    for name in STORED_FIELDS:
        text = getattr(document, name)
        if text:
            fields[name] = _pack_field(text, analyzed.units[name], blobs)
    header = {
        "id": document.id,
        "date": document.date,
        "source": document.source,
        "author": document.author,
        "path": document.path,
        "extra": dict(document.extra),
        "script": analyzed.script,
        "noise": [analyzed.noise.annotations, analyzed.noise.markup],
        "fields": fields,
    }
    head = zlib.compress(json.dumps(header, ensure_ascii=False).encode("utf-8"), _LEVEL)
    return b"".join([len(head).to_bytes(4, "little"), head, *blobs])


def _pack_field(text: str, units: Units, blobs: list[bytes]) -> dict[str, Any]:
    blocks = range(0, len(text), BLOCK)
    unit_blocks = range(0, len(units.keys), BLOCK)
    line_starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    before = [bisect_right(line_starts, at) - 1 for at in blocks]
    texts = [zlib.compress(text[at : at + BLOCK].encode("utf-8"), _LEVEL) for at in blocks]
    keys = [
        zlib.compress("\0".join(units.keys[at : at + BLOCK]).encode("utf-8"), _LEVEL)
        for at in unit_blocks
    ]
    maps = [_pack_map(units, at) for at in unit_blocks]
    blobs.extend([*texts, *keys, *maps])
    return {
        "chars": len(text),
        "units": len(units.keys),
        "lines": [[number, line_starts[number]] for number in before],
        "texts": [len(blob) for blob in texts],
        "keys": [len(blob) for blob in keys],
        "maps": [len(blob) for blob in maps],
    }


def _pack_map(units: Units, at: int) -> bytes:
    """Return the spans of a block of units: gaps and lengths, nearly all 0 and 1."""
    start = np.asarray(units.start[at : at + BLOCK], dtype="<i4")
    end = np.asarray(units.end[at : at + BLOCK], dtype="<i4")
    gaps = start - np.concatenate([[0], end[:-1]])
    return zlib.compress(np.concatenate([gaps, end - start]).astype("<i4").tobytes(), _LEVEL)


class StoredField:
    """One field of a stored document, read block by block.

    It is the `FieldText` that snippets are cut from.
    """

    def __init__(self, name: str, layout: Mapping[str, Any], raw: memoryview, at: int) -> None:
        self.name = name
        self.length: int = layout["chars"]
        self.unit_count: int = layout["units"]
        self._lines: list[tuple[int, int]] = layout["lines"]
        self._raw = raw
        self._places: dict[str, list[tuple[int, int]]] = {}
        for kind in ("texts", "keys", "maps"):
            self._places[kind] = []
            for size in layout[kind]:
                self._places[kind].append((at, size))
                at += size
        self.stop = at
        self._texts: dict[int, str] = {}
        self._key_texts: dict[int, str] = {}
        self._spans: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = {}

    def text(self) -> str:
        """Return the whole original."""
        return "".join(self._text(block) for block in range(len(self._places["texts"])))

    def slice(self, start: int, end: int) -> str:
        """Return ``original[start:end]``, decompressing only the blocks it lies in."""
        if start >= end:
            return ""
        first, last = start // BLOCK, (min(end, self.length) - 1) // BLOCK
        text = "".join(self._text(block) for block in range(first, last + 1))
        return text[start - first * BLOCK : end - first * BLOCK]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of *offset*, in characters."""
        if not self._lines:
            return 1, 1
        block = min(offset // BLOCK, len(self._lines) - 1)
        number, line_start = self._lines[block]
        begin = block * BLOCK
        ends = [found.end() for found in _LINE_END.finditer(self.slice(begin, offset))]
        if ends:
            number, line_start = number + len(ends), begin + ends[-1]
        return number + 1, offset - line_start + 1

    @property
    def unit_blocks(self) -> int:
        """How many blocks of units there are."""
        return len(self._places["keys"])

    def spans(
        self, firsts: Sequence[int] | npt.NDArray[np.int64], length: int
    ) -> list[tuple[int, int]]:
        """Return the original spans of the runs of *length* units that begin at *firsts*."""
        at = np.asarray(firsts, dtype=np.int64)
        starts, ends = self._ends(at, 0), self._ends(at + (length - 1), 1)
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    def holds(self, block: int, unit: str) -> bool:
        """Tell whether a block has *unit* among its keys."""
        return f"\0{unit}\0" in self._keys(block)

    def positions_in(self, block: int, unit: str) -> list[int]:
        """Return the positions of *unit* in a block, ascending."""
        if not self.holds(block, unit):
            return []
        keys = self._keys(block)[1:-1].split("\0")
        return [block * BLOCK + at for at, key in enumerate(keys) if key == unit]

    def _ends(self, at: npt.NDArray[np.int64], which: int) -> npt.NDArray[np.int64]:
        """Return the starts (0) or ends (1) of the units at ascending positions."""
        blocks = at // BLOCK
        found = np.empty(len(at), dtype=np.int64)
        for block in np.unique(blocks).tolist():
            own = blocks == block
            found[own] = self._map(block)[which][at[own] - block * BLOCK]
        return found

    def _keys(self, block: int) -> str:
        """Return the keys of a block, NUL before and behind each."""
        if block not in self._key_texts:
            text = self._read("keys", block, BLOCK * 1024).decode("utf-8")
            self._key_texts[block] = f"\0{text}\0"
        return self._key_texts[block]

    def _text(self, block: int) -> str:
        if block not in self._texts:
            self._texts[block] = self._read("texts", block, BLOCK * 4).decode("utf-8")
        return self._texts[block]

    def _map(self, block: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        if block not in self._spans:
            both = np.frombuffer(self._read("maps", block, BLOCK * 8), dtype="<i4").astype("i8")
            gaps, lengths = both[: len(both) // 2], both[len(both) // 2 :]
            end = np.cumsum(gaps + lengths)
            self._spans[block] = end - lengths, end
        return self._spans[block]

    def _read(self, kind: str, block: int, most: int) -> bytes:
        at, size = self._places[kind][block]
        return _decompress(self._raw[at : at + size], most)


class StoredDocument:
    """A stored document: its metadata at once, its text and unit maps when asked.

    Raises:
        IndexCorruptError: the bytes are not what `pack` made.
    """

    def __init__(self, raw: bytes) -> None:
        view = memoryview(raw)
        size = int.from_bytes(view[:4], "little")
        if size + 4 > len(view):
            raise IndexCorruptError("a stored document is cut off; run: searcher build PATH…")
        header = json.loads(_decompress(view[4 : 4 + size], 1 << 26))
        self._header: dict[str, Any] = header
        self.fields: dict[str, StoredField] = {}
        at = 4 + size
        for name, layout in header["fields"].items():
            self.fields[name] = StoredField(name, layout, view, at)
            at = self.fields[name].stop

    @property
    def id(self) -> str:
        """The document's id."""
        return cast("str", self._header["id"])

    @property
    def path(self) -> str:
        """Where the document came from; may be empty."""
        return cast("str", self._header["path"])

    @property
    def date(self) -> str | None:
        """``YYYY[-MM[-DD]]`` or None."""
        return cast("str | None", self._header["date"])

    @property
    def source(self) -> str:
        """Who published the document; may be empty."""
        return cast("str", self._header["source"])

    @property
    def author(self) -> str:
        """Who wrote the document; may be empty."""
        return cast("str", self._header["author"])

    @property
    def script(self) -> Script:
        """The script most of the text is written in."""
        return cast("Script", self._header["script"])

    @property
    def extra(self) -> Mapping[str, ExtraValue]:
        """The fields the caller added."""
        return cast("Mapping[str, ExtraValue]", self._header["extra"])

    @property
    def noise(self) -> Noise:
        """The decision over the whole document that its cleaning was made with."""
        return Noise(*self._header["noise"])

    @cached_property
    def title(self) -> str:
        """The title; may be empty."""
        return self.fields["title"].text() if "title" in self.fields else ""

    @property
    def document(self) -> Document:
        """The document as it was given."""
        body = self.fields["body"].text() if "body" in self.fields else ""
        return Document(
            id=self.id,
            body=body,
            title=self.title,
            date=self.date,
            source=self.source,
            author=self.author,
            path=self.path,
            extra=self.extra,
        )


def _decompress(raw: memoryview, most: int) -> bytes:
    """Return the decompressed bytes, never more than *most* of them."""
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(raw, most)
    except zlib.error as error:
        raise IndexCorruptError(f"a stored document is damaged ({error})") from error
    if not inflate.eof:
        raise IndexCorruptError("a stored document is damaged or too long")
    return data
