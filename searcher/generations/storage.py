"""What an index home does to the file system, one method each, and the names of its failures.

Everything that reads or changes the content of a home goes through a `Storage`, so that a test
can watch the order of effects and break any one of them.  The bytes in ``LOCK`` are the one
exception: they belong to the open lock itself.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searcher.errors import IndexCorruptError, IndexHomeError, told

_PIECE = 1 << 20
"""Bytes read at a time."""


@contextmanager
def named_errors(where: Path, action: str) -> Iterator[None]:
    """Turn an OSError of the block into an IndexHomeError: what, where, what next."""
    try:
        yield
    except OSError as error:
        raise IndexHomeError(told(error, where, action)) from error


def open_plain(path: Path, flags: int = os.O_RDONLY) -> int:
    """Return a file descriptor on the plain file *path*; it is closed in programs we start.

    Links are not followed and nothing but a plain file is opened (a pipe would wait for ever):
    IndexCorruptError.  Everything else is the OSError as it came.
    """
    safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, flags | safe, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise _not_plain(path) from error
        raise
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise _not_plain(path)


def _not_plain(path: Path) -> IndexCorruptError:
    return IndexCorruptError(
        f"{path}: is a link, a folder or a device where an index has a plain file; "
        "remove it, then run: searcher build PATH…"
    )


class Storage:
    """The file system as an index home uses it.

    Methods raise OSError, or IndexCorruptError where something is not a plain file.
    """

    def names(self, folder: Path) -> list[str]:
        """Return the names in *folder*, sorted."""
        return sorted(entry.name for entry in folder.iterdir())

    def read(self, path: Path, limit: int) -> bytes:
        """Return the bytes of a plain file; above *limit* bytes IndexCorruptError."""
        with os.fdopen(open_plain(path), "rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise IndexCorruptError(
                f"{path}: damaged (larger than {limit} bytes); run: searcher build PATH…"
            )
        return content

    def digest(self, path: Path) -> tuple[int, str, int]:
        """Return the size of a plain file, its SHA-256 in hexadecimal, and its CRC-32."""
        # Imported here: it loads OpenSSL, which no search needs.
        import hashlib

        sha256, crc32 = hashlib.sha256(), 0
        with os.fdopen(open_plain(path), "rb") as file:
            while piece := file.read(_PIECE):
                sha256.update(piece)
                crc32 = zlib.crc32(piece, crc32)
            return file.tell(), sha256.hexdigest(), crc32

    def mkdir(self, folder: Path) -> None:
        """Make *folder*; its parent must be there and it must not."""
        folder.mkdir()

    def write(self, path: Path, content: bytes) -> None:
        """Make the new file *path*; nothing of that name may be there, not even a link."""
        with path.open("xb") as file:
            file.write(content)

    def copy(self, source: Path, target: Path) -> None:
        """Copy a plain file to a new file *target*."""
        with os.fdopen(open_plain(source), "rb") as reading, target.open("xb") as writing:
            shutil.copyfileobj(reading, writing)

    def link(self, source: Path, target: Path) -> None:
        """Give the file *source* a second name."""
        os.link(source, target, follow_symlinks=False)

    def replace(self, source: Path, target: Path) -> None:
        """Rename *source* to *target* in one step, whether *target* is there or not."""
        source.replace(target)

    def fsync(self, path: Path) -> None:
        """Return once the content of a plain file is on the disk."""
        fd = open_plain(path)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def fsync_dir(self, folder: Path) -> None:
        """Return once the names in *folder* are on the disk."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError as error:
            # Some network and user-space file systems cannot sync a folder and say so.
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(fd)

    def unlink(self, path: Path) -> None:
        """Remove a file or a link (never what it points to), if it is there."""
        path.unlink(missing_ok=True)

    def remove_tree(self, folder: Path) -> None:
        """Remove *folder* and all in it; links in it are removed, never followed."""
        shutil.rmtree(folder)
