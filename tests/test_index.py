"""Index and build: the Python API as a caller meets it."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import re
import shutil
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from manifests import forge

import searcher
from searcher import Document, IndexLockedError, IndexNotFoundError, NotAnIndexError
from searcher.generations import Home, Storage, verify_files
from searcher.model.documents import ExtraValue

DOCUMENTS = [
    Document("a", "参与脱贫攻坚。全市驻村工作。", "脱贫日报", date="2021-02", source="湖南日报"),
    Document("b", "參與(yu) 脫貧,為(wei) 民服務(wu) 。", author="肖帅", path="/x/b.txt"),
    Document("c", "软件工程师,2017 年10 月", extra={"tag": ["x"], "n": 1}),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    searcher.build(DOCUMENTS, index=tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def index(home: Path) -> Iterator[searcher.Index]:
    with searcher.open(home) as opened:
        yield opened


def ids(page: searcher.Page) -> list[str]:
    return [hit.id for hit in page.hits]


# ---------------------------------------------------------------- answers


def test_a_page_says_everything_about_its_hits(index: searcher.Index) -> None:
    page = index.search("湖南 脱贫")
    assert (page.query, page.total, page.matched) == ("湖南 脱贫", 2, "some")
    page = index.search('"脱贫攻坚"')
    assert (page.total, page.matched, page.generation) == (1, "all", index.generation)
    [hit] = page.hits
    assert (hit.id, hit.title, hit.date, hit.source) == ("a", "脱贫日报", "2021-02", "湖南日报")
    assert hit.score is not None
    assert hit.score > 0
    [snippet] = hit.snippets
    assert (snippet.field, snippet.highlights, snippet.line, snippet.column) == (
        "body",
        ((2, 6),),
        1,
        3,
    )
    assert DOCUMENTS[0].body[snippet.start : snippet.end] == snippet.text


def test_script_width_and_annotations_do_not_matter(index: searcher.Index) -> None:
    for query in (
        '"参与脱贫"',
        '"參與脫貧"',
        "「参与 脱贫」",
        '"參與(yu) 脫貧"',
        "＂参与，脱贫＂",
    ):
        page = index.search(query)
        assert sorted(ids(page)) == ["a", "b"], query
    [hit] = [hit for hit in index.search('"参与脱贫"').hits if hit.id == "b"]
    [snippet] = hit.snippets
    [(start, end)] = snippet.highlights
    assert DOCUMENTS[1].body[start:end] == "參與(yu) 脫貧"


def test_a_sentence_end_is_a_border_only_the_query_can_cross(index: searcher.Index) -> None:
    assert ids(index.search('"攻坚全市"')) == []
    assert ids(index.search('"攻坚。全市"')) == ["a"]


def test_a_newline_in_a_phrase_is_a_blank_or_what_it_is_in_documents(tmp_path: Path) -> None:
    documents = [Document("wrapped", "参与脱贫工作"), Document("parts", "参与脱贫\n\n工作。")]
    searcher.build(documents, index=tmp_path / "i")
    with searcher.open(tmp_path / "i") as index:
        for query in ("脱贫\n\n工作", "脱贫\r\n\u3000\u3000工作"):
            assert sorted(ids(index.search(query, literal=True))) == ["parts", "wrapped"]
            assert sorted(ids(index.search(f"“{query}”"))) == ["parts", "wrapped"]
        assert ids(index.search('"脱贫 工作"')) == ["wrapped"]


def test_numbers_and_words_are_found_whole_or_not_at_all(tmp_path: Path) -> None:
    documents = [Document("a", "面积2,400平方米,2020.05.25发布,café的m²")]
    searcher.build(documents, index=tmp_path / "i")
    with searcher.open(tmp_path / "i") as index:
        for query in ('"40"', '"400"', '"2020.05"', '"caf"', '"m2"', "2020.05"):
            assert index.search(query).total == 0, query
        for query in ('"2400"', "2020.05.25", '"2020"', "CAFE\u0301", "m²"):
            [hit] = index.search(query).hits
            assert hit.snippets[0].highlights, query


def test_fields_are_asked_by_name(index: searcher.Index) -> None:
    assert ids(index.search("title:脱贫")) == ["a"]
    assert ids(index.search("source:湖南日报")) == ["a"]
    assert ids(index.search("author:肖帥")) == ["b"]
    assert ids(index.search("path:/x 脱贫")) == ["b"]
    assert ids(index.search("脱贫 -path:/x")) == ["a"]
    assert ids(index.search("日报")) == ["a"]
    assert ids(index.search("body:日报")) == []


def test_match_decides_over_bare_words(index: searcher.Index) -> None:
    assert ids(index.search("脱贫 软件", match="all")) == []
    assert sorted(ids(index.search("脱贫 软件", match="any"))) == ["a", "b", "c"]
    page = index.search("脱贫 软件")
    assert (sorted(ids(page)), page.matched) == (["a", "b", "c"], "some")


def test_a_literal_query_has_no_operators(index: searcher.Index) -> None:
    assert ids(index.search("-2017 年", literal=True)) == ["c"]
    assert ids(index.search("2017年 -10月")) == []


def test_nothing_found_tells_how_often_each_word_stands(index: searcher.Index) -> None:
    page = index.search("军舰 脱贫", match="all")
    assert (page.total, page.word_totals) == (0, {"军舰": 0, "脱贫": 2})
    assert index.search("脱贫").word_totals == {}


def test_pages_are_windows_on_one_order(index: searcher.Index) -> None:
    whole = index.search("脱贫 OR 软件")
    parts = [index.search("脱贫 OR 软件", limit=1, offset=at) for at in range(4)]
    assert [name for part in parts for name in ids(part)] == ids(whole)
    assert {part.total for part in parts} == {3}
    assert index.search("脱贫", limit=0).total == 2
    assert index.search("脱贫", limit=0).hits == ()


def test_path_order_has_no_scores(index: searcher.Index) -> None:
    page = index.search("脱贫 OR 软件", sort="path")
    assert ids(page) == ["a", "c", "b"]
    assert [hit.score for hit in page.hits] == [None] * 3


def test_no_snippets_means_none(index: searcher.Index) -> None:
    assert all(not hit.snippets for hit in index.search("脱贫", snippets=0).hits)


@pytest.mark.parametrize(
    "options",
    [
        {"limit": -1},
        {"offset": -1},
        {"snippets": -1},
        {"snippet_chars": 0},
        {"match": "some"},
        {"sort": "size"},
    ],
)
def test_wrong_options_are_value_errors(index: searcher.Index, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        index.search("脱贫", **options)  # type: ignore[arg-type]


def test_a_page_is_a_dict_for_json(index: searcher.Index) -> None:
    record = index.search("脱贫").to_dict()
    assert list(record) == [
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
    assert record["hits"][0]["snippets"][0]["highlights"]


# ---------------------------------------------------------------- documents


def test_a_page_can_be_pickled_copied_and_changed(tmp_path: Path) -> None:
    documents = [Document("a", "脱贫"), Document("b", "脱贫攻坚", extra={"tag": ["x"], "n": 1})]
    searcher.build(documents, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        page = index.search("脱贫")
        assert ids(page) == ["a", "b"]
        assert pickle.loads(pickle.dumps(page)) == copy.deepcopy(page) == page
        for hit in index.search("脱贫").hits:
            hit.extra.setdefault("tag", []).append("mine")  # type: ignore[attr-defined]
        assert index.search("脱贫").hits == page.hits


def test_documents_come_back_as_they_were(index: searcher.Index) -> None:
    assert [index.get(document.id) for document in DOCUMENTS] == DOCUMENTS
    assert index.get("nothing") is None
    assert (len(index), "a" in index, "z" in index, 1 in index) == (3, True, False, False)
    assert index.ids() == ["a", "b", "c"]


def test_what_cannot_be_stored_becomes_a_replacement_character(tmp_path: Path) -> None:
    bad = Document("a", "脱\ud800贫\0好", extra={"x\udcff": ["\ud800"], "y": "\0", "z": 1})
    searcher.build([bad], index=tmp_path / "i")
    with searcher.open(tmp_path / "i") as index:
        extra: dict[str, ExtraValue] = {"x\ufffd": ["\ufffd"], "y": "\ufffd", "z": 1}
        assert index.get("a") == Document("a", "脱\ufffd贫\ufffd好", extra=extra)


# ---------------------------------------------------------------- building


def test_paths_and_documents_are_both_sources(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("全文检索", "utf-8")
    (folder / "b.txt").write_bytes("全文檢索".encode("big5"))
    for source in (folder, str(folder), [folder], [str(folder)], (path for path in [folder])):
        report = searcher.build(source, index=tmp_path / "i")
        assert (report.documents, report.failures) == (2, ())
    with searcher.open(tmp_path / "i") as index:
        assert sorted(ids(index.search('"全文检索"'))) == ["texts/a.txt", "texts/b.txt"]


@pytest.mark.parametrize("source", [b"seeds", 3, None, {"a": 1}, [3], ["seeds", 3]])
def test_anything_else_is_a_type_error(tmp_path: Path, source: object) -> None:
    with pytest.raises(TypeError):
        searcher.build(source, index=tmp_path / "i")  # type: ignore[arg-type]


def test_an_iterable_that_raises_publishes_nothing(home: Path) -> None:
    def documents() -> Iterator[Document]:
        yield Document("new", "新")
        raise RuntimeError("the database went away")

    with searcher.open(home) as index:
        before = index.generation
    with pytest.raises(RuntimeError, match="went away"):
        searcher.build(documents(), index=home)
    with searcher.open(home) as index:
        assert (index.generation, len(index)) == (before, 3)
    assert len([each for each in home.iterdir() if each.name.startswith("gen-")]) == 1


def test_a_bad_document_is_reported_and_the_others_are_indexed(tmp_path: Path) -> None:
    documents = [
        Document("a", "好"),
        Document("", "无"),
        Document("b", 3),  # type: ignore[arg-type]
        Document("c", "好", extra={"x": object()}),  # type: ignore[dict-item]
        Document("d", "好", date=2020),  # type: ignore[arg-type]
        Document("empty", " ,。"),
    ]
    report = searcher.build(documents, index=tmp_path / "i")
    assert (report.documents, report.empty, len(report.failures)) == (2, 1, 4)
    assert report.to_dict()["failures"][1] == {"where": "b", "reason": "body must be a string"}


def test_the_last_of_two_with_one_id_wins_and_both_places_are_named(tmp_path: Path) -> None:
    documents = [Document("a", "旧"), Document("b", "中"), Document("a", "新")]
    report = searcher.build(documents, index=tmp_path / "i")
    assert (report.documents, report.replaced) == (2, 1)
    assert "document 1" in report.warnings[0]
    assert "document 3" in report.warnings[0]
    with searcher.open(tmp_path / "i") as index:
        assert (index.search("旧").total, index.search("新").total) == (0, 1)


def test_several_processes_make_the_same_index(tmp_path: Path) -> None:
    documents = [Document(f"{n:03}", f"第{n}号文件,驻村工作。") for n in range(100)]
    documents.append(Document("007", "后来的"))
    documents.append(Document("", "无"))
    reports = [searcher.build(documents, index=tmp_path / str(jobs), jobs=jobs) for jobs in (1, 2)]
    assert next((r.documents, r.replaced, r.failures, r.warnings) for r in reports) == (
        reports[1].documents,
        reports[1].replaced,
        reports[1].failures,
        reports[1].warnings,
    )
    pages = []
    for jobs in (1, 2):
        with searcher.open(tmp_path / str(jobs)) as index:
            page = index.search("驻村 7 号")
            pages.append([(hit.id, hit.score, hit.snippets) for hit in page.hits])
    assert pages[0] == pages[1]


def test_an_empty_iterable_makes_an_empty_index(tmp_path: Path) -> None:
    assert searcher.build([], index=tmp_path / "i").documents == 0
    with searcher.open(tmp_path / "i") as index:
        assert (len(index), index.search("好").total) == (0, 0)
        index.update([Document("a", "好")])
        assert index.search("好").total == 1


def test_paths_without_a_document_publish_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    report = searcher.build(tmp_path / "bad", index=home)
    assert (report.generation, len(report.failures)) == (None, 1)
    with searcher.open(home) as index:
        assert len(index) == 3


# ---------------------------------------------------------------- homes


def test_a_missing_index_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError, match="searcher build"):
        searcher.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(NotAnIndexError):
        searcher.build(DOCUMENTS, index=tmp_path)
    with pytest.raises(NotAnIndexError):
        searcher.open(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "notes.txt"]


def test_an_index_of_another_analyzer_is_refused_with_the_cure(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.snapshot.fingerprint", lambda: "0" * 16)
    with pytest.raises(searcher.IndexFormatError, match="searcher build"):
        searcher.open(home)


class Hostile:
    """Pickled, it makes a folder when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = str(mark)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self._mark,)


