"""Building: from the spools of a commit to one segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.files.listing import Listed
from searcher.engines.whoosh_.files.segmentwriter import SegmentWriter
from searcher.engines.whoosh_.writing.docvalues import write_columns
from searcher.engines.whoosh_.writing.gathered import Gathered, gather
from searcher.engines.whoosh_.writing.inverting import FieldWriter, Task, invert, plan
from searcher.engines.whoosh_.writing.parts import Spools, Workers, replay

SHARES = 3
"""Into how many tasks for each process a large field is cut, so that all end together."""

ALONE = 4
"""Into how many tasks one process cuts a large field: smaller ones sort faster, and each reads
everything once."""

WORTH = 2_000_000
"""Occurrences below which starting processes takes longer than it saves."""

PARENT = 160 << 20
WORKER = 64 << 20
"""Bytes that a process needs beside the occurrences of a task; the parent has analyzed."""

NAMED = 700
"""Bytes of a document that is in memory by name all the while: who builds keeps where each came
from, and Python gives little back of what sorting the names took."""

LEAST = 8 << 20
"""Bytes for the occurrences of a task, however little memory is allowed."""


def build_segment(name: str, spools: Spools, jobs: int, memory: int) -> Listed:
    """Make segment *name* of the documents of *spools*; the spools stay.

    *jobs* processes use about *memory* bytes together, the names of the documents among them.
    """
    documents = gather(spools.folder, spools.stems, spools.own)
    listed = Listed(name, len(documents.ids))
    writer = SegmentWriter(spools.folder, name)
    try:
        writer.documents(documents.ids, documents.paths, documents.tokens, documents.title_sizes)
        values = writer.doc_values(documents.digests.view(np.uint8), documents.days)
        origins, sizes = documents.origins, documents.stored_sizes
        del documents  # the strings, before everything else
        with closing(spools.open()) as gathered:
            columns = [(spool.doc_values, numbers) for spool, numbers in gathered.numbered()]
            write_columns(values, columns)
            left = memory - PARENT - NAMED * listed.documents
            _Building(writer, spools, gathered).run(origins, sizes, jobs, left)
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return listed


class _Building:
    """One segment being made, behind its documents' names."""

    def __init__(self, writer: SegmentWriter, spools: Spools, gathered: Gathered) -> None:
        self._writer = writer
        self._spools = spools
        self._gathered = gathered

    def run(self, origins: Numbers, sizes: Numbers, jobs: int, own: int) -> None:
        """Write what is stored of the documents from *origins*, and the fields, in *own* bytes."""
        shared = plan(self._gathered, max(own // jobs - WORKER, LEAST), SHARES * jobs)
        if jobs > 1 and sum(task.within.expected for task in shared) >= WORTH:
            with Workers(self._spools, shared, jobs) as workers:
                self._writer.stored(_stored(self._gathered, origins), sizes)
                self._write_fields(workers.parts())
        else:
            self._writer.stored(_stored(self._gathered, origins), sizes)
            alone = plan(self._gathered, max(own, LEAST), ALONE)
            self._write_fields((task, None) for task in alone)

    def _write_fields(self, tasks: Iterable[tuple[Task, Path | None]]) -> None:
        """Write what tasks give, in their order, to their fields; those without a part are done
        here.
        """
        for field, own in groupby(tasks, lambda each: each[0].field.name):
            writer = FieldWriter(self._writer, field)
            for task, part in own:
                if part is None:
                    invert(self._gathered, task, writer)
                else:
                    replay(part, writer)
            writer.close()


def _stored(gathered: Gathered, origins: Numbers) -> Iterator[bytes]:
    """Yield the stored bytes of documents; those that lie in a row are read at once."""
    breaks = np.flatnonzero(np.diff(origins) != 1) + 1
    bounds = np.concatenate([[0], breaks, [len(origins)]])
    ends = np.cumsum([spool.firsts[-1] for spool in gathered.spools])
    stored_ends = [
        np.concatenate([[0], np.cumsum(spool.document_column("stored"))])
        for spool in gathered.spools
    ]
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        first, last = int(origins[start]), int(origins[stop - 1]) + 1
        for at, end in enumerate(ends.tolist()):
            begin = end - int(gathered.spools[at].firsts[-1])
            own_first, own_last = max(first, begin), min(last, end)
            if own_first < own_last:
                places = stored_ends[at][[own_first - begin, own_last - begin]].tolist()
                yield from gathered.spools[at].stored(*places)
