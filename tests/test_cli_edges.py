"""The program where something is odd: no memory, no output, bad numbers, names that are paths."""

# ruff: noqa: F401, F811 - fixtures are imported, and asked for by name

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from test_cli import SEEDS, Run, built, run, texts

import searcher
from searcher import Document

INDEX = Path("index")


def raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def program(*args: str | Path, script: str = "") -> list[str]:
    code = f"{script}\nfrom searcher.cli import main; main()"
    return [sys.executable, "-c", code, *map(str, args)]


# ---------------------------------------------------------------- what nobody foresaw


def test_out_of_memory_is_one_line_and_no_success(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.cli.build.run", raising(MemoryError()))
    ran = run("build", built)
    assert (ran.code, ran.out) == (2, "")
    [line] = ran.err.splitlines()
    assert line.startswith("searcher: out of memory; build with less (--memory 64M")


def test_a_bug_is_told_in_full_and_is_no_success(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.cli.build.run", raising(ZeroDivisionError("oh")))
    ran = run("build", built)
    assert ran.code == 2
    assert ran.err.startswith("Traceback")
    assert ran.err.endswith("ZeroDivisionError: oh\n")


@pytest.mark.parametrize(
    ("command", "step"),
    [
        (("remove", "texts/a.txt"), "searcher.jobs.updating.check_number"),
        (("rollback",), "searcher.jobs._check_usable"),
    ],
)
def test_what_writes_is_stopped_cleanly(
    run: Run, built: Path, command: tuple[str, ...], step: str
) -> None:
    assert run("build", built, "--quiet").code == 0
    before = sorted(INDEX.rglob("*")), (INDEX / "CURRENT").read_bytes()
    module, _, name = step.rpartition(".")
    script = (
        f"import os, signal, {module} as module\n"
        f"module.{name} = lambda *_: os.kill(os.getpid(), signal.SIGTERM)"
    )
    done = subprocess.run(program(*command, script=script), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGTERM, b"", b"")
    assert (sorted(INDEX.rglob("*")), (INDEX / "CURRENT").read_bytes()) == before


# ---------------------------------------------------------------- bad numbers


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--wait", "nan", "nan is no number of seconds"),
        ("--max-size", "9999999999G", "is too much; give 1024G at most"),
        ("--memory", "9" * 5000, "is too much; give 1024G at most"),
        ("--keep", str(10**30), "that is too many"),
        ("--jobs", str(10**30), "that is too many"),
        ("--samples", str(10**30), "that is too many"),
    ],
)
def test_a_number_out_of_all_bounds_is_refused_at_the_door(
    run: Run, texts: Path, option: str, value: str, said: str
) -> None:
    ran = run("build", texts, option, value)
    assert (ran.code, ran.out) == (2, "")
    assert option in ran.err.splitlines()[-1]
    assert said in ran.err
    assert len(ran.err) < 400
    assert not INDEX.exists()


def test_a_node_with_a_port_that_is_none_is_refused(run: Run, texts: Path) -> None:
    ran = run("build", texts, "--engine", "opensearch", "--url", "http://h:99999")
    assert (ran.code, "the URL is none of a cluster" in ran.err) == (2, True)


def test_a_size_that_no_memory_has_takes_none(run: Run, texts: Path) -> None:
    assert run("build", texts, "--max-size", "1000G", "--quiet").code == 0


def test_a_golden_file_that_cannot_be_read_says_what_next(run: Run, built: Path) -> None:
    ran = run("verify", "--golden", "nope")
    said = "nope: cannot be read: No such file or directory; name a file of golden queries"
    assert (ran.code, ran.err.startswith(f"searcher: {said}")) == (2, True)


@pytest.mark.parametrize("job", ["build", "update"])
def test_an_empty_path_is_not_this_folder(run: Run, built: Path, job: str) -> None:
    ran = run(job, "")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "searcher: a path is empty; name a file or folder, . is this one\n"


# ---------------------------------------------------------------- JSON