def plant(home: Path, part: str, content: bytes) -> None:
    """Put *content* in the place of a part, as somebody would who can make a checksum too."""
    folder = home / f"gen-{Home(home).current_id()}"
    (folder / part).write_bytes(content)
    record = json.loads((folder / "manifest.json").read_bytes())
    record["files"][part] = {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "crc32": zlib.crc32(content),
    }
    forge(folder / "manifest.json", record)


def damage_met(home: Path) -> str:
    """Use an index in every way and return the damage met on the way, if any."""
    try:
        with searcher.open(home) as index:
            index.search("脱贫")
            index.get("a")
            index.update([Document("d", "新")])
            index.search("脱贫")
    except searcher.IndexCorruptError as error:
        return str(error)
    return ""


def test_no_pickle_of_an_index_is_ever_read(home: Path, tmp_path: Path) -> None:
    names = parts(home)
    assert "_MAIN_1.toc" in names
    for part in names:
        planted = shutil.copytree(home, tmp_path / part)
        plant(planted, part, pickle.dumps(Hostile(tmp_path / "ran")))
        damage = damage_met(planted)
        assert part in damage or part == "_MAIN_1.toc"  # that is for Whoosh's own tools alone
        assert not (tmp_path / "ran").exists()


def test_nothing_of_ours_loads_a_pickle_without_an_allow_list() -> None:
    sources = sorted(Path(searcher.__file__).parent.rglob("*.py"))
    assert len(sources) > 100
    for path in sources:
        text = path.read_text("utf-8")
        assert not re.search(r"\b(?:pickle|marshal|shelve|joblib)\.(?:loads?|open)\b", text), path
        for call in re.findall(r"\b(?:np|numpy)\.load\([^)]*\)", text):
            assert "allow_pickle=False" in call, path


