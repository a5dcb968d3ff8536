"""Who may write and what is being read: flock on two kinds of files.

A lock dies with its process, so a killed job is no obstacle to the next.  Forked children share
a lock: a reader's is let go of by closing, never by unlocking, which would take it from them all.
The writer's belongs to one process alone, and children drop it as soon as they are forked.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import json
import os
import time
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from searcher.errors import IndexLockedError
from searcher.generations.storage import named_errors, open_plain

_HOLDER_LIMIT = 4096
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.2
"""Seconds between two looks at a lock somebody holds; they double."""

_CANNOT_LOCK = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


def lock_shared(fd: int) -> bool:
    """Take a reader's lock on an open file; False where somebody is removing it.

    Reading goes on unlocked where the file system has no locks: nobody can take the writer's
    lock there, so nobody removes anything.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _CANNOT_LOCK:
            raise
    return True


def lock_alone(fd: int) -> bool:
    """Take an exclusive lock on an open file; False where somebody else has any lock on it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_within(fd: int, seconds: float) -> bool:
    """Take an exclusive lock, trying again and again; False where there was no way in time.

    flock itself could wait, but not with an end and without signals of our own.
    """
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not lock_alone(fd):
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
    return True


# ---------------------------------------------------------------- the writer


class Holder(NamedTuple):
    """Who holds the writer's lock, for the message to everybody else."""

    pid: int
    host: str
    user: str
    command: str
    since: str


def utc_now() -> str:
    """Return the time in UTC to the second, as ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _user() -> str:
    # Imported here: a search takes no writer's lock.
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.geteuid())


@functools.cache
def _held() -> weakref.WeakSet[WriterLock]:
    """Return the writer's locks of this process; in a forked child they are let go of.

    Close-on-exec does not cover a fork without exec: worker processes left behind by a killed
    build would hold its lock for as long as they live.
    """
    held: weakref.WeakSet[WriterLock] = weakref.WeakSet()

    def let_go() -> None:
        for lock in tuple(held):
            lock.close()

    os.register_at_fork(after_in_child=let_go)
    return held


class WriterLock:
    """The exclusive lock on ``LOCK``, held from construction until `release`.

    Raises IndexLockedError where somebody else holds it, in this process too, and does not let
    go of it within *wait* seconds.
    """

    def __init__(self, path: Path, command: str, wait: float = 0.0) -> None:
        self._path = path
        self._fd: int | None = None
        with named_errors(path, "take the writer's lock"):
            self._fd = open_plain(path, os.O_RDWR | os.O_CREAT)
            _held().add(self)
            try:
                self._take(self._fd, command, wait)
            except BaseException:
                self.close()
                raise

    @property
    def held(self) -> bool:
        """Whether this process still has the lock: not after `release`, not in a child."""
        return self._fd is not None

    def release(self) -> None:
        """Let go of the lock; doing so twice, or in a forked child, does nothing."""
        if self._fd is not None:
            _note(self._fd, b"")
            # A child just forked may not have dropped it yet; closing alone would leave it held.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Close the file without unlocking it, as a forked child must."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _take(self, fd: int, command: str, wait: float) -> None:
        if not _lock_within(fd, wait):
            waited = f" and was still after {wait:g} seconds" if wait else ""
            raise IndexLockedError(
                f"{self._path.parent}: is being written by {_describe(fd)}{waited}; "
                "wait for it to end and run this again"
            )
        holder = Holder(os.getpid(), os.uname().nodename, _user(), command[:200], utc_now())
        _note(fd, json.dumps(holder._asdict(), ensure_ascii=False).encode("utf-8", "replace"))


def _note(fd: int, content: bytes) -> None:
    # What LOCK says is for people only: on a full disk a rollback must still be possible.
    with suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, content[:_HOLDER_LIMIT], 0)


def _describe(fd: int) -> str:
    """Return who holds the lock on *fd*, as far as LOCK says it in a form we wrote."""
    try:
        record = json.loads(os.pread(fd, _HOLDER_LIMIT, 0))
        holder = Holder(**{name: record[name] for name in Holder._fields})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "another job"
    parts = [str(value)[:80] for value in holder]
    if not all(part.isprintable() for part in parts):
        return "another job"
    pid, host, user, command, since = parts
    return f"{command!r} (process {pid} of {user} on {host}, since {since})"
