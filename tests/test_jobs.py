"""Jobs: rebuilt from a record, updated from files, checked before they are published."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexes import names
from manifests import forge

import searcher
from searcher import BuildReport, CheckFailedError, Document, IndexNotFoundError, SourceError
from searcher.engines.base import Known
from searcher.generations import Home, Storage
from searcher.jobs.noting import Stage
from searcher.preparing.documents import digest
from searcher.preparing.partitions import partitions
from searcher.snapshot import Snapshot

LONG = "驻村工作队参与脱贫攻坚，全市干部下乡。"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    write(
        folder, {"a.txt": "参与脱贫攻坚。", "sub/b.txt": "驻村工作。", "sub/c.txt": "软件工程。"}
    )
    records(folder / "d.jsonl", one="第一条记录", two="第二条记录")
    return folder


@pytest.fixture
def built(texts: Path, home: Path) -> Path:
    assert searcher.build([texts], index=home).documents == 5
    return texts


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def records(path: Path, **bodies: str) -> None:
    lines = (json.dumps({"id": each, "body": body}) for each, body in bodies.items())
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def ids(home: Path) -> list[str]:
    with searcher.open(home) as index:
        return index.ids()


def body(home: Path, document_id: str) -> str:
    with searcher.open(home) as index:
        document = index.get(document_id)
    assert document is not None
    return document.body


def known(home: Path) -> dict[str, Known]:
    snapshot = Snapshot(Home(home).current())
    try:
        return {each.id: each for each in snapshot.reader.known()}
    finally:
        snapshot.let_go()


def tally(report: BuildReport) -> tuple[int | None, ...]:
    """Added, changed, removed, unchanged."""
    return report.added, report.changed, report.removed, report.unchanged


def current(home: Path) -> str:
    return Home(home).current_id()


def damage(home: Path) -> None:
    """Flip a bit of the postings that are published."""
    [path] = home.glob(f"gen-{current(home)}/*.post")
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


# ---------------------------------------------------------------- update: what changed


def test_an_update_checks_the_files_it_wrote_and_not_those_it_took_over(
    built: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    digest_of = Storage.digest

    def noting(self: Storage, path: Path) -> tuple[int, str, int]:
        read.append(path.name)
        return digest_of(self, path)

    before = set(Home(home).last_manifest().files)
    write(built, {"new.txt": "新来的文件。"})
    monkeypatch.setattr(Storage, "digest", noting)
    searcher.update(built, index=home)
    carried = {name for name in before if name.startswith("MAIN_1.")}
    assert carried
    assert not carried & set(read)
    assert {name for name in read if name.startswith("MAIN_2.")}


def test_an_update_adds_replaces_and_removes(built: Path, home: Path) -> None:
    before = current(home)
    write(built, {"new/e.txt": "新来的文件。", "sub/b.txt": "驻村工作变了。"})
    (built / "a.txt").unlink()
    records(built / "d.jsonl", one="第一条记录改了", three="第三条记录")
    report = searcher.update(built, index=home)
    assert tally(report) == (2, 2, 2, 1)
    assert (report.documents, report.failures, report.warnings) == (5, (), ())
    assert (report.job, report.previous, report.generation) == ("update", before, current(home))
    assert ids(home) == ["one", "texts/new/e.txt", "texts/sub/b.txt", "texts/sub/c.txt", "three"]
    assert body(home, "one") == "第一条记录改了"


def test_where_nothing_changed_nothing_is_published(built: Path, home: Path) -> None:
    before = current(home)
    for path in built.rglob("*"):
        os.utime(path, (1, 1))  # the time of a file says nothing
    report = searcher.update(index=home)
    assert tally(report) == (0, 0, 0, 5)
    assert (report.generation, report.previous, report.documents) == (before, before, 5)
    assert current(home) == before
    assert len(list(home.glob("gen-*"))) == 1


def test_a_change_that_keeps_time_and_size_is_seen(built: Path, home: Path) -> None:
    path = built / "a.txt"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("参与脱贫改坚。", "utf-8")
    os.utime(path, ns=times)
    assert tally(searcher.update(built, index=home)) == (0, 1, 0, 4)


def test_a_part_of_a_root_is_all_that_is_touched(built: Path, home: Path) -> None:
    write(built, {"a.txt": "别处变了。", "sub/b.txt": "这里变了。", "sub/deep/e.txt": "新的。"})
    (built / "sub/c.txt").unlink()
    (built / "d.jsonl").unlink()
    report = searcher.update([built / "sub"], index=home)
    assert tally(report) == (1, 1, 1, 0)
    assert body(home, "texts/a.txt") == "参与脱贫攻坚。"
    assert ids(home) == ["one", "texts/a.txt", "texts/sub/b.txt", "texts/sub/deep/e.txt", "two"]
    assert Home(home).last_manifest().job["roots"] == [{"path": str(built), "name": "texts"}]


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("sub", ["one", "texts/a.txt", "two"]),
        ("sub/b.txt", ["one", "texts/a.txt", "texts/sub/c.txt", "two"]),
        ("d.jsonl", ["texts/a.txt", "texts/sub/b.txt", "texts/sub/c.txt"]),
    ],
)
def test_what_is_gone_below_a_root_can_be_named(
    built: Path, home: Path, path: str, left: list[str]
) -> None:
    gone = built / path
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    searcher.update([gone], index=home)
    assert ids(home) == left
    with pytest.raises(SourceError, match="does not exist, and the index has no documents"):
        searcher.update([gone], index=home)


def test_a_record_may_move_from_one_file_to_another(built: Path, home: Path) -> None:
    records(built / "d.jsonl", two="第二条记录")
    records(built / "e.jsonl", one="第一条记录")
    assert tally(searcher.update(built, index=home)) == (0, 1, 0, 4)
    assert known(home)["one"].origin == "texts/e.jsonl"
    (built / "d.jsonl").unlink()
    assert tally(searcher.update(built, index=home)) == (0, 0, 1, 4)


def test_a_record_given_twice_is_no_change_for_ever(built: Path, home: Path) -> None:
    records(built / "e.jsonl", one="后来的")
    report = searcher.update(built, index=home)
    assert (tally(report), report.replaced) == ((0, 1, 0, 4), 1)
    assert body(home, "one") == "后来的"
    before = current(home)
    again = searcher.update(built, index=home)
    assert (tally(again), again.replaced, again.generation) == ((0, 0, 0, 5), 1, before)
    assert names(home / f"gen-{before}") == names(home / f"gen-{current(home)}")
    assert len(list(home.glob("gen-*"))) == 2
    write(built, {"a.txt": "变了。"})
    assert tally(searcher.update(built, index=home)) == (0, 1, 0, 4)
    assert body(home, "one") == "后来的"


def test_a_new_root_joins_the_record(built: Path, home: Path, tmp_path: Path) -> None:
    write(tmp_path / "more", {"x.txt": "更多的文件。", "y.md": "不要的。"})
    report = searcher.update([tmp_path / "more"], index=home, include=["*.txt"], names=["多"])
    assert tally(report) == (1, 0, 0, 0)
    write(tmp_path / "more", {"z.txt": "再来一个。", "w.md": "也不要。"})
    assert tally(searcher.update(index=home)) == (1, 0, 0, 6)
    report = searcher.rebuild(index=home)
    assert report.documents == 7
    assert ids(home)[-2:] == ["多/x.txt", "多/z.txt"]


def test_an_empty_new_root_is_recorded_too(built: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    before = current(home)
    report = searcher.update([tmp_path / "inbox"], index=home)
    assert (tally(report), report.previous) == ((0, 0, 0, 0), before)
    assert report.generation != before
    write(tmp_path / "inbox", {"x.txt": "到了。"})
    assert tally(searcher.update(index=home)) == (1, 0, 0, 5)
    (tmp_path / "inbox/x.txt").unlink()
    with pytest.raises(SourceError, match="holds no file to read any more"):
        searcher.update(index=home)


# ---------------------------------------------------------------- update: what is left alone


def test_what_a_program_gave_is_never_touched(built: Path, home: Path) -> None:
    mine = [Document("mine", "程序给的"), Document("texts/sub/mine.txt", "也是程序给的")]
    with searcher.open(home) as index:
        index.update(mine)
    write(built, {"a.txt": "变了。"})
    assert tally(searcher.update(index=home)) == (0, 1, 0, 4)
    assert {"mine", "texts/sub/mine.txt"} < set(ids(home))
    write(built, {"sub/mine.txt": "文件也来了。"})
    before = current(home)
    report = searcher.update(built, index=home)
    [failure] = report.failures
    assert (tally(report), report.generation) == ((0, 0, 0, 5), before)
    assert failure.where == str(built / "sub/mine.txt")
    assert "searcher remove texts/sub/mine.txt" in failure.reason
    assert body(home, "texts/sub/mine.txt") == "也是程序给的"
    searcher.remove(["texts/sub/mine.txt"], index=home)
    assert tally(searcher.update(built, index=home)) == (1, 0, 0, 5)
    assert body(home, "texts/sub/mine.txt") == "文件也来了。"


def test_a_file_that_cannot_be_read_keeps_its_document(built: Path, home: Path) -> None:
    write(built, {"a.txt": "变了。"})
    (built / "sub/c.txt").unlink()
    (built / "sub/b.txt").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    report = searcher.update(built, index=home)
    assert tally(report) == (0, 1, 1, 2)
    assert [each.where for each in report.failures] == [str(built / "sub/b.txt")]
    assert any("1 documents are kept as they were" in each for each in report.warnings)
    assert body(home, "texts/sub/b.txt") == "驻村工作。"


def test_a_folder_that_cannot_be_listed_keeps_its_documents(
    built: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (built / "a.txt").unlink()
    report = searcher.update(built, index=home)
    assert (tally(report), len(report.failures)) == ((0, 0, 1, 2), 1)
    assert {"texts/sub/b.txt", "texts/sub/c.txt"} < set(ids(home))


def test_records_behind_a_bad_line_are_kept(built: Path, home: Path) -> None:
    (built / "d.jsonl").write_text('{"id": "one", "body": "改了"}\n{"id": "two", "bo', "utf-8")
    report = searcher.update(built, index=home)
    assert (tally(report), len(report.failures)) == ((0, 1, 0, 3), 1)
    assert {"one", "two"} < set(ids(home))
    records(built / "d.jsonl", one="改了")
    assert tally(searcher.update(built, index=home)) == (0, 0, 1, 4)


def test_a_record_that_cannot_be_indexed_keeps_its_document(built: Path, home: Path) -> None:
    line = json.dumps({"id": "one", "body": "改了", "n": 2**70})
    (built / "d.jsonl").write_text(f"{line}\n", "utf-8")
    report = searcher.update(built, index=home)
    assert (tally(report), len(report.failures)) == ((0, 0, 1, 3), 1)
    assert body(home, "one") == "第一条记录"


def test_standard_input_is_updated_only_when_it_is_given(
    built: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, expected in (("管道来的", (1, 0, 0, 0)), ("管道又来了", (0, 1, 0, 0))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert tally(searcher.update(["-"], index=home)) == expected
    assert tally(searcher.update(index=home)) == (0, 0, 0, 5)
    assert body(home, "stdin") == "管道又来了"
    with pytest.raises(SourceError, match="1 of 6 documents"):
        searcher.rebuild(index=home)


# ---------------------------------------------------------------- update: options


def test_options_are_those_on_record(texts: Path, home: Path) -> None:
    (texts / "sub/big5.txt").write_bytes("參與脫貧".encode("big5"))
    encodings = [("*/big5.txt", "big5")]
    searcher.build([texts], index=home, exclude=["*.jsonl"], encodings=encodings, max_size=100)
    write(texts, {"e.txt": "太大了。" * 50, "f.jsonl": "不读"})
    (texts / "sub/big5.txt").write_bytes("參與脫貧攻堅".encode("big5"))
    report = searcher.update([texts / "sub"], index=home)
    assert tally(report) == (0, 1, 0, 2)
    assert body(home, "texts/sub/big5.txt") == "參與脫貧攻堅"
    report = searcher.update(index=home)
    assert (tally(report), len(report.failures)) == ((0, 0, 0, 4), 1)
    assert searcher.rebuild(index=home).documents == 4


def test_options_of_an_update_hold_from_then_on(built: Path, home: Path) -> None:
    assert tally(searcher.update(built, index=home, exclude=["*.jsonl"])) == (0, 0, 2, 3)
    assert tally(searcher.update(index=home)) == (0, 0, 0, 3)
    assert searcher.rebuild(index=home).documents == 3
    assert tally(searcher.update(built, index=home, exclude=())) == (2, 0, 0, 3)


def test_a_part_is_not_read_otherwise_than_its_root(built: Path, home: Path) -> None:
    with pytest.raises(SourceError, match="decided for whole roots"):
        searcher.update([built / "sub"], index=home, encodings=[(None, "big5")])


# ---------------------------------------------------------------- update: what is refused


def test_a_root_that_is_gone_or_empty_changes_nothing(built: Path, home: Path) -> None:
    before = current(home)
    away = built.rename(built.parent / "away")
    jobs: tuple[Callable[[], object], ...] = (
        lambda: searcher.update(index=home),
        lambda: searcher.update([built], index=home),
        lambda: searcher.update([built / "sub"], index=home),
        lambda: searcher.rebuild(index=home),
    )
    for job in jobs:
        with pytest.raises(SourceError, match=r"texts: cannot be read: No such .*mount or"):
            job()
    built.mkdir()
    for job in (jobs[0], jobs[3]):
        with pytest.raises(SourceError, match=r"texts: holds no file .*mount or restore"):
            job()
    built.rmdir()
    away.rename(built)
    assert (current(home), len(ids(home))) == (before, 5)
    assert tally(searcher.update(index=home)) == (0, 0, 0, 5)


def test_the_last_documents_do_not_go_unasked(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "t", {"sub/a.txt": "只有这个。"})
    searcher.build([tmp_path / "t"], index=home)
    shutil.rmtree(tmp_path / "t/sub")
    with pytest.raises(SourceError, match="none of the documents"):
        searcher.update([tmp_path / "t/sub"], index=home)
    assert ids(home) == ["t/sub/a.txt"]


def test_without_an_index_nothing_is_made(home: Path, tmp_path: Path) -> None:
    jobs: tuple[Callable[[], object], ...] = (
        lambda: searcher.update([tmp_path], index=home),
        lambda: searcher.rebuild(index=home),
        lambda: searcher.remove(["a"], index=home),
    )
    for job in jobs:
        with pytest.raises(IndexNotFoundError, match="searcher build"):
            job()
    assert not home.exists()


def test_an_update_needs_something_to_update_from(home: Path) -> None:
    searcher.build([Document("a", "好")], index=home)
    with pytest.raises(SourceError, match="no files or folders are recorded"):
        searcher.update(index=home)
    with pytest.raises(TypeError, match="paths"):
        searcher.update([Document("a", "好")], index=home)  # type: ignore[list-item]


# ---------------------------------------------------------------- rebuild


def test_a_rebuild_needs_no_more_than_the_manifest(built: Path, home: Path) -> None:
    write(built, {"new.txt": "新的。"})
    damage(home)
    [manifest] = home.glob("gen-*/manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    record |= {"schema": 1, "fingerprint": "other"}
    forge(manifest, record)
    report = searcher.rebuild(index=home, jobs=1)
    assert (report.job, report.documents, report.added) == ("rebuild", 6, None)
    assert "texts/new.txt" in ids(home)


def test_a_rebuild_reads_records_of_older_versions(built: Path, home: Path) -> None:
    [manifest] = home.glob("gen-*/manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    del record["job"]["documents"]
    record["schema"] = 2
    forge(manifest, record)
    assert searcher.rebuild(index=home).documents == 5
    record["job"] = {"roots": [], "documents": True}
    [path] = home.glob(f"gen-{current(home)}/manifest.json")
    forge(path, record | {"id": current(home)})
    with pytest.raises(SourceError, match="5 of 5 documents"):
        searcher.rebuild(index=home)


@pytest.mark.parametrize(
    "job",
    [
        {"roots": 3},
        {"roots": [3]},
        {"roots": [{"path": 1, "name": "a"}]},
        {"roots": [{"path": "/"}]},
        {"roots": [], "documents": "many"},
        {"roots": [], "max_size": -1},
        {"roots": [], "include": "*.txt"},
        {"roots": [], "encodings": ["big5"]},
    ],
)
def test_a_record_that_nobody_wrote_is_named(built: Path, home: Path, job: object) -> None:
    [manifest] = home.glob("gen-*/manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    forge(manifest, record | {"job": job})
    for run in (searcher.rebuild, searcher.update):
        with pytest.raises(searcher.IndexCorruptError, match="the record of how it was built"):
            run(index=home)


def test_documents_that_cannot_be_read_again_are_not_lost(built: Path, home: Path) -> None:
    with searcher.open(home) as index:
        index.update([Document("mine", "程序给的"), Document("texts/a.txt", "也是")])
    with pytest.raises(SourceError, match=r"2 of 6 documents were given.*searcher remove"):
        searcher.rebuild(index=home)
    assert Home(home).last_manifest().job["documents"] == 2
    searcher.remove(["mine", "texts/a.txt"], index=home)
    assert searcher.rebuild(index=home).documents == 5
    searcher.build([Document("a", "好"), Document("b", "好")], index=home)
    with pytest.raises(SourceError, match="2 of 2 documents"):
        searcher.rebuild(index=home)


def test_a_rebuild_without_anything_on_record_says_so(home: Path) -> None:
    searcher.build([], index=home)
    with pytest.raises(SourceError, match="no files or folders are recorded"):
        searcher.rebuild(index=home)


def test_a_root_that_was_empty_all_along_is_no_obstacle(texts: Path, home: Path) -> None:
    (texts.parent / "inbox").mkdir()
    searcher.build([texts, texts.parent / "inbox"], index=home)
    assert searcher.rebuild(index=home).documents == 5
    assert tally(searcher.update(index=home)) == (0, 0, 0, 5)


# ---------------------------------------------------------------- remove


def test_documents_are_removed_by_id(built: Path, home: Path) -> None:
    report = searcher.remove(["one", "texts/a.txt", "nothing", "one"], index=home)
    assert (report.removed, report.missing, report.documents) == (2, ("nothing",), 3)
    before = current(home)
    report = searcher.remove(["nothing"], index=home)
    assert (report.removed, report.missing, report.generation) == (0, ("nothing",), before)
    assert current(home) == before
    assert tally(searcher.update(index=home)) == (2, 0, 0, 3)


# ---------------------------------------------------------------- the gate


def test_what_does_not_find_its_own_text_is_not_published(
    built: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current(home)
    write(built, {"a.txt": "变了。"})
    monkeypatch.setattr("searcher.checking._finds", lambda *_: False)
    jobs: tuple[Callable[[], object], ...] = (
        lambda: searcher.build([built], index=home),
        lambda: searcher.rebuild(index=home),
        lambda: searcher.update(index=home),
        lambda: searcher.remove(["one"], index=home),
    )
    for job in jobs:
        with pytest.raises(CheckFailedError, match="not published: 100 of 100 sampled"):
            job()
    assert current(home) == before
    assert len(list(home.glob("gen-*"))) == 1
    assert searcher.update(index=home, samples=0).recall == {"sampled": 0, "found": 0}


def test_documents_that_get_lost_on_the_way_are_missed(
    built: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(incoming: Any) -> Any:
        return partitions(list(incoming)[:-1])

    monkeypatch.setattr("searcher.jobs.filling.partitions", forget)
    with pytest.raises(CheckFailedError, match=r"should be 5 documents, but .* holds 4"):
        searcher.build([built], index=home)


def test_golden_queries_must_find_their_ids(built: Path, home: Path, tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    line = {"query": "驻村", "ids": ["texts/sub/b.txt"]}
    golden.write_text(json.dumps(line), "utf-8")
    write(built, {"e.txt": "全市驻村。"})
    report = searcher.update(index=home, golden=golden)
    assert report.golden == ({"query": "驻村", "gained": ("texts/e.txt",), "lost": ()},)
    before = current(home)
    (built / "sub/b.txt").write_text("没有了", "utf-8")
    with pytest.raises(CheckFailedError, match="golden"):
        searcher.rebuild(index=home, golden=golden)
    assert current(home) == before
    with pytest.raises(SourceError, match="golden"):
        searcher.update(index=home, golden=tmp_path / "no-golden")


def test_damage_that_is_taken_over_is_not_published(built: Path, home: Path) -> None:
    before = current(home)
    damage(home)
    write(built, {"e.txt": "新的。"})
    with pytest.raises(searcher.IndexCorruptError):
        searcher.update(index=home)
    assert current(home) == before


def test_waiting_and_keeping_are_for_the_caller_to_say(built: Path, home: Path) -> None:
    with (
        Home(home).lock("another job"),
        pytest.raises(searcher.IndexLockedError, match=r"after 0\.05 seconds"),
    ):
        searcher.update(index=home, wait=0.05)
    for number in range(4):
        write(built, {"a.txt": f"第{number}次。"})
        searcher.update(index=home, keep=3)
    assert len(list(home.glob("gen-*"))) == 3
    searcher.rebuild(index=home, keep=1)
    assert len(list(home.glob("gen-*"))) == 1
    for wrong in ({"keep": 0}, {"wait": -1.0}, {"samples": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            searcher.update(index=home, **wrong)


# ---------------------------------------------------------------- the report


def test_a_report_is_plain_values_with_every_key(built: Path, home: Path) -> None:
    write(built, {"a.txt": "变了。"})
    (built / "link").symlink_to("a.txt")
    report = searcher.update(index=home)
    record = json.loads(json.dumps(report.to_dict()))
    assert list(record) == [
        "job", "generation", "previous", "documents", "added", "changed", "removed", "unchanged",
        "empty", "replaced", "missing", "skipped", "encodings", "failures", "warnings", "seconds",
        "stages", "bytes", "fingerprint", "recall", "golden",
    ]  # fmt: skip
    assert list(record["stages"]) == ["read", "write", "seal", "check", "publish"]
    assert (record["skipped"], record["recall"]) == (1, {"sampled": 100, "found": 100})
    assert record["fingerprint"] == Home(home).last_manifest().fingerprint
    assert record["bytes"] == Home(home).last_manifest().bytes
    assert list(searcher.build([built], index=home).to_dict()) == list(record)


def test_progress_sees_stages_and_documents(built: Path, home: Path) -> None:
    seen: list[object] = []
    searcher.rebuild(index=home, progress=seen.append)
    stages = [each.name for each in seen if isinstance(each, Stage)]
    assert stages == ["read", "write", "seal", "check", "publish"]
    assert len(seen) == len(stages) + 5


# ---------------------------------------------------------------- the whole against a fresh build

FOLDERS = ("", "a/", "a/b/", "c/")
FILES = tuple(f"{folder}{name}" for folder in FOLDERS for name in ("x.txt", "y.txt", "r.jsonl"))
PHRASES = ("驻村", "脱贫攻坚", "全市干部", "软件", "參與脫貧")
TEXT = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3).map("，".join)
LINES = st.dictionaries(st.sampled_from("klmn"), TEXT, max_size=3)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(FILES), TEXT, LINES),
        st.tuples(st.just("remove"), st.sampled_from((*FILES, "a", "a/b", "c"))),
        st.tuples(st.just("move"), st.sampled_from(FILES), st.sampled_from(FILES)),
        st.tuples(st.just("update"), st.sampled_from(FOLDERS)),
    ),
    max_size=12,
)


def apply(folder: Path, home: Path, change: tuple[Any, ...]) -> None:
    kind, path = change[0], folder / change[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "update":
        if path.exists() and any(each.is_file() for each in folder.rglob("*")):
            searcher.update([path], index=home)
    elif kind == "write" and path.suffix == ".jsonl":
        records(path, **change[3])
    elif kind == "write":
        path.write_text(change[2], "utf-8")
    elif kind == "remove":
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif path.is_file() and path.suffix == Path(change[2]).suffix:
        (folder / change[2]).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / change[2])


def answers(home: Path) -> Iterator[object]:
    with searcher.open(home) as index:
        yield index.ids()
        yield [index.get(each) for each in index.ids()]
        for phrase in (*PHRASES, '"脱贫攻坚，全市"', "驻村 OR 软件"):
            page = index.search(phrase, limit=100)
            yield phrase, page.total, [(hit.id, hit.score, hit.snippets) for hit in page.hits]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(CHANGES)
def test_updates_end_where_a_fresh_build_does(changes: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, home, fresh = (Path(place).resolve() / name for name in ("t", "index", "fresh"))
        write(folder, {"always.txt": LONG, "a/x.txt": "驻村"})
        searcher.build([folder], index=home)
        for change in changes:
            apply(folder, home, change)
        searcher.update(index=home)
        searcher.build([folder], index=fresh)
        assert known(home) == known(fresh)
        assert list(answers(home)) == list(answers(fresh))


def test_digests_tell_versions_apart(built: Path, home: Path) -> None:
    with searcher.open(home) as index:
        documents = [index.get(each) for each in index.ids()]
    found = known(home)
    for document in documents:
        assert document is not None
        assert found[document.id].digest == digest(document)