# ---------------------------------------------------------------- changes


def test_an_update_adds_changes_and_removes(index: searcher.Index) -> None:
    report = index.update(
        [Document("a", "变了"), Document("new", "新的驻村"), Document("", "无")], remove=["b", "z"]
    )
    assert (report.added, report.changed, report.removed, report.missing) == (1, 1, 1, ("z",))
    assert len(report.failures) == 1
    assert index.ids() == ["a", "c", "new"]
    assert index.generation == report.generation
    assert ids(index.search("驻村")) == ["new"]
    assert ids(index.search('"脱贫"')) == []
    assert ids(index.search("软件")) == ["c"]


def test_scores_after_updates_are_those_of_a_fresh_build(
    index: searcher.Index, tmp_path: Path
) -> None:
    index.update([Document("d", "驻村工作,驻村")], remove=["c"])
    index.update([Document("a", "全市驻村")])
    documents = [Document("a", "全市驻村"), DOCUMENTS[1], Document("d", "驻村工作,驻村")]
    searcher.build(documents, index=tmp_path / "fresh")
    with searcher.open(tmp_path / "fresh") as fresh:
        for query in ("驻村", "脱贫 工作", '"驻村工作"'):
            mine = [(hit.id, hit.score) for hit in index.search(query).hits]
            assert mine == [(hit.id, hit.score) for hit in fresh.search(query).hits]


