"""The reader of a columnar index: clauses in, pages of document numbers and scores out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from searcher.arguments import CACHE
from searcher.engines.whoosh_.reading.alignment import beginnings, in_field, space_of
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found, Sets
from searcher.engines.whoosh_.reading.matching import Matcher
from searcher.engines.whoosh_.reading.names import Names
from searcher.engines.whoosh_.reading.postings import POSITION
from searcher.engines.whoosh_.reading.scoring import Scorer
from searcher.engines.whoosh_.reading.shortlist import Constant
from searcher.model import (
    TEXT_FIELDS,
    Clause,
    EngineHit,
    EnginePage,
    Run,
    ScoreClause,
    ScoreTerm,
    Sort,
)


class _Desk:
    """What one search at a time works with."""

    def __init__(self, store: Store, names: Names) -> None:
        sets = Sets(store.size, store.live)
        self.matcher = Matcher(store, names, sets)
        self.scorer = Scorer(store, sets)


class ColumnReader:
    """A snapshot of the columnar index in a folder (the `Reader` of `engines.base`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names = Names(store)
        self._desks: list[_Desk] = []
        self.ranked = store.ranked

    @classmethod
    def open(cls, folder: Path, cache: int = CACHE) -> ColumnReader:
        """Open the index in *folder*; see `Store.open` for the errors."""
        return cls(Store.open(folder, budget=cache))

    def __len__(self) -> int:
        return self._store.documents

    def search(
        self,
        where: Clause,
        terms: Sequence[ScoreTerm],
        constants: Sequence[ScoreClause],
        *,
        limit: int,
        offset: int,
        sort: Sort,
    ) -> EnginePage:
        """Return one page; see `searcher.engines.base.Reader.search`."""
        desk = self._take()
        found = desk.matcher.match(where)
        most = min(offset + limit, found.count)
        hits: list[EngineHit] = []
        if offset >= most:
            pass
        elif sort == "path":
            hits = [EngineHit(number, None) for number in self._by_path(found, most)[offset:]]
        else:
            bonuses = [
                Constant(desk.matcher.match(each.clause), each.weight) for each in constants
            ]
            ranks = None if self._names.ascending else self._names.ranks
            docs, scores = desk.scorer.best(found, terms, bonuses, most, ranks)
            hits = list(map(EngineHit, docs[offset:].tolist(), scores[offset:].tolist()))
        self._desks.append(desk)
        return EnginePage(found.count, tuple(hits))

    def count(self, where: Clause) -> int:
        """Return how many documents match."""
        desk = self._take()
        found = desk.matcher.match(where)
        self._desks.append(desk)
        return found.count

    def positions(self, number: int, run: Run, field: str) -> Sequence[int]:
        """Return where *run* begins in *field* of one document."""
        places = beginnings(self._store, space_of(field), run.units, only=number)
        if field in TEXT_FIELDS:
            places = in_field(self._store, places, field)
        found: list[int] = (places & POSITION).tolist()
        if field != "body" or not found:
            return found
        first = int(self._store.title_sizes[number]) + 1
        return [at - first for at in found]

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with document *number*."""
        segment, own = self._store.locate(number)
        return segment.stored(own)

    def document(self, number: int) -> tuple[str, str]:
        """Return the id and the path of document *number*."""
        segment, own = self._store.locate(number)
        return segment.id(own), segment.path(own)

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id."""
        return self._store.find(document_id)

    def ids(self) -> Iterator[str]:
        """Yield every document id, ascending."""
        names, live = self._names, self._store.live
        for number in names.by_id.tolist():
            if live is None or live[number]:
                yield names.ids[number]

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()

    def _take(self) -> _Desk:
        """Return a desk that no other thread has; one is put back only after all went well."""
        try:
            return self._desks.pop()
        except IndexError:
            return _Desk(self._store, self._names)

    def _by_path(self, found: Found, most: int) -> list[int]:
        docs: Docs = found.numbers()
        numbers: list[int] = docs[np.argsort(self._names.path_ranks[docs])[:most]].tolist()
        return numbers
