"""The torture's time, its seed, and the warm process that all of it goes through.

``make torture`` sets ``TORTURE_MINUTES``: the parts share them by weight, and one that has not
done its floor when its share is over fails.  Without it, as in ``make test``, each part does a
small fixed number of its cases, the same every time.  ``TORTURE_SEED`` repeats a run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from budget import MINUTES, SEED, SHARED, Budget, Watch
from deeds import HOMES, JOBS, Moments
from faults import Fault
from probing import probed_home
from states import copied
from warm import Warm

_weights: dict[str, float] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note what share of the time each part has asked for."""
    for item in items:
        marker = item.get_closest_marker("share")
        if marker is not None:
            _weights[item.nodeid] = marker.args[0]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails at the end where any case went wrong."""
    found = Watch()
    yield found
    if found.wrong:
        listed = "\n\n".join(found.wrong)
        pytest.fail(
            f"{len(found.wrong)} cases, with TORTURE_SEED={SEED}:\n{listed}", pytrace=False
        )


@pytest.fixture
def budget(request: pytest.FixtureRequest) -> Iterator[Budget]:
    """The time of this part; what it did is printed at the end."""
    seconds = None
    if MINUTES:
        seconds = SHARED * MINUTES * 60 * _weights[request.node.nodeid] / sum(_weights.values())
    found = Budget(request.node.name, seconds)
    began = time.monotonic()
    print(f"\nrepeat with TORTURE_SEED={SEED}")  # noqa: T201 - shown on failure
    yield found
    request.node.user_properties.append(("cases", found.done))
    request.node.user_properties.append(("seconds", time.monotonic() - began))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how much each part did."""
    if not MINUTES:
        return
    terminalreporter.section(f"torture, TORTURE_SEED={SEED}")
    for reports in terminalreporter.stats.values():
        for report in reports:
            facts = dict(getattr(report, "user_properties", ()))
            if "cases" in facts:
                name = report.nodeid.rpartition("/")[2]
                terminalreporter.line(
                    f"{facts.pop('cases'):7,} cases  {facts.pop('seconds'):6.1f} s  {name}"
                )
                for what, fact in facts.items():
                    terminalreporter.line(f"        {what}: {fact}")


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process with everything imported, for all tests of this run."""
    with Warm() as client:
        yield client


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A home of each kind, with two generations; tests copy them."""
    return {kind: make(tmp_path_factory.mktemp(kind)) for kind, make in HOMES.items()}


@pytest.fixture(scope="session")
def template(homes: dict[str, Path]) -> Path:
    """A home of two generations of documents that a program gave; tests copy it."""
    return homes["documents"]


@pytest.fixture(scope="session")
def moments(
    warm: Warm, homes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Moments:
    """Every call that every job makes when nothing goes wrong, by its number."""
    found = []
    for job in JOBS:
        home = copied(homes[job.of], tmp_path_factory.mktemp("counted") / "index")
        outcome = warm.one(job.order(home, fault=Fault()))
        assert outcome.error is None, outcome
        found += [(job, at) for at in range(len(outcome.calls))]
    return tuple(found)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two homes with every kind of file, of the same names and different contents."""
    folder = tmp_path_factory.mktemp("probed")
    return probed_home(folder / "one", 1), probed_home(folder / "two", 4)
