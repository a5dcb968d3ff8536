"""Distributed building: partitions by any worker, any order, again and again; gone on with."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import farengine
import pytest
from farengine import FAR, FarEngine, bulks, trouble
from hypothesis import example, given, settings
from hypothesis import strategies as st
from indexes import index_holds

import searcher
from searcher import (
    BuildReport,
    Document,
    EngineError,
    Failure,
    SourceError,
    WorkerError,
    processes,
)
from searcher.engines import ENGINES
from searcher.generations import Home
from searcher.jobs import building, filling
from searcher.jobs.filling import Kind, Means
from searcher.jobs.publishing import Policy
from searcher.preparing import fleet, tasks
from searcher.preparing.dask_ import dask
from searcher.preparing.documents import Incoming
from searcher.preparing.fleet import Here
from searcher.preparing.ledger import LEDGER_FILE, GivenUpError, Ledger, terms_in
from searcher.preparing.partitions import (
    Built,
    Partition,
    digest_of,
    preparer_with,
)
from searcher.preparing.tasks import Task, order_of, perform
from searcher.sources import Options
from searcher.stored.packing import train

SMALL = 8
"""Documents of a partition in these tests, so that there are many of them."""

COUNT = 100


def document(number: int) -> Document:
    text = f"第{number}号文件：驻村工作队参与脱贫攻坚，全市干部下乡。" * (20 + number % 5)
    return Document(f"d{number:04}", text, title=f"题目{number % 7}")


DOCUMENTS = [document(number) for number in range(COUNT)]


@pytest.fixture(autouse=True)
def _far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, FAR, FarEngine())
    monkeypatch.setattr(filling, "partitions", lambda incoming: _cut(incoming))


def _cut(incoming: Any) -> Iterator[Partition]:
    """Cut documents into small partitions."""
    taken: list[Incoming] = []
    first = 0
    for each in incoming:
        taken.append(each)
        if len(taken) == SMALL:
            yield Partition(first, tuple(taken))
            first, taken = first + SMALL, []
    if taken:
        yield Partition(first, tuple(taken))


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    folder = tmp_path / "cluster"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for each in DOCUMENTS:
        (folder / f"{each.id}.txt").write_text(each.body, "utf-8")
    return folder


def build(
    source: Any,
    home: Path,
    cluster: Path,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    resume: bool = False,
    progress: Any = None,
    **told: str | int,
) -> BuildReport:
    kind = Kind(FAR, {"url": str(cluster), **told})
    means = Means(kind, jobs=jobs, executor=executor, resume=resume)
    return building.run(
        source, Home(home), Options(), (), means, Policy(samples=20, progress=progress)
    )


def content(folder: Path) -> dict[str, Any]:
    """Return all that an index holds: of each document its number, its bytes, and every term."""
    reader = ENGINES["whoosh"].open(folder)
    try:
        ids = list(reader.ids())
        numbers = {each: reader.find(each) for each in ids}
        stored = {
            each: reader.stored(number) for each, number in numbers.items() if number is not None
        }
        return {"numbers": numbers, "stored": stored, "terms": index_holds(folder)}
    finally:
        reader.close()


def far_content(home: Path) -> dict[str, Any]:
    with Home(home).current() as generation:
        place = json.loads((generation.folder / farengine.PLACE).read_text("utf-8"))["place"]
    return content(Path(place) / "index")


def near_content(tmp_path: Path, documents: Any) -> dict[str, Any]:
    """Return what the embedded engine holds of *documents*, built in one process."""
    near = tmp_path / "near"
    report = searcher.build(documents, index=near)
    assert report.generation is not None
    return content(near / f"gen-{report.generation}")


@contextmanager
def spawned(size: int, versions: dict[str, str] | None = None) -> Iterator[Executor]:
    with ProcessPoolExecutor(
        size,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=farengine.register,
        initargs=(versions,),
    ) as pool:
        yield pool


# ---------------------------------------------------------------- one result, whoever builds


def test_all_ways_of_building_hold_the_same(tmp_path: Path, cluster: Path, home: Path) -> None:
    wanted = near_content(tmp_path, DOCUMENTS)
    build(DOCUMENTS, home, cluster)
    assert far_content(home) == wanted
    with ThreadPoolExecutor(3) as threads:
        build(DOCUMENTS, home, cluster, executor=threads)
    assert far_content(home) == wanted
    with spawned(2) as processes:
        report = build(DOCUMENTS, home, cluster, executor=processes)
    assert far_content(home) == wanted
    assert (report.documents, report.failures, report.warnings) == (COUNT, (), ())
    assert not list(home.glob(f"*/{LEDGER_FILE}"))


def test_jobs_of_a_remote_engine_are_processes(
    cluster: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "pool_of", lambda size: processes.pool_of(size, farengine.register))
    assert build(DOCUMENTS, home, cluster, jobs=2).documents == COUNT
    assert sorted(bulks(cluster)) == list(range(0, COUNT, SMALL))


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_any_order_and_any_repetition_of_partitions_gives_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("cluster")
    incoming = [Incoming(each) for each in DOCUMENTS[:40]]
    incoming += [Incoming(Document(incoming[3].document.id, "后来的一个"))]  # one id twice
    pieces = list(_cut(incoming))
    dictionary = train(each.document.body for each in incoming)
    assert dictionary
    order = order_of(FAR, {"place": str(place)}, dictionary)
    chosen = [*pieces, *data.draw(st.lists(st.sampled_from(pieces)))]
    for piece in data.draw(st.permutations(chosen)):
        built = perform(Task(order, piece, dictionary=dictionary))
        assert built == Built(piece.first, len(piece.incoming))
    farengine.FarWriter(place).commit()
    folder = tmp_path_factory.mktemp("plain")
    writer = ENGINES["whoosh"].create(folder)
    for piece in pieces:
        writer.add(preparer_with(dictionary).prepare(piece.incoming, piece.first))
    writer.commit()
    assert content(place / "index") == content(folder)


# ---------------------------------------------------------------- what tasks carry, and how many


class Watched(Executor):
    """Does tasks by hand, the last first, and watches how many are waiting."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.most = 0
        self.tasks: list[Task] = []
        self.lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.tasks.append(args[0])
        with self.lock:
            self.waiting.append((future, lambda: fn(*args, **kwargs)))
            self.most = max(self.most, len(self.waiting))
        threading.Timer(0.002, self._do_one).start()
        return future

    def _do_one(self) -> None:
        with self.lock:
            future, work = self.waiting.pop()
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)


