"""What several test files share: one index over the whole test corpus, and the scan over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import QUERIES, Answer, UnitScan, cuts, documents

import searcher


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option that writes golden files anew; the difference is for a reviewer."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def scan() -> UnitScan:
    """The units of every document of the test corpus."""
    return UnitScan(documents())


@pytest.fixture(scope="session")
def corpus_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an index over the test corpus; tests only read it."""
    home = tmp_path_factory.mktemp("corpus") / "index"
    report = searcher.build(documents(), index=home)
    assert (report.documents, report.failures) == (len(documents()), ())
    return home


@pytest.fixture(scope="session")
def corpus_index(corpus_home: Path) -> Iterator[searcher.Index]:
    """That index, open."""
    with searcher.open(corpus_home) as index:
        yield index


@pytest.fixture(scope="session")
def answers(corpus_index: searcher.Index) -> list[Answer]:
    """What the index answers to two thousand pieces of its own documents, cut anywhere."""
    found = []
    for cut in cuts(documents(), QUERIES):
        page = corpus_index.search(cut.text, literal=True, limit=len(corpus_index), snippets=0)
        found.append(Answer(cut, page.total, tuple(hit.id for hit in page.hits)))
    return found
