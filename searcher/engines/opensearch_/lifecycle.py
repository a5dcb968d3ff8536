"""Lifecycle: indexes made, opened again, completed and removed in a cluster, and their alias."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from searcher.engines.opensearch_.asking import Index
from searcher.engines.opensearch_.client import check_version, connect, naming
from searcher.engines.opensearch_.mapping import index_body
from searcher.engines.opensearch_.patience import patiently
from searcher.engines.opensearch_.place import Place, index_of, read_place
from searcher.engines.opensearch_.purging import (
    BLOCK,
    LONG,
    REBALANCE,
    aside,
    check_made,
    clone,
    purge,
)
from searcher.errors import EngineError, IndexCorruptError

_READY = 120
"""Seconds that copies are waited for before an index is used without them."""


def check_usable(place: Place, home: Path) -> None:
    """Raise EngineError where an index of *home* cannot be made: the cluster is no OpenSearch that
    will do, cannot be reached, or the alias is another home's.
    """
    check_version(connect(place.url), place.url)
    _check_ours(place, home)


def create(place: Place) -> None:
    """Make an empty index, with its copies there: a node may die while it is filled."""
    client = connect(place.url)
    meta = {"home": place.home, "complete": False}
    body = index_body(place.shards, place.replicas, meta)

    def make() -> None:
        with naming(place.url, f"make {place.index}"):
            answer = client.indices.create(
                index=place.index,
                body={**body, "aliases": {place.building: {}}},
                params={"wait_for_active_shards": "1"},
                request_timeout=LONG,
                ignore=[400],
            )
        check_made(place, answer)

    patiently(make)
    _wait(place)


def copy(old: Place, place: Place) -> int:
    """Make an index that begins with all that *old* has; return the first free number."""
    meta = Index(old).meta()
    patiently(partial(clone, old, place, place.replicas))
    note(place, {**meta, "complete": False})
    reopen(place)
    return int(meta["next"])


def is_open(place: Place) -> bool:
    """Tell whether an index is there and is not complete."""
    with naming(place.url, f"open {place.index}"):
        if not connect(place.url).indices.exists(index=place.index):
            return False
    return not Index(place).meta().get("complete")


def reopen(place: Place) -> None:
    """Let an index be filled that is not complete, once its copies are there."""
    client = connect(place.url)
    add = {"add": {"index": place.index, "alias": place.building}}
    with naming(place.url, f"open {place.index}"):
        client.indices.put_settings(index=place.index, body={BLOCK: None})
        client.indices.update_aliases(body={"actions": [add]})
    _wait(place)


def complete(place: Place, meta: Callable[[], Mapping[str, Any]]) -> None:
    """Complete an index: from now on it is as it is.

    *meta* tells what is noted with it, when all of it can be searched.  It may be called again
    after it was broken off.
    """
    patiently(partial(_refresh, place))
    patiently(partial(_close, place))
    patiently(partial(_refresh, place))
    purge(place)
    patiently(lambda: note(place, meta()))
    patiently(partial(_settle, place))
    if not _wait(place):
        logging.getLogger(__name__).warning(
            "%s: %s has fewer than the %d copies asked for: are there nodes enough?",
            place.url,
            place.index,
            place.replicas,
        )


def _refresh(place: Place) -> None:
    with naming(place.url, f"complete {place.index}"):
        connect(place.url).indices.refresh(index=place.index, request_timeout=LONG)


def _close(place: Place) -> None:
    """Let nothing be added any more: it is counted next."""
    client = connect(place.url)
    with naming(place.url, f"complete {place.index}"):
        client.indices.put_settings(index=place.index, body={BLOCK: True})
        client.indices.delete_alias(index=place.index, name=place.building, ignore=[404])


def _settle(place: Place) -> None:
    """Make what an index is from now on; it may be a clone by now."""
    settings = {
        "index.number_of_replicas": place.replicas,
        "index.refresh_interval": None,
        REBALANCE: None,
        BLOCK: True,
    }
    with naming(place.url, f"complete {place.index}"):
        connect(place.url).indices.put_settings(index=place.index, body=settings)


def note(place: Place, meta: Mapping[str, Any]) -> None:
    """Note *meta* with an index, in place of what was noted before."""
    with naming(place.url, f"write {place.index}"):
        connect(place.url).indices.put_mapping(index=place.index, body={"_meta": dict(meta)})


def _wait(place: Place) -> bool:
    """Wait until an index has its copies, and tell whether it has: one without is used too.

    What is sent to a shard that has no copy yet dies with its node.
    """
    found = _health(place, "yellow")
    if found["number_of_data_nodes"] > place.replicas:
        found = _health(place, "green")
    if found["status"] == "red":
        raise EngineError(
            f"{place.url}: {place.index} is not whole: a shard is missing; see that all nodes "
            "are up, and build again"
        )
    return bool(found["status"] == "green")


def _health(place: Place, wanted: str) -> Mapping[str, Any]:
    """Return how an index is, as soon as it is as *wanted*, or has not become so for long."""
    params = {"wait_for_status": wanted, "timeout": f"{_READY}s"}
    with naming(place.url, f"wait for {place.index}"):
        return dict(
            connect(place.url).cluster.health(
                index=place.index, params=params, request_timeout=LONG, ignore=[408]
            )
        )


def present(place: Place, keys: Sequence[str]) -> list[bool]:
    """Tell of each of some keys whether there is a document of it."""
    with naming(place.url, "look for documents"):
        found = connect(place.url).mget(
            index=place.index, body={"ids": list(keys)}, params={"_source": "false"}
        )
    return [bool(each.get("found")) for each in found["docs"]]


# ---------------------------------------------------------------- generations


def delete(place: Place) -> None:
    """Remove an index; it is no matter if it is gone already."""
    for index in (place.index, aside(place).index):
        with naming(place.url, f"remove {index}"):
            connect(place.url).indices.delete(index=index, ignore=[404])


def drop(folder: Path) -> None:
    """Remove the index that was made for the generation in *folder*, and no other one: an update
    that has just begun still names that of the generation before.
    """
    try:
        own = read_place(folder)
    except IndexCorruptError as error:
        logging.getLogger(__name__).warning(
            "%s; the cluster may be left with an index that nothing names; its name ends with %s",
            error,
            index_of("", folder),
        )
        return
    if own.index == index_of(own.alias, folder):
        delete(own)


def point_alias(folder: Path) -> None:
    """Let the alias lead to the index of the generation in *folder*, and to no other one of its
    home, in one step.
    """
    place = read_place(folder)
    client = connect(place.url)
    _check_ours(place, folder.parent)
    with naming(place.url, f"point {place.alias} to {place.index}"):
        led = client.indices.get_alias(name=place.alias, ignore=[404])
        # Where there is no such alias, the answer is an error and its status.
        found = {name for name, record in led.items() if isinstance(record, Mapping)}
        if found != {place.index}:
            others = [
                {"remove": {"index": index, "alias": place.alias}}
                for index in sorted(found - {place.index})
            ]
            add = {"add": {"index": place.index, "alias": place.alias}}
            client.indices.update_aliases(body={"actions": [*others, add]})


def _check_ours(place: Place, home: Path) -> None:
    """Raise EngineError where the alias is taken: by another home, or another program.

    An index belongs to *home* by its token, or by its name where the file that had the token is
    damaged.
    """
    names = {index_of(place.alias, folder) for folder in home.glob("gen-*")}
    with naming(place.url, f"look for {place.alias}"):
        found = connect(place.url).indices.get_mapping(
            index=place.alias,
            params={"ignore_unavailable": "true", "allow_no_indices": "true"},
        )
    for name, record in sorted(found.items()):
        token = record["mappings"].get("_meta", {}).get("home")
        if token != place.home and name not in names:
            raise EngineError(
                f"{place.url}: {place.alias} leads to {name}, which is not of this index home; "
                "choose another name (--alias NAME), or remove that one if it is of no use"
            )
