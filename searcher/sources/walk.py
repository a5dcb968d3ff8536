"""Roots → the files below them, in the order of their ids; nothing is opened.

Hidden files and folders are left alone unless an include glob names them.  Links inside a root
are not followed unless asked, wherever they lead: what they point to inside the root is found
at its own place.  Each is reported as skipped.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from searcher.errors import SourceError
from searcher.model import Failure
from searcher.sources import globs
from searcher.sources.records import Listed, Options, Root, Skipped
from searcher.sources.roots import portable, printable

Found = Listed | Skipped | Failure


@dataclass(frozen=True, slots=True)
class _Place:
    """A file, folder or link: ``trail`` identifies the folders above it, link targets resolved."""

    path: str
    below: str
    status: os.stat_result
    trail: tuple[tuple[int, int], ...]

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def identity(self) -> tuple[int, int]:
        return self.status.st_dev, self.status.st_ino


def walk(root: Root, options: Options) -> Iterator[Found]:
    """Yield the files of *root* that *options* choose, in the order of their ids.

    Special files, and folders that cannot be listed, are failures; raises SourceError where the
    root itself cannot be read.
    """
    try:
        status = root.path.stat()
    except OSError as error:
        raise _unreadable(str(root.path), error) from error
    place = _Place(str(root.path), "", status, ())
    waiting = [place] if not root.below else _at(place, root.below, options)
    while waiting:
        found = waiting.pop()
        if not isinstance(found, _Place):
            yield found
        elif found.is_folder:
            waiting += _children(found, options)
        else:
            yield _file(root, found)


def _at(root: _Place, below: str, options: Options) -> list[_Place | Found]:
    """Return what stands at the path *below* a root, if a walk of the whole root came there."""
    place = root
    for name in Path(below).parts:
        at = f"{place.below}/{name}" if place.below else name
        if not _is_visible(portable(at), portable(name), options):
            return []
        found = _look(place, name, at, options)
        if not isinstance(found, _Place):
            return [found]
        place = found
    return [place] if _is_wanted(place, options) else []


def _unreadable(path: str, error: OSError) -> SourceError:
    """Return the error of a root that cannot be read."""
    return SourceError(f"{printable(path)}: cannot be read: {error.strerror}")


def _file(root: Root, place: _Place) -> Found:
    """Return what is to be done with a path that is no folder."""
    if not stat.S_ISREG(place.status.st_mode):
        return Failure(printable(place.path), "a pipe, socket or device, not a file")
    below = portable(place.below)
    document_id = f"{root.name}/{below}" if below else root.name
    # Globs see the name of a root that is a file itself.
    below = below or portable(root.path.name)
    return Listed(document_id, place.path, below, place.status.st_size, root.name)


def _children(folder: _Place, options: Options) -> list[_Place | Found]:
    """Return what is in *folder* and wanted, the first in the order of ids last."""
    try:
        with os.scandir(folder.path) as entries:
            names = [entry.name for entry in entries]
    except OSError as error:
        if not folder.below:
            raise _unreadable(folder.path, error) from error
        return [Failure(printable(folder.path), f"cannot be listed: {error.strerror}")]
    found = []
    for name in names:
        below = f"{folder.below}/{name}" if folder.below else name
        if _is_visible(portable(below), portable(name), options):
            place = _look(folder, name, below, options)
            if _is_wanted(place, options):
                found.append((_order(name, place), place))
    return [place for _, place in sorted(found, key=lambda item: item[0], reverse=True)]


def _order(name: str, place: _Place | Found) -> tuple[str, str]:
    """Return what sorts the names in one folder as their ids are sorted."""
    # With the slash that follows it in ids, so that a-b comes before a/b.
    slash = "/" if isinstance(place, _Place) and place.is_folder else ""
    return portable(name) + slash, name


def _is_wanted(place: _Place | Found, options: Options) -> bool:
    """Tell whether an include glob, if there are any, chooses a file; all else is wanted."""
    if not isinstance(place, _Place) or place.is_folder:
        return True
    return globs.includes(options.include, portable(place.below))


def _is_visible(below: str, name: str, options: Options) -> bool:
    """Tell whether a path is neither excluded nor hidden."""
    if globs.matches_any(options.exclude, below):
        return False
    return not name.startswith(".") or globs.names_hidden(options.include, name)


def _look(folder: _Place, name: str, below: str, options: Options) -> _Place | Found:
    """Return what stands at *name*: a place to visit, or why it is none."""
    path = os.path.join(folder.path, name)  # noqa: PTH118 - names may hold undecodable bytes
    trail = (*folder.trail, folder.identity) if options.follow_links else ()
    try:
        status = os.stat(path, follow_symlinks=options.follow_links)  # noqa: PTH116
    except OSError as error:
        return Failure(printable(path), f"cannot be read: {error.strerror}")
    if stat.S_ISLNK(status.st_mode):
        return Skipped(printable(path), "a link; links are followed only when asked")
    place = _Place(path, below, status, trail)
    if place.identity in trail:
        return Skipped(printable(path), "a link back to a folder that it stands in")
    if place.is_folder and Path(path) in options.leave_out:
        return Skipped(printable(path), "left out on purpose")
    return place
