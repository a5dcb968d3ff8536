"""Verify, rollback and remove, as a user and a script meet them."""

# ruff: noqa: F401, F811 - fixtures are imported, and asked for by name

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from published import drop_a_unit, publish
from test_cli import Run, built, run, texts

import searcher
from searcher import Document, IndexCorruptError, IndexNotFoundError
from searcher.generations import Home

INDEX = Path("index")


def current() -> str:
    return Home(INDEX).current_id()


def damage(pattern: str) -> str:
    """Flip a bit of a file of the index, and return its name."""
    [path] = INDEX.glob(pattern)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path.name


@pytest.fixture
def twice(run: Run, built: Path) -> tuple[str, str]:
    """Two generations of one index: the ids, older first."""
    older = current()
    assert run("build", built, "--quiet").code == 0
    return older, current()


# ---------------------------------------------------------------- verify


def test_a_whole_index_is_verified(run: Run, built: Path) -> None:
    ran = run("verify")
    assert (ran.code, ran.err) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in ran.out.splitlines())
    assert list(rows) == ["generation", "documents", "samples", "time"]
    assert rows["generation"] == f"{current()}, every checksum right"
    assert rows["documents"] == "3, every id once"
    assert rows["samples"] == f"1,000 of 1,000 found (--seed {current()})"
    assert run("verify", "--quiet").out == ""


def test_verify_reports_as_json(run: Run, built: Path) -> None:
    report = json.loads(run("verify", "--json", "--samples", "7", "--seed", "x").out)
    assert list(report)[:7] == [
        "passed", "recall", "generation", "documents", "seed", "sampled", "found",
    ]  # fmt: skip
    assert (report["passed"], report["recall"], report["seed"]) == (True, 1.0, "x")
    assert (report["sampled"], report["missed"]) == (7, [])


def test_what_is_not_found_is_listed_and_exits_1(run: Run, tmp_path: Path) -> None:
    publish(INDEX, [Document("a", "参与\n脱贫攻坚，全市驻村工作。" + "队" * 60)], drop_a_unit)
    ran = run("verify")
    assert ran.code == 1
    lines = ran.err.splitlines()
    assert all(line.startswith("searcher: not found: a body ") for line in lines[:10])
    assert "stretches more: --json lists them" in lines[10]
    assert "of 1,000 sampled stretches do not find their document" in lines[11]
    assert len(lines) == 12
    assert " of 1,000 found (--seed " in ran.out
    assert run("verify", "--quiet").out == ""
    assert json.loads(run("verify", "--json").out)["passed"] is False


def test_golden_queries_are_asked(run: Run, built: Path, tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"query": "驻村", "ids": ["texts/a.txt"]}\n', "utf-8")
    ran = run("verify", "--golden", golden)
    assert ran.code == 0
    assert "golden       1 of 1 queries find all they must\n" in ran.out
    golden.write_text('{"query": "驻村", "ids": ["a", "b", "c", "d"]}\n', "utf-8")
    ran = run("verify", "--golden", golden)
    assert ran.code == 1
    assert "golden       0 of 1 " in ran.out
    assert ran.err.splitlines() == [
        "searcher: golden: 驻村: misses a, b, c and 1 more",
        "searcher: 1 of 1 golden queries miss documents (first: 驻村 lacks a); "
        "mend the documents or the golden file",
    ]
    golden.write_text("驻村\n", "utf-8")
    ran = run("verify", "--golden", golden)
    assert ran.code == 2
    assert f"{golden}:1: no golden query" in ran.err
    assert run("verify", "--golden", "nowhere").code == 2


def test_a_damaged_file_is_named(run: Run, built: Path) -> None:
    name = damage("gen-*/*.stored")
    ran = run("verify")
    assert (ran.code, ran.out) == (2, "")
    assert name in ran.err
    assert "build again" in ran.err
    with pytest.raises(IndexCorruptError, match=name):
        searcher.verify(INDEX)


def test_verify_needs_an_index(run: Run) -> None:
    ran = run("verify")
    assert ran.code == 2
    assert "there is no index here" in ran.err
    assert not INDEX.exists()


# ---------------------------------------------------------------- rollback


def test_rollback_tells_from_which_to_which(
    run: Run,
    twice: tuple[str, str],
) -> None:
    older, newer = twice
    ran = run("rollback")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"published     {older}\nin place of   {newer}\n"
    assert current() == older
    ran = run("rollback", "--to", newer, "--json")
    assert json.loads(ran.out) == {"generation": newer, "left": older}
    assert run("rollback", "--to", newer).out == f"published     {newer}, as before\n"


