"""Jobs over an index in a cluster: what holds on a disk holds there."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import searcher
from searcher import Document, OpenSearch, SearcherError
from searcher.engines import drop
from searcher.engines.opensearch_.client import connect
from searcher.engines.opensearch_.place import read_place

COUNT = 60


def document(batch: int, number: int) -> Document:
    return Document(f"d{number:03}", f"第{batch}批文件，第{number}号，脱贫攻坚，驻村工作队。")


def batch(number: int) -> list[Document]:
    return [document(number, each) for each in range(COUNT)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / f"jobs-{secrets.token_hex(4)}"
    yield home
    for folder in home.glob("gen-*"):
        drop(folder)


def indexes(cluster: str, home: Path) -> set[str]:
    """Return what the cluster has of a home."""
    found = connect(cluster).indices.get(index=f"searcher-{home.name}-*")
    return set(found)


def named(home: Path) -> set[str]:
    return {read_place(folder).index for folder in home.glob("gen-*")}


def test_what_changes_is_sent_and_what_was_there_before_stays(cluster: str, home: Path) -> None:
    searcher.build(batch(1), index=home, engine=OpenSearch(cluster, replicas=0))
    with searcher.open(home) as before, searcher.open(home) as index:
        report = index.update([document(2, 0), document(2, COUNT)], remove=["d001", "none"])
        assert (report.added, report.changed, report.removed) == (1, 1, 1)
        assert report.missing == ("none",)
        assert (len(before), len(index)) == (COUNT, COUNT)
        assert before.search('"第2批"').total == 0
        assert index.search('"第2批"').total == 2
        assert index.search('"第1号"').total == 0
        whole = index.get("d000")
        assert whole is not None
        assert whole.body == document(2, 0).body
    searcher.remove(["d002"], index=home)
    searcher.verify(home)
    assert named(home) == indexes(cluster, home)
    back = searcher.rollback(home)
    assert searcher.open(home).generation == back.generation
    with searcher.open(home) as index:
        assert len(index) == COUNT


def test_files_are_brought_up_to_date_and_rebuilt(
    cluster: str, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(document(1, number).body, "utf-8")
    searcher.build([folder], index=home, engine=OpenSearch(cluster, replicas=0))
    (folder / "0.txt").write_text("新的文件。", "utf-8")
    (folder / "1.txt").unlink()
    report = searcher.update(index=home)
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 1, 1, 3)
    again = searcher.rebuild(index=home, keep=1)
    assert again.documents == 4
    assert len(list(home.glob("gen-*"))) == 1
    assert named(home) == indexes(cluster, home)


class Askers:
    """Threads that ask one home without pause, until they are told to stop."""

    def __init__(self, cluster: str, home: Path) -> None:
        self._home, self._client = home, connect(cluster)
        self._over = threading.Event()
        self.wrong: list[str] = []
        self.asked = [0, 0]
        self._threads = [
            threading.Thread(target=self._watched, args=(each,))
            for each in (self._follow, self._by_alias)
        ]

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _watched(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except Exception as error:  # noqa: BLE001 - the test says what it was
            self.wrong.append(repr(error))

    def _follow(self) -> None:
        with searcher.open(self._home, follow=True) as index:
            while not self._over.is_set():
                page = index.search('"脱贫攻坚"', limit=COUNT)
                batches = {hit.snippets[0].text.split("批")[0] for hit in page.hits}
                if page.total != COUNT or len(batches) != 1:
                    self.wrong.append(f"{page.total} of {batches}")
                self.asked[0] += 1

    def _by_alias(self) -> None:
        alias, body = f"searcher-{self._home.name}", {"track_total_hits": True}
        while not self._over.is_set():
            found = self._client.search(index=alias, body=body)
            if found["hits"]["total"]["value"] != COUNT or found["_shards"]["failed"]:
                self.wrong.append(str(found["hits"]["total"]))
            self.asked[1] += 1


def test_readers_and_the_alias_answer_through_ten_rebuilds(cluster: str, home: Path) -> None:
    engine = OpenSearch(cluster, replicas=0)
    searcher.build(batch(0), index=home, engine=engine)
    with Askers(cluster, home) as askers:
        for number in range(1, 11):
            searcher.build(batch(number), index=home, engine=engine, samples=5)
    assert askers.wrong == []
    assert min(askers.asked) > 20
    assert named(home) == indexes(cluster, home)


def test_an_alias_belongs_to_one_home(cluster: str, home: Path, tmp_path: Path) -> None:
    searcher.build(batch(1), index=home, engine=OpenSearch(cluster, replicas=0))
    alias = f"searcher-{home.name}"
    other = tmp_path / "other"
    with pytest.raises(SearcherError, match="--alias"):
        searcher.build(batch(2), index=other, engine=OpenSearch(cluster, alias=alias))
    with searcher.open(home) as index:
        assert index.search('"第1批"').total == COUNT


def test_a_home_may_change_its_engine_and_back(cluster: str, home: Path) -> None:
    searcher.build(batch(1), index=home, engine=OpenSearch(cluster, replicas=0))
    searcher.build(batch(2), index=home)
    with searcher.open(home) as index:
        assert index.search('"第2批"').total == COUNT
    searcher.rollback(home)
    with searcher.open(home) as index:
        assert index.search('"第1批"').total == COUNT
