"""Asking: one index of a cluster, asked one thing at a time, with named errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from searcher.engines.opensearch_.clauses import Dsl
from searcher.engines.opensearch_.client import connect, naming
from searcher.engines.opensearch_.place import Place

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

WINDOW = 10_000
"""Hits that a cluster gives by their place; those behind are reached one page after the other."""

ALL: Dsl = {"match_all": {}}

_PAGE = 1_000
_ALIVE = "5m"

_WHOLE = {"search_type": "dfs_query_then_fetch", "allow_partial_search_results": "false"}
"""Shards count terms together, and where one is missing there is no answer."""

_MOMENT = {"keep_alive": _ALIVE, "allow_partial_pit_creation": "false"}

Sorting = Sequence[Mapping[str, Any]]
Answered = Mapping[str, Any]


class Bucket(NamedTuple):
    """A value of a field, and how many documents have it."""

    value: Any
    documents: int


class Index:
    """One index, which nobody changes any more; safe to share between threads and forks."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    def client(self) -> OpenSearch:
        """The client of this process."""
        return connect(self.place.url)

    def meta(self) -> Mapping[str, Any]:
        """Return what was noted with the mapping when the index was made and completed."""
        return dict(self.described()["mappings"].get("_meta", {}))

    def described(self) -> Mapping[str, Any]:
        """Return the settings and the mapping."""
        with naming(self.place.url, f"open {self.place.index}"):
            return dict(self.client.indices.get(index=self.place.index)[self.place.index])

    def count(self, where: Dsl) -> int:
        """Return how many documents match."""
        found = self.search({"query": where, "size": 0, "track_total_hits": True})
        return int(found["hits"]["total"]["value"])

    def search(self, body: Mapping[str, Any], **how: Any) -> Answered:
        """Return an answer of all shards, which count terms together.

        Raises:
            EngineError: a shard failed: no answer is better than half of one.
        """
        with naming(self.place.url, "search"):
            return dict(
                self.client.search(
                    index=self.place.index,
                    body=body,
                    params={**_WHOLE, **how},
                )
            )

    def one(self, query: Dsl, **body: Any) -> Mapping[str, Any] | None:
        """Return the one document that matches, if there is any."""
        hits = self.search({"query": query, "size": 1, **body})["hits"]["hits"]
        return dict(hits[0]) if hits else None

    def hits(
        self, query: Dsl, sort: Sorting, most: int | None = None, **body: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the hits of a query in the order of *sort*, which leaves no ties, *most* at most.

        However many there are: of one moment, page by page, each behind the last hit of the one
        before.
        """
        with naming(self.place.url, "search"):
            moment = self.client.create_pit(index=self.place.index, params=_MOMENT)["pit_id"]
        try:
            yield from self._pages(moment, query, sort, most, body)
        finally:
            with naming(self.place.url, "search"):
                self.client.delete_pit(body={"pit_id": [moment]})

    def _pages(
        self, moment: str, query: Dsl, sort: Sorting, most: int | None, body: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        after: Mapping[str, Any] = {}
        while most is None or most > 0:
            size = _PAGE if most is None else min(most, _PAGE)
            asked = {
                "query": query,
                "sort": list(sort),
                "size": size,
                "pit": {"id": moment, "keep_alive": _ALIVE},
                "track_total_hits": False,
                **body,
                **after,
            }
            with naming(self.place.url, "search"):
                found = self.client.search(body=asked, params=_WHOLE)["hits"]["hits"]
            yield from found
            if len(found) < size:
                return
            after = {"search_after": found[-1]["sort"]}
            most = None if most is None else most - size

    def buckets(self, where: Dsl, field: str) -> list[Bucket]:
        """Return all values of a field that documents have, ascending.

        Exact, however many shards there are: all values are gone through, not each shard's most
        frequent ones.
        """
        found: list[Bucket] = []
        after: Mapping[str, Any] = {}
        while True:
            source = [{"value": {"terms": {"field": field}}}]
            by = {"composite": {"size": _PAGE, "sources": source, **after}}
            answer = self.search({"query": where, "size": 0, "aggs": {"by": by}})
            page = answer["aggregations"]["by"]
            found += [Bucket(each["key"]["value"], each["doc_count"]) for each in page["buckets"]]
            if len(page["buckets"]) < _PAGE:
                return found
            after = {"after": page["after_key"]}

    def first_buckets(self, where: Dsl, field: str, include: str, most: int) -> list[Bucket]:
        """Return the first *most* values of a field that match the regular expression *include*,
        ascending.

        Exact too: the first ones of all are among the first of each shard that has them.
        """
        by = {"field": field, "include": include, "size": most, "order": {"_key": "asc"}}
        answer = self.search({"query": where, "size": 0, "aggs": {"by": {"terms": by}}})
        buckets = answer["aggregations"]["by"]["buckets"]
        return [Bucket(each["key"], each["doc_count"]) for each in buckets]
