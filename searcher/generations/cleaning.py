"""Removing what nobody needs any more: rubble of failed jobs and old generations.

Only real folders that carry our marker with their own name are touched, only while nobody else
has a lock on them, and no link is ever followed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from searcher.errors import EngineError, IndexCorruptError, IndexHomeError, IndexNotFoundError
from searcher.generations import layout, lineage
from searcher.generations.generation import read_pointer
from searcher.generations.lock import lock_alone
from searcher.generations.storage import Storage, open_plain

Drop: TypeAlias = Callable[[Path], None]
"""Lets go of what the generation in a folder stands for elsewhere; an EngineError says that it
cannot now.
"""


def clean(home: Path, storage: Storage, keep: int, drop: Drop) -> tuple[str, ...]:
    """Remove rubble and all but *keep* generations; return the folders removed."""
    new = home / layout.CURRENT_NEW
    try:
        storage.unlink(new)
    except OSError as error:
        warn_left(new, error)  # a job that has published must not fail for it
    kept = _kept(home, storage, keep)
    old = [name for name in lineage.ours(home, storage) if name not in kept]
    stubs = [name for name in storage.names(home) if layout.is_stub(home / name)]
    return (
        *(name for name in old if _remove_alone(home / name, storage, drop)),
        *(name for name in stubs if _remove_stub(home / name, storage)),
    )


def _kept(home: Path, storage: Storage, keep: int) -> set[str]:
    """Return CURRENT, those it goes back to, and the newest others where these are too few."""
    try:
        current = read_pointer(home, storage)
    except IndexNotFoundError:
        current = ""
    except IndexCorruptError:
        # Any of them may be the one to go back to.
        return {name for name in lineage.ours(home, storage) if lineage.is_complete(home / name)}
    known = lineage.published(home, storage, current)
    kept = list(islice(lineage.chain(home, storage, current, known), keep))
    others = [name for name in reversed(known) if name not in kept]
    return {current, *kept, *others[: keep - len(kept)]}


def remove(folder: Path, storage: Storage, drop: Drop) -> None:
    """Remove a generation folder of ours.

    The manifest goes first and the marker last, so that what is left by a kill in between is
    rubble that the next clean-up knows as ours; as is what *drop* could not let go of.
    """
    storage.unlink(folder / layout.MANIFEST)
    drop(folder)
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


def _remove_entry(path: Path, storage: Storage) -> None:
    if layout.is_real_folder(path):
        storage.remove_tree(path)
    else:
        storage.unlink(path)


def _remove_stub(folder: Path, storage: Storage) -> bool:
    """Remove a stub, which nobody can be reading; return whether it is gone."""
    try:
        storage.remove_tree(folder)
    except OSError as error:
        warn_left(folder, error)
        return False
    return True


def _remove_alone(folder: Path, storage: Storage, drop: Drop) -> bool:
    """Remove *folder* unless somebody reads it; return whether it is gone."""
    try:
        # Over NFS an exclusive lock needs a file opened for writing.
        fd = open_plain(folder / layout.MARKER, os.O_RDWR)
        try:
            if not lock_alone(fd):
                return False
            remove(folder, storage, drop)
        finally:
            os.close(fd)
    except (OSError, IndexHomeError, EngineError) as error:
        warn_left(folder, error)
        return False
    return True
