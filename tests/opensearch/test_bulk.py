"""What is sent to a cluster that is busy, slow, down, or will not have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from fakecluster import URL, ConnectionTimeout, FakeCluster, Unreachable, busy

from searcher.engines.opensearch_ import bulk
from searcher.engines.opensearch_.bulk import Action, Sender, delete_action, index_action
from searcher.engines.opensearch_.patience import TRIES, waits
from searcher.engines.opensearch_.place import Place
from searcher.errors import ClusterError, EngineError

PLACE = Place(URL, "a-1", "a", 1, 0, "0" * 32)


@pytest.fixture(autouse=True)
def _index(cluster: FakeCluster) -> None:
    cluster.indexes["a-1"] = {
        "settings": {},
        "mappings": {},
        "aliases": {PLACE.building: {}},
        "docs": {},
    }


def document(document_id: str, version: int = 1, **more: Any) -> Action:
    source = {"id": document_id, "number": version - 1, **more}
    return index_action(document_id, f"k{document_id}", version, source)


def sent(cluster: FakeCluster, *actions: Action) -> Sender:
    sender = Sender(PLACE)
    sender.send(actions)
    sender.flush()
    return sender


def sizes(cluster: FakeCluster) -> list[int]:
    """Return how many lines each bulk had."""
    return [len(each.body.splitlines()) for each in cluster.asked if "_bulk" in each.path]


def items(*statuses: int) -> tuple[int, Mapping[str, Any]]:
    """Return what is said of documents, one of each status."""
    failed = {"error": {"type": "x", "reason": "y"}}
    said = [{"index": {"status": each, **(failed if each > 299 else {})}} for each in statuses]
    return 200, {"errors": True, "items": said}


def test_actions_are_lines_with_a_version_of_ours(cluster: FakeCluster) -> None:
    sent(cluster, document("a", 7), delete_action("b", "kb", 9))
    lines = [json.loads(line) for line in cluster.last("POST", "*/_bulk").body.splitlines()]
    version = {"version_type": "external_gte"}
    assert lines == [
        {"index": {"_id": "ka", "version": 7, **version}},
        {"id": "a", "number": 6},
        {"delete": {"_id": "kb", "version": 9, **version}},
    ]


def test_of_two_with_one_id_the_higher_number_stays(cluster: FakeCluster) -> None:
    sender = sent(cluster, document("a", 3), document("a", 2), document("a", 3))
    assert cluster.documents("a-1")["a"]["number"] == 2
    assert sender.take_rejected() == []


def test_chunks_are_bounded_and_one_that_is_longer_goes_alone(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 1_000)
    long = document("long", stored="x" * 2_000)
    sent(cluster, *(document(f"{at}", stored="x" * 300) for at in range(4)), long, document("z"))
    assert sizes(cluster) == [4, 4, 2, 2]
    assert len(cluster.documents("a-1")) == 6


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_cluster_is_asked_again(cluster: FakeCluster, status: int) -> None:
    cluster.trouble("POST", "*/_bulk", busy(status), 3)
    sent(cluster, document("a"))
    assert list(cluster.documents("a-1")) == ["a"]


@pytest.mark.parametrize("error", [Unreachable, ConnectionTimeout])
def test_what_was_not_answered_is_sent_again(cluster: FakeCluster, error: type[Exception]) -> None:
    cluster.trouble("POST", "*/_bulk", error, 3)
    sent(cluster, document("a"))
    assert list(cluster.documents("a-1")) == ["a"]


def test_documents_that_come_too_early_are_sent_again_alone(cluster: FakeCluster) -> None:
    cluster.trouble("POST", "*/_bulk", items(201, 429, 200, 503))
    cluster.trouble("POST", "*/_bulk", items(201, 429))
    sender = sent(cluster, *map(document, "abcd"))
    assert sizes(cluster) == [8, 4, 2]
    assert list(cluster.documents("a-1")) == ["d"]
    assert sender.take_rejected() == []


def test_patience_ends(cluster: FakeCluster) -> None:
    cluster.trouble("POST", "*/_bulk", items(429), 100)
    with pytest.raises(ClusterError, match=f"1 documents were refused {TRIES} times"):
        sent(cluster, document("a"))
    assert len(sizes(cluster)) == TRIES


def test_a_cluster_that_stays_down_is_named(cluster: FakeCluster) -> None:
    cluster.trouble("POST", "*/_bulk", Unreachable, 1000)
    with pytest.raises(ClusterError, match=r"cannot be reached .*; see that it is up"):
        sent(cluster, document("a"))


def test_waits_grow_are_bounded_and_left_to_chance() -> None:
    both = [[each for each in waits() if each is not None] for _ in range(2)]
    assert both[0] != both[1]
    for found in both:
        assert len(found) == TRIES - 1
        assert all(0.5 * most <= each <= most for each, most in zip(found, _MOST, strict=True))


_MOST = (0.5, 1, 2, 4, 8, 16, 32, 60)


def test_what_is_refused_is_set_aside_with_its_reason_and_all_of_it(cluster: FakeCluster) -> None:
    action = document("poison")
    sender = sent(cluster, document("a"), action, document("b"))
    [rejected] = sender.take_rejected()
    assert rejected.id == "poison"
    assert rejected.reason == "the cluster refuses it: failed to parse: it is poison"
    assert rejected.action.encode() == action.lines
    assert list(cluster.documents("a-1")) == ["a", "b"]
    assert sender.take_rejected() == []


def test_what_is_too_long_is_sent_in_halves(cluster: FakeCluster) -> None:
    def answer(asked: Any) -> tuple[int, Any]:
        if b'"c"' in asked.body or len(asked.body.splitlines()) > 4:
            return 413, {"error": {"type": "x", "reason": "too long"}, "status": 413}
        return cluster.bulk(asked, PLACE.building)

    cluster.trouble("POST", "*/_bulk", answer, 20)
    [rejected] = sent(cluster, *map(document, "abcd")).take_rejected()
    assert rejected.id == "c"
    assert "are too many at once" in rejected.reason
    assert list(cluster.documents("a-1")) == ["a", "b", "d"]


def test_nothing_is_sent_to_an_index_that_is_gone_or_complete(cluster: FakeCluster) -> None:
    cluster.indexes["a-1"]["aliases"].clear()
    with pytest.raises(ClusterError, match="see that no other job removed it"):
        sent(cluster, document("a"))
    assert cluster.documents("a-1") == {}
    assert len(cluster.indexes) == 1


def test_a_full_disk_is_no_fault_of_a_document(cluster: FakeCluster) -> None:
    said = {"type": "cluster_block_exception", "reason": "disk usage exceeded"}
    full = (200, {"items": [{"index": {"status": 403, "error": said}}]})
    cluster.trouble("POST", "*/_bulk", full)
    with pytest.raises(ClusterError, match=r"disk usage exceeded; .* disks are not full"):
        sent(cluster, document("a"))


def test_an_answer_about_something_else_is_no_answer(cluster: FakeCluster) -> None:
    cluster.trouble("POST", "*/_bulk", items(201))
    with pytest.raises(EngineError, match="of 2 documents it speaks of 1"):
        sent(cluster, *map(document, "ab"))
