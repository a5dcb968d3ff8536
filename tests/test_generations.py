"""The index home: published or not there, one writer, readers undisturbed, strangers untouched."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import forge

from searcher.errors import (
    IndexCorruptError,
    IndexFormatError,
    IndexHomeError,
    IndexLockedError,
    IndexNotFoundError,
    NotAnIndexError,
)
from searcher.generations import (
    Draft,
    FileEntry,
    Generation,
    Home,
    HomeWriter,
    Manifest,
    Storage,
    check_trusted,
    verify_files,
)
from searcher.generations.generation import read_pointer
from searcher.generations.layout import is_folder_name, new_folder_name
from searcher.generations.manifest import from_json, sealed, to_json

FACTS = Manifest(
    made_by="searcher 0.1.0",
    engine="whoosh",
    schema=1,
    fingerprint="9c01",
    user_dictionary=None,
    job={"roots": ["seeds"], "options": {"jobs": 2, "exclude": ["*.tmp"]}},
    counts={"documents": 5, "empty": 0},
)
OLD = "gen-20200101-000000-000000-aaaaaa"
properties = settings(max_examples=100, deadline=None, derandomize=True)


class Unsynced(Storage):
    """Spares the tests that are not about it the wait for the disk."""

    def fsync(self, *_: object) -> None:
        pass

    def fsync_dir(self, *_: object) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "index", Unsynced())


def fill(folder: Path, text: str = "全文检索") -> None:
    (folder / "_MAIN_1.toc").write_text("toc", encoding="utf-8")
    (folder / "MAIN_0.post").write_text(text, encoding="utf-8")


def finish(draft: Draft) -> Generation:
    draft.seal(FACTS).close()
    return draft.publish()


def publish(home: Home, text: str = "全文检索", keep: int | None = None) -> str:
    with home.lock("searcher build") as writer:
        if keep is not None:
            writer.clean(keep)
        with writer.begin() as draft:
            fill(draft.folder, text)
            with finish(draft) as generation:
                return generation.id


def folders(home: Home) -> list[str]:
    return sorted(path.name for path in home.path.iterdir() if path.name.startswith("gen-"))


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Everything below *folder*, links as their targets."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def one_line(error: pytest.ExceptionInfo[Any]) -> str:
    message = str(error.value)
    assert "\n" not in message
    assert re.search(r"; .+", message), f"no next step: {message}"
    return message


# ---------------------------------------------------------------- publishing


def test_what_was_published_is_what_is_opened(home: Home) -> None:
    generation_id = publish(home)
    with home.current() as generation:
        assert generation.id == generation_id == home.current_id()
        assert generation.folder == home.path / f"gen-{generation_id}"
        assert (generation.folder / "MAIN_0.post").read_text(encoding="utf-8") == "全文检索"
        found = generation.manifest
        assert found.id == generation_id
        assert replace(found, id="", created="", files={}) == FACTS
        assert found.previous is None
        assert {name: entry.size for name, entry in found.files.items()} == {
            "MAIN_0.post": 12,
            "_MAIN_1.toc": 3,
        }
        assert datetime.fromisoformat(found.created).tzinfo is not None
        assert home.last_manifest() == found
        verify_files(generation)


def test_a_draft_is_invisible_until_it_is_published(home: Home) -> None:
    first = publish(home, "一")
    with home.lock("searcher build") as writer, writer.begin() as draft:
        fill(draft.folder, "二")
        assert home.current_id() == first
        finish(draft).close()
        assert home.current_id() == draft.id


# ---------------------------------------------------------------- sealed, not published


def test_a_sealed_generation_is_whole_and_nobody_finds_it_yet(home: Home) -> None:
    first = publish(home, "一")
    with home.lock("searcher build") as writer, writer.begin() as draft:
        fill(draft.folder, "二")
        with draft.seal(FACTS) as sealed:
            assert sealed.id == draft.id
            assert sealed.manifest.previous == first
            verify_files(sealed)
            assert home.current_id() == first
            assert [listed.id for listed in home.generations()] == [first]
            for use in (home.open, writer.rollback):
                with pytest.raises(IndexNotFoundError):
                    use(sealed.id)
            with pytest.raises(IndexNotFoundError):
                writer.rollback()
            assert writer.clean(keep=9) == ()
            with draft.publish() as new:
                assert (new.id, new.manifest) == (sealed.id, sealed.manifest)
        home.open(sealed.id).close()
    assert [listed.id for listed in home.generations()] == [draft.id, first]


def test_a_sealed_generation_that_is_not_published_is_removed(home: Home) -> None:
    first = publish(home, "一")
    with home.lock("searcher build") as writer, writer.begin() as draft:
        fill(draft.folder, "二")
        sealed = draft.seal(FACTS)  # it need not even be closed
    assert folders(home) == [f"gen-{first}"]
    assert home.current_id() == first
    sealed.close()


SEALED_AND_KILLED = """
with Home(sys.argv[1]).lock("searcher build") as writer:
    draft = writer.begin()
    fill(draft.folder)
    draft.seal(FACTS)
    print(draft.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def seal_and_be_killed(home: Home) -> str:
    with running(SEALED_AND_KILLED, home.path) as process:
        return line(process)


def test_a_kill_between_sealing_and_publishing_leaves_rubble(home: Home) -> None:
    first, second = (publish(home, text) for text in "一二")
    rubble = seal_and_be_killed(home)
    assert rubble > second
    assert (home.path / f"gen-{rubble}" / "manifest.json").exists()
    assert [listed.id for listed in home.generations()] == [second, first]
    third = publish(home, "三")  # a job that does not clean up is not led astray either
    assert [listed.id for listed in home.generations()] == [third, second, first]
    with home.lock("x") as writer:
        with writer.rollback() as generation:
            assert generation.id == second
        assert writer.clean(keep=9) == (f"gen-{rubble}",)


def test_rubble_is_not_taken_for_what_was_rolled_back_from(home: Home) -> None:
    first, second = (publish(home, text) for text in "一二")
    with home.lock("x") as writer:
        writer.rollback().close()
    rubble = seal_and_be_killed(home)
    with home.lock("x") as writer:
        assert writer.clean(keep=2) == (f"gen-{rubble}",)
        writer.rollback(second).close()
    assert home.current_id() == second
    assert folders(home) == [f"gen-{first}", f"gen-{second}"]


def test_a_kill_right_behind_publishing_is_made_good_by_the_next_job(home: Home) -> None:
    first = publish(home, "一")

    def before(_: int, name: str, args: tuple[Any, ...]) -> None:
        if name == "unlink" and args[0].name == "UNPUBLISHED":
            raise KilledError

    with pytest.raises(KilledError):
        publish(Home(home.path, Watched(before)), "二")
    second = home.current_id()
    assert (home.path / f"gen-{second}" / "UNPUBLISHED").exists()
    assert [listed.id for listed in home.generations()] == [second, first]
    home.open(second).close()
    third = publish(home, "三")
    assert [listed.id for listed in home.generations()] == [third, second, first]
    with home.lock("x") as writer:
        assert writer.clean(keep=2) == (f"gen-{first}",)
        with writer.rollback() as generation:
            assert generation.id == second


def test_a_mark_that_cannot_be_removed_now_does_not_undo_what_is_published(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(Storage):
        def unlink(self, path: Path) -> None:
            if path.name == "UNPUBLISHED":
                raise OSError(errno.EIO, "Input/output error")
            super().unlink(path)

    stuck = Home(tmp_path / "index", Stuck())
    first = publish(stuck)
    assert "UNPUBLISHED: left to the next job" in caplog.text
    with pytest.raises(IndexHomeError, match="cannot publish"):  # not before that is in order
        publish(stuck)
    assert stuck.current_id() == first
    home = Home(stuck.path)
    second = publish(home)
    assert [listed.id for listed in home.generations()] == [second, first]


def test_a_mark_is_not_removed_through_a_link(home: Home, tmp_path: Path) -> None:
    first = publish(home)
    (home.path / f"gen-{first}").rename(tmp_path / "elsewhere")
    (home.path / f"gen-{first}").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "UNPUBLISHED").write_text("mine")
    publish(home)
    assert (tmp_path / "elsewhere" / "UNPUBLISHED").read_text() == "mine"


def test_parents_of_a_home_are_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b" / "索引")
    publish(home)
    home.current().close()


def test_a_home_stays_the_same_when_the_caller_changes_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home("index")
    monkeypatch.chdir("/")
    publish(home)
    assert (tmp_path / "index" / "CURRENT").is_file()


def test_an_exception_while_building_discards_the_draft(home: Home) -> None:
    first = publish(home)

    def interrupted() -> None:
        with home.lock("x") as writer, writer.begin() as draft:
            fill(draft.folder)
            (draft.folder / "worker").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert folders(home) == [f"gen-{first}"]
    assert home.current_id() == first


@pytest.mark.parametrize("name", ["子.bin", ".hidden", "a b", "manifest.json.tmp", "x" * 129])
def test_a_file_the_manifest_could_not_name_is_not_published(home: Home, name: str) -> None:
    first = publish(home)
    with home.lock("x") as writer, writer.begin() as draft:
        (draft.folder / name).write_bytes(b"")
        with pytest.raises(ValueError, match="name of a file"):
            draft.seal(FACTS)
    assert home.current_id() == first
    assert folders(home) == [f"gen-{first}"]


def test_a_folder_or_a_link_among_the_files_is_not_published(home: Home, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for make in (Path.mkdir, lambda path: path.symlink_to(tmp_path / "secret")):
        with home.lock("x") as writer, writer.begin() as draft:
            make(draft.folder / "MAIN_9")
            with pytest.raises(IndexCorruptError, match="MAIN_9"):
                draft.seal(FACTS)
    assert folders(home) == []
    assert (tmp_path / "secret").read_text() == "x"


def test_a_manifest_that_could_not_be_read_again_is_not_published(home: Home) -> None:
    for facts in (replace(FACTS, engine="a\nb"), replace(FACTS, counts={})):
        with home.lock("x") as writer, pytest.raises(IndexCorruptError), writer.begin() as draft:
            draft.seal(facts)
    huge = replace(FACTS, job={"roots": ["x" * (16 * 1024 * 1024)]})
    with home.lock("x") as writer, writer.begin() as draft, pytest.raises(ValueError, match="16"):
        draft.seal(huge)
    assert folders(home) == []


def test_a_draft_is_sealed_then_published_once_and_only_under_the_lock(home: Home) -> None:
    with home.lock("x") as writer:
        with writer.begin() as draft:
            with pytest.raises(ValueError, match="not sealed"):
                draft.publish()
            draft.seal(FACTS).close()
            with pytest.raises(ValueError, match="sealed already"):
                draft.seal(FACTS)
            draft.publish().close()
            for again in (draft.publish, lambda: draft.seal(FACTS)):
                with pytest.raises(ValueError, match="published"):
                    again()
        late = writer.begin()
    for use in (writer.begin, writer.clean, writer.rollback, lambda: late.seal(FACTS)):
        with pytest.raises(ValueError, match="lock"):
            use()
    late.discard()
    assert late.folder.is_dir()  # not ours to touch any more; the next job removes it
    assert publish(home, keep=2)
    assert not late.folder.exists()


# ---------------------------------------------------------------- order of effects, and failures

EFFECTS = (
    "mkdir",
    "write",
    "copy",
    "link",
    "replace",
    "fsync",
    "fsync_dir",
    "unlink",
    "remove_tree",
)
Before = Callable[[int, str, tuple[Any, ...]], None]


def nothing_happens(*_: object) -> None:
    pass


class Watched(Storage):
    """Notes each effect, and calls *before* ahead of it, which may raise."""

    def __init__(self, before: Before = nothing_happens) -> None:
        self.effects: list[tuple[str, str]] = []
        self.before = before


def _watched(name: str) -> Callable[..., None]:
    def effect(self: Watched, *args: Any) -> None:
        target = args[1] if name in ("link", "copy", "replace") else args[0]
        self.effects.append((name, target.name))
        self.before(len(self.effects) - 1, name, args)
        getattr(Storage, name)(self, *args)

    return effect


for _name in EFFECTS:
    setattr(Watched, _name, _watched(_name))


def test_all_is_on_the_disk_before_current_names_it(tmp_path: Path) -> None:
    storage = Watched()
    home = Home(tmp_path / "new" / "index", storage)
    generation = f"gen-{publish(home)}"
    assert storage.effects == [
        ("mkdir", "new"),
        ("fsync_dir", tmp_path.name),
        ("mkdir", "index"),
        ("fsync_dir", "new"),
        ("mkdir", generation),
        ("write", "GENERATION"),
        ("fsync", "GENERATION"),
        ("write", "UNPUBLISHED"),
        # Sealed: the manifest is never there without what it speaks of.
        ("fsync", "MAIN_0.post"),
        ("fsync", "_MAIN_1.toc"),
        ("fsync", "GENERATION"),
        ("fsync", "UNPUBLISHED"),
        ("fsync_dir", generation),
        ("write", "manifest.json.tmp"),
        ("fsync", "manifest.json.tmp"),
        ("replace", "manifest.json"),
        ("fsync_dir", generation),
        # Published: the pointer, and only then the note that it was.
        ("fsync_dir", "index"),
        ("unlink", "CURRENT.tmp"),
        ("write", "CURRENT.tmp"),
        ("fsync", "CURRENT.tmp"),
        ("replace", "CURRENT"),
        ("fsync_dir", "index"),
        ("unlink", "UNPUBLISHED"),
        ("fsync_dir", generation),
    ]


def change(home: Home) -> None:
    """One job with everything in it: clean-up, files taken over, new files, publishing."""
    with home.lock("searcher update") as writer:
        writer.clean(keep=1)
        with home.current() as old, writer.begin() as draft:
            draft.link_from(old, ["MAIN_0.post"])
            (draft.folder / "MAIN_1.post").write_text("新")
            finish(draft).close()


class KilledError(BaseException):
    """Stands for the end of the process: nothing is tidied up."""


def killed_at(moment: int) -> Before:
    def before(number: int, name: str, args: tuple[Any, ...]) -> None:
        if number < moment:
            return
        if number == moment and name == "write":
            Storage().write(args[0], args[1][: len(args[1]) // 2])
        raise KilledError

    return before


def test_a_kill_between_any_two_effects_leaves_a_readable_index(tmp_path: Path) -> None:
    outcomes = set()
    for moment in range(100):
        home = Home(tmp_path / f"index{moment}", Unsynced())
        ids = [publish(home, text) for text in "一二"]
        storage = Watched(killed_at(moment))
        try:
            change(Home(home.path, storage))
            break
        except KilledError:
            pass
        with home.current() as generation:
            verify_files(generation)
            outcomes.add(generation.id in ids)
        assert {listed.id for listed in home.generations()} <= {*ids, home.current_id()}
        with home.lock("searcher build") as writer:
            writer.clean(keep=1)
        # A kill inside `begin` may leave an empty folder that nothing proves to be ours.
        rest = [name for name in folders(home) if (home.path / name / "manifest.json").exists()]
        assert rest == [f"gen-{home.current_id()}"]
        rubble = set(folders(home)) - set(rest)
        assert all(set(snapshot(home.path / name)) <= {"GENERATION"} for name in rubble)
        assert set(snapshot(home.path)) >= {"CURRENT", "LOCK"}
        assert not (home.path / "CURRENT.tmp").exists()
    assert moment == len(storage.effects) > 20
    assert outcomes == {True, False}


class Forgetful(Watched):
    """A disk that, when the power goes, has nothing of the files that were not synced."""

    def __init__(self, home: Path, before: Before) -> None:
        super().__init__(before)
        self.home = home
        self.synced = set(self.files())

    def files(self) -> dict[int, Path]:
        found = (path for path in self.home.rglob("*") if path.is_file() and path.name != "LOCK")
        return {path.stat().st_ino: path for path in found}

    def fsync(self, path: Path) -> None:
        super().fsync(path)
        self.synced.add(path.stat().st_ino)

    def unlink(self, path: Path) -> None:
        last = path.stat().st_ino if path.exists() and path.stat().st_nlink == 1 else None
        super().unlink(path)
        self.synced -= {last}  # a new file may get its number

    def lose_power(self) -> int:
        lost = [path for number, path in self.files().items() if number not in self.synced]
        for path in lost:
            os.truncate(path, 0)
        return len(lost)


def test_a_power_cut_between_any_two_effects_leaves_a_readable_index(tmp_path: Path) -> None:
    losses = 0
    for moment in range(100):
        home = Home(tmp_path / f"index{moment}", Unsynced())
        ids = [publish(home, text) for text in "一二"]
        storage = Forgetful(home.path, killed_at(moment))
        try:
            change(Home(home.path, storage))
        except KilledError:
            losses += storage.lose_power()
        for listed in home.generations():
            with home.open(listed.id) as generation:
                verify_files(generation)
        assert home.current_id() >= ids[-1]
        if len(storage.effects) <= moment:
            break
    assert storage.lose_power() == 0
    assert losses > 10


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_any_effect_leaves_the_old_index_and_no_rubble(
    tmp_path: Path, code: int
) -> None:
    def failing_at(moment: int) -> Before:
        def before(number: int, *_: object) -> None:
            if number == moment:
                raise OSError(code, os.strerror(code))

        return before

    failed = 0
    for moment in range(100):
        home = Home(tmp_path / f"index{moment}", Unsynced())
        ids = [publish(home, text) for text in "一二"]
        storage = Watched(failing_at(moment))
        try:
            change(Home(home.path, storage))
            if len(storage.effects) <= moment:
                break
        except IndexHomeError as error:
            failed += 1
            unconfirmed = "did not confirm" in str(error)
            assert (home.current_id() == ids[-1]) is not unconfirmed
        with home.current() as generation:
            verify_files(generation)
        newest = home.path / folders(home)[-1]
        assert (newest / "manifest.json").exists(), "rubble was left"
    assert failed > 12


# ---------------------------------------------------------------- taking files over


def test_files_taken_over_are_the_same_files(home: Home) -> None:
    publish(home)
    with home.current() as old, home.lock("x") as writer, writer.begin() as draft:
        draft.link_from(old, ["MAIN_0.post"])
        assert (draft.folder / "MAIN_0.post").samefile(old.folder / "MAIN_0.post")
        with finish(draft) as new:
            assert new.manifest.files == {"MAIN_0.post": old.manifest.files["MAIN_0.post"]}
            verify_files(new)


class Unlinking(Storage):
    """A file system without hard links."""

    def link(self, *_: object) -> None:
        raise OSError(errno.EPERM, "no links here")


def test_files_are_copied_where_links_fail(tmp_path: Path) -> None:
    home = Home(tmp_path / "index", Unlinking())
    publish(home)
    with home.current() as old, home.lock("x") as writer, writer.begin() as draft:
        draft.link_from(old, old.manifest.files)
        assert not (draft.folder / "MAIN_0.post").samefile(old.folder / "MAIN_0.post")
        with finish(draft) as new:
            assert new.manifest.files == old.manifest.files
            verify_files(new)


@pytest.mark.parametrize("storage", [Storage(), Unlinking()])
def test_damage_is_never_published_as_right(tmp_path: Path, storage: Storage) -> None:
    home = Home(tmp_path / "index", storage)
    publish(home)
    with home.current() as old, home.lock("x") as writer, writer.begin() as draft:
        (old.folder / "MAIN_0.post").write_bytes(b"x" * 12)

        def take_over_and_verify() -> None:
            draft.link_from(old, ["MAIN_0.post"])
            with finish(draft) as new:
                verify_files(new)

        with pytest.raises(IndexCorruptError, match=r"MAIN_0\.post"):
            take_over_and_verify()


def test_a_damaged_file_is_not_copied(tmp_path: Path) -> None:
    home = Home(tmp_path / "index", Unlinking())
    publish(home)
    with home.current() as old, home.lock("x") as writer, writer.begin() as draft:
        (old.folder / "MAIN_0.post").write_bytes(b"x" * 12)
        with pytest.raises(IndexCorruptError, match=r"MAIN_0\.post: damaged"):
            draft.link_from(old, ["MAIN_0.post"])


def test_a_file_replaced_after_it_was_taken_over_is_read_again(home: Home) -> None:
    publish(home, "旧的")
    with home.current() as old, home.lock("x") as writer, writer.begin() as draft:
        draft.link_from(old, ["MAIN_0.post"])
        (draft.folder / "MAIN_0.post").unlink()
        (draft.folder / "MAIN_0.post").write_text("新的", encoding="utf-8")
        with finish(draft) as new:
            verify_files(new)
        verify_files(old)


# ---------------------------------------------------------------- one writer


def test_a_second_writer_is_told_who_holds_the_lock(home: Home) -> None:
    with home.lock("searcher rebuild"):
        with pytest.raises(IndexLockedError) as error, home.lock("searcher update"):
            pass
        message = one_line(error)
        assert "'searcher rebuild'" in message
        assert f"process {os.getpid()} of " in message
        assert f"{datetime.now(UTC):%Y-%m}" in message
    assert (home.path / "LOCK").read_bytes() == b""
    with home.lock("searcher update"):
        pass


HOLD = """
with Home(sys.argv[1]).lock("searcher build"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_a_writer_waits_for_the_one_before_it(home: Home) -> None:
    with running(HOLD, home.path, 0.2) as process:
        assert line(process) == "held"
        began, worked = time.monotonic(), time.process_time()
        with home.lock("searcher update", wait=30):
            assert time.monotonic() - began < 20
            assert time.process_time() - worked < 0.1  # it slept
        assert process.wait() == 0


def test_a_wait_in_vain_names_the_holder_and_how_long_it_was(home: Home) -> None:
    with home.lock("searcher rebuild"):
        began = time.monotonic()
        with pytest.raises(IndexLockedError) as error, home.lock("searcher update", wait=0.15):
            pass
        assert 0.15 <= time.monotonic() - began < 10
        message = one_line(error)
        assert f"'searcher rebuild' (process {os.getpid()} of " in message
        assert "after 0.15 seconds" in message
        with pytest.raises(IndexLockedError) as at_once, home.lock("searcher update", wait=0):
            pass
        assert "seconds" not in one_line(at_once)
    with home.lock("searcher update", wait=float("inf")):
        pass


def test_a_holder_that_is_killed_meanwhile_is_no_obstacle(home: Home) -> None:
    with running(HOLD, home.path, 60) as process:
        assert line(process) == "held"
        killing = threading.Timer(0.1, process.kill)
        killing.start()
        with home.lock("searcher update", wait=30):
            assert process.wait() == -signal.SIGKILL


def test_pauses_between_looks_grow_and_end_in_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    with home.lock("x"):
        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        with pytest.raises(IndexLockedError), home.lock("y", wait=10):
            pass
    assert min(pauses[:-1]) >= 0.001
    assert max(pauses) <= 0.25
    assert sum(pauses) == pytest.approx(10)
    assert len(pauses) < 100


def test_a_wait_can_be_interrupted(home: Home) -> None:
    # What a shell starts in the background ignores the signal, and so would our child.
    script = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
print("waiting", flush=True)
try:
    with Home(sys.argv[1]).lock("searcher update", wait=60):
        pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with home.lock("searcher build"), running(script, home.path) as process:
        assert line(process) == "waiting"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert line(process) == "interrupted"
        assert process.wait() == 0
    with home.lock("x"):
        pass


@pytest.mark.parametrize("wait", [-1, -0.001, float("nan"), float("-inf")])
def test_a_wait_that_is_none_is_refused_before_anything_is_made(home: Home, wait: float) -> None:
    with pytest.raises(ValueError, match="wait"), home.lock("x", wait=wait):
        pass
    assert not home.path.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[" * 4096, b"[1]", b'{"pid": 1}', json.dumps(
        dict.fromkeys(("pid", "host", "user", "command", "since"), "\x1b[2J")).encode()],
)  # fmt: skip
def test_what_stands_in_lock_cannot_spoil_the_message(home: Home, content: bytes) -> None:
    with home.lock("x"):
        (home.path / "LOCK").write_bytes(content)
        with pytest.raises(IndexLockedError, match="another job") as error, home.lock("y"):
            pass
        assert "\x1b" not in one_line(error)


PREAMBLE = """
import os, random, signal, sys, time
from searcher.generations import Home, Manifest, verify_files

FACTS = Manifest("searcher 0.1.0", "whoosh", 1, "9c01", None, {}, {"documents": 5})

def fill(folder):
    (folder / "MAIN_0.post").write_text("检索" * 10000, encoding="utf-8")

def finish(draft):
    draft.seal(FACTS).close()
    return draft.publish()

def publish(home, keep):
    with home.lock("searcher build") as writer:
        writer.clean(keep)
        with writer.begin() as draft:
            fill(draft.folder)
            finish(draft).close()
"""


@contextlib.contextmanager
def running(script: str, *args: object) -> Iterator[subprocess.Popen[str]]:
    """Run *script* in another Python; it is killed at the end of the block."""
    command = [sys.executable, "-c", PREAMBLE + script, *map(str, args)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_writer_is_no_obstacle_even_with_a_worker_left_behind(home: Home) -> None:
    script = """
with Home(sys.argv[1]).lock("searcher build") as writer, writer.begin() as draft:
    fill(draft.folder)
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
"""
    first = publish(home)
    with running(script, home.path) as process:
        worker = int(line(process))
        try:
            with pytest.raises(IndexLockedError, match=f"process {process.pid} "), home.lock("x"):
                pass
            process.kill()
            process.wait()
            with home.lock("x") as writer:
                assert writer.clean() == ()  # the worker may still be writing to the draft
                assert len(folders(home)) == 2
        finally:
            os.kill(worker, signal.SIGKILL)
    wait_until(lambda: cleaned(home) == [f"gen-{first}"])


def cleaned(home: Home) -> list[str]:
    with home.lock("x") as writer:
        writer.clean()
    return folders(home)


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_a_forked_child_that_leaves_the_block_touches_nothing(home: Home) -> None:
    script = """
home = Home(sys.argv[1])
with home.lock("searcher build") as writer, writer.begin() as draft:
    fill(draft.folder)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        finish(draft).close()
print("left", flush=True)
"""
    with running(script, home.path) as process:
        assert line(process) == "left"
        assert line(process) == "left"
        assert process.wait() == 0
    home.current().close()


def test_the_lock_is_not_inherited_by_programs_we_start(home: Home) -> None:
    with home.lock("x"):
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE,
                                   close_fds=False, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        with home.lock("y"):
            pass
    finally:
        sleeper.kill()
        sleeper.communicate()


def test_fifteen_kills_at_random_moments_leave_a_readable_index(home: Home) -> None:
    script = """
home = Home(sys.argv[1])
for number in range(15):
    child = os.fork()
    while child == 0:
        publish(home, keep=2)
    time.sleep(random.uniform(0.0, 0.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with home.current() as generation:
        verify_files(generation)
print(home.current_id(), flush=True)
"""
    first = publish(home)
    with running(script, home.path) as process:
        assert line(process) > first
        assert process.wait() == 0
    last = publish(home)
    with home.lock("x") as writer:
        writer.clean(keep=1)
    assert [name for name in folders(home) if (home.path / name / "manifest.json").exists()] == [
        f"gen-{last}"
    ]


# ---------------------------------------------------------------- clean-up


def test_rubble_of_a_killed_build_is_removed_by_the_next_job(home: Home) -> None:
    first = publish(home)
    rubble = home.path / OLD
    (rubble / "worker" / "deep").mkdir(parents=True)
    (rubble / "worker" / "deep" / "part").write_text("x")
    (rubble / "GENERATION").write_text(f"{OLD}\n")
    (rubble / "manifest.json.tmp").write_text("{")
    (home.path / "CURRENT.tmp").write_text("gen-")
    assert home.current_id() == first
    with home.lock("x") as writer:
        assert writer.clean() == (OLD,)
    assert folders(home) == [f"gen-{first}"]
    assert not (home.path / "CURRENT.tmp").exists()


def test_what_does_not_carry_our_marker_is_left_alone(home: Home, tmp_path: Path) -> None:
    publish(home)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "GENERATION").write_text(f"{OLD}\n")
    (home.path / OLD).symlink_to(outside)
    made = {"gen-00000001": None, "gen-00000002": "", "gen-00000003-backup": f"{OLD}\n"}
    for name, marker in made.items():
        (home.path / name).mkdir()
        (home.path / name / "diary").write_text("dear")
        if marker is not None:
            (home.path / name / "GENERATION").write_text(marker)
    (home.path / "gen-00000004").mkdir()
    (home.path / "gen-00000004" / "GENERATION").symlink_to(outside / "GENERATION")
    (home.path / "gen-00000005").write_text("a file")
    (home.path / "gen-X").mkdir()
    before = snapshot(tmp_path)
    with home.lock("x") as writer:
        assert writer.clean(keep=1) == ()
    assert {**snapshot(tmp_path), "index/LOCK": b""} == {**before, "index/LOCK": b""}


def test_links_in_rubble_are_removed_and_not_followed(home: Home, tmp_path: Path) -> None:
    publish(home)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "diary").write_text("dear")
    rubble = home.path / OLD
    (rubble / "deep").mkdir(parents=True)
    (rubble / "GENERATION").write_text(f"{OLD}\n")
    for link in (rubble / "folder", rubble / "deep" / "folder"):
        link.symlink_to(outside)
    (rubble / "file").symlink_to(outside / "diary")
    (home.path / "CURRENT.tmp").symlink_to(outside / "diary")
    with home.lock("x") as writer:
        assert writer.clean() == (OLD,)
    assert snapshot(outside) == {"diary": b"dear"}
    assert not os.path.lexists(home.path / "CURRENT.tmp")


def test_publishing_does_not_write_through_a_link_called_current_tmp(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "diary").write_text("dear")
    home.path.mkdir()
    (home.path / "CURRENT.tmp").symlink_to(tmp_path / "diary")
    publish(home)
    assert (tmp_path / "diary").read_text() == "dear"
    home.current().close()


def test_current_is_kept_and_then_what_it_goes_back_to(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三四"]
    with home.lock("x") as writer:
        writer.rollback(ids[2]).close()
        assert writer.clean(keep=3) == (f"gen-{ids[3]}",)
        assert writer.clean(keep=2) == (f"gen-{ids[0]}",)
    assert folders(home) == [f"gen-{ids[1]}", f"gen-{ids[2]}"]


def test_the_newest_others_are_kept_where_there_is_little_to_go_back_to(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三四"]
    with home.lock("x") as writer:
        writer.rollback(ids[0]).close()
        assert writer.clean(keep=2) == (f"gen-{ids[1]}", f"gen-{ids[2]}")
    assert folders(home) == [f"gen-{kept}" for kept in (ids[0], ids[3])]


def test_nothing_is_lost_where_current_names_what_is_gone(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三"]
    (home.path / f"gen-{ids[2]}").rename(home.path / "gen-moved-away")
    with home.lock("x") as writer:
        assert writer.clean(keep=1) == (f"gen-{ids[0]}",)
        with writer.rollback() as generation:
            assert generation.id == ids[1]


def test_keep_is_one_at_least(home: Home) -> None:
    with home.lock("x") as writer, pytest.raises(ValueError, match="keep"):
        writer.clean(keep=0)


def test_nothing_published_is_removed_while_current_is_damaged(home: Home) -> None:
    for text in "一二三":
        publish(home, text)
    (home.path / "CURRENT").write_text("?")
    with home.lock("x") as writer:
        assert writer.clean(keep=1) == ()


def test_a_generation_is_not_removed_under_its_reader(home: Home) -> None:
    publish(home, "读者")
    with home.current() as reading, home.open(reading.id) as twin:
        for text in "二三四":
            publish(home, text, keep=1)
        assert home.current_id() != reading.id
        verify_files(reading)
        twin.close()
        publish(home, keep=1)
        verify_files(reading)
    assert reading.folder.exists()
    reading.close()
    publish(home, keep=1)
    assert not reading.folder.exists()


def test_a_generation_opened_before_a_fork_belongs_to_the_child_too(home: Home) -> None:
    script = """
generation = Home(sys.argv[1]).current()
child = os.fork()
if child:
    generation.close()
    print(child, flush=True)
    os._exit(0)
time.sleep(60)
"""
    first = publish(home)
    with running(script, home.path) as process:
        child = int(line(process))
        try:
            process.wait()
            publish(home)
            with home.lock("x") as writer:
                assert writer.clean(keep=1) == ()
        finally:
            os.kill(child, signal.SIGKILL)
    wait_until(lambda: f"gen-{first}" not in {*clean_to_one(home)})


def clean_to_one(home: Home) -> list[str]:
    with home.lock("x") as writer:
        writer.clean(keep=1)
    return folders(home)


def test_what_cannot_be_removed_does_not_stop_the_job(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(Storage):
        def unlink(self, path: Path) -> None:
            if path.name == "MAIN_0.post":
                raise OSError(errno.EBUSY, "busy")
            super().unlink(path)

    home = Home(tmp_path / "index")
    first = publish(home)
    publish(home)
    with Home(home.path, Stuck()).lock("x") as writer:
        assert writer.clean(keep=1) == ()
    assert "left to the next job" in caplog.text
    assert [listed.id for listed in home.generations()] == [home.current_id()]
    with home.lock("x") as writer:  # half removed, it is rubble now
        assert writer.clean(keep=9) == (f"gen-{first}",)


# ---------------------------------------------------------------- going back, listing


def test_rollback_goes_to_what_current_took_the_place_of(home: Home) -> None:
    a, b = (publish(home, text) for text in "一二")
    with home.lock("searcher rollback") as writer:
        writer.rollback().close()
    c = publish(home, "三")  # in place of a: b was found wanting
    assert [listed.id for listed in home.generations()] == [c, b, a]
    with home.lock("searcher rollback") as writer:
        with writer.rollback() as generation:
            assert generation.id == a
        writer.rollback(b).close()
        writer.rollback(c).close()
        assert writer.clean(keep=2) == (f"gen-{b}",)
        assert writer.clean(keep=2) == ()
    assert folders(home) == [f"gen-{a}", f"gen-{c}"]


def test_rollback_takes_the_newest_older_one_where_the_previous_is_gone(home: Home) -> None:
    a, b = (publish(home, text) for text in "一二")
    with home.lock("x") as writer:
        writer.rollback().close()
    publish(home, "三")
    with home.lock("x") as writer:
        shutil.rmtree(home.path / f"gen-{a}")
        with writer.rollback() as generation:
            assert generation.id == b


def as_of_old(home: Home) -> None:
    """Make all generations what versions before `previous` made."""
    for folder in home.path.glob("gen-*"):
        record = json.loads((folder / "manifest.json").read_bytes())
        del record["previous"]
        forge(folder / "manifest.json", record)


def test_generations_that_do_not_say_what_they_replaced_go_by_age(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三"]
    as_of_old(home)
    assert home.last_manifest().previous is None
    with home.lock("x") as writer:
        assert writer.clean(keep=2) == (f"gen-{ids[0]}",)
        with writer.rollback() as generation:
            assert generation.id == ids[1]


@pytest.mark.parametrize("previous", [0, 1, 2])
def test_a_chain_without_an_end_is_not_followed(home: Home, previous: int) -> None:
    ids = [publish(home, text) for text in "一二三"]
    for generation_id in ids:
        path = home.path / f"gen-{generation_id}" / "manifest.json"
        record = json.loads(path.read_bytes())
        forge(path, {**record, "previous": ids[previous]})
    with home.lock("x") as writer:
        assert len(writer.clean(keep=2)) == 1
        with writer.rollback() as generation:
            assert generation.id in ids[:2]


class Model:
    """What a home does, in so many words: which are there, were live, and replaced what."""

    def __init__(self) -> None:
        self.live: list[str] = []
        self.replaced: dict[str, str | None] = {}
        self.current: str | None = None

    def publish(self, name: str) -> None:
        self.replaced[name] = self.current
        self.live.append(name)
        self.current = name

    def back(self) -> str | None:
        before = self.replaced[self.current] if self.current else None
        if before in self.live:
            return before
        return max((name for name in self.live if name < (self.current or "")), default=None)

    def clean(self, keep: int) -> None:
        kept: list[str] = []
        name = self.current
        while name in self.live and len(kept) < keep:
            kept.append(name)
            name = self.replaced[name]
        for name in sorted(self.live, reverse=True):
            if name not in kept and len(kept) < keep:
                kept.append(name)
        self.live = sorted(kept)


JOBS = st.sampled_from(["publish", "publish", "seal", "back", "clean1", "clean2", "clean3"])


def run_job(job: str, writer: HomeWriter, model: Model) -> None:
    if job == "publish":
        with writer.begin() as draft, finish(draft) as generation:
            model.publish(generation.id)
    elif job == "seal":  # and killed: nobody discards the draft
        writer.begin().seal(FACTS).close()
    elif job == "back":
        model.current = model.back() or model.current
        with contextlib.suppress(IndexNotFoundError):
            writer.rollback().close()
    else:
        writer.clean(int(job[-1]))
        model.clean(int(job[-1]))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(JOBS, max_size=12))
def test_any_course_of_jobs_goes_as_told(jobs: list[str]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "index", Unsynced())
        for job in ["publish", *jobs]:
            with home.lock("x") as writer:
                run_job(job, writer, model)
            assert home.current_id() == model.current
            assert [listed.id for listed in home.generations()] == model.live[::-1]
            if job.startswith("clean"):
                assert folders(home) == [f"gen-{name}" for name in model.live]


def test_rollback_steps_back_to_the_first_and_no_further(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三"]
    with home.lock("searcher rollback") as writer:
        for expected in (ids[1], ids[0]):
            with writer.rollback() as generation:
                assert generation.id == expected == home.current_id()
        with pytest.raises(IndexNotFoundError, match="older") as error:
            writer.rollback()
        one_line(error)
        writer.rollback(f"gen-{ids[2]}").close()
    assert home.current_id() == ids[2]


@pytest.mark.parametrize("wanted", ["20200101-000000-000000-bbbbbb", "../../etc", "x" * 500, ""])
def test_rollback_to_what_is_not_there_changes_nothing(home: Home, wanted: str) -> None:
    first = publish(home)
    with home.lock("x") as writer, pytest.raises(IndexNotFoundError) as error:
        writer.rollback(wanted)
    one_line(error)
    with pytest.raises(IndexNotFoundError):
        home.open(wanted)
    assert home.current_id() == first


def test_rollback_mends_a_damaged_current(home: Home) -> None:
    ids = [publish(home, text) for text in "一二"]
    (home.path / "CURRENT").write_bytes(b"\0" * 30)
    with home.lock("x") as writer:
        writer.rollback().close()
    assert home.current_id() == ids[1]


def test_rollback_refuses_a_damaged_generation(home: Home) -> None:
    ids = [publish(home, text) for text in "一二"]
    (home.path / f"gen-{ids[0]}" / "MAIN_0.post").unlink()
    with home.lock("x") as writer, pytest.raises(IndexCorruptError, match=r"MAIN_0\.post"):
        writer.rollback()
    assert home.current_id() == ids[1]


def test_generations_are_listed_newest_first_and_damaged_ones_say_so(home: Home) -> None:
    ids = [publish(home, text) for text in "一二三"]
    with home.lock("x") as writer:
        writer.rollback().close()
    (home.path / f"gen-{ids[0]}" / "manifest.json").write_text("{")
    third, second, first = home.generations()
    assert [third.id, second.id, first.id] == ids[::-1]
    assert [third.current, second.current, first.current] == [False, True, False]
    assert second.bytes == 6
    assert second.manifest is not None
    assert second.manifest.counts["documents"] == 5
    assert first.manifest is None
    assert "manifest.json: damaged" in str(first.damage)


def test_a_clock_set_back_does_not_make_a_new_generation_old(home: Home) -> None:
    future = "gen-20990101-000000-000000-aaaaaa"
    publish(home)
    (home.path / future).mkdir()
    assert f"gen-{publish(home)}" > future


stamped = st.from_regex(r"gen-[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{6}", fullmatch=True)


@properties
@given(st.lists(stamped | st.text()), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))
def test_a_new_name_sorts_behind_every_possible_one(names: list[str], now: datetime) -> None:
    late = "gen-20601231-235959-999999-ffffff"
    new = new_folder_name(now.replace(tzinfo=UTC), [*names, late])
    assert is_folder_name(new)
    assert new > late
    assert new[:-6] >= f"gen-{now:%Y%m%d-%H%M%S-%f}-"


# ---------------------------------------------------------------- opening what is not right


def test_no_index_is_told_apart_from_something_else(tmp_path: Path) -> None:
    for make in (None, Path.mkdir):
        path = tmp_path / f"home{make is None}"
        if make:
            make(path)
        with pytest.raises(IndexNotFoundError, match="searcher build") as error:
            Home(path).current()
        one_line(error)
    (tmp_path / "file").write_text("x")
    for path, kind in (
        (tmp_path / "file", NotAnIndexError),
        (tmp_path / "file" / "below", IndexNotFoundError),
        (tmp_path, NotAnIndexError),
    ):
        with pytest.raises(kind) as strange:
            Home(path).current()
        one_line(strange)


@pytest.mark.parametrize(
    "name", ["notes.txt", ".git", "current", "LOCK.bak", "generation", "manifest.json", "\n"]
)
def test_a_folder_that_is_something_else_is_refused_untouched(home: Home, name: str) -> None:
    home.path.mkdir()
    (home.path / name).write_text("mine")
    (home.path / "README.md").write_text("mine")
    before = snapshot(home.path)
    for use in (home.check_usable, home.current, home.generations, lambda: publish(home)):
        with pytest.raises(NotAnIndexError, match="nothing was touched") as error:
            use()
        assert repr(name) in one_line(error)
    assert snapshot(home.path) == before


def test_a_home_may_hold_what_belongs_to_it(home: Home) -> None:
    home.check_usable()
    assert not home.path.exists()
    home.path.mkdir()
    home.check_usable()
    for name in ("README", "README.zh.md", ".gitignore", "CURRENT", "CURRENT.tmp", "LOCK"):
        (home.path / name).write_text("")
    (home.path / "gen-of-somebody").mkdir()
    home.check_usable()


def test_a_home_that_is_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    generation_id = publish(Home(tmp_path / "link"))
    assert Home(tmp_path / "real").current_id() == generation_id


def test_another_program_with_a_current_is_no_index_of_ours(home: Home) -> None:
    home.path.mkdir()
    (home.path / "CURRENT").write_text("MANIFEST-000004\n")
    (home.path / "MANIFEST-000004").write_text("leveldb")
    with pytest.raises(NotAnIndexError, match="MANIFEST-000004"):
        home.current()


BAD_POINTERS = {
    "empty": b"",
    "parent": b"../outside\n",
    "deeper": b"gen-12345678/../../outside",
    "absolute": b"/etc\n",
    "NUL": b"gen-12345678\0",
    "two lines": b"gen-12345678\n\n",
    "capitals": b"gen-ABCDEFGH",
    "short": b"gen-1234567",
    "long": b"gen-" + b"1" * 41,
    "huge": b"gen-12345678" * 100_000,
    "no text": b"\xff\xfe" * 20,
}


@pytest.mark.parametrize("content", BAD_POINTERS.values(), ids=BAD_POINTERS)
def test_a_crafted_current_is_a_named_error(home: Home, content: bytes) -> None:
    publish(home)
    (home.path / "CURRENT").write_bytes(content)
    with pytest.raises(IndexCorruptError, match="CURRENT: damaged") as error:
        home.current()
    assert "searcher" in one_line(error)


@properties
@given(st.binary(max_size=60))
def test_any_bytes_in_current_are_a_name_or_an_error(content: bytes) -> None:
    class Given(Storage):
        def read(self, *_: object) -> bytes:
            return content

        def names(self, *_: object) -> list[str]:
            return []

    try:
        assert is_folder_name(read_pointer(Path("index"), Given()))
    except IndexCorruptError:
        assert re.fullmatch(rb"gen-[0-9a-z-]{8,40}\n?", content) is None


def as_link(path: Path) -> None:
    path.rename(path.parent.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent.parent / "elsewhere")


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_socket(path: Path) -> None:
    path.unlink()
    # The name of a socket must be short.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)


@pytest.mark.parametrize("spoil", [as_link, as_pipe, as_folder, as_socket])
@pytest.mark.parametrize("part", ["CURRENT", "manifest.json", "GENERATION", "MAIN_0.post"])
def test_a_part_that_is_no_plain_file_is_a_named_error(
    home: Home, spoil: Callable[[Path], None], part: str
) -> None:
    generation = home.path / f"gen-{publish(home)}"
    spoil((home.path if part == "CURRENT" else generation) / part)
    with pytest.raises(IndexCorruptError, match=part) as error:
        home.current()
    one_line(error)


def test_a_link_of_the_right_size_is_not_taken_for_the_file(home: Home) -> None:
    path = home.path / f"gen-{publish(home)}" / "MAIN_0.post"
    path.unlink()
    path.symlink_to("../../abcdef")
    assert path.lstat().st_size == 12
    with pytest.raises(IndexCorruptError, match=r"MAIN_0\.post: is a link"):
        home.current()


def test_a_generation_that_could_not_be_opened_is_not_held(home: Home) -> None:
    damaged = publish(home)
    (home.path / f"gen-{damaged}" / "manifest.json").write_text("{")
    with pytest.raises(IndexCorruptError):
        home.current()
    publish(home)
    with home.lock("x") as writer:
        assert writer.clean(keep=1) == (f"gen-{damaged}",)


def test_a_lock_that_is_a_link_is_not_written_through(home: Home, tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("dear")
    home.path.mkdir()
    (home.path / "LOCK").symlink_to(tmp_path / "diary")
    with pytest.raises(IndexCorruptError, match="LOCK"), home.lock("x"):
        pass
    assert (tmp_path / "diary").read_text() == "dear"


def test_a_generation_folder_that_is_a_link_is_not_opened(home: Home, tmp_path: Path) -> None:
    folder = home.path / f"gen-{publish(home)}"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexCorruptError, match="is a link"):
        home.current()


@pytest.mark.parametrize("part", [".", "GENERATION", "manifest.json", "MAIN_0.post"])
def test_a_missing_part_is_named(home: Home, part: str) -> None:
    path = home.path / f"gen-{publish(home)}" / part
    path.rename(home.path / "gen-moved-away")
    with pytest.raises(IndexCorruptError, match=f"{re.escape(str(path))}: missing") as error:
        home.current()
    one_line(error)


def test_a_reader_overtaken_by_a_job_opens_what_it_published(home: Home) -> None:
    class Overtaken(Storage):
        """Between the reading of CURRENT and of what it names, a job replaces it, twice."""

        left = 2

        def read(self, path: Path, limit: int) -> bytes:
            content = super().read(path, limit)
            if path.name == "CURRENT" and self.left:
                self.left -= 1
                publish(home, "新")
                with home.lock("x") as writer:
                    writer.clean(keep=1)
            return content

    publish(home)
    with Home(home.path, Overtaken()).current() as generation:
        assert generation.id == home.current_id()
    Overtaken.left = 99
    with pytest.raises(IndexCorruptError, match="missing"):
        Home(home.path, Overtaken()).current()


def test_a_wrong_size_is_found_at_opening_and_wrong_bytes_of_a_small_file_too(home: Home) -> None:
    path = home.path / f"gen-{publish(home)}" / "MAIN_0.post"
    path.write_bytes(b"x" * 12)
    with pytest.raises(IndexCorruptError, match=r"MAIN_0\.post: damaged \(its checksum"):
        home.current()
    path.write_bytes(b"x" * 11)
    with pytest.raises(IndexCorruptError, match=r"MAIN_0\.post: damaged \(has 11 bytes, had 12"):
        home.current()


def test_wrong_bytes_of_a_large_file_are_found_by_verify(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.generations.generation.SMALL", 11)
    path = home.path / f"gen-{publish(home)}" / "MAIN_0.post"
    path.write_bytes(b"x" * 12)
    with home.current() as generation, pytest.raises(IndexCorruptError, match=r"MAIN_0\.post"):
        verify_files(generation)


def test_a_marker_of_another_generation_is_named(home: Home) -> None:
    marker = home.path / f"gen-{publish(home)}" / "GENERATION"
    marker.write_text("gen-20260722-101530-000000-9f3a2c\n")
    with pytest.raises(IndexCorruptError, match=r"GENERATION: damaged"):
        home.current()
    [listed] = home.generations()
    assert listed.current
    assert "GENERATION: damaged" in str(listed.damage)


def test_a_manifest_that_one_bit_was_flipped_in_is_named(home: Home) -> None:
    path = home.path / f"gen-{publish(home)}" / "manifest.json"
    content = path.read_bytes()
    for at in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[at >> 3] ^= 1 << (at & 7)
        path.write_bytes(flipped)
        with pytest.raises((IndexCorruptError, IndexFormatError)) as error:
            home.last_manifest()
        assert "manifest.json" in str(error.value)


def test_an_index_made_otherwise_names_the_command_that_mends_it(home: Home) -> None:
    publish(home)
    right: dict[str, Any] = {"engine": "whoosh", "schema": 1, "fingerprint": "9c01"}
    with home.current() as generation:
        generation.require(**right)
        for wrong in ({"engine": "opensearch"}, {"schema": 2}, {"fingerprint": "3f2a"}):
            with pytest.raises(IndexFormatError, match="searcher build") as error:
                generation.require(**{**right, **wrong})
            one_line(error)


class Denied(Storage):
    """A home whose owner lets nobody in."""

    def read(self, path: Path, *_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def names(self, folder: Path) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))


def test_what_may_not_be_read_is_not_said_to_be_missing(home: Home) -> None:
    publish(home)
    denied = Home(home.path, Denied())
    for use in (denied.current, denied.current_id, denied.generations, denied.check_usable):
        with pytest.raises(IndexHomeError, match="Permission denied; ask its owner") as error:
            use()
        assert type(error.value) is IndexHomeError
        one_line(error)


def refuse_writing(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    really = os.open

    def read_only(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(code, os.strerror(code), str(path))
        return really(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", read_only)


def test_a_read_only_home_can_be_opened_but_not_written(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home)
    refuse_writing(monkeypatch, errno.EROFS)
    with home.current() as generation:
        verify_files(generation)
    with pytest.raises(IndexHomeError, match="Read-only") as error, home.lock("x"):
        pass
    one_line(error)


def test_the_owner_or_the_mode_of_the_implicit_index_may_be_distrusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    check_trusted(folder)
    folder.mkdir()
    check_trusted(folder)
    folder.chmod(0o777)
    with pytest.raises(IndexHomeError, match="written by anybody") as error:
        check_trusted(folder)
    assert "--index" in one_line(error)
    folder.chmod(0o755)
    (tmp_path / "link").symlink_to(folder)
    check_trusted(tmp_path / "link")
    if os.geteuid() == 0:
        os.lchown(tmp_path / "link", 4242, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(IndexHomeError, match="belongs to user"):
        check_trusted(tmp_path / "link")


# ---------------------------------------------------------------- manifests

WHERE = Path("index/gen-12345678/manifest.json")
GOOD = replace(
    FACTS,
    id="12345678",
    created="2026-07-22T10:15:30Z",
    files={"MAIN_0.post": FileEntry(12, "0" * 64, 7)},
)

names = st.from_regex(r"[A-Za-z_][0-9A-Za-z_.]{0,20}", fullmatch=True)
lines = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=30)
numbers = st.integers(0, 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
manifests = st.builds(
    Manifest,
    id=st.just("12345678"),
    made_by=lines,
    engine=lines,
    schema=numbers,
    fingerprint=lines,
    user_dictionary=st.none() | lines,
    job=st.dictionaries(st.text(), values, max_size=3),
    counts=st.dictionaries(lines, numbers, max_size=3).map(lambda some: {**some, "documents": 1}),
    created=st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    files=st.dictionaries(
        names, st.builds(FileEntry, numbers, st.just("0f" * 32), st.just(7)), max_size=3
    ),
)


@properties
@given(manifests)
def test_a_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    assert from_json(to_json(manifest), WHERE) == manifest


def test_a_manifest_is_for_people_too() -> None:
    raw = to_json(replace(GOOD, job={"roots": ["语料", "caf\udce9"]}))
    assert "语料" in raw.decode("utf-8")
    assert from_json(raw, WHERE).job == {"roots": ["语料", "caf\udce9"]}


@properties
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_named_error(raw: bytes) -> None:
    with pytest.raises((IndexCorruptError, IndexFormatError)) as error:
        from_json(raw, WHERE)
    assert str(WHERE) in str(error.value)


@properties
@given(st.integers(0, 500), st.integers(0, 30), st.binary(max_size=10))
def test_a_damaged_manifest_is_read_rightly_or_a_named_error(
    start: int, length: int, new: bytes
) -> None:
    raw = to_json(GOOD)
    try:
        found = from_json(raw[:start] + new + raw[start + length :], WHERE)
    except (IndexCorruptError, IndexFormatError):
        return
    assert from_json(to_json(found), WHERE) == found


ENTRY = {"size": 12, "sha256": "0" * 64, "crc32": 7}
CRAFTED: dict[str, tuple[str, object]] = {
    "parent folder": ("files", {"../CURRENT": ENTRY}),
    "absolute": ("files", {"/etc/passwd": ENTRY}),
    "backslash": ("files", {"a\\b": ENTRY}),
    "hidden": ("files", {".x": ENTRY}),
    "NUL": ("files", {"a\0b": ENTRY}),
    "end of line": ("files", {"a\n": ENTRY}),
    "our own": ("files", {"manifest.json": ENTRY}),
    "long name": ("files", {"a" * 100_000: ENTRY}),
    "negative size": ("files", {"a": {**ENTRY, "size": -1}}),
    "absurd size": ("files", {"a": {**ENTRY, "size": 2**63}}),
    "size no number": ("files", {"a": {**ENTRY, "size": "12"}}),
    "size a boolean": ("files", {"a": {**ENTRY, "size": True}}),
    "size a fraction": ("files", {"a": {**ENTRY, "size": 1.0}}),
    "no checksum": ("files", {"a": {"size": 1}}),
    "previous a path": ("previous", "../../etc"),
    "previous a list": ("previous", ["20260722-101530-000000-9f3a2c"]),
    "previous endless": ("previous", "1" * 100_000),
    "previous two lines": ("previous", "20260722-101530\n"),
    "no CRC": ("files", {"a": {"size": 1, "sha256": "0" * 64}}),
    "CRC too large": ("files", {"a": {**ENTRY, "crc32": 1 << 32}}),
    "another generation's": ("id", "20260722-101530-000000-9f3a2c"),
    "id a path": ("id", "../../etc"),
    "short checksum": ("files", {"a": {**ENTRY, "sha256": "0" * 63}}),
    "entry a list": ("files", {"a": [12, "0" * 64]}),
    "files a list": ("files", []),
    "no documents": ("counts", {"empty": 1}),
    "documents below 0": ("counts", {"documents": -1}),
    "documents no number": ("counts", {"documents": None}),
    "job a string": ("job", "seeds"),
    "two lines": ("fingerprint", "9c01\nsearcher: all is well"),
    "escape": ("engine", "\x1b[2J"),
    "right to left": ("made_by", "\u202esearcher"),
    "endless": ("made_by", "x" * 1001),
    "no engine": ("engine", None),
    "schema a string": ("schema", "1"),
    "never": ("created", "yesterday"),
    "nowhere": ("created", "2026-07-22T10:15:30"),
    "format a string": ("format", "1"),
    "format a boolean": ("format", True),
    "no format": ("format", None),
}


@pytest.mark.parametrize(("key", "value"), CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_manifest_is_a_named_error(home: Home, key: str, value: object) -> None:
    path = home.path / f"gen-{publish(home)}" / "manifest.json"
    record = json.loads(path.read_bytes())
    forge(path, {**record, key: value})
    before = snapshot(home.path.parent)
    for use in (home.current, home.last_manifest):
        with pytest.raises(IndexCorruptError, match=r"manifest\.json: damaged") as error:
            use()
        assert one_line(error).isprintable()
        assert len(one_line(error)) < 500
    assert snapshot(home.path.parent) == before


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe{}", b"[" * 1_000_000, b'{"format": NaN}', b'{"format": 1' + b"0" * 9_999],
    ids=["empty", "no UTF-8", "deep", "no JSON", "endless number"],
)
def test_a_manifest_that_is_no_json_is_a_named_error(home: Home, raw: bytes) -> None:
    (home.path / f"gen-{publish(home)}" / "manifest.json").write_bytes(raw)
    with pytest.raises(IndexCorruptError, match=r"manifest\.json: damaged") as error:
        home.current()
    one_line(error)


def test_a_manifest_above_the_limit_is_not_read(home: Home) -> None:
    path = home.path / f"gen-{publish(home)}" / "manifest.json"
    os.truncate(path, 2**40)  # a hole: the size alone
    with pytest.raises(IndexCorruptError, match="larger than 16777216 bytes"):
        home.current()


def test_another_format_says_what_to_do(home: Home) -> None:
    path = home.path / f"gen-{publish(home)}" / "manifest.json"
    path.write_text(json.dumps({"format": 3, "shape": "unheard of"}))
    with pytest.raises(IndexFormatError, match="searcher build") as error:
        home.current()
    assert "format 3" in one_line(error)


def test_a_key_from_a_later_version_of_the_format_is_passed_over() -> None:
    record = json.loads(to_json(GOOD)) | {"colour": "red"}
    assert from_json(sealed(json.dumps(record).encode()), WHERE) == GOOD
