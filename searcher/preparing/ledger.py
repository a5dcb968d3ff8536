"""The ledger: which partitions a build has sent to a remote index, and which that index holds.

It is a file of JSON lines in the folder of the generation being made.  A line is written before a
partition is sent (``{"sent": first, "digest": …}``) and another when the index has all of it
(``{"held": first, "documents": …, "rejected": …}``), so that after a kill at any moment it says
of everything that may be in the index what it is.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from searcher.engines.base import Rejected
from searcher.generations import named_errors
from searcher.preparing.partitions import Built, Partition

LEDGER_FILE = "ledger.jsonl"
"""The file in the folder of a generation that is being made."""

FORMAT = 1

_LONGEST = 16 << 20
"""Bytes of a line at most; a longer one is none of ours."""


class GivenUpError(Exception):
    """An unfinished build cannot be gone on with: it must begin anew.  No caller meets this.

    ``begun`` says whether documents were read by then.
    """

    def __init__(self, reason: str, *, begun: bool = True) -> None:
        super().__init__(reason)
        self.begun = begun


@dataclass(slots=True)
class _Kept:
    """What a ledger holds that an earlier run wrote, and how many bytes of it are whole."""

    terms: Mapping[str, Any] | None = None
    sent: deque[tuple[int, str]] = field(default_factory=deque)
    held: dict[int, Built] = field(default_factory=dict)
    size: int = 0


class Ledger:
    """The ledger of one run; it may go on with that of an earlier one.

    Raises:
        IndexHomeError: by each method, if the file cannot be read or written.
    """

    def __init__(self, path: Path, file: BinaryIO, kept: _Kept) -> None:
        self._path = path
        self._file = file
        self._sent = kept.sent
        self._before = kept.held
        self.held = len(kept.held)

    @classmethod
    def begin(cls, folder: Path, terms: Mapping[str, Any]) -> Ledger:
        """Begin the ledger of an index that is made on *terms*: plain values, as JSON has them."""
        path = folder / LEDGER_FILE
        with named_errors(folder, "write the ledger"):
            ledger = cls(path, path.open("xb"), _Kept())
        ledger._write({"ledger": FORMAT, **terms})
        return ledger

    @classmethod
    def resume(cls, folder: Path) -> Ledger:
        """Go on with the ledger in *folder*; what a kill tore is cut off."""
        path = folder / LEDGER_FILE
        kept = _read(path)
        with named_errors(folder, "write the ledger"):
            os.truncate(path, kept.size)
            return cls(path, path.open("ab"), kept)

    def __enter__(self) -> Ledger:
        """Return the ledger itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self._file.close()

    def meet(self, partition: Partition, digest: str) -> Built | None:
        """Return what the index holds of *partition* already, or None and note that it is sent.

        Partitions must be met in the order of their numbers.

        Raises:
            GivenUpError: an earlier run sent other documents under these numbers.
        """
        if not self._sent:
            self._write({"sent": partition.first, "digest": digest}, sync=True)
            return None
        if self._sent.popleft() != (partition.first, digest):
            raise GivenUpError(f"{partition.where} are others by now")
        return self._before.pop(partition.first, None)

    def hold(self, built: Built) -> None:
        """Note that the index has all of a partition."""
        rejected = [[each.id, each.reason] for each in built.rejected]
        self._write({"held": built.first, "documents": built.documents, "rejected": rejected})
        self.held += 1

    def finish(self) -> None:
        """Say that there are no more partitions.

        Raises:
            GivenUpError: an earlier run sent more.
        """
        if self._sent:
            raise GivenUpError("there are fewer documents by now")

    def remove(self) -> None:
        """Remove the file: it is no part of what is published."""
        with named_errors(self._path.parent, "remove the ledger"):
            self._file.close()
            self._path.unlink()

    def _write(self, line: Mapping[str, Any], *, sync: bool = False) -> None:
        with named_errors(self._path.parent, "write the ledger"):
            self._file.write(json.dumps(line).encode("ascii") + b"\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())


def terms_in(folder: Path) -> Mapping[str, Any] | None:
    """Return the terms on which the unfinished index in *folder* was begun; None without ledger.

    Raises:
        IndexHomeError: the ledger cannot be read.
    """
    return _read(folder / LEDGER_FILE).terms


# ---------------------------------------------------------------- reading what a kill left


def _read(path: Path) -> _Kept:
    """Read the whole lines of a ledger, up to the first that is none of ours."""
    kept = _Kept()
    with named_errors(path.parent, "read the ledger"):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return kept
        with file:
            for line in _lines(file):
                try:
                    _take(kept, json.loads(line))
                except (ValueError, TypeError, KeyError):
                    break
                kept.size += len(line)
    return kept


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while (line := file.readline(_LONGEST)).endswith(b"\n"):
        yield line


def _take(kept: _Kept, line: Any) -> None:
    """Take note of a line; ValueError, TypeError or KeyError: it is none of ours."""
    if not isinstance(line, dict):
        raise TypeError("a line without names")
    if kept.terms is None:
        if line.pop("ledger") != FORMAT:
            raise ValueError("a ledger of another format")
        kept.terms = line
    elif "sent" in line:
        kept.sent.append((int(line["sent"]), str(line["digest"])))
    else:
        rejected = tuple(Rejected(str(name), str(reason)) for name, reason in line["rejected"])
        first = int(line["held"])
        kept.held[first] = Built(first, int(line["documents"]), rejected)
