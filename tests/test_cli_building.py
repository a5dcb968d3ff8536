"""Build, rebuild and update, as cron and a person at a terminal meet them."""

# ruff: noqa: F401, F811 - fixtures are imported, and asked for by name

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import Run, built, run, texts

from searcher.cli import progress
from searcher.jobs.noting import Stage
from searcher.model import Failure
from searcher.sources import Read


def test_an_update_says_what_it_did(run: Run, built: Path) -> None:
    (built / "a.txt").write_text("脱贫变了。", "utf-8")
    (built / "b.txt").unlink()
    ran = run("update", "texts")
    assert ran.code == 0
    assert ran.out.startswith("2 documents in generation ")
    assert "1 changed, 1 removed, 1 unchanged" in ran.out
    ran = run("update")
    assert (ran.code, "as before: nothing has changed, 2 unchanged" in ran.out) == (0, True)
    (built / "new.txt").write_text("新的。", "utf-8")
    report = json.loads(run("rebuild", "--json").out)
    assert (report["job"], report["documents"]) == ("rebuild", 3)


def test_options_of_an_update_reach_it(run: Run, built: Path) -> None:
    args = ("--include", "*.txt", "--exclude", "c.*", "--encoding", "b.*=big5")
    report = json.loads(run("update", "texts", *args, "--max-size", "1M", "--json").out)
    assert (report["removed"], report["unchanged"]) == (1, 2)
    assert run("update", "texts/a.txt", "--include", "x").code == 2
    (built.parent / "more").mkdir()
    (built.parent / "more/d.txt").write_text("更多。", "utf-8")
    assert run("update", "more", "--as", "别的", "--quiet").code == 0
    assert "别的/d.txt" in run("status", "--files").out


def test_exit_codes_are_for_cron(run: Run, built: Path) -> None:
    (built / "bad.txt").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    for job in (("update",), ("rebuild",), ("build", "texts")):
        ran = run(*job, "--quiet")
        assert (ran.code, ran.out) == (1, ""), job
        [line] = ran.err.splitlines()
        assert "bad.txt: not indexed: " in line
    (built / "bad.txt").unlink()
    for job in (("update",), ("rebuild",), ("build", "texts")):
        ran = run(*job, "--quiet")
        assert (ran.code, ran.out, ran.err) == (0, "", ""), job
    built.rename(built.parent / "away")
    for job in (("update",), ("rebuild",), ("build", "texts")):
        ran = run(*job, "--quiet")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1), job


def test_golden_queries_stop_what_does_not_answer_them(run: Run, built: Path) -> None:
    golden = built.parent / "golden.jsonl"
    golden.write_text(json.dumps({"query": "软件", "ids": ["texts/c.txt"]}), "utf-8")
    before = run("status", "--json").out
    (built / "c.txt").write_text("没有了。", "utf-8")
    ran = run("update", "--golden", "golden.jsonl", "--quiet")
    assert ran.code == 2
    assert "not published: 1 of 1 golden queries" in ran.err
    assert run("status", "--json").out == before
    golden.write_text(json.dumps({"query": "没有了", "ids": ["texts/c.txt"]}), "utf-8")
    ran = run("rebuild", "--golden", "golden.jsonl", "--samples", "7", "--keep", "1")
    assert ran.code == 0
    assert "没有了: gained: texts/c.txt; lost: nothing" in ran.err
    assert len(json.loads(run("status", "--json").out)["generations"]) == 1


def test_a_pipe_is_told_of_each_stage(run: Run, built: Path) -> None:
    for job in (("build", "texts"), ("rebuild",)):
        lines = run(*job).err.splitlines()
        assert lines[0] == f"searcher: {job[0]}: reading documents"
        assert [line.rpartition("; ")[2] for line in lines[1:]] == [
            "writing the index",
            "completing the generation",
            "checking it",
            "publishing it",
        ]
        assert lines[1].startswith(f"searcher: {job[0]}: 3 documents read, ")
        assert run(*job, "--json").err == ""


def test_a_line_comes_now_and_then_while_documents_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = progress.Lines("rebuild")
    watch(Stage("read"))
    for _ in range(25):
        now[0] += 1
        watch(Read(None, "a.txt", "utf-8", 1.0, 0, 500_000))  # type: ignore[arg-type]
    watch(Failure("b.txt", "cannot be read"))
    watch(Stage("write"))
    assert capsys.readouterr().err.splitlines() == [
        "searcher: rebuild: reading documents",
        "searcher: rebuild: 10 documents read, 5.0 MB, 10 s",
        "searcher: rebuild: 20 documents read, 10.0 MB, 20 s",
        "searcher: rebuild: 25 documents read, 1 failed, 12.5 MB, 25 s; writing the index",
    ]


def test_a_terminal_gets_a_bar(run: Run, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for job in (("build", "texts"), ("rebuild",), ("update", "texts"), ("update",)):
        ran = run(*job)
        assert ran.code == 0, ran.err
        assert job[0] in ran.err
        assert "reading documents" not in ran.err
        assert run(*job, "--quiet").err == ""


def test_the_bar_gets_to_its_end(run: Run, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (built / "bad.bin").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    (built / "records.jsonl").write_text('{"body": "甲"}\n\n\n{"body"\n', "utf-8")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for job in (("build", "texts"), ("rebuild",), ("update",)):
        ran = run(*job)
        assert ran.code == 1
        assert "100%" in ran.err


def test_a_file_that_failed_is_as_far_as_its_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    item = Failure(str(tmp_path / "a"), "not text")
    assert [progress._advance(item, left) for left in (9, 5, 2)] == [5, 5, 2]
    for where in (f"{tmp_path}/a:1", str(tmp_path), "a\0"):
        assert progress._advance(Failure(where, "no"), 9) == 0
    assert progress._advance(Stage("read"), 9) == 0
    assert progress._advance(Stage("write"), 9) == 9


@pytest.mark.parametrize(
    ("told", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_a_job_that_is_told_to_stop_leaves_nothing_behind(
    tmp_path: Path, told: signal.Signals, code: int
) -> None:
    index = tmp_path / "index"
    # What a shell starts in the background ignores SIGINT; this is as in the foreground.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from searcher.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "build", "-", "--index", str(index)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as job:
        assert job.stderr is not None
        assert b"reading" in job.stderr.readline()
        until(lambda: any(index.glob("gen-*")))
        job.send_signal(told)
        assert job.wait(30) == code
        assert job.stderr.read() == b""
    assert [path.name for path in index.iterdir()] == ["LOCK"]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)
