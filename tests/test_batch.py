"""Analysis of many documents at once gives, document by document, what analysis of one gives."""

from __future__ import annotations

import unicodedata
import weakref
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

import numpy as np
import opencc
import pytest
from corpus import documents
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher.text.batch
from searcher.columns import IS_PAIR, IS_WORD, NAMED, FieldColumns
from searcher.model import Noise
from searcher.text.analysis import analyze
from searcher.text.batch import BatchAnalyzer, BatchTerms
from searcher.text.clean import clean, judge
from searcher.text.cleancolumns import clean_many
from searcher.text.codes import CODE_POINTS, code_points, text_of
from searcher.text.judging import judge_many
from searcher.text.kinds import cleaning_kind, cleaning_kinds, unit_kind, unit_kinds
from searcher.text.script import fold_codes, script_many, script_of, unify, unify_codes
from searcher.text.script.simplified import LONGEST_CHAIN
from searcher.text.unitcolumns import unit_columns
from searcher.text.units import LONGEST_UNIT, bigram, enclosed_cuts, has_ideograph, units
from searcher.text.words import Cutter, UserWord
from searcher.text.words.base import can_be_in_unit
from searcher.text.words.fast import RjiebaCutter

BATCH = 64

# What single steps look for, and what makes another step's work.
CHARACTERS = (
    "脱贫攻坚裏着計畫乾淨家具藉的一是有国人工作，。！？…、；：“”‘’（）()[]［］<>&;|^〓〒"
    " \t\n\r\v\u3000\u00a0\u2003\u0085\u2028\u2029\u200b\ufeff\u00ad\ufe0f\u2060\x00\x1c\x1f"
    "0129３,.，．-_+#%％/abzXéßＡｂ℃㎏㎡①⑩½²㈠⒈Ⅲ℡ﬁ…‥´¨\u0301\u0308\u0323\u3099ｶﾞ가ㄱㅏ"
    "\ufffd\ue317\uf900⻓⼀⺚\u3400\u9fd6\u9ffd𠀀𪜀\U0002f800\ud800\udc00👍🚀☃〇〡々カノㄅกุअः²"
)
PIECES = (
    *("1,540", "25，1,540", "1,540.5", "12,34", "3.5", "2020.05.25", "12.5kg", "3.5%", ".5"),
    *("①1", "1①", "1.5①2", "½", "c++", "c#", "C++11", "PM2.5", "github.com", "a_b", "Node.js"),
    *(
        "\r\n",
        "\n\n",
        "\n\u3000\u3000",
        "\n ",
        ".\n",
        ".”\n",
        "。”\n",
        ".)))))))\n",
        ".))))))))\n",
        ") \n",
    ),
    *("a" * (LONGEST_UNIT + 1), "1" * LONGEST_UNIT + ".5", "é" + "\u0301" * 40, "\u0301\u0301a"),
    *(
        "T恤",
        "T恤衫",
        "AT恤",
        "卡拉OK",
        "阿Q正传",
        "b超",
        "3D打印",
        "5G网络",
        "AA制",
        "abc",
        "㐂村",
    ),
    *("龄" * (LONGEST_UNIT + 5), "龄" * LONGEST_UNIT, "𠀀龄", "夫人常在"),
    *("傢俱", "想像", "瞭解", "乾坤", "於清藉藉", "工程师", "中華人民共和國", "社会主义", "夫人"),
    *(
        "參與(yu)",
        "偉（wei）大",
        "業(ye)",
        "( y)",
        "[4]",
        "<b>",
        "</b>",
        "&nbsp;",
        "<br>",
        "?zèng)_",
    ),
)
TEXTS = st.lists(
    st.sampled_from(CHARACTERS) | st.sampled_from(PIECES) | st.characters(), max_size=24
).map("".join)
NOISES = st.sampled_from((Noise(), Noise(), Noise(annotations=True), Noise(markup=True)))
BATCHES = st.lists(st.tuples(TEXTS, TEXTS, NOISES), max_size=6)
examples = settings(max_examples=300, deadline=None, derandomize=True)


@cache
def cutter() -> RjiebaCutter:
    return RjiebaCutter()


@cache
def analyzer() -> BatchAnalyzer:
    return BatchAnalyzer(cutter())


