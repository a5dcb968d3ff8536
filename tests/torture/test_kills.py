"""Killed at any moment: readers see a whole index, nothing acknowledged is lost, work goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from budget import Budget, Watch
from deeds import BUILD, FIRST, JOBS, UPDATE, Moments, Order, built, looped
from faults import Fault
from states import (
    State,
    assert_goes_on,
    assert_whole,
    copied,
    current_state,
    is_published,
)
from warm import Warm

from searcher.generations import Home


def test_nothing_writes_past_the_injector(
    warm: Warm, homes: dict[str, Path], tmp_path: Path
) -> None:
    for job in JOBS:
        home = copied(homes[job.of], tmp_path / "index")
        outcome = warm.one(job.order(home, fault=Fault()))
        assert outcome.error is None
        ours, kernels = outcome.written
        assert ours == kernels
        assert_whole(home, [job.after()])


@pytest.mark.share(44)
def test_a_kill_at_any_call_leaves_a_whole_index(
    warm: Warm,
    homes: dict[str, Path],
    moments: Moments,
    tmp_path: Path,
    budget: Budget,
    watch: Watch,
) -> None:
    todo = budget.random.sample(moments, len(moments))
    ledger = tmp_path / "ledger"
    for case in budget.cases(floor=200, quick=6):
        job, at = todo[case % len(todo)]
        home = copied(homes[job.of], tmp_path / "index")
        with watch(f"{job.name} killed at call {at}"):
            outcome = warm.one(job.order(home, fault=Fault(at), ledger=ledger))
            assert outcome.signal == 9
            assert not ledger.exists()
            found = assert_whole(home, [current_state(), job.after()])
            assert_goes_on(home, found)


@pytest.mark.share(18)
def test_a_kill_while_a_new_home_is_made_leaves_none_or_a_whole_one(
    warm: Warm, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    calls = len(warm.one(BUILD.order(tmp_path / "first", fault=Fault())).calls)
    for case in budget.cases(floor=40, quick=2):
        home = tmp_path / f"index{case}" / "deep" / "index"
        at = case if case < calls and budget.seconds else budget.random.randrange(calls)
        with watch(f"the first build killed at call {at}"):
            assert warm.one(BUILD.order(home, fault=Fault(at))).signal == 9
            if is_published(home):
                assert_goes_on(home, assert_whole(home, [BUILD.after()]))
            else:
                assert warm.one(BUILD.order(home)).error is None
                assert_goes_on(home, assert_whole(home, [BUILD.after()]))


def seconds_of_three(warm: Warm, template: Path, tmp_path: Path) -> float:
    """Return how long three updates take here and now."""
    home = copied(template, tmp_path / "index")
    began = time.monotonic()
    for _ in range(3):
        assert warm.one(UPDATE.order(home)).error is None
    return time.monotonic() - began


def acknowledged(ledger: Path) -> int:
    """Return the last batch that a killed job knew to be published, or 0."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return int(lines[-1]) if lines else 0


@pytest.mark.share(24)
@pytest.mark.parametrize("deed", ["updates", "builds"])
def test_a_kill_at_a_random_moment_loses_nothing_acknowledged(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch, deed: str
) -> None:
    ledger = tmp_path / "ledger"
    lost = 0
    usual = seconds_of_three(warm, template, tmp_path)
    for case in budget.cases(floor=30, quick=1):
        home = copied(template, tmp_path / "index")
        ledger.unlink(missing_ok=True)
        after = budget.random.uniform(0.0, 2 * usual)
        with watch(f"{deed} killed after {after:.4f} s (case {case})"):
            args = {"home": str(home), "ledger": str(ledger)}
            assert warm.one(Order(deed, args, after=after)).signal == 9
            last = acknowledged(ledger)
            lost += last == 0
            allowed = [state_after(deed, last), state_after(deed, max(last, FIRST - 1) + 1)]
            assert_goes_on(home, assert_whole(home, allowed))
    if budget.seconds is not None:
        assert lost < budget.done, "no job was ever done before the kill"


def state_after(deed: str, batch: int) -> State:
    """Return what the index holds once *batch* of an endless deed is done; 9 is none of them."""
    if batch < FIRST:
        return current_state()
    return looped(batch) if deed == "updates" else built(batch)


@pytest.mark.share(5)
def test_workers_left_behind_keep_nobody_from_working(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    """The build dies at one of its own calls while a worker analyzes for it."""
    for case in budget.cases(floor=5, quick=1):
        home = copied(template, tmp_path / "index")
        at = budget.random.randrange(12, 30)
        args = {"home": str(home), "batch": 11, "count": 900, "jobs": 2}
        with watch(f"a build with a worker killed at call {at} (case {case})"):
            assert warm.one(Order("build", args, Fault(at))).signal == 9
            found = assert_whole(home, [current_state()])
            # Workers end with the build; what they write in between is in nobody's way.
            with Home(home).lock("the next job") as writer:
                writer.clean()
            wait_for_orphans()
            assert_goes_on(home, found)


def wait_for_orphans(most: float = 30.0) -> None:
    """Wait until the workers of killed builds have ended by themselves."""
    end = time.monotonic() + most
    while orphans():
        assert time.monotonic() < end, f"workers are still there: {orphans()}"
        time.sleep(0.02)


def orphans() -> list[int]:
    """Return the processes that multiprocessing spawned and whose parent is gone."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        spawned = b"spawn_main" in command or b"resource_tracker" in command
        if spawned and parent == 1:
            found.append(int(path.name))
    return found
