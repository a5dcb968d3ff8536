"""Nodes that die, and queues that are full: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import Plain, make_batch
from nodes import Cluster

import searcher
from searcher import Document, EngineError, Index, OpenSearch
from searcher.engines import ENGINES, drop

COUNT = 3_000
LINE = "脱贫攻坚"
SHORT = ("thread_pool.write.size=1", "thread_pool.write.queue_size=1")
WORKERS, EACH = 24, 60
SAMPLES = 5
"""Stretches that a build looks for: here each stands in thousands of documents."""


def document(number: int) -> Document:
    return Document(
        f"d{number:05}", f"第{number}号文件，脱贫攻坚，驻村工作队。" * 8, f"文件{number}"
    )


@pytest.fixture(scope="module")
def apart() -> Iterator[Cluster]:
    """Three nodes in JVMs of their own, with short queues for what is written."""
    with Cluster(apart=True, more=SHORT) as cluster:
        yield cluster


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / f"failing-{secrets.token_hex(4)}"
    yield home
    for folder in home.glob("gen-*"):
        drop(folder)


def engine_of(cluster: Cluster) -> OpenSearch:
    return OpenSearch(cluster.url, shards=3, replicas=1)


def assert_whole(index: Index, count: int = COUNT) -> None:
    page = index.search(f'"{LINE}"', limit=5)
    assert page.total == len(index) == count
    assert index.search(f'"第{count - 1}号文件"').total == 1


def test_a_node_that_dies_while_others_search(apart: Cluster, home: Path) -> None:
    searcher.build(
        map(document, range(COUNT)), index=home, engine=engine_of(apart), samples=SAMPLES
    )
    wrong: list[object] = []
    answered = threading.Event()
    over = threading.Event()

    def ask(index: Index) -> None:
        while not over.is_set():
            try:
                page = index.search(f'"{LINE}" 驻村', limit=3)
            except EngineError:
                continue  # said by name; the next one is answered
            if page.total != COUNT or len(page.hits) != 3:
                wrong.append((page.total, len(page.hits)))
            answered.set()

    with searcher.open(home) as index:
        threads = [threading.Thread(target=ask, args=(index,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert answered.wait(60)
        apart.nodes[1].kill()
        time.sleep(3)
        answered.clear()
        assert answered.wait(90)  # behind the death
        over.set()
        for thread in threads:
            thread.join(120)
        assert wrong == []
        assert_whole(index)
    apart.restart(2)
    apart.wait(180)


def test_a_node_that_dies_while_documents_are_sent(apart: Cluster, home: Path) -> None:
    def documents() -> Iterator[Document]:
        for number in range(COUNT):
            if number == COUNT // 2:
                apart.nodes[2].kill()
            yield document(number)

    report = searcher.build(documents(), index=home, engine=engine_of(apart), samples=SAMPLES)
    assert (report.documents, report.failures) == (COUNT, ())
    with searcher.open(home) as index:
        assert_whole(index)
    apart.restart(3)
    apart.wait(180)


def test_a_cluster_that_is_too_busy_is_waited_for(
    apart: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers send small pieces side by side, through queues that hold one of them."""
    monkeypatch.setattr("searcher.engines.opensearch_.bulk.CHUNK", 10_000)
    engine, folder = ENGINES["opensearch"], home / "gen-1"
    folder.mkdir(parents=True)
    writer = engine.create(folder, settings=engine_of(apart).settings)
    failed: list[BaseException] = []

    def send(worker: int) -> None:
        names = [f"w{worker}-{number}" for number in range(EACH)]
        try:
            assert engine.remote is not None
            spooler = engine.remote.join(engine.remote.ticket(folder))
            spooler.add(make_batch([Plain(name, {"body": list(LINE) * 40}) for name in names]))
            assert spooler.close().rejected == ()
        except BaseException as error:  # noqa: BLE001 - the test says what it was
            failed.append(error)

    threads = [threading.Thread(target=send, args=(each,)) for each in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert failed == []
    assert refused(apart) > 0, "the queues were never full: nothing was tried"
    writer.commit()
    assert len(engine.open(folder)) == WORKERS * EACH


def refused(cluster: Cluster) -> int:
    """Return how many writes the nodes have refused."""
    from searcher.engines.opensearch_.client import connect

    found = connect(cluster.url).nodes.stats(metric="thread_pool")
    return sum(node["thread_pool"]["write"]["rejected"] for node in found["nodes"].values())
