"""Paths, folders, standard input and JSONL → Documents; nothing lost in silence, nothing stuck."""

from __future__ import annotations

import datetime
import fnmatch
import gzip
import io
import json
import os
import pickle
import re
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import DocumentError, SourceError
from searcher.model import Failure
from searcher.preparing.keeping import storable_document
from searcher.sources import (
    Listed,
    Options,
    Read,
    Root,
    Skipped,
    listing,
    parse_date,
    read,
    read_one,
    read_stdin,
    roots,
)
from searcher.sources.fields import document_of, parse
from searcher.sources.files import title_of
from searcher.sources.globs import matches

SEEDS = Path(__file__).parent.parent / "seeds"
QUICK = settings(max_examples=200, deadline=None, derandomize=True)
ALL = Options()

Result = Read | Skipped | Failure


def write(folder: Path, *names: str, text: str = "全文检索") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def results(path: Path, options: Options = ALL) -> list[Result]:
    return list(read(roots([path]), options))


def ids(found: list[Result]) -> list[str]:
    return [result.document.id for result in found if isinstance(result, Read)]


def reasons(found: list[Result]) -> dict[str, str]:
    """Name → reason of what was not read."""
    return {Path(r.where).name: r.reason for r in found if not isinstance(r, Read)}


def records(tmp_path: Path, *lines: str, options: Options = ALL) -> list[Result]:
    (tmp_path / "r.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return results(tmp_path / "r.jsonl", options)


def record(tmp_path: Path, **fields: object) -> Read:
    [result] = records(tmp_path, json.dumps({"body": "全文"} | fields))
    assert isinstance(result, Read)
    return result


# ---------------------------------------------------------------- roots and ids


def test_a_folder_gives_the_same_ids_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    absolute = results(SEEDS)
    assert len(absolute) >= 5
    monkeypatch.chdir(SEEDS.parent)
    for given_path in ("seeds", "./seeds", "seeds/", "seeds/../seeds"):
        assert list(read(roots([given_path]), ALL)) == absolute
    monkeypatch.chdir(SEEDS)
    assert list(read(roots(["."]), ALL)) == absolute
    assert ids(absolute)[0] == "seeds/000_c35c21b2f299a3c3.txt"


def test_the_body_is_the_whole_file_and_the_path_is_absolute() -> None:
    for result in results(SEEDS):
        assert isinstance(result, Read)
        path = SEEDS.resolve() / result.document.id.removeprefix("seeds/")
        assert result.document.path == result.where == str(path)
        assert result.document.body == path.read_bytes().decode("utf-8")
        assert (result.encoding, result.confidence, result.replaced) == ("utf-8", 1.0, 0)
        assert result.size == path.stat().st_size


def test_files_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a/b.txt",
        "a-b.txt",
        "a.txt",
        "a b.txt",
        "a0.txt",
        "B.txt",
        "中/文.txt",
        "中.txt",
    )
    write(tmp_path, "a/b/c.txt", "𠀀.txt", "﨑.txt")
    found = ids(results(tmp_path))
    assert len(found) == 11
    assert found == sorted(found)
    assert found[1:5] == [
        f"{tmp_path.name}/{name}" for name in ("a b.txt", "a-b.txt", "a.txt", "a/b.txt")
    ]


def test_ids_are_nfc_and_show_undecodable_bytes(tmp_path: Path) -> None:
    write(tmp_path, "cafe\u0301.txt")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff.txt")).write_text("全文", encoding="utf-8")
    found = results(tmp_path)
    assert ids(found) == [f"{tmp_path.name}/café.txt", f"{tmp_path.name}/x%FF.txt"]
    paths = [Path(r.document.path).name for r in found if isinstance(r, Read)]
    # The path opens the file where it can, so its form is kept.
    assert paths == ["cafe\u0301.txt", "x%FF.txt"]
    for result in found:
        assert isinstance(result, Read)
        result.document.path.encode("utf-8")


def test_a_file_that_is_a_root_has_its_name_as_id(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".hidden")
    assert ids(results(tmp_path / "a.txt", Options(include=("*.md",)))) == ["a.txt"]
    assert ids(results(tmp_path / ".hidden")) == [".hidden"]
    assert ids(list(read(roots([tmp_path / "a.txt"], names=["b"]), ALL))) == ["b"]


def test_a_second_root_of_the_same_name_is_refused_unless_named(tmp_path: Path) -> None:
    write(tmp_path, "x/data/a.txt", "y/data/a.txt")
    both = [tmp_path / "x/data", tmp_path / "y/data"]
    with pytest.raises(SourceError, match=r"a second root named 'data'.*--as NAME"):
        roots(both)
    found = list(read(roots(both, names=["x", "Y/2"]), ALL))
    assert ids(found) == ["x/a.txt", "Y/2/a.txt"]


