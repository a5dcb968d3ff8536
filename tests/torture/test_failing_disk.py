"""A disk that is full or broken: a named error or a job done, and never a spoiled index."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from budget import Budget, Watch
from deeds import BUILD, JOBS, MERGE, UPDATE, Job, Moments, Order, built
from faults import Fault
from states import (
    State,
    assert_goes_on,
    assert_whole,
    copied,
    current_state,
    is_published,
)
from warm import Outcome, Warm

PUBLISHED = re.compile(r"is published, but")
"""The one kind of failure behind which the new state may be there, and it says so."""


def assert_named(outcome: Outcome, home: Path) -> None:
    """Assert that a job ended by itself, well or with one of our errors that says what next."""
    assert (outcome.signal, outcome.hung) == (None, False)
    if outcome.error is not None:
        kind, message, named = outcome.error
        assert named, f"{kind}: {message}"
        assert "\n" not in message
        assert str(home) in message
        assert "; " in message, f"no next step: {message}"


def allowed_after(outcome: Outcome, job: Job) -> list[State]:
    """Return what may be there: the state before after an error, else the state after."""
    if outcome.error is None:
        return [job.after()]
    if PUBLISHED.search(outcome.error[1]):
        return [current_state(), job.after()]
    return [current_state()]


EVERY_CALL = ("build", "update", "rollback", "clean")
"""Jobs of which each single call is made to fail before those of the others, by chance."""

FAULTS = [("ENOSPC", False), ("EIO", False), ("ENOSPC", True), ("EIO", True)]


@pytest.mark.share(140)
def test_an_error_of_the_disk_at_any_call_is_named_and_spoils_nothing(
    warm: Warm,
    homes: dict[str, Path],
    moments: Moments,
    tmp_path: Path,
    budget: Budget,
    watch: Watch,
) -> None:
    todo = budget.random.sample(moments, len(moments))
    todo.sort(key=lambda moment: moment[0].name not in EVERY_CALL)
    every = sum(job.name in EVERY_CALL for job, _ in todo)
    if budget.seconds is None:
        budget.random.shuffle(todo)
    failed = 0
    for case in budget.cases(floor=every, quick=5):
        job, at = todo[case % len(todo)]
        how, for_good = FAULTS[(case + case // len(todo)) % len(FAULTS)]
        home = copied(homes[job.of], tmp_path / "index")
        with watch(f"{job.name}: {how} at call {at}{', for good' if for_good else ''}"):
            outcome = warm.one(job.order(home, fault=Fault(at, how, for_good)))
            failed += outcome.error is not None
            assert_named(outcome, home)
            found = assert_whole(home, allowed_after(outcome, job))
            assert_goes_on(home, found)
    assert failed > 0


@pytest.mark.share(14)
def test_an_error_of_the_disk_while_a_home_is_made_leaves_nothing_in_the_way(
    warm: Warm, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    calls = len(warm.one(BUILD.order(tmp_path / "first", fault=Fault())).calls)
    for case in budget.cases(floor=40, quick=2):
        home = tmp_path / f"index{case}" / "index"
        at = case if case < calls and budget.seconds else budget.random.randrange(calls)
        how, for_good = FAULTS[case % len(FAULTS)]
        with watch(f"the first build: {how} at call {at}{', for good' if for_good else ''}"):
            assert_named(warm.one(BUILD.order(home, fault=Fault(at, how, for_good))), home.parent)
            if not is_published(home):
                assert warm.one(BUILD.order(home)).error is None
            assert_goes_on(home, assert_whole(home, [BUILD.after()]))


# ---------------------------------------------------------------- disks that are really full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, where the machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = "size=4m"
    mount = ["mount", "-t", "tmpfs", "-o", size, "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk; a limit on files is tried instead")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@pytest.mark.share(6)
def test_a_disk_that_is_really_full_is_named_and_spoils_nothing(
    warm: Warm, homes: dict[str, Path], small_disk: Path, budget: Budget, watch: Watch
) -> None:
    failed = 0
    for case in budget.cases(floor=40, quick=3):
        job = JOBS[case % len(JOBS)]
        home = copied(homes[job.of], small_disk / "index")
        filler = small_disk / "filler"
        left = budget.random.randrange(0, min(96, free(small_disk) >> 10)) << 10
        filler.write_bytes(bytes(free(small_disk) - left))
        with watch(f"{job.name} with {left} bytes free (case {case})"):
            outcome = warm.one(job.order(home))
            failed += outcome.error is not None
            assert_named(outcome, home)
            filler.unlink()
            assert_goes_on(home, assert_whole(home, allowed_after(outcome, job)))
        filler.unlink(missing_ok=True)
    assert failed > 0


@pytest.mark.share(5)
def test_a_limit_on_the_size_of_files_is_named_and_spoils_nothing(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    failed = 0
    for case in budget.cases(floor=20, quick=2):
        home = copied(template, tmp_path / "index")
        limit = budget.random.choice([0, 1, 33, 64, 200, 1000, 4096, 8000, 16_000])
        job = (BUILD, UPDATE, MERGE)[case % 3]
        with watch(f"{job.name} with files of at most {limit} bytes (case {case})"):
            outcome = warm.one(job.order(home, limits=[[resource.RLIMIT_FSIZE, limit]]))
            failed += outcome.error is not None
            assert_named(outcome, home)
            assert_goes_on(home, assert_whole(home, allowed_after(outcome, job)))
    assert failed > 0


@pytest.mark.share(4)
def test_a_worker_without_room_is_named_and_spoils_nothing(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    for case in budget.cases(floor=4, quick=1):
        home = copied(template, tmp_path / "index")
        limit = budget.random.choice([100, 10_000, 100_000])
        args = {"home": str(home), "batch": 5, "count": 700, "jobs": 2}
        with watch(f"a build of two processes with files of at most {limit} bytes (case {case})"):
            outcome = warm.one(Order("build", args, limits=[[resource.RLIMIT_FSIZE, limit]]))
            assert outcome.error is not None
            assert_named(outcome, home)
            assert_goes_on(home, assert_whole(home, [current_state(), built(5)]))
