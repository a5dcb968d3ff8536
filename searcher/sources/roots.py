"""Paths as the user gave them → roots, and the ids of the files below them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from searcher.errors import SourceError
from searcher.sources.records import Root

_UNDECODABLE = re.compile("[\udc80-\udcff]")


def roots(
    paths: Sequence[str | Path], names: Sequence[str] = (), known: Sequence[Root] = ()
) -> tuple[Root, ...]:
    """Return the roots at *paths*, in their order.

    A root has the name of its resolved path, so that ``seeds``, ``./seeds`` and the absolute
    path give the same ids from any folder; *names*, one for each path, replace these names
    (``--as NAME``).  A path at or below one of the *known* roots, those of an earlier build,
    keeps the ids it has there.  Raises SourceError for a path that is missing, unreadable or
    neither file nor folder, for two roots of the same name and for one inside another.

    >>> [root.name for root in roots(["."], names=["here"])]
    ['here']
    """
    if names and len(names) != len(paths):
        raise SourceError(f"{len(names)} names for {len(paths)} paths: give --as once for each")
    wanted: Sequence[str | None] = names or [None] * len(paths)
    found = tuple(
        _root(os.fspath(path), name, known) for path, name in zip(paths, wanted, strict=True)
    )
    _refuse_clashes(found)
    return found


def printable(path: str) -> str:
    """Return *path* with undecodable bytes as ``%XX``.

    >>> printable("a\\udcff")
    'a%FF'
    """
    return _UNDECODABLE.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", path)


def portable(path: str) -> str:
    """Return *path* as ids hold it: ``/`` separators, NFC, undecodable bytes as ``%XX``.

    >>> portable("cafe\\u0301")
    'café'
    """
    return unicodedata.normalize("NFC", printable(path.replace(os.sep, "/")))


def _root(given: str, name: str | None, known: Sequence[Root]) -> Root:
    """Return the root at the path *given*."""
    shown = printable(given)
    try:
        path = Path(given).resolve(strict=True)
        _try_to_read(path)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{shown}: cannot be read: {reason}") from error
    if not (path.is_file() or path.is_dir()):
        raise SourceError(f"{shown}: neither a file nor a folder")
    return Root(path, _checked(shown, name) if name is not None else _own_name(path, known))


def _try_to_read(path: Path) -> None:
    """Raise OSError where *path* is a file or folder that cannot be read."""
    if path.is_dir():
        os.scandir(path).close()
    elif path.is_file():
        path.open("rb").close()


def _own_name(path: Path, known: Sequence[Root]) -> str:
    """Return the name of *path*: that below the nearest known root, or its last part."""
    holders = [root for root in known if path.is_relative_to(root.path)]
    if holders:
        nearest = max(holders, key=lambda root: len(root.path.parts))
        below = path.relative_to(nearest.path).as_posix()
        return nearest.name if below == "." else f"{nearest.name}/{portable(below)}"
    if not path.name:
        raise SourceError(f"{path}: has no name for ids to begin with: give one with --as NAME")
    return portable(path.name)


def _checked(shown: str, name: str) -> str:
    """Return a name that the user gave, in the form of ids."""
    if {"", ".", ".."} & set(name.split("/")) or "\x00" in name:
        raise SourceError(f"{shown}: {name!r} cannot be a name that ids begin with")
    return portable(name)


def _refuse_clashes(found: Sequence[Root]) -> None:
    """Raise SourceError where two roots would mix their ids, or give one file two."""
    named: dict[str, Path] = {}
    paths = {root.path for root in found}
    for root in found:
        if root.name in named:
            raise SourceError(
                f"{root.path}: a second root named {root.name!r}, after {named[root.name]}: "
                "give --as NAME once for each path"
            )
        named[root.name] = root.path
        if outer := next((path for path in root.path.parents if path in paths), None):
            raise SourceError(f"{root.path}: lies inside {outer}: name only one of them")
    if len(paths) < len(found):
        raise SourceError("one path is given twice under two names: name it once")