def test_one_file_never_gets_two_ids(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c.txt")
    with pytest.raises(SourceError, match="lies inside"):
        roots([tmp_path / "a/b", tmp_path / "a"])
    with pytest.raises(SourceError, match="twice"):
        roots([tmp_path / "a", tmp_path / "a"], names=["x", "y"])


def test_a_path_below_a_known_root_is_a_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c.txt", "d.txt")
    known = roots([tmp_path / "a"], names=["docs"])
    for path, name, below in (
        ("a", "docs", ""),
        ("a/b", "docs", "b"),
        ("a/b/c.txt", "docs", "b/c.txt"),
        ("a/gone/e.txt", "docs", "gone/e.txt"),
        ("d.txt", "d.txt", ""),
    ):
        [root] = roots([tmp_path / path], known=known)
        assert (root.name, root.below) == (name, below)
    assert ids(list(read(roots([tmp_path / "a/b"], known=known), ALL))) == ["docs/b/c.txt"]
    assert ids(list(read(roots([tmp_path / "a/b/c.txt"], known=known), ALL))) == ["docs/b/c.txt"]


def test_a_known_root_keeps_its_name_and_others_keep_off_it(tmp_path: Path) -> None:
    write(tmp_path, "x/a/b/c.txt", "y/a/d.txt")
    known = roots([tmp_path / "x/a"])
    assert roots([tmp_path / "x/a"], names=["a"], known=known) == known
    for path, names, reason in (
        ("x/a", ["z"], "known as 'a'"),
        ("x/a/b", ["z"], "known as 'a'"),
        ("y/a", [], "a second root named 'a'"),
        ("x", [], "lies inside"),
    ):
        with pytest.raises(SourceError, match=reason):
            roots([tmp_path / path], names=names, known=known)
    with pytest.raises(SourceError, match="lies inside"):
        roots([tmp_path / "x/a", tmp_path / "x/a/b"], known=known)
    with pytest.raises(SourceError, match="twice"):
        roots([tmp_path / "x/a", tmp_path / "x/a"], known=known)
    (tmp_path / "x/a").rename(tmp_path / "z")
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        roots([tmp_path / "x/a/b"], known=known)


def test_a_part_holds_what_a_walk_of_the_whole_root_finds_there(tmp_path: Path) -> None:
    write(
        tmp_path, "r/a/b.txt", "r/a/.h/c.txt", "r/a/d.md", "r/a/e/f.txt", "r/k.txt", "r/.g/i.txt"
    )
    (tmp_path / "r/link").symlink_to("a")
    known = roots([tmp_path / "r"])
    for options in (
        ALL,
        Options(include=("*.txt",)),
        Options(exclude=("/a/e",)),
        Options(exclude=("a",)),
        Options(include=(".g/**", "*.md")),
        Options(leave_out=(tmp_path.resolve() / "r/a",)),
    ):
        whole = set(ids(list(read(known, options))))
        for below in ("a", "a/.h", "a/.h/c.txt", "a/d.md", "a/e", "k.txt", ".g", "a/b.txt"):
            parts = roots([tmp_path / "r" / below], known=known)
            there = {name for name in whole if f"{name}/".startswith(f"r/{below}/")}
            assert set(ids(list(read(parts, options)))) == there, (below, options)


def test_no_root_is_named_as_standard_input_is(tmp_path: Path) -> None:
    write(tmp_path, "stdin/a.txt")
    with pytest.raises(SourceError, match="standard input: give --as NAME"):
        roots([tmp_path / "stdin"])


def test_every_document_tells_where_it_comes_from(tmp_path: Path) -> None:
    write(tmp_path, "r/a/b.txt", "plain.txt")
    line = json.dumps({"id": "x", "body": "文"})
    write(tmp_path, "r/a/c.jsonl", "d.jsonl", text=line)
    found = read(roots([tmp_path / name for name in ("r", "plain.txt", "d.jsonl")]), ALL)
    assert [(each.document.id, each.origin) for each in found if isinstance(each, Read)] == [
        ("r/a/b.txt", "r"),
        ("x", "r/a/c.jsonl"),
        ("plain.txt", "plain.txt"),
        ("x", "d.jsonl"),
    ]
    [piped] = read_stdin(io.BytesIO(b"a"), ALL)
    assert isinstance(piped, Read)
    assert piped.origin == "stdin"


@pytest.mark.parametrize("name", ["", "/", "a//b", "..", "a/../b", "/a", "a\x00"])
def test_a_name_that_cannot_begin_ids_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="cannot be a name"):
        roots([tmp_path], names=[name])


def test_the_root_of_the_file_system_needs_a_name() -> None:
    with pytest.raises(SourceError, match="--as NAME"):
        roots(["/"])


def test_as_many_names_as_paths(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="2 names for 1 path"):
        roots([tmp_path], names=["a", "b"])


