"""An engine whose documents lie elsewhere, for tests: its cluster is a folder beside the home.

A worker's batches are files named by their first number; a commit makes a Whoosh index of them.
What a worker or a commit meets can be told beforehand, in files of the cluster.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from searcher.arguments import CACHE, MEMORY
from searcher.columns import Batch
from searcher.engines import ENGINES
from searcher.engines.base import NO_SETTINGS, Reader, Rejected, Settings, Spool, Spooler, Writer
from searcher.engines.remote import Ticket
from searcher.engines.whoosh_ import WhooshEngine
from searcher.errors import EngineError

FAR = "far"
PLACE = "place.json"
POISON = "poison"
"""What the ids of documents begin with that this engine cannot take."""

_WHOOSH = WhooshEngine()


def register(versions: dict[str, str] | None = None) -> None:
    """Have this process know the engine, and believe that it has other *versions*."""
    ENGINES[FAR] = FarEngine()
    if versions:
        from searcher.preparing import tasks

        found = {**tasks._versions(), **versions}
        tasks._versions = lambda: found  # type: ignore[assignment]


def trouble(cluster: Path, times: int, reason: str) -> None:
    """Have the next *times* bulks fail."""
    (cluster / "trouble.json").write_text(json.dumps([times, reason]), "utf-8")


def bulks(cluster: Path) -> list[int]:
    """Return the first numbers of all partitions that were ever sent, in the order they came."""
    path = cluster / "bulks"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


class FarEngine:
    """The `Engine` and the `Remote` of it."""

    name = FAR
    schema_version = 1

    @property
    def remote(self) -> FarEngine:
        return self

    def create(
        self,
        folder: Path,
        *,
        jobs: int = 1,  # noqa: ARG002
        memory: int = MEMORY,  # noqa: ARG002
        settings: Settings = NO_SETTINGS,
    ) -> Writer:
        place = Path(str(settings["url"])) / folder.name
        (folder / PLACE).write_text(json.dumps({"place": str(place)}), "utf-8")
        place.mkdir(parents=True)
        return FarWriter(place)

    def spooler(self, folder: Path, stem: str) -> Spooler:
        raise NotImplementedError

    def change(self, folder: Path) -> Writer:
        raise NotImplementedError

    def open(self, folder: Path, *, cache: int = CACHE) -> Reader:
        return _WHOOSH.open(_place(self.ticket(folder)) / "index", cache=cache)

    def drop(self, folder: Path) -> None:
        if (folder / PLACE).exists():
            shutil.rmtree(_place(self.ticket(folder)), ignore_errors=True)

    def published(self, folder: Path) -> None:
        pass

    def whereabouts(self, folder: Path) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    # ------------------------------------------------------------ remote

    def ticket(self, folder: Path) -> Ticket:
        found: dict[str, Any] = json.loads((folder / PLACE).read_text("utf-8"))
        return found

    def join(self, ticket: Ticket) -> Spooler:
        return FarSpooler(_place(ticket))

    def resume(self, folder: Path) -> Writer | None:
        place = _place(self.ticket(folder))
        return FarWriter(place) if place.exists() else None


def _place(ticket: Ticket) -> Path:
    return Path(str(ticket["place"]))


class FarSpooler:
    """Sends batches when it is closed, whole or not at all."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._batches: list[Batch] = []

    def add(self, batch: Batch) -> None:
        self._batches.append(batch)

    def close(self) -> Spool:
        _meet_trouble(self._place.parent)
        rejected: list[Rejected] = []
        for batch in self._batches:
            first = int(batch.numbers[0])
            new = self._place / f"{first}.{os.getpid()}.tmp"
            new.write_bytes(pickle.dumps(batch))
            new.replace(self._place / f"{first}.batch")
            with (self._place.parent / "bulks").open("a") as log:
                log.write(f"{first}\n")
            rejected += [Rejected(each, "it is poison") for each in batch.ids if _is_bad(each)]
        return Spool("", sum(map(len, self._batches)), tuple(rejected))


def _is_bad(document_id: str) -> bool:
    return document_id.startswith(POISON)


def _meet_trouble(cluster: Path) -> None:
    path = cluster / "trouble.json"
    if path.exists():
        times, reason = json.loads(path.read_text("utf-8"))
        if times:
            trouble(cluster, times - 1, reason)
            raise EngineError(reason)


class FarWriter:
    """Makes an index of what was sent."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.rejected: list[Rejected] = []

    def add(self, batch: Batch) -> None:
        raise NotImplementedError

    def adopt(self, spool: Spool) -> None:
        self.rejected += spool.rejected

    def expect(self, document_ids: Sequence[str]) -> None:
        raise NotImplementedError

    def remove(self, document_id: str) -> bool:
        raise NotImplementedError

    def commit(self) -> None:
        _meet_trouble(self._place.parent)
        folder = self._place / "index"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        writer, bad = _WHOOSH.create(folder), set()
        for path in self._place.glob("*.batch"):
            batch = pickle.loads(path.read_bytes())
            writer.add(batch)
            bad |= set(filter(_is_bad, batch.ids))
        writer.commit()
        cleaner = _WHOOSH.change(folder)
        for each in bad:
            cleaner.remove(each)
        cleaner.commit()

    def rollback(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
