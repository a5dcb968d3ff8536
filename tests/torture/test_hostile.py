"""Queries and documents made by an enemy: an answer or a named error, in time, in memory.

Seconds are those of the processor, so that a busy machine fails nobody.  Memory is measured in a
process of its own, forked from one that has everything loaded: what its peak (``ru_maxrss``)
rises by beyond the moment before the first query, or behind the making of the documents.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from budget import Budget, Watch
from corpus import documents
from deeds import Order
from hostility import GIANTS, WORST
from warm import Warm

import searcher
from searcher import QueryError

Record: TypeAlias = Callable[[str, Any], None]

LONGEST_QUERY = 2.0
LONGEST_GIANT = 60.0
GROWN = 256 << 20

QUERIES = 100
DOCUMENTS = 50


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile") / "index"
    searcher.build(documents()[:80], index=home)
    return home


@pytest.mark.share(46)
def test_hostile_queries(
    warm: Warm, searched: Path, budget: Budget, watch: Watch, record_property: Record
) -> None:
    slowest = (0.0, "")
    for case in budget.cases(floor=10_000 // QUERIES, quick=2):
        args = {"home": str(searched), "seed": f"{budget.seed}/{case}", "count": QUERIES}
        outcome = warm.one(Order("ask_hostile", args))
        with watch(f"queries of seed {args['seed']!r}"):
            assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)
            assert not outcome.value["wrong"], "\n".join(outcome.value["wrong"])
            assert outcome.value["grown"] < GROWN
            longest = tuple(outcome.value["slowest"])
            slowest = max(slowest, longest)
            assert longest[0] < LONGEST_QUERY, longest
    record_property("slowest", slowest)


@pytest.mark.share(16)
def test_hostile_documents(warm: Warm, tmp_path: Path, budget: Budget, watch: Watch) -> None:
    for case in budget.cases(floor=1000 // DOCUMENTS, quick=1):
        home = tmp_path / f"index{case}"
        args = {"home": str(home), "seed": f"{budget.seed}/{case}", "count": DOCUMENTS}
        outcome = warm.one(Order("index_hostile", args))
        with watch(f"documents of seed {args['seed']!r}"):
            assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)
            assert not outcome.value["wrong"], "\n".join(outcome.value["wrong"])
            assert outcome.value["grown"] < GROWN
            assert outcome.value["kept"] > 0


@pytest.mark.share(76)
def test_giant_documents(
    warm: Warm, tmp_path: Path, budget: Budget, watch: Watch, record_property: Record
) -> None:
    others = budget.random.sample(sorted(GIANTS.keys() - WORST), len(GIANTS) - len(WORST))
    names = [*sorted(WORST), *others]
    for case in budget.cases(floor=len(WORST), quick=0):
        name = names[case % len(names)]
        args = {"home": str(tmp_path / f"index{case}"), "name": name}
        outcome = warm.one(Order("index_giant", args))
        with watch(f"ten megabytes of {name}"):
            assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)
            assert outcome.value["kept"] or outcome.value["failures"]
            assert outcome.value["seconds"] < LONGEST_GIANT, outcome.value
            assert outcome.value["slowest"][0] < LONGEST_QUERY, outcome.value
            assert outcome.value["grown"] < GROWN, outcome.value
            record_property(name, outcome.value)


def test_a_long_phrase_of_numbers_that_may_be_written_otherwise(searched: Path) -> None:
    began = time.process_time()
    with searcher.open(searched) as index:
        index.search("2020年" * 15, literal=True, equivalents=True, limit=0)
        with pytest.raises(QueryError, match="too many numbers"):
            index.search("2020年" * 2000, literal=True, equivalents=True, limit=0)
    assert time.process_time() - began < LONGEST_QUERY
