"""What segments and whole indexes hold, read back term by term, for tests that know it all."""

from __future__ import annotations

import errno
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from batches import Plain, Posting, postings

from searcher.columns import Batch
from searcher.engines.whoosh_.files.docvalues import TextValues
from searcher.engines.whoosh_.files.listing import read_deleted, read_listing
from searcher.engines.whoosh_.files.segment import Segment

Held = dict[tuple[str, str], dict[str, Posting]]
"""(Whoosh field, term) → id → (weight, positions)."""


def held(segment: Segment, deleted: Sequence[int] = ()) -> Held:
    """Return everything a segment lists of the documents that are not *deleted*."""
    ids = segment.ids()
    found: Held = {}
    for field in segment.fields:
        for term, df in segment.terms(field):
            entry = segment.entry(field, term)
            assert entry is not None
            assert entry.df == df
            docs, counts = entry.docs()
            assert len(docs) == df
            positions: dict[int, list[int]] = {number: [] for number in docs.tolist()}
            for place in entry.places().tolist():
                positions[place >> 32].append(place & 0xFFFFFFFF)
            for number, count in zip(docs.tolist(), counts.tolist(), strict=True):
                if number not in deleted:
                    posting = count, tuple(positions[number])
                    found.setdefault((field, term), {})[ids[number]] = posting
    return found


def index_holds(folder: Path) -> Held:
    """Return everything that an index lists, of living documents, over all segments."""
    found: Held = {}
    for listed in read_listing(folder):
        segment = Segment.open(folder, listed.name)
        for place, lists in held(segment, read_deleted(folder, listed).tolist()).items():
            found.setdefault(place, {}).update(lists)
        segment.close()
    return found


def living(folder: Path) -> Iterator[tuple[Segment, int]]:
    """Yield each living document of an index: its segment and number."""
    for listed in read_listing(folder):
        segment = Segment.open(folder, listed.name)
        deleted = set(read_deleted(folder, listed).tolist())
        for number in range(segment.documents):
            if number not in deleted:
                yield segment, number
        segment.close()


def names(folder: Path) -> set[str]:
    """Return the names of everything in a folder."""
    return {path.name for path in folder.iterdir()}


def last_ones(documents: Iterable[Plain]) -> dict[str, Plain]:
    """Return the documents that stay, of those with one id the last."""
    return {plain.id: plain for plain in documents}


def assert_holds(folder: Path, documents: Iterable[Plain]) -> None:
    """Assert that an index holds *documents* and nothing else, whatever can be asked of it."""
    wanted = last_ones(documents)
    assert index_holds(folder) == postings(wanted.values())
    seen = set()
    for segment, number in living(folder):
        plain = wanted[segment.id(number)]
        assert segment.path(number) == plain.path
        assert segment.stored(number) == plain.stored
        assert segment.lengths[number] == plain.bag().total()
        assert segment.title_sizes[number] == len(plain.units("title"))
        assert segment.find(plain.id) == number
        seen.add(plain.id)
    assert seen == wanted.keys()
    assert known_facts(folder) == {name: facts_of(plain) for name, plain in wanted.items()}


Facts = dict[str, object]
"""The digest, the days, and by columns the values of a document."""


def facts_of(plain: Plain) -> Facts:
    """Return what an index has to know of a document beside its terms."""
    texts = {f"t{name}": sorted(plain.values(name)) for name in plain.texts}
    figures = {f"n{name}": [figure] for name, figure in plain.figures.items()}
    return {"digest": plain.digest, "days": plain.days, **texts, **figures}


def known_facts(folder: Path) -> dict[str, Facts]:
    """Return what an index knows of its living documents."""
    tables: dict[str, list[Facts]] = {}
    found = {}
    for segment, number in living(folder):
        if segment.name not in tables:
            tables[segment.name] = _facts(segment)
        found[segment.id(number)] = tables[segment.name][number]
    return found


def _facts(segment: Segment) -> list[Facts]:
    facts = segment.doc_values
    days = np.stack(facts.periods, axis=1)[facts.period].tolist()
    found: list[Facts] = [
        {"digest": digest.tobytes(), "days": tuple(period)}
        for digest, period in zip(facts.digests, days, strict=True)
    ]
    for kind, name in facts.names:
        column = facts.texts(name) if kind == "t" else facts.figures(name)
        assert column is not None
        rows: defaultdict[int, list[object]] = defaultdict(list)
        for number, row in zip(*map(list, column.rows()), strict=True):
            rows[number].append(
                column.value(int(row)) if isinstance(column, TextValues) else float(row)
            )
        for number, values in rows.items():
            found[number][kind + name] = values
    return found


def numbered(batch: Batch, numbers: Sequence[int]) -> Batch:
    """Return *batch* with other numbers."""
    return replace(batch, numbers=np.array(numbers, dtype=np.int64))


def die(*_: object) -> None:
    """Stand for a worker's task that the system kills."""
    os._exit(1)


def fill_the_disk(_spools: object, _task: object, part: Path) -> None:
    """Stand for a worker's task that finds no room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part))