ODD = "控\u009b制\u202e符\x7f"


@pytest.mark.parametrize(
    "command",
    [
        ("show", "a"),
        ("explain", "a", "脱贫"),
        ("explain", "a", f"脱贫 {ODD}"),
        ("analyze", ODD),
        ("status",),
        ("status", "--files"),
        ("search", "脱贫"),
        ("remove", ODD),
        ("verify",),
        ("rebuild",),
    ],
)
def test_json_steers_no_terminal_and_holds_no_endless_number(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    documents = [
        Document("a", f"脱贫{ODD}", ODD, extra={ODD: float("inf")}),
        Document(ODD, "脱贫"),
    ]
    if command == ("rebuild",):
        (tmp_path / ODD).mkdir()
        (tmp_path / ODD / "a.txt").write_text("脱贫", "utf-8")
        searcher.build(tmp_path / ODD, index="index")
        (tmp_path / ODD / "b.bin").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    else:
        searcher.build(documents, index="index")
    ran = run(*command, "--json")
    assert not set("\u009b\u202e\x7f") & set(ran.out)
    json.loads(ran.out, parse_constant=raising(AssertionError(ran.out)))


def test_the_status_of_folders_whose_names_are_no_text_is_json(run: Run, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xb1\xa8"))
    odd.mkdir()
    (odd / "a.txt").write_text("脱贫", "utf-8")
    assert run("build", odd, "--index", odd / "index", "--quiet").code == 0
    command = [sys.executable, "-m", "searcher", "status", "--json", "--index", f"{odd}/index"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=SEEDS.parent)
    found = json.loads(done.stdout.decode("utf-8"))
    assert found["index"] == f"{tmp_path}/%B1%A8/index"
    assert found["generations"][0]["job"]["roots"][0]["path"] == f"{tmp_path}/%B1%A8"


# ---------------------------------------------------------------- no output


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("search 脱贫", 0),
        ("search 没有", 1),
        ("search 脱贫 --json", 0),
        ("search 脱贫 -l", 0),
        ("search 脱贫 -c", 0),
        ("search 脱贫 --html", 0),
        ("show texts/a.txt", 0),
        ("status --files", 0),
        ("build texts --quiet", 0),
    ],
)
@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_closed_output_is_the_null_device(
    built: Path, command: str, code: int, closed: str
) -> None:
    line = f"{sys.executable} -c 'from searcher.cli import main; main()' {command} {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (code, "", False)


def test_a_closed_input_holds_nothing(built: Path) -> None:
    line = f"{sys.executable} -c 'from searcher.cli import main; main()' remove - <&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:10]) == (0, "0 removed,")


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize("query", ["-脱", "-body:攻坚 脱贫"])
def test_a_query_that_begins_with_a_minus_gets_a_way_in(run: Run, built: Path, query: str) -> None:
    for before in (["search"], ["explain", "texts/a.txt"]):
        ran = run(*before, query)
        assert (ran.code, ran.out) == (2, "")
        [line] = ran.err.splitlines()
        assert line.startswith(f"searcher: {query}: there is no option -{query[1]}")
        name = "search" if len(before) == 1 else "explain ID"
        assert line.endswith(f"searcher {name} -- '{query}'")
    assert run("search", "--", "-body:攻坚 脱贫").code == 0


def test_an_option_that_is_misspelt_is_no_query(run: Run, built: Path) -> None:
    assert "Possible options: --like, --limit" in run("search", "--limt", "3").err


def test_a_long_query_without_hits_is_not_repeated(run: Run, built: Path) -> None:
    for query in ("没" * 9666, " ".join("没有这样的词语啊" for _ in range(60))):
        ran = run("search", query, "-F")
        assert ran.code == 1
        assert len(ran.err) < 400
    words = " ".join(f"无{number}" for number in range(40))
    assert run("search", words, "--match", "all").err.splitlines()[0].endswith(" and 25 more")


