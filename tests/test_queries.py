"""Reading pieces of queries: the quick ways give what reading the slow way gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import QueryError
from searcher.model import Noise
from searcher.query import plan_query
from searcher.text import queries
from searcher.text.clean import clean
from searcher.text.plain import is_plain, plain_mapped, plain_units
from searcher.text.queries import (
    NOISES,
    cut_query,
    query_parts,
    query_patterns,
    query_readings,
    query_terms,
)
from searcher.text.units import SENTENCE_END, units
from searcher.text.words import JIEBA_LEXICON, LexiconCutter
from searcher.text.words.fast import RjiebaCutter

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
CUTTER = RjiebaCutter()
READERS: tuple[Callable[[str], Any], ...] = (
    query_readings,
    lambda text: cut_query(text, CUTTER),
    lambda text: list(query_terms(text, CUTTER).items()),
    lambda text: query_parts(text, CUTTER),
    lambda text: query_patterns(text, {at: "*?"[at % 2] for at in range(1, len(text), 3)}),
)

PIECES = (
    "脱贫", "攻坚", "脫貧攻堅", "乾淨", "参与", "參與(yu)", "參與（ｙù）", "會(huì)(擴(kuò)",
    "安(an)", "?zèng)_", "決勝?zèng)_鋒號", "決勝？zèng)_鋒號", "日?qǐng)?bào)網", "<b>", "</b>",
    "&nbsp;", "&#40;", "[4]", "见 [4]", "［4］", "＜br＞", "⑴", "︵", "(", ")", "?", "。", "\n",
    "\r\n\r\n", " ", "\u3000", "\u200b", "\u0301", "3D", "T恤", "c++", "C#", "1,540", "3.5", "①",
    "㎏", "10", "月", "abc", "A" * 130, "é", "カ゛", "〇", "々", "\u9fd5", "\u9fd6", "\u4dff",
    "\u3400", "𠀀", "☃", "\ufffd", "，", "“", "·", "_",
)  # fmt: skip

quick = settings(max_examples=300, deadline=None, derandomize=True)
plain_texts = st.text(
    st.characters(codec="ascii", categories=["L", "N"])
    | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5)
    | st.sampled_from("脱贫脫乾隆著藉瞭後里T恤3D1，540。！？!?、；：《》"),
    max_size=150,
)
any_texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)


@contextmanager
def slowly() -> Iterator[None]:
    """Read every text as a document that may hold every noise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "is_plain", lambda _: False)
        patch.setattr(queries, "is_han", lambda _: False)
        patch.setattr(
            queries, "_readings", lambda text: [queries._read(text, noise) for noise in NOISES]
        )
        yield


def check(text: str) -> None:
    found = [read(text) for read in READERS]
    with slowly():
        assert found == [read(text) for read in READERS], ascii(text)


@quick
@given(plain_texts)
def test_a_plain_text_is_clean_whatever_noise_is_looked_for(text: str) -> None:
    assert is_plain(text)
    found = plain_units(text)
    for noise in NOISES:
        mapped = clean(text, noise)
        read = units(text, mapped)
        assert mapped.text == plain_mapped(text).text
        assert list(mapped.start) == list(range(len(text)))
        assert (list(found.keys), list(found.start), list(found.end)) == (
            list(read.keys),
            list(read.start),
            list(read.end),
        )


@quick
@given(plain_texts)
def test_plain_text_is_read_as_any_text_is(text: str) -> None:
    check(text)


@quick
@given(any_texts)
def test_readings_that_are_left_out_are_among_those_kept(text: str) -> None:
    check(text)


def test_pieces_of_real_text_are_read_as_any_text_is() -> None:
    chance = random.Random(20250311)
    texts = [seed.read_text("utf-8") for seed in SEEDS]
    for _ in range(1_500):
        text = chance.choice(texts)
        at = chance.randrange(len(text))
        check(text[at : at + chance.choice((1, 2, 4, 8, 14, 40, 80))])


@pytest.mark.parametrize("text", PIECES, ids=ascii)
def test_every_odd_piece_is_read_as_any_text_is(text: str) -> None:
    for whole in (text, f"贫{text}", f"{text}贫", f"脱{text}贫 a{text}b", text + text):
        check(whole)


