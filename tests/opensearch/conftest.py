"""What the tests of the engine of clusters share: a cluster in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakecluster import FakeCluster, installed


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """Give a cluster in memory, to which every URL leads."""
    yield from installed(monkeypatch, FakeCluster())
