"""The engine of clusters as the contract suite of engines uses one: a folder that is changed.

In a home each change makes another generation, in a folder of its own; here one folder stands for
all of them.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

from searcher.engines.base import Reader, Settings, Writer
from searcher.engines.opensearch_ import FILE, OpenSearchEngine


class InPlace:
    """The `Engine` of one cluster, with so many shards."""

    name = "opensearch"

    def __init__(self, url: str, shards: int) -> None:
        self._engine = OpenSearchEngine()
        self._settings: Settings = {"url": url, "shards": shards, "replicas": 0}
        self._folders: list[Path] = []
        self._now: dict[Path, Path] = {}

    def create(self, folder: Path, **_: Any) -> Writer:
        made = self._begun(folder)
        self._now[folder] = made
        alias = f"contract-{secrets.token_hex(6)}"
        return self._engine.create(made, settings={**self._settings, "alias": alias})

    def change(self, folder: Path) -> Writer:
        before, made = self._now[folder], self._begun(folder)
        shutil.copy(before / FILE, made / FILE)
        return _Change(self._engine.change(made), self._now, folder, made)

    def open(self, folder: Path, **how: Any) -> Reader:
        return self._engine.open(self._now[folder], **how)

    def clean(self) -> None:
        """Remove everything from the cluster."""
        for folder in self._folders:
            self._engine.drop(folder)

    def _begun(self, folder: Path) -> Path:
        made = folder / f"gen-{secrets.token_hex(6)}"
        made.mkdir()
        self._folders.append(made)
        return made


class _Change:
    """A writer whose changes are seen in a folder once they are committed."""

    def __init__(self, writer: Writer, now: dict[Path, Path], folder: Path, made: Path) -> None:
        self._writer = writer
        self._now = now
        self._folder = folder
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def commit(self) -> None:
        self._writer.commit()
        self._now[self._folder] = self._made
