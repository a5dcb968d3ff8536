"""The reader of a columnar index: clauses in, pages of document numbers and scores out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from searcher.arguments import CACHE
from searcher.columns import Floats
from searcher.engines.base import Contribution, FieldKind, Known
from searcher.engines.whoosh_.reading.alignment import beginnings, in_field, space_of
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found, Sets
from searcher.engines.whoosh_.reading.matching import Matcher
from searcher.engines.whoosh_.reading.names import Names
from searcher.engines.whoosh_.reading.postings import POSITION
from searcher.engines.whoosh_.reading.scoring import Scorer
from searcher.engines.whoosh_.reading.shortlist import Constant
from searcher.engines.whoosh_.reading.topmost import Ranks, topmost
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
from searcher.properties import cached_property, forget

if TYPE_CHECKING:
    from searcher.engines.whoosh_.reading.metadata import Metadata


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

    def search(  # noqa: PLR0913 - the signature is that of engines
        self,
        where: Clause,
        terms: Sequence[ScoreTerm],
        constants: Sequence[ScoreClause],
        *,
        limit: int,
        offset: int,
        sort: Sort,
        reverse: bool = False,
    ) -> EnginePage:
        """Return one page; see `searcher.engines.base.Reader.search`."""
        desk = self._take()
        found = desk.matcher.match(where)
        most = min(offset + limit, found.count)
        hits: list[EngineHit] = []
        if offset >= most:
            pass
        elif sort == "score":
            docs, scores = self._by_score(desk, found, terms, constants, most, reverse)
            hits = list(map(EngineHit, docs[offset:].tolist(), scores[offset:].tolist()))
        else:
            docs = self._by_key(found, sort, most, reverse)
            hits = [EngineHit(number, None) for number in docs[offset:].tolist()]
        self._desks.append(desk)
        return EnginePage(found.count, tuple(hits))

    def count(self, where: Clause) -> int:
        """Return how many documents match."""
        desk = self._take()
        found = desk.matcher.match(where)
        self._desks.append(desk)
        return found.count

    def fields(self) -> Mapping[str, frozenset[FieldKind]]:
        """Return the extra fields and what they hold."""
        return self._metadata.fields

    def facets(
        self, where: Clause, names: Sequence[str], most: int
    ) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Return the most frequent values of fields; see `searcher.engines.base.Reader.facets`."""
        from searcher.engines.whoosh_.reading.facets import facet

        desk = self._take()
        found = desk.matcher.match(where)
        self._desks.append(desk)
        return {name: facet(self._store, found, name, most) for name in names}

    def expand(self, pattern: str, most: int) -> tuple[str, ...]:
        """Return the units of letters and digits that match *pattern*, ascending."""
        from searcher.engines.whoosh_.reading.expanding import expand

        return expand(self._store, pattern, most)

    def explain(
        self, number: int, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> tuple[Contribution, ...]:
        """Return what the score of a document is made of."""
        from searcher.engines.whoosh_.reading.explaining import contributions

        desk = self._take()
        found = contributions(self._store, desk.matcher, desk.scorer, number, terms, constants)
        made = tuple(found)
        self._desks.append(desk)
        return made

    def known(self, document_ids: Collection[str] | None = None) -> Iterator[Known]:
        """Yield what is known of every document, or of those with some ids."""
        if document_ids is not None:
            return self._metadata.known_of(document_ids)
        return self._metadata.known(self._names)

    def check(self, but: Collection[str] = ()) -> None:
        """Read every block of every file; see `searcher.engines.base.Reader.check`."""
        from searcher.engines.whoosh_.reading.integrity import check

        check(path for path in self._store.files if path.name not in but)

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
        """Let go of the files, and of all that was made of them."""
        forget(self)
        self._desks.clear()
        self._names.close()
        self._store.close()

    @cached_property
    def _metadata(self) -> Metadata:
        from searcher.engines.whoosh_.reading.metadata import Metadata

        return Metadata(self._store)

    def _take(self) -> _Desk:
        """Return a desk that no other thread has; one is put back only after all went well."""
        try:
            return self._desks.pop()
        except IndexError:
            return _Desk(self._store, self._names)

    @property
    def _ranks(self) -> Ranks | None:
        return None if self._names.ascending else self._names.ranks

    def _by_score(
        self,
        desk: _Desk,
        found: Found,
        terms: Sequence[ScoreTerm],
        constants: Sequence[ScoreClause],
        most: int,
        reverse: bool,
    ) -> tuple[Docs, Floats]:
        """Return the *most* best or worst documents and their scores."""
        bonuses = [Constant(desk.matcher.match(each.clause), each.weight) for each in constants]
        if not reverse:
            return desk.scorer.best(found, terms, bonuses, most, self._ranks)
        docs = found.numbers()
        docs, scores = topmost(docs, -desk.scorer.scores(docs, terms, bonuses), most, self._ranks)
        return docs, -scores

    def _by_key(self, found: Found, sort: Sort, most: int, reverse: bool) -> Docs:
        """Return the *most* first documents by date or by path."""
        docs = found.numbers()
        if sort == "path":
            ranks = self._names.path_ranks[docs].astype(np.float64)
            keys = ranks if reverse else -ranks
        else:
            keys = self._metadata.recency[docs]
            if reverse:
                keys = np.where(np.isfinite(keys), -keys, keys)
        return topmost(docs, keys, most, self._ranks)[0]
