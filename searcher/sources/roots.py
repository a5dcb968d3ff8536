"""Paths as the user gave them → roots, and the ids of the files below them."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from searcher.errors import SourceError
from searcher.sources.records import STDIN, Root

RESTORE = "nothing was published: mount or restore it, or build without it: searcher build PATH…"
"""What to do about a root that a job has on record and that is gone."""

CHECK = "check its name, and that you may read it"
"""What to do about any other path that cannot be read."""

_UNDECODABLE = re.compile("[\udc80-\udcff]")


def roots(
    paths: Sequence[str | Path],
    names: Sequence[str] = (),
    known: Sequence[Root] = (),
    advice: str = CHECK,
) -> tuple[Root, ...]:
    """Return the roots at *paths*, in their order.

    A root has the name of its resolved path, so that ``seeds``, ``./seeds`` and the absolute
    path give the same ids from any folder; *names*, one for each path, replace these names
    (``--as NAME``).  A path at or below one of the *known* roots, those of an earlier build, is
    that part of the known root; below it nothing need stand there any more.  *advice* is what
    to do about a path that cannot be read.

    Raises SourceError for a path that is missing, unreadable or neither file nor folder, for two
    roots of the same name, for one inside another, and for another name of a known root.

    >>> [root.name for root in roots(["."], names=["here"])]
    ['here']
    """
    if names and len(names) != len(paths):
        raise SourceError(f"{len(names)} names for {len(paths)} paths: give --as once for each")
    wanted: Sequence[str | None] = names or [None] * len(paths)
    found = tuple(
        _root(os.fspath(path), name, known, advice)
        for path, name in zip(paths, wanted, strict=True)
    )
    _refuse_clashes(found, known)
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


def id_of(root: Root, where: str) -> str:
    """Return what the ids of documents at *where*, a path below *root*, are or begin with.

    *where* is in its `printable` form.

    >>> id_of(Root(Path("/data/texts"), "texts"), "/data/texts/a/b.txt")
    'texts/a/b.txt'
    """
    below = where.removeprefix(printable(str(root.path))).strip(os.sep)
    return f"{root.name}/{portable(below)}" if below else root.name


def _root(given: str, name: str | None, known: Sequence[Root], advice: str) -> Root:
    """Return the root at the path *given*, or the part of a known one."""
    if not given:  # a variable that is not set; `Path` would take this folder
        raise SourceError("a path is empty; name a file or folder, . is this one")
    shown = printable(given)
    with _readable(shown, advice):
        path = Path(given).resolve()
    holder = _holder(path, known)
    if holder is not None:
        with _readable(printable(str(holder.path)), RESTORE):
            _try_to_read(holder.path)
        return _part(holder, path, shown, name)
    with _readable(shown, advice):
        _try_to_read(path)
        if not (path.is_file() or path.is_dir()):
            raise SourceError(f"{shown}: neither a file nor a folder; name one of these")
    return Root(path, _checked(shown, name) if name is not None else _own_name(path))


@contextmanager
def _readable(shown: str, then: str) -> Iterator[None]:
    """Name the path that the block cannot read, and what to do *then*."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{shown}: cannot be read: {reason}; {then}") from error


def _holder(path: Path, known: Sequence[Root]) -> Root | None:
    """Return the nearest of the *known* roots that *path* is at or below."""
    holders = [root for root in known if path.is_relative_to(root.path)]
    return max(holders, key=lambda root: len(root.path.parts), default=None)


def _part(holder: Root, path: Path, shown: str, name: str | None) -> Root:
    """Return the part of a known root that stands at *path*."""
    below = "" if path == holder.path else str(path.relative_to(holder.path))
    if name is not None and (below or portable(name) != holder.name):
        raise SourceError(
            f"{shown}: belongs to the root {holder.path}, known as {holder.name!r}: leave --as "
            "out; another name needs a new build: searcher build PATH…"
        )
    return Root(holder.path, holder.name, below)


def _try_to_read(path: Path) -> None:
    """Raise OSError where *path* is missing, or a file or folder that cannot be read."""
    if stat.S_ISDIR(path.stat().st_mode):
        os.scandir(path).close()
    elif path.is_file():
        path.open("rb").close()


def _own_name(path: Path) -> str:
    """Return the last part of *path*."""
    if not path.name:
        raise SourceError(f"{path}: has no name for ids to begin with: give one with --as NAME")
    return portable(path.name)


def _checked(shown: str, name: str) -> str:
    """Return a name that the user gave, in the form of ids."""
    if {"", ".", ".."} & set(name.split("/")) or "\x00" in name:
        raise SourceError(
            f"{shown}: {name!r} cannot be a name that ids begin with; choose another"
        )
    return portable(name)


def _refuse_clashes(found: Sequence[Root], known: Sequence[Root]) -> None:
    """Raise SourceError where roots would mix their ids, or give one file two."""
    named = {root.name: root.path for root in known} | {STDIN: Path("standard input")}
    for root in found:
        if named.setdefault(root.name, root.path) != root.path:
            raise SourceError(
                f"{root.path}: a second root named {root.name!r}, after {named[root.name]}: "
                "give --as NAME once for each path"
            )
    places = {root.place for root in found}
    for place in (*places, *(root.path for root in known)):
        if outer := next((path for path in place.parents if path in places), None):
            raise SourceError(f"{place}: lies inside {outer}: name only one of them")
    if len(places) < len(found):
        raise SourceError("one path is given twice: name it once")
