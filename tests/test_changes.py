"""Changes by `Index.update`, and what documents of a program become: said, counted, not lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searcher
from searcher import Document, IndexNotFoundError, QueryError
from searcher.model.documents import ExtraValue


@pytest.fixture
def home(tmp_path: Path) -> Path:
    searcher.build([Document("a", "旧文"), Document("b", "脱贫")], index=tmp_path / "index")
    return tmp_path / "index"


def ids(index: searcher.Index, query: str) -> list[str]:
    return [hit.id for hit in index.search(query, limit=99).hits]


@pytest.fixture
def index(home: Path) -> Iterator[searcher.Index]:
    with searcher.open(home) as opened:
        yield opened


def test_an_update_that_changes_nothing_publishes_nothing(
    index: searcher.Index, home: Path
) -> None:
    searcher.build([Document("a", "新文"), Document("b", "脱贫")], index=home)
    index.refresh()
    before = index.generation
    for documents in ([], [Document("a", "新文")], [Document("b", "脱贫"), Document("a", "新文")]):
        report = index.update(documents, remove=["gone"])
        assert (report.generation, report.unchanged) == (before, len(documents))
        assert (report.added, report.changed, report.removed) == (0, 0, 0)
        assert report.missing == ("gone",)
    searcher.rollback(home)
    index.refresh()
    assert index.get("a") == Document("a", "旧文")


def test_an_update_moves_to_what_another_job_published_even_if_it_changes_nothing(
    index: searcher.Index, home: Path
) -> None:
    searcher.build([Document("c", "攻坚")], index=home)
    index.update([])
    assert index.ids() == ["c"]


def test_only_what_differs_is_changed(index: searcher.Index) -> None:
    other = Document("a", "旧文", title="改")
    report = index.update([other, Document("b", "脱贫"), Document("c", "攻坚")])
    assert (report.added, report.changed, report.unchanged) == (1, 1, 1)
    assert [index.get(name) for name in "abc"] == [
        other,
        Document("b", "脱贫"),
        Document("c", "攻坚"),
    ]


def test_what_was_replaced_in_one_call_can_be_put_back(index: searcher.Index) -> None:
    report = index.update([Document("a", "新文"), Document("a", "旧文")])
    assert index.get("a") == Document("a", "旧文")
    assert (report.replaced, report.warnings) == (
        1,
        ("a: given twice, as document 1 and as document 2; the last one is kept",),
    )


def test_ids_to_remove_count_once_however_they_are_written(home: Path) -> None:
    searcher.build([Document("k\ufffd", "脱贫"), Document("b", "攻坚")], index=home)
    with searcher.open(home) as index:
        report = index.update(remove=["k\ud800", "k\ufffd", "k\ud801"])
        assert (report.removed, report.missing) == (1, ())


def test_an_update_keeps_as_many_generations_as_the_build_was_told(home: Path) -> None:
    searcher.build([Document("a", "一")], index=home, keep=4)
    with searcher.open(home) as index:
        for text in ("二", "三", "四", "五"):
            index.update([Document("a", text)])
        assert len(list(home.glob("gen-*"))) == 4
        index.update([Document("a", "六")], keep=1)
    assert len(list(home.glob("gen-*"))) == 1


def test_an_update_makes_no_folder_where_the_index_is_gone(
    index: searcher.Index, home: Path
) -> None:
    shutil.rmtree(home)
    with pytest.raises(IndexNotFoundError):
        index.update([Document("c", "攻坚")])
    assert not home.exists()


# ---------------------------------------------------------------- what documents become

DATES = {
    "2019": "2019",
    "2019-05": "2019-05",
    "2019-05-06": "2019-05-06",
    "2019/5/6": "2019-05-06",
    "2019.05": "2019-05",
    "20190506": "2019-05-06",
    "2019年5月6日": "2019-05-06",
    "２０１９年５月": "2019-05",
    "2019-05-06T10:00:00": "2019-05-06",
}


def put(home: Path, documents: list[Document], way: str) -> tuple[str, ...]:
    """Put documents into an index, and return the warnings."""
    if way == "build":
        return searcher.build(documents, index=home).warnings
    searcher.build([], index=home)
    with searcher.open(home) as index:
        return index.update(documents).warnings


WAYS = pytest.mark.parametrize("way", ["build", "update"])


@WAYS
def test_dates_of_a_program_are_read_as_those_of_files(tmp_path: Path, way: str) -> None:
    documents = [Document(given, "脱贫", date=given) for given in DATES]
    assert put(tmp_path, documents, way) == ()
    with searcher.open(tmp_path) as index:
        page = index.search("date:2019", limit=99, facets=["year"])
        assert {hit.id: hit.date for hit in page.hits} == DATES
        assert page.facets == {"year": {"2019": len(DATES)}}


@WAYS
def test_a_date_that_is_none_is_kept_and_named(tmp_path: Path, way: str) -> None:
    documents = [
        Document("a", "脱贫", date="昨天", extra={"n": 1}),
        Document("b", "脱贫", date=""),
    ]
    assert put(tmp_path, documents, way) == (
        "a: the date '昨天' is not understood; kept as given",
    )
    with searcher.open(tmp_path) as index:
        assert index.get("a") == Document("a", "脱贫", extra={"date": "昨天", "n": 1})
        assert index.get("b") == Document("b", "脱贫")


@WAYS
def test_what_cannot_be_stored_is_counted(tmp_path: Path, way: str) -> None:
    extra: dict[str, ExtraValue] = {"x\udcff": ["\ud800", "y"], "z": "\0"}
    documents = [Document("f\ud800", "脱\0贫", extra=extra), Document("b", "\0")]
    assert put(tmp_path, documents, way) == (
        "f\ufffd: 5 characters cannot be stored; U+FFFD is shown instead",
        "b: 1 character cannot be stored; U+FFFD is shown instead",
    )
    with searcher.open(tmp_path) as index:
        kept = {"x\ufffd": ["\ufffd", "y"], "z": "\ufffd"}
        assert index.get("f\ufffd") == Document("f\ufffd", "脱\ufffd贫", extra=kept)  # type: ignore[arg-type]


def test_a_mapping_that_is_used_for_the_next_document_is_taken_as_it_was(tmp_path: Path) -> None:
    def documents() -> Iterator[Document]:
        extra: dict[str, ExtraValue] = {}
        tags: list[str] = []
        for number in range(3):
            tags[:] = [f"t{number}"]
            extra.update({"n": number, "tags": tags})
            yield Document(str(number), "脱贫", extra=extra)

    searcher.build(documents(), index=tmp_path)
    with searcher.open(tmp_path) as index:
        page = index.search("脱贫", sort="path")
        assert [hit.extra for hit in page.hits] == [{"n": n, "tags": [f"t{n}"]} for n in range(3)]


def test_a_build_of_nothing_but_failures_publishes_nothing(home: Path) -> None:
    wrong: Any = [Document(str(number), None) for number in range(3)]  # type: ignore[arg-type]
    report = searcher.build(wrong, index=home)
    assert (report.generation, len(report.failures)) == (None, 3)
    with searcher.open(home) as index:
        assert index.ids() == ["a", "b"]


def test_whole_numbers_beyond_floats_are_found_by_themselves(tmp_path: Path) -> None:
    numbers = [2**53, 2**53 + 1, 2**53 + 2, 1_760_000_000_000_000_001, 1_760_000_000_000_000_002]
    documents = [Document(str(number), "脱贫", extra={"uid": number}) for number in numbers]
    searcher.build(documents, index=tmp_path)
    with searcher.open(tmp_path) as index:
        for number in numbers:
            page = index.search(f"uid:{number}", facets=["uid"])
            assert [hit.id for hit in page.hits] == [str(number)]
            assert [hit.extra for hit in page.hits] == [{"uid": number}]
            assert page.facets == {"uid": {str(number): 1}}
        assert ids(index, f"uid:[1 TO {2**53}]") == [str(2**53)]
        assert ids(index, "uid:" + "9" * 5000) == []
        with pytest.raises(QueryError, match=r"no number of at most 9,007,199,254,740,992"):
            index.search(f"uid:[{2**53 + 1} TO *]")
