"""Two jobs at once: one works, the other waits or is told who does; the dead hold nothing."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from budget import Budget, Watch
from deeds import JOBS, Job, Order, built
from faults import Fault
from states import assert_goes_on, assert_whole, copied, current_state, document, state
from warm import Warm

import searcher
from searcher.errors import IndexLockedError
from searcher.generations import Home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path / "index")


@pytest.mark.share(14)
def test_of_jobs_at_the_same_time_each_is_done_or_told_who_is_at_it(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    """No update is lost or mixed with another: what is there is what those who returned put."""
    for case in budget.cases(floor=30, quick=2):
        home = copied(template, tmp_path / "index")
        batches = range(20, 24)
        with watch(f"case {case}"):
            orders = [Order("put", {"home": str(home), "batch": batch}) for batch in batches]
            outcomes = warm.do(*orders)
            done = []
            for batch, outcome in zip(batches, outcomes, strict=True):
                if outcome.error is None:
                    done.append(batch)
                else:
                    kind, message, _ = outcome.error
                    assert kind == "IndexLockedError", outcome
                    # One that has just begun or is about to end may have no name to show.
                    assert "is being written by " in message
            assert done
            wanted = state([document(batch, 0) for batch in done], current_state())
            assert_goes_on(home, assert_whole(home, [wanted]))


@pytest.mark.share(14)
def test_jobs_that_wait_are_all_done(
    warm: Warm, template: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    for case in budget.cases(floor=10, quick=1):
        home = copied(template, tmp_path / "index")
        with watch(f"case {case}"):
            args = {"home": str(home), "wait": 60.0}
            outcomes = warm.do(
                *(Order("build", {**args, "batch": batch}) for batch in range(20, 24))
            )
            assert [outcome.error for outcome in outcomes] == [None] * 4
            found = assert_whole(home, [built(batch) for batch in range(20, 24)])
            assert_goes_on(home, found)


def test_a_job_that_does_not_wait_fails_at_once_and_names_the_holder(home: Path) -> None:
    with Home(home).lock("searcher rebuild"), searcher.open(home) as index:
        for attempt in (
            lambda: index.update([document(8, 0)]),
            lambda: searcher.build([document(8, 0)], index=home),
        ):
            began = time.monotonic()
            with pytest.raises(
                IndexLockedError, match=f"'searcher rebuild' .process {os.getpid()} "
            ):
                attempt()
            assert time.monotonic() - began < 1
    assert_goes_on(home, assert_whole(home, [current_state()]))


def test_a_job_that_waits_begins_when_the_other_ends(home: Path) -> None:
    holder = Home(home)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with holder.lock("searcher rebuild"):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    with pytest.raises(IndexLockedError, match="'searcher rebuild'"):
        searcher.build([document(8, 0)], index=home, wait=0.1)
    threading.Timer(0.3, leave.set).start()
    report = searcher.build([document(8, 0)], index=home, wait=30)
    thread.join()
    assert report.documents == 1


@pytest.mark.parametrize("job", JOBS, ids=[job.name for job in JOBS])
def test_a_holder_that_died_is_no_obstacle(
    warm: Warm, homes: dict[str, Path], tmp_path: Path, job: Job
) -> None:
    home = copied(homes[job.of], tmp_path / "index")
    assert warm.one(job.order(home, fault=Fault(at=4))).signal == 9
    assert b'"pid"' in (home / "LOCK").read_bytes()  # it did not tidy up
    assert_goes_on(home, assert_whole(home, [current_state()]))
