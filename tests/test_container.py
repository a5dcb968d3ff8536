"""Containers: what was written is read, and damage is named or does no harm."""

from __future__ import annotations

import json
import os
import random
import struct
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searcher.engines.whoosh_.files.container import BLOCK, Container, ContainerWriter, Kind
from searcher.errors import IndexCorruptError

HEAD = 64
LIMITS: dict[Kind, int] = {"B": 1 << 8, "H": 1 << 16, "I": 1 << 32, "Q": 1 << 64}


def write(path: Path, sections: dict[str, bytes], notes: dict[str, Any] | None = None) -> int:
    writer = ContainerWriter(path)
    for name, data in sections.items():
        writer.add(name, data)
    return writer.close(notes)


def read(path: Path) -> dict[str, bytes]:
    container = Container.open(path)
    found = {}
    for name in container.names:
        section = container.section(name)
        found[name] = bytes(section.bytes(0, section.size))
    return found


def some_sections() -> dict[str, bytes]:
    """Sections of all sizes, some over several blocks."""
    noise = random.Random(7)
    sizes = [0, 1, 7, 8, 4096, BLOCK - 3, BLOCK, 3 * BLOCK + 5]
    return {f"part {size}": noise.randbytes(size) for size in sizes}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "MAIN_1.part"


# ---------------------------------------------------------------- what was written is read


def test_sections_are_read_as_they_were_written(path: Path) -> None:
    write(path, some_sections(), {"documents": 3, "names": ["題"]})
    assert read(path) == some_sections()
    assert Container.open(path).names == tuple(some_sections())
    assert Container.open(path).notes == {"documents": 3, "names": ["題"]}


def test_container_without_sections_is_read(path: Path) -> None:
    write(path, {})
    assert read(path) == {}


