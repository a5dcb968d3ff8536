"""This project with its index in an OpenSearch cluster: the one that ``URL`` names.

What is measured is the client; the cluster's own work shows in the wall times alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import searcher
from benchmarks.corpora import read_documents
from benchmarks.systems.ours import OurAnswers

URL = "SEARCHER_BENCH_CLUSTER"
"""The variable of the environment with the URL of a cluster to measure."""


class Made:
    """Ours, in one shard without copies."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index."""
        engine = searcher.OpenSearch(os.environ[URL], alias=f"bench-{os.getpid()}", replicas=0)
        searcher.build(read_documents(corpus), index=home, engine=engine)

    def open(self, home: Path) -> OurAnswers:
        """Return the index, open."""
        return OurAnswers(searcher.open(home))