def test_other_indexes_see_a_change_on_refresh_only(home: Path, index: searcher.Index) -> None:
    with searcher.open(home) as other:
        index.update(remove=["a"])
        assert len(other) == 3
        assert other.search("攻坚").total == 1
        assert other.refresh()
        assert not other.refresh()
        assert other.search("攻坚").total == 0


def test_a_reader_answers_through_builds_that_remove_its_generation(home: Path) -> None:
    with searcher.open(home) as index:
        for _ in range(4):
            searcher.build([Document("x", "别的")], index=home)
        assert index.search("脱贫").total == 2
        assert index.get("b") == DOCUMENTS[1]


def test_two_writers_do_not_mix(index: searcher.Index, home: Path) -> None:
    def documents() -> Iterator[Document]:
        yield Document("a", "新")
        with pytest.raises(IndexLockedError, match="searcher build"):
            index.update([Document("late", "迟到")])

    searcher.build(documents(), index=home)
    index.update([Document("late", "迟到")])
    assert index.ids() == ["a", "late"]


def test_threads_share_an_index_through_refreshes(home: Path) -> None:
    wrong: list[object] = []
    with searcher.open(home) as index:

        def ask() -> None:
            for _ in range(40):
                page = index.search("脱贫 OR 软件 OR 别的")
                if page.total not in (3, 4):
                    wrong.append(page)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        with searcher.open(home) as writer:
            writer.update([Document("x", "别的")])
        index.refresh()
        for thread in threads:
            thread.join()
    assert wrong == []


