"""Readers while the index is rebuilt under them: every page is of one generation, none fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from budget import Budget
from deeds import Order
from reading import TURNS, stamped
from warm import Outcome, Warm

import searcher

KINDS = ("refresh", "open", "follow", "still")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    searcher.build(stamped(0), index=tmp_path / "index")
    return tmp_path / "index"


def well(outcome: Outcome) -> None:
    assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)


@pytest.mark.share(9)
def test_four_readers_during_rebuilds(warm: Warm, home: Path, budget: Budget) -> None:
    last = 0
    for case in budget.cases(floor=1, quick=1):
        stop = home.parent / f"stop{case}"
        times = 3 if budget.seconds is None else 20
        readers = [
            Order("read_on", {"home": str(home), "stop": str(stop), "how": how}) for how in KINDS
        ]
        args = {"home": str(home), "stop": str(stop), "times": times, "pause": 0.05}
        *found, writer = warm.do(*readers, Order("rebuild_often", args))
        for outcome in (*found, writer):
            well(outcome)
        for how, outcome in zip(KINDS, found, strict=True):
            assert outcome.value["answers"] > times, outcome
            assert len(outcome.value["seen"]) == 1 if how == "still" else True
        last = max(len(outcome.value["seen"]) for outcome in found)
        searcher.build(stamped(0), index=home)
    assert last > (1 if budget.seconds is None else 3), "the readers saw no news"


@pytest.mark.share(3)
def test_an_index_opened_before_a_fork_works_in_the_children(
    warm: Warm, tmp_path: Path, budget: Budget
) -> None:
    for case in budget.cases(floor=3, quick=1):
        home = tmp_path / f"index{case}"
        searcher.build(stamped(0), index=home)
        outcome = warm.one(Order("read_in_children", {"home": str(home), "stop": ""}))
        well(outcome)
        assert outcome.value == [2 * TURNS] * 4