@pytest.mark.parametrize("path", ["missing", "a.txt/b", "", "a\x00b", "pipe", "loop"])
def test_a_root_that_cannot_be_read_is_one_clear_error(tmp_path: Path, path: str) -> None:
    write(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    given_path = tmp_path / path if path else tmp_path / "no/such"
    with pytest.raises(SourceError) as caught:
        roots([given_path])
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_root_that_is_a_link_is_resolved(tmp_path: Path) -> None:
    write(tmp_path, "real/a.txt")
    (tmp_path / "link").symlink_to("real")
    assert ids(results(tmp_path / "link")) == ["real/a.txt"]


def test_a_root_that_vanishes_is_an_error_not_an_empty_answer(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = read(roots([tmp_path / "a"]), ALL)
    (tmp_path / "a").rmdir()
    with pytest.raises(SourceError, match="cannot be read"):
        next(found)


# ---------------------------------------------------------------- which files


def test_hidden_files_are_left_alone_unless_named(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".b.txt", ".git/c.txt", "d/.e/f.txt")
    name = tmp_path.name
    assert ids(results(tmp_path)) == [f"{name}/a.txt"]
    assert ids(results(tmp_path, Options(include=("*.txt",)))) == [f"{name}/a.txt"]
    assert ids(results(tmp_path, Options(include=(".b*",)))) == [f"{name}/.b.txt"]
    assert ids(results(tmp_path, Options(include=(".git",)))) == [f"{name}/.git/c.txt"]
    assert ids(results(tmp_path, Options(include=("d/.e/**",)))) == [f"{name}/d/.e/f.txt"]
    both = Options(include=(".git/**",), exclude=("c.txt",))
    assert ids(results(tmp_path, both)) == []


def test_exclude_wins_over_include(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.md", "old/a.txt", "old/new/a.txt")
    name = tmp_path.name
    options = Options(include=("*.txt",), exclude=("old/new",))
    assert ids(results(tmp_path, options)) == [f"{name}/a.txt", f"{name}/old/a.txt"]
    assert ids(results(tmp_path, Options(exclude=("*.txt",)))) == [f"{name}/b.md"]


GLOBS = [
    # glob, path, chosen
    ("*.txt", "a.txt", True),
    ("*.txt", "x/y/a.txt", True),
    ("*.txt", "a.txt.md", False),
    ("*.txt", "a.TXT", False),
    ("/*.txt", "a.txt", True),
    ("/*.txt", "x/a.txt", False),
    ("x/*.txt", "x/a.txt", True),
    ("x/*.txt", "x/y/a.txt", False),
    ("x/*.txt", "w/x/a.txt", False),
    ("x", "x/y/a.txt", True),
    ("x", "w/x/a.txt", True),
    ("x/", "x/a.txt", True),
    ("x/", "x", False),
    ("x/y", "x/y/z", True),
    ("x/**", "x/y/a.txt", True),
    ("x/**", "x", False),
    ("**/a.txt", "a.txt", True),
    ("**/a.txt", "x/y/a.txt", True),
    ("x/**/a.txt", "x/a.txt", True),
    ("x/**/a.txt", "x/y/z/a.txt", True),
    ("x/**/a.txt", "xa.txt", False),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("a?c", "a中c", True),
    ("[a-c].txt", "b.txt", True),
    ("[!a-c].txt", "b.txt", False),
    ("[^a-c].txt", "d.txt", True),
    ("[]].txt", "].txt", True),
    ("[a&&b].txt", "&.txt", True),
    (r"[\d].txt", "d.txt", True),
    (r"[\d].txt", "1.txt", False),
    ("a[!b]c", "a/c", False),
    ("*.{txt,md}", "a.md", True),
    ("*.{txt,md}", "a.rst", False),
    ("{a,b*}/c", "bb/c", True),
    (r"\*.txt", "*.txt", True),
    (r"\*.txt", "a.txt", False),
    (r"a\{b", "a{b", True),
    ("a,b}", "a,b}", True),
    ("a.b", "axb", False),
    ("a+(b)$", "a+(b)$", True),
    ("café", "cafe\u0301", True),
    ("第*章.txt", "第一章.txt", True),
    ("a\nb", "a\nb", True),
    ("a*", "a\nb", True),
]


@pytest.mark.parametrize(("glob", "path", "chosen"), GLOBS)
def test_globs_choose_paths_as_ripgrep_reads_them(glob: str, path: str, chosen: bool) -> None:
    assert matches(glob, path) is chosen


@pytest.mark.parametrize("glob", ["", "/", "[a", "a[", "{a", "{a,{b,c}}", "[z-a]"])
def test_a_glob_that_cannot_be_read_is_refused_before_reading(tmp_path: Path, glob: str) -> None:
    for options in (
        Options(include=(glob,)),
        Options(exclude=(glob,)),
        Options(encodings=((glob or "[", "gbk"),)),
    ):
        with pytest.raises(SourceError):
            read([Root(tmp_path, "x")], options)


@QUICK
@given(st.text("abc*?", min_size=1, max_size=6), st.text("abc", min_size=1, max_size=6))
def test_plain_globs_agree_with_fnmatch(glob: str, name: str) -> None:
    assert matches(glob, name) is fnmatch.fnmatchcase(name, glob)
    assert matches(f"x/{glob}", f"x/{name}") is matches(glob, name)


PARTS = {
    "a": "a", "b": "b", "*": "[^/]*", "?": "[^/]", "[ab]": "[ab]", "[!a]": "(?!/)[^a]",
    "{ab,a}": "(?:ab|a)", "{a*b,*b}": "(?:a[^/]*b|[^/]*b)", "{,?}": "(?:|[^/])",
}  # fmt: skip
NAMED = st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=5).filter(
    lambda parts: parts == ["*"] or set(parts) != {"*"}  # ** is something else
)


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(
    st.sampled_from(["", "/", "**/"]),
    st.lists(NAMED, min_size=1, max_size=3),
    st.sampled_from(["", "/", "/**"]),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_a_glob_chooses_what_a_regular_expression_that_tries_all_ways_does(
    front: str, folders: list[list[str]], end: str, names: list[str]
) -> None:
    glob = front + "/".join(map("".join, folders)) + end
    anywhere = {"": "", "/": "", "**/": "(?:[^/]+/)*"}[front]
    if not front and len(folders) == 1 and end != "/**":
        anywhere = "(?:.*/)?"
    core = "/".join("".join(map(PARTS.__getitem__, parts)) for parts in folders)
    inside = {"": "(?:/.+)?", "/": "/.+", "/**": "/.+"}[end]
    expected = re.fullmatch(anywhere + core + inside, "/".join(names)) is not None
    assert matches(glob, "/".join(names)) is expected


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*a*a*a*a*a*a*a*ab", "a" * 200),
        ("{*a*a*a*a*a*a*ab,x}", "a" * 200),
        ("{a,aa}" * 40 + "b", "a" * 60),
        ("**/a/" * 20 + "b", "a/" * 60 + "a"),
    ],
)
def test_no_glob_takes_long(glob: str, path: str) -> None:
    began = time.perf_counter()
    assert not matches(glob, path)
    assert time.perf_counter() - began < 1


@QUICK
@given(st.text(r"ab/*?[]!^{},\-", max_size=12), st.text("ab/", max_size=8))
def test_any_glob_answers_or_is_refused(glob: str, path: str) -> None:
    with suppress(SourceError):
        assert matches(glob, path) in (True, False)


@QUICK
@given(st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), min_size=1))
def test_an_escaped_name_chooses_itself(name: str) -> None:
    escaped = re.sub(r"([\\*?\[\]{}])", r"\\\1", name)
    assert matches(escaped, name)


