"""A long text that is analyzed in pieces has the units, marks and words that it has as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from corpus import documents
from hypothesis import example, given, settings
from hypothesis import strategies as st

from searcher.columns import unit_keys
from searcher.model import Document, Noise
from searcher.preparing import documents as preparing
from searcher.preparing.documents import Incoming, Preparer
from searcher.stored import Packing
from searcher.text import batch, judging
from searcher.text.clean import judge
from searcher.text.cleancolumns import clean_many
from searcher.text.cutting import pieces
from searcher.text.pieces import analyzed
from searcher.text.script import kind
from searcher.text.script.kind import script_many, script_of
from searcher.text.unitcolumns import unit_columns, unit_places
from searcher.text.wordbook import WordBook
from searcher.text.wordcolumns import word_columns
from searcher.text.words.fast import RjiebaCutter

BOOK = WordBook(RjiebaCutter())
NOISY = Noise(annotations=True, markup=True)

FRAGMENTS = (
    *("脱贫攻坚", "驻村", "中国人民，", "的", "軟體", "乾淨", "abc", "c++", "GO", "é"),
    *("b超", "T恤", "2017", "1,540", "3.14", "1,", ".5", "25，", "９", "9" * 130, "a" * 121, "①"),
    *(
        "½",
        "²",
        "㎏",
        "㈱",
        "㍿",
        "ﷺ",
        "ﬃ",
        "e\u0301",
        "か\u3099",
        "\u0301" * 40,
        "👍🏽",
        "𠮷",
        "\uf90a",
        "☃",
    ),
    *("，", "。", "！", "…", ".", ".”", ")", "(", "）", "“", "-", "_", "%", "#", "+", "&", "<"),
    *("[", " ", "  ", "\u3000", "\n", "\r\n", "\n\n", "\n  ", "\t", "\u2028", "\u2029", "\x85"),
    *("\u200b", "\ufeff", "\u202e", "\ufffd", "參與(yu)", "級(jí)書記", "日?qǐng)?bào)_"),
    *("&nbsp;", "<br>", "<b>", "</b>", "脱[4]"),
)
ENDLESS = {
    "letters": "中" + "a" * 6000 + "b",
    "digits": "(" + "9" * 6001 + ".5",
    "digits behind an enclosed one": "①" + "9" * 6001,
    "digits behind a point": "1." + "9" * 6001,
    "letters behind a sign": "c+" + "a" * 6001 + "++",
    "letters behind letters": "é" + "a" * 6001,
    "groups": "1,234" + ",567" * 3000 + "x",
    "points": "1.2" * 4000,
    "short and long groups": "1.2" * 2500 + "9" * 200 + ".2" * 2500,
    "marks": "e" + "\u0301" * 6000 + "f",
    "marks on what folds": "½" + "\u0301" * 6000 + "f",
    "line breaks": "脱" + "\n" * 6000 + "贫",
    "line breaks, then a sentence end": "脱。" + " \n" * 3000 + "。贫",
    "line breaks alone": "\n" * 6000,
    "line breaks in front": "\n" * 6000 + "脱",
    "blanks": "ab" + " " * 6000 + "cd" + " " * 3000 + "\n" + " " * 3000 + "。",
    "brackets": "(" * 3000 + ")" * 3000 + "\n脱.)))))))\n贫",
    "sentence ends": "脱" + "。" * 6000 + "贫",
    "invisibles": "脱\u200b\ufeff" * 2000,
    "words": "abc def\nghi " * 500,
    "what nothing is known of": "ﷺ" * 2000,
}

UNCUT = {"letters behind letters", "what nothing is known of", "blanks", "marks on what folds"}
"""Those that have no place where they could be cut."""


class Found(NamedTuple):
    """Units with their spans, marks and further words of a text."""

    keys: Sequence[str]
    start: Sequence[int]
    end: Sequence[int]
    marks: Sequence[int]
    words: Sequence[str]

    @property
    def units(self) -> tuple[Sequence[str], Sequence[int], Sequence[int]]:
        return self[:3]


def as_a_whole(text: str, noise: Noise) -> Found:
    cleaned = clean_many([text], [noise])
    units = unit_columns(cleaned)
    words = word_columns(cleaned, unit_places(cleaned, {}), BOOK)
    return Found(
        unit_keys(units.codes.tolist(), units.names),
        units.start.tolist(),
        units.end.tolist(),
        words.marks.tolist(),
        [BOOK.names[name] for name in words.names.tolist()],
    )


def in_pieces(text: str, noise: Noise, size: int) -> Found:
    found = Found([], [], [], [], [])
    for each in analyzed(text, noise, BOOK, size):
        for column, more in zip(
            found,
            (
                unit_keys(each.codes.tolist(), each.names),
                each.start.tolist(),
                each.end.tolist(),
                each.marks.tolist(),
                [BOOK.names[name] for name in each.word_names.tolist()],
            ),
            strict=True,
        ):
            assert isinstance(column, list)
            column += more
    return found


@settings(max_examples=400, deadline=None, derandomize=True)
@example(["脱.", ")", "\n", "贫"], Noise(), 1)
@example(["①", "9" * 130], NOISY, 1)
@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40),
    st.sampled_from([Noise(), NOISY]),
    st.integers(1, 12),
)
def test_the_units_are_those_of_the_whole(fragments: list[str], noise: Noise, size: int) -> None:
    text = "".join(fragments)
    assert in_pieces(text, noise, size).units == as_a_whole(text, noise).units


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("noise", [Noise(), NOISY])
def test_the_units_of_endless_runs_are_those_of_the_whole(name: str, noise: Noise) -> None:
    for size in (700, 2000):
        found = in_pieces(ENDLESS[name], noise, size)
        assert found.units == as_a_whole(ENDLESS[name], noise).units


@pytest.mark.parametrize("name", sorted(ENDLESS.keys() - UNCUT))
def test_endless_runs_are_cut(name: str) -> None:
    text = ENDLESS[name]
    sizes = [last - first for first, last, is_gap in pieces(text, 500) if not is_gap]
    assert max(sizes, default=0) < len(text)


def test_the_words_of_prose_are_those_of_the_whole() -> None:
    for document in documents():
        noise = judge(document.title, document.body)
        wanted = as_a_whole(document.body, noise)
        assert in_pieces(document.body, noise, 200) == wanted


def test_a_cut_parts_words_where_nothing_else_does_for_long() -> None:
    text = "中华人民共和国" * 100
    assert in_pieces(text, Noise(), 50).units == as_a_whole(text, Noise()).units
    assert [last - first for first, last, _ in pieces(text, 50)][:2] == [50, 50]


# ------------------------------------------------------------------ batches


def test_a_batch_is_the_same_whatever_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "驻村干部，參與(yu)脫貧攻堅。\n第 2 行 abc。" * 3000
    made = [
        *documents()[:20],
        Document("long", long, "标题，" * 9),
        Document("empty", ""),
        Document("brackets", "(" * 70_000, "题"),
        Document("author", "脱贫", "标题", author="张三，" * 200),
        Document("last", "脱贫"),
    ]
    incoming = [Incoming(each) for each in made]
    whole = Preparer(BOOK.cutter, Packing()).prepare(incoming)
    for module in (batch, judging, kind, preparing):
        monkeypatch.setattr(module, "LONG", 300)
    parts = Preparer(BOOK.cutter, Packing()).prepare(incoming)
    assert parts.stored == whole.stored
    assert (parts.digests == whole.digests).all()
    for name, field in whole.fields.items():
        other = parts.fields[name]
        assert unit_keys(other.units, parts.names) == unit_keys(field.units, whole.names)
        assert other.marks.tolist() == field.marks.tolist()
        assert other.starts.tolist() == field.starts.tolist()
        assert other.word_documents.tolist() == field.word_documents.tolist()
        words = [whole.names[at] for at in field.word_names.tolist()]
        assert [parts.names[at] for at in other.word_names.tolist()] == words


def test_the_script_of_a_long_text_is_that_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["國家" * 9 + "国" * 3, "国家" * 9, "", "abc"]
    wanted = list(map(script_of, texts))
    monkeypatch.setattr(kind, "LONG", 5)
    assert script_many(texts) == wanted
