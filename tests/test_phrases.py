"""A quoted phrase finds every document that contains it and no other, and shows where exactly.

What contains a phrase is known from a scan over the units of every document: the index has to
give the same documents, the same totals and the same ranges.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest
from corpus import Answer, Field, Found, UnitScan, cuts, joined
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sheets import place_at, sheet_of
from stored_documents import stored

import searcher
from searcher import Document, QueryError
from searcher.matches import found_in
from searcher.model import Noise
from searcher.query import plan_query
from searcher.text.clean import clean, explain
from searcher.text.decode import storable
from searcher.text.queries import query_readings
from searcher.text.units import SENTENCE_END, units
from searcher.text.words import Cutter
from searcher.text.words.fast import RjiebaCutter

EVERYTHING = 10**9
"""So many snippets of so many characters show every match of a document."""


@cache
def cutter() -> Cutter:
    return RjiebaCutter()


def shown(page: searcher.Page) -> Found:
    """Return every highlight of a page."""
    found: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for hit in page.hits:
        for snippet in hit.snippets:
            found[hit.id, snippet.field].extend(snippet.highlights)
    return dict(found)


def highlights(index: searcher.Index, phrase: str, limit: int) -> Found:
    page = index.search(
        phrase, literal=True, limit=limit, snippets=EVERYTHING, snippet_chars=EVERYTHING
    )
    assert all(
        snippet.text == text[snippet.start : snippet.end]
        for hit in page.hits
        if (document := index.get(hit.id))
        for snippet in hit.snippets
        if (text := getattr(document, snippet.field)) is not None
    )
    return shown(page)


# ---------------------------------------------------------------- over the test corpus


def test_a_phrase_finds_every_document_that_contains_it_and_no_other(
    answers: list[Answer], scan: UnitScan
) -> None:
    wrong = {
        answer.cut.text: (answer.total, sorted(wanted ^ set(answer.ids))[:5])
        for answer in answers
        if (wanted := scan.ids(answer.cut.text)) != set(answer.ids)
        or not len(wanted) == len(answer.ids) == answer.total
    }
    assert len(answers) >= 2000
    assert wrong == {}


def test_a_phrase_is_highlighted_where_it_stands_and_nowhere_else(
    answers: list[Answer], scan: UnitScan, corpus_index: searcher.Index
) -> None:
    few = [answer for answer in answers if answer.total <= 30][:400]
    wrong = {}
    for answer in few:
        wanted = scan.find(answer.cut.text)
        found = highlights(corpus_index, answer.cut.text, answer.total)
        if found != wanted:
            wrong[answer.cut.text] = found, wanted
    assert len(few) == 400
    assert wrong == {}


def test_frequent_phrases_are_highlighted_exactly_too(
    answers: list[Answer], scan: UnitScan, corpus_index: searcher.Index
) -> None:
    many = [answer for answer in answers if answer.total > 30][:60]
    assert len(many) == 60
    for answer in many:
        wanted = scan.find(answer.cut.text)
        found = highlights(corpus_index, answer.cut.text, 5)
        assert found == {place: wanted[place] for place in found}
        assert len({name for name, _ in found}) == 5


def test_quotes_ask_what_a_literal_query_asks(
    answers: list[Answer], corpus_index: searcher.Index
) -> None:
    pairs = [('"', '"'), ("“", "”"), ("「", "」"), ("『", "』"), ("＂", "＂")]
    asked = 0
    for number, answer in enumerate(answers[:500]):
        opening, closing = pairs[number % len(pairs)]
        if closing not in answer.cut.text:
            query = f"{opening}{answer.cut.text}{closing}"
            page = corpus_index.search(query, limit=answer.total or 1, snippets=0)
            assert (page.total, [hit.id for hit in page.hits]) == (answer.total, [*answer.ids])
            asked += 1
    assert asked > 400


def test_a_piece_between_units_finds_the_place_it_was_cut_from(scan: UnitScan) -> None:
    random = Random(11)
    fields = [field for field in scan.fields.values() if field.units.keys]
    lost = []
    tried = 0
    for _ in range(3000):
        field = random.choice(fields)
        first = random.randrange(len(field.units.keys))
        last = min(len(field.units.keys), first + random.randint(1, 12))
        if _is_read_alone(field, first, last):
            start, end = field.units.start[first], field.units.end[last - 1]
            spans = scan.find(field.text[start:end]).get((field.id, field.name), [])
            tried += 1
            if not any(a <= start and end <= b for a, b in spans):
                lost.append((field.id, field.text[start:end]))
    assert tried > 2000
    assert lost == []


def _is_read_alone(field: Field, first: int, last: int) -> bool:
    """Tell whether a piece reads by itself as it does in its field, by the rules of the query.

    Not so where it begins or ends with a sentence end, holds one that only a line break makes
    (in a query that is a blank), was cut out of damage, or divides a row of numbers (1.2.3).
    """
    keys, starts, ends = field.units.keys, field.units.start, field.units.end
    if SENTENCE_END in (keys[first], keys[last - 1]):
        return False
    for at in range(first, last):
        if keys[at] == SENTENCE_END and not field.text[starts[at] : ends[at]].strip():
            return False
    start, end = starts[first], ends[last - 1]
    edits = explain(field.text, field.noise)
    if any(e.kind == "repair" and e.start < end and start < e.end for e in edits):
        return False
    around = field.text[max(0, start - 2) : start] + "|" + field.text[end : end + 2]
    return not any(near.isdigit() for near in around)


# ---------------------------------------------------------------- case by case

CASES: list[tuple[str, str, list[str]]] = [
    # text, phrase, what is highlighted
    ("我们说：“脱贫攻坚”，完成了。", "说脱贫攻坚完成", ["说：“脱贫攻坚”，完成"]),
    ("《规划》（草案）第三条", "规划草案，第三条", ["规划》（草案）第三条"]),
    ("重点……结束", "重点结束", []),
    ("重点……结束", "重点。结束", ["重点……结束"]),
    ("重点——结束", "重点结束", ["重点——结束"]),
    ("脱贫。全市", "脱贫全市", []),
    ("脱贫。全市", "脱贫！全市", ["脱贫。全市"]),
    ("脱贫。全市", "。全市", ["全市"]),
    ("没有\n写完，\r\n继续", "没有写完继续", ["没有\n写完，\r\n继续"]),
    ("标题\n\n正文", "标题正文", []),
    ("标题\n\n正文", "标题。正文", ["标题\n\n正文"]),
    ("上段\n　　下段", "上段下段", []),
    ("2017 年10 月", "2017年10月", ["2017 年10 月"]),
    ("共1,540亩，又1540亩", "1540亩", ["1,540亩", "1540亩"]),
    ("共1540亩", "１,５４０ 亩", ["1540亩"]),
    ("第3,4,5条", "345", []),
    ("第3,4,5条", "3、4、5", ["3,4,5"]),
    ("占12.5%，又１２．５％", "12.5", ["12.5", "１２．５"]),
    ("占12.5%", "125", []),
    ("2018，2019年", "20182019", []),
    ("第①条", "第1条", ["第①条"]),
    ("第①1项", "①1", ["①1"]),
    ("GO常用命令", "go 常用", ["GO常用"]),
    ("学C++和C#", "c++", ["C++"]),
    ("学C++和C#", "c", []),
    ("ＩＰｈｏｎｅ 15", "iphone 15", ["ＩＰｈｏｎｅ 15"]),
    ("ΣΊΣΥΦΟΣ和σίσυφος", "ΣΊΣΥΦΟΣ", ["ΣΊΣΥΦΟΣ", "σίσυφος"]),
    ("e\u0301tude和étude", "étude", ["e\u0301tude", "étude"]),
    ("ﾊﾝｶｸ、パ", "ハンカク", ["ﾊﾝｶｸ"]),
    ("か\u3099和が", "が", ["か\u3099", "が"]),
    ("好👍🏽人", "好👍人", ["好👍🏽人"]),
    ("好👍🏽人", "好人", []),
    ("全家👨\u200d👩\u200d👧！", "👨👩👧", ["👨\u200d👩\u200d👧"]),
    ("温度30℃", "30°C", ["30℃"]),
    ("重5㎏米", "5kg", ["5㎏"]),
    ("𠮷野家〇二〇年", "野家〇", ["野家〇"]),
    ("脱\u200b贫\u2060攻\ufeff坚", "脱贫攻坚", ["脱\u200b贫\u2060攻\ufeff坚"]),
    ("损\ufffd坏", "损坏", []),
    ("自\ue317造", "自造", []),
    ("裏面、裡面、里面", "里面", ["裏面", "裡面", "里面"]),
    ("哈哈哈哈", "哈哈哈", ["哈哈哈哈"]),
    ("脱贫脱贫", "脱贫", ["脱贫脱贫"]),
    ("脱贫，脱贫", "脱贫", ["脱贫", "脱贫"]),
]

PARTS = [
    ("面积2,400平方米", "2"),
    ("面积2,400平方米", "400"),
    ("发布于2020.05.25", "2020.05"),
    ("版本0.5.3", "0.5"),
    ("版本0.5.3", "5.3"),
    ("面积为m²", "m2"),
    ("共１①２项", "112"),
    ("共１①２项", "12"),
    ("叫café的店", "caf"),
    ("叫naïve的店", "ve"),
]
"""Texts, and numbers and words that are no unit of them, though they look like a part of one."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    home = tmp_path_factory.mktemp("cases") / "index"
    given = [text for text, _, _ in CASES] + [text for text, _ in PARTS]
    given += [f"见{typed}处" for typed in PASTED]
    texts = dict.fromkeys(given)
    searcher.build([Document(text, text) for text in texts], index=home)
    with searcher.open(home) as index:
        yield index


