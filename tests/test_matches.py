"""Matches: every range of every mark, and of huge documents at least one of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
from corpus import cuts, documents
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import place_at, sheet_of
from stored_documents import stored

from searcher.matches import block_ranges, blocks, found_in
from searcher.matches.seen import are_han
from searcher.model import TEXT_FIELDS, Document, Mark, Noise, Run, Units
from searcher.snippets import BETWEEN
from searcher.stored import BlockField, Packing, StoredDocument
from searcher.stored import blocks as stored_blocks
from searcher.stored.blocks import pack_blocks
from searcher.text import seen
from searcher.text.clean import clean
from searcher.text.queries import query_readings
from searcher.text.script import fold
from searcher.text.units import SENTENCE_END, units

Spans = set[tuple[int, str, int, int, int]]
"""Document, field, start and end in the field, mark."""

# ------------------------------------------------------------------ usual documents


def spans_found(texts: Sequence[StoredDocument], marks: Sequence[Mark]) -> Spans:
    sheet = sheet_of(texts)
    found = found_in(sheet, texts, marks)
    assert list(found.start) == sorted(found.start)
    out = set()
    for start, end, mark in zip(*(column.tolist() for column in found), strict=True):
        place = place_at(sheet, start)
        assert end <= place.end
        out.add((place.document, place.name, start - place.start, end - place.start, mark))
    assert len(out) == len(found.start)
    return out


def spans_wanted(texts: Sequence[StoredDocument], marks: Sequence[Mark]) -> Spans:
    """Return the same by cleaning and reading each field, and comparing unit by unit."""
    return {
        (number, name, *span, at)
        for number, document in enumerate(texts)
        for name in TEXT_FIELDS
        for at, span in _spans_in(getattr(document, name), document, marks, name)
    }


def _spans_in(
    text: str, document: StoredDocument, marks: Sequence[Mark], name: str
) -> Iterable[tuple[int, tuple[int, int]]]:
    read = units(text, clean(text, document.noise))
    keys = tuple(read.keys)
    for at, mark in enumerate(marks):
        length = len(mark.units)
        for first in range(len(keys) - length + 1) if name in mark.fields else ():
            if keys[first : first + length] == mark.units:
                yield at, (read.start[first], read.end[first + length - 1])


PIECES = [
    *"脱贫攻坚與裏里" * 2,
    *("。", "，", "、", "！”", "：“", "\n", "\r\n", "\n\n", "\n　　", " ", "\u3000", "……", "——"),
    *("a", "GO", "Python3", "5", "3.5", "1,540", "①", "㎏", "\u200b", "\ufffd", "\ue317", "☃"),
    *("Ａｂ", "\u0301", "\ufe0f", "ｶﾞ", "𠮷", "👍", "㈱", "(yu)", "與(yu)", "[4]", "<br>", "_"),
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=50).map("".join)
FIELDS = st.sampled_from([TEXT_FIELDS, TEXT_FIELDS, ("body",), ("title",), ("source",)])


@st.composite
def pages(draw: st.DrawFn) -> tuple[list[StoredDocument], list[Mark]]:
    texts = draw(st.lists(st.tuples(BODIES, BODIES), min_size=1, max_size=4))
    page = [stored(Document("a", body, title)) for title, body in texts]
    marks = []
    for chunk in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from(draw(st.sampled_from(texts))))
        start = draw(st.integers(0, max(0, len(text) - 1)))
        piece = text[start : start + draw(st.integers(1, 6))]
        for run in query_readings(piece):
            marks.append(Mark(run, draw(FIELDS), chunk, False))
    return page, marks


@settings(max_examples=600, deadline=None, derandomize=True)
@given(pages())
def test_every_range_of_every_mark_is_found(page: tuple[list[StoredDocument], list[Mark]]) -> None:
    assert spans_found(*page) == spans_wanted(*page)


def test_every_range_is_found_in_real_documents() -> None:
    chance = random.Random(5)
    stored_ones = [stored(each) for each in documents()]
    asked = [cut.text for cut in cuts(documents(), 400, seed=11)]
    asked += [text[:2] for text in asked] + [text[:1] for text in asked]
    is_han = 0
    for _ in range(150):
        page = chance.sample(stored_ones, 10)
        runs = [run for text in chance.sample(asked, 3) for run in query_readings(text)]
        marks = [Mark(run, TEXT_FIELDS, at, False) for at, run in enumerate(runs)]
        # A mark that stands somewhere on the page.
        body = next(each.body for each in page if each.body)
        at = chance.randrange(len(body))
        near = query_readings(body[at : at + chance.randint(1, 3)])
        marks += [Mark(run, TEXT_FIELDS, 9, False) for run in near]
        is_han += are_han([mark.units for mark in marks])
        assert spans_found(page, marks) == spans_wanted(page, marks)
    assert 20 < is_han < 140  # both ways are taken


HAN = st.text("脱贫攻坚。，\n A", max_size=60)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(HAN, min_size=1, max_size=3), st.sets(st.text("脱贫攻坚", min_size=2, max_size=2)))
def test_pairs_of_han_are_found_together_as_each_by_itself(
    bodies: list[str], pairs: set[str]
) -> None:
    page = [stored(Document(f"{number}", body)) for number, body in enumerate(bodies)]
    marks = [Mark(tuple(pair), TEXT_FIELDS, 0, False) for pair in sorted(pairs)]
    assert spans_found(page, marks) == spans_wanted(page, marks)


def test_pairs_of_han_are_found_in_real_documents() -> None:
    chance = random.Random(6)
    stored_ones = [stored(each) for each in documents()]
    asked = [cut.text[:2] for cut in cuts(documents(), 400, seed=12)]
    for _ in range(60):
        page = chance.sample(stored_ones, 10)
        runs = {run for text in chance.sample(asked, 4) for run in query_readings(text)}
        marks = [Mark(run, TEXT_FIELDS, 0, False) for run in sorted(runs) if len(run) == 2]
        assert spans_found(page, marks) == spans_wanted(page, marks)


def test_more_units_than_a_byte_counts_are_told_apart() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))
    page = [stored(Document("a", f"{text}。{text[::-1]}"))]
    marks = [
        Mark(tuple(fold(text)), TEXT_FIELDS, 0, True),
        Mark((fold(text)[-1],), ("body",), 1, False),
    ]
    assert spans_found(page, marks) == spans_wanted(page, marks) != set()


def test_no_run_goes_from_one_text_into_the_next() -> None:
    page = [stored(Document("a", "贫", "脱")), stored(Document("b", "贫 Go", "脱"))]
    for marks in (
        [Mark(("脱", "贫"), TEXT_FIELDS, 0, False)],
        [Mark(("go", "脱"), TEXT_FIELDS, 0, False)],
    ):
        assert spans_found([*page, *page], marks) == set()


def test_a_page_of_nothing_holds_nothing() -> None:
    mark = Mark(("脱",), TEXT_FIELDS, 0, False)
    for page in ([], [stored(Document("a", ""))]):
        assert sheet_of(page).text == ""
        assert spans_found(page, [mark]) == spans_found(page, []) == set()


def test_the_sheet_is_the_texts_one_behind_another() -> None:
    page = [stored(Document("a", "正文", "标题")), stored(Document("b", "👍𠮷"))]
    sheet = sheet_of(page)
    assert sheet.text == BETWEEN.join(["标题", "正文", "👍𠮷", ""])
    assert [chr(code) for code in sheet.codes] == list(sheet.text)
    assert [(place.document, place.name) for place in sheet.places] == [
        (0, "title"),
        (0, "body"),
        (1, "body"),
    ]


# ------------------------------------------------------------------ seen text


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_stands_between_two_han_is_what_reading_gives(gap: str) -> None:
    text = f"中{gap}国"
    keys = tuple(units(text, clean(text, stored(Document("a", text)).noise)).keys[1:-1])
    wanted = keys if keys in ((), (SENTENCE_END,)) else None
    if stored(Document("a", text)).is_seen:
        assert seen.between(gap) == wanted


SIGNS = "，、；“”）—· \u3000\r\n。！？!…?x.\t\u2028"


def test_what_stands_between_two_han_is_what_reading_gives_for_any_signs() -> None:
    chance = random.Random(1)
    gaps = [first + second for first in ["", *SIGNS] for second in SIGNS]
    gaps += ["".join(chance.choices(SIGNS, k=chance.randint(3, 20))) for _ in range(1000)]
    for gap in gaps:
        text = f"中{gap}中"
        keys = tuple(units(text, clean(text, Noise())).keys[1:-1])
        assert seen.between(gap) == (keys if keys in ((), (SENTENCE_END,)) else None), gap


def test_the_characters_of_a_unit_are_all_that_fold_to_it() -> None:
    han = [chr(code) for a, b in seen.HAN_RANGES for code in range(ord(a), ord(b) + 1)]
    wanted: dict[str, set[int]] = {}
    for character in han:
        wanted.setdefault(fold(character), set()).add(ord(character))
    for character in han:
        found = seen.characters_of(character)
        if fold(character) == character:
            assert found is not None
            assert set(found.tolist()) == wanted[character]
        else:
            assert found is None


# ------------------------------------------------------------------ huge documents


def block_field(text: str) -> BlockField:
    """Return a field whose units are its characters, two characters of original apart."""
    spread = "".join(f"{char} " for char in text)
    found = Units(list(text), range(0, 2 * len(text), 2), range(1, 2 * len(text), 2))
    parts: list[bytes] = []
    layout = pack_blocks(spread, found, Packing(), parts)
    return BlockField("body", layout, memoryview(b"".join(parts)), 0, Packing())


def positions_in(text: str) -> Callable[[Run, str], Sequence[int]]:
    """Return an engine's positions for a text of one-character units."""

    def positions(run: Run, field: str) -> Sequence[int]:
        assert field == "body"
        return begins(text, "".join(run.units))

    return positions