# ---------------------------------------------------------------- links and special files


def test_links_are_reported_and_not_followed_unless_asked(tmp_path: Path) -> None:
    write(tmp_path, "root/a.txt", "root/sub/b.txt", "outside/c.txt")
    top = tmp_path / "root"
    (top / "inner").symlink_to("sub")
    (top / "outer").symlink_to(tmp_path / "outside")
    (top / "file").symlink_to(tmp_path / "outside/c.txt")
    found = results(top)
    assert ids(found) == ["root/a.txt", "root/sub/b.txt"]
    assert set(reasons(found)) == {"inner", "outer", "file"}
    assert not any(isinstance(result, Failure) for result in found)


LINKS = Options(follow_links=True)


def test_links_that_are_followed_lead_outside_and_nothing_is_read_twice(tmp_path: Path) -> None:
    write(tmp_path, "root/a.txt", "root/sub/b.txt", "outside/c.txt", "outside/d/e.txt")
    top, outside = tmp_path / "root", (tmp_path / "outside").resolve()
    (top / "inner").symlink_to("sub")
    (top / "deep").symlink_to(outside / "d")
    (top / "outer").symlink_to(outside)
    (top / "same").symlink_to(outside / "c.txt")
    (top / "twin").symlink_to("a.txt")
    found = results(top, LINKS)
    assert ids(found) == ["root/a.txt", "root/deep/e.txt", "root/outer/c.txt", "root/sub/b.txt"]
    assert reasons(found) == {
        "inner": f"the same as {top.resolve() / 'sub'}, which is looked at there",
        "d": f"the same as {top.resolve() / 'deep'}, which is looked at there",
        "same": f"the same as {top.resolve() / 'outer/c.txt'}, which is looked at there",
        "twin": f"the same as {top.resolve() / 'a.txt'}, which is looked at there",
    }
    assert not any(isinstance(result, Failure) for result in found)


def test_what_is_hidden_or_not_chosen_at_its_own_place_is_read_behind_a_link(
    tmp_path: Path,
) -> None:
    write(tmp_path, "r/.store/1", "r/.store/folder/x.txt", "r/data/2020.dat", "r/old/y.txt")
    (tmp_path / "r/a.txt").symlink_to(".store/1")
    (tmp_path / "r/f").symlink_to(".store/folder")
    (tmp_path / "r/now.txt").symlink_to("data/2020.dat")
    (tmp_path / "r/new").symlink_to("old")
    chosen = Options(include=("*.txt",), exclude=("old",), follow_links=True)
    assert ids(results(tmp_path / "r", chosen)) == [
        "r/a.txt", "r/f/x.txt", "r/new/y.txt", "r/now.txt",
    ]  # fmt: skip


def test_a_link_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    write(tmp_path, "x/a/b/c.txt", "x/d.txt", "p/e.txt", "q/f.txt")
    (tmp_path / "x/a/b/up").symlink_to("..")
    (tmp_path / "x/a/above").symlink_to(tmp_path / "x")
    (tmp_path / "x/a/self").symlink_to("self")
    (tmp_path / "x/a/gone").symlink_to("nowhere")
    (tmp_path / "x/a/p").symlink_to(tmp_path / "p")
    (tmp_path / "p/q").symlink_to(tmp_path / "q")
    (tmp_path / "q/p").symlink_to(tmp_path / "p")
    found = results(tmp_path / "x/a", LINKS)
    assert ids(found) == ["a/above/d.txt", "a/b/c.txt", "a/p/e.txt", "a/p/q/f.txt"]
    for name in ("up", "a", "p"):
        assert "which is looked at there" in reasons(found)[name]
    assert {type(r) for r in found if Path(getattr(r, "where", "")).name in ("self", "gone")} == {
        Failure
    }


def test_errors_say_what_to_do_next(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    with pytest.raises(SourceError, match=r"nope: cannot be read: No such .*; check its name"):
        roots([tmp_path / "nope"])
    with pytest.raises(SourceError, match="neither a file nor a folder; name"):
        roots(["/dev/null"])
    with pytest.raises(SourceError, match=r"'a/\.\.' cannot be a name .*; choose another"):
        roots([tmp_path], names=["a/.."])
    bad = [
        (Options(encodings=((None, "nosuch"),)), "unknown encoding 'nosuch'; name one"),
        (Options(include=("/",)), r"a glob must name something: write \*\.txt"),
        (Options(include=("[z-a]",)), r"not a glob: .*; write \\ before"),
        (Options(include=("{a",)), "is missing; add it"),
    ]
    for options, message in bad:
        with pytest.raises(SourceError, match=message):
            listing(roots([tmp_path]), options)
    gone = roots([tmp_path])
    (tmp_path / "a.txt").unlink()
    tmp_path.rmdir()
    with pytest.raises(SourceError, match=r"cannot be read: No such .*; nothing was published"):
        list(read(gone, ALL))


def test_links_do_not_lead_into_what_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "r/a.txt", "index/gen-1/b.txt", "index/c.txt")
    (tmp_path / "r/whole").symlink_to(tmp_path / "index")
    (tmp_path / "r/part").symlink_to(tmp_path / "index/gen-1")
    (tmp_path / "r/file").symlink_to(tmp_path / "index/c.txt")
    left = Options(follow_links=True, leave_out=((tmp_path / "index").resolve(),))
    found = results(tmp_path / "r", left)
    assert ids(found) == ["r/a.txt"]
    assert set(reasons(found)) == {"whole", "part", "file"}


