"""What a job is told and what it reports: how many generations stay, links, encodings, places."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from manifests import forge

import searcher
from searcher import Document, IndexCorruptError, SourceError
from searcher.generations import Home
from searcher.model import ExtraValue


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("参与脱贫攻坚。", "utf-8")
    return folder


def kept(home: Path) -> int:
    return len(list(home.glob("gen-*")))


# ---------------------------------------------------------------- how many generations stay


def changes(texts: Path) -> Iterator[None]:
    """Give a folder another text again and again."""
    for number in range(100):
        (texts / "a.txt").write_text(f"第{number}次变了。", "utf-8")
        yield


def test_as_many_generations_stay_as_the_build_was_told(texts: Path, home: Path) -> None:
    change = changes(texts)
    (texts / "b.txt").write_text("驻村工作。", "utf-8")
    for _ in range(4):
        searcher.build([texts], index=home, keep=5)
    assert kept(home) == 4
    searcher.rebuild(index=home)
    assert kept(home) == 5
    next(change)
    searcher.update(index=home)
    assert kept(home) == 5
    searcher.remove(["texts/b.txt"], index=home)
    assert kept(home) == 5


def test_another_number_is_for_once(texts: Path, home: Path) -> None:
    change = changes(texts)
    for _ in range(4):
        searcher.build([texts], index=home, keep=4)
    next(change)
    searcher.update(index=home, keep=3)
    assert kept(home) == 3
    searcher.rebuild(index=home)
    assert kept(home) == 4
    searcher.build([texts], index=home)
    assert (kept(home), Home(home).last_manifest().job["keep"]) == (2, 2)


def test_a_build_of_documents_says_how_many_stay_too(home: Path) -> None:
    for _ in range(3):
        searcher.build([Document("a", "好"), Document("b", "好")], index=home, keep=3)
    searcher.remove(["a"], index=home)
    assert kept(home) == 3


def test_a_record_of_before_keeps_two(texts: Path, home: Path) -> None:
    for _ in range(3):
        searcher.build([texts], index=home, keep=9)
    path = home / f"gen-{Home(home).current_id()}/manifest.json"
    record = json.loads(path.read_text("utf-8"))
    for name in ("keep", "follow_links"):
        del record["job"][name]
    forge(path, record)
    searcher.rebuild(index=home)
    assert kept(home) == 2


@pytest.mark.parametrize("job", [{"keep": 0}, {"keep": "5"}, {"follow_links": 1}])
def test_a_record_that_nobody_wrote_is_named(
    texts: Path, home: Path, job: dict[str, object]
) -> None:
    searcher.build([texts], index=home)
    [path] = home.glob("gen-*/manifest.json")
    record = json.loads(path.read_text("utf-8"))
    forge(path, {**record, "job": record["job"] | job})
    for run in (searcher.rebuild, searcher.update):
        with pytest.raises(IndexCorruptError, match="the record of how it was built"):
            run(index=home)


# ---------------------------------------------------------------- links


def test_links_are_followed_by_those_roots_that_were_told_so(
    texts: Path, home: Path, tmp_path: Path
) -> None:
    for name in ("else", "more"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "b.txt").write_text("链接后面的文字。", "utf-8")
    (texts / "link").symlink_to(tmp_path / "else")
    searcher.build([texts], index=home, follow_links=True)
    (tmp_path / "more" / "link").symlink_to(tmp_path / "else")
    report = searcher.update([tmp_path / "more"], index=home)
    assert (report.added, report.skipped) == (1, 1)
    with searcher.open(home) as index:
        assert index.ids() == ["more/b.txt", "texts/a.txt", "texts/link/b.txt"]
    assert searcher.rebuild(index=home).documents == 3
    for behind in (texts / "link", texts / "link/b.txt"):
        with pytest.raises(SourceError, match=f"behind a link .* searcher update {texts}"):
            searcher.update([behind], index=home)
    (texts / "link").unlink()
    assert searcher.update(index=home).removed == 1


# ---------------------------------------------------------------- the report


def test_encodings_are_counted_by_file(texts: Path, home: Path) -> None:
    (texts / "b.txt").write_bytes("參與脫貧,為民服務。大家一起來。".encode("big5"))
    (texts / "c.txt").write_bytes("全市驻村工作队参与脱贫攻坚。".encode("gb18030"))
    (texts / "bad.bin").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    records = [{"id": str(number), "body": f"第{number}条"} for number in range(3)]
    (texts / "d.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    report = searcher.build([texts], index=home)
    assert list(report.encodings.items()) == [("utf-8", 2), ("big5hkscs", 1), ("gb18030", 1)]
    assert searcher.update([texts / "b.txt"], index=home).encodings == {"big5hkscs": 1}
    assert searcher.remove(["1"], index=home).encodings == {}
    assert searcher.build([Document("a", "好")], index=home).encodings == {}


def test_a_record_that_cannot_be_indexed_is_named_by_its_line(texts: Path, home: Path) -> None:
    lines = [{"id": "w", "body": "好"}, {"id": "x", "body": "甲", "n": 10**23}]
    (texts / "d.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    [failure] = searcher.build([texts], index=home).failures
    assert failure.where == f"{texts}/d.jsonl:2"
    [failure] = searcher.build([Document("x", "甲", extra={"n": 10**23})], index=home).failures
    assert failure.where == "x"


@pytest.mark.parametrize("names", [(b"\xff.txt", b"%FF.txt"), ("é.txt", "e\u0301.txt")])
def test_two_names_that_look_alike_are_told_apart(
    texts: Path, home: Path, names: tuple[str, str] | tuple[bytes, bytes]
) -> None:
    for name in names:
        (texts / os.fsdecode(name)).write_text("同一个名字。", "utf-8")
    report = searcher.build([texts], index=home)
    [warning] = report.warnings
    assert "by files whose names differ in their bytes only; the last one is kept" in warning
    assert (report.documents, report.replaced) == (2, 1)


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        ({"keep": 2.5}, TypeError, "keep must be a whole number, it is 2.5"),
        ({"keep": 0}, ValueError, "keep must be at least 1, it is 0"),
        ({"wait": "5"}, TypeError, "wait must be a number of seconds, it is '5'"),
        ({"wait": None}, TypeError, "wait must be a number of seconds, it is None"),
        ({"wait": float("nan")}, ValueError, "wait must be 0 or more seconds, it is nan"),
        ({"samples": -1}, ValueError, "samples must not be negative, it is -1"),
        ({"samples": "9"}, TypeError, "samples must be a whole number"),
        ({"jobs": "2"}, TypeError, "jobs must be a whole number, it is '2'"),
        ({"jobs": -2}, ValueError, "jobs must not be negative, it is -2"),
        ({"memory": 1e9}, TypeError, "memory must be a whole number"),
        ({"memory": 5}, ValueError, "memory must be at least 16777216, it is 5"),
        ({"max_size": -1}, ValueError, "max_size must not be negative, it is -1"),
        ({"max_size": "64M"}, TypeError, "max_size must be a whole number, it is '64M'"),
        ({"encodings": "big5"}, TypeError, "encodings must be a list of pairs"),
        ({"encodings": {"*.txt": "big5"}}, TypeError, "encodings must be a list of pairs"),
        ({"encodings": ["big5"]}, TypeError, "encodings must be a list of pairs"),
        ({"encodings": [("*.txt", None)]}, TypeError, "encodings must be a list of pairs"),
        ({"encodings": [5]}, TypeError, "encodings must be a list of pairs"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    texts: Path, home: Path, wrong: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        searcher.build([texts], index=home, **wrong)
    assert not home.exists()
    if "memory" in wrong or "jobs" in wrong:
        return
    searcher.build([texts], index=home)
    before = Home(home).current_id()
    with pytest.raises(kind, match=re.escape(said)):
        searcher.update(index=home, **wrong)
    assert Home(home).current_id() == before


def test_numbers_may_be_as_large_as_they_like(texts: Path, home: Path) -> None:
    report = searcher.build([texts], index=home, keep=10**30, max_size=10**30, wait=10**9)
    assert report.documents == 1
    assert searcher.rebuild(index=home).documents == 1


def test_verify_and_rollback_check_theirs(texts: Path, home: Path) -> None:
    searcher.build([texts], index=home)
    with pytest.raises(ValueError, match="samples must not be negative"):
        searcher.verify(home, samples=-1)
    with pytest.raises(ValueError, match="wait must be 0 or more seconds"):
        searcher.rollback(home, wait=-1)


@pytest.mark.parametrize("paths", ["", ["", "texts"], ["texts", ""]])
def test_an_empty_path_is_not_this_folder(
    texts: Path, home: Path, paths: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(texts.parent)
    with pytest.raises(SourceError, match="a path is empty; name a file or folder"):
        searcher.build(paths, index=home)


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert searcher.OpenSearch("http://h:65535").url == "http://h:65535"
    with pytest.raises(ValueError, match="the URL is none of a cluster"):
        searcher.OpenSearch(f"http://a:9200,http://h:{port}")


def test_paths_and_strings_go_together(texts: Path, home: Path) -> None:
    (texts.parent / "b.txt").write_text("好", "utf-8")
    assert searcher.build([texts, f"{texts.parent}/b.txt"], index=home).documents == 2


# ---------------------------------------------------------------- names that mean something else


def test_an_extra_field_that_cannot_be_asked_for_is_named_once(texts: Path, home: Path) -> None:
    extra: dict[str, ExtraValue] = {
        "Title": "甲",
        "year": 2,
        "ＰＡＴＨ": 3,
        "Year": 4,
        "栏目": "乙",
        "date": "昨天",
    }
    documents = [Document(name, "好", extra=extra) for name in "abc"]
    report = searcher.build(documents, index=home)
    assert sorted(report.warnings) == [
        "the extra field 'Title' is kept but cannot be searched: the name means the document's "
        "own title; name it otherwise",
        "the extra field 'year' is kept but cannot be counted by: the name means the year of its "
        "date; name it otherwise",
        "the extra field 'ＰＡＴＨ' is kept but cannot be searched: the name means the document's "
        "own path; name it otherwise",
    ]
    with searcher.open(home) as index:  # what is not warned of can be asked for
        assert index.search("year:2 Year:4 栏目:乙").total == 3
        assert index.search("好", facets=["Year", "栏目"]).facets == {
            "Year": {"4": 3}, "栏目": {"乙": 3},
        }  # fmt: skip
    (texts / "r.jsonl").write_text('{"body": "好", "script": "x"}\n' * 2, "utf-8")
    for report in (searcher.build(texts, index=home), searcher.rebuild(index=home)):
        [warning] = [each for each in report.warnings if "extra field" in each]
        assert warning.startswith("the extra field 'script' is kept but cannot be searched")