def begins(text: str, run: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(run, at)]


def random_case(seed: int) -> tuple[str, list[Mark]]:
    rng = random.Random(seed)
    text = "".join(rng.choice("脱贫攻坚战的") for _ in range(rng.randint(1, 60)))
    marks = []
    for chunk in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        run = tuple(text[at : at + rng.choice([1, 1, 2, 3])])
        marks.append(Mark(run, rng.choice([TEXT_FIELDS, ("body",), ("title",)]), chunk, False))
    return text, marks


@pytest.mark.parametrize("seed", range(60))
def test_every_range_of_every_mark_is_given_in_order(seed: int) -> None:
    text, marks = random_case(seed)
    found = block_ranges(block_field(text), marks, positions_in(text))
    wanted = sorted(
        (2 * at, 2 * (at + len(mark.units)) - 1, mark.chunk, False, number)
        for number, mark in enumerate(marks)
        if "body" in mark.fields
        for at in begins(text, "".join(mark.units))
    )
    assert [tuple(each) for each in found] == wanted


@pytest.mark.parametrize("seed", range(60))
def test_of_many_blocks_whole_ones_are_given_and_every_mark_stands_in_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_blocks, "BLOCK", 4)
    monkeypatch.setattr(blocks, "BLOCK", 4)
    text, marks = random_case(seed)
    field = block_field(text)
    found = block_ranges(field, marks, positions_in(text))
    here = [number for number, mark in enumerate(marks) if "body" in mark.fields]
    assert {each.mark for each in found} == set(here)
    inside = {each.start // 2 // 4 for each in found}
    assert field.unit_blocks <= 4 or len(inside) <= len(here)
    for number in here:
        wanted = [at for at in begins(text, "".join(marks[number].units)) if at // 4 in inside]
        assert [each.start // 2 for each in found if each.mark == number] == wanted


def test_of_very_many_places_the_first_and_those_near_rarer_marks_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "_MANY", 3)
    monkeypatch.setattr(blocks, "_NEAR", 5)
    text = "的" * 40 + "脱贫" + "的" * 40
    marks = [Mark(("的",), TEXT_FIELDS, 0, False), Mark(("脱", "贫"), TEXT_FIELDS, 1, True)]
    found = block_ranges(block_field(text), marks, positions_in(text))
    places = [each.start // 2 for each in found if each.mark == 0]
    assert places == [0, 1, 2, *range(35, 40), *range(42, 46)]
    assert [each.start // 2 for each in found if each.mark == 1] == [40]