@cache
def corpus() -> list[tuple[str, str]]:
    """Title and body of every document of the test corpus, and of each a rougher copy."""
    random = Random(20210225)
    plain = [(each.title, each.body) for each in documents()]
    rough = [(title, roughened(body[:2000], random)) for title, body in plain]
    return plain + rough


def roughened(text: str, random: Random) -> str:
    """*text* with one of a few special things after every tenth character, and some of it wide.

    They are few, so that not every document holds a combining mark or annotations.
    """
    specials = [*random.sample(CHARACTERS, 4), *random.sample(PIECES, 4)]
    rough = []
    at = 0
    while at < len(text):
        end = at + random.randint(1, 20)
        piece = text[at:end]
        if random.random() < 0.1:
            piece = piece.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
        rough += [piece, random.choice(specials)]
        at = end
    return "".join(rough)


def batches() -> list[list[tuple[str, str]]]:
    pairs = corpus()
    return [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]


# ---------------------------------------------------------------- one against many


def assert_cleaned_alike(texts: Sequence[str], noises: Sequence[Noise]) -> None:
    cleaned = clean_many(texts, noises)
    cuts = []
    for at, (text, noise) in enumerate(zip(texts, noises, strict=True)):
        part = slice(cleaned.bounds[at], cleaned.bounds[at + 1] - 1)
        wanted = clean(text, noise)
        assert text_of(cleaned.codes[part]) == wanted.text
        assert (cleaned.start[part] - cleaned.origins[at]).tolist() == list(wanted.start)
        assert (cleaned.end[part] - cleaned.origins[at]).tolist() == list(wanted.end)
        cuts += [place + part.start for place in enclosed_cuts(text, wanted.start)]
    assert cleaned.originals == tuple(texts)
    assert cleaned.cuts.tolist() == sorted(set(cuts))


def assert_units_alike(texts: Sequence[str], noises: Sequence[Noise]) -> None:
    found = unit_columns(clean_many(texts, noises))
    assert len(set(found.names)) == len(found.names)
    for at, (text, noise) in enumerate(zip(texts, noises, strict=True)):
        part = slice(found.bounds[at], found.bounds[at + 1])
        wanted = units(text, clean(text, noise))
        assert keys(found.codes[part].tolist(), found.names) == list(wanted.keys)
        assert found.start[part].tolist() == list(wanted.start)
        assert found.end[part].tolist() == list(wanted.end)


def assert_analyzed_alike(
    pairs: Sequence[tuple[str, str]],
    noises: Sequence[Noise],
    of: BatchAnalyzer | None = None,
    by: Cutter | None = None,
) -> None:
    titles, bodies = [title for title, _ in pairs], [body for _, body in pairs]
    texts = {"title": titles, "body": bodies, "source": titles, "author": [""] * len(pairs)}
    found = (of or analyzer()).analyze(texts, noises)
    assert len(set(found.names)) == len(found.names)
    assert found.fields.keys() == {name for name in texts if any(texts[name])}
    for name, columns in found.fields.items():
        read = words_of(columns, found.names)
        for at, (text, noise) in enumerate(zip(texts[name], noises, strict=True)):
            wanted = analyze(text, Noise() if name == "source" else noise, by or cutter())
            part = slice(columns.starts[at], columns.starts[at + 1])
            assert keys(columns.units[part].tolist(), found.names) == list(wanted.units.keys)
            terms = [word.term for word in wanted.words if len(word.term) <= LONGEST_UNIT]
            assert read[at] == Counter(terms)


def keys(codes: Sequence[int], names: Sequence[str]) -> list[str]:
    return [chr(code) if code < NAMED else names[code - NAMED] for code in codes]


def words_of(columns: FieldColumns, names: Sequence[str]) -> Mapping[int, Counter[str]]:
    """Document → its words, whether they are marks or names."""
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    at = keys(columns.units.tolist(), names)
    document = np.repeat(np.arange(len(columns.starts) - 1), np.diff(columns.starts)).tolist()
    for place, mark in enumerate(columns.marks.tolist()):
        if mark & IS_WORD:
            found[document[place]][at[place]] += 1
        if mark & IS_PAIR:
            found[document[place]][bigram(at[place], at[place + 1])] += 1
    assert sorted(columns.word_documents) == list(columns.word_documents)
    for number, name in zip(columns.word_documents, columns.word_names, strict=True):
        found[int(number)][names[name]] += 1
    return found


