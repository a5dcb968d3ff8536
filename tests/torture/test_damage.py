"""Any file damaged in any way: an error that names it or the right answer, nothing else."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from budget import Budget, Watch
from deeds import Order
from probing import Damage, copy_probed
from warm import Warm

import searcher
from searcher.errors import IndexCorruptError
from searcher.generations import Home
from searcher.stored.packing import DICTIONARY_FILE

MEMORY = 1 << 30
BATCH = 20
UNREAD = (".post", ".stored")
"""Files that opening looks at from outside only: what is done to them behind it must be noticed.
A block that was checked before it was damaged is not checked again, and a file cut short under a
reader ends it with SIGBUS, as it does any program that maps files."""

VOUCHED = (".docs", ".post", ".stored", ".terms")
"""Files that others hold the checksums of, so that the manifest's may be believed to be wrong."""

Probe = Callable[[Sequence[Damage]], None]


def files_of(home: Path) -> list[str]:
    """Return every file of the published generation, CURRENT and LOCK, by its path below home."""
    folder = home / f"gen-{Home(home).current_id()}"
    return [
        "CURRENT",
        "LOCK",
        *(f"{folder.name}/{path.name}" for path in sorted(folder.iterdir())),
    ]


def listed(home: Path, name: str) -> bool:
    """Tell whether the manifest lists a file."""
    path = home / name
    manifest = path.parent / "manifest.json"
    return manifest.exists() and path.name in json.loads(manifest.read_bytes())["files"]


@pytest.fixture
def probe(warm: Warm, pair: tuple[Path, Path], tmp_path: Path, watch: Watch) -> Probe:
    """Do damages to a copy of the first home, and note every wrong answer."""
    home = copy_probed(pair[0], tmp_path / "index")

    def probing(damages: Sequence[Damage]) -> None:
        args = {"home": str(home), "others": str(pair[1]), "damages": damages}
        outcome = warm.one(Order("probe", args, memory=MEMORY))
        with watch(f"{len(damages)} damages from {damages[0]}"):
            assert (outcome.signal, outcome.hung, outcome.error) == (None, False, None)
        for wrong in outcome.value or ():
            with watch("asked"):
                raise AssertionError(wrong)

    return probing


def all_of(probe: Probe, budget: Budget, damages: Sequence[Damage], quick: int) -> None:
    """Probe *damages*, each of them once and then again while there is time."""
    todo = budget.random.sample(damages, len(damages))
    batches = [todo[at : at + BATCH] for at in range(0, len(todo), BATCH)]
    for case in budget.cases(floor=len(batches), quick=quick):
        probe(batches[case % len(batches)])


@pytest.mark.share(16)
def test_missing_and_emptied_and_cut_files(
    pair: tuple[Path, Path], probe: Probe, budget: Budget
) -> None:
    home = pair[0]
    damages = []
    for name in files_of(home):
        size = (home / name).stat().st_size
        cuts = {0, 1, 32, 63, 64, 65, size // 2, size - 8, size - 1}
        damages.append(Damage(name, "gone"))
        for at in sorted(cut for cut in cuts if 0 <= cut < size):
            damages.append(Damage(name, "cut", at))
            damages.append(Damage(name, "zero", at))
            if listed(home, name):
                damages.append(Damage(name, "cut", at, forged=True))
            if name.endswith(UNREAD):
                damages.append(Damage(name, "zero", at, open=True))
    all_of(probe, budget, damages, quick=1)


def swaps(home: Path) -> Iterator[Damage]:
    """Yield every file put in the place of its namesake: as it is, and with the manifest's word
    for it where that is not the only one.
    """
    for name in files_of(home):
        yield Damage(name, "swap")
        if listed(home, name) and name.endswith(VOUCHED):
            yield Damage(name, "swap", forged=True)


@pytest.mark.share(4)
def test_files_of_another_index(pair: tuple[Path, Path], probe: Probe, budget: Budget) -> None:
    all_of(probe, budget, list(swaps(pair[0])), quick=1)


def flips(home: Path, random: Random) -> Iterator[Damage]:
    """Yield flipped bits without end: half of them in the first and last bytes of a file."""
    names = [name for name in files_of(home) if (home / name).stat().st_size]
    while True:
        name = random.choice(names)
        size = (home / name).stat().st_size
        head, tail = random.randrange(min(64, size)), size - 1 - random.randrange(min(600, size))
        at = random.choice([head, tail, random.randrange(size), random.randrange(size)])
        opened = name.endswith(UNREAD) and random.random() < 0.5
        yield Damage(name, "flip", at * 8 + random.randrange(8), open=opened)


@pytest.mark.share(24)
def test_flipped_bits(pair: tuple[Path, Path], probe: Probe, budget: Budget) -> None:
    found = flips(pair[0], budget.random)
    for _ in budget.cases(floor=-(-600 // BATCH), quick=1):
        probe([next(found) for _ in range(BATCH)])


# ---------------------------------------------------------------- what others do not vouch for


def test_a_dictionary_of_another_index(pair: tuple[Path, Path], tmp_path: Path) -> None:
    home = copy_probed(pair[0], tmp_path / "index")
    (name,) = (each for each in files_of(home) if each.endswith(DICTIONARY_FILE))
    content = (home / name).read_bytes()
    learned = content[8:-2000] + content[:-2001:-1]  # other texts, as good a dictionary
    (home / name).write_bytes(content[:4] + struct.pack("<I", zlib.crc32(learned)) + learned)
    with pytest.raises(IndexCorruptError, match=DICTIONARY_FILE):
        searcher.open(home)


@pytest.mark.parametrize("ending", ["CURRENT", "GENERATION", "manifest.json"])
def test_status_tells_of_damage(
    warm: Warm, pair: tuple[Path, Path], tmp_path: Path, ending: str
) -> None:
    home = copy_probed(pair[0], tmp_path / "index")
    (name,) = (each for each in files_of(home) if each.endswith(ending))
    size = (home / name).stat().st_size
    damages = [Damage(name, "flip", 8 * at + at % 8) for at in range(0, size, 1 + size // 50)]
    assert warm.one(Order("told_by_status", {"home": str(home), "damages": damages})).value == []
