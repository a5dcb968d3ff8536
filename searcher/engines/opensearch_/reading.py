"""Reading: the `Reader` over one index of a cluster."""

from __future__ import annotations

import base64
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from searcher import forking
from searcher.engines.base import YEAR, Contribution, FieldKind, Known
from searcher.engines.labels import figure_label
from searcher.engines.opensearch_.asking import ALL, WINDOW, Index
from searcher.engines.opensearch_.clauses import (
    Dsl,
    dsl,
    figure_field,
    matching,
    query,
    text_field,
    wildcards,
)
from searcher.engines.opensearch_.explaining import contributions
from searcher.engines.opensearch_.mapping import (
    BAG,
    FIGURE,
    NUMBER,
    PLAIN,
    SHOWN,
    STORED,
    TEXT,
    bm25_scale,
    document_key,
    infinite,
)
from searcher.engines.opensearch_.place import Place
from searcher.engines.opensearch_.tokens import tokens
from searcher.errors import EngineError, IndexCorruptError
from searcher.model import (
    Among,
    Clause,
    EngineHit,
    EnginePage,
    Run,
    ScoreClause,
    ScoreTerm,
    Sort,
)
from searcher.properties import cached_property
from searcher.text.units import has_ideograph

_BY_ID = ({"id": "asc"},)
_MEND = "build again: searcher build PATH…"


class _Kept(NamedTuple):
    """What a page needs of a document."""

    id: str
    path: str
    stored: bytes

    @property
    def weight(self) -> int:
        return len(self.stored) + 4 * (len(self.id) + len(self.path)) + 200