@pytest.mark.parametrize(("text", "phrase", "wanted"), CASES)
def test_a_phrase_in_a_text(
    cases: searcher.Index, text: str, phrase: str, wanted: list[str]
) -> None:
    found = highlights(cases, phrase, len(cases)).get((text, "body"), [])
    assert [text[start:end] for start, end in found] == wanted


@pytest.mark.parametrize(("text", "part"), PARTS)
def test_a_number_or_word_is_not_found_by_a_part_of_it(
    cases: searcher.Index, text: str, part: str
) -> None:
    page = cases.search(f'"{part}"', limit=len(cases))
    assert text not in [hit.id for hit in page.hits]


PASTED = [
    "2020.05.25",
    "0.5.3",
    "192.168.0.1",
    "3,4,5",
    "2,400",
    "m²",
    "１①２",
    "Python3.11",
    "①②",
]


@pytest.mark.parametrize("typed", PASTED)
def test_a_number_typed_without_quotes_is_found_and_highlighted_whole(
    cases: searcher.Index, typed: str
) -> None:
    page = cases.search(typed, match="all", limit=len(cases), snippet_chars=EVERYTHING)
    text = f"见{typed}处"
    shown = "".join(
        text[start:end]
        for hit in page.hits
        if hit.id == text
        for snippet in hit.snippets
        for start, end in snippet.highlights
    )
    assert [char for char in shown if char not in ".,-"] == [c for c in typed if c not in ".,-"]


