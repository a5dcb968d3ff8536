"""An index made by an enemy: it runs no code, leads nowhere, and takes no memory."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import pickle
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from budget import MINUTES, Budget, Watch
from deeds import Order
from forging import forgeries, is_container, reseal, traps, vouch, written
from probing import NAMED, copy_probed
from states import assert_whole, copied, current_state
from test_generations import snapshot
from warm import Warm

import searcher
from searcher.errors import SearcherError
from searcher.generations import Home
from searcher.generations.manifest import sealed

MEMORY = 512 << 20
GROWN = 160 << 20
"""Bytes that asking everything of a sound small index may take, with room to spare."""


@pytest.fixture(scope="module")
def small(pair: tuple[Path, Path]) -> Path:
    """A home whose published generation has every kind of file; tests copy it."""
    return pair[0]


def folder_of(home: Path) -> Path:
    return home / f"gen-{Home(home).current_id()}"


# ---------------------------------------------------------------- lengths


@pytest.mark.share(90)
def test_absurd_lengths_take_no_memory_and_have_a_name(
    warm: Warm, small: Path, tmp_path: Path, budget: Budget, watch: Watch
) -> None:
    home = copy_probed(small, tmp_path / "index")
    folder = folder_of(home)
    found = list(forgeries(folder))
    budget.random.shuffle(found)
    batches = [found[at : at + 12] for at in range(0, len(found), 12)]
    for case in budget.cases(floor=len(batches), quick=1):
        forged = batches[case % len(batches)]
        args = {"home": str(home), "folder": str(folder), "forged": forged}
        outcome = warm.one(Order("ask_forged", args, memory=MEMORY))
        with watch(f"{len(forged)} forgeries from {forged[0]}"):
            assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)
            assert outcome.grown < GROWN
        for wrong in outcome.value or ():
            with watch("forged"):
                raise AssertionError(wrong)
        if outcome.value is None:
            shutil.rmtree(home)
            copy_probed(small, home)


@pytest.mark.parametrize("number", [2**31, 2**32 - 1, 2**62, 10**300, -1])
def test_absurd_numbers_in_the_list_of_segments_and_the_manifest(
    warm: Warm, small: Path, tmp_path: Path, number: int
) -> None:
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "segments.json": lambda record: record["segments"][0].update(documents=number),
        "manifest.json": lambda record: record["counts"].update(documents=number),
    }
    for name, change in changes.items():
        home = copy_probed(small, tmp_path / name)
        path = folder_of(home) / name
        record = json.loads(path.read_bytes())
        change(record)
        path.write_text(json.dumps(record))
        vouch(path.parent)
        outcome = warm.one(Order("ask_unnamed", {"home": str(home)}, memory=MEMORY))
        assert (outcome.signal, outcome.error, outcome.value) == (None, None, [])
        assert outcome.grown < GROWN


# ---------------------------------------------------------------- code


def toc_with(content: bytes, trap: bytes, where: str) -> bytes:
    """Return a TOC in which *trap* stands for the schema or for the list of segments."""
    at = content.index(b"\x80", 11)  # where the pickled schema begins, behind its length
    head = content[:11] + content[11:14]
    if where == "schema":
        length, size = b"", len(trap)
        while size > 0x7F:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        length += bytes([size])
        rest = content[content.rindex(struct.pack("!ii", 1, 0)) :]
        return head + length + trap + rest
    end = content.rindex(struct.pack("!ii", 1, 0)) + 8
    assert at < end
    return content[:end] + trap


def planted(folder: Path, canary: Path, protocols: int) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a generation with what could run code if it were unpickled."""
    for trap in traps(canary)[:protocols]:
        for path in sorted(folder.iterdir()):
            yield path.name, trap
        toc = (folder / "_MAIN_1.toc").read_bytes()
        yield "_MAIN_1.toc", toc_with(toc, trap, "schema")
        yield "_MAIN_1.toc", toc_with(toc, trap, "segments")


def test_no_pickle_in_an_index_is_ever_loaded(warm: Warm, small: Path, tmp_path: Path) -> None:
    protocols = 3 if MINUTES else 1
    canary = tmp_path / "canary"
    home = copy_probed(small, tmp_path / "index")
    folder = folder_of(home)
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    for name, content in planted(folder, canary, protocols):
        path = folder / name
        container = is_container(path)
        path.write_bytes(content)
        if name != "manifest.json":
            vouch(folder)
        touched(warm, home, canary, name)
        if container:  # inside, where names and checksums are right
            written(path, content)
            reseal(folder, name)
            touched(warm, home, canary, name)
        for each, before in kept.items():
            each.write_bytes(before)
    for name in ("CURRENT", "LOCK"):
        before = (home / name).read_bytes()
        for trap in traps(canary)[:protocols]:
            (home / name).write_bytes(trap)
            touched(warm, home, canary, name)
        (home / name).write_bytes(before)


def touched(warm: Warm, home: Path, canary: Path, name: str) -> None:
    """Do everything to a crafted home; no code in it may run."""
    outcome = warm.one(Order("ask_unnamed", {"home": str(home), "update": True}))
    assert not canary.exists(), name
    assert (outcome.signal, outcome.error, outcome.value) == (None, None, []), name


