"""The program as a user and a script meet it: output, exit codes, one-line errors."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from searcher import cli
from searcher.version import VERSION

SEEDS = Path(__file__).parent.parent / "seeds"


@dataclass
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the program in this process, in a folder of its own."""
    for name in ("SEARCHER_INDEX", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*args: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["searcher", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            cli.run()
        out, err = capfd.readouterr()
        code = stopped.value.code
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return call


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("脱贫日报\n\n参与脱贫攻坚。全市驻村工作。\n", "utf-8")
    (folder / "b.txt").write_bytes("參與脫貧,為民服務。大家一起來。\n".encode("big5"))
    (folder / "c.txt").write_text("软件工程师,2017 年10 月", "utf-16")
    return folder


@pytest.fixture
def built(run: Run, texts: Path) -> Path:
    assert run("build", texts, "--quiet").code == 0
    return texts


# ---------------------------------------------------------------- build


def test_build_says_what_it_did(run: Run, texts: Path) -> None:
    ran = run("build", texts)
    assert ran.code == 0
    summary, encodings = ran.out.splitlines()
    assert summary.startswith("3 documents in generation ")
    assert encodings == "files read: 1 in utf-8, 1 in big5hkscs, 1 in utf-16-le"
    assert run("build", texts, "--include", "a.txt").out.count("\n") == 1


def test_build_reports_as_json(run: Run, texts: Path) -> None:
    (texts / "bad.bin").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)))
    ran = run("build", texts, "--json")
    report = json.loads(ran.out)
    assert ran.code == 1
    assert (report["documents"], report["empty"], report["replaced"]) == (3, 0, 0)
    [failure] = report["failures"]
    assert failure["where"] == str(texts / "bad.bin")
    assert "bad.bin" in ran.err
    assert report["generation"] in run("status").out


def test_one_bad_file_among_good_empty_and_huge_ones(run: Run, texts: Path) -> None:
    (texts / "binary.bin").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    (texts / "empty.txt").write_bytes(b"")
    (texts / "huge.txt").write_text("很长的文件。" * 200_000, "utf-8")
    (texts / "over.txt").write_text("太" * 700_000, "utf-8")
    (texts / "wrong.txt").write_bytes(b"\xff\xfe\xff" + "不是".encode("gb18030"))
    (texts / "gone.txt").symlink_to(texts / "nothing")
    ran = run("build", texts, "--max-size", "4M", "--encoding", "wrong.txt=utf-8", "--json")
    assert ran.code == 1
    report = json.loads(ran.out)
    failed = {Path(each["where"]).name: each["reason"] for each in report["failures"]}
    assert {"binary.bin", "wrong.txt"} <= set(failed) <= {"binary.bin", "wrong.txt", "gone.txt"}
    assert report["documents"] == 6
    assert report["empty"] == 1
    assert any("gone.txt" in line for line in [*failed, *report["warnings"]])
    assert run("search", '"很长的文件"', "-c").out == "1\n"
    assert run("build", texts, "--max-size", "1M", "--quiet").code == 1


def test_a_folder_without_a_document_publishes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    ran = run("build", "none")
    assert (ran.code, ran.out) == (2, "")
    said = "searcher: nothing was published: there is no document to index; name other files"
    assert ran.err.splitlines()[-1].startswith(said)
    for quiet in ("--quiet", "--json"):
        [line] = run("build", "none", quiet).err.splitlines()
        assert line.startswith(said)
    assert run("status").code == 2


def test_a_build_of_nothing_to_search_leaves_the_index_alone(run: Run, built: Path) -> None:
    (built / "none").mkdir()
    (built / "none" / "empty.txt").write_text(" \n", "utf-8")
    ran = run("build", built / "none")
    assert (ran.code, ran.out, "nothing was published" in ran.err) == (2, "", True)
    assert run("search", "脱贫", "-c").out == "2\n"


def test_a_dry_run_lists_and_writes_nothing(run: Run, texts: Path, tmp_path: Path) -> None:
    ran = run("build", texts, "--dry-run", "--exclude", "b.*")
    assert ran.code == 0
    assert [line.split("/")[-1] for line in ran.out.splitlines()] == ["a.txt", "c.txt"]
    assert not (tmp_path / "index").exists()