# ---------------------------------------------------------------- careless callers


def test_a_bare_string_is_not_taken_letter_by_letter(
    index: searcher.Index, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="remove"):
        index.update(remove="abc")
    assert len(index) == 3
    for name in ("include", "exclude", "names"):
        with pytest.raises(TypeError, match=name):
            searcher.build([tmp_path], index=tmp_path / "i", **{name: "*.txt"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="remove"):
        index.update(remove=[1])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="query"):
        index.search(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="id"):
        index.get(5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="jobs"):
        searcher.build(DOCUMENTS, index=tmp_path / "i", jobs=0)


def test_an_id_is_found_as_it_was_given(tmp_path: Path) -> None:
    searcher.build([Document("x\0y", "好")], index=tmp_path / "i")
    with searcher.open(tmp_path / "i") as index:
        assert "x\0y" in index
        assert index.get("x\0y") == Document("x\ufffdy", "好")
        assert index.update(remove=["x\0y"]).removed == 1


def test_a_number_too_large_to_store_fails_its_document_only(tmp_path: Path) -> None:
    documents = [
        Document("a", "好", extra={"n": 10**5000}),
        Document("b", "好", extra={"n": 2**62}),
    ]
    for jobs in (1, 2):
        report = searcher.build(documents, index=tmp_path / str(jobs), jobs=jobs)
        assert (report.documents, len(report.failures)) == (1, 1)


def test_a_closed_index_says_so_and_closing_twice_is_fine(home: Path) -> None:
    with searcher.open(home) as index:
        index.close()
        for use in (lambda: index.search("脱贫"), index.refresh, index.update, index.ids):
            with pytest.raises(ValueError, match="closed"):
                use()
        index.close()


def test_how_much_is_kept_at_hand_changes_no_answer(home: Path, index: searcher.Index) -> None:
    with searcher.open(home, cache=0) as forgetful:
        for query in ("脱贫", '"脱贫攻坚"', "驻村 OR 产业", "的"):
            wanted = index.search(query)
            for _ in range(2):
                found = forgetful.search(query)
                assert (found.total, found.hits) == (wanted.total, wanted.hits)
    with pytest.raises(ValueError, match="cache must not be negative"):
        searcher.open(home, cache=-1)


