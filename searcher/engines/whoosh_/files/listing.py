"""Listing: which segments an index has, and which of their documents are deleted.

``segments.json`` names them; a file of deletions is a container of one section, the numbers of
the deleted documents, ascending.  Both are only ever replaced: an older generation may hold the
same files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.container import Container, ContainerWriter, damaged

LISTING = "segments.json"

EXTENSIONS = ("docs", "stored", "post", "terms")
"""The files of a segment; the last one is written last."""

_FORMAT = 1
_LONGEST = 1 << 22
_MOST = (1 << 32) - 1
_NAME = re.compile(r"MAIN_[0-9a-z]{1,40}")
_DELETIONS = re.compile(r"\.del([1-9][0-9]{0,8})")
_SECTION = "deleted"


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment: its name, its documents with those deleted, and the file that says which."""

    name: str
    documents: int
    deleted: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all its files."""
        own = tuple(f"{self.name}.{extension}" for extension in EXTENSIONS)
        return own if self.deleted is None else (*own, self.deleted)


def read_listing(folder: Path) -> tuple[Listed, ...]:
    """Return the segments of the index in *folder*.

    Raises:
        IndexCorruptError: the list is missing or is not what `write_listing` writes.
    """
    path = folder / LISTING
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise damaged(path, "missing") from error
    try:
        if len(data) > _LONGEST:
            raise ValueError("too long")
        return _listed(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"no list of segments: {error}") from error


def write_listing(folder: Path, segments: Iterable[Listed]) -> None:
    """Put the list of *segments* in place of the one in *folder*, not synced."""
    listing = {"format": _FORMAT, "segments": [asdict(each) for each in segments]}
    fresh = folder / f"{LISTING}.new"
    fresh.write_text(json.dumps(listing, indent=1) + "\n", encoding="ascii")
    fresh.replace(folder / LISTING)


def read_deleted(folder: Path, segment: Listed) -> Numbers:
    """Return the numbers of the deleted documents of a segment, ascending.

    Raises:
        IndexCorruptError: the file that says so is missing or damaged.
    """
    if segment.deleted is None:
        return np.empty(0, dtype=np.int64)
    path = folder / segment.deleted
    container = Container.open(path)
    numbers = container.section(_SECTION).array("I").astype(np.int64)
    container.close()
    if len(numbers) and (numbers[-1] >= segment.documents or (np.diff(numbers) <= 0).any()):
        raise damaged(path, "numbers that no document has")
    return numbers


def write_deleted(folder: Path, segment: Listed, numbers: Numbers) -> Listed:
    """Write the numbers of all deleted documents of a segment, and return its new entry."""
    before = _DELETIONS.search(segment.deleted or "")
    name = f"{segment.name}.del{int(before[1]) + 1 if before else 1}"
    writer = ContainerWriter(folder / name)
    writer.add_array(_SECTION, numbers, "I")
    writer.close()
    return Listed(segment.name, segment.documents, name)


def _listed(value: Any) -> tuple[Listed, ...]:
    if not isinstance(value, dict) or value.keys() != {"format", "segments"}:
        raise ValueError("other keys")
    if type(value["format"]) is not int or value["format"] != _FORMAT:
        raise ValueError(f"format {value['format']!r}")
    if not isinstance(value["segments"], list):
        raise ValueError("segments")
    segments = tuple(_entry(each) for each in value["segments"])
    if len({each.name for each in segments}) < len(segments):
        raise ValueError("a segment twice")
    return segments


def _entry(value: Any) -> Listed:
    if not isinstance(value, dict) or value.keys() != {"name", "documents", "deleted"}:
        raise ValueError("other keys of a segment")
    name, documents, deleted = value["name"], value["documents"], value["deleted"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name {name!r}")
    if type(documents) is not int or not 0 <= documents <= _MOST:
        raise ValueError(f"documents {documents!r}")
    if deleted is not None and not (
        isinstance(deleted, str)
        and deleted.startswith(name)
        and _DELETIONS.fullmatch(deleted, len(name))
    ):
        raise ValueError(f"deleted {deleted!r}")
    return Listed(name, documents, deleted)
