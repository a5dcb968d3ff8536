"""Jobs against a real cluster: what is published is whole, whatever happens; nothing is left."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
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


def test_a_life_of_an_index(cluster: str, home: Path) -> None:
    first = build(cluster, home, A, B)
    assert (first.documents, first.failures, first.recall["found"]) == (2, (), 100)
    with searcher.open(home) as index, searcher.open(home) as old:
        assert [hit.id for hit in index.search("脱贫").hits] == ["a", "b"]
        report = index.update([C, Document("a", "软件工程")], remove=["b", "nothing"])
        assert (report.added, report.changed, report.removed) == (1, 1, 1)
        assert index.ids() == ["a", "c"]
        assert [hit.id for hit in index.search("脱贫").hits] == ["c"]
        # Who does not move on sees what was, for as long as it is kept.
        assert [hit.id for hit in old.search("脱贫").hits] == ["a", "b"]
        assert led(cluster, home) == [f"{alias_of(home)}-{report.generation}"]
    removed = searcher.remove(["c"], index=home)
    assert (removed.documents, removed.removed) == (1, 1)
    assert len(indexes(cluster, home)) == 2
    back = searcher.rollback(home)
    assert back.generation == report.generation
    assert led(cluster, home) == [f"{alias_of(home)}-{report.generation}"]
    assert searcher.verify(home).passed
    searcher.build([A], index=home, engine=OpenSearch(cluster), keep=1)
    assert indexes(cluster, home) == led(cluster, home) == folders(home)


def test_files_are_updated_and_read_again(cluster: str, home: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in "ab":
        (texts / f"{name}.txt").write_text(f"脱贫攻坚{name}", "utf-8")
    command = [sys.executable, "-m", "searcher"]
    where = ["--index", str(home)]
    subprocess.run(
        [*command, "build", str(texts), *where, "--engine", "opensearch", "--url", cluster,
         "--shards", "2", "--replicas", "0", "--quiet"],
        check=True,
    )  # fmt: skip
    (texts / "a.txt").unlink()
    (texts / "c.txt").write_text("脱贫攻坚c", "utf-8")
    report = searcher.update(index=home)
    assert (report.added, report.removed, report.unchanged) == (1, 1, 1)
    assert searcher.update(index=home).generation == report.generation
    assert searcher.rebuild(index=home).documents == 2
    said = subprocess.run([*command, "status", *where, "--json"], capture_output=True, check=True)
    [now, _] = json.loads(said.stdout)["generations"]
    assert (now["engine"], now["cluster"], now["alias"]) == ("opensearch", cluster, alias_of(home))
    assert now["job"]["engine"] == {"url": cluster, "shards": 2, "replicas": 0}
    assert [now["index"]] == led(cluster, home)


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


def test_an_alias_of_another_home_is_left_alone(cluster: str, home: Path, tmp_path: Path) -> None:
    build(cluster, home, A)
    mine = led(cluster, home)
    other = tmp_path / "other"
    with pytest.raises(EngineError, match="choose another name"):
        searcher.build([B], index=other, engine=OpenSearch(cluster, alias=alias_of(home)))
    assert led(cluster, home) == indexes(cluster, home) == mine


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


# ---------------------------------------------------------------- while it is rebuilt


class Watching:
    """Searches that go on meanwhile, each in a thread: what they met, and what was wrong."""

    def __init__(self, cluster: str, home: Path) -> None:
        self._alias = f"{cluster}/{alias_of(home)}/_search"
        self._home = home
        self._over = threading.Event()
        self.wrong: list[object] = []
        self.met: set[str] = set()
        self.answers = {"follow": 0, "others": 0}
        asking = (self.follow, self.others, self.follow)
        self._threads = [threading.Thread(target=_noting(each, self.wrong)) for each in asking]
        for thread in self._threads:
            thread.start()

    def follow(self) -> None:
        with searcher.open(self._home, follow=True) as index:
            while not self._over.is_set():
                page = index.search("世代", limit=30)
                titles = {hit.title for hit in page.hits}
                if (page.total, len(page.hits), len(titles)) != (30, 30, 1):
                    self.wrong.append((page.total, titles))
                self.met |= titles
                self.answers["follow"] += 1

    def others(self) -> None:
        body = {"query": {"match_phrase": {"body": "世 代"}}, "size": 30, "_source": ["id"]}
        while not self._over.is_set():
            found = asked(self._alias, "POST", body)["hits"]
            made = {hit["_index"] for hit in found["hits"]}
            if (found["total"]["value"], len(made)) != (30, 1):
                self.wrong.append((found["total"], made))
            self.answers["others"] += 1

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)


def test_searches_go_on_through_ten_rebuilds(cluster: str, home: Path) -> None:
    def generation(number: int) -> list[Document]:
        return [Document(f"d{at}", f"世代 第{number}代", f"{number}") for at in range(30)]

    build(cluster, home, *generation(0))
    watching = Watching(cluster, home)
    try:
        for number in range(1, 11):
            build(cluster, home, *generation(number), samples=5)
        time.sleep(0.5)
    finally:
        watching.end()
    assert watching.wrong == []
    assert "10" in watching.met
    assert len(watching.met) >= 8
    assert min(watching.answers.values()) > 30
    assert indexes(cluster, home) == folders(home)


def _noting(does: Callable[[], None], wrong: list[object]) -> Callable[[], None]:
    def run() -> None:
        try:
            does()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            wrong.append(error)

    return run
