"""One published generation: found, locked for reading, checked."""

from __future__ import annotations

import os
import re
import stat
import weakref
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from searcher.errors import (
    IndexCorruptError,
    IndexFormatError,
    IndexNotFoundError,
)
from searcher.generations import layout
from searcher.generations.lock import lock_shared
from searcher.generations.manifest import MANIFEST_LIMIT, FileEntry, Manifest, from_json
from searcher.generations.storage import Storage, named_errors, open_plain

SMALL = 256 * 1024
"""Bytes of a file that is read through when a generation is opened: 0.1 ms."""

_POINTER = re.compile(rb"(gen-[0-9a-z-]{8,40})\n?")


class MissingPartError(IndexCorruptError):
    """A part of a generation is not there, perhaps because it is being removed just now."""


class Generation:
    """A published generation that nobody removes before `close`.

    ``id`` names it, ``folder`` holds the engine's files, ``manifest`` says how it was made.
    A forked child shares it: each process closes its own, and the last one lets go.
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: int) -> None:
        self.id = folder.name.removeprefix("gen-")
        self.folder = folder
        self.manifest = manifest
        self._let_go = weakref.finalize(self, os.close, lock)

    def reopen(self) -> Generation:
        """Return the same generation, to be closed by itself, published or not.

        Raises as `open_generation` does.
        """
        return open_generation(self.folder, Storage())

    def close(self) -> None:
        """Let go of the generation; files that are open or mapped stay readable."""
        self._let_go()

    def __enter__(self) -> Generation:
        """Return the generation itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def require(self, *, engine: str, schema: int, fingerprint: str) -> None:
        """Raise IndexFormatError unless it was made by this engine, schema and analyzer."""
        made = self.manifest
        for what, found, wanted in (
            ("engine", made.engine, engine),
            ("schema", made.schema, schema),
            ("analyzer", made.fingerprint, fingerprint),
        ):
            if found != wanted:
                raise IndexFormatError(
                    f"{self.folder.parent}: made with {what} {found}, this searcher has {wanted}; "
                    "build again: searcher build PATH…"
                )


# ---------------------------------------------------------------- finding


def read_pointer(home: Path, storage: Storage) -> str:
    """Return the folder name in CURRENT.

    Raises:
        IndexNotFoundError: there is no home, or nothing was published in it.
        NotAnIndexError: the folder is something else.
        IndexCorruptError: CURRENT holds anything but the name of a generation.
        IndexHomeError: it may not be read.
    """
    with named_errors(home, "read the index"):
        try:
            content = storage.read(home / layout.CURRENT, layout.POINTER_LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            raise _nothing_there(home, storage) from None
        except IndexCorruptError:
            _check_no_stranger(home, storage)
            raise
    match = _POINTER.fullmatch(content)
    if match is None:
        _check_no_stranger(home, storage)
        raise IndexCorruptError(
            f"{home / layout.CURRENT}: damaged (it names no generation); {layout.MEND}"
        )
    return match[1].decode("ascii")


def _nothing_there(home: Path, storage: Storage) -> IndexNotFoundError:
    """Return why there is no CURRENT; NotAnIndexError where the folder is something else."""
    if home.exists():
        layout.check_usable(home, storage)
        reason = "nothing has been published in this index yet"
    else:
        reason = "there is no index here"
    return IndexNotFoundError(f"{home}: {reason}; run: searcher build PATH…")


def _check_no_stranger(home: Path, storage: Storage) -> None:
    """Raise NotAnIndexError for a folder of another program that has a CURRENT too."""
    foreign = layout.foreign_name(home, storage)
    if foreign is not None:
        raise layout.not_an_index(home, foreign)


# ---------------------------------------------------------------- opening


def open_generation(folder: Path, storage: Storage) -> Generation:
    """Return the generation in *folder*, locked for reading, its files all there.

    Raises:
        MissingPartError: something is missing, or it is being removed.
        IndexCorruptError: a link, a wrong size, a damaged manifest.
        IndexFormatError: written by another version.
        IndexHomeError: it may not be read.
    """
    with _named_missing(folder):
        _check_folder(folder)
        lock = open_plain(folder / layout.MARKER)
        try:
            if not lock_shared(lock):
                raise MissingPartError(f"{folder}: is being removed; {layout.MEND}")
            _check_marker(folder, lock)
            manifest = read_manifest(folder, storage)
            for name, entry in manifest.files.items():
                _check_file(folder / name, entry, storage)
        except BaseException:
            os.close(lock)
            raise
    return Generation(folder, manifest, lock)


def read_manifest(folder: Path, storage: Storage) -> Manifest:
    """Return the manifest in *folder* without a look at the files it lists.

    Raises as `open_generation` does.
    """
    path = folder / layout.MANIFEST
    with _named_missing(folder):
        _check_folder(folder)
        manifest = from_json(storage.read(path, MANIFEST_LIMIT), path)
    if f"gen-{manifest.id}" != folder.name:
        raise IndexCorruptError(
            f"{path}: damaged (it is that of generation {manifest.id}); {layout.MEND}"
        )
    return manifest


@contextmanager
def _named_missing(folder: Path) -> Iterator[None]:
    with named_errors(folder, "read the index"):
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            path = error.filename or folder
            raise MissingPartError(f"{path}: missing; {layout.MEND}") from error


def _check_folder(folder: Path) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise IndexCorruptError(f"{folder}: is a link or a file, not a folder; {layout.MEND}")


def _check_marker(folder: Path, marker: int) -> None:
    if os.pread(marker, layout.MARKER_LIMIT, 0) != layout.marker_content(folder.name):
        raise IndexCorruptError(
            f"{folder / layout.MARKER}: damaged (it names another generation); {layout.MEND}"
        )


def _check_file(path: Path, entry: FileEntry, storage: Storage) -> None:
    """Raise IndexCorruptError unless a file has its size, and a small one its checksum.

    A small file may have no checksums of its own, or be one of another index.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise IndexCorruptError(f"{path}: is a link or a folder, not a file; {layout.MEND}")
    if found.st_size != entry.size:
        raise IndexCorruptError(
            f"{path}: damaged (has {found.st_size} bytes, had {entry.size}); {layout.MEND}"
        )
    if entry.size <= SMALL and zlib.crc32(storage.read(path, SMALL)) != entry.crc32:
        raise IndexCorruptError(
            f"{path}: damaged (its checksum is not the one published); {layout.MEND}"
        )


def verify_files(
    generation: Generation, storage: Storage | None = None, but: Collection[str] = ()
) -> None:
    """Read every file again, but those of the names *but*.

    IndexCorruptError names the first that is not as it was published.
    """
    storage = storage or Storage()
    for name, entry in generation.manifest.files.items():
        if name in but:
            continue
        path = generation.folder / name
        with _named_missing(generation.folder):
            found = FileEntry(*storage.digest(path))
        if found != entry:
            raise IndexCorruptError(
                f"{path}: damaged (its checksum is not the one published); {layout.MEND}"
            )