@quick
@given(st.lists(st.sampled_from([*PIECES, *'“”"|-+()', " AND ", " OR ", "title:"])).map("".join))
def test_whole_plans_are_the_same_too(line: str) -> None:
    def planned() -> object:
        try:
            return plan_query(line, cutter=CUTTER)
        except QueryError as error:
            return str(error), error.position

    found = planned()
    with slowly():
        assert found == planned()


@quick
@given(any_texts)
def test_the_parts_of_a_phrase_are_all_of_its_units_in_order(text: str) -> None:
    one_line = " ".join(text.splitlines())
    _, readings = query_parts(text, CUTTER)
    for parts in readings:
        for part in parts:
            assert part
            assert SENTENCE_END not in (part[0], part[-1])
    whole = {tuple(key for key in run if key != SENTENCE_END) for run in query_readings(one_line)}
    joined = ([key for part in parts for key in part] for parts in readings)
    assert {tuple(key for key in run if key != SENTENCE_END) for run in joined} == whole


def test_blanks_part_a_phrase_and_words_do_where_there_are_none() -> None:
    for text, typed, readings in (
        ("脱贫攻坚 第一书记", ("脱贫攻坚", "第一书记"), [(("脱贫攻坚"), ("第一书记"))]),
        (" 脱贫攻坚 ", ("脱贫", "攻坚"), [("脱贫", "攻坚")]),
        ("脱贫 ， 攻坚", ("脱贫", "攻坚"), [("脱贫", "攻坚")]),
        ("脱贫。\n攻坚", ("脱贫。", "攻坚"), [("脱贫", "攻坚")]),
        ("參與(yu) 脫貧", ("參與(yu)", "脫貧"), [("参与(yu)", "脱贫"), ("参与", "脱贫")]),
        ("脱", ("脱",), [("脱",)]),
        ("，", (), []),
    ):
        expected = tuple(tuple(query_readings(part)[0] for part in parts) for parts in readings)
        assert query_parts(text, CUTTER) == (typed, expected), text


def test_a_wildcard_stays_with_the_word_in_front_of_it() -> None:
    for text, patterns in (
        ("Te?T", ["te?t"]),
        ("ＡＢ*", ["ab*"]),
        ("3D打印a*b", ["3d", "打", "印", "a*b"]),
        ("3.5*", ["3.5*"]),
        ("1,540*", ["1540*"]),
        ("驻村*", ["驻", "村"]),
        ("é*", ["é*"]),
        ("한국*", ["한국*"]),
        ("ᚠᚢ*", ["ᚠᚢ*"]),  # what stands in for it elsewhere
    ):
        wildcards = {at: sign for at, sign in enumerate(text) if sign in "*?"}
        assert query_patterns(text, wildcards) == (tuple(patterns),)


def test_plain_text_is_read_without_what_cleans_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_read", pytest.fail)
    text = "《脫貧》是什麼，3D打印？"
    assert query_readings(text)
    assert cut_query(text, CUTTER)
    assert query_terms(text, CUTTER)


def test_a_text_without_signs_of_noise_is_cleaned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    noises: list[Noise] = []
    read = queries._read

    def watched(text: str, noise: Noise) -> Any:
        noises.append(noise)
        return read(text, noise)

    monkeypatch.setattr(queries, "_read", watched)
    queries._readings.cache_clear()
    cut_query("脱贫 攻坚", CUTTER)
    assert query_terms("脱贫 攻坚", CUTTER)
    assert noises == [Noise()]


def test_the_readings_of_the_texts_read_last_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []
    read = queries._read

    def watched(text: str, noise: Noise) -> Any:
        texts.append(text)
        return read(text, noise)

    monkeypatch.setattr(queries, "_read", watched)
    queries._readings.cache_clear()
    asked = [f"脱贫 {number}" for number in range(queries._REMEMBERED + 1)]
    for text in (*asked, *asked[1:], asked[0]):
        query_readings(text)
    assert texts == [*asked, asked[0]]


def test_the_query_cutter_gives_the_same_answer_again() -> None:
    cutter = LexiconCutter(JIEBA_LEXICON)
    first = cutter.cut("他来到了网易杭研大厦")
    first.clear()  # a caller may do with it what it likes
    assert cutter.cut("他来到了网易杭研大厦") == ["他", "来到", "了", "网易", "杭研", "大厦"]
