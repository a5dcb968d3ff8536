"""Roots → the files below them, in the order of their ids; nothing is opened.

Hidden files and folders are left alone unless an include glob names them.  Links inside a root
are not followed unless asked.  If asked, only those are that lead to something which is not
looked at anyway: what a walk comes to without links is found at its own place, and what several
links lead to behind the first of them.  So no file is read twice below one root, and no circle
is endless.  What is left alone for this is reported as skipped.
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
from searcher.sources.roots import RESTORE, portable, printable

Found = Listed | Skipped | Failure


@dataclass(frozen=True, slots=True)
class _Place:
    """A file or folder: ``real`` is its path without links, if one was followed to come here."""

    path: str
    below: str
    status: os.stat_result
    real: str = ""

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


def walk(root: Root, options: Options) -> Iterator[Found]:
    """Yield the files of *root* that *options* choose, in the order of their ids.

    Special files, and folders that cannot be listed, are failures; raises SourceError where the
    root itself cannot be read.
    """
    place = _top(root)
    waiting = [place] if not root.below else _at(place, root.below, options)
    met: dict[str, str] = {}
    while waiting:
        found = waiting.pop()
        if not isinstance(found, _Place):
            yield found
        elif found.real and (other := _other(found, root, options, met)):
            reason = f"the same as {printable(other)}, which is looked at there"
            yield Skipped(printable(found.path), reason)
        elif found.is_folder:
            waiting += _children(found, options)
        else:
            yield _file(root, found)


def _top(root: Root) -> _Place:
    """Return the place of a root."""
    try:
        return _Place(str(root.path), "", root.path.stat())
    except OSError as error:
        raise _unreadable(str(root.path), error) from error


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


def _other(place: _Place, root: Root, options: Options, met: dict[str, str]) -> str | None:
    """Return where else the same is looked at as at *place*, to which a link led, if anywhere.

    *met* has, by their real paths, the places that links led to so far.
    """
    real = Path(place.real)
    if real.is_relative_to(root.path):
        at = _at(_top(root), str(real.relative_to(root.path)), options)
        if any(isinstance(found, _Place) for found in at):
            return place.real
    first = met.setdefault(place.real, place.path)
    return None if first == place.path else first


def _unreadable(path: str, error: OSError) -> SourceError:
    """Return the error of a root that cannot be read."""
    return SourceError(f"{printable(path)}: cannot be read: {error.strerror}; {RESTORE}")


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
    real = os.path.join(folder.real, name) if folder.real else ""  # noqa: PTH118
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode) and options.follow_links:
            status, real = os.stat(path), os.path.realpath(path)  # noqa: PTH116
    except OSError as error:
        return Failure(printable(path), f"cannot be read: {error.strerror}")
    if stat.S_ISLNK(status.st_mode):
        return Skipped(printable(path), "a link; to follow links, build with --follow-links")
    place = _Place(path, below, status, real)
    return Skipped(printable(path), "left out on purpose") if _is_left(place, options) else place


def _is_left(place: _Place, options: Options) -> bool:
    """Tell whether a place is one of the folders to leave out; a link may lead into one."""
    if place.real:
        return any(Path(place.real).is_relative_to(folder) for folder in options.leave_out)
    return place.is_folder and Path(place.path) in options.leave_out
