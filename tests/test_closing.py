"""Closing: nothing of an index stays open or mapped, and none of it waits for the collector."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import searcher
from searcher import Document
from searcher.engines.whoosh_.reading.columnreader import ColumnReader
from searcher.generations import Home
from searcher.matches import resolving
from searcher.text.words import JIEBA_LEXICON

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="only Linux says what a process has open"
)

DOCUMENTS = [
    Document(
        f"d{number}",
        f"参与脱贫攻坚。全市驻村工作{'队' * (number % 5)},公民之後 hello{number}。",
        "脱贫日报",
        date=f"20{number:02}-02",
        source="湖南日报",
        author="肖帅",
        path=f"/x/{number}.txt",
        extra={"tag": ["甲", f"乙{number % 3}"], "n": number},
    )
    for number in range(60)
]

USES: dict[str, Callable[[searcher.Index], object]] = {
    "nothing": lambda index: index.generation,
    "a hit": lambda index: index.search("脱贫"),
    "no hit": lambda index: index.search("坤坤坤"),
    "suggestions": lambda index: index.search('"脱贫攻艰"', suggest=True),
    "facets": lambda index: index.search(
        "脱贫", facets=["year", "script", "source", "author", "tag", "n"]
    ),
    "by date": lambda index: index.search("脱贫", sort="date", reverse=True),
    "by path": lambda index: index.search("脱贫", sort="path", offset=20),
    "worst first": lambda index: index.search("脱贫 队", reverse=True),
    "collapsed": lambda index: index.search("脱贫", collapse=True),
    "many terms": lambda index: index.search("脱贫 驻村 hello7 队队队 湖南", limit=50),
    "a prefix": lambda index: index.search("hello1*"),
    "nearness": lambda index: index.search('"脱贫 驻村"~9'),
    "characters": lambda index: index.search("=後"),
    "fields": lambda index: index.search("source:湖南 n:[3 TO 30] tag:甲 date:[2003 TO *]"),
    "names": lambda index: index.search("path:/x/1 脱贫"),
    "not": lambda index: index.search("脱贫 -hello7"),
    "many queries": lambda index: list(index.search_many(["脱贫", '"', "攻坚"])),
    "like": lambda index: index.like("d7"),
    "explained": lambda index: index.explain("d7", "脱贫 hello7"),
    "a document": lambda index: index.get("d7"),
    "ids": lambda index: (index.ids(), len(index), "d7" in index, "x" in index),
}


@pytest.fixture(scope="module", params=["one segment", "several segments"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closing") / "index"
    if request.param == "one segment":
        searcher.build(DOCUMENTS, index=folder)
        return folder
    searcher.build(DOCUMENTS[:40], index=folder)
    with searcher.open(folder) as index:
        index.update(DOCUMENTS[40:], remove=["d3"])
    return folder


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def mapped(below: Path) -> Counter[str]:
    """Return the files below a folder that are mapped or open, and how many times."""
    lines = Path("/proc/self/maps").read_text("utf-8").splitlines()
    found = [line.split(maxsplit=5)[-1] for line in lines]
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except FileNotFoundError:  # the one this loop had open
            continue
    return Counter(name for name in found if name.startswith(f"{below}/"))


def words() -> int:
    """Return how many times the list of words is mapped or open."""
    return mapped(JIEBA_LEXICON.parent).total()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_nothing_is_left_open(home: Path, use: Callable[[searcher.Index], object]) -> None:
    before = words()
    index = searcher.open(home)
    answer = use(index)
    assert mapped(home)
    index.close()
    assert not mapped(home)
    assert words() == before
    del answer


def test_nothing_is_left_open_after_all_of_that_by_many_threads(home: Path) -> None:
    with searcher.open(home) as index:
        start = threading.Barrier(4)

        def ask() -> None:
            start.wait()
            for use in USES.values():
                use(index)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not mapped(home)


def test_who_keeps_the_errors_of_queries_keeps_no_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "MOST", 0)
    kept: list[Exception] = []
    with searcher.open(home) as index:
        asked: list[Callable[[], Any]] = [
            lambda: index.search("=後"),
            lambda: index.search("脱贫", facets=["那"]),
            lambda: index.like("没有"),
        ]
        for ask in asked:
            with pytest.raises(searcher.SearcherError) as caught:
                ask()
            kept.append(caught.value)
        kept += [each for each in index.search_many(["=後"]) if isinstance(each, Exception)]
    assert len(kept) == 4
    assert not mapped(home)


def test_a_search_under_way_is_waited_for(home: Path) -> None:
    index = searcher.open(home)
    pages = index.search_many(["脱贫", "攻坚"])
    next(pages)
    index.close()
    assert mapped(home)
    assert len(list(pages)) == 1
    assert not mapped(home)


def test_what_an_index_moved_on_from_is_let_go_of(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    with searcher.open(tmp_path) as index:
        for number in range(4):
            index.search("脱贫", facets=["year"])
            index.update([Document(f"x{number}", "又一篇。")], remove=[f"d{number}"])
            index.search("脱贫")
            now = Home(tmp_path).path / f"gen-{index.generation}"
            assert mapped(tmp_path) == mapped(now)
        with searcher.open(tmp_path) as other:
            other.update(remove=["d9"])
        assert index.refresh()
        now = Home(tmp_path).path / f"gen-{index.generation}"
        assert mapped(tmp_path) == mapped(now)
    assert not mapped(tmp_path)


def test_a_build_leaves_nothing_open(tmp_path: Path) -> None:
    for _ in range(2):
        searcher.build(DOCUMENTS, index=tmp_path)
        assert not mapped(tmp_path)


def test_an_index_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    [file] = tmp_path.glob("gen-*/*.stored")
    os.truncate(file, 100)
    with pytest.raises(searcher.IndexCorruptError):
        searcher.open(tmp_path)
    assert not mapped(tmp_path)


def test_an_array_over_a_file_outlives_the_reader_and_keeps_the_file_alone(home: Path) -> None:
    reader = ColumnReader.open(Home(home).current().folder)
    segment, _ = reader._store.locate(0)
    lengths = segment.lengths
    expected = lengths.tolist()
    assert not lengths.flags.owndata
    reader.close()
    assert {Path(name).suffix for name in mapped(home)} == {".docs"}
    assert lengths.tolist() == expected
    assert np.shares_memory(lengths, lengths[:1])
    del lengths
    assert not mapped(home)
