"""Systems: what is measured, ours and its peers, each behind the protocol of `base`.

Nothing of a system is imported before it is used, so that a process pays for its own alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import cast

from benchmarks.systems.base import System


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a system is: its module, with a class ``Made`` in it, and the modules it needs.

    ``most`` documents are what it is measured on unless it is asked for by name.  ``told`` is the
    variable of the environment that it must be told by where its server is.
    """

    module: str
    needs: tuple[str, ...] = ()
    most: int | None = None
    told: str | None = None


OURS = "ours"
BAG = "tantivy bag"

SYSTEMS: Mapping[str, Entry] = MappingProxyType(
    {
        OURS: Entry("ours"),
        BAG: Entry("tantivy_bag", ("tantivy",)),
        "tantivy words": Entry("tantivy_words", ("tantivy", "rjieba")),
        "ours in a cluster": Entry("cluster", ("opensearchpy",), told="SEARCHER_BENCH_CLUSTER"),
        "stock": Entry("stock", ("whoosh", "jieba", "opencc"), most=10_000),
        "FTS5": Entry("fts5", ("sqlite3", "rjieba")),
        "bm25s": Entry("bm25s_", ("bm25s", "rjieba")),
        "Xapian": Entry("xapian_", ("xapian", "rjieba"), most=30_000),
    }
)
"""Every system by name, ours first."""


def made(name: str) -> System:
    """Return a system, ready to build and to open."""
    module = import_module(f"benchmarks.systems.{SYSTEMS[name].module}")
    return cast(System, module.Made())


def absent(name: str) -> list[str]:
    """Return what a system needs and is not there: modules, and where its server is."""
    entry = SYSTEMS[name]
    untold = [entry.told] if entry.told and not os.environ.get(entry.told) else []
    return [*(each for each in entry.needs if find_spec(each) is None), *untold]
