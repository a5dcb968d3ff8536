"""Gathered: all spools of one commit, their documents numbered and their strings ranked.

What was found out is kept in a folder of its own, so that other processes read it from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.writing.flat import Keys
from searcher.engines.whoosh_.writing.numbering import Documents, Numbering, number
from searcher.engines.whoosh_.writing.spool import spool_folder
from searcher.engines.whoosh_.writing.spooled import Spooled
from searcher.engines.whoosh_.writing.strings import StringFile, StringWriter, rank
from searcher.engines.whoosh_.writing.tables import load_table, save_table


class Gathered:
    """The spools of a commit, open for reading, in this process or in another one.

    ``ranks[spool][n]`` is the place of the spool's string *n* among all `strings`.
    """

    def __init__(self, folder: Path, stems: Sequence[str], own: str) -> None:
        self.scratch = spool_folder(folder, own)
        self._open = ExitStack()
        self.spools: list[Spooled] = []
        for stem in stems:
            spool = Spooled(folder, stem)
            self._open.callback(spool.close)
            self.spools.append(spool)
        self.numbering = Numbering.load(self.scratch, len(stems))
        ends, start = json.loads((self.scratch / "blocks").read_text("ascii"))
        self.strings = StringFile(self.scratch / "strings", tuple(ends), start)
        self.ranks: list[Keys] = [
            load_table(self.scratch, f"ranks{at}") for at in range(len(stems))
        ]
        self.documents_of = self.numbering.document_table()

    def close(self) -> None:
        """Let go of the files."""
        self._open.close()

    def numbered(self) -> Iterator[tuple[Spooled, Numbers]]:
        """Yield each spool with the numbers of its documents; -1 for those gone."""
        return zip(self.spools, self.numbering.numbers, strict=True)

    def batches(self) -> Iterator[tuple[Spooled, int, int]]:
        """Yield (spool, its place among the spools, batch) for every batch."""
        for at, spool in enumerate(self.spools):
            for batch in range(len(spool.batches)):
                yield spool, at, batch

    def numbers_of(self, at: int, batch: int) -> Numbers:
        """Return the numbers of the documents of a batch of spool *at*; -1 for those gone."""
        first, last = self.spools[at].firsts[batch : batch + 2].tolist()
        return self.numbering.numbers[at][first:last]


def gather(folder: Path, stems: Sequence[str], own: str) -> Documents:
    """Number the documents and rank the strings of spools, for `Gathered` to read.

    It is kept in the spool folder *own*, which must not be there.
    """
    scratch = spool_folder(folder, own)
    scratch.mkdir()
    with ExitStack() as opened:
        spools = []
        for stem in stems:
            spool = Spooled(folder, stem)
            opened.callback(spool.close)
            spools.append(spool)
        numbering, documents = number(spools)
        numbering.save(scratch)
        _rank(spools, scratch)
    return documents


def _rank(spools: Sequence[Spooled], scratch: Path) -> None:
    writer = StringWriter(scratch / "strings")
    sections = [(at, section) for at, spool in enumerate(spools) for section in spool.sections]
    found = rank([section.parts() for _, section in sections], writer.write)
    strings = writer.close()
    (scratch / "blocks").write_text(json.dumps([strings.ends, strings.start]), encoding="ascii")
    for at, spool in enumerate(spools):
        own = [ranked for (of, _), ranked in zip(sections, found, strict=True) if of == at]
        save_table(scratch, f"ranks{at}", _by_number(spool, own))


def _by_number(spool: Spooled, sections: Sequence[Keys]) -> Keys:
    """Return the ranks of a spool's strings by number, from those of its sections in order."""
    none = np.empty(0, dtype=np.uint32)
    ends = np.cumsum([len(section) for section in sections])[:-1]
    places = np.split(spool.places, ends)
    ranks = [ranked[place] for ranked, place in zip(sections, places, strict=True)]
    return np.concatenate([none, *ranks])