def test_a_dry_run_lists_as_json(run: Run, texts: Path) -> None:
    (texts / "link").symlink_to("a.txt")
    os.mkfifo(texts / "pipe")
    ran = run("build", texts, "--dry-run", "--json", "--exclude", "b.*")
    assert (ran.code, ran.err) == (0, "")
    sizes = {name: (texts / name).stat().st_size for name in ("a.txt", "c.txt")}
    assert json.loads(ran.out) == {
        "files": [{"path": str(texts / name), "bytes": size} for name, size in sizes.items()],
        "failures": [
            {"where": str(texts / "pipe"), "reason": "a pipe, socket or device, not a file"}
        ],
        "skipped": [
            {
                "where": str(texts / "link"),
                "reason": "a link; to follow links, build with --follow-links",
            }
        ],
        "total": {"files": 2, "bytes": sum(sizes.values())},
    }


def test_links_are_followed_when_asked_and_from_then_on(
    run: Run, texts: Path, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else/d.txt").write_text("链接后面的文字。", "utf-8")
    (texts / "link").symlink_to(tmp_path / "else")
    ran = run("build", texts)
    assert "link: not read: a link; to follow links, build with --follow-links" in ran.err
    assert run("build", texts, "--follow-links", "--quiet").code == 0
    assert "texts/link/d.txt" in run("status", "--files").out
    (tmp_path / "else/e.txt").write_text("又一个。", "utf-8")
    assert json.loads(run("update", "--json").out)["added"] == 1
    assert json.loads(run("rebuild", "--json").out)["documents"] == 5
    assert json.loads(run("build", texts, "--json").out)["documents"] == 3


def test_globs_choose_files(run: Run, texts: Path) -> None:
    run("build", texts, "--include", "*.txt", "--exclude", "a.*", "--quiet")
    assert run("status", "--files").out.split() == ["texts/b.txt", "texts/c.txt"]
    assert run("status", "--files", "*/c*").out.split() == ["texts/c.txt"]


def test_as_names_the_root(run: Run, texts: Path) -> None:
    run("build", texts, "--as", "报纸", "--quiet")
    assert run("status", "--files").out.split()[0] == "报纸/a.txt"


def test_ids_do_not_depend_on_the_folder_one_stands_in(
    run: Run, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for path in ("texts", "./texts", str(texts), "texts/../texts/"):
        run("build", path, "--quiet")
        seen.add(run("status", "--files").out)
    monkeypatch.chdir(texts)
    run("build", ".", "--quiet", "--index", "../index")
    seen.add(run("status", "--files", "--index", "../index").out)
    assert seen == {"texts/a.txt\ntexts/b.txt\ntexts/c.txt\n"}


def test_two_roots_of_one_name_are_refused_with_a_way_out(run: Run, tmp_path: Path) -> None:
    for parent in ("x", "y"):
        (tmp_path / parent / "t").mkdir(parents=True)
    ran = run("build", "x/t", "y/t")
    assert ran.code == 2
    assert "--as" in ran.err


def test_standard_input_is_a_document(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO("管道里的文字".encode("gb18030")))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run("build", "-", "--quiet").code == 0
    assert run("search", "管道", "-l").out == "stdin\n"


def test_jsonl_records_are_documents(run: Run, tmp_path: Path) -> None:
    records = [
        {"id": "一", "title": "题", "body": "正文", "date": "2020年5月", "tag": "x"},
        {"id": "二"},
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (tmp_path / "d.jsonl").write_text("\n".join([*lines, "{bad"]), "utf-8")
    ran = run("build", "d.jsonl", "--json")
    assert ran.code == 1
    wheres = [failure["where"] for failure in json.loads(ran.out)["failures"]]
    assert wheres == [f"{tmp_path / 'd.jsonl'}:2", f"{tmp_path / 'd.jsonl'}:3:2"]
    [hit] = json.loads(run("search", "正文", "--json").out)["hits"]
    assert (hit["id"], hit["date"], hit["extra"]) == ("一", "2020-05", {"tag": "x"})


@pytest.mark.parametrize("size", ["", "x", "-1", "5T", "64MM", "١"])
def test_a_size_that_is_none_is_refused(run: Run, texts: Path, size: str) -> None:
    ran = run("build", texts, "--max-size", size)
    assert ran.code == 2
    assert "--max-size" in ran.err


# ---------------------------------------------------------------- search


def test_a_pipe_gets_lines_with_visible_marks(run: Run, built: Path) -> None:
    ran = run("search", '"参与脱贫"')
    assert ran.code == 0
    assert ran.err == ""
    assert sorted(ran.out.splitlines()) == [
        f"{built / 'a.txt'}:3:1:脱贫日报 [参与脱贫]攻坚。全市驻村工作。",
        f"{built / 'b.txt'}:1:1:[參與脫貧],為民服務。大家一起來。",
    ]
    ran = run("search", '"攻坚"', "--marks", "【,】")
    assert "【攻坚】" in ran.out


def test_json_is_one_object_with_every_key(run: Run, built: Path) -> None:
    ran = run("search", "脱贫", "--json", "--snippets", "1", "-n", "1", "--offset", "1")
    page = json.loads(ran.out)
    assert "脱贫" in ran.out
    assert list(page) == [
        "query",
        "total",
        "matched",
        "took_ms",
        "generation",
        "alternatives",
        "suggestions",
        "facets",
        "warnings",
        "hits",
    ]
    [hit] = page["hits"]
    assert list(hit) == [
        "id",
        "score",
        "title",
        "path",
        "date",
        "source",
        "author",
        "script",
        "extra",
        "snippets",
    ]
    [snippet] = hit["snippets"]
    assert list(snippet) == ["field", "start", "end", "line", "column", "text", "highlights"]
    assert (page["total"], page["matched"], len(page["hits"])) == (2, "all", 1)


def test_jsonl_is_one_hit_a_line(run: Run, built: Path) -> None:
    lines = run("search", "脱贫", "--jsonl").out.splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == ["texts/a.txt", "texts/b.txt"]


def test_html_is_a_page_with_marks(run: Run, built: Path) -> None:
    ran = run("search", "脱贫", "--html")
    assert ran.out.startswith("<!doctype html>")
    assert "<mark>脫貧</mark>" in ran.out


def test_paths_and_counts_are_for_scripts(run: Run, built: Path) -> None:
    both = {str(built / "a.txt"), str(built / "b.txt")}
    assert set(run("search", "脱贫", "-l").out.splitlines()) == both
    assert set(run("search", "脱贫", "-0").out.rstrip("\0").split("\0")) == both
    ran = run("search", "脱贫", "-c")
    assert (ran.out, ran.err) == ("2\n", "")


def test_scripts_get_all_words_unless_asked(run: Run, built: Path) -> None:
    assert run("search", "脱贫 软件", "-c").out == "0\n"
    assert run("search", "脱贫 软件", "-c").code == 1
    assert run("search", "脱贫 软件", "-c", "--match", "any").out == "3\n"
    assert len(run("search", "脱贫 软件").out.splitlines()) >= 3


def test_sorting_by_path(run: Run, built: Path) -> None:
    ran = run("search", "脱贫 OR 软件", "--sort", "path", "-l")
    assert ran.out.split() == [str(built / name) for name in ("a.txt", "b.txt", "c.txt")]


def test_a_literal_is_one_phrase(run: Run, built: Path) -> None:
    assert run("search", "-F", "参与脱贫 攻坚").code == 0
    assert run("search", "-F", "攻坚 参与").code == 1
    assert run("search", "--literal", '"2017年').code == 0


def test_nothing_found_counts_each_word_on_stderr(run: Run, built: Path) -> None:
    ran = run("search", "脱贫 火星", "--match", "all")
    assert (ran.code, ran.out) == (1, "")
    assert "脱贫 2" in ran.err
    assert "火星 0" in ran.err


def test_a_malformed_query_shows_the_place(run: Run, built: Path) -> None:
    ran = run("search", '脱贫 "攻坚')
    assert ran.code == 2
    first, shown, caret = ran.err.splitlines()
    assert first.startswith("searcher: ")
    assert "--literal" in first
    assert shown == '  脱贫 "攻坚'
    assert caret == " " * (2 + 4 + 1) + "^"


@pytest.mark.parametrize("pair", [("--json", "-l"), ("-c", "--html"), ("-0", "-l")])
def test_two_forms_at_once_are_refused(run: Run, built: Path, pair: tuple[str, str]) -> None:
    assert run("search", "脱贫", *pair).code == 2


@pytest.mark.parametrize("marks", ["x", ",", "a,", ",b", ""])
def test_marks_come_in_pairs(run: Run, built: Path, marks: str) -> None:
    assert run("search", "脱贫", "--marks", marks).code == 2


def test_words_need_no_quotes_for_the_shell(run: Run, built: Path) -> None:
    assert run("search", "参与", "攻坚", "-l").out == f"{built / 'a.txt'}\n"
    assert run("search", "-l", "--", "-参与", "软件").out == f"{built / 'c.txt'}\n"


def test_a_pipe_is_told_that_not_every_word_was_found(run: Run, built: Path) -> None:
    ran = run("search", "脱贫 软件")
    assert (ran.code, "none has every word" in ran.err) == (0, True)
    for more in (("-n", "0"), ("--offset", "99")):
        ran = run("search", "脱贫", *more)
        assert (ran.code, ran.out, "2 documents" in ran.err) == (0, "", True)


# ---------------------------------------------------------------- colour


def test_colour_is_a_choice(run: Run, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("search", "脱贫").out
    assert "\x1b[" in run("search", "脱贫", "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("search", "脱贫").out
    assert "\x1b[" not in run("search", "脱贫", "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("search", "脱贫").out


# ---------------------------------------------------------------- show, status, analyze


def test_show_prints_the_original(run: Run, built: Path) -> None:
    assert run("show", "texts/a.txt").out == (built / "a.txt").read_text("utf-8")
    assert "为民" not in run("show", "texts/b.txt").out
    assert run("show", "texts/b.txt", "--around", "5").out.startswith("參與脫貧")
    assert json.loads(run("show", "texts/a.txt", "--json").out)["title"] == "脱贫日报"
    missing = run("show", "texts/z.txt")
    assert (missing.code, missing.out, missing.err.count("\n")) == (1, "", 1)


def test_show_changes_nothing_in_a_pipe(run: Run, texts: Path) -> None:
    (texts / "x.txt").write_bytes("脱贫\x1b[31m红色\r\n".encode())
    run("build", texts, "--quiet")
    assert run("show", "texts/x.txt").out.startswith("脱贫\x1b[31m红色")


def test_status_names_the_fields(run: Run, built: Path, tmp_path: Path) -> None:
    assert "\n  fields     no extra ones\n" in run("status").out
    assert json.loads(run("status", "--json").out)["fields"] == {}
    record = {"id": "一", "body": "正文", "tag": "x", "页\x1b": 3}
    (built / "d.jsonl").write_text(json.dumps(record), "utf-8")
    run("build", built, "--quiet")
    ran = run("status")
    assert ran.out.count("  fields     ") == 1
    assert "\n  fields     tag, 页␛\n" in ran.out
    report = json.loads(run("status", "--json").out)
    assert report["fields"] == {"tag": ["text"], "页\x1b": ["number"]}
    assert list(report) == ["index", "damage", "fields", "generations"]


def test_status_tells_the_rest_where_the_fields_cannot_be_told(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.snapshot.fingerprint", lambda: "another")
    ran = run("status")
    assert ran.code == 0
    assert "\n  fields     not known: " in ran.out
    assert json.loads(run("status", "--json").out)["fields"] is None


def test_status_tells_what_there_is(run: Run, built: Path) -> None:
    run("build", built, "--quiet")
    [first, second] = json.loads(run("status", "--json").out)["generations"]
    assert (first["current"], second["current"], first["documents"]) == (True, False, 3)
    assert first["job"]["roots"] == [{"path": str(built), "name": "texts"}]
    assert "(published)" in run("status").out


def test_only_two_generations_are_kept(run: Run, built: Path) -> None:
    for _ in range(3):
        run("build", built, "--quiet")
    assert len(json.loads(run("status", "--json").out)["generations"]) == 2


def test_analyze_shows_every_stage(run: Run) -> None:
    text = "參與(yu) 脫貧,為(wei) 民服務(wu) 。好"
    stages = json.loads(run("analyze", text, "--json").out)
    assert stages["noise"] == {"annotations": True, "markup": False}
    assert stages["clean"] == "參與脫貧,為民服務。好"
    assert stages["units"][:2] == [["参", 0, 1], ["与", 1, 2]]
    assert ["参与", 0, 2] in stages["words"]
    assert stages["script"] == "hant"
    plain = run("analyze", text).out
    assert "參與脫貧" in plain


# ---------------------------------------------------------------- the program as a whole


@pytest.mark.parametrize("command", [("search", "脱贫"), ("status",), ("show", "x")])
def test_without_an_index_there_is_one_clear_line(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    ran = run(*command)
    assert (ran.code, ran.out) == (2, "")
    [line] = ran.err.splitlines()
    assert "searcher build" in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_something_else_is_left_alone(run: Run, texts: Path) -> None:
    before = sorted(texts.iterdir())
    for command in (("build", texts), ("search", "脱贫"), ("status",)):
        ran = run(*command, "--index", texts)
        assert ran.code == 2, command
        assert len(ran.err.splitlines()) == 1, command
    assert sorted(texts.iterdir()) == before


def test_the_environment_names_the_index(
    run: Run, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHER_INDEX", str(tmp_path / "else"))
    run("build", texts, "--quiet")
    assert (tmp_path / "else" / "CURRENT").exists()
    assert run("search", "脱贫", "-c").out == "2\n"


def test_a_world_writable_default_index_is_not_opened_unasked(
    run: Run, built: Path, tmp_path: Path
) -> None:
    (tmp_path / "index").chmod(0o777)
    assert run("search", "脱贫").code == 2
    assert run("search", "脱贫", "--index", "index").code == 0


def test_control_and_bidi_characters_in_names_are_made_visible(run: Run, texts: Path) -> None:
    (texts / "x\x1b[31m\u202e.txt").write_text("逃逸 \x1b[2J 脱贫", "utf-8")
    run("build", texts, "--quiet")
    ran = run("search", "逃逸")
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "\x1b" in run("search", "逃逸", "-l").out  # raw, for scripts


def test_a_terminal_gets_paths_that_cannot_steer_it(
    run: Run, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (texts / "x\x1b[31m\u202e.txt").write_text("逃逸", "utf-8")
    run("build", texts, "--quiet")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("search", "逃逸", "-l").out == f"{texts}/x␛[31m‹U+202E›.txt\n"
    assert run("search", "逃逸", "-0").out == f"{texts}/x\x1b[31m\u202e.txt\0"


def test_paths_are_those_of_files_whose_names_are_no_text(
    run: Run, texts: Path, tmp_path: Path
) -> None:
    names = ["报纸".encode("gbk") + b".txt", b"%B1.txt", b"100%.txt"]
    for name in names:
        Path(os.fsdecode(os.fsencode(texts) + b"/" + name)).write_text("解压出来的文字", "utf-8")
    run("build", texts, "--quiet")
    search = f"{sys.executable} -m searcher search 解压 --index {tmp_path / 'index'}"
    for command in (f"{search} -0 | xargs -0 cat", f"{search} -l | tr '\\n' '\\0' | xargs -0 cat"):
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, check=True, cwd=SEEDS.parent
        )
        assert done.stdout.decode() == "解压出来的文字" * 3
    (texts / os.fsdecode(names[0])).unlink()
    assert f"{texts}/%B1%A8\u05bd.txt\n" in run("search", "解压", "-l").out


def test_errors_say_what_to_do_next(run: Run, built: Path) -> None:
    for command in (("build", "nope"), ("search", "--queries", "nope")):
        ran = run(*command)
        assert ran.code == 2
        said = "searcher: nope: cannot be read: No such file or directory; check its name"
        assert ran.err.startswith(said)
    ran = run("build", built, "--encoding", "nosuch")
    assert (ran.code, "unknown encoding 'nosuch'; name one" in ran.err) == (2, True)


def test_version_help_and_usage(run: Run) -> None:
    assert run("--version").out == f"searcher {VERSION}\n"
    assert run("search", "--help").code == 0
    assert run("nonsense").code == 2
    assert run("search").code == 2


def test_the_module_is_the_same_program_and_survives_a_closed_pipe(built: Path) -> None:
    command = f"{sys.executable} -m searcher search 脱贫 --index {built.parent / 'index'}"
    done = subprocess.run(
        ["sh", "-c", f"{command} | head -c 1"],
        capture_output=True, text=True, check=True, cwd=SEEDS.parent,
    )  # fmt: skip
    assert (len(done.stdout), done.stderr) == (1, "")
