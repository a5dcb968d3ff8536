"""A real cluster for the tests here; they fail, and are never skipped, where none can be had."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "cluster"))

from nodes import Cluster

RUNNING = "SEARCHER_TEST_CLUSTER"
"""The URL of a cluster that runs already, for whoever tests often."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Give the URL of a cluster of three nodes."""
    running = os.environ.get(RUNNING)
    if running:
        yield running
        return
    with Cluster(apart=True) as started:  # three small JVMs start faster than one large one
        yield started.urls[0]
