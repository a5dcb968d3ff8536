"""Faults: every call that changes the file system counted, and the n-th one made to fail or kill.

`inject` patches Python's own doors to the disk in this process, which is a forked child that does
one job and ends: `os` by name, and `open`, whose files get a raw file that counts each write.
Everything in the standard library comes through these (``Path.open``, ``os.fdopen``,
``shutil.rmtree``, ``tempfile``).  numpy writes to files it takes for real ones behind Python's
back, so that ours refuse to give their descriptor; it writes through them then.

That nothing gets past is held by a test: Linux counts the bytes a process hands to ``write`` and
its like (``wchar`` in ``/proc/self/io``), and the count here must be the same.  What changes names
was compared by hand with ``strace``: a build, an update, a merge and a rollback make as many
calls of fsync, rename, link, mkdir, unlink and rmdir there as are counted here.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

CHANGING = (
    "write",
    "pwrite",
    "writev",
    "sendfile",
    "ftruncate",
    "truncate",
    "fsync",
    "fdatasync",
    "replace",
    "rename",
    "link",
    "symlink",
    "mkdir",
    "unlink",
    "remove",
    "rmdir",
)
"""Functions of `os` that change something; `os.open` counts too where it may."""

FREEING = frozenset({"unlink", "remove", "rmdir", "fsync", "fdatasync", "ftruncate"})
"""What a full disk does not refuse; a broken one refuses everything."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Fault(NamedTuple):
    """What happens at call number ``at``: ``how`` is ``kill`` or the name of an errno.

    ``for_good``: every later call fails as well, as on a disk that stays full or broken.
    """

    at: int | None = None
    how: str = "kill"
    for_good: bool = False


class Injector:
    """Counts calls, and makes one of them what `Fault` says."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.calls: list[str] = []
        self.written = 0

    def wants(self, name: str) -> bool:
        """Count a call and tell whether it is to fail."""
        number = len(self.calls)
        self.calls.append(name)
        at = self.fault.at
        if at is None or number < at:
            return False
        if number == at:
            return True
        return self.fault.for_good and not (self.fault.how == "ENOSPC" and name in FREEING)

    def strike(self, path: object = None) -> None:
        """Kill the process or raise the error."""
        if self.fault.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, self.fault.how)
        where = (os.fspath(path),) if isinstance(path, str | bytes | os.PathLike) else ()
        raise OSError(code, os.strerror(code), *where)


def inject(fault: Fault) -> Injector:
    """Put *fault* between this process and its disk, for the rest of its life."""
    injector = Injector(fault)
    for name in CHANGING:
        setattr(os, name, _counted(injector, name, getattr(os, name)))
    os.open = _counted_open(injector, os.open)
    io.open = builtins.open = _opening(injector, io.open)
    return injector


def _counted(injector: Injector, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if injector.wants(name):
            if name in ("write", "pwrite"):
                original(args[0], args[1][: len(args[1]) // 2], *args[2:])
            injector.strike(args[0])
        found = original(*args, **options)
        if name in ("write", "pwrite", "writev"):
            injector.written += found
        return found

    return call


def _counted_open(injector: Injector, original: Callable[..., int]) -> Callable[..., int]:
    def call(path: Any, flags: int, *args: Any, **options: Any) -> int:
        if flags & _WRITING and injector.wants("open"):
            injector.strike(path)
        return original(path, flags, *args, **options)

    return call


class _Raw(io.FileIO):
    """A file open for writing whose writes are counted; half of the one that fails is written."""

    injector: Injector

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        if self.injector.wants("write"):
            super().write(view[: len(view) // 2])
            self.injector.strike()
        written = super().write(view)
        self.injector.written += written
        return written

    def fileno(self) -> int:
        """Refuse, or numpy would write past us."""
        raise io.UnsupportedOperation("fileno")


def _opening(injector: Injector, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        *text: Any,
        opener: Any = None,
        **more: Any,
    ) -> Any:
        if not set(mode) & set("wxa+"):
            return original(file, mode, buffering, *text, opener=opener, **more)
        if not isinstance(file, int) and injector.wants("open"):
            injector.strike(file)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), opener=opener)
        raw.injector = injector
        buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **more)

    return call
