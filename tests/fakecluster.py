"""A cluster in memory, for tests: what OpenSearch says to what a home does with it.

It keeps every request, answers those that *trouble* was told of by a script, and searches
nothing: all documents are found, by id.  Scores and the like are for the tests of tests/cluster.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from opensearchpy import Connection, ConnectionTimeout
from opensearchpy import ConnectionError as Unreachable

URL = "http://127.0.0.1:9"

Answer = tuple[int, Any]


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    params: Mapping[str, Any]
    body: Any
    headers: Mapping[str, str]


class Trouble(NamedTuple):
    """What is answered to the next request of a kind; an exception is raised instead."""

    method: str
    path: str
    answer: Answer | type[Exception] | Callable[[Asked], Answer]


class FakeCluster:
    """The indexes of a cluster, and what it was asked."""

    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.troubles: deque[Trouble] = deque()
        self.poison = "poison"
        """What the ids of documents hold that it refuses."""
        self.nodes = 3
        self.version = {"number": "2.19.1", "distribution": "opensearch"}

    def trouble(self, method: str, path: str, answer: Any, times: int = 1) -> None:
        """Have the next requests that match be answered so."""
        self.troubles.extend([Trouble(method, path, answer)] * times)

    def paths(self, method: str = "*", path: str = "*") -> list[str]:
        """Return what was asked, as lines."""
        return [
            f"{each.method} {each.path}"
            for each in self.asked
            if fnmatchcase(each.method, method) and fnmatchcase(each.path, path)
        ]

    def last(self, method: str, path: str) -> Asked:
        """Return the last request that matches."""
        return [
            each
            for each in self.asked
            if fnmatchcase(each.method, method) and fnmatchcase(each.path, path)
        ][-1]

    def documents(self, index: str) -> dict[str, Any]:
        """Return the sources of an index, by id."""
        return {each["source"]["id"]: each["source"] for each in self._living(index)}

    def aliases(self) -> dict[str, list[str]]:
        """Return what each alias leads to."""
        found: dict[str, list[str]] = {}
        for name, index in sorted(self.indexes.items()):
            for alias in index["aliases"]:
                found.setdefault(alias, []).append(name)
        return found

    # ------------------------------------------------------------ answering

    def answer(self, asked: Asked) -> Answer:
        """Return a status and what is said."""
        self.asked.append(asked)
        for at, trouble in enumerate(self.troubles):
            if trouble.method == asked.method and fnmatchcase(asked.path, trouble.path):
                del self.troubles[at]
                if isinstance(trouble.answer, type):
                    raise trouble.answer("N/A", "told to", OSError("told to"))
                return trouble.answer(asked) if callable(trouble.answer) else trouble.answer
        for method, pattern, does in _TABLE:
            match = re.fullmatch(pattern, asked.path)
            if method == asked.method and match:
                return does(self, asked, *match.groups())
        raise AssertionError(f"nobody taught the fake {asked.method} {asked.path}")

    def info(self, _: Asked) -> Answer:
        return 200, {"version": self.version}

    def make(self, asked: Asked, name: str) -> Answer:
        if name in self.indexes:
            return _error(400, "resource_already_exists_exception")
        body = asked.body
        self.indexes[name] = {
            "settings": dict(body["settings"]["index"]),
            "mappings": body["mappings"],
            "aliases": dict(body.get("aliases", {})),
            "docs": {},
        }
        return 200, {"acknowledged": True}

    def clone(self, asked: Asked, source: str, name: str) -> Answer:
        if name in self.indexes:
            return _error(400, "resource_already_exists_exception")
        old = self.indexes[source]
        if not old["settings"].get("blocks.write"):
            return _error(400, "illegal_state_exception", "must block write operations")
        self.indexes[name] = {
            **json.loads(json.dumps(old)),
            "aliases": {},
            "settings": {**old["settings"], **_settings(asked.body["settings"])},
        }
        return 200, {"acknowledged": True}

    def is_there(self, _: Asked, name: str) -> Answer:
        return (200, "") if name in self.indexes else (404, "")

    def describe(self, _: Asked, name: str) -> Answer:
        if name not in self._named(name):
            return _error(404, "index_not_found_exception")
        index = self.indexes[name]
        settings = {**index["settings"], "version": {"created": "136397827"}}
        described = {**index, "settings": {"index": settings}}
        return 200, {name: {key: described[key] for key in ("settings", "mappings", "aliases")}}

    def mapping(self, asked: Asked, name: str) -> Answer:
        if asked.method == "PUT":
            self.indexes[name]["mappings"].update(asked.body)
            return 200, {"acknowledged": True}
        found = self._named(name)
        return 200, {each: {"mappings": self.indexes[each]["mappings"]} for each in found}

    def settle(self, asked: Asked, name: str) -> Answer:
        self.indexes[name]["settings"].update(_settings(asked.body))
        return 200, {"acknowledged": True}

    def delete(self, _: Asked, name: str) -> Answer:
        if name not in self.indexes:
            return _error(404, "index_not_found_exception")
        del self.indexes[name]
        return 200, {"acknowledged": True}

    def led(self, _: Asked, alias: str) -> Answer:
        found = self.aliases().get(alias, [])
        if not found:
            return 404, {"error": "alias missing", "status": 404}
        return 200, {each: {"aliases": {alias: {}}} for each in found}

    def unalias(self, _: Asked, name: str, alias: str) -> Answer:
        if self.indexes[name]["aliases"].pop(alias, None) is None:
            return _error(404, "aliases_not_found_exception")
        return 200, {"acknowledged": True}

    def swap(self, asked: Asked) -> Answer:
        for action in asked.body["actions"]:
            ((kind, what),) = action.items()
            if what["index"] not in self.indexes:
                return _error(404, "index_not_found_exception")
            aliases = self.indexes[what["index"]]["aliases"]
            if kind == "add":
                aliases[what["alias"]] = {}
            else:
                del aliases[what["alias"]]
        return 200, {"acknowledged": True}

    def done(self, _: Asked, *__: str) -> Answer:
        return 200, {"acknowledged": True}

    def stats(self, _: Asked, *__: str) -> Answer:
        return 200, {"_all": {"total": {"docs": {"deleted": 0}}}}

    def health(self, asked: Asked, name: str) -> Answer:
        copies = self.indexes[name]["settings"]["number_of_replicas"]
        green = copies < self.nodes
        late = asked.params["wait_for_status"] == "green" and not green
        status = "green" if green else "yellow"
        return 408 if late else 200, {"status": status, "number_of_data_nodes": self.nodes}

    def bulk(self, asked: Asked, alias: str) -> Answer:
        found = [name for name in self._named(alias) if name != alias]
        lines = iter(asked.body.decode().splitlines())
        items = []
        for line in lines:
            ((kind, action),) = json.loads(line).items()
            source = json.loads(next(lines)) if kind == "index" else None
            items.append({kind: self._item(found, action, source)})
        return 200, {"errors": True, "items": items}

    def mget(self, asked: Asked, name: str) -> Answer:
        there = {key for key, each in self.indexes[name]["docs"].items() if each["source"]}
        return 200, {"docs": [{"_id": key, "found": key in there} for key in asked.body["ids"]]}

    def moment(self, _: Asked, name: str) -> Answer:
        return 200, {"pit_id": name}

    def search(self, asked: Asked, name: str | None = None) -> Answer:
        body = asked.body
        documents = self._living(name or body["pit"]["id"])
        if "exists" in str(body.get("query")):
            documents = [each for each in documents if "bag" in each["source"]]
        ids = body.get("query", {}).get("ids")
        if ids:
            documents = [each for each in documents if each["key"] in ids["values"]]
        after = body.get("search_after", [""])[0]
        score = [1.0] if "_score" in str(body.get("sort")) else []
        hits = [
            {"_source": each["source"], "sort": [*score, each["source"]["id"]]}
            for each in sorted(documents, key=lambda each: str(each["source"]["id"]))
            if each["source"]["id"] > after
        ]
        newest = max((each["source"]["number"] for each in documents), default=None)
        return 200, {
            "hits": {"total": {"value": len(documents)}, "hits": hits[: body.get("size", 10)]},
            "aggregations": {"newest": {"value": newest}},
        }

    # ------------------------------------------------------------ steps

    def _named(self, name: str) -> list[str]:
        return [name] if name in self.indexes else self.aliases().get(name, [])

    def _living(self, index: str) -> list[dict[str, Any]]:
        docs = self.indexes[index]["docs"].items()
        return [{"key": key, **each} for key, each in docs if each["source"]]

    def _item(
        self, found: list[str], action: Mapping[str, Any], source: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        if not found:
            return _failed(404, "index_not_found_exception", "no such index")
        if source and self.poison in source["id"]:
            return _failed(400, "mapper_parsing_exception", "failed to parse", "it is poison")
        docs = self.indexes[found[0]]["docs"]
        before = docs.get(action["_id"])
        if before and before["version"] > action["version"]:
            return _failed(409, "version_conflict_engine_exception", "version conflict")
        docs[action["_id"]] = {"version": action["version"], "source": source}
        return {"status": 200 if before or source else 404}


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("index."): value for name, value in body.items()}


def _error(status: int, kind: str, reason: str = "") -> Answer:
    return status, {"error": {"type": kind, "reason": reason or kind}, "status": status}


def _failed(status: int, kind: str, reason: str, cause: str = "") -> dict[str, Any]:
    caused = {"caused_by": {"type": "x", "reason": cause}} if cause else {}
    return {"status": status, "error": {"type": kind, "reason": reason, **caused}}


def busy(status: int = 429) -> Answer:
    """Return what a cluster says of a request that comes too early."""
    return _error(status, "es_rejected_execution_exception", "told to")


_NAME = r"/([a-z0-9][^/]*)"
_TABLE: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "/", FakeCluster.info),
    ("POST", "/_aliases", FakeCluster.swap),
    ("GET", rf"/_alias{_NAME}", FakeCluster.led),
    ("GET", rf"/_cluster/health{_NAME}", FakeCluster.health),
    ("POST", r"/_search", FakeCluster.search),
    ("DELETE", r"/_search/point_in_time", FakeCluster.done),
    ("POST", rf"{_NAME}/_search/point_in_time", FakeCluster.moment),
    ("POST", rf"{_NAME}/_search", FakeCluster.search),
    ("POST", rf"{_NAME}/_bulk", FakeCluster.bulk),
    ("POST", rf"{_NAME}/_mget", FakeCluster.mget),
    ("POST", rf"{_NAME}/_refresh", FakeCluster.done),
    ("POST", rf"{_NAME}/_forcemerge", FakeCluster.done),
    ("GET", rf"{_NAME}/_stats/docs", FakeCluster.stats),
    ("GET", rf"{_NAME}/_mapping", FakeCluster.mapping),
    ("PUT", rf"{_NAME}/_mapping", FakeCluster.mapping),
    ("PUT", rf"{_NAME}/_settings", FakeCluster.settle),
    ("PUT", rf"{_NAME}/_clone{_NAME}", FakeCluster.clone),
    ("DELETE", rf"{_NAME}/_alias{_NAME}", FakeCluster.unalias),
    ("HEAD", _NAME, FakeCluster.is_there),
    ("GET", _NAME, FakeCluster.describe),
    ("PUT", _NAME, FakeCluster.make),
    ("DELETE", _NAME, FakeCluster.delete),
)


def connection_to(cluster: FakeCluster) -> type[Connection]:
    """Return the class of connections that lead to a cluster in memory."""

    class Fake(Connection):
        def perform_request(
            self,
            method: str,
            url: str,
            params: Mapping[str, Any] | None = None,
            body: bytes | None = None,
            timeout: float | None = None,  # noqa: ARG002
            ignore: Any = (),
            headers: Mapping[str, str] | None = None,
        ) -> tuple[int, dict[str, str], str]:
            raw = body.encode() if isinstance(body, str) else body
            is_bulk = url.endswith("_bulk")
            told = raw if is_bulk else json.loads(raw) if raw else None
            asked = Asked(method, url, params or {}, told, {**self.headers, **(headers or {})})
            status, answer = cluster.answer(asked)
            said = answer if isinstance(answer, str) else json.dumps(answer)
            if not 200 <= status < 300 and status not in ignore:
                self._raise_error(status, said, "application/json")
            return status, {"content-type": "application/json"}, said

        def log_request_fail(self, *_: Any, **__: Any) -> None: ...

    return Fake


def installed(monkeypatch: Any, cluster: FakeCluster) -> Iterator[FakeCluster]:
    """Have every client lead to *cluster*, and nobody sleep."""
    from searcher.engines.opensearch_ import client

    monkeypatch.setattr(client, "_connection", lambda: connection_to(cluster))
    monkeypatch.setattr("time.sleep", lambda _: None)
    for name in ("USER", "PASSWORD", "API_KEY", "CA"):
        monkeypatch.delenv(f"SEARCHER_OPENSEARCH_{name}", raising=False)
    client._client.cache_clear()
    yield cluster
    client._client.cache_clear()


__all__ = ["URL", "ConnectionTimeout", "FakeCluster", "Unreachable", "busy", "installed"]