def test_pipes_and_sockets_are_failures_and_never_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        found = results(tmp_path)
    assert len(ids(found)) == 1
    assert {type(result) for result in found} == {Read, Failure}
    assert set(reasons(found)) == {"pipe", "socket"}


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_swapped_after_listing_is_neither_followed_nor_waited_for(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path, "r/" + name, "secret")
    path = tmp_path / "r" / name
    [listed] = listing(roots([tmp_path / "r"]), ALL)
    assert isinstance(listed, Listed)
    path.unlink()
    [gone] = read_one(listed, ALL)
    assert isinstance(gone, Failure)
    os.mkfifo(path)
    [pipe] = read_one(listed, ALL)
    assert isinstance(pipe, Failure)
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    [link] = read_one(listed, ALL)
    assert isinstance(link, Failure)


def test_a_folder_that_cannot_be_listed_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "a/x.txt", "b/x.txt", "c/x.txt")
    found = read(roots([tmp_path]), ALL)
    first = next(found)
    (tmp_path / "b/x.txt").unlink()
    (tmp_path / "b").rmdir()
    rest = list(found)
    assert ids([first, *rest]) == [f"{tmp_path.name}/a/x.txt", f"{tmp_path.name}/c/x.txt"]
    assert "cannot be listed" in reasons(rest)["b"]


def test_folders_left_out_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "index/gen-1/stored.txt")
    found = results(tmp_path, Options(leave_out=((tmp_path / "index").resolve(),)))
    assert ids(found) == [f"{tmp_path.name}/a.txt"]
    assert list(reasons(found)) == ["index"]


# ---------------------------------------------------------------- plain files


