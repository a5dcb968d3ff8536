"""The manifest of a generation: how it was made, and the size and checksum of every file.

The reader is strict, because a manifest may come from a stranger or a bad disk: types, sizes and
names are checked before anything is done with them, and every fault is a named error.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from searcher.arguments import KEEP
from searcher.errors import IndexCorruptError, IndexFormatError
from searcher.generations.layout import (
    MANIFEST,
    MANIFEST_NEW,
    MARKER,
    MEND,
    UNPUBLISHED,
    is_folder_name,
)

FORMAT = 2
MANIFEST_LIMIT = 16 * 1024 * 1024
"""Bytes; a manifest has some 150 for each file and the paths of its roots."""

_TEXT_LIMIT = 1_000
_NUMBER_LIMIT = 2**63
_FILE_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.+-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSEALED = "--------"
"""Stands for the checksum of a manifest while that is taken."""

_SEAL = re.compile(rb'"crc32": "[0-9a-f-]{8}"')
"""The first one is the manifest's own: nothing comes before it but the format."""


class FileEntry(NamedTuple):
    """One file of a generation: its size in bytes, its SHA-256 in hexadecimal, and its CRC-32.

    The CRC is for whoever opens it: it costs next to nothing, and small files have no other.
    """

    size: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a generation was made and what it holds.

    ``schema`` is the engine's version of its fields, ``fingerprint`` the analyzer's; the two and
    ``engine`` decide whether a program can read it.  ``user_dictionary`` is a hash or None.
    ``job`` is opaque but for ``keep``: the roots and options by which the build can be repeated.
    ``counts`` has ``documents`` at least.  `searcher.generations.Draft.seal` fills in the rest:
    ``id``, which is its own generation's, ``created`` (UTC, ISO 8601), ``files``, and
    ``previous``, the id of the generation that this one took the place of, if any.
    """

    made_by: str
    engine: str
    schema: int
    fingerprint: str
    user_dictionary: str | None
    job: Mapping[str, Any]
    counts: Mapping[str, int]
    id: str = ""
    created: str = ""
    previous: str | None = None
    files: Mapping[str, FileEntry] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """The size of all engine files together."""
        return sum(entry.size for entry in self.files.values())

    @property
    def keep(self) -> int:
        """How many generations the last build was told to keep, or the usual number."""
        told = self.job.get("keep")
        return told if isinstance(told, int) and told > 0 else KEEP


def is_file_name(name: str) -> bool:
    """Return whether *name* may stand in a manifest: a plain base name, none of our own.

    >>> is_file_name("MAIN_0.post"), is_file_name("../CURRENT"), is_file_name("manifest.json")
    (True, False, False)
    """
    ours = (MANIFEST, MANIFEST_NEW, MARKER, UNPUBLISHED)
    return _FILE_NAME.fullmatch(name) is not None and name not in ours


# ---------------------------------------------------------------- writing


def to_json(manifest: Manifest) -> bytes:
    """Return *manifest* as UTF-8 JSON for people to read; `from_json` gives it back.

    Raises:
        TypeError, ValueError: something in it is not JSON, or it is too long to be read again.
    """
    record = {"format": FORMAT, "crc32": _UNSEALED, **asdict(manifest)}
    record["files"] = {name: entry._asdict() for name, entry in manifest.files.items()}
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    # The path of a root may hold bytes that are no text, kept by Python as lone surrogates, which
    # UTF-8 has no form for.  Their backslash form is exactly JSON's escape.
    raw = text.encode("utf-8", "backslashreplace")
    if len(raw) > MANIFEST_LIMIT:
        raise ValueError(f"a manifest of {len(raw)} bytes; at most {MANIFEST_LIMIT} can be read")
    return sealed(raw)


def sealed(raw: bytes) -> bytes:
    """Return a manifest with its own checksum in its place.

    Raises:
        ValueError: there is no place for one.
    """
    unsealed, found = _SEAL.subn(f'"crc32": "{_UNSEALED}"'.encode(), raw, 1)
    if not found:
        raise ValueError("no checksum")
    return unsealed.replace(_UNSEALED.encode(), f"{zlib.crc32(unsealed):08x}".encode(), 1)


# ---------------------------------------------------------------- reading


def from_json(raw: bytes, where: Path) -> Manifest:
    """Return the manifest in *raw*, read from the file *where*.

    Keys that this version does not know are passed over: only a new format number may change
    the meaning of those it knows.

    Raises:
        IndexFormatError: another format number.
        IndexCorruptError: anything that no version of ours wrote.
    """
    try:
        record = _object(json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant))
        _check_format(record, where)
        if raw != sealed(raw):
            raise ValueError("its checksum is another")
        return Manifest(**{name: _field(record, name) for name in _READERS})
    except (ValueError, RecursionError) as error:
        raise IndexCorruptError(f"{where}: damaged ({error}); {MEND}") from error


def _check_format(record: Mapping[str, Any], where: Path) -> None:
    number = _count(record.get("format"))
    if number != FORMAT:
        raise IndexFormatError(
            f"{where}: has index format {number}, this searcher reads {FORMAT}; use the searcher "
            "that made it, or build again: searcher build PATH…"
        )


def _field(record: Mapping[str, Any], name: str) -> Any:
    try:
        return _READERS[name](record.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT or not value.isprintable():
        raise ValueError(f"not one printable line of at most {_TEXT_LIMIT} characters")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _NUMBER_LIMIT:
        raise ValueError("not a whole number from 0 to 2⁶³ - 1")
    return value


def _counts(value: object) -> dict[str, int]:
    counts = {_text(name): _count(number) for name, number in _object(value).items()}
    if "documents" not in counts:
        raise ValueError("no documents")
    return counts


def _moment(value: object) -> str:
    if datetime.fromisoformat(_text(value)).tzinfo is None:
        raise ValueError("no time zone")
    return str(value)


def _generation(value: object) -> str:
    if isinstance(value, str) and is_folder_name(f"gen-{value}"):
        return value
    raise ValueError("not the id of a generation")


def _generation_or_none(value: object) -> str | None:
    return None if value is None else _generation(value)


def _files(value: object) -> dict[str, FileEntry]:
    return {_file_name(name): _entry(entry) for name, entry in _object(value).items()}


def _file_name(name: str) -> str:
    if not is_file_name(name):
        raise ValueError(f"{name[:80]!r} is not a plain file name")
    return name


def _entry(value: object) -> FileEntry:
    record = _object(value)
    size, sha256 = _count(record.get("size")), record.get("sha256")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256 in hexadecimal")
    crc32 = _count(record.get("crc32"))
    if crc32 >= 1 << 32:
        raise ValueError("not a CRC-32")
    return FileEntry(size, sha256, crc32)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "made_by": _text,
    "engine": _text,
    "schema": _count,
    "fingerprint": _text,
    "user_dictionary": _text_or_none,
    "job": _object,
    "counts": _counts,
    "id": _generation,
    "created": _moment,
    "previous": _generation_or_none,
    "files": _files,
}
