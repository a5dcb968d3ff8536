"""The list of segments is read strictly and written in one step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from indexes import names

from searcher.engines.whoosh_.files.container import ContainerWriter
from searcher.engines.whoosh_.files.listing import (
    LISTING,
    Listed,
    read_deleted,
    read_listing,
    write_deleted,
    write_listing,
)
from searcher.errors import IndexCorruptError

SEGMENT = {"name": "MAIN_1", "documents": 3, "deleted": None}


def listing(**changes: Any) -> dict[str, Any]:
    return {"format": 1, "segments": [{**SEGMENT, **changes}]}


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    for segments in ((), (Listed("MAIN_1", 3), Listed("MAIN_a9", 0, "MAIN_a9.del12"))):
        write_listing(tmp_path, segments)
        assert read_listing(tmp_path) == segments
    assert names(tmp_path) == {LISTING}


def test_the_documented_form_is_what_is_written(tmp_path: Path) -> None:
    write_listing(tmp_path, [Listed("MAIN_1", 3)])
    assert json.loads((tmp_path / LISTING).read_text("utf-8")) == listing()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"format": 1},
        {"format": 2, "segments": []},
        {"format": True, "segments": []},
        {"format": 1, "segments": {}},
        {"format": 1, "segments": [], "more": 1},
        {"format": 1, "segments": [SEGMENT, SEGMENT]},
        {"format": 1, "segments": ["MAIN_1"]},
        listing(more=1),
        listing(name="MAIN_../x"),
        listing(name="OTHER_1"),
        listing(name="MAIN_"),
        listing(name=7),
        listing(documents=-1),
        listing(documents=1 << 32),
        listing(documents=1.0),
        listing(documents=True),
        listing(deleted="MAIN_2.del1"),
        listing(deleted="MAIN_1.del0"),
        listing(deleted="MAIN_1.del1/../x"),
        listing(deleted=1),
    ],
)
def test_any_other_list_is_refused_by_name(tmp_path: Path, value: Any) -> None:
    (tmp_path / LISTING).write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(IndexCorruptError, match=r"segments\.json: damaged .*searcher build"):
        read_listing(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b" " * (1 << 23)])
def test_what_is_no_json_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LISTING).write_bytes(content)
    with pytest.raises(IndexCorruptError, match=r"segments\.json: damaged"):
        read_listing(tmp_path)


def test_a_missing_list_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexCorruptError, match=r"segments\.json: damaged \(missing\)"):
        read_listing(tmp_path)


def test_deletions_are_written_anew_each_time(tmp_path: Path) -> None:
    first = write_deleted(tmp_path, Listed("MAIN_1", 9), np.array([2, 8]))
    second = write_deleted(tmp_path, first, np.array([2, 5, 8]))
    assert (first.deleted, second.deleted) == ("MAIN_1.del1", "MAIN_1.del2")
    assert read_deleted(tmp_path, first).tolist() == [2, 8]
    assert read_deleted(tmp_path, second).tolist() == [2, 5, 8]
    assert read_deleted(tmp_path, Listed("MAIN_1", 9)).tolist() == []


@pytest.mark.parametrize("numbers", [[9], [3, 3], [3, 2], [1 << 31]])
def test_deletions_of_no_document_are_damage(tmp_path: Path, numbers: list[int]) -> None:
    writer = ContainerWriter(tmp_path / "MAIN_1.del1")
    writer.add_array("deleted", np.array(numbers), "I")
    writer.close()
    with pytest.raises(IndexCorruptError, match=r"MAIN_1\.del1: damaged"):
        read_deleted(tmp_path, Listed("MAIN_1", 9, "MAIN_1.del1"))