# ---------------------------------------------------------------- real documents


def test_real_documents_are_judged_together_as_alone() -> None:
    noisy = 0
    for pairs in batches():
        wanted = [judge(*pair) for pair in pairs]
        assert judge_many(*map(list, zip(*pairs, strict=True))) == wanted
        noisy += sum(noise != Noise() for noise in wanted)
    assert noisy > 10


def test_the_scripts_of_real_documents_are_told_together_as_alone() -> None:
    for pairs in batches():
        texts = [title + body for title, body in pairs]
        assert script_many(texts) == [script_of(text) for text in texts]


def test_real_documents_are_unified_together_as_alone() -> None:
    texts = [body for _, body in corpus()]
    unified = text_of(unify_codes(code_points("\n".join(texts))))
    assert unified == "\n".join(map(unify, texts))


def test_real_documents_are_cleaned_together_as_alone() -> None:
    for pairs in batches():
        noises = [judge(*pair) for pair in pairs]
        assert_cleaned_alike([body for _, body in pairs], noises)


def test_the_units_of_real_documents_are_read_together_as_alone() -> None:
    for pairs in batches():
        noises = [judge(*pair) for pair in pairs]
        assert_units_alike([body for _, body in pairs], noises)
        assert_units_alike([title for title, _ in pairs], noises)


def test_real_documents_are_analyzed_together_as_alone() -> None:
    for pairs in batches():
        assert_analyzed_alike(pairs, [judge(*pair) for pair in pairs])


def test_a_new_analyzer_and_one_that_has_seen_much_say_the_same() -> None:
    pairs = corpus()[:BATCH]
    noises = [Noise()] * BATCH
    assert_analyzed_alike(pairs, noises, BatchAnalyzer(cutter()))
    assert_analyzed_alike(pairs, noises, analyzer())


def test_an_analyzer_forgets_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = batches()[0]
    noises = [Noise()] * len(pairs)
    forgetful = BatchAnalyzer(cutter())
    assert_analyzed_alike(pairs, noises, forgetful)
    held = len(forgetful._book)
    for most, is_too_much in ((held, False), (held - 1, True)):
        monkeypatch.setattr(searcher.text.batch, "REMEMBERED", most)
        book = weakref.ref(forgetful._book)
        assert_analyzed_alike(pairs, noises, forgetful)
        assert (book() is None) == is_too_much