@pytest.mark.parametrize("phrase", [" ", "\n\u3000", "，", "。", "……！", "()", "\u200b", '"', "—"])
def test_a_phrase_without_a_unit_is_an_error(cases: searcher.Index, phrase: str) -> None:
    with pytest.raises(QueryError):
        cases.search(phrase, literal=True)


def test_a_pasted_passage_of_any_length_is_one_phrase(
    corpus_index: searcher.Index, scan: UnitScan
) -> None:
    random = Random(5)
    bodies = [field for field in scan.fields.values() if len(field.text) > 400]
    for _ in range(40):
        field = random.choice(bodies)
        start = random.randrange(len(field.text) - 300)
        passage = field.text[start : start + random.randint(61, 300)]
        page = corpus_index.search(passage, literal=True, limit=len(corpus_index), snippets=0)
        assert {hit.id for hit in page.hits} == scan.ids(passage)


# ---------------------------------------------------------------- any text at all

PIECES = st.one_of(
    st.sampled_from([*"脱贫攻坚參與裏里着著會会業业区區书書幹干1２5０,.，。？?！、-#+%()（） "]),
    st.sampled_from(
        [
            "(yu)",
            "(yu) ",
            "(huì)",
            "（hui）",
            "會(huì)",
            "業(yè)",
            "與(yu) ",
            "書(shu)",
            "?qǐng)?bào)",
        ]
    ),
    st.sampled_from(["\n", "\r\n", "\n\n", "\n  ", "\n\u3000\u3000", "\xa0", "\u3000", "\t"]),
    st.sampled_from(
        ["\u200b", "\ufeff", "\xad", "\u2060", "\ufe0f", "\u202e", "\ufffd", "\ue317"]
    ),
    st.sampled_from(["1,540", "１,５４０", "3.5", "2020.05.25", "①", "½", "㎏", "㈠", "m²", "Ⅷ"]),
    st.sampled_from(
        ["GO", "Python3", "C++", "c#", "Ａｂ", "é", "e\u0301", "ß", "İ", "Σς", "wi-fi"]
    ),
    st.sampled_from(
        ["👍🏽", "👨\u200d👩\u200d👧", "℃", "カ", "ｶﾞ", "か\u3099", "ㄅ", "𠮷", "⻓", "金"]
    ),
    st.sampled_from(["&nbsp;", "<br>", "<b>", "</b>", "[4]", "[1][2]", "……", "——", "“", "”", '"']),
    st.characters(),
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, TEXTS, TEXTS)
def test_a_phrase_reads_the_same_wherever_it_stands_between_han(
    before: str, phrase: str, after: str
) -> None:
    # A mark or a joiner at its beginning would belong to the character in front.
    assume(not phrase or unicodedata.category(phrase[0])[0] != "M")
    text = f"{before}中{phrase}中{after}"
    alone = units(f"中{phrase}中", clean(f"中{phrase}中", Noise()))
    whole = units(text, clean(text, Noise()))
    spans = list(zip(whole.keys, whole.start, whole.end, strict=True))
    at = spans.index(("中", len(before), len(before) + 1))
    moved = [
        (key, start + len(before), end + len(before))
        for key, start, end in zip(alone.keys, alone.start, alone.end, strict=True)
    ]
    assert spans[at : at + len(moved)] == moved


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.data())
def test_any_piece_of_any_text_is_highlighted_exactly(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    phrase = text[start : data.draw(st.integers(start, len(text)))]
    kept, _ = storable(text)
    document = Document("a", kept, title=kept[:7])
    scan = UnitScan([document])
    try:
        plan = plan_query(phrase, literal=True, cutter=cutter())
    except QueryError:
        assume(False)
    page = [stored(document)]
    sheet = sheet_of(page)
    matched: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    spans = found_in(sheet, page, plan.marks)
    for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True):
        place = place_at(sheet, start)
        matched["a", place.name].append((start - place.start, end - place.start))
    assert {name: joined(its) for name, its in matched.items()} == scan.find(phrase)