MANY = [Document(f"{n:03}", f"第{n}号文件，驻村工作。", f"文件{n}") for n in range(60)]
"""Enough for a segment that adding one document leaves as it is."""

QUESTIONS = ("驻村", '"驻村工作"', "文件 7 号", "title:文件 -12")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("large") / "index"
    searcher.build(MANY, index=home)
    return home


def answers(index: searcher.Index) -> list[object]:
    pages = [index.search(question, limit=100) for question in QUESTIONS]
    whole: list[object] = [(page.total, page.hits) for page in pages]
    return [*whole, *(index.get(document.id) for document in MANY)]


def flip(path: Path, share: float) -> None:
    """Change one byte in place: of a file that is open somewhere, as a bad disk does."""
    with path.open("r+b") as file:
        file.seek(min(int(path.stat().st_size * share), path.stat().st_size - 1))
        [byte] = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0x40]))


def parts(home: Path) -> list[str]:
    with Home(home).current() as generation:
        return sorted(generation.manifest.files)


ADDED = [Document("new", "另外的")]


def updated_with_damage(home: Path, part: str, share: float) -> str:
    """Damage a part, update, and return what came of it, everything else being as it must."""
    before = Home(home).current_id()
    damaged = home / f"gen-{before}" / part
    flip(damaged, share)
    try:
        with searcher.open(home) as index:
            index.update(ADDED)
    except searcher.IndexCorruptError as error:
        named = part in str(error) and Home(home).current_id() == before
        return "refused" if named else str(error)
    with Home(home).current() as generation:
        if not damaged.samefile(generation.folder / part):
            verify_files(generation)
            return "written anew"
        with pytest.raises(searcher.IndexCorruptError, match=re.escape(part)):
            verify_files(generation)
        return "taken over"


