"""Place: where an index lies in a cluster, and the file of a generation that says so.

The file is written before anything is made in the cluster, and goes behind it: so there is no
index that no folder names.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from searcher.engines.base import Settings
from searcher.engines.opensearch_ import FILE
from searcher.errors import EngineError, IndexCorruptError
from searcher.model import OpenSearch
from searcher.model.settings import check_alias, checked_url

FORMAT = 1
_LIMIT = 64 * 1024
_INDEX = re.compile(r"[a-z0-9][a-z0-9._-]{0,200}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_MEND = "build again: searcher build PATH…"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index lies: ``url`` is that of a node, or of several with commas between.

    ``home`` is the same for all indexes of one home, and of no other.
    """

    url: str
    index: str
    alias: str
    shards: int
    replicas: int
    home: str

    def __post_init__(self) -> None:
        """Raise ValueError for what no version of ours wrote."""
        check_alias(self.alias)
        for name, pattern in (("index", _INDEX), ("home", _TOKEN)):
            if not _is_text(getattr(self, name), pattern):
                raise ValueError(f"{name} is wrong")
        for name, most in (("shards", 1024), ("replicas", 64)):
            if not _is_count(getattr(self, name), most):
                raise ValueError(f"{name} is wrong")
        checked_url(self.url)

    @property
    def building(self) -> str:
        """The alias that the index has until it is complete, for those who fill it."""
        return f"{self.index}-building"

    def to_dict(self) -> dict[str, str | int]:
        """Return it as plain values."""
        return asdict(self)


def alias_of(home: Path) -> str:
    """Return the alias of a home that was given none.

    >>> alias_of(Path("data/My index")), alias_of(Path("新聞"))
    ('searcher-my-index', 'searcher-index')
    """
    name = re.sub(r"[^a-z0-9._-]+", "-", home.resolve().name.lower()).strip("-._")[:100]
    return f"searcher-{name or 'index'}"


# ---------------------------------------------------------------- the file


def new_place(folder: Path, settings: Settings) -> Place:
    """Return the place of a new generation in *folder*, as *settings* want it.

    Raises:
        EngineError: the settings are wrong.
    """
    try:
        given = OpenSearch(**dict(settings))  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise EngineError(f"cannot build in OpenSearch: {error}") from error
    alias = given.alias or alias_of(folder.parent)
    known = [each for each in siblings(folder) if (each.url, each.alias) == (given.url, alias)]
    home = known[-1].home if known else secrets.token_hex(16)
    return Place(given.url, index_of(alias, folder), alias, given.shards, given.replicas, home)


def index_of(alias: str, folder: Path) -> str:
    """Return the name of the index of the generation in *folder*."""
    return f"{alias}-{folder.name.removeprefix('gen-')}"


def write_place(folder: Path, place: Place) -> None:
    """Write the file of a generation, on the disk when this returns; one that is there, and may
    be linked from elsewhere, is replaced.
    """
    new = folder / f"{FILE}.new"
    content = json.dumps({"format": FORMAT, **place.to_dict()}, indent=1) + "\n"
    with new.open("w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_place(folder: Path) -> Place:
    """Return the place of the generation in *folder*.

    Raises:
        IndexCorruptError: the file is missing, or no version of ours wrote it.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT + 1)
        if len(raw) > _LIMIT:
            raise ValueError("too long")
        record = json.loads(raw)
        if not isinstance(record, dict) or record.pop("format", None) != FORMAT:
            raise ValueError("another format")
        return place_of(record)
    except FileNotFoundError as error:
        raise IndexCorruptError(f"{path}: missing; {_MEND}") from error
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise IndexCorruptError(f"{path}: damaged ({error}); {_MEND}") from error


def place_of(record: Mapping[str, Any]) -> Place:
    """Return the place with these plain values.

    Raises:
        ValueError, TypeError: they are none.
    """
    return Place(**record)


def siblings(folder: Path) -> list[Place]:
    """Return the places of the other generations of a home, oldest first."""
    return list(_places(each for each in sorted(folder.parent.glob("gen-*")) if each != folder))


def _places(folders: Iterable[Path]) -> Iterable[Place]:
    for folder in folders:
        if (folder / FILE).is_file():
            try:
                yield read_place(folder)
            except IndexCorruptError:
                continue  # whoever opens it says so


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
