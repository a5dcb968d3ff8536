"""Which generations have been published, and which one each of them took the place of."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from searcher.errors import (
    IndexCorruptError,
    IndexHomeError,
    IndexNotFoundError,
    NotAnIndexError,
)
from searcher.generations import layout
from searcher.generations.generation import read_manifest, read_pointer
from searcher.generations.storage import Storage


def current_or_none(home: Path, storage: Storage) -> str | None:
    """Return the folder name in CURRENT, or None where CURRENT is missing or damaged."""
    try:
        return read_pointer(home, storage)
    except (IndexNotFoundError, NotAnIndexError, IndexCorruptError):
        return None


def ours(home: Path, storage: Storage) -> list[str]:
    """Return the folders that carry our marker, oldest first, complete or not."""
    return [name for name in storage.names(home) if layout.is_ours(home / name)]


def is_complete(folder: Path) -> bool:
    """Return whether a generation has its manifest, which is written last."""
    return os.path.lexists(folder / layout.MANIFEST)


def published(home: Path, storage: Storage, current: str | None) -> list[str]:
    """Return the folders of complete generations that are or were CURRENT, oldest first.

    A job that was killed between sealing a generation and publishing it leaves one that is
    complete and was never CURRENT; one killed just behind that leaves CURRENT itself unmarked.
    """
    return [
        name
        for name in ours(home, storage)
        if is_complete(home / name) and (name == current or not layout.is_unpublished(home / name))
    ]


def chain(home: Path, storage: Storage, name: str, known: Collection[str]) -> Iterator[str]:
    """Yield *name*, what it took the place of, and so on, as far as they are in *known*."""
    while name in known:
        yield name
        before = _previous(home / name, storage)
        # A new id sorts behind all there are; in a crafted home a chain might have no end.
        if before is None or before >= name:
            return
        name = before


def one_back(
    home: Path, storage: Storage, current: str | None, known: Collection[str]
) -> str | None:
    """Return the one of *known* to go back to from *current*, or None.

    What *current* took the place of; where that is gone or unknown, the newest that is older;
    where there is no *current*, the newest of all.
    """
    if current is None:
        return max(known, default=None)
    before = next(islice(chain(home, storage, current, known), 1, None), None)
    return before or max((name for name in known if name < current), default=None)


def settle(folder: Path, storage: Storage) -> None:
    """Take note that the generation in *folder* has been CURRENT, if that was not done."""
    if layout.is_ours(folder) and layout.is_unpublished(folder):
        storage.unlink(folder / layout.UNPUBLISHED)
        storage.fsync_dir(folder)


def _previous(folder: Path, storage: Storage) -> str | None:
    try:
        before = read_manifest(folder, storage).previous
    except IndexHomeError:
        return None
    return None if before is None else f"gen-{before}"
