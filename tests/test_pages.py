"""Pages: the snippets of many documents at once are those of each by itself."""

from __future__ import annotations

import random

import numpy as np
import pytest
from corpus import cuts, documents
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import sheet_of
from stored_documents import stored
from test_snippets import SIZES, Text, fields

from searcher.matches import found_in
from searcher.model import TEXT_FIELDS, Mark, Snippet
from searcher.snippets import (
    Found,
    Kinds,
    Range,
    Sheet,
    best,
    best_of_page,
    leaves_of,
)
from searcher.snippets import pages as snippet_pages
from searcher.snippets.windows import MOST_MARKS, MOST_RANGES, Windows, windows_of
from searcher.text.queries import query_readings

Fields = list[tuple[Text, list[Range]]]

MARKS = [(0, False), (1, False), (1, True), (2, False), (0, True)]
"""Chunk, and whether it is a phrase, of each mark."""


def one_by_one(pages: list[Fields], count: int, chars: int) -> list[tuple[Snippet, ...]]:
    return [best(each, count=count, chars=chars) for each in pages]


def together(pages: list[Fields], count: int, chars: int) -> list[tuple[Snippet, ...]]:
    sheet, found = sheet_of_fields(pages)
    kinds = Kinds(*(np.array(each, dtype=np.int64) for each in zip(*MARKS, strict=True)))
    out = best_of_page(sheet, found, kinds, count=count, chars=chars)
    return [out.get(number, ()) for number in range(len(pages))]


def sheet_of_fields(pages: list[Fields]) -> tuple[Sheet, Found]:
    rows, at = [], 0
    for page in pages:
        for field, ranges in page:
            if field.length:
                rows += [(at + each.start, at + each.end, each.mark) for each in ranges]
                at += field.length + 1
    texts = [[(field.name, field.text) for field, _ in page if field.length] for page in pages]
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
    return Sheet(dict(enumerate(leaves_of(texts)))), Found(*table.T)


def known(page: Fields) -> Fields:
    """Return the page with the chunks and phrases that its marks have."""
    return [
        (field, sorted({Range(r.start, r.end, *MARKS[r.mark], r.mark) for r in ranges}))
        for field, ranges in page
    ]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.one_of(fields(overlapping=False), fields()), max_size=4), SIZES)
def test_a_page_has_the_snippets_of_its_documents(
    drawn: list[Fields], sizes: tuple[int, int]
) -> None:
    pages = [known(page) for page in drawn]
    assert together(pages, *sizes) == one_by_one(pages, *sizes)


@pytest.mark.parametrize("seed", range(300))
def test_a_page_of_usual_documents_has_the_snippets_of_each(seed: int) -> None:
    chance = random.Random(seed)
    pages = [usual(chance) for _ in range(chance.randint(1, 6))]
    chars = chance.choice([9, 20, 40, 60, 120])
    count = chance.choice([1, 2, 3, 3, 5])
    assert together(pages, count, chars) == one_by_one(pages, count, chars)


def usual(chance: random.Random) -> Fields:
    letters = (
        "全文检索脱贫攻坚" * 6
        + "，，、。。！”’」…\n\r .,:;x1a\u3000"
        + chance.choice(["", "\u0301\u200d\ufe0f"])
    )
    out = []
    for name, size in (("title", 20), ("body", chance.choice([60, 200, 700]))):
        text = "".join(chance.choice(letters) for _ in range(chance.randint(1, size)))
        dense = chance.choice([0, 0.02, 0.1, 0.3])
        ranges, at = [], 0
        while at < len(text):
            length = chance.choice([1, 1, 2, 2, 3, 4])
            if chance.random() < dense and at + length <= len(text):
                mark = chance.randrange(chance.choice([1, 3, 5]))
                ranges.append(Range(at, at + length, *MARKS[mark], mark))
                at += length
            else:
                at += 1
        out.append((Text(name, text), ranges))
    return out


def test_a_page_of_real_documents_has_the_snippets_of_each() -> None:
    chance = random.Random(8)
    stored_ones = [stored(each) for each in documents()]
    asked = [cut.text for cut in cuts(documents(), 300, seed=4)]
    for _ in range(80):
        page = [*chance.sample(stored_ones, 9), stored_ones[chance.randrange(5)]]
        texts = [*chance.sample(asked, 2), page[0].body[:2], chance.choice("的人民一第法，")]
        chunks = enumerate(query_readings(text) for text in texts)
        marks = [
            Mark(run, TEXT_FIELDS, chunk, chance.random() < 0.3)
            for chunk, runs in chunks
            for run in runs
        ]
        count, chars = chance.choice([1, 3, 5]), chance.choice([20, 60, 120, 400])
        sheet = sheet_of(page)
        found = found_in(sheet, page, marks)
        out = best_of_page(sheet, found, Kinds.of(marks), count=count, chars=chars)
        for number in range(len(page)):
            one = fields_of(sheet, found, marks, number)
            assert out[number] == best(one, count=count, chars=chars)


