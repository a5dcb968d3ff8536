"""The fingerprint: it changes with everything that decides the terms of an index."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from searcher.text import fingerprint as room
from searcher.text.fingerprint import DIGEST, fingerprint, installed
from searcher.text.tables import DATA

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _anew() -> None:
    fingerprint.cache_clear()


def make_digest() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_digest", ROOT / "tools/make_digest.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_digest_is_the_one_of_the_tables() -> None:
    found = (DATA / DIGEST).read_text("utf-8").splitlines()[-1]
    assert found == make_digest().digest(), "run: python tools/make_digest.py > …/digest.txt"


def test_every_table_that_is_read_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = make_digest()
    tables = [table for table in DATA.iterdir() if table.name != DIGEST]
    for table in tables:
        (tmp_path / table.name).write_bytes(table.read_bytes())
    monkeypatch.setattr(tool, "DATA", tmp_path)
    before = tool.digest()
    unmoved = []
    for table in tables:
        (tmp_path / table.name).write_bytes(table.read_bytes() + b"\n")
        unmoved += [table.name] if tool.digest() == before else []
        (tmp_path / table.name).write_bytes(table.read_bytes())
    assert unmoved == ["fold-review.tsv"]


def test_it_names_our_version_the_tables_and_every_package_that_decides() -> None:
    version, digest, *packages = fingerprint().split(" ")
    assert version == str(room.ANALYSIS_VERSION)
    assert (DATA / DIGEST).read_text("utf-8").splitlines()[-1].startswith(digest)
    assert packages == [
        f"{name}-{metadata.version(name)}"
        for name in ("jieba", "opencc-python-reimplemented", "rjieba")
    ]


def test_versions_are_those_that_pythons_own_search_finds() -> None:
    usual = {each.name for each in metadata.distributions() if "searcher" not in each.name}
    assert {name: installed([name])[name] for name in usual} == {
        name: metadata.version(name) for name in usual
    }


def test_of_two_installed_versions_the_first_on_the_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rjieba-9.9.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", ["no such folder", str(tmp_path), *sys.path])
    assert installed(["rjieba"]) == {"rjieba": "9.9"}
    assert fingerprint().endswith(" rjieba-9.9")


def test_a_package_installed_in_some_other_way_is_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.egg-info").mkdir()
    (tmp_path / "odd.egg-info/PKG-INFO").write_text("Name: odd\nVersion: 7.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed(["odd"]) == {"odd": "7.0"}


def test_a_package_that_is_not_there_is_an_error() -> None:
    with pytest.raises(metadata.PackageNotFoundError, match="no-such-package"):
        installed(["no-such-package"])
