"""An index home, the way in for readers and for the writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from searcher.errors import IndexCorruptError, IndexHomeError, IndexNotFoundError
from searcher.generations import layout, lineage
from searcher.generations.cleaning import Drop
from searcher.generations.generation import (
    Generation,
    MissingPartError,
    open_generation,
    read_manifest,
    read_pointer,
)
from searcher.generations.lock import WriterLock
from searcher.generations.manifest import Manifest
from searcher.generations.publish import HomeWriter
from searcher.generations.storage import Storage, named_errors

if TYPE_CHECKING:
    from searcher.generations.watch import Watch

_TRIES = 3


class Listed(NamedTuple):
    """A generation as ``searcher status`` lists it.

    ``bytes`` counts files shared with other generations too.  ``manifest`` is None where
    ``damage`` says why it cannot be read.
    """

    id: str
    current: bool
    bytes: int
    manifest: Manifest | None
    damage: str | None = None


class Home:
    """The folder *path* as an index home; nothing is read or written before it is asked for.

    >>> import tempfile
    >>> facts = Manifest("searcher 0.1.0", "whoosh", 1, "9c01", None, {}, {"documents": 0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     home = Home(folder)
    ...     with home.lock("searcher build") as writer, writer.begin() as draft:
    ...         draft.seal(facts).close()
    ...         draft.publish().close()
    ...     with home.current() as generation:
    ...         generation.manifest.made_by
    'searcher 0.1.0'
    """

    def __init__(self, path: str | os.PathLike[str], storage: Storage | None = None) -> None:
        if not os.fspath(path):  # a variable that is not set; `Path` would take this folder
            raise ValueError("the path of the index is empty; name its folder")
        # Absolute, so that a caller who changes folders goes on writing to the same home.
        self.path = Path(path).absolute()
        self._storage = storage or Storage()

    # ------------------------------------------------------------ reading

    def current_id(self) -> str:
        """Return the id in CURRENT: one small read, to ask whether there is news.

        Raises:
            IndexNotFoundError: there is no home, or nothing was published in it.
            NotAnIndexError: the folder is something else.
            IndexCorruptError: CURRENT is damaged.
            IndexHomeError: it may not be read.
        """
        return read_pointer(self.path, self._storage).removeprefix("gen-")

    def current(self) -> Generation:
        """Return the published generation, open: all its files are there in their full size.

        Raises as `current_id` does, and:
            IndexCorruptError: a file is missing, a link or of another size; the message names it.
            IndexFormatError: made by a version with another format.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._open_current()
            except MissingPartError:
                # It may have been replaced and removed since CURRENT was read; then there is
                # another one.
                continue
        return self._open_current()

    def last_manifest(self) -> Manifest:
        """Return the manifest CURRENT leads to, whatever has become of the other files.

        This is what a rebuild needs: the index itself may be damaged or of another analyzer.
        Raises as `current` does.
        """
        return read_manifest(self.path / read_pointer(self.path, self._storage), self._storage)

    def open(self, generation_id: str) -> Generation:
        """Return a published generation by its id, open.

        Raises:
            IndexNotFoundError: there is none of that id.
            IndexCorruptError, IndexFormatError, IndexHomeError: as `current` does.
        """
        name = layout.folder_name(generation_id)
        if name is None or not self._is_published(name):
            raise IndexNotFoundError(
                f"{self.path}: there is no generation {generation_id[:80]!r}; "
                "those kept are listed by: searcher status"
            )
        return open_generation(self.path / name, self._storage)

    def generations(self) -> tuple[Listed, ...]:
        """Return all published generations, newest first, damaged ones too.

        Raises IndexNotFoundError and NotAnIndexError as `current_id` does.
        """
        try:
            current = read_pointer(self.path, self._storage)
        except IndexCorruptError:
            current = ""
        with named_errors(self.path, "read the folder"):
            names = lineage.published(self.path, self._storage, current)
        if current and current not in names:
            names = sorted([*names, current])  # damaged, or gone
        return tuple(self._listed(name, name == current) for name in reversed(names))

    def watch(self) -> Watch:
        """Return an eye on CURRENT, for a reader that follows it."""
        from searcher.generations.watch import Watch  # most searches follow nothing

        return Watch(self.path)

    # ------------------------------------------------------------ writing

    def check_usable(self) -> None:
        """Raise NotAnIndexError unless an index may be made here; nothing is written.

        A home may be missing or empty, or hold only README*, .gitignore, CURRENT, LOCK, gen-* and
        dead-letters-*.jsonl.
        """
        layout.check_usable(self.path, self._storage)

    @contextmanager
    def lock(
        self, command: str, wait: float = 0.0, drop: Drop = lambda _: None
    ) -> Iterator[HomeWriter]:
        """Give the writer of this home, alone until the ``with`` block ends.

        *command* is what other jobs are told is running.  Where one is, this waits for its end,
        *wait* seconds at most.  The home, and folders above it, are made where missing.  *drop*
        is called with each generation folder before that is removed, published once or not;
        where it raises EngineError, the folder is left to the next clean-up.

        Raises:
            NotAnIndexError: the folder is something else; it was left untouched.
            IndexLockedError: another job is still writing; the message says who and since when.
            IndexHomeError: it may not be written.
            ValueError: *wait* is negative or not a number.
        """
        if not wait >= 0:
            raise ValueError(f"wait must be 0 or more seconds, it is {wait}")
        self.check_usable()
        with named_errors(self.path, "make the folder"):
            self._make()
        lock = WriterLock(self.path / layout.LOCK, command, wait)
        try:
            yield HomeWriter(self.path, self._storage, lock, drop)
        finally:
            lock.release()

    # ------------------------------------------------------------ steps

    def _is_published(self, name: str) -> bool:
        folder = self.path / name
        return layout.is_real_folder(folder) and (
            not layout.is_unpublished(folder)
            or lineage.current_or_none(self.path, self._storage) == name
        )

    def _open_current(self) -> Generation:
        return open_generation(self.path / read_pointer(self.path, self._storage), self._storage)

    def _listed(self, name: str, current: bool) -> Listed:
        generation_id = name.removeprefix("gen-")
        try:
            with open_generation(self.path / name, self._storage) as generation:
                manifest = generation.manifest
        except IndexHomeError as error:
            return Listed(generation_id, current, 0, None, str(error))
        return Listed(generation_id, current, manifest.bytes, manifest)

    def _make(self) -> None:
        for folder in (*reversed(self.path.parents), self.path):
            if not folder.exists():
                self._storage.mkdir(folder)
                self._storage.fsync_dir(folder.parent)
