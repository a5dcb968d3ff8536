"""Files made to deceive: checksums right, contents absurd, or pickles that would run code."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from probing import asked, unnamed

from searcher.engines.whoosh_.files.container import Container, ContainerWriter
from searcher.errors import IndexCorruptError
from searcher.generations.manifest import sealed

ABSURD = (2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1)
"""Lengths that no machine has the memory for, or that are negative to whom reads them signed."""

HEAD = struct.Struct("<8sIIQI32xI")
"""The head of a container, as `searcher.engines.whoosh_.files.container` describes it."""


class Forgery(NamedTuple):
    """What is forged in the container ``name``.

    ``head``: field number ``place`` of the head; ``extent``, ``note``: the place-th number in
    the table, in its sections or its notes; ``word``: 4 or 8 bytes at a place of a section, by
    ``[section, offset, size]``.  ``value`` is put there.
    """

    name: str
    what: str
    place: Any
    value: int


# ---------------------------------------------------------------- numbers in JSON


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every whole number in a JSON value."""
    if type(value) is int:
        yield path
    pairs = value.items() if isinstance(value, dict) else ()
    for key, each in pairs if not isinstance(value, list) else enumerate(value):
        yield from places(each, (*path, key))


def put(value: Any, path: Sequence[Any], number: int) -> None:
    """Put *number* in the place *path* of a JSON value."""
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = number


# ---------------------------------------------------------------- containers


def table_of(path: Path) -> dict[str, Any]:
    """Return the table at the end of a container."""
    raw = path.read_bytes()
    _, _, length, data, _, _ = HEAD.unpack(raw[: HEAD.size])
    table: dict[str, Any] = json.loads(raw[HEAD.size + data :][:length])
    return table


def is_container(path: Path) -> bool:
    """Tell whether a file is a container."""
    return path.read_bytes()[:8] == b"columns\n"


def forgeries(folder: Path) -> Iterator[Forgery]:
    """Yield everything that can be forged in the containers of a generation."""
    for path in sorted(folder.iterdir()):
        if not is_container(path):
            continue
        table = table_of(path)
        words = [
            (name, offset, size)
            for name, (_, length) in table["sections"].items()
            for offset, size in ((0, 4), (0, 8), (length - 8, 8))
            if 0 <= offset <= length - size
        ]
        yield from (Forgery(path.name, "head", at, value) for value in ABSURD for at in (2, 3))
        for value in ABSURD[1::2]:
            yield from (Forgery(path.name, "note", at, value) for at in places(table["notes"]))
        for value in (2**31, 2**62):
            yield from (
                Forgery(path.name, "extent", at, value) for at in places(table["sections"])
            )
        yield from (Forgery(path.name, "word", word, 2**62 + 2**32 - 1) for word in words)


def forge(path: Path, forgery: Forgery) -> None:
    """Change a container so that its own checksums are right again."""
    raw = path.read_bytes()
    magic, version, length, size, _, _ = HEAD.unpack(raw[: HEAD.size])
    data, tail = bytearray(raw[HEAD.size :][:size]), raw[HEAD.size + size :]
    table = json.loads(tail[:length])
    if forgery.what in ("extent", "note"):
        part = "sections" if forgery.what == "extent" else "notes"
        put(table[part], forgery.place, forgery.value)
    elif forgery.what == "word":
        section, offset, width = forgery.place
        at = table["sections"][section][0] + offset
        data[at : at + width] = (forgery.value % (1 << 8 * width)).to_bytes(width, "little")
    fields = [magic, version, 0, size, 0]
    if forgery.what == "head" and forgery.place == 3:
        fields[3] = forgery.value
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    blocks = range(0, len(data), 1 << 16)
    tail = text + b"".join(
        struct.pack("<I", zlib.crc32(data[at : at + (1 << 16)])) for at in blocks
    )
    fields[2], fields[4] = len(text), zlib.crc32(tail)
    if forgery.what == "head" and forgery.place == 2:
        fields[2] = min(forgery.value, 2**32 - 1)
    head = HEAD.pack(*fields, 0)[:-4]
    path.write_bytes(head + struct.pack("<I", zlib.crc32(head)) + data + tail)


def reseal(folder: Path, name: str) -> None:
    """Make a segment's last file vouch for a forged one, and the manifest for all of them."""
    stem, _, extension = name.partition(".")
    terms = folder / f"{stem}.terms"
    if extension != "terms" and terms.exists():
        with suppress(IndexCorruptError):
            seal = Container.open(folder / name).seal
            table = table_of(terms)
            if extension in table["notes"].get("seals", {}):
                forge(terms, Forgery(terms.name, "note", ("seals", extension), seal))
    vouch(folder)


def vouch(folder: Path) -> None:
    """Make the manifest say what the files are now."""
    path = folder / "manifest.json"
    record = json.loads(path.read_bytes())
    for name in record["files"]:
        content = (folder / name).read_bytes()
        record["files"][name] = {
            **record["files"][name],
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "crc32": zlib.crc32(content),
        }
    path.write_bytes(sealed(json.dumps(record).encode()))


# ---------------------------------------------------------------- in a child


def ask_forged(home: str, folder: str, forged: Sequence[Sequence[Any]]) -> list[str]:
    """Make each forgery in turn, ask everything, and return what was wrong.

    Behind right checksums an answer may be as wrong as it likes; what it must not do is fail in
    other ways than by our errors, or take memory.
    """
    place = Path(folder)
    kept = {path: path.read_bytes() for path in place.iterdir()}
    asked(Path(home))
    wrong = []
    for each in forged:
        forgery = Forgery(*each)
        forge(place / forgery.name, forgery)
        reseal(place, forgery.name)
        wrong += [f"{forgery}: {what}" for what in unnamed(asked(Path(home), cli=True))]
        for path, content in kept.items():
            path.unlink()
            path.write_bytes(content)
    return wrong


# ---------------------------------------------------------------- pickles


class _Trap:
    """Unpickled it makes a folder."""

    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.mkdir, (str(self._canary),)


def traps(canary: Path) -> list[bytes]:
    """Return pickles of every protocol that make the folder *canary* when they are loaded."""
    return [pickle.dumps(_Trap(canary), protocol) for protocol in (0, 2, 5)]


def written(path: Path, content: bytes) -> None:
    """Put a container with a right head around *content*, or the bare bytes."""
    path.unlink(missing_ok=True)
    writer = ContainerWriter(path)
    writer.add("x", content)
    writer.close()
