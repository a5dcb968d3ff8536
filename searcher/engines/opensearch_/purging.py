"""Purging: documents that gave way to others leave the index, so that they count in no score.

Lucene counts a deleted document in its statistics until it is merged away, and a cluster keeps
deleted documents through every merge for as long as a copy might ask what happened to it: half a
minute at best.  A clone has no such past, so it is cloned, there and back; segments are linked,
not copied, so it takes a fraction of a second.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from searcher.engines.opensearch_.client import connect, naming, reason_of
from searcher.engines.opensearch_.place import Place
from searcher.errors import EngineError

LONG = 600
"""Seconds that merging and cloning may take at a time."""

REBALANCE = "index.routing.rebalance.enable"

BLOCK = "index.blocks.write"
_TRIES = 3


def purge(place: Place) -> None:
    """Let an index, which is refreshed and takes no more, hold its living documents only.

    Where there were others it has no copies behind it: one that was made before the merge would
    go on to hold them.

    Raises:
        EngineError: the cluster cannot be reached, or refuses.
    """
    for _ in range(_TRIES):
        if not _deleted(place):
            return
        _purge(place)
    left = _deleted(place)
    if left:
        logging.getLogger(__name__).warning(
            "%s: %s still holds %d documents that gave way, which count in scores until the "
            "cluster merges them away",
            place.url,
            place.index,
            left,
        )


def _purge(place: Place) -> None:
    other = aside(place)
    clone(place, other, replicas=0)
    _delete(place)
    clone(other, place, replicas=0)
    _delete(other)
    client = connect(place.url)
    with naming(place.url, f"complete {place.index}"):
        client.indices.forcemerge(
            index=place.index,
            params={"only_expunge_deletes": "true"},
            request_timeout=LONG,
        )
        client.indices.refresh(index=place.index, request_timeout=LONG)


def aside(place: Place) -> Place:
    """Return where an index lies while it is purged."""
    return replace(place, index=f"{place.index}-aside")


def clone(old: Place, new: Place, replicas: int) -> None:
    """Make an index that has all that another one has, which is blocked from now on."""
    client = connect(old.url)
    with naming(old.url, f"clone {old.index}"):
        client.indices.put_settings(index=old.index, body={BLOCK: True})
        answer = client.indices.clone(
            index=old.index,
            target=new.index,
            body={
                "settings": {
                    "index.number_of_replicas": replicas,
                    # While a shard moves to another node, that one might ask what was deleted.
                    REBALANCE: "none",
                    "index.refresh_interval": "-1",
                    BLOCK: None,
                }
            },
            params={"timeout": f"{LONG}s", "wait_for_active_shards": "1"},
            request_timeout=LONG,
            ignore=[400],
        )
    check_made(new, answer)


def check_made(place: Place, answer: Mapping[str, Any]) -> None:
    """Raise EngineError unless an index is there by now: where an answer was lost it was made at
    the first try, and nobody else gives it that name.
    """
    error = answer.get("error")
    if error and error.get("type") != "resource_already_exists_exception":
        raise EngineError(f"{place.url}: cannot make {place.index}: {reason_of(answer)}")


def _delete(place: Place) -> None:
    with naming(place.url, f"remove {place.index}"):
        connect(place.url).indices.delete(index=place.index)


def _deleted(place: Place) -> int:
    """Return how many documents gave way, and are still counted in scores."""
    with naming(place.url, f"complete {place.index}"):
        found = connect(place.url).indices.stats(index=place.index, metric="docs")
    return int(found["_all"]["total"]["docs"]["deleted"])