def test_the_traps_are_traps(tmp_path: Path) -> None:
    for number, trap in enumerate(traps(tmp_path / "canary")):
        pickle.loads(trap)
        (tmp_path / "canary").rename(tmp_path / str(number))


def jieba_caches() -> list[str]:
    """Return the names under which jieba looks for its cache in the temporary folder."""
    found = find_spec("jieba")
    assert found is not None
    assert found.origin is not None
    own = str(Path(found.origin).with_name("dict.txt"))
    return ["jieba.cache", f"jieba.u{hashlib.md5(own.encode()).hexdigest()}.cache"]


def test_a_cache_of_jieba_laid_out_for_us_is_left_alone(tmp_path: Path) -> None:
    """A dictionary that would cut otherwise and run code, in every place jieba looks."""
    canary, trapped = tmp_path / "canary", tmp_path / "trapped"
    trapped.mkdir()
    crafted = marshal.dumps(({"脱": 1, "贫攻": 10**9, "坚战": 10**9}, 2 * 10**9))
    laid = dict(zip(jieba_caches(), (crafted, traps(canary)[0]), strict=True))
    for name, content in laid.items():
        (trapped / name).write_bytes(content)
        os.utime(trapped / name, (2**31, 2**31))  # newer than the dictionary, so it would be taken
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HOME", "XDG_CACHE_HOME"), str(trapped))
    path = os.pathsep.join(filter(None, sys.path))
    (tmp_path / "a.txt").write_text("脱贫攻坚战的驻村干部\n", encoding="utf-8")
    home = ("--index", str(tmp_path / "index"))

    def said(*words: str) -> bytes:
        command = [sys.executable, "-m", "searcher", *words]
        environment = {**os.environ, **places, "PYTHONPATH": path}
        return subprocess.run(
            command, cwd=trapped, env=environment, capture_output=True, check=True
        ).stdout

    said("build", str(tmp_path / "a.txt"), *home)
    assert json.loads(said("search", "脱贫攻坚战", "--json", *home))["total"] == 1
    words = json.loads(said("analyze", "脱贫攻坚战的驻村干部", "--json"))
    assert "脱贫攻坚" in json.dumps(words, ensure_ascii=False)
    assert {path.name: path.read_bytes() for path in trapped.iterdir()} == laid
    assert not canary.exists()


# ---------------------------------------------------------------- names that lead away

POINTERS = ("../outside", "gen-../outside", "/{outside}", "gen-00000000/../../outside", "outside",
            "gen-00000000\x00", "gen-00000000\ngen-00000001", ".", "..", "gen-", "gen-" + "0" * 41,
            "ｇen-00000000", "gen-ABCDEFGH", " gen-00000000")  # fmt: skip


@pytest.fixture
def outside(template: Path, tmp_path: Path) -> Path:
    """A whole generation beside the home, where nothing may be read or changed."""
    return shutil.copytree(folder_of(template), tmp_path / "outside")


def refused(home: Path) -> None:
    """Assert that neither reading nor writing follows what stands in the home."""
    for attempt in (searcher.open, lambda place: Home(place).current()):
        with pytest.raises(NAMED):
            attempt(home)


@pytest.mark.parametrize("pointer", POINTERS)
def test_what_stands_in_current_leads_nowhere(
    template: Path, tmp_path: Path, outside: Path, pointer: str
) -> None:
    home = copied(template, tmp_path / "index")
    before = snapshot(outside)
    (home / "CURRENT").write_text(pointer.format(outside=outside) + "\n")
    refused(home)
    searcher.build(current_state().values(), index=home)
    assert_whole(home, [current_state()])
    assert snapshot(outside) == before


def linked(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "name", ["CURRENT", "gen", "gen/manifest.json", "gen/GENERATION", "gen/MAIN_1.post"]
)
def test_links_in_a_home_lead_nowhere(
    template: Path, tmp_path: Path, outside: Path, name: str
) -> None:
    home = copied(template, tmp_path / "index")
    shutil.copy(home / "CURRENT", outside / "CURRENT")
    shutil.copy(home / "CURRENT", outside / "GENERATION")
    before = snapshot(outside)
    path = home / name.replace("gen", folder_of(home).name)
    linked(path, outside if name == "gen" else outside / path.name)
    refused(home)
    for _ in range(3):
        searcher.build(current_state().values(), index=home)
    assert_whole(home, [current_state()])
    assert snapshot(outside) == before


@pytest.mark.parametrize("name", ["../outside/MAIN_1.post", "/etc/passwd", ".", "", "a/b", "a\0b"])
def test_what_stands_in_the_manifest_leads_nowhere(
    template: Path, tmp_path: Path, outside: Path, name: str
) -> None:
    home = copied(template, tmp_path / "index")
    path = folder_of(home) / "manifest.json"
    record: dict[str, Any] = json.loads(path.read_bytes())
    record["files"][name] = {"size": 4, "sha256": "0" * 64, "crc32": 0}
    path.write_bytes(sealed(json.dumps(record).encode()))
    before = snapshot(outside)
    refused(home)
    with pytest.raises(SearcherError), searcher.open(home) as index:
        index.update(current_state().values())
    searcher.build(current_state().values(), index=home)
    assert_whole(home, [current_state()])
    assert snapshot(outside) == before