@given(data=st.data())
def test_pieces_of_any_size_make_one_section(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pieces = data.draw(st.lists(st.integers(0, 2 * BLOCK), max_size=5))
    whole = random.Random(sum(pieces)).randbytes(sum(pieces))
    path = tmp_path_factory.mktemp("pieces") / "part"
    writer = ContainerWriter(path)
    writer.begin("all")
    at = 0
    for piece in pieces:
        writer.write(whole[at : at + piece])
        at += piece
    writer.close()
    assert read(path) == {"all": whole}


@pytest.mark.parametrize("kind", ["B", "H", "I", "Q"])
@pytest.mark.parametrize("byteorder", ["little", "big"])
def test_integers_come_back_in_the_order_of_any_machine(
    path: Path, kind: Kind, byteorder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A little-endian file is converted, which on a little-endian machine gives the same numbers.
    monkeypatch.setattr(sys, "byteorder", byteorder)
    numbers = [0, 1, 200, LIMITS[kind] - 1]
    writer = ContainerWriter(path)
    writer.add("odd", b"?")
    writer.add_array("numbers", np.array(numbers, np.uint64), kind)
    writer.close()
    section = Container.open(path).section("numbers")
    assert section.array(kind).tolist() == numbers
    assert section.numbers(kind, 1, 3).tolist() == numbers[1:3]
    assert bytes(section.bytes(0, section.size)) == struct.pack(f"<4{kind}", *numbers)


def test_arrays_are_aligned_and_not_copied(path: Path) -> None:
    writer = ContainerWriter(path)
    for number in range(9):
        writer.add(f"odd {number}", b"x" * number)
        writer.add_array(f"numbers {number}", np.arange(5), "Q")
    writer.close()
    container = Container.open(path)
    for number in range(9):
        numbers = container.section(f"numbers {number}").array("Q")
        assert numbers.flags.aligned
        assert not numbers.flags.owndata
        assert not numbers.flags.writeable


def test_arrays_outlive_the_container(path: Path) -> None:
    writer = ContainerWriter(path)
    writer.add_array("numbers", np.arange(1000), "I")
    writer.close()
    container = Container.open(path)
    numbers = container.section("numbers").array("I")
    container.close()
    container.close()
    assert numbers.tolist() == list(range(1000))


def test_seal_tells_contents_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a/part", {"x": b"1" * BLOCK * 2})
    second = write(tmp_path / "b/part", {"x": b"1" * BLOCK + b"1" * (BLOCK - 1) + b"2"})
    assert first != second
    assert Container.open(tmp_path / "a/part").seal == first
    assert Container.open(tmp_path / "b/part").seal == second


# ---------------------------------------------------------------- mistakes of the caller


def test_a_section_cannot_be_written_twice(path: Path) -> None:
    writer = ContainerWriter(path)
    writer.add("x", b"1")
    with pytest.raises(ValueError, match="'x' is there already"):
        writer.begin("x")
    writer.abandon()
    assert not path.exists()


def test_bytes_need_a_section(path: Path) -> None:
    writer = ContainerWriter(path)
    with pytest.raises(ValueError, match="no section"):
        writer.write(b"1")
    writer.abandon()


def test_a_file_that_is_there_is_not_written_over(path: Path) -> None:
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        ContainerWriter(path)
    assert path.read_bytes() == b"mine"


# ---------------------------------------------------------------- damage


def test_only_what_is_touched_is_checked(path: Path) -> None:
    data = random.Random(3).randbytes(5 * BLOCK)
    write(path, {"x": data})
    broken = bytearray(path.read_bytes())
    broken[HEAD + 2 * BLOCK + 17] ^= 1
    path.write_bytes(broken)
    section = Container.open(path).section("x")
    assert bytes(section.bytes(0, 2 * BLOCK)) == data[: 2 * BLOCK]
    assert bytes(section.bytes(3 * BLOCK, 5 * BLOCK)) == data[3 * BLOCK :]
    for start, stop in [(0, 5 * BLOCK), (2 * BLOCK, 2 * BLOCK + 1), (3 * BLOCK - 1, 3 * BLOCK)]:
        with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part: damaged \(block 2\)"):
            section.bytes(start, stop)


def test_threads_that_touch_one_block_at_once_all_hear_of_damage(path: Path) -> None:
    write(path, {"x": bytes(64 * BLOCK)})
    broken = bytearray(path.read_bytes())
    broken[HEAD + 40 * BLOCK] ^= 1
    path.write_bytes(broken)
    section = Container.open(path).section("x")
    start = threading.Barrier(8)
    heard = []

    def touch(seed: int) -> None:
        blocks = random.Random(seed).sample(range(64), 64)
        start.wait()
        for block in blocks:
            try:
                section.bytes(block * BLOCK, (block + 1) * BLOCK)
            except IndexCorruptError:
                heard.append(block)

    threads = [threading.Thread(target=touch, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [40] * 8


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (0, 11), (5, 4), (11, 11), (0, 1 << 70)])
def test_nothing_is_read_beyond_a_section(path: Path, start: int, stop: int) -> None:
    write(path, {"x": b"0123456789", "y": b"secret"})
    section = Container.open(path).section("x")
    with pytest.raises(IndexCorruptError, match="of 10 bytes"):
        section.bytes(start, stop)


def test_an_array_has_whole_numbers(path: Path) -> None:
    write(path, {"x": b"0123456789"})
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part"):
        Container.open(path).section("x").array("I")


def test_a_section_that_is_not_there_is_damage(path: Path) -> None:
    write(path, {"x": b""})
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part: damaged \(no section y\)"):
        Container.open(path).section("y")


def test_every_flipped_bit_is_named(path: Path) -> None:
    write(path, some_sections(), {"documents": 3})
    whole = path.read_bytes()
    tail = HEAD + sum(len(data) + 7 & ~7 for data in some_sections().values())
    noise = random.Random(11)
    places = [*range(HEAD), *range(tail, len(whole)), *noise.choices(range(len(whole)), k=400)]
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << noise.randrange(8)
        path.write_bytes(broken)
        with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part"):
            read(path)


def test_every_cut_and_every_tail_is_named(path: Path) -> None:
    write(path, some_sections())
    whole = path.read_bytes()
    noise = random.Random(13)
    lengths = [*range(HEAD + 9), *noise.choices(range(len(whole)), k=100), len(whole) - 1]
    for broken in [*(whole[:length] for length in lengths), whole + b"\0", whole + whole]:
        path.write_bytes(broken)
        with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part"):
            Container.open(path)


def test_a_file_in_the_place_of_another_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a", {"x": b"1"})
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(IndexCorruptError, match=r"/b: damaged \(table, of 'a'\)"):
        Container.open(tmp_path / "b")


def test_what_is_no_plain_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "real", {"x": b"1"})
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for name in ["missing", "real/inside", "folder", "link", "pipe", "empty"]:
        with pytest.raises(IndexCorruptError, match=f"/{name}: damaged"):
            Container.open(tmp_path / name)


def forge(path: Path, table: bytes, data_length: int | None = None) -> None:
    """Put another table into a container, with the right checksums."""
    whole = path.read_bytes()
    magic, version, length, stated, _, _ = struct.unpack("<8sIIQI32xI", whole[:HEAD])
    crcs = whole[HEAD + stated + length :]
    tail = table + crcs
    head = struct.pack(
        "<8sIIQI32x", magic, version, len(table), data_length or stated, zlib.crc32(tail)
    )
    data = whole[HEAD : HEAD + stated]
    path.write_bytes(head + struct.pack("<I", zlib.crc32(head)) + data + tail)


@pytest.mark.parametrize(
    "sections",
    [
        {"x": [0, 1 << 40]},
        {"x": [1 << 62, 1 << 62]},
        {"x": [-8, 8]},
        {"x": [8, -8]},
        {"x": [0.0, 8]},
        {"x": [True, 8]},
        {"x": ["0", 8]},
        {"x": [0]},
        {"x": 8},
        {"x": None},
        [["x", 0, 8]],
        None,
    ],
)
def test_forged_extents_are_refused_before_anything_is_read(path: Path, sections: Any) -> None:
    write(path, {"x": b"01234567"})
    forge(path, json.dumps({"name": path.name, "sections": sections, "notes": {}}).encode())
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part: damaged \(table"):
        Container.open(path)


@pytest.mark.parametrize(
    "table", [b"", b"[]", b"null", b"{}", b'"x"', b"\xff", b"[" * 100_000, b"{" + b" " * 1000]
)
def test_a_table_that_is_none_is_refused(path: Path, table: bytes) -> None:
    write(path, {"x": b"01234567"})
    forge(path, table)
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part: damaged \(table"):
        Container.open(path)


@pytest.mark.parametrize("length", [1, 1 << 30, 1 << 63, (1 << 64) - 1])
def test_absurd_lengths_are_refused(path: Path, length: int) -> None:
    write(path, {"x": b"01234567"})
    table = {"name": path.name, "sections": {}, "notes": {}}
    forge(path, json.dumps(table).encode(), data_length=length)
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.part: damaged"):
        Container.open(path)
