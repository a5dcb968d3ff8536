"""Numbering: which documents of all spools stay, and which number each gets.

Documents are numbered by ascending id, so that ties by id are ties by number.  Every document
also gets a stretch of *places*, in the same order, long enough for each of its fields: one number
then says document and position at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.writing.flat import RUNS
from searcher.engines.whoosh_.writing.spooled import Spooled
from searcher.engines.whoosh_.writing.tables import load_table, save_table

GRAIN = 8
"""Stretches begin at multiples of 2 ** GRAIN, so that a table tells the document of a place."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """``numbers[spool][i]`` is the number of a spool's document *i*, or -1 if it gave way to
    another; document *d* has places ``starts[d]`` … ``starts[d + 1]``, of which the last is no
    position in any field.
    """

    numbers: tuple[Numbers, ...]
    starts: Numbers

    @property
    def documents(self) -> int:
        """How many documents stay."""
        return len(self.starts) - 1

    @property
    def place_bits(self) -> int:
        """How many bits a place needs."""
        return int(self.starts[-1]).bit_length()

    def document_table(self) -> Numbers:
        """Return the document of each stretch of 2 ** GRAIN places."""
        grains = np.diff(self.starts) >> GRAIN
        return np.repeat(np.arange(self.documents, dtype=np.int64), grains)

    def save(self, folder: Path) -> None:
        """Write it into *folder*, for other processes."""
        save_table(folder, "starts", self.starts)
        for spool, numbers in enumerate(self.numbers):
            save_table(folder, f"numbers{spool}", numbers)

    @classmethod
    def load(cls, folder: Path, spools: int) -> Numbering:
        """Read what `save` wrote."""
        numbers = tuple(load_table(folder, f"numbers{spool}") for spool in range(spools))
        return cls(numbers, load_table(folder, "starts"))


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents that stay, by number: ids, paths, sizes, digests and days (two numbers each),
    and where each lies among the documents of all spools in a row.
    """

    ids: list[str]
    paths: list[str]
    tokens: Numbers
    title_sizes: Numbers
    stored_sizes: Numbers
    digests: Numbers
    days: Numbers
    origins: Numbers


def number(spools: Sequence[Spooled]) -> tuple[Numbering, Documents]:
    """Number the documents of *spools*; of those with one id the one added last stays."""
    names = [spool.names() for spool in spools]
    ids = [each for found, _ in names for each in found]
    paths = [each for _, found in names for each in found]
    kept = _kept(ids, _column(spools, "numbers"))
    documents = Documents(
        ids=[ids[at] for at in kept.tolist()],
        paths=[paths[at] for at in kept.tolist()],
        tokens=_column(spools, "tokens")[kept],
        title_sizes=_column(spools, "titles")[kept],
        stored_sizes=_column(spools, "stored")[kept],
        digests=_column(spools, "digests")[kept],
        days=_column(spools, "days")[kept],
        origins=kept,
    )
    numbers = np.full(len(ids), -1, dtype=np.int64)
    numbers[kept] = np.arange(len(kept))
    longest = np.max([_column(spools, run)[kept] for run in RUNS], axis=0, initial=0)
    starts = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum(((longest >> GRAIN) + 1) << GRAIN, out=starts[1:])
    ends = np.cumsum([spool.firsts[-1] for spool in spools])[:-1]
    return Numbering(tuple(np.split(numbers, ends)), starts), documents


def _kept(ids: Sequence[str], numbers: Numbers) -> Numbers:
    """Return which documents stay, by ascending id."""
    by_number = np.argsort(numbers, kind="stable").tolist()
    ordered = sorted(by_number, key=ids.__getitem__)
    following = [ids[at] for at in ordered[1:]]
    last = [at for at, after in zip(ordered, following, strict=False) if ids[at] != after]
    return np.array([*last, *ordered[-1:]], dtype=np.int64)


def _column(spools: Sequence[Spooled], name: str) -> Numbers:
    return np.concatenate([spool.document_column(name) for spool in spools])
