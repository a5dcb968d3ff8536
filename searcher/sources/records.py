"""The records of this room: what to read, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from searcher.arguments import MAX_SIZE
from searcher.model import Document

STDIN = "stdin"
"""The id, and the origin, of the document read from standard input."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which files of the roots to read, and how.

    ``include`` and ``exclude`` are globs (`searcher.sources.globs`); exclude wins.
    ``encodings`` are pairs of a glob, or None for every file, and an encoding; the last that
    matches wins.  ``max_size`` bounds, in bytes, a plain file and each record of a JSONL file.
    ``follow_links`` says that links inside a root are followed (`searcher.sources.walk`).
    ``leave_out`` are resolved folders that are never entered, such as the index being built.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    encodings: tuple[tuple[str | None, str], ...] = ()
    max_size: int = MAX_SIZE
    follow_links: bool = False
    leave_out: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file to read: where it is, with links resolved, and what its ids begin with.

    The id of a file below a folder is ``<name>/<path below it>``; that of a root that is a
    file is ``<name>``.  With ``below`` only what stands at that path below the root is read,
    under the ids and by the globs of the whole root.
    """

    path: Path
    name: str
    below: str = ""

    @property
    def place(self) -> Path:
        """Where what is to be read stands."""
        return self.path / self.below


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that would be read.

    ``id`` is that of its document (records of a JSONL file may have their own); ``below`` is
    its path below the root as globs see it; ``path`` is absolute and opens the file, so it may
    hold undecodable bytes as lone surrogates: use `searcher.sources.roots.printable` to show it.
    ``root`` is the name of its root; one without stands for itself.
    """

    id: str
    path: str
    below: str
    size: int
    root: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read.

    ``where`` is its file's absolute path, with ``:LINE`` for a record, or ``stdin``;
    ``encoding``, ``confidence`` and ``replaced`` are as in `searcher.text.decode.Decoded`;
    ``size`` is in bytes; ``warnings`` are sentences about what was not taken as given;
    ``origin`` is as in `searcher.preparing.documents.Incoming`: the name of the root of a plain
    file, the id of the file of a record, ``stdin``, or nothing for what came from none of them;
    ``file`` is ``where`` without the line of a record, and nothing for what came from no file.
    """

    document: Document
    where: str
    encoding: str
    confidence: float
    replaced: int
    size: int
    warnings: tuple[str, ...] = ()
    origin: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not read on purpose: no failure, but not in silence either."""

    where: str
    reason: str
