"""Index and build: the Python API as a caller meets it."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import searcher
from searcher import Document, IndexLockedError, IndexNotFoundError, NotAnIndexError

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
        {"sort": "date"},
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


def test_documents_come_back_as_they_were(index: searcher.Index) -> None:
    assert [index.get(document.id) for document in DOCUMENTS] == DOCUMENTS
    assert index.get("nothing") is None
    assert (len(index), "a" in index, "z" in index, 1 in index) == (3, True, False, False)
    assert index.ids() == ["a", "b", "c"]


def test_what_cannot_be_stored_becomes_a_replacement_character(tmp_path: Path) -> None:
    bad = Document("a", "脱\ud800贫\0好", extra={"x\udcff": ["\ud800"], "y": "\0", "z": 1})
    searcher.build([bad], index=tmp_path / "i")
    with searcher.open(tmp_path / "i") as index:
        extra = {"x\ufffd": ["\ufffd"], "y": "\ufffd", "z": 1}
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


def test_an_index_opened_before_fork_works_in_the_child(index: searcher.Index) -> None:
    expected = index.search("脱贫").total
    child = os.fork()
    if child == 0:  # pragma: no cover
        os._exit(0 if index.search("脱贫").total == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert index.search("脱贫").total == expected


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


def test_an_update_does_not_take_damage_over(home: Path) -> None:
    with searcher.open(home) as index:
        folder = home / f"gen-{index.generation}"
        [segment] = folder.glob("*.post")
        raw = bytearray(segment.read_bytes())
        raw[-10] ^= 1
        segment.write_bytes(raw)
        with pytest.raises(searcher.IndexCorruptError, match=segment.name):
            index.update([Document("new", "新")])


def test_errors_travel_between_processes(index: searcher.Index) -> None:
    with pytest.raises(searcher.QueryError) as caught:
        index.search('"脱贫')
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.query, again.position) == (str(caught.value), '"脱贫', 0)
    failed = pickle.loads(pickle.dumps(searcher.DecodeError("a.txt", "binary")))
    assert (failed.where, failed.reason, str(failed)) == ("a.txt", "binary", "a.txt: binary")