class _Cache:
    """The documents fetched last, within so many bytes; safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._lock = forking.lock()

    def get(self, number: int) -> _Kept | None:
        with self._lock:
            return self._kept.get(number)

    def put(self, number: int, kept: _Kept) -> None:
        with self._lock:
            if number in self._kept:
                return
            self._kept[number] = kept
            self._bytes += kept.weight
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].weight


class ClusterReader:
    """The `Reader` of `engines.base`; an error of the cluster is an EngineError."""

    def __init__(self, place: Place, cache: int) -> None:
        self._index = Index(place)
        self._cache = _Cache(cache)
        described = self._index.described()
        meta = described["mappings"].get("_meta", {})
        self._scale = bm25_scale(described["settings"]["index"]["version"]["created"])
        if not meta.get("complete"):
            raise IndexCorruptError(f"{place.url}: {place.index} was never completed; {_MEND}")
        self._documents = int(meta["documents"])
        self.ranked = int(meta["ranked"])

    def __len__(self) -> int:
        return self._documents

    # ------------------------------------------------------------ finding

    def search(  # noqa: PLR0913 - as in the Protocol
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
        """Return a page of the documents that match."""
        scored = sort == "score"
        found_by = matching(where)
        asked = query(where, terms, constants, self._scale) if scored else found_by
        order = _order(sort, reverse=reverse)
        if not limit or offset + limit > WINDOW:
            total = self._index.count(found_by)
            most = min(offset + limit, total) if limit and offset < total else 0
            found = list(self._index.hits(asked, order, most, _source=_SHORT))[offset:]
        else:
            answer = self._index.search(
                {
                    "query": asked,
                    "sort": order,
                    "size": limit,
                    "from": offset,
                    "track_total_hits": True,
                    "_source": list(SHOWN),
                }
            )
            total, found = answer["hits"]["total"]["value"], answer["hits"]["hits"]
        return EnginePage(total, tuple(self._hit(each, scored=scored) for each in found))

    def _hit(self, hit: Mapping[str, Any], *, scored: bool) -> EngineHit:
        source = hit["_source"]
        if STORED in source:
            self._keep(source)
        score = hit["sort"][0] if scored else None
        return EngineHit(source[NUMBER], None if score is None else float(score))

    def count(self, where: Clause) -> int:
        """Return how many documents match."""
        return self._index.count(matching(where))

    def expand(self, pattern: str, most: int) -> tuple[str, ...]:
        """Return the units that match a pattern."""
        if not pattern or has_ideograph(pattern):  # as no unit of letters and digits is
            return ()
        found = self._index.first_buckets(ALL, "words", wildcards(pattern), max(most, 0) + 1)
        return tuple(sorted(str(each.value) for each in found))

    # ------------------------------------------------------------ metadata

    def fields(self) -> Mapping[str, frozenset[FieldKind]]:
        """Return the extra fields, and what they hold."""
        return self._fields

    @cached_property
    def _fields(self) -> Mapping[str, frozenset[FieldKind]]:
        found: dict[str, set[FieldKind]] = {}
        for value, _ in self._index.buckets(ALL, "names"):
            kind: FieldKind = "text" if value.startswith(TEXT) else "number"
            name = value.removeprefix(TEXT).removeprefix(FIGURE)
            found.setdefault(name, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in sorted(found.items())}

    def facets(
        self, where: Clause, names: Sequence[str], most: int
    ) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Return how many of the documents have each value of some fields."""
        asked = matching(where)
        return {name: _top(self._values(asked, name), most) for name in names}

    def _values(self, where: Mapping[str, Any], name: str) -> Iterator[tuple[str, int]]:
        asked = dict(where)
        if name == YEAR:
            for year in self._index.buckets(asked, YEAR):
                yield f"{year.value:04}", year.documents
            return
        kinds = ("text",) if name in PLAIN else self.fields().get(name, ())
        if "text" in kinds:
            yield from self._index.buckets(asked, text_field(name))
        if "number" in kinds:
            for figure in self._index.buckets(asked, figure_field(name)):
                yield figure_label(infinite(figure.value)), figure.documents

    # ------------------------------------------------------------ single documents

    def explain(
        self, number: int, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> tuple[Contribution, ...]:
        """Return what makes up the score of a document."""
        unweighted = [each._replace(weight=1.0) for each in terms]
        # What a term weighs is known; the cluster passes over one that weighs nothing.
        asked = query(Among((number,)), unweighted, constants)
        hit = self._index.one(asked, explain=True, _source=False)
        return () if hit is None else contributions(hit, terms, constants)

    def positions(self, number: int, run: Run, field: str) -> Sequence[int]:
        """Return where a run begins in a field of a document."""
        hit = self._index.one(dsl(Among((number,))), stored_fields=[field], _source=False) or {}
        held = hit.get("fields", {}).get(field, [""])[0]
        return _starts(held, tokens(run.units))

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with a document."""
        return self._get(number).stored

    def document(self, number: int) -> tuple[str, str]:
        """Return the id and the path of a document."""
        kept = self._get(number)
        return kept.id, kept.path

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id, or None."""
        key = {"ids": {"values": [document_key(document_id)]}}
        hit = self._index.one(key, _source=[NUMBER])
        return None if hit is None else int(hit["_source"][NUMBER])

    def _get(self, number: int) -> _Kept:
        kept = self._cache.get(number)
        if kept is not None:
            return kept
        hit = self._index.one(dsl(Among((number,))), _source=list(SHOWN))
        if hit is None:
            raise EngineError(
                f"{self._index.place.index}: document number {number} is not there; {_MEND}"
            )
        return self._keep(hit["_source"])

    def _keep(self, source: Mapping[str, Any]) -> _Kept:
        stored = base64.b64decode(source[STORED])
        kept = _Kept(source["id"], source["path"], stored)
        self._cache.put(source[NUMBER], kept)
        return kept

    # ------------------------------------------------------------ all documents

    def known(self, document_ids: Collection[str] | None = None) -> Iterator[Known]:
        """Yield what is known of every document, or of those with some ids."""
        wanted: Dsl = ALL
        if document_ids is not None:
            wanted = {"ids": {"values": [document_key(each) for each in document_ids]}}
        for hit in self._index.hits(wanted, _BY_ID, _source=["id", "origin", "digest"]):
            source = hit["_source"]
            yield Known(source["id"], source.get("origin", ""), bytes.fromhex(source["digest"]))

    def ids(self) -> Iterator[str]:
        """Yield every id, ascending."""
        for hit in self._index.hits(ALL, _BY_ID, _source=False):
            yield hit["sort"][0]

    def check(self, but: Collection[str] = ()) -> None:
        """Hold the cluster to what was noted when the index was completed.

        What lies on its disks the cluster checks by itself, by checksums of its own.
        """
        del but  # there are no files here that an update takes over
        held = {
            "documents": self._index.count(ALL),
            "ranked": self._index.count({"exists": {"field": BAG}}),
        }
        for name, number in held.items():
            noted = getattr(self, "_documents" if name == "documents" else "ranked")
            if number != noted:
                raise IndexCorruptError(
                    f"{self._index.place.url}: {self._index.place.index} is damaged (holds "
                    f"{number:,} {name}, had {noted:,}); {_MEND}"
                )

    def close(self) -> None:
        """Let go of nothing: the client is that of the whole process."""


_SHORT = ["id", NUMBER]


def _order(sort: Sort, *, reverse: bool) -> list[dict[str, Any]]:
    """Return the order of a page; undated documents stay last, and ties go by id as ever."""

    def by(field: str, ascending: bool) -> dict[str, Any]:
        order = "asc" if ascending != reverse else "desc"
        # The score has no values that are missing.
        return {field: {"order": order} if field == "_score" else _placed(order)}

    match sort:
        case "score":
            first = [by("_score", ascending=False)]
        case "path":
            first = [by("path", ascending=True)]
        case "date":
            first = [by("first_day", ascending=False), by("last_day", ascending=True)]
    return [*first, {"id": "asc"}]


def _placed(order: str) -> dict[str, str]:
    return {"order": order, "missing": "_last"}


def _top(values: Iterator[tuple[str, int]], most: int) -> tuple[tuple[str, int], ...]:
    sums: Counter[str] = Counter()
    for value, documents in values:
        sums[value] += documents
    best = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
    return tuple(best[:most])


def _starts(held: str, wanted: str) -> list[int]:
    """Return the positions at which some tokens begin among others.

    >>> _starts("脱 贫 脱 脱 贫", "脱 贫")
    [0, 3]
    """
    text, found, at, seen, position = f" {held} ", [], 0, 0, 0
    while (at := text.find(f" {wanted} ", at)) >= 0:
        position += text.count(" ", seen, at)
        found.append(position)
        seen, at = at, at + 1
    return found