KINDS = (
    [*"脱贫攻坚參與裏里着著會会業业区區书書幹干"],
    ["(yu) ", "(huì)", "會(huì)", "業(yè)", "與(yu) ", "書(shu)", "日?qǐng)?bào)"],
    ["[4]", "<br>", "&nbsp;", "“", "”", "，", "。", "？", "……", "——"],
    ["\n", "\r\n", "\n\n", "\n  ", "\u3000", "\xa0", "\u200b", "\ufffd", "\ue317", " "],
    ["1,540", "3.5", "2020.05.25", "①", "½", "㎏", "m²", "１２", "5"],
    ["GO", "Python3", "C++", "Ａｂ", "e\u0301", "👍🏽", "℃", "カ", "ｶﾞ", "𠮷", "a"],
)


def random_documents(count: int, seed: int) -> list[Document]:
    """Return documents of the same kinds of pieces, the same every time."""
    random = Random(seed)
    return [
        Document(f"x{number:03}", "".join(random.choice(random.choice(KINDS)) for _ in range(80)))
        for number in range(count)
    ]


def assert_answers(index: searcher.Index, documents: list[Document]) -> None:
    scan = UnitScan(documents)
    asked = [cut for cut in cuts(documents, 400, seed=3) if query_readings(cut.text)]
    assert len(asked) > 390
    for cut in asked:
        wanted = scan.find(cut.text)
        page = index.search(cut.text, literal=True, limit=len(documents), snippets=0)
        assert {hit.id for hit in page.hits} == {name for name, _ in wanted}, cut.text
        assert page.total == len({name for name, _ in wanted})
        if page.total < 20:
            assert highlights(index, cut.text, len(documents)) == wanted


def test_an_index_of_random_texts_answers_as_a_scan_does(tmp_path: Path) -> None:
    documents = random_documents(300, seed=300)
    searcher.build(documents, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        assert_answers(index, documents)


def test_an_index_that_was_changed_answers_as_a_scan_does(tmp_path: Path) -> None:
    old, new = random_documents(90, seed=1), random_documents(60, seed=2)
    searcher.build(old, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        index.update(new[:30], remove=[each.id for each in old[80:]])
        index.update(new[30:])
        assert_answers(index, [*new, *old[60:80]])


def test_a_phrase_is_found_at_every_place_of_a_huge_document(tmp_path: Path) -> None:
    # Text and units are stored in blocks of 65,536: phrases stand across their ends.
    places = [0, 65_500, 65_531, 65_536, 131_066, 131_072, 199_996]
    body = [*"一二三四五六七八九十" * 20_000]
    for at in places:
        body[at : at + 4] = "脱贫攻坚"
    searcher.build([Document("huge", "".join(body))], index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        found = highlights(index, "脫貧攻堅", 1)
        assert found == {("huge", "body"): [(at, at + 4) for at in places]}
