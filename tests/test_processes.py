"""Processes: pools whose workers end with the process that made them."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from searcher.errors import WorkerError
from searcher.processes import naming_death, pool_of

_SHARED = """
import os, sys, time
from searcher.engines.whoosh_.writing import building, parts

def slowly(*_):
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    import searcher
    building.WORTH, parts._invert = 0, slowly
    searcher.build([searcher.Document("a", "驻村工作")], index=sys.argv[1], jobs=2)
"""
"""A build whose worker is busy with its share of the inverting."""


def test_a_pool_does_what_it_is_given() -> None:
    with pool_of(2) as pool:
        assert list(pool.map(len, ["驻村", "脱贫攻坚"])) == [2, 4]


def test_each_process_begins_with_what_it_is_told(tmp_path: Path) -> None:
    with pool_of(1, os.chdir, tmp_path) as pool:
        assert Path(pool.submit(os.getcwd).result()) == tmp_path.resolve()


def test_a_death_is_named() -> None:
    named = pytest.raises(WorkerError, match="could not start, or were killed")
    with pool_of(1) as pool, named, naming_death():
        pool.submit(os._exit, 1).result()


def test_a_daemon_is_told_that_it_may_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(multiprocessing.current_process()), "daemon", True)
    with pytest.raises(WorkerError, match=r"daemonic process .* build with jobs=1"):
        pool_of(1)


def test_workers_of_a_build_end_when_it_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(_SHARED, "utf-8")
    command = [sys.executable, str(script), str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        worker = int(job.stdout.readline())
        job.kill()
    deadline = time.monotonic() + 30
    while _is_alive(worker):
        assert time.monotonic() < deadline, "the worker waits for a build that is gone"
        time.sleep(0.05)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
