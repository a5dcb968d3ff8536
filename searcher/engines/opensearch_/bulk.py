"""Bulk: documents sent many at a time, again where the cluster is too busy, and set aside where it
will not have them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from searcher.engines.base import Rejected
from searcher.engines.opensearch_.client import BUSY, TIMEOUT, connect, may_pass, naming, reason_of
from searcher.engines.opensearch_.patience import TRIES, waits
from searcher.engines.opensearch_.place import Place
from searcher.errors import ClusterError, EngineError

CHUNK = 8 << 20
"""Bytes of actions that are sent at a time, unless one alone is longer."""

_CONFLICT, _GONE, _TOO_LONG = 409, 404, 413
_FAILED = 300
_LATER = (*BUSY, 500)
"""What is said of one document that may be taken the next time."""

_NOT_ITS_FAULT = ("index_not_found_exception", "cluster_block_exception", "security_exception")
_WANTED = "errors,items.*.status,items.*.error"

_PATIENCE = "10s"
"""So long a node waits for a shard that is missing before it says so: waiting is done here."""


class Action(NamedTuple):
    """One line or two for the cluster about document ``id``."""

    id: str
    lines: bytes


def index_action(document_id: str, key: str, version: int, source: Mapping[str, Any]) -> Action:
    """Return the action that puts a document in, unless there is a higher version of it."""
    return Action(document_id, _line({"index": _meta(key, version)}) + _line(source))


def delete_action(document_id: str, key: str, version: int) -> Action:
    """Return the action that takes a document out, unless there is a higher version of it."""
    return Action(document_id, _line({"delete": _meta(key, version)}))


def _meta(key: str, version: int) -> dict[str, Any]:
    return {"_id": key, "version": version, "version_type": "external_gte"}


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"


class Sender:
    """Sends actions to one index that is being made; for one thread at a time.

    They go to the private alias that the index has until it is complete, so that nothing is ever
    added to one that is, and none is made of what a worker sends that was forgotten.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._waiting: list[Action] = []
        self._bytes = 0
        self._rejected: list[Rejected] = []

    def send(self, actions: Iterable[Action]) -> None:
        """Send actions, as soon as there are enough of them.

        Raises as `flush` does.
        """
        for action in actions:
            if self._bytes + len(action.lines) > CHUNK:
                self.flush()
            self._waiting.append(action)
            self._bytes += len(action.lines)

    def flush(self) -> None:
        """Send what waits; when this returns, the cluster has it, or has refused it.

        Raises:
            ClusterError: it cannot be reached, stays too busy, or the index is gone.
        """
        actions, self._waiting, self._bytes = self._waiting, [], 0
        for wait in waits():
            actions = self._tried(actions, last=wait is None)
            if not actions:
                return
            time.sleep(wait or 0.0)

    def take_rejected(self) -> list[Rejected]:
        """Return the documents that were refused since this was called last."""
        rejected, self._rejected = self._rejected, []
        return rejected

    # ------------------------------------------------------------ steps

    def _tried(self, actions: list[Action], *, last: bool) -> list[Action]:
        """Send *actions*; return those to send again."""
        if not actions:
            return []
        try:
            said = self._said(actions)
        except EngineError as error:
            if getattr(error.__cause__, "status_code", None) == _TOO_LONG:
                return self._in_halves(actions, last=last)
            if last or not may_pass(error):
                raise
            return actions
        busy = [
            (action, item)
            for action, (kind, item) in zip(actions, said, strict=True)
            if self._is_busy(action, kind, item)
        ]
        if busy and last:
            raise ClusterError(
                f"{self._place.url}: takes no more: {len(busy):,} documents were refused {TRIES} "
                f"times ({reason_of(busy[0][1])}); see that all nodes are up, and run it again "
                "later, or with fewer jobs"
            )
        return [action for action, _ in busy]

    def _said(self, actions: Sequence[Action]) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what is said of each action, and what kind it is."""
        with naming(self._place.url, f"write {self._place.index}"):
            answer = connect(self._place.url).bulk(
                body=b"".join(action.lines for action in actions),
                index=self._place.building,
                params={
                    "require_alias": "true",
                    "filter_path": _WANTED,
                    "timeout": _PATIENCE,
                },
                request_timeout=TIMEOUT,  # else the client takes the other one for its own
            )
        items = answer.get("items", ())
        if len(items) != len(actions):
            raise ClusterError(
                f"{self._place.url}: cannot write {self._place.index}: of {len(actions):,} "
                f"documents it speaks of {len(items):,}; see that no other program answers"
            )
        return [next(iter(item.items())) for item in items]

    def _is_busy(self, action: Action, kind: str, item: Mapping[str, Any]) -> bool:
        """Tell whether an action is to be sent again; set its document aside if it is refused."""
        status = item["status"]
        error = item.get("error")
        if status < _FAILED or status == _CONFLICT:  # in a conflict the newer one is there
            return False
        if kind == "delete" and status == _GONE and not error:
            return False
        if isinstance(error, Mapping) and error.get("type") in _NOT_ITS_FAULT:
            raise ClusterError(
                f"{self._place.url}: cannot write {self._place.index}: {reason_of(item)}; "
                "see that no other job removed it and that disks are not full, and build again"
            )
        if status in _LATER:
            return True
        self._set_aside(action, reason_of(item) or f"status {status}")
        return False

    def _in_halves(self, actions: list[Action], *, last: bool) -> list[Action]:
        """Send what is too long in two halves; one that is too long alone is refused."""
        if len(actions) == 1:
            [action] = actions
            self._set_aside(action, f"{len(action.lines):,} bytes are too many at once")
            return []
        middle = len(actions) // 2
        return [
            *self._tried(actions[:middle], last=last),
            *self._tried(actions[middle:], last=last),
        ]

    def _set_aside(self, action: Action, reason: str) -> None:
        told = f"the cluster refuses it: {reason}"
        self._rejected.append(Rejected(action.id, told, action.lines.decode("ascii")))
