"""Changes to a home by its one writer: begin, fill, seal, publish, step back, clean up.

A power cut at any moment leaves CURRENT naming a complete generation, because what it names is
on the disk before the name is: files, their folder, the home, CURRENT.tmp, the rename, the home.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from searcher.errors import (
    EngineError,
    IndexCorruptError,
    IndexHomeError,
    IndexNotFoundError,
)
from searcher.generations import cleaning, layout, lineage
from searcher.generations.cleaning import Drop
from searcher.generations.generation import Generation, open_generation, verify_files
from searcher.generations.lock import WriterLock, lock_alone, lock_shared, utc_now
from searcher.generations.manifest import FileEntry, Manifest, from_json, is_file_name, to_json
from searcher.generations.storage import Storage, named_errors, open_plain


class HomeWriter:
    """The one writer of a home, while the ``with`` block of `Home.lock` lasts."""

    def __init__(self, home: Path, storage: Storage, lock: WriterLock, drop: Drop) -> None:
        self._home = home
        self._storage = storage
        self._lock = lock
        self._drop = drop
        self._left: Draft | None = None

    def take_up(self) -> None:
        """Have `begin` go on with what a killed job was making last, if that is there.

        No clean-up removes it from now on.
        """
        self._check_held()
        with named_errors(self._home, "begin a generation"):
            *_, name = ["", *lineage.ours(self._home, self._storage)]
            folder = self._home / name
            # Only the newest name of all sorts behind what has been published.
            if name and layout.is_unpublished(folder) and not lineage.is_complete(folder):
                lock = _alone(folder)
                if lock is not None:
                    self._storage.unlink(folder / layout.MANIFEST_NEW)
                    self._left = Draft(folder, self._storage, self._lock, self._drop, lock)

    def begin(self) -> Draft:
        """Return a new, empty generation that no reader sees, or the one that was taken up."""
        self._check_held()
        if self._left is not None:
            left, self._left = self._left, None
            return left
        with named_errors(self._home, "begin a generation"):
            name = layout.new_folder_name(datetime.now(UTC), self._storage.names(self._home))
            return Draft(self._home / name, self._storage, self._lock, self._drop)

    def rollback(
        self, to: str | None = None, check: Callable[[Generation], None] = verify_files
    ) -> Generation:
        """Publish an older generation again: *to*, else the one CURRENT took the place of.

        Where that is gone or unknown, the newest older than CURRENT; where CURRENT is damaged or
        missing, the newest of all.  Its files must be all there, and *check* has to let it pass.

        Raises:
            IndexNotFoundError: there is no such generation.
            IndexCorruptError: it is damaged; CURRENT stays as it is.
        """
        self._check_held()
        with named_errors(self._home, "read the folder"):
            current = lineage.current_or_none(self._home, self._storage)
            known = lineage.published(self._home, self._storage, current)
            name = (
                lineage.one_back(self._home, self._storage, current, known)
                if to is None
                else layout.folder_name(to)
            )
        if name not in known:
            wanted = "older generation" if to is None else f"generation {to[:80]!r}"
            raise IndexNotFoundError(
                f"{self._home}: there is no {wanted}; those kept are listed by: searcher status"
            )
        generation = open_generation(self._home / name, self._storage)
        try:
            check(generation)
            with named_errors(self._home, "publish"):
                point(self._home, name, self._storage)
        except BaseException:
            generation.close()
            raise
        return generation

    def clean(self, keep: int = 2) -> tuple[str, ...]:
        """Remove rubble and all but *keep* generations; return the folders removed.

        Kept are CURRENT, the one it took the place of, and so on; where these are fewer, the
        newest others too.  Whatever a reader holds goes next time.
        """
        self._check_held()
        if keep < 1:
            raise ValueError("keep must be at least 1")
        with named_errors(self._home, "clean up"):
            return cleaning.clean(self._home, self._storage, keep, self._drop)

    def _check_held(self) -> None:
        if not self._lock.held:
            raise ValueError("the writer's lock was let go of")


class _Carried(NamedTuple):
    """A file taken over from an older generation: what it was then, and its published entry."""

    identity: tuple[int, ...]
    entry: FileEntry


class Draft:
    """A generation being made; leaving its ``with`` block unpublished removes it, sealed or not.

    ``folder`` is for the engine's files, which must lie flat in it when it is sealed.
    """

    def __init__(
        self,
        folder: Path,
        storage: Storage,
        lock: WriterLock,
        drop: Drop,
        taken_up: int | None = None,
    ) -> None:
        self.id = folder.name.removeprefix("gen-")
        self.folder = folder
        self._storage = storage
        self._lock = lock
        self._drop = drop
        self.taken_up = taken_up is not None
        """Whether a job before this one has begun it."""
        self._carried: dict[str, _Carried] = {}
        self._open = True
        self._sealed = False
        marker = self._start() if taken_up is None else taken_up
        self._let_go = weakref.finalize(self, os.close, marker)

    def __enter__(self) -> Draft:
        """Return the draft itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard it unless it was published."""
        self.discard()

    def link_from(self, generation: Generation, names: Iterable[str]) -> None:
        """Take unchanged files over from *generation*: by a hard link, else by a copy.

        Their checksums are taken over too, so that damage on the disk since then stays visible
        to `verify_files` instead of being published as right.  Such files must never be changed
        in place, only replaced: the older generation has the same ones.
        """
        self._check_open()
        with named_errors(self.folder, "take over files"):
            for name in names:
                entry = generation.manifest.files[name]
                self._link(generation.folder / name, self.folder / name, entry)
                self._carried[name] = _Carried(_identity(self.folder / name), entry)

    @property
    def carried(self) -> frozenset[str]:
        """The names of files that are still as they were taken over."""
        return frozenset(name for name in self._carried if self._is_carried(name))

    def seal(self, manifest: Manifest) -> Generation:
        """Complete the generation, on the disk, and return it, open; no reader finds it yet.

        ``created``, ``previous`` and ``files`` of *manifest* are filled in here.  What is in the
        folder must not be changed afterwards.
        """
        self._check_open()
        if self._sealed:
            raise ValueError("the draft is sealed already")
        with named_errors(self.folder, "complete the generation"):
            files = self._entries()
            for name in (*files, layout.MARKER, layout.UNPUBLISHED):
                self._storage.fsync(self.folder / name)
            # A manifest is never on the disk without what it speaks of, nor unmarked.
            self._storage.fsync_dir(self.folder)
            replaced = lineage.current_or_none(self.folder.parent, self._storage)
            previous = None if replaced is None else replaced.removeprefix("gen-")
            self._write_manifest(
                replace(manifest, id=self.id, created=utc_now(), previous=previous, files=files)
            )
            self._storage.fsync_dir(self.folder)
        self._sealed = True
        return open_generation(self.folder, self._storage)

    def publish(self) -> Generation:
        """Make this the generation that readers open from now on, and return it, open.

        It must be sealed.  If anything fails, CURRENT is as it was, unless the error says that
        it is published.
        """
        self._check_open()
        if not self._sealed:
            raise ValueError("the draft is not sealed")
        with named_errors(self.folder, "publish"):
            point(self.folder.parent, self.folder.name, self._storage)
        self._close()
        return open_generation(self.folder, self._storage)

    def discard(self) -> None:
        """Remove the draft; nothing happens if it is published, discarded or another process's.

        What cannot be removed is left to the next job's clean-up.
        """
        mine = self._open and self._lock.held
        self._close()
        # It is in use where publishing failed behind the replacement of CURRENT.
        if not mine or self._is_current():
            return
        try:
            cleaning.remove(self.folder, self._storage, self._drop)
        except (OSError, IndexHomeError, EngineError) as error:
            cleaning.warn_left(self.folder, error)

    def leave(self) -> None:
        """Let go of the draft without removing it, for a job that takes it up."""
        self._close()

    # ------------------------------------------------------------ steps

    def _start(self) -> int:
        """Make the folder and its marker; return the marker, locked so that no clean-up has it."""
        self._storage.mkdir(self.folder)
        marker = self.folder / layout.MARKER
        try:
            self._storage.write(marker, layout.marker_content(self.folder.name))
            # A power cut must not leave gigabytes beside an empty marker: they would stay.
            self._storage.fsync(marker)
            self._storage.write(self.folder / layout.UNPUBLISHED, b"")
            fd = open_plain(marker)
        except BaseException:
            with suppress(OSError, IndexHomeError, EngineError):
                cleaning.remove(self.folder, self._storage, self._drop)
            raise
        lock_shared(fd)
        return fd

    def _is_current(self) -> bool:
        try:
            return lineage.current_or_none(self.folder.parent, self._storage) == self.folder.name
        except IndexHomeError:
            return True  # it may be; the next job will know

    def _link(self, source: Path, target: Path, entry: FileEntry) -> None:
        try:
            self._storage.link(source, target)
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:
            self._storage.copy(source, target)
            if FileEntry(*self._storage.digest(target)) != entry:
                raise IndexCorruptError(f"{source}: damaged; {layout.MEND}") from None

    def _entries(self) -> dict[str, FileEntry]:
        ours = (layout.MARKER, layout.UNPUBLISHED)
        names = [name for name in self._storage.names(self.folder) if name not in ours]
        strange = next((name for name in names if not is_file_name(name)), None)
        if strange is not None:
            raise ValueError(f"{strange!r} cannot be the name of a file in an index")
        return {name: self._entry(name) for name in names}

    def _entry(self, name: str) -> FileEntry:
        if self._is_carried(name):
            return self._carried[name].entry
        return FileEntry(*self._storage.digest(self.folder / name))

    def _is_carried(self, name: str) -> bool:
        path = self.folder / name
        carried = self._carried.get(name)
        return (
            carried is not None and os.path.lexists(path) and carried.identity == _identity(path)
        )

    def _write_manifest(self, manifest: Manifest) -> None:
        target = self.folder / layout.MANIFEST
        content = to_json(manifest)
        from_json(content, target)  # never publish what could not be opened again
        new = self.folder / layout.MANIFEST_NEW
        self._storage.write(new, content)
        self._storage.fsync(new)
        self._storage.replace(new, target)

    def _check_open(self) -> None:
        if not (self._open and self._lock.held):
            raise ValueError("the draft is published or discarded, or the lock was let go of")

    def _close(self) -> None:
        self._open = False
        self._let_go()


def _alone(folder: Path) -> int | None:
    """Return the marker of *folder*, locked as a draft's is; None where somebody else has it."""
    # Over NFS an exclusive lock needs a file opened for writing.
    fd = open_plain(folder / layout.MARKER, os.O_RDWR)
    if not lock_alone(fd):
        os.close(fd)
        return None
    lock_shared(fd)
    return fd


def _identity(path: Path) -> tuple[int, ...]:
    found = path.lstat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def point(home: Path, name: str, storage: Storage) -> None:
    """Make CURRENT name the generation folder *name*, which must be on the disk already."""
    before = lineage.current_or_none(home, storage)
    if before is not None:
        # The job that published it may have been killed before it took note of that.
        lineage.settle(home / before, storage)
    new = home / layout.CURRENT_NEW
    storage.fsync_dir(home)
    storage.unlink(new)
    storage.write(new, f"{name}\n".encode("ascii"))
    storage.fsync(new)
    storage.replace(new, home / layout.CURRENT)
    try:
        storage.fsync_dir(home)
    except OSError as error:
        raise IndexHomeError(
            f"{home}: {name} is published, but the disk did not confirm it ({error.strerror}); "
            "build again: searcher build PATH…"
        ) from error
    try:
        lineage.settle(home / name, storage)
    except OSError as error:
        # CURRENT says it too; the job that moves CURRENT on does this first.
        cleaning.warn_left(home / name / layout.UNPUBLISHED, error)