def answers_or_damage(home: Path) -> tuple[list[object], str]:
    try:
        with searcher.open(home) as index:
            return answers(index), ""
    except searcher.IndexCorruptError as error:
        return [], str(error)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_damage_taken_over_by_an_update_stays_to_be_found(
    large: Path, tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of files too large to be read through when they are opened."""
    monkeypatch.setattr("searcher.generations.generation.SMALL", -1)
    sound = shutil.copytree(large, tmp_path / "sound")
    with searcher.open(sound) as index:
        index.update(ADDED)
        right = answers(index)
    outcomes = {}
    for part in (name for name in parts(large) if name in parts(sound)):
        home = shutil.copytree(large, tmp_path / part)
        outcomes[part] = updated_with_damage(home, part, share)
        found, damage = answers_or_damage(home)
        assert found == right or part in damage
    wanted = {"written anew", "refused"} if share == 0.0 else {"written anew", "taken over"}
    assert wanted <= {*outcomes.values()} <= {"written anew", "taken over", "refused"}, outcomes


def test_damage_where_an_update_has_to_read_is_named_and_nothing_is_published(
    index: searcher.Index, home: Path
) -> None:
    """Three documents and one more are merged, and merging reads them all."""
    before = index.generation
    [segment] = (home / f"gen-{before}").glob("*.post")
    flip(segment, 0.95)
    with pytest.raises(searcher.IndexCorruptError, match=segment.name):
        index.update([Document("new", "新")])
    assert index.generation == before == Home(home).current_id()


def test_an_update_reads_no_file_that_it_takes_over(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shutil.copytree(large, tmp_path / "index")
    before = set(parts(home))
    digested: list[str] = []
    really = Storage.digest

    def digest(self: Storage, path: Path) -> tuple[int, str, int]:
        digested.append(path.name)
        return really(self, path)

    monkeypatch.setattr(Storage, "digest", digest)
    with searcher.open(home) as index:
        for number in range(3):
            index.update([Document(f"new{number}", "另外的")])
            old = [name for name in digested if name in before and name.startswith("MAIN_")]
            assert old == []


def test_an_update_leaves_the_generation_before_it_as_it_was(home: Path) -> None:
    with searcher.open(home) as index, Home(home).current() as before:
        index.update([Document("a", "变了"), Document("d", "新")], remove=["b"])
        verify_files(before)
        with Home(home).current() as after:
            verify_files(after)
            assert after.manifest.previous == before.id


def test_an_update_waits_if_asked(index: searcher.Index, home: Path) -> None:
    with Home(home).lock("searcher build"):
        with pytest.raises(IndexLockedError, match=r"after 0\.05 seconds"):
            index.update(remove=["a"], wait=0.05)
        with pytest.raises(ValueError, match="wait"):
            index.update(remove=["a"], wait=-1)
    assert index.update(remove=["a"], wait=5).removed == 1


# ---------------------------------------------------------------- following


def test_one_that_follows_moves_to_what_is_published(home: Path) -> None:
    with searcher.open(home, follow=True) as index, searcher.open(home) as still:
        for number in range(3):
            report = searcher.build([Document("x", "别的"), *DOCUMENTS[number:]], index=home)
            page = index.search("别的")
            assert (page.total, page.generation) == (1, report.generation)
            assert len(index) == 4 - number
            assert index.get("c") == DOCUMENTS[2]
        assert still.search("别的").total == 0
        with Home(home).lock("searcher rollback") as writer, writer.rollback() as back:
            assert index.search("别的").generation == back.id
            assert len(index) == 3
        index.update(remove=["x"])
        assert index.search("别的").total == 0
        assert not index.refresh()


def test_a_look_is_all_that_following_costs_where_nothing_happened(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_reading(_: object) -> str:
        raise AssertionError("CURRENT was read")

    with searcher.open(home, follow=True) as index:
        monkeypatch.setattr(Home, "current_id", no_reading)
        for _ in range(3):
            assert index.search("脱贫").total == 2


def spoil(home: Path) -> Path:
    manifest = home / f"gen-{Home(home).current_id()}" / "manifest.json"
    manifest.rename(manifest.with_name("aside"))
    manifest.write_text("{")
    return manifest


def test_one_that_cannot_be_opened_is_told_once_and_the_one_before_answers(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with searcher.open(home, follow=True) as index:
        first = index.generation
        for told in (1, 2):
            searcher.build([Document("x", "别的")], index=home)
            manifest = spoil(home)
            for _ in range(3):
                page = index.search("脱贫")
                assert (page.total, page.generation) == (2, first)
            assert len(caplog.records) == told
            assert "manifest.json: damaged" in caplog.text
            monkeypatch.setattr("searcher.generations.watch.RETRY", 0.0)
        with pytest.raises(searcher.IndexCorruptError):
            index.refresh()  # who asks for it is told
        manifest.with_name("aside").rename(manifest)  # it is tried again after a while
        assert index.search("别的").total == 1


def test_one_that_follows_goes_on_where_the_pointer_is_gone(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with searcher.open(home, follow=True) as index:
        for spoiled in (None, b"\0" * 30):
            (home / "CURRENT").unlink(missing_ok=True)
            if spoiled is not None:
                (home / "CURRENT").write_bytes(spoiled)
            for _ in range(3):
                assert index.search("脱贫").total == 2
        assert len(caplog.records) == 2


def test_a_query_under_way_finishes_on_its_generation(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from searcher.snapshot import Snapshot

    really = Snapshot.plan
    seen: list[searcher.Page] = []

    with searcher.open(home, follow=True) as index:

        def plan(self: Snapshot, *args: object, **options: object) -> object:
            monkeypatch.setattr(Snapshot, "plan", really)
            searcher.build([Document("x", "脱贫")], index=home)
            seen.append(index.search("脱贫"))
            return really(self, *args, **options)  # type: ignore[arg-type]

        first = index.generation
        monkeypatch.setattr(Snapshot, "plan", plan)
        page = index.search("脱贫")
        assert (page.generation, ids(page), page.total) == (first, ["a", "b"], 2)
        assert page.hits[0].snippets
        assert (ids(seen[0]), index.search("脱贫").total) == (["x"], 1)


def test_threads_that_follow_see_whole_generations_in_order(home: Path) -> None:
    totals: dict[str | None, int] = {}
    pages: list[list[searcher.Page]] = [[] for _ in range(4)]
    done = threading.Event()
    with searcher.open(home, follow=True) as index:
        totals[index.generation] = 2

        def ask(mine: list[searcher.Page]) -> None:
            while not done.is_set():
                mine.append(index.search("脱贫"))

        threads = [threading.Thread(target=ask, args=(mine,)) for mine in pages]
        for thread in threads:
            thread.start()
        for number in range(1, 6):
            documents = [Document(str(n), "脱贫") for n in range(number)]
            totals[searcher.build(documents, index=home).generation] = number
            assert index.search("脱贫").total == number
        done.set()
        for thread in threads:
            thread.join()
    for mine in pages:
        assert [page.total for page in mine] == [totals[page.generation] for page in mine]
        assert sorted(page.generation for page in mine) == [page.generation for page in mine]


# ---------------------------------------------------------------- forking


def in_children(count: int, work: Callable[[], bool]) -> Callable[[], list[int]]:
    """Fork *count* children that do *work* once the function returned is called."""
    ready, go = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:  # pragma: no cover
            code = 2
            try:
                os.close(go)
                os.read(ready, 1)  # until the parent closes its end
                code = 0 if work() else 1
            finally:
                os._exit(code)
        children.append(child)
    os.close(ready)

    def finished() -> list[int]:
        os.close(go)
        return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]

    return finished


def test_children_query_at_once_whatever_the_parent_does(home: Path) -> None:
    index = searcher.open(home)
    folder = home / f"gen-{index.generation}"
    right = [index.search(query).hits for query in ("脱贫", '"脱贫攻坚"', "软件")]

    def work() -> bool:
        with index:
            for _ in range(20):
                found = [index.search(query).hits for query in ("脱贫", '"脱贫攻坚"', "软件")]
                if found != right or index.get("b") != DOCUMENTS[1]:
                    return False
            moved = index.refresh()
            return moved and index.search("别的").total == 1

    finished = in_children(4, work)
    index.close()
    for _ in range(3):
        searcher.build([Document("x", "别的")], index=home)
    assert folder.exists()  # the children hold it
    assert finished() == [0] * 4
    searcher.build([Document("x", "别的")], index=home)
    assert not folder.exists()


def test_children_of_one_that_follows_follow_by_themselves(home: Path) -> None:
    with searcher.open(home, follow=True) as index:
        assert index.search("脱贫").total == 2
        finished = in_children(3, lambda: index.search("别的").total == 1)
        searcher.build([Document("x", "别的")], index=home)
        assert finished() == [0] * 3
        assert index.search("别的").total == 1


def test_a_child_may_write(index: searcher.Index, home: Path) -> None:
    finished = in_children(1, lambda: index.update(remove=["a"]).removed == 1)
    assert finished() == [0]
    assert index.refresh()
    assert index.ids() == ["b", "c"]


def test_errors_travel_between_processes(index: searcher.Index) -> None:
    with pytest.raises(searcher.QueryError) as caught:
        index.search('"脱贫')
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.query, again.position) == (str(caught.value), '"脱贫', 0)
    failed = pickle.loads(pickle.dumps(searcher.DecodeError("a.txt", "binary")))
    assert (failed.where, failed.reason, str(failed)) == ("a.txt", "binary", "a.txt: binary")


def test_an_update_keeps_as_many_generations_as_asked(tmp_path: Path) -> None:
    searcher.build([Document("a", "第一篇。")], index=tmp_path)
    with searcher.open(tmp_path) as index:
        for number in range(4):
            index.update([Document(f"b{number}", "又一篇。")], keep=3)
        assert len(Home(tmp_path).generations()) == 3
        index.update(remove=["a"], keep=1)
        assert [each.id for each in Home(tmp_path).generations()] == [index.generation]
        with pytest.raises(ValueError, match="keep"):
            index.update(keep=0)