def test_tasks_under_way_are_bounded(
    cluster: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "UNDER_WAY", 5)
    watched = Watched()
    assert build(DOCUMENTS, home, cluster, executor=watched).documents == COUNT
    assert 1 < watched.most <= 5


def test_long_texts_are_bounded_by_their_length(
    cluster: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "CHARACTERS", 1)
    watched = Watched()
    assert build(DOCUMENTS, home, cluster, executor=watched).documents == COUNT
    assert watched.most == 1


def test_the_dictionary_goes_to_those_who_have_not_got_it(
    cluster: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "UNDER_WAY", 3)
    carried: list[bool] = []

    class Noting(Here):
        """Has a worker that starts anew in the middle."""

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            carried.append(args[0].dictionary is not None)
            if len(carried) == 30:
                tasks._own.preparer = None
            return super().submit(fn, *args, **kwargs)

    documents = [document(number) for number in range(400)]
    assert build(documents, home, cluster, executor=Noting()).documents == 400
    assert [at for at, each in enumerate(carried) if each] == [0, 30]
    assert len(carried) == 50 + 1


# ---------------------------------------------------------------- what workers meet


def test_a_partition_that_fails_is_tried_again(
    cluster: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trouble(cluster, fleet.TRIES - 1, "the cluster is busy")
    assert build(DOCUMENTS, home, cluster).documents == COUNT
    assert sum("tried again: the cluster is busy" in each for each in caplog.messages) == 2


def test_what_fails_again_and_again_is_named_and_left_to_be_gone_on_with(
    texts: Path, cluster: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read = []

    def fail_later(_: object) -> None:
        read.append(1)
        if len(read) == 60:
            trouble(cluster, 1000, "the cluster is gone")

    with pytest.raises(WorkerError, match=r"documents 57 to 64 \(.*failed 3 times.*is gone"):
        build([texts], home, cluster, progress=fail_later)
    assert "build again with --resume" in caplog.text
    trouble(cluster, 0, "")
    sent = len(bulks(cluster))
    report = build([texts], home, cluster, resume=True)
    assert report.documents == COUNT
    assert report.warnings == (
        "an unfinished build was gone on with: 56 of its documents were there",
    )
    assert len(bulks(cluster)) - sent == 13 - sent == 6
    assert len(list(home.glob("gen-*"))) == len(list(cluster.glob("gen-*"))) == 1


def test_without_a_document_in_the_index_nothing_is_left(cluster: Path, home: Path) -> None:
    trouble(cluster, 1000, "the cluster is gone")
    with pytest.raises(WorkerError):
        build(DOCUMENTS, home, cluster)
    assert not list(home.glob("gen-*"))
    assert not list(cluster.glob("gen-*"))


def test_a_failing_commit_is_gone_on_with(cluster: Path, home: Path, texts: Path) -> None:
    def fail_at_the_end(met: object) -> None:
        if getattr(met, "name", "") == "write":
            trouble(cluster, 1, "the cluster is gone")

    with pytest.raises(EngineError, match="gone"):
        build([texts], home, cluster, progress=fail_at_the_end)
    sent = len(bulks(cluster))
    assert build([texts], home, cluster, resume=True).documents == COUNT
    assert len(bulks(cluster)) == sent


def test_a_worker_with_other_versions_fails_the_build_at_once(cluster: Path, home: Path) -> None:
    with (
        spawned(1, {"analyzer": "1 9c01"}) as processes,
        pytest.raises(WorkerError, match=r"worker on .* \(process \d+\) has analyzer 1 9c01 inst"),
    ):
        build(DOCUMENTS, home, cluster, executor=processes)
    assert bulks(cluster) == []
    assert not list(home.glob("gen-*"))


def test_a_worker_that_dies_is_an_error(cluster: Path, home: Path) -> None:
    with spawned(1) as processes:
        assert isinstance(processes, ProcessPoolExecutor)
        processes.submit(os.getpid).result()
        (pid,) = list(processes._processes)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerError, match="were killed"):
            build(DOCUMENTS, home, cluster, executor=processes)
    assert not list(home.glob("gen-*"))


def test_documents_that_the_engine_rejects_are_failures(cluster: Path, home: Path) -> None:
    bad = [Document("poison1", "毒"), Document("poison2", "药")]
    report = build([*DOCUMENTS[:10], *bad, *DOCUMENTS[10:]], home, cluster)
    assert report.documents == COUNT
    assert report.failures == (
        Failure("document 11", "it is poison"),
        Failure("document 12", "it is poison"),
    )


@pytest.mark.parametrize("given_too_much", [{"executor": Here()}, {"resume": True}])
def test_an_engine_in_a_folder_knows_neither_executor_nor_resume(
    home: Path, given_too_much: dict[str, Any]
) -> None:
    with pytest.raises(EngineError, match="whoosh writes into a folder of this machine"):
        searcher.build(DOCUMENTS, index=home, **given_too_much)
    assert not home.exists()
    searcher.build(DOCUMENTS, index=home)
    with pytest.raises(EngineError, match="whoosh writes into a folder of this machine"):
        searcher.rebuild(index=home, **given_too_much)


# ---------------------------------------------------------------- going on


def broken_off(source: Any, home: Path, cluster: Path, after: int = 60) -> int:
    """Break a build off when *after* documents were read; return how many partitions were sent."""
    read = []

    def stop(_: object) -> None:
        read.append(1)
        if len(read) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(source, home, cluster, progress=stop)
    return len(bulks(cluster))


def test_documents_of_a_program_can_be_gone_on_with(cluster: Path, home: Path) -> None:
    sent = broken_off(DOCUMENTS, home, cluster)
    assert sent == 7
    report = build(DOCUMENTS, home, cluster, resume=True)
    assert report.documents == COUNT
    assert sorted(bulks(cluster)) == list(range(0, COUNT, SMALL))


def test_what_was_rejected_before_is_a_failure_still(cluster: Path, home: Path) -> None:
    documents = [Document("poison1", "毒"), *DOCUMENTS]
    broken_off(documents, home, cluster)
    report = build(documents, home, cluster, resume=True)
    assert report.failures == (Failure("document 1", "it is poison"),)
    assert report.documents == COUNT


def test_without_resume_an_unfinished_build_is_removed(cluster: Path, home: Path) -> None:
    sent = broken_off(DOCUMENTS, home, cluster)
    report = build(DOCUMENTS, home, cluster)
    assert (report.documents, report.warnings) == (COUNT, ())
    assert len(bulks(cluster)) - sent == 13
    assert len(list(home.glob("gen-*"))) == 1


def test_with_nothing_to_go_on_with_resume_is_a_build(cluster: Path, home: Path) -> None:
    for _ in range(2):
        report = build(DOCUMENTS, home, cluster, resume=True)
        assert (report.documents, report.warnings) == (COUNT, ())


@pytest.mark.parametrize(
    "change",
    [
        lambda texts: (texts / "d0003.txt").write_text("变了", "utf-8"),
        lambda texts: (texts / "d0003.txt").unlink(),
        lambda texts: (texts / "a.txt").write_text("新的", "utf-8"),
        lambda texts: [path.unlink() for path in sorted(texts.iterdir())[5:]],
    ],
    ids=["changed", "removed", "added", "fewer"],
)
def test_sources_that_have_changed_begin_anew(
    texts: Path, cluster: Path, home: Path, tmp_path: Path, change: Callable[[Path], Any]
) -> None:
    sent = broken_off([texts], home, cluster)
    change(texts)
    report = build([texts], home, cluster, resume=True)
    assert report.documents == len(list(texts.iterdir()))
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("the unfinished build was given up and begun anew: ")
    assert set(bulks(cluster)[sent:]) == set(range(0, report.documents, SMALL))
    assert far_content(home) == near_content(tmp_path, [texts])
    assert len(list(home.glob("gen-*"))) == len(list(cluster.glob("gen-*"))) == 1


def test_documents_of_a_program_that_have_changed_cannot_be_read_again(
    cluster: Path, home: Path
) -> None:
    broken_off(DOCUMENTS, home, cluster)
    with pytest.raises(SourceError, match="cannot be read once more; build again without"):
        build(iter(DOCUMENTS[1:]), home, cluster, resume=True)
    assert not list(home.glob("gen-*"))


def test_changes_behind_what_was_sent_are_no_matter(
    texts: Path, cluster: Path, home: Path
) -> None:
    broken_off([texts], home, cluster)
    (texts / "z.txt").write_text("新的", "utf-8")
    report = build([texts], home, cluster, resume=True)
    assert report.documents == COUNT + 1
    assert "gone on with" in report.warnings[0]


def test_other_settings_and_other_versions_begin_anew(
    cluster: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(DOCUMENTS, home, cluster)
    report = build(iter(DOCUMENTS), home, cluster, resume=True, shards=3)
    assert "begun with other settings" in report.warnings[0]
    broken_off(DOCUMENTS, home, cluster)
    versions = {**tasks._versions(), "searcher": "0.0.1"}
    monkeypatch.setattr(tasks, "_versions", lambda: versions)
    report = build(iter(DOCUMENTS), home, cluster, resume=True)
    assert "begun with other versions" in report.warnings[0]
    assert report.documents == COUNT


def test_an_index_that_is_gone_begins_anew(cluster: Path, home: Path) -> None:
    broken_off(DOCUMENTS, home, cluster)
    for each in cluster.glob("gen-*"):
        shutil.rmtree(each)
    report = build(iter(DOCUMENTS), home, cluster, resume=True)
    assert "its index is gone" in report.warnings[0]
    assert report.documents == COUNT


def test_only_the_newest_unfinished_generation_is_gone_on_with(cluster: Path, home: Path) -> None:
    broken_off(DOCUMENTS, home, cluster)
    assert searcher.build(DOCUMENTS, index=home).documents == COUNT  # cleans up, and is newer
    report = build(DOCUMENTS, home, cluster, resume=True)
    assert (report.documents, report.warnings) == (COUNT, ())


KILLED = """
import os, signal, sys
from pathlib import Path
import farengine, test_distributing as tests
farengine.register()
tests.filling.partitions = tests._cut
read = []
def kill(_):
    read.append(1)
    if len(read) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
tests.build(tests.DOCUMENTS, Path(sys.argv[1]), Path(sys.argv[2]), progress=kill)
"""


def test_a_build_that_was_killed_is_gone_on_with(
    cluster: Path, home: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED, str(home), str(cluster), "60"]
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    assert subprocess.run(command, env=path, check=False).returncode == -signal.SIGKILL
    sent = bulks(cluster)
    assert sent
    report = build(DOCUMENTS, home, cluster, resume=True)
    assert report.documents == COUNT
    assert sorted(bulks(cluster)) == list(range(0, COUNT, SMALL))
    assert far_content(home) == near_content(tmp_path, DOCUMENTS)


def test_workers_of_a_build_that_was_killed_end(cluster: Path, home: Path, tmp_path: Path) -> None:
    script = KILLED.replace("tests.build(", "tests.build_with_two(")
    command = [sys.executable, "-c", script, str(home), str(cluster), "90"]
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    # Workers hold the other end of the pipe as long as they live.
    done = subprocess.run(command, env=path, check=False, stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == -signal.SIGKILL
    report = build(DOCUMENTS, home, cluster, resume=True)
    assert report.documents == COUNT
    assert far_content(home) == near_content(tmp_path, DOCUMENTS)


def build_with_two(source: Any, home: Path, cluster: Path, progress: Any) -> None:
    """Build with two processes that know the engine."""
    with patch.object(fleet, "pool_of", lambda size: processes.pool_of(size, farengine.register)):
        build(source, home, cluster, jobs=2, progress=progress)


# ---------------------------------------------------------------- what is taken up


def test_what_can_be_gone_on_with_is_the_newest_and_nobody_elses(home: Path) -> None:
    with Home(home).lock("a build") as writer:
        draft = writer.begin()
        draft.leave()
    with Home(home).lock("another") as writer:
        writer.take_up()
        assert writer.clean() == ()  # it is in use
        taken = writer.begin()
        assert (taken.id, taken.taken_up, draft.taken_up) == (draft.id, True, False)
        with writer.begin() as other:
            assert not other.taken_up
            writer.take_up()
            assert writer.begin().id != other.id  # somebody has it: this very process
        taken.leave()
        taken.discard()
    assert draft.id in str(list(home.glob("gen-*")))
    with Home(home).lock("a third") as writer:
        assert len(writer.clean()) == 2
        writer.take_up()
        assert not writer.begin().taken_up


def test_what_was_sealed_or_published_is_not_taken_up(home: Path) -> None:
    searcher.build(DOCUMENTS[:3], index=home)
    with Home(home).lock("a build") as writer:
        writer.take_up()
        with writer.begin() as draft:
            assert not draft.taken_up
            with Home(home).current() as generation:
                made = generation.manifest
            draft.seal(made).close()
            draft.leave()
    with Home(home).lock("another") as writer:
        writer.take_up()
        with writer.begin() as other:
            assert (other.taken_up, other.id == draft.id) == (False, False)


# ---------------------------------------------------------------- Dask


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(WorkerError, match=r"pip install 'searcher\[dask\]'"),
        dask("tcp://nowhere"),
    ):
        pass


def test_the_command_line_refuses_what_an_engine_in_a_folder_cannot_do(
    texts: Path, home: Path
) -> None:
    command = [sys.executable, "-m", "searcher", "build", str(texts), "--index", str(home)]
    done = subprocess.run(
        [*command, "--resume"], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert "whoosh writes into a folder of this machine" in done.stderr
    assert not home.exists()


# ---------------------------------------------------------------- the ledger


@pytest.mark.parametrize("begun", [b"", b'{"ledger": 1, "eng', b'{"ledger": 2}\n', b"[]\n"])
def test_a_ledger_that_says_nothing_begins_anew(cluster: Path, home: Path, begun: bytes) -> None:
    broken_off(DOCUMENTS, home, cluster)
    [ledger] = home.glob(f"*/{LEDGER_FILE}")
    ledger.write_bytes(begun)
    report = build(iter(DOCUMENTS), home, cluster, resume=True)
    assert "had not begun" in report.warnings[0]
    assert report.documents == COUNT


@example(cut=30, rubbish=b"")  # the first line but for its end
@example(cut=30, rubbish=b"\n")
@given(cut=st.integers(0, 5000), rubbish=st.binary(max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_ledger_torn_anywhere_says_what_was_whole(
    cut: int, rubbish: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    pieces = list(_cut(map(Incoming, DOCUMENTS)))
    marks = [digest_of(piece, b"") for piece in pieces]
    with Ledger.begin(folder, {"engine": FAR}) as ledger:
        for piece, mark in zip(pieces[:9], marks, strict=False):
            assert ledger.meet(piece, mark) is None
            ledger.hold(Built(piece.first, len(piece.incoming)))
    path = folder / LEDGER_FILE
    whole = path.read_bytes()
    torn = whole[:cut] + (rubbish if cut < len(whole) else b"")
    path.write_bytes(torn)
    lines = [json.loads(line) for line in whole[:cut].splitlines() if line.endswith(b"}")]
    held = {line["held"] for line in lines if "held" in line}
    begun = whole.splitlines(keepends=True)[0]
    if not torn.startswith(begun):  # its line end is what makes it whole
        assert terms_in(folder) is None
        return
    assert terms_in(folder) == {"engine": FAR}
    for _ in range(2):  # the second time goes on with what the first has written
        with Ledger.resume(folder) as ledger:
            for piece, mark in zip(pieces, marks, strict=True):
                found = ledger.meet(piece, mark)
                # A line that was whole but for its end may be lost: then it is sent again.
                assert found is None or piece.first in held
                if found is None:
                    ledger.hold(Built(piece.first, len(piece.incoming)))
                    held.add(piece.first)
            ledger.finish()


def test_a_ledger_tells_other_documents_under_the_same_numbers(tmp_path: Path) -> None:
    one, other = ([Incoming(document(at + by)) for at in range(8)] for by in (0, 1))
    with Ledger.begin(tmp_path, {}) as ledger:
        ledger.meet(Partition(0, tuple(one)), "one")
    with Ledger.resume(tmp_path) as ledger, pytest.raises(GivenUpError, match="documents 1 to 8"):
        ledger.meet(Partition(0, tuple(other)), "other")
    with Ledger.resume(tmp_path) as ledger, pytest.raises(GivenUpError, match="fewer"):
        ledger.finish()


def test_the_digest_of_a_partition_depends_on_all_it_is_made_of() -> None:
    plain = Partition(0, (Incoming(document(1), "texts"),))
    others = [
        digest_of(Partition(1, plain.incoming), b""),
        digest_of(Partition(0, (Incoming(document(1), "other"),)), b""),
        digest_of(Partition(0, (Incoming(document(2), "texts"),)), b""),
        digest_of(Partition(0, ()), b""),
        digest_of(plain, b"dictionary"),
        digest_of(plain, b""),
    ]
    assert len(set(others)) == len(others)
    assert others[-1] == digest_of(Partition(0, plain.incoming), b"")