def test_what_is_not_text_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "z.txt")
    (tmp_path / "m.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "n.txt").write_bytes(bytes(range(256)))
    found = results(tmp_path)
    assert len(ids(found)) == 2
    assert reasons(found)["m.png"] == "a PNG image, not text"
    assert "not text" in reasons(found)["n.txt"]


def test_a_file_above_the_size_limit_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", text="a" * 100)
    write(tmp_path, "b.txt", text="b" * 101)
    found = results(tmp_path, Options(max_size=100))
    assert ids(found) == [f"{tmp_path.name}/a.txt"]
    assert reasons(found) == {"b.txt": "larger than 100 bytes (--max-size)"}


def test_the_last_encoding_that_matches_wins(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("café".encode("latin-1"))
    (tmp_path / "big5").mkdir()
    (tmp_path / "big5/b.txt").write_bytes("全文".encode("big5"))
    (tmp_path / "c.txt").write_bytes("全文".encode("gbk"))
    options = Options(encodings=((None, "latin-1"), ("big5/**", "big5"), ("c.txt", "gb2312")))
    read_as = {
        r.document.id.split("/")[-1]: r for r in results(tmp_path, options) if isinstance(r, Read)
    }
    assert {name: (r.document.body, r.encoding) for name, r in read_as.items()} == {
        "a.txt": ("café", "iso8859-1"),
        "b.txt": ("全文", "big5hkscs"),
        "c.txt": ("全文", "gb18030"),
    }


def test_bytes_that_do_not_fit_the_named_encoding_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xff")
    found = results(tmp_path, Options(encodings=((None, "gbk"),)))
    assert reasons(found) == {"a.txt": "not valid gbk (byte 0)"}


def test_an_unknown_encoding_is_refused_before_reading(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unknown encoding 'nope'"):
        read([Root(tmp_path, "x")], Options(encodings=((None, "nope"),)))


def test_how_a_file_was_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("全文检索\x00脱贫攻坚\r\n驻村".encode("gbk"))
    [result] = results(tmp_path)
    assert isinstance(result, Read)
    assert result.encoding == "gb18030"
    assert 0.9 < result.confidence < 1.0
    assert result.replaced == 1
    assert result.document.body == "全文检索\ufffd脱贫攻坚\r\n驻村"


TITLES = [
    ("驻村铁军\n\n正文", "驻村铁军"),
    ("\n \n\u3000驻村铁军 \r\n\r\n正文", "驻村铁军"),
    ("驻村\n全市驻村工作队", "驻村"),
    ("驻村铁军\r正文正文正文", "驻村铁军"),
    ("驻村铁军\n正文", ""),  # neither blank nor longer
    ("驻村铁军\n同样四字", ""),
    ("驻村铁军。\n\n正文", ""),
    ("长" * 50 + "\n\n正文", "长" * 50),
    ("长" * 51 + "\n\n正文", ""),
    ("只有一行", ""),
    ("只有一行\n", ""),  # what ends a file begins no line
    ("只有一行\r\n", ""),
    ("只有一行\n\n", "只有一行"),
    ("", ""),
    ("\n\n\n", ""),
]


@pytest.mark.parametrize(("body", "title"), TITLES)
def test_the_title_is_a_short_first_line_set_apart(body: str, title: str) -> None:
    assert title_of(body) == title


@QUICK
@given(st.text("题正。 \u3000\t\r\n\x85\u2028", max_size=12))
def test_a_title_does_not_depend_on_how_it_is_looked_for(body: str) -> None:
    found = re.match(r"\s*([^\r\n]+)(?:\r\n|\r(?!\n)|\n)(?!\Z)([^\r\n]*)", body)
    line, following = (found[1].rstrip(), found[2].strip()) if found else ("", "")
    is_title = "。" not in line and (not following or len(following) > len(line))
    assert title_of(body) == (line if is_title else "")


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000", " \r\n"])
@pytest.mark.parametrize("end", ["", "驻村", "驻村\n"])
def test_blanks_in_front_take_a_time_that_grows_with_their_number(blank: str, end: str) -> None:
    for count in (1 << 14, 1 << 17, 1 << 20):
        began = time.perf_counter()
        assert title_of(blank * count + end) == ""
        assert time.perf_counter() - began < 1


def test_titles_of_the_seeds() -> None:
    found = {r.document.id[6:9]: r.document.title for r in results(SEEDS) if isinstance(r, Read)}
    assert {number: found[number] for number in ("000", "001", "002", "003", "004")} == {
        "000": "",
        "001": "",
        "002": "黔江:三級(jí)書記抓扶貧\xa0吹響決勝?zèng)_鋒號(hào)",
        "003": "牢記領袖囑託 決戰深度貧困",
        "004": "“驻村铁军”践初心 ——张家界市开展驻村帮扶工作纪实",
    }


# ---------------------------------------------------------------- standard input, listing


def test_standard_input_is_the_document_stdin() -> None:
    [result] = read_stdin(io.BytesIO("题目\n\n全文检索".encode("gbk")), ALL)
    assert isinstance(result, Read)
    document = result.document
    assert (document.id, document.path, document.title) == ("stdin", "", "题目")
    assert (result.encoding, result.where) == ("gb18030", "stdin")


def test_standard_input_is_bounded_and_checked() -> None:
    [large] = read_stdin(io.BytesIO(b"a" * 11), Options(max_size=10))
    assert large == Failure("stdin", "larger than 10 bytes (--max-size)")
    [binary] = read_stdin(io.BytesIO(bytes(100)), ALL)
    assert isinstance(binary, Failure)
    [named] = read_stdin(io.BytesIO(b"\xe9"), Options(encodings=((None, "latin-1"),)))
    assert isinstance(named, Read)
    assert named.document.body == "é"


def test_listing_says_what_would_be_read_and_opens_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.jsonl", ".c")
    (tmp_path / "link").symlink_to("a.txt")
    found = list(listing(roots([tmp_path], names=["r"]), ALL))
    size = len("全文检索".encode())
    assert [f for f in found if isinstance(f, Listed)] == [
        Listed("r/a.txt", str(tmp_path.resolve() / "a.txt"), "a.txt", size),
        Listed("r/b.jsonl", str(tmp_path.resolve() / "b.jsonl"), "b.jsonl", size),
    ]
    assert [type(f) for f in found] == [Listed, Listed, Skipped]
    # So that it can be read in another process.
    assert pickle.loads(pickle.dumps(found)) == found


def test_reading_is_lazy(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.txt")
    found: Iterator[Result] = read(roots([tmp_path]), ALL)
    assert ids([next(found)]) == [f"{tmp_path.name}/a.txt"]
    write(tmp_path, "b.txt", text="换了")
    last = next(found)
    assert isinstance(last, Read)
    assert last.document.body == "换了"


# ---------------------------------------------------------------- JSONL


def test_a_record_becomes_a_document(tmp_path: Path) -> None:
    result = record(
        tmp_path,
        id="a",
        body="全文\n检索",
        title="题目",
        date="2019/12",
        source="新华社",
        author="某人",
        path="/p",
        views=3,
        score=0.5,
        open=True,
        tags=["a", "b"],
        note="x",
        nothing=None,
    )
    document = result.document
    assert (document.id, document.body, document.title) == ("a", "全文\n检索", "题目")
    assert (document.date, document.source, document.author) == ("2019-12", "新华社", "某人")
    assert document.path == "/p"
    assert document.extra == {
        "views": 3,
        "score": 0.5,
        "open": True,
        "tags": ["a", "b"],
        "note": "x",
    }
    assert (result.encoding, result.confidence, result.replaced) == ("utf-8", 1.0, 0)
    assert result.where == f"{tmp_path.resolve()}/r.jsonl:1"
    assert result.warnings == ()


def test_missing_keys_and_null_are_empty(tmp_path: Path) -> None:
    document = record(tmp_path, title=None, author=None).document
    assert (document.title, document.author, document.path, document.date) == ("", "", "", None)
    assert document.extra == {}


def test_ids_are_kept_made_of_numbers_or_of_the_line(tmp_path: Path) -> None:
    found = records(tmp_path, '{"body":"a"}', "", '{"body":"b","id":7}', '{"body":"c","id":"x"}')
    assert ids(found) == ["r.jsonl#1", "7", "x"]
    write(tmp_path, "f/s.ndjson", text='{"body":"a"}\n')
    assert ids(results(tmp_path / "f")) == ["f/s.ndjson#1"]


BAD_RECORDS = [
    ("{}", ":1", 'no "body"'),
    ('{"body": null}', ":1", 'no "body"'),
    ('{"body": 7}', ":1", '"body" must be text, not a number'),
    ('{"body": "a", "title": ["b"]}', ":1", '"title" must be text, not a list'),
    ('{"body": "a", "id": true}', ":1", '"id" must be text or a whole number, not true or false'),
    ('{"body": "a", "id": ""}', ":1", "not an empty text"),
    ('{"body": "a", "id": 1.5}', ":1", '"id" must be text or a whole number'),
    ('{"body": "a", "x": {"y": 1}}', ":1", '"x" must be text, a number, true, false or a list'),
    ('{"body": "a", "x": ["y", 1]}', ":1", "not a list of other things"),
    ('{"body": "a", "x": 1e999}', ":1", "too large"),
    ('{"body": "a", "x": NaN}', ":1", "NaN"),
    ('{"body": "a", "date": {}}', ":1", '"date" must be'),
    ('{"body": "a", "x": ' + "9" * 5000 + "}", ":1", "not JSON that can be read"),
    ("[" * 100_000, ":1", "not JSON that can be read"),
    ('["body"]', ":1", "must be an object, not a list"),
    ("7", ":1", "must be an object, not a number"),
    ('{"body": "a"', ":1:13", "not JSON: "),
    ('{"body": "a", x}', ":1:15", "not JSON: "),
    ('{"body": "全文" "x"}', ":1:15", "not JSON: "),
]


@pytest.mark.parametrize(("line", "place", "reason"), BAD_RECORDS)
def test_a_bad_record_is_a_failure_with_its_place_and_the_rest_is_read(
    tmp_path: Path, line: str, place: str, reason: str
) -> None:
    found = records(tmp_path, line, '{"body": "好"}')
    failure = found[0]
    assert isinstance(failure, Failure)
    assert failure.where == f"{tmp_path.resolve()}/r.jsonl{place}"
    assert reason in failure.reason
    assert ids(found) == ["r.jsonl#2"]


def test_blank_lines_and_crlf_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(b'\xef\xbb\xbf{"body":"a"}\r\n\r\n  \n{"body":"b"}\r\n\n')
    assert ids(results(tmp_path / "r.jsonl")) == ["r.jsonl#1", "r.jsonl#4"]


def test_unicode_line_separators_do_not_end_a_record(tmp_path: Path) -> None:
    body = "a\u2028b\x85c\x0bd"
    [result] = records(
        tmp_path, json.dumps({"body": body}, ensure_ascii=False).replace("\x0b", "\\u000b")
    )
    assert isinstance(result, Read)
    assert result.document.body == body


def test_what_cannot_be_stored_is_replaced_and_counted(tmp_path: Path) -> None:
    line = r'{"body":"a\u0000\ud800\ud83d\ude00","title":"\udfff","t":["\u0000"],"k\ud800":"v"}'
    [result] = records(tmp_path, line)
    assert isinstance(result, Read)
    assert result.document.body == "a\ufffd\ufffd😀"
    assert result.document.title == "\ufffd"
    assert result.document.extra == {"t": ["\ufffd"], "k\ufffd": "v"}
    assert result.replaced == 5


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "utf-16", "utf-16-be", "utf-8-sig"])
def test_jsonl_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    lines = [
        json.dumps({"id": f"{n}", "body": "全文檢索在此上海"}, ensure_ascii=False)
        for n in range(300)
    ]
    (tmp_path / "r.jsonl").write_bytes("\n".join(lines).encode(encoding))
    found = results(tmp_path / "r.jsonl")
    assert ids(found) == [str(n) for n in range(300)]
    assert {r.document.body for r in found if isinstance(r, Read)} == {"全文檢索在此上海"}
    [name] = {r.encoding for r in found if isinstance(r, Read)}
    assert name.replace("-le", "") in encoding


def test_damage_in_one_line_stays_in_that_line(tmp_path: Path) -> None:
    good = '{"body":"全文检索"}\n'.encode()
    (tmp_path / "r.jsonl").write_bytes(good + b'{"body":"\xff\xe5"}\n' + good)
    counts = [r.replaced for r in results(tmp_path / "r.jsonl") if isinstance(r, Read)]
    assert counts == [0, 2, 0]
    found = results(tmp_path / "r.jsonl", Options(encodings=(("*.jsonl", "utf-8"),)))
    assert [type(r) for r in found] == [Read, Failure, Read]
    assert list(reasons(found)) == ["r.jsonl:2"]


def test_a_jsonl_file_that_is_not_text_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(bytes(range(256)) * 10)
    found = results(tmp_path)
    assert [type(r) for r in found] == [Failure]


def test_a_record_above_the_size_limit_is_a_failure_and_the_rest_is_read(tmp_path: Path) -> None:
    exact = '{"body":"' + "a" * 89 + '"}'
    assert len(exact) == 100
    long = '{"body":"' + "a" * 5000 + '"}'
    found = records(tmp_path, exact, long, exact + " ", exact, options=Options(max_size=100))
    assert ids(found) == ["r.jsonl#1", "r.jsonl#4"]
    assert reasons(found) == {
        "r.jsonl:2": "larger than 100 bytes (--max-size)",
        "r.jsonl:3": "larger than 100 bytes (--max-size)",
    }


def test_gzip_compressed_jsonl_is_read(tmp_path: Path) -> None:
    lines = "".join(f'{{"id":"{n}","body":"全文检索"}}\n' for n in range(1000))
    (tmp_path / "r.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    assert ids(results(tmp_path)) == [str(n) for n in range(1000)]


def test_a_broken_gzip_file_gives_what_it_has_and_a_failure(tmp_path: Path) -> None:
    source = "".join(json.dumps({"body": str(n) * n}) + "\n" for n in range(400))
    whole = gzip.compress(source.encode(), mtime=0)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.jsonl.gz").write_bytes(b"no gzip at all")
    found = results(tmp_path)
    assert all("cannot be read to its end" in reason for reason in reasons(found).values())
    assert set(reasons(found)) == {"cut.jsonl.gz", "none.jsonl.gz"}


@pytest.mark.parametrize("piece", [b"\x00" * 1024, b"\n" * 1024, b" " * 1023 + b"\n"])
def test_a_compressed_bomb_ends_early(tmp_path: Path, piece: bytes) -> None:
    bomb = gzip.compress(b'{"body":"a"}\n' + piece * 2_000, mtime=0)
    (tmp_path / "r.jsonl.gz").write_bytes(bomb)
    found = results(tmp_path, Options(max_size=1000, encodings=((None, "utf-8"),)))
    assert ids(found) == [f"{tmp_path.name}/r.jsonl.gz#1"]
    assert "250 times" in reasons(found)[f"r.jsonl.gz:{found[-1].where.split(':')[-1]}"]


def test_a_large_jsonl_file_is_never_held_in_memory(tmp_path: Path) -> None:
    line = json.dumps({"body": "全文检索" * 500}, ensure_ascii=False) + "\n"
    (tmp_path / "r.jsonl").write_text(line * 3000, encoding="utf-8")
    assert (tmp_path / "r.jsonl").stat().st_size > 15_000_000
    tracemalloc.start()
    try:
        count = sum(1 for _ in read(roots([tmp_path]), ALL))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 3000
    assert peak < 2_000_000


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["id", "body", "title", "date", "source", "author", "path"]) | st.text()


@QUICK
@given(st.dictionaries(KEYS, JSON_VALUES))
def test_any_record_is_a_storable_document_or_a_document_error(
    given_record: dict[str, object],
) -> None:
    try:
        document, _ = document_of(parse(json.dumps(given_record), "r:1"), "r#1", "r:1")
    except DocumentError:
        return
    stored, _ = storable_document(document)
    json.dumps(
        [stored.id, stored.body, stored.title, stored.date, dict(stored.extra)],
        ensure_ascii=False,
        allow_nan=False,
    ).encode("utf-8")
    assert stored.id


# ---------------------------------------------------------------- dates

DATES = [
    ("2019", "2019"),
    ("2019-12", "2019-12"),
    ("2019-12-21", "2019-12-21"),
    ("2019-1-5", "2019-01-05"),
    ("20191221", "2019-12-21"),
    ("2019/12/21", "2019-12-21"),
    ("2019.12", "2019-12"),
    (" 2019.1.5 ", "2019-01-05"),
    ("2019年", "2019"),
    ("2019年12月", "2019-12"),
    ("2019年1月5日", "2019-01-05"),
    ("2019 年 12 月 21 号", "2019-12-21"),
    ("２０１９年１２月", "2019-12"),
    ("2019-12-21T10:48:00Z", "2019-12-21"),
    ("2019-12-21T10:48:00.123+08:00", "2019-12-21"),
    ("2019-12-21 10:48", "2019-12-21"),
    ("2020年05月25日07:26", None),
    ("2020年05月25日 07:26", "2020-05-25"),
    ("2020-02-29", "2020-02-29"),
    ("2023-02-30", None),
    ("2023-02-29", None),
    ("2019-13", None),
    ("2019-00", None),
    ("2019-12-00", None),
    ("0000", None),
    ("2019-12/21", None),
    ("12-21-2019", None),
    ("2019-W51", None),
    ("2019年12", None),
    ("民國108年", None),
    ("二〇一九年", None),
    ("19-12-21", None),
    ("2019-12T10:00", None),
    ("1577836800", None),
    ("٢٠١٩", None),
    ("昨天", None),
    ("", None),
]


@pytest.mark.parametrize(("given_date", "parsed"), DATES)
def test_dates_keep_their_precision(given_date: str, parsed: str | None) -> None:
    assert parse_date(given_date) == parsed


@QUICK
@given(
    st.dates(),
    st.sampled_from(["{:04}-{:02}-{:02}", "{:04}/{}/{}", "{:04}年{}月{}日", "{:04}{:02}{:02}"]),
)
def test_every_day_is_understood_in_every_form(day: datetime.date, form: str) -> None:
    assert parse_date(form.format(day.year, day.month, day.day)) == day.isoformat()


@settings(QUICK, max_examples=500)
@given(st.text() | st.text("0123456789-/.年月日 T:Z+", max_size=14))
def test_any_text_is_a_date_of_the_calendar_or_none(text: str) -> None:
    parsed = parse_date(text)
    if parsed is not None:
        assert re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", parsed)
        datetime.date.fromisoformat((parsed + "-01-01")[:10])
        assert parse_date(parsed) == parsed


@pytest.mark.parametrize("value", ["昨天", "2023-02-30", 1577836800, 2019.5, True])
def test_a_date_not_understood_is_kept_as_given_with_a_warning(
    tmp_path: Path, value: object
) -> None:
    result = record(tmp_path, date=value)
    assert result.document.date is None
    assert result.document.extra == {"date": value}
    assert len(result.warnings) == 1
    assert repr(value) in result.warnings[0]


def test_a_year_may_be_a_number(tmp_path: Path) -> None:
    result = record(tmp_path, date=2019)
    assert (result.document.date, result.document.extra, result.warnings) == ("2019", {}, ())
