"""Containers in the storages of Whoosh: a folder as a rule, memory in many of its tests."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from whoosh.filedb.filestore import FileStorage

from searcher.engines.whoosh_.files.container import Container, ContainerWriter


class StorageWriter(ContainerWriter):
    """Writes a container as file *name* of any storage.

    Where that is no folder, the container is made in a scratch folder and copied when closed.
    """

    def __init__(self, storage: Any, name: str) -> None:
        self._storage = storage
        folder = folder_of(storage)
        self._scratch = TemporaryDirectory() if folder is None else None
        super().__init__((folder or Path(self._scratch.name if self._scratch else "")) / name)

    def close(self, notes: Mapping[str, Any] | None = None) -> int:
        """Complete the file; see `ContainerWriter.close`."""
        seal = super().close(notes)
        if self._scratch is not None:
            with self._scratch, self._storage.create_file(self.path.name) as copy:
                copy.write(self.path.read_bytes())
        return seal


def open_container(storage: Any, name: str) -> Container:
    """Open file *name* of any storage.

    Raises:
        FileNotFoundError: there is none; `FileIndex.reader` takes it that a writer has just
            replaced the segment, and reads the TOC again.
        IndexCorruptError: it is damaged.
    """
    if not storage.file_exists(name):
        raise FileNotFoundError(errno.ENOENT, "no such file in the index", name)
    folder = folder_of(storage)
    if folder is not None:
        return Container.open(folder / name)
    with TemporaryDirectory() as scratch, storage.open_file(name) as source:
        copy = Path(scratch) / name
        copy.write_bytes(source.read())
        return Container.open(copy)  # stays mapped without its name


def folder_of(storage: Any) -> Path | None:
    """Return the folder that a storage is, or None."""
    return Path(storage.folder) if isinstance(storage, FileStorage) else None
