"""Whatever is killed, forgotten or refused: what is published is whole, and nothing is left."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searcher
from searcher import Document, EngineError, IndexCorruptError, OpenSearch
from searcher.engines import drop
from searcher.engines.opensearch_.bulk import Sender, index_action
from searcher.engines.opensearch_.place import alias_of, read_place


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home, whose indexes in the cluster are removed behind it."""
    home = tmp_path / f"jobs-{secrets.token_hex(4)}"
    yield home
    for folder in home.glob("gen-*"):
        drop(folder)


def asked(url: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def indexes(cluster: str, home: Path) -> list[str]:
    """Return the indexes that there are of a home."""
    found = asked(f"{cluster}/_cat/indices/{alias_of(home)}*?format=json&expand_wildcards=all")
    return sorted(each["index"] for each in found)


def led(cluster: str, home: Path) -> list[str]:
    """Return what the alias of a home leads to."""
    return sorted(asked(f"{cluster}/_alias/{alias_of(home)}"))


def folders(home: Path) -> list[str]:
    """Return the indexes that the folders of a home stand for."""
    return sorted(
        f"{alias_of(home)}-{each.name.removeprefix('gen-')}" for each in home.glob("gen-*")
    )


def build(cluster: str, home: Path, *documents: Document, **how: Any) -> searcher.BuildReport:
    wanted = OpenSearch(cluster, shards=2, replicas=1)
    return searcher.build(documents, index=home, engine=wanted, **how)


A, B, C = (Document(each, f"參與脫貧工作，第{each}号", f"文件{each}") for each in "abc")


def test_the_statistics_after_changes_are_those_of_a_new_index(cluster: str, home: Path) -> None:
    documents = [Document(f"d{at}", "脱贫" * (at % 7 + 1) + "工作" * 3) for at in range(40)]
    build(cluster, home, *documents)
    with searcher.open(home) as index:
        index.update([Document("d3", "软件")], remove=["d5", "d6"])
        changed = {hit.id: hit.score for hit in index.search("脱贫", limit=50).hits}
    left = [each for each in documents if each.id not in ("d3", "d5", "d6")]
    build(cluster, home, *left, Document("d3", "软件"))
    with searcher.open(home) as index:
        built = {hit.id: hit.score for hit in index.search("脱贫", limit=50).hits}
    assert changed == pytest.approx(built, rel=1e-6)


def test_what_is_published_takes_no_changes(cluster: str, home: Path) -> None:
    report = build(cluster, home, A)
    place = read_place(home / f"gen-{report.generation}")
    with pytest.raises(urllib.error.HTTPError) as error:
        asked(f"{cluster}/{place.index}/_doc/x", "PUT", {"id": "x"})
    with error.value:
        assert error.value.code == 403


def test_a_worker_that_was_forgotten_makes_no_index(cluster: str, home: Path) -> None:
    report = build(cluster, home, A)
    place = read_place(home / f"gen-{report.generation}")
    before = indexes(cluster, home)
    drop(home / f"gen-{report.generation}")
    sender = Sender(place)
    sender.send([index_action("x", "x", 1, {"id": "x"})])
    with pytest.raises(EngineError, match="see that no other job removed it"):
        sender.flush()
    assert (len(before), indexes(cluster, home)) == (1, [])
    with pytest.raises(IndexCorruptError, match="the index is not there"):
        searcher.open(home)


def test_a_document_that_the_cluster_refuses_stops_nothing(cluster: str, home: Path) -> None:
    long = Document("长" * 12_000, "脱贫")  # more bytes than Lucene has in a value
    report = build(cluster, home, A, long, B)
    assert report.documents == 2
    [failure] = report.failures
    assert "the cluster refuses it" in failure.reason
    [letters] = home.glob("dead-letters-*.jsonl")
    [letter] = [json.loads(line) for line in letters.read_text("ascii").splitlines()]
    assert letter["id"] == long.id
    with searcher.open(home) as index:
        changed = index.update([C, long])
        assert (changed.added, len(changed.failures), index.ids()) == (1, 1, ["a", "b", "c"])


# ---------------------------------------------------------------- kills


KILLED = """
import os, signal, sys, threading, time
import searcher
kind, home, url, seconds = sys.argv[1:]
def kill():
    time.sleep(float(seconds))
    os.kill(os.getpid(), signal.SIGKILL)
documents = [searcher.Document(f"d{at}", "脱贫攻坚" * 50) for at in range(1500)]
import searcher.jobs.updating, searcher.engines.opensearch_.writing, searcher.checking  # warm
threading.Thread(target=kill, daemon=True).start()
if kind == "build":
    searcher.build(documents, index=home, engine=searcher.OpenSearch(url))
else:
    with searcher.open(home) as index:
        index.update(documents)
"""


@pytest.mark.parametrize("kind", ["build", "update"])
def test_a_kill_leaves_nothing_that_no_folder_names(cluster: str, home: Path, kind: str) -> None:
    build(cluster, home, A, B)
    killed = 0
    for seconds in (0.05, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 2.5):
        command = [sys.executable, "-c", KILLED, kind, str(home), cluster, str(seconds)]
        done = subprocess.run(command, check=False, capture_output=True, timeout=120)
        killed += done.returncode == -signal.SIGKILL
        assert set(indexes(cluster, home)) <= set(folders(home)) | {
            f"{each}-aside" for each in folders(home)
        }
        with searcher.open(home) as index:
            assert len(index) in (2, 1500, 1502)
    assert killed >= 4
    searcher.remove(["nothing"], index=home)  # any job cleans up
    assert indexes(cluster, home) == folders(home)
    current = (home / "CURRENT").read_text("ascii").strip().removeprefix("gen-")
    assert led(cluster, home) == [f"{alias_of(home)}-{current}"]
    assert searcher.verify(home, samples=20).passed
