"""The names in an index home, and which folders may be one."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from searcher.errors import IndexHomeError, NotAnIndexError
from searcher.generations.storage import Storage, named_errors, open_plain

CURRENT = "CURRENT"
CURRENT_NEW = "CURRENT.tmp"
LOCK = "LOCK"
MANIFEST = "manifest.json"
MANIFEST_NEW = "manifest.json.tmp"
MARKER = "GENERATION"
"""A generation's first file: it holds the folder's name, and readers lock it."""
UNPUBLISHED = "UNPUBLISHED"
"""There until a generation has been CURRENT; readers do not look at it."""

POINTER_LIMIT = 200
MARKER_LIMIT = 200

MEND = "build again: searcher build PATH…"

_FOLDER = re.compile(r"gen-([0-9a-z-]{8,40})")
_ALLOWED = re.compile(
    r"README.*|\.gitignore|CURRENT(\.tmp)?|LOCK|gen-.*|dead-letters-.*\.jsonl", re.DOTALL
)
_STAMP = re.compile(r"gen-([0-9]{8}-[0-9]{6}-[0-9]{6})-[0-9a-f]{6}")
_STAMP_FORMAT = "%Y%m%d-%H%M%S-%f"


# ---------------------------------------------------------------- generation names


def folder_name(generation_id: str) -> str | None:
    """Return the folder of a generation, given its id or that name; None for anything else.

    >>> folder_name("20260722-101530-000000-9f3a2c")
    'gen-20260722-101530-000000-9f3a2c'
    >>> folder_name("../../etc") is None
    True
    """
    name = generation_id if generation_id.startswith("gen-") else f"gen-{generation_id}"
    return name if is_folder_name(name) else None


def is_folder_name(name: str) -> bool:
    """Return whether *name* can be a generation's folder."""
    return _FOLDER.fullmatch(name) is not None


def new_folder_name(now: datetime, existing: Iterable[str]) -> str:
    """Return a name that sorts behind the generations in *existing*, whatever the clock says.

    Order by name is order of age: clean-up and rollback rely on it, so a clock set back must not
    make a new generation look old.

    >>> late = "gen-20990101-000000-000000-9f3a2c"
    >>> new_folder_name(datetime(2026, 7, 22, tzinfo=UTC), [late])[:-6]
    'gen-20990101-000000-000001-'
    """
    stamps = [stamp + timedelta(microseconds=1) for name in existing if (stamp := _stamp(name))]
    return f"gen-{max([now, *stamps]).strftime(_STAMP_FORMAT)}-{os.urandom(3).hex()}"


def _stamp(name: str) -> datetime | None:
    match = _STAMP.fullmatch(name)
    if match is None:
        return None
    try:
        stamp = datetime.strptime(match[1], _STAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    # Only a crafted name is that late, and nothing could be made to sort behind it.
    return stamp if stamp.year < 9999 else None


# ---------------------------------------------------------------- what a folder is


def foreign_name(home: Path, storage: Storage) -> str | None:
    """Return a name in the folder *home* that no index home has, or None."""
    with named_errors(home, "read the folder"):
        names = storage.names(home)
    return next((name for name in names if not _ALLOWED.fullmatch(name)), None)


def check_usable(home: Path, storage: Storage) -> None:
    """Raise NotAnIndexError unless *home* is missing, empty or holds nothing but an index.

    Nothing is written.
    """
    try:
        with named_errors(home, "read the folder"):
            is_folder = stat.S_ISDIR(home.stat().st_mode)
    except IndexHomeError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return
        raise
    if not is_folder:
        raise NotAnIndexError(f"{home}: is not a folder; name another with --index")
    foreign = foreign_name(home, storage)
    if foreign is not None:
        raise not_an_index(home, foreign)


def not_an_index(home: Path, foreign: str) -> NotAnIndexError:
    """Return the error for a folder that holds the file *foreign* as well."""
    return NotAnIndexError(
        f"{home}: holds {foreign[:80]!r}, which is no part of an index; nothing was touched; "
        "name another folder with --index"
    )


def is_real_folder(folder: Path) -> bool:
    """Return whether *folder* is there and a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(folder.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_ours(folder: Path) -> bool:
    """Return whether *folder* is a real folder that carries the marker with its own name.

    The marker of a copy (``gen-…-backup``) names another folder, so copies people make are
    never removed.
    """
    if not is_folder_name(folder.name) or not is_real_folder(folder):
        return False
    try:
        with os.fdopen(open_plain(folder / MARKER), "rb") as file:
            return file.read(MARKER_LIMIT) == marker_content(folder.name)
    except (OSError, IndexHomeError):
        return False


def is_stub(folder: Path) -> bool:
    """Return whether a kill left *folder* before its marker was whole, or behind its removal.

    It has a name that only we give, and nothing in it but, perhaps, the beginning of its marker.
    """
    if _stamp(folder.name) is None or not is_real_folder(folder):
        return False
    whole = marker_content(folder.name)
    try:
        for entry in folder.iterdir():
            with os.fdopen(open_plain(entry), "rb") as file:
                begun = file.read(MARKER_LIMIT)
            if entry.name != MARKER or begun == whole or not whole.startswith(begun):
                return False
    except (OSError, IndexHomeError):
        return False
    return True


def is_unpublished(folder: Path) -> bool:
    """Return whether a generation has never been CURRENT, unless it is so by now."""
    return os.path.lexists(folder / UNPUBLISHED)


def marker_content(name: str) -> bytes:
    """Return what the marker of the generation folder *name* holds."""
    return f"{name}\n".encode("ascii")


def check_trusted(path: Path) -> None:
    """Raise IndexHomeError unless *path* belongs to this user or root and is not world-writable.

    For the folder ``./index`` that nobody named: in a shared folder it may be a trap laid by
    somebody else.  A missing folder is trusted; opening it says that it is missing.
    """
    with named_errors(path, "read the folder"):
        try:
            link, folder = path.lstat(), path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return
    reason = _distrust(link, folder)
    if reason is not None:
        raise IndexHomeError(
            f"{path}: not opened unasked, because it {reason}; "
            f"if you trust it, name it: --index {path}"
        )


def _distrust(link: os.stat_result, folder: os.stat_result) -> str | None:
    for owner in (link.st_uid, folder.st_uid):
        if owner not in (os.geteuid(), 0):
            return f"belongs to user {owner}"
    return "may be written by anybody" if folder.st_mode & stat.S_IWOTH else None
