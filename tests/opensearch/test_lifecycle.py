"""A home whose generations lie in a cluster: built, changed, published, stepped back, removed."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from fakecluster import URL, FakeCluster, Unreachable

import searcher
from searcher import (
    CheckFailedError,
    ClusterError,
    Document,
    EngineError,
    IndexCorruptError,
    OpenSearch,
)
from searcher.engines import drop
from searcher.engines.opensearch_ import FILE

ENGINE = OpenSearch(URL, shards=2)

ALIAS = "searcher-index"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "index"


def build(home: Path, *ids: str, **how: object) -> searcher.BuildReport:
    documents = [Document(each, f"脱贫{each}") for each in ids or ("a", "b")]
    return searcher.build(documents, index=home, engine=ENGINE, samples=0, **how)  # type: ignore[arg-type]


def index_of(report: searcher.BuildReport | searcher.UpdateReport) -> str:
    return f"{ALIAS}-{report.generation}"


def test_a_build_makes_an_index_that_nothing_can_be_added_to(
    cluster: FakeCluster, home: Path
) -> None:
    report = build(home)
    made = cluster.indexes[index_of(report)]
    assert report.documents == len(cluster.documents(index_of(report))) == 2
    settings = {"number_of_shards": 2, "number_of_replicas": 1, "blocks.write": True}
    assert settings.items() <= made["settings"].items()
    assert made["settings"]["refresh_interval"] is None
    meta = made["mappings"]["_meta"]
    assert (meta["documents"], meta["ranked"], meta["next"]) == (2, 2, 2)
    assert (meta["complete"], meta["fingerprint"]) == (True, report.fingerprint)
    assert cluster.aliases() == {ALIAS: [index_of(report)]}


def test_the_folder_says_where_the_index_is(cluster: FakeCluster, home: Path) -> None:
    report = build(home)
    folder = home / f"gen-{report.generation}"
    found = json.loads((folder / FILE).read_text("ascii"))
    assert found.pop("home") == cluster.indexes[index_of(report)]["mappings"]["_meta"]["home"]
    assert found == {
        "format": 1,
        "url": URL,
        "index": index_of(report),
        "alias": ALIAS,
        "shards": 2,
        "replicas": 1,
    }
    assert FILE in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]


def test_what_a_worker_sends_is_never_the_beginning_of_an_index(
    cluster: FakeCluster, home: Path
) -> None:
    build(home)
    sent = cluster.last("POST", "*/_bulk")
    assert sent.params["require_alias"] == "true"
    assert sent.path.endswith("-building/_bulk")
    [first, *_] = [json.loads(line) for line in sent.body.decode().splitlines()]
    assert first["index"].items() >= {"version": 1, "version_type": "external_gte"}.items()


def test_a_rebuild_moves_the_alias_in_one_step(cluster: FakeCluster, home: Path) -> None:
    first, second = build(home), build(home)
    assert cluster.last("POST", "/_aliases").body == {
        "actions": [
            {"remove": {"index": index_of(first), "alias": ALIAS}},
            {"add": {"index": index_of(second), "alias": ALIAS}},
        ]
    }
    assert cluster.aliases() == {ALIAS: [index_of(second)]}


def test_generations_that_are_not_kept_take_their_indexes_along(
    cluster: FakeCluster, home: Path
) -> None:
    reports = [build(home) for _ in range(4)]
    assert sorted(cluster.indexes) == [index_of(each) for each in reports[2:]]


def test_a_rollback_moves_the_alias_back(cluster: FakeCluster, home: Path) -> None:
    first, _ = build(home), build(home)
    searcher.rollback(home)
    assert cluster.aliases() == {ALIAS: [index_of(first)]}


def test_an_update_changes_a_clone(cluster: FakeCluster, home: Path) -> None:
    first = build(home)
    before = cluster.documents(index_of(first))
    with searcher.open(home) as index:
        report = index.update([Document("c", "软件"), Document("a", "别的")], remove=["b", "z"])
        assert (report.added, report.changed, report.removed) == (1, 1, 1)
        assert report.missing == ("z",)
        assert index.ids() == ["a", "c"]
    assert cluster.documents(index_of(first)) == before
    assert {each["number"] for each in cluster.documents(index_of(report)).values()} == {2, 3}
    assert cluster.indexes[index_of(report)]["mappings"]["_meta"]["next"] == 4
    assert cluster.aliases() == {ALIAS: [index_of(report)]}


def test_documents_are_looked_up_many_at_a_time(cluster: FakeCluster, home: Path) -> None:
    build(home)
    with searcher.open(home) as index:
        index.update([Document(f"n{number}", "软件") for number in range(200)])
    assert len(cluster.paths("POST", "*/_mget")) == 1


def test_a_removal_leaves_the_others(cluster: FakeCluster, home: Path) -> None:
    build(home)
    report = searcher.remove(["a", "x"], index=home, samples=0)
    assert (report.documents, report.removed, report.missing) == (1, 1, ("x",))
    assert list(cluster.documents(f"{ALIAS}-{report.generation}")) == ["b"]


def test_an_update_from_files_and_a_rebuild_need_no_engine(
    cluster: FakeCluster, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("脱贫", "utf-8")
    searcher.build(folder, index=home, engine=ENGINE, samples=0)
    (folder / "b.txt").write_text("软件", "utf-8")
    updated = searcher.update(index=home, samples=0)
    assert (updated.documents, updated.added) == (2, 1)
    report = searcher.rebuild(index=home, samples=0)
    made = cluster.indexes[f"{ALIAS}-{report.generation}"]
    assert (report.documents, made["settings"]["number_of_shards"]) == (2, 2)


def holding_deleted(count: int) -> tuple[int, object]:
    return 200, {"_all": {"total": {"docs": {"deleted": count}}}}


def test_documents_that_gave_way_are_merged_away(cluster: FakeCluster, home: Path) -> None:
    cluster.trouble("GET", "*/_stats/docs", holding_deleted(3))
    report = build(home)
    name = index_of(report)
    assert list(cluster.indexes) == [name]
    clones = [f"PUT /{name}/_clone/{name}-aside", f"PUT /{name}-aside/_clone/{name}"]
    assert cluster.paths("PUT", "*/_clone/*") == clones
    assert cluster.last("POST", "*/_forcemerge").params["only_expunge_deletes"] == "true"
    settings = cluster.indexes[name]["settings"]
    assert (settings["number_of_replicas"], settings["blocks.write"]) == (1, True)
    assert settings["routing.rebalance.enable"] is None
    assert cluster.aliases() == {ALIAS: [name]}


def test_documents_that_cannot_be_merged_away_are_told_of(
    cluster: FakeCluster, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.trouble("GET", "*/_stats/docs", holding_deleted(3), 4)
    with caplog.at_level(logging.WARNING):
        assert build(home).documents == 2
    assert "still holds 3 documents that gave way" in caplog.text


# ---------------------------------------------------------------- what goes wrong on the way


def test_a_build_that_fails_leaves_no_index(cluster: FakeCluster, home: Path) -> None:
    cluster.trouble("POST", "*/_bulk", (403, {"error": {"type": "x", "reason": "no"}}), 5)
    with pytest.raises((EngineError, searcher.WorkerError)):
        build(home)
    assert (cluster.indexes, list(home.glob("gen-*"))) == ({}, [])


def test_an_index_that_does_not_pass_goes_with_its_draft(
    cluster: FakeCluster, home: Path, tmp_path: Path
) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"query": "\\"脱贫\\"", "ids": ["nowhere"]}\n', "utf-8")
    before = build(home)
    with pytest.raises(CheckFailedError):
        build(home, golden=golden)
    assert list(cluster.indexes) == [index_of(before)]


def test_a_cluster_that_is_down_keeps_folders_for_the_next_job(
    cluster: FakeCluster, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reports = [build(home), build(home)]
    cluster.trouble("DELETE", f"/{index_of(reports[0])}", Unreachable, 5)
    with caplog.at_level(logging.WARNING):
        build(home)
    assert "left to the next job to remove" in caplog.text
    assert (home / f"gen-{reports[0].generation}").exists()
    assert index_of(reports[0]) in cluster.indexes
    build(home)
    assert not (home / f"gen-{reports[0].generation}").exists()
    assert index_of(reports[0]) not in cluster.indexes


def test_an_alias_that_could_not_be_moved_is_moved_by_the_next_job(
    cluster: FakeCluster, home: Path
) -> None:
    first = build(home)
    cluster.trouble("POST", "/_aliases", (400, {"error": {"type": "x", "reason": "odd"}}))
    cluster.asked.clear()
    # The first one opens the index to be filled, the other one publishes it.
    with searcher.open(home) as index:
        cluster.troubles.clear()
        moved = "/_aliases"
        cluster.trouble("POST", moved, lambda asked: cluster.swap(asked))
        cluster.trouble("POST", moved, (400, {"error": {"type": "x", "reason": "odd"}}))
        second = index.update([Document("c", "软件")])
        assert index.ids() == ["a", "b", "c"]
    assert cluster.aliases() == {ALIAS: [index_of(first)]}
    searcher.remove(["nothing"], index=home)
    assert cluster.aliases() == {ALIAS: [index_of(second)]}


def test_a_report_says_that_the_alias_was_not_moved(cluster: FakeCluster, home: Path) -> None:
    cluster.trouble("POST", "/_aliases", (400, {"error": {"type": "x", "reason": "odd"}}))
    report = build(home)
    assert report.generation
    assert [each for each in report.warnings if "before the next job" in each and "odd" in each]


def test_an_alias_of_another_home_is_left_alone(
    cluster: FakeCluster, home: Path, tmp_path: Path
) -> None:
    before = build(home)
    with pytest.raises(EngineError, match="is not of this index home; choose another name"):
        build(tmp_path / "other" / "index")
    assert list(cluster.indexes) == [index_of(before)]
    assert cluster.aliases() == {ALIAS: [index_of(before)]}


def test_an_index_of_another_program_is_left_alone(cluster: FakeCluster, home: Path) -> None:
    cluster.indexes[ALIAS] = {"settings": {}, "mappings": {}, "aliases": {}, "docs": {}}
    with pytest.raises(EngineError, match=f"{ALIAS} leads to {ALIAS}"):
        build(home)
    assert list(cluster.indexes) == [ALIAS]


def test_a_name_that_begins_like_another_ones_is_free(cluster: FakeCluster, home: Path) -> None:
    build(home)
    other = OpenSearch(URL, alias="searcher")
    report = searcher.build(
        [Document("a", "脱贫")], index=home.parent / "other", engine=other, samples=0
    )
    assert cluster.aliases()["searcher"] == [f"searcher-{report.generation}"]


def test_a_draft_that_names_the_index_before_it_does_not_take_it_along(
    cluster: FakeCluster, home: Path
) -> None:
    report = build(home)
    rubble = home / "gen-20990101-000000-000000-abcdef"
    rubble.mkdir()
    (rubble / FILE).write_bytes((home / f"gen-{report.generation}" / FILE).read_bytes())
    drop(rubble)
    assert list(cluster.indexes) == [index_of(report)]


def test_an_index_that_is_gone_is_named(cluster: FakeCluster, home: Path) -> None:
    build(home)
    cluster.indexes.clear()
    with pytest.raises(IndexCorruptError, match="the index is not there; build again"):
        searcher.open(home)
    assert build(home).documents == 2


def test_a_damaged_place_is_named_and_does_not_stop_a_build(
    cluster: FakeCluster, home: Path
) -> None:
    report = build(home)
    (home / f"gen-{report.generation}" / FILE).write_text("{", "ascii")
    with pytest.raises(IndexCorruptError, match=FILE):
        searcher.open(home)
    assert build(home).documents == 2


def test_too_few_nodes_for_the_copies_are_no_obstacle(
    cluster: FakeCluster, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.nodes = 1
    with caplog.at_level(logging.WARNING):
        assert build(home).documents == 2
    assert "fewer than the 1 copies asked for" in caplog.text
    waits = {each.params["wait_for_status"] for each in cluster.asked if "/health/" in each.path}
    assert waits == {"yellow"}


def test_nothing_is_sent_before_the_copies_are_there(cluster: FakeCluster, home: Path) -> None:
    build(home)
    asked = [each.params.get("wait_for_status") or each.path for each in cluster.asked]
    first = next(at for at, each in enumerate(asked) if "_bulk" in each)
    assert "green" in asked[:first]


def test_a_cluster_that_is_too_old_is_refused(cluster: FakeCluster, home: Path) -> None:
    cluster.version = {"number": "2.3.0", "distribution": "opensearch"}
    with pytest.raises(ClusterError, match=r"is opensearch 2.3.0; OpenSearch 2.4 or newer"):
        build(home)
    cluster.version = {"number": "8.1.0"}
    with pytest.raises(ClusterError, match="is elasticsearch"):
        build(home)
    assert cluster.indexes == {}


# ---------------------------------------------------------------- what it refuses


def test_a_refused_document_is_a_failure_and_a_dead_letter(
    cluster: FakeCluster, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        report = build(home, "a", "poison", "b")
    assert report.documents == 2
    [failure] = report.failures
    assert failure.reason == "the cluster refuses it: failed to parse: it is poison"
    [letters] = home.glob("dead-letters-*.jsonl")
    assert str(letters) in caplog.text
    [letter] = [json.loads(line) for line in letters.read_text("ascii").splitlines()]
    assert (letter["id"], letter["reason"]) == ("poison", failure.reason)
    action, source = letter["sent"]
    assert "index" in action
    assert source["id"] == "poison"


def test_dead_letters_are_kept_where_nothing_is_published(
    cluster: FakeCluster, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "poison.txt"
    path.write_text("脱贫", "utf-8")
    report = searcher.build(path, index=home, engine=ENGINE, samples=0)
    assert (report.generation, len(report.failures)) == (None, 1)
    assert len(list(home.glob("dead-letters-*.jsonl"))) == 1
    assert cluster.indexes == {}
    assert build(home).documents == 2  # such a file does not make it a strange folder


def test_no_more_than_ten_files_of_dead_letters_stay(cluster: FakeCluster, home: Path) -> None:
    for _ in range(12):
        build(home, "a", "poison")
    assert len(list(home.glob("dead-letters-*.jsonl"))) == 10


def test_a_refused_new_version_leaves_the_old_one(cluster: FakeCluster, home: Path) -> None:
    build(home)
    cluster.poison = "b"
    with searcher.open(home) as index:
        report = index.update([Document("b", "新的"), Document("c", "软件")])
        assert (report.added, report.changed, len(report.failures)) == (1, 0, 1)
        assert index.ids() == ["a", "b", "c"]
    assert cluster.documents(index_of(report))["b"]["number"] == 1


def test_refused_files_are_not_counted_as_changes(
    cluster: FakeCluster, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.txt").write_text(f"脱贫{name}", "utf-8")
    searcher.build(folder, index=home, engine=ENGINE, samples=0)
    cluster.poison = "b.txt"
    (folder / "b.txt").write_text("新的", "utf-8")
    (folder / "c.txt").write_text("软件", "utf-8")
    report = searcher.update(index=home, samples=0)
    assert (report.added, report.changed, report.documents) == (1, 0, 3)
    assert len(report.failures) == 1
    again = searcher.update(index=home, samples=0)
    assert (again.generation, len(again.failures)) == (report.generation, 1)
    assert len(cluster.indexes) == 2