@pytest.mark.parametrize(
    "options", [(), ("--to", "20200101-000000-000000-ffffff"), ("--to", "../x")]
)
def test_where_there_is_nothing_to_go_back_to_nothing_is_done(
    run: Run,
    built: Path,
    options: tuple[str, ...],
) -> None:
    before = current()
    ran = run("rollback", *options)
    assert ran.code == 2
    assert "searcher status" in ran.err
    assert current() == before


def test_rollback_makes_no_index(run: Run) -> None:
    ran = run("rollback")
    assert ran.code == 2
    assert "there is no index here" in ran.err
    assert not INDEX.exists()
    with pytest.raises(IndexNotFoundError):
        searcher.rollback(INDEX)


def test_a_damaged_generation_is_not_gone_back_to(
    run: Run,
    twice: tuple[str, str],
) -> None:
    older, newer = twice
    name = damage(f"gen-{older}/*.post")
    ran = run("rollback")
    assert ran.code == 2
    assert name in ran.err
    assert current() == newer


def test_a_generation_of_another_analyzer_is_not_gone_back_to(
    run: Run, twice: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.snapshot.fingerprint", lambda: "another")
    ran = run("rollback")
    assert ran.code == 2
    assert "made with analyzer" in ran.err
    assert current() == twice[1]


def test_a_damaged_pointer_is_mended(run: Run, twice: tuple[str, str]) -> None:
    (INDEX / "CURRENT").write_text("x", "utf-8")
    ran = run("rollback")
    assert ran.code == 0
    assert ran.out == (
        f"published     {twice[1]}\nin place of   none that is known: CURRENT was damaged\n"
    )


def test_rollback_waits_for_another_job_as_long_as_it_is_told(
    run: Run,
    twice: tuple[str, str],
) -> None:
    with Home(INDEX).lock("another job"):
        ran = run("rollback", "--wait", "0.05")
    assert ran.code == 2
    assert "another job" in ran.err
    assert run("rollback", "--wait", "-1").code == 2


# ---------------------------------------------------------------- remove


def test_remove_takes_documents_out_in_one_generation(run: Run, built: Path) -> None:
    kept = len(Home(INDEX).generations())
    ran = run("remove", "texts/a.txt", "texts/b.txt", "texts/a.txt")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"2 removed, in generation {current()}\n"
    assert len(Home(INDEX).generations()) == kept + 1
    assert run("search", "脱贫", "--count").out == "0\n"
    assert run("status", "--files").out == "texts/c.txt\n"


def test_ids_that_are_not_there_are_named(run: Run, built: Path) -> None:
    ran = run("remove", "a\n.txt", "texts/a.txt")
    assert ran.code == 1
    assert ran.out.startswith("1 removed, in generation ")
    assert ran.err.splitlines() == [
        "searcher: a␊.txt: there is no such document",
        "searcher: list what there is with: searcher status --files",
    ]


def test_where_nothing_is_there_nothing_is_published(run: Run, built: Path) -> None:
    before = current()
    ran = run("remove", *(f"x{number}" for number in range(12)))
    assert ran.code == 1
    assert ran.out == f"0 removed, nothing was published; still generation {before}\n"
    assert "and 2 more are not there" in ran.err
    ran = run("remove", "x", "--json")
    report = json.loads(ran.out)
    assert (report["generation"], report["previous"]) == (before, before)
    assert (report["removed"], report["missing"]) == (0, ["x"])


@pytest.mark.parametrize(
    ("given", "options"),
    [("texts/a.txt\n\r\ntexts/b.txt\r\n", ()), ("texts/a.txt\0texts/b.txt\0", ("--null",))],
)
def test_ids_are_read_from_standard_input(
    run: Run,
    built: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    options: tuple[str, ...],
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(given.encode("utf-8")))
    monkeypatch.setattr(sys, "stdin", stdin)
    ran = run("remove", "-", *options, "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert (report["generation"], report["removed"], report["missing"]) == (current(), 2, [])


def test_remove_needs_an_id_and_an_index(run: Run) -> None:
    assert run("remove").code == 2
    ran = run("remove", "a")
    assert ran.code == 2
    assert "there is no index here" in ran.err
    assert not INDEX.exists()