# ---------------------------------------------------------------- places and paths


def test_a_place_behind_the_text_is_refused(run: Run, built: Path) -> None:
    length = len((built / "a.txt").read_text("utf-8"))
    ran = run("show", "texts/a.txt", "--around", "999999")
    assert (ran.code, ran.out) == (2, "")
    assert f"Invalid value for --around: the text ends at {length}; give" in ran.err
    assert run("show", "texts/a.txt", "--around", length).code == 0


def test_json_shows_what_stands_around_a_place(run: Run, tmp_path: Path) -> None:
    searcher.build([Document("a", "前" * 300 + "中" + "后" * 300)], index="index")
    found = json.loads(run("show", "a", "--around", "300", "--json").out)
    assert (found["start"], found["body"]) == (100, "前" * 200 + "中" + "后" * 199)
    assert "start" not in json.loads(run("show", "a", "--json").out)


def test_a_glob_alone_lists(run: Run, built: Path) -> None:
    assert run("status", "*/a*").out == "texts/a.txt\n"
    assert run("status", "nope*").code == 1


def test_a_document_is_known_by_its_path(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built / "x[1]*.txt").write_text("脱贫攻坚。", "utf-8")
    run("build", built, "--quiet")
    text = (built / "a.txt").read_text("utf-8")
    for name in (built / "a.txt", "texts/../texts/a.txt", "./texts/a.txt"):
        assert run("show", name).out == text
    assert run("show", built / "x[1]*.txt").out == "脱贫攻坚。"
    assert run("explain", built / "a.txt", "脱贫").out.startswith("texts/a.txt: found")
    liked = run("search", "--like", built / "a.txt", "-l").out
    assert liked == run("search", "--like", "texts/a.txt", "-l").out
    (built.parent / "link").symlink_to(built)
    assert run("show", "link/a.txt").out == text
    monkeypatch.chdir(built)
    assert run("show", "a.txt", "--index", "../index").out == text
    ran = run("remove", built / "a.txt", built / "gone.txt", "--index", "../index")
    assert (ran.code, ran.out[:9]) == (1, "1 removed")
    assert f"{built}/gone.txt: there is no such document" in ran.err
    assert run("show", built / "a.txt", "--index", "../index").code == 1


def test_an_id_wins_over_a_path(run: Run) -> None:
    searcher.build([Document("x", "甲", path="y"), Document("y", "乙", path="x")], index="index")
    assert (run("show", "x").out, run("show", "y").out) == ("甲", "乙")


def test_a_path_of_several_documents_names_some(run: Run, built: Path) -> None:
    file = built / "records.jsonl"
    file.write_text("".join(f'{{"body": "第{n}条"}}\n' for n in range(9)), "utf-8")
    run("build", built, "--quiet")
    for command in (("show",), ("remove",), ("search", "--like")):
        ran = run(*command, file)
        assert (ran.code, ran.out) == (2, "")
        [line] = ran.err.splitlines()
        ids = ", ".join(f"texts/records.jsonl#{n}" for n in (1, 2, 3))
        assert line.startswith(f"searcher: {file}: is the path of several documents: {ids} and 6")
        assert line.endswith("""searcher search 'path:"texts/records.jsonl#"' --jsonl""")
    assert run("search", 'path:"texts/records.jsonl#"', "-c").out == "9\n"
    file.write_text('{"body": "只有一条"}\n', "utf-8")
    run("build", built, "--quiet")
    assert run("show", file).out == "只有一条"


def test_records_of_one_path_are_several(run: Run) -> None:
    documents = [Document(f"d{n}", "好", path="a b/c[1]") for n in range(2)]
    searcher.build(documents, index="index")
    line = run("show", "a b/c[1]").err
    assert "is the path of several documents: d0, d1; name one" in line
    assert line.endswith("""searcher search 'path:"a b/c[[]1]"' --jsonl\n""")
    assert run("search", 'path:"a b/c[[]1]"', "-c").out == "2\n"
