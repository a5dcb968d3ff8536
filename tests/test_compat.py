"""Frozen indexes: every build opens those of the formats it reads, and answers as they did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from frozen import COMPAT, answers

import searcher
from searcher import Document, IndexFormatError
from searcher.engines import ENGINES
from searcher.generations import Home
from searcher.text.fingerprint import fingerprint

FROZEN = sorted(path.name for path in COMPAT.glob("schema-*") if path.is_dir())
READ = f"schema-{ENGINES['whoosh'].schema_version}"
"""The one whose files this build reads."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a copy of the frozen index, which a test may write to."""
    return Path(shutil.copytree(COMPAT / READ, tmp_path / "index"))


@pytest.fixture
def same_analyzer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the analyzer of this build pass for the one the frozen index was made with."""
    made_with = Home(COMPAT / READ).last_manifest().fingerprint
    monkeypatch.setattr("searcher.snapshot.fingerprint", lambda: made_with)


def test_the_format_of_this_build_is_frozen() -> None:
    assert READ in FROZEN, "run: python tests/frozen.py"


@pytest.mark.parametrize("name", FROZEN)
def test_it_is_opened_or_refused_by_name(name: str) -> None:
    if is_read(name):
        searcher.open(COMPAT / name).close()
        return
    with pytest.raises(IndexFormatError, match="searcher build"):
        searcher.open(COMPAT / name)


@pytest.mark.parametrize("name", FROZEN)
def test_how_it_was_made_can_always_be_read(name: str) -> None:
    made = Home(COMPAT / name).last_manifest()
    assert made.counts["documents"] == made.job["documents"] > 100


@pytest.mark.usefixtures("same_analyzer")
def test_it_answers_as_it_did(home: Path) -> None:
    golden = json.loads((COMPAT / f"{READ}.json").read_text("utf-8"))
    found = json.loads(json.dumps(answers(home)))
    assert without_scores(found) == without_scores(golden)
    assert scores(found) == pytest.approx(scores(golden), rel=1e-9)


def is_read(name: str) -> bool:
    """Tell whether this build reads the files of a frozen index, and analyzes as its own did."""
    return name == READ and Home(COMPAT / name).last_manifest().fingerprint == fingerprint()


def without_scores(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: without_scores(value) for key, value in record.items() if key != "score"}
    return list(map(without_scores, record)) if isinstance(record, list) else record


def scores(record: dict[str, Any]) -> list[float]:
    return [hit["score"] for page in record["pages"].values() for hit in page["hits"]]


@pytest.mark.usefixtures("same_analyzer")
def test_it_passes_a_whole_check(home: Path) -> None:
    assert searcher.verify(home, samples=500).passed


@pytest.mark.usefixtures("same_analyzer")
def test_it_can_be_changed_and_stepped_back_from(home: Path) -> None:
    with searcher.open(home) as index:
        before = index.generation
        index.update([Document("later", "后来才写的一篇。")], remove=["new"])
        assert [hit.id for hit in index.search("“才写的”").hits] == ["later"]
        assert "new" not in index
    assert searcher.verify(home, samples=100).passed
    assert searcher.rollback(home).generation == before


def test_an_analyzer_that_changed_refuses_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searcher.snapshot.fingerprint", lambda: "another")
    with pytest.raises(IndexFormatError, match="another"):
        searcher.open(home)