@pytest.mark.parametrize("size", [1, 50, 1000, 10**9])
def test_how_many_go_through_the_arrays_together_changes_nothing(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = corpus()[len(corpus()) // 2 :][:BATCH]
    noises = [judge(*pair) for pair in pairs]
    monkeypatch.setattr(searcher.text.batch, "SLICE", size)
    assert_analyzed_alike(pairs, noises)


# ---------------------------------------------------------------- any text


@examples
@given(BATCHES)
def test_any_texts_are_judged_together_as_alone(batch: list[tuple[str, str, Noise]]) -> None:
    titles, bodies = [title for title, _, _ in batch], [body for _, body, _ in batch]
    assert judge_many(titles, bodies) == list(map(judge, titles, bodies))


@examples
@given(BATCHES)
def test_any_texts_are_cleaned_together_as_alone(batch: list[tuple[str, str, Noise]]) -> None:
    assert_cleaned_alike([body for _, body, _ in batch], [noise for *_, noise in batch])


@examples
@given(BATCHES)
def test_the_units_of_any_texts_are_read_together_as_alone(
    batch: list[tuple[str, str, Noise]],
) -> None:
    assert_units_alike([body for _, body, _ in batch], [noise for *_, noise in batch])


@examples
@given(BATCHES)
def test_any_texts_are_analyzed_together_as_alone(batch: list[tuple[str, str, Noise]]) -> None:
    pairs = [(title, body) for title, body, _ in batch]
    assert_analyzed_alike(pairs, [noise for *_, noise in batch])


@examples
@given(st.lists(st.text("乾坤淨隆藉口計畫劃瞭解一目了然於清並覆髮发着著"), max_size=5))
def test_any_texts_are_unified_together_as_alone(texts: list[str]) -> None:
    unified = text_of(unify_codes(code_points("\n".join(texts))))
    assert unified == "\n".join(map(unify, texts))


def test_a_chain_of_phrases_of_any_length_is_unified_as_alone() -> None:
    for text in ("藉" * 3 * LONGEST_CHAIN, "乾坤" * LONGEST_CHAIN, "一目了然" * 700):
        assert text_of(unify_codes(code_points(text))) == unify(text)


def test_a_reading_may_stand_some_way_behind_its_bracket() -> None:
    text = "偉(\u200b\u200b\u200b\u200bwei)大" * 3
    assert judge("", text).annotations
    assert judge_many([""], [text]) == [judge("", text)]


def test_words_of_a_user_are_marked_and_named_as_alone() -> None:
    words = (
        *("5G网络", "PM2.5", "abc", "T恤", "甲T恤", "AB恤", "3.5", "3.5%", "1.5kg", "a_b", "12"),
        *("驻村工作队", "家具城", "大家具城"),
    )
    by = RjiebaCutter(map(UserWord, words))
    of = BatchAnalyzer(by)
    random = Random(7)
    others = ("1,540", "PM2.5%", "xT恤", "5Gabc", "大傢俱城", "傢俱城里", "AB", "恤")
    pieces = (*words, *others, *"，。\n 脱贫TabG5.3%_-①kg甲")
    pairs = [
        ("".join(random.choices(pieces, k=3)), "".join(random.choices(pieces, k=12)))
        for _ in range(400)
    ]
    assert_analyzed_alike(pairs, [Noise()] * len(pairs), of, by)


def test_a_word_of_a_letter_and_a_character_is_a_mark_where_both_are_units() -> None:
    found = analyzer().analyze({"body": ["T恤", "AT恤"]}, [Noise()] * 2)
    body = found.fields["body"]
    assert keys(body.units.tolist(), found.names) == ["t", "恤", "at", "恤"]
    assert body.marks.tolist() == [IS_PAIR, 0, 0, 0]
    assert body.word_documents.tolist() == [1]
    assert [found.names[name] for name in body.word_names] == ["t恤"]


def test_no_documents_have_no_columns() -> None:
    found: BatchTerms = analyzer().analyze({"title": [], "body": []}, [])
    assert (found.names, dict(found.fields)) == ((), {})
    assert judge_many([], []) == []
    assert script_many([]) == []
    assert unit_columns(clean_many([], [])).bounds.tolist() == [0]


# ---------------------------------------------------------------- what the shortcuts rest on


def test_what_is_known_of_whole_ranges_is_what_is_found_out_of_each_character() -> None:
    codes = np.arange(0x10000, dtype=np.uint32)
    characters = list(map(chr, codes.tolist()))
    assert cleaning_kinds().take(codes).tolist() == list(map(cleaning_kind, characters))
    assert unit_kinds().take(codes).tolist() == list(map(unit_kind, characters))


def test_fold_and_unify_make_han_of_han_and_of_nothing_else() -> None:
    codes = np.arange(CODE_POINTS, dtype=np.uint32)
    for changed in (fold_codes(codes), unify_codes(codes)):
        places = (changed != codes).nonzero()[0]
        assert len(places) > 3000
        for before, after in zip(text_of(codes[places]), text_of(changed[places]), strict=True):
            assert has_ideograph(before) == has_ideograph(after)
            assert can_be_in_unit(before) == can_be_in_unit(after)
    convert = opencc.OpenCC("t2s").convert
    assert all(map(has_ideograph, convert("乾坤覆藉")))


def test_no_character_reads_as_the_same_unit_of_letters_twice() -> None:
    # Units and words are matched by their place in the clean text; of two alike in one span
    # either could stand for the other.
    for code in range(CODE_POINTS):
        character = chr(code)
        if len(unicodedata.normalize("NFKC", character)) > 1:
            found = units(character, clean(character, Noise())).keys
            letters = [key for key in found if not has_ideograph(key)]
            assert len(set(letters)) == len(letters)
