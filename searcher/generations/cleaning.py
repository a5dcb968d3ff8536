"""Removing what nobody needs any more: rubble of failed jobs and old generations.

Only real folders that carry our marker with their own name are touched, only while nobody else
has a lock on them, and no link is ever followed.
"""

from __future__ import annotations

import os
from pathlib import Path

from searcher.errors import IndexCorruptError, IndexHomeError, IndexNotFoundError
from searcher.generations import layout
from searcher.generations.generation import read_pointer
from searcher.generations.lock import lock_alone
from searcher.generations.storage import Storage, open_plain


def published(home: Path, storage: Storage) -> list[str]:
    """Return the folders of our complete generations, oldest first."""
    return [name for name in _ours(home, storage) if _is_complete(home / name)]


def clean(home: Path, storage: Storage, keep: int) -> tuple[str, ...]:
    """Remove rubble and all but CURRENT and the newest *keep*; return the folders removed."""
    storage.unlink(home / layout.CURRENT_NEW)
    complete = published(home, storage)
    try:
        kept = {read_pointer(home, storage), *complete[-keep:]}
    except IndexNotFoundError:
        kept = set(complete[-keep:])
    except IndexCorruptError:
        kept = set(complete)  # any of them may be the one to go back to
    return tuple(
        name
        for name in _ours(home, storage)
        if name not in kept and _remove_alone(home / name, storage)
    )


def remove(folder: Path, storage: Storage) -> None:
    """Remove a generation folder of ours.

    The manifest goes first and the marker last, so that what is left by a kill in between is
    rubble that the next clean-up knows as ours.
    """
    storage.unlink(folder / layout.MANIFEST)
    for name in storage.names(folder):
        if name != layout.MARKER:
            _remove_entry(folder / name, storage)
    storage.unlink(folder / layout.MARKER)
    storage.remove_tree(folder)


def warn_left(folder: Path, error: Exception) -> None:
    """Log that *folder* could not be removed now; the next job will try again."""
    # Imported here: every search comes through this package, and hardly any logs.
    import logging

    logging.getLogger(__name__).warning("%s: left to the next job to remove: %s", folder, error)


def _ours(home: Path, storage: Storage) -> list[str]:
    return [name for name in storage.names(home) if layout.is_ours(home / name)]


def _is_complete(folder: Path) -> bool:
    return os.path.lexists(folder / layout.MANIFEST)


def _remove_entry(path: Path, storage: Storage) -> None:
    if layout.is_real_folder(path):
        storage.remove_tree(path)
    else:
        storage.unlink(path)


def _remove_alone(folder: Path, storage: Storage) -> bool:
    """Remove *folder* unless somebody reads it; return whether it is gone."""
    try:
        # Over NFS an exclusive lock needs a file opened for writing.
        fd = open_plain(folder / layout.MARKER, os.O_RDWR)
        try:
            if not lock_alone(fd):
                return False
            remove(folder, storage)
        finally:
            os.close(fd)
    except (OSError, IndexHomeError) as error:
        warn_left(folder, error)
        return False
    return True