def fields_of(sheet: Sheet, found: Found, marks: list[Mark], number: int) -> Fields:
    """Return the fields of one document of a sheet, each with its ranges."""
    out = []
    columns = [column.tolist() for column in found]
    for place in sheet.places:
        if place.document == number:
            ranges = [
                Range(start - place.start, end - place.start, marks[m].chunk, marks[m].phrase, m)
                for start, end, m in zip(*columns, strict=True)
                if place.start <= start < place.end
            ]
            out.append((Text(place.name, sheet.text[place.start : place.end]), ranges))
    return out


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(fields(overlapping=False), max_size=4))
def test_a_leaf_depends_on_nothing_but_its_own_document(drawn: list[Fields]) -> None:
    texts = [[(field.name, field.text) for field, _ in page if field.length] for page in drawn]
    assert leaves_of(texts) == [leaf for each in texts for leaf in leaves_of([each])]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(fields(overlapping=False), min_size=1, max_size=4), st.integers(1, 60))
def test_the_best_window_is_the_least_of_all_entries(drawn: list[Fields], chars: int) -> None:
    sheet, found = sheet_of_fields([known(page) for page in drawn])
    kinds = Kinds(*(np.array(each, dtype=np.int64) for each in zip(*MARKS, strict=True)))
    if len(found.start):
        windows, _ = windows_of(found, kinds, found.mark, sheet, chars)
        every, best_ones = windows.entries()[1], windows.best()[1]
        assert best_ones == [min(each)[3:5] for each in every]


def test_a_page_of_very_many_ranges_goes_another_way_to_the_same_snippets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(9)
    pages = [usual(chance) for _ in range(6)]
    many = sum(len(ranges) for page in pages for _, ranges in page)
    wanted = one_by_one(pages, 1, 40)
    monkeypatch.setattr(snippet_pages, "MOST_RANGES", many)
    assert together(pages, 1, 40) == wanted
    monkeypatch.setattr(Windows, "best", pytest.fail)
    with pytest.raises(pytest.fail.Exception):
        together(pages, 1, 40)
    monkeypatch.setattr(snippet_pages, "MOST_RANGES", many - 1)
    assert together(pages, 1, 40) == wanted


def test_the_best_window_of_as_many_ranges_as_there_may_be_is_found() -> None:
    """They touch, are each a match of a phrase, and one window has a range of every mark."""
    every = np.arange(MOST_RANGES + 1)
    first, rich = every[:-1], MOST_RANGES // 2
    marks = np.ones(MOST_RANGES, dtype=np.int64)
    marks[rich : rich + MOST_MARKS] = 1 << np.arange(MOST_MARKS)
    last = np.minimum(first + MOST_MARKS, MOST_RANGES)
    all_marks = (1 << MOST_MARKS) - 1
    bounds = np.zeros(1, dtype=np.int64)
    windows = Windows(first, every[1:], marks, last, every, every, all_marks, first, last, bounds)
    assert windows.best()[1] == [(rich, rich + MOST_MARKS)]


def test_no_snippets_are_no_work_and_a_passage_of_no_characters_is_refused() -> None:
    page = [known([(Text("body", "检索"), [Range(0, 2, 0, False, 0)])])]
    assert together(page, 0, 9) == [()]
    with pytest.raises(ValueError, match="chars"):
        together(page, 1, 0)


def test_a_query_of_a_hundred_marks_is_shown_too() -> None:
    sheet, found = sheet_of_text("检" * 100)
    marks = [Mark(("检",), TEXT_FIELDS, at, False) for at in range(100)]
    found = Found(found.start, found.end, np.arange(100))
    out = best_of_page(sheet, found, Kinds.of(marks), count=3, chars=20)
    assert out[0] == best(fields_of(sheet, found, marks, 0), count=3, chars=20) != ()


@pytest.mark.parametrize("seed", range(40))
def test_of_very_many_marks_each_document_has_its_own(seed: int) -> None:
    chance = random.Random(seed)
    chunks = chance.choice([1, 500])
    marks = [Mark(("检",), TEXT_FIELDS, at % chunks, at % 3 == 0) for at in range(500)]
    pages = [usual(chance) for _ in range(4)]
    named = chance.sample(range(500), chance.choice([3, 80]))
    for field, ranges in (field for page in pages for field in page):
        of_field = [chance.choice(named) for _ in ranges]
        ranges[:] = [
            Range(r.start, r.end, marks[at].chunk, marks[at].phrase, at)
            for r, at in zip(ranges, of_field, strict=True)
        ]
        assert field.length
    sheet, found = sheet_of_fields(pages)
    out = best_of_page(sheet, found, Kinds.of(marks), count=3, chars=60)
    assert [out[number] for number in range(4)] == one_by_one(pages, 3, 60)


def sheet_of_text(text: str) -> tuple[Sheet, Found]:
    """Return a sheet of one body in which every character is a range of its own."""
    ranges = [Range(at, at + 1, 0, False, 0) for at in range(len(text))]
    return sheet_of_fields([[(Text("body", text), ranges)]])
