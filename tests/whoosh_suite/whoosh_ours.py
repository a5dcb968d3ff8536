"""A pytest plugin: Whoosh's tests over our codec, held to the table of expected failures.

A test of the table has to fail, every other one has to pass, and all of them have to be there.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import whoosh.codec
import whoosh.index

TESTS = 575
"""How many tests Whoosh 2.7.4 has."""

EXPECTED = Path(__file__).with_name("expected.toml")

TABLES = {"nothing": [], "codec": ["codec"], "searcher": ["codec", "searcher"]}
"""What of ours is in place → the tables of failures to expect."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of what is ours."""
    parser.addoption("--ours", choices=list(TABLES), default="codec")


def pytest_configure(config: pytest.Config) -> None:
    """Put ours in place before any test module imports it by name."""
    ours = config.getoption("--ours")
    if ours != "nothing":
        from searcher.engines.whoosh_.codec import ColumnarCodec

        whoosh.codec.default_codec = ColumnarCodec
    if ours == "searcher":
        from searcher.engines.whoosh_.collector import ColumnarSearcher

        def searcher(index: Any, **kwargs: Any) -> ColumnarSearcher:
            return ColumnarSearcher(index.reader(), fromindex=index, **kwargs)

        whoosh.index.Index.searcher = searcher


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is expected to fail; a name of the table that is no test is an error."""
    whole = not config.getoption("keyword") and len(config.args) == 1
    if whole and len(items) != TESTS:
        raise pytest.UsageError(f"{len(items)} tests found, not {TESTS}")
    tables = tomllib.loads(EXPECTED.read_text("utf-8"))
    reasons: dict[str, str] = {}
    for name in TABLES[config.getoption("--ours")]:
        reasons |= tables[name]
    for item in items:
        reason = reasons.pop(item.nodeid.rpartition("/")[2], None)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    if whole and reasons:
        raise pytest.UsageError(f"no such tests: {', '.join(reasons)}")
