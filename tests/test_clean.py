"""Clean: golden texts, the seeds, and what must hold of any text and its map."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from searcher.model import MappedText, Noise
from searcher.text.blanks import BLANKS, INVISIBLES, LINE_BREAKS
from searcher.text.clean import ROUNDS, clean, explain, judge
from searcher.text.widths import MARKS_LIMIT, continues, folds, radicals

SEEDS = Path(__file__).parents[1] / "seeds"
GOLDEN = Path(__file__).parent / "golden" / "clean.tsv"
HEADER = """\
# noise (a annotations, m markup)	original	what is matched	what is skipped or repaired
# All with escapes for what cannot be seen.
"""
NOISES = {
    "-": Noise(),
    "a": Noise(annotations=True),
    "m": Noise(markup=True),
    "am": Noise(annotations=True, markup=True),
}

INVISIBLE = re.compile(f"[{INVISIBLES}]")

# Pieces that mean something to a step, and pieces that make another step's work.
PIECES = st.sampled_from(
    [
        *"個會戰中安勝日月報擔變鄉惡著坞か\u3099ｶﾞ가ㄱㅏ\u1100\u1161\u11a8éüɡ",
        *"()（）[]［］<>＜＞&＆;；?？,，.…‥_#+%!´¨≠°…、。“”",
        *" \u3000\u00a0\u2003\t\n\r\u2028\u0085\x0b\u200b\ufeff\u00ad\ufe0f\x00\x1f\u3164\u2060",
        *"\u0301\u0323\u0338\u0344㎏㍿\ufdfa①½㈠⒠℃ﬄﷻ⻓⼀\uf900\U0002f800𠀀👍",
        *"\ue000\ue317\ufffd\ud800\udc00aeＡｂ4１²",
        *("(ge)", "(huì)", "（yu）", "(ji2)", "(zhàn)", "( e )", "(ge)(ge)"),
        *("?zèng)_", "?qǐng)", "?bào)", "?lián)", "?yōu)猷l", "坞p"),
        *("[4]", "[12][3]", "<b>", "</b>", "<br/>", "&nbsp;", "&lt", "LT", "\r\n", "12", "word"),
    ]
)
TEXTS = st.lists(PIECES, max_size=24).map("".join) | st.text(max_size=40)
NOISE = st.sampled_from(sorted(NOISES)).map(NOISES.__getitem__)
examples = settings(max_examples=400, deadline=None, derandomize=True)


def seed(number: str) -> str:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return path.read_bytes().decode("utf-8")


@cache
def cleaned_seed(number: str) -> MappedText:
    return clean(seed(number), judge(seed(number)))


def shown(original: str, mapped: MappedText, phrase: str) -> str:
    """What a highlight of *phrase* covers."""
    at = mapped.text.index(phrase)
    return original[mapped.start[at] : mapped.end[at + len(phrase) - 1]]


def gaps(original: str, mapped: MappedText) -> list[int]:
    """The places of the original that no character of the clean text came from."""
    covered = bytearray(len(original))
    for start, end in zip(mapped.start, mapped.end, strict=True):
        covered[start:end] = b"\1" * (end - start)
    return [at for at, is_covered in enumerate(covered) if not is_covered]


def is_identity(mapped: MappedText) -> bool:
    size = len(mapped.text)
    return list(mapped.start) == list(range(size)) and list(mapped.end) == list(range(1, size + 1))


# ---------------------------------------------------------------- golden texts


def escaped(text: str) -> str:
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    is_hidden = unicodedata.category(character)[0] in "MZC" and character != " "
    return character.encode("unicode_escape").decode() if is_hidden else character


def unescaped(text: str) -> str:
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape")


def golden() -> list[list[str]]:
    lines = GOLDEN.read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def outcome(noise: str, original: str) -> list[str]:
    text = unescaped(original)
    edits = explain(text, NOISES[noise])
    why = ", ".join(f"{edit.kind} '{escaped(text[edit.start : edit.end])}'" for edit in edits)
    return [noise, original, escaped(clean(text, NOISES[noise]).text), why or "-"]


def test_golden_texts_are_cleaned_so(update_golden: bool) -> None:
    found = [outcome(*row[:2]) for row in golden()]
    if update_golden:
        GOLDEN.write_text(HEADER + "".join("\t".join(row) + "\n" for row in found), "utf-8")
    assert found == golden()


# ---------------------------------------------------------------- the seeds


@pytest.mark.parametrize(
    ("number", "length", "noise", "skipped"),
    [
        ("000", 1677, Noise(annotations=True), {"annotation": 91, "blank": 91}),
        ("001", 2167, Noise(), {"blank": 5}),
        ("002", 2215, Noise(annotations=True), {"annotation": 320, "repair": 4, "blank": 3}),
        ("003", 5328, Noise(), {"blank": 54}),
        ("004", 2075, Noise(), {"blank": 5}),
    ],
)
def test_seed_is_cleaned_exactly(
    number: str, length: int, noise: Noise, skipped: dict[str, int]
) -> None:
    original = seed(number)
    assert judge(original) == noise
    assert len(cleaned_seed(number).text) == length
    assert Counter(edit.kind for edit in explain(original, noise)) == skipped


@pytest.mark.parametrize(("number", "brackets"), [("000", 8), ("002", 5)])
def test_only_real_brackets_stay_in_a_noisy_seed(number: str, brackets: int) -> None:
    text = cleaned_seed(number).text
    assert text.count("(") == text.count(")") == brackets
    assert not any("a" <= text[at + 1] <= "z" for at in range(len(text)) if text[at] == "(")


@pytest.mark.parametrize(
    ("number", "phrase", "covered"),
    [
        ("000", "能參與脫貧攻堅", "能參與(yu) 脫貧攻堅"),
        ("000", "偉大的事業,並為之努力", "偉(wei) 大的事業(ye) ,並為(wei) 之努力"),
        ("002", "三級書記", "三級(jí)書記"),
        ("002", "百日大會戰", "百日大會(huì)戰"),
        ("002", "吹響決勝沖鋒號", "吹響決勝?zèng)_鋒號"),
        ("002", "重慶日報網", "重慶日?qǐng)?bào)網"),
        ("002", "11月擔任雙石村", "11月?lián)\ue317坞p石村"),
        ("002", "變為鄉村振興", "變?yōu)猷l(xiāng)村振興"),
        ("002", "會(擴大)會議", "會(huì)(擴(kuò)大)會(huì)議"),
        ("002", "村(社區)黨(總)支部", "村(社區(qū))黨(總)支部"),
        ("003", "2017年10月", "2017 年10 月"),
    ],
)
def test_a_phrase_of_a_seed_is_highlighted_exactly(number: str, phrase: str, covered: str) -> None:
    original, mapped = seed(number), cleaned_seed(number)
    assert shown(original, mapped, phrase) == covered
    # A trailing annotation is outside, and the highlight cleans back to the phrase.
    again = clean(covered, judge(original)).text
    assert again == phrase


@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_every_gap_of_a_seed_has_its_reason(number: str) -> None:
    original, mapped = seed(number), cleaned_seed(number)
    skipped = [edit for edit in explain(original, judge(original)) if edit.kind != "repair"]
    named = [at for edit in skipped for at in range(edit.start, edit.end)]
    assert gaps(original, mapped) == named
    for edit in skipped:
        part = original[edit.start : edit.end]
        assert part.isspace() if edit.kind == "blank" else part[0] + part[-1] == "()"


# ---------------------------------------------------------------- judge


def test_three_annotations_in_title_and_body_make_a_document_noisy() -> None:
    assert judge("參與(yu)", "偉(wei) 大,事業(ye)").annotations
    assert not judge("參與(yu)", "偉(wei) 大,事業(ya)").annotations


def test_annotations_count_whatever_the_width_of_their_brackets() -> None:
    assert judge("參與（yu）偉（ｗｅｉ） 大的事業(\u200bye )").annotations


@pytest.mark.parametrize(
    "text",
    [
        "安(an)麻(ma)他(he)你(you)質量(kg)微(wei)信李(Li)黨(CPC)門(men's)張偉(zhangwei)長(cm)",
        "單位(m)重(chóng)复,質量(kg),單位(m)",
        "每亩(mu)产量 300 公斤(kg),优盘(USB)",
        "三畝(mu)地,優(you)盤",
        "縣(區)黨(總)支部(一)(二)(三)",
    ],
)
def test_brackets_that_are_no_annotations_leave_a_document_as_it_is(text: str) -> None:
    assert judge(text) == Noise()
    assert clean(text, judge(text)).text.count("(") == text.count("(")


def test_three_pieces_of_markup_make_a_document_noisy() -> None:
    assert judge("标题&nbsp;", "正文<br>。[4]").markup
    assert judge("正文[4][5],又<b>一</b>").markup
    assert judge("正文＆nbsp；，［4］，［5］").markup
    assert not judge("正文&nbsp;<br>").markup
    assert not judge("正文<b>一</b>&bogus;&nbsp;").markup


@pytest.mark.parametrize(
    "text",
    [
        "a[0] = b[1] + c[2]; f(x)[3]",
        "[1] 张三\n[2] 李四\n[3] 王五",
        "见 [1] 和 [2] 及 [3]",
        "数组[0]和[00]与[1234]",
        "if a<b and c>d and e<i and j>k and x<s and y>z",
        "?a=1&b=2&c=3&lt=4",
    ],
)
def test_code_is_no_markup(text: str) -> None:
    assert judge(text) == Noise()


# ---------------------------------------------------------------- any text, any decision


@examples
@given(TEXTS, NOISE)
def test_spans_ascend_and_never_overlap_in_part(original: str, noise: Noise) -> None:
    mapped = clean(original, noise)
    spans = list(zip(mapped.start, mapped.end, strict=True))
    assert len(spans) == len(mapped.text)
    assert all(0 <= start < end <= len(original) for start, end in spans)
    for before, after in pairwise(spans):
        assert before == after or before[1] <= after[0]


@examples
@given(TEXTS, NOISE)
def test_every_gap_has_its_reason(original: str, noise: Noise) -> None:
    named: set[int] = set()
    after = 0
    for edit in explain(original, noise):
        assert after <= edit.start < edit.end <= len(original)
        after = edit.end
        if edit.kind != "repair":
            named.update(range(edit.start, edit.end))
    missing = set(gaps(original, clean(original, noise)))
    assert missing <= named


@examples
@given(TEXTS, NOISE)
def test_cleaning_twice_changes_nothing_more(original: str, noise: Noise) -> None:
    once = clean(original, noise)
    twice = clean(once.text, noise)
    assert twice.text == once.text
    assert is_identity(twice)


@examples
@given(TEXTS, NOISE)
def test_text_grows_only_where_compatibility_forms_do(original: str, noise: Noise) -> None:
    forms = sum(len(unicodedata.normalize("NFKC", character)) for character in original)
    assert len(clean(original, noise).text) <= forms


@examples
@given(TEXTS)
def test_without_noise_every_letter_survives(original: str) -> None:
    assert letters(clean(original, Noise()).text) == letters(INVISIBLE.sub("", original))


def letters(text: str) -> Counter[str]:
    """How often each Han character, other letter and digit stands in *text*, in its one form."""
    alike = "".join(radicals().get(character, character) for character in text)
    return Counter(filter(str.isalnum, unicodedata.normalize("NFKD", alike)))


@examples
@given(TEXTS)
def test_a_document_below_the_gate_loses_no_bracket(original: str) -> None:
    assume(not judge(original).annotations)
    forms = unicodedata.normalize("NFKC", original)
    kept = clean(original, Noise()).text
    assert (kept.count("("), kept.count(")")) == (forms.count("("), forms.count(")"))


@examples
@given(TEXTS, TEXTS)
def test_without_noise_only_neighbours_matter(before: str, after: str) -> None:
    left, right = clean(before + "中", Noise()), clean("中" + after, Noise())
    both = clean(before + "中" + after, Noise())
    assert both.text == left.text + right.text[1:]
    shift = len(before)
    assert list(both.start) == [*left.start, *(at + shift for at in right.start[1:])]


@examples
@given(TEXTS, st.data())
def test_what_a_highlight_covers_cleans_back_to_the_match(
    original: str, data: st.DataObject
) -> None:
    mapped = clean(original, Noise())
    assume(mapped.text)
    at = data.draw(st.integers(0, len(mapped.text) - 1))
    end = data.draw(st.integers(at + 1, len(mapped.text)))
    covered = original[mapped.start[at] : mapped.end[end - 1]]
    assert mapped.text[at:end].strip() in clean(covered, Noise()).text


@pytest.mark.parametrize("number", ["000", "002", "003"])
def test_a_piece_of_a_seed_with_one_character_in_front_cleans_to_the_same(number: str) -> None:
    original, mapped, noise = seed(number), cleaned_seed(number), judge(seed(number))
    for at in range(1, len(mapped.text) - 4, 3):
        piece = original[mapped.start[at - 1] : mapped.end[at + 3]]
        assert mapped.text[at : at + 4].strip() in clean(piece, noise).text


QUIET = st.text(st.sampled_from("脱貧攻堅abc123,.!?()…“”、。《》𠀀\ue000\ufffd\n"))


@examples
@given(QUIET.filter(lambda text: "\n\n" not in text))
def test_text_without_noise_keeps_plain_ranges(original: str) -> None:
    mapped = clean(original, judge(original))
    assert mapped.text == original
    assert (mapped.start, mapped.end) == (range(len(original)), range(1, len(original) + 1))


@examples
@given(st.text(st.sampled_from("脱贫，。（１２３）Ａ；：？！")))
def test_full_width_text_keeps_plain_ranges(original: str) -> None:
    mapped = clean(original, Noise())
    assert mapped.text == unicodedata.normalize("NFKC", original)
    assert (mapped.start, mapped.end) == (range(len(original)), range(1, len(original) + 1))


@examples
@given(TEXTS)
def test_a_judgement_does_not_depend_on_the_order_of_the_fields(original: str) -> None:
    assert judge(original, "脫貧(pin)") == judge("脫貧(pin)", original)


# ---------------------------------------------------------------- every character


def every_character() -> list[str]:
    """All that Unicode has given a meaning; beyond are tags, selectors and private use."""
    return [chr(code) for code in range(0x33000)]


@cache
def folded_characters() -> dict[str, str]:
    """Every character whose fold is another text; clusters are kept apart by a Han character."""
    apart = "".join(
        f"中{character}" for character in every_character() if not continues(character)
    )
    return {apart[change.start : change.end]: change.new for change in folds(apart)}


def test_every_character_folds_to_its_compatibility_form() -> None:
    wanted = {}
    for character in every_character():
        form = unicodedata.normalize("NFKC", radicals().get(character, character))
        if character not in "…‥" and not form[0].isspace() and not continues(character):
            wanted[character] = form
    changed = {character: form for character, form in wanted.items() if character != form}
    assert folded_characters() == changed


@pytest.mark.parametrize("base", ["か", "e", "가", "ᄀ", "…"])
def test_every_character_that_joins_the_one_in_front_is_folded_with_it(base: str) -> None:
    for character in filter(continues, every_character()):
        apart = "中" + base + character
        wanted = unicodedata.normalize("NFKC", apart) if base != "…" else apart[:2]
        found = clean(apart, Noise()).text
        assert INVISIBLE.match(character) or found.startswith(wanted)


def test_folding_brings_no_invisible_character_and_no_blank_at_an_end() -> None:
    for folded in folded_characters().values():
        assert not INVISIBLE.search(folded)
        assert folded == folded.strip()


def test_every_radical_with_a_compatibility_form_agrees_with_it() -> None:
    assert len(radicals()) == 114
    assert {ord(radical) >> 7 for radical in radicals()} == {0x2E80 >> 7}
    for radical, ideograph in radicals().items():
        assert unicodedata.normalize("NFKC", radical) in (radical, ideograph)
        assert unicodedata.name(ideograph).startswith("CJK UNIFIED IDEOGRAPH")


def test_blanks_are_the_white_space_of_unicode() -> None:
    blank = re.compile(f"[{BLANKS}]")
    found = {character for character in every_character() if blank.match(character)}
    # Python counts the four information separators as white space, Unicode does not.
    assert found == {c for c in every_character() if c.isspace()} - set("\x1c\x1d\x1e\x1f")
    ends = {c for c in found if re.match(f"[{LINE_BREAKS}]", c)}
    assert ends == {c for c in found if c.splitlines() == [""]}


def test_a_line_break_keeps_the_whole_run_as_its_span() -> None:
    original = "一。\r\n\r\n　　二"
    mapped = clean(original, Noise())
    assert mapped.text == "一。\n二"
    assert original[mapped.start[2] : mapped.end[2]] == "\r\n\r\n　　"


def test_a_character_with_too_many_marks_stays_as_it_is() -> None:
    few, many = "e" + "\u0301" * MARKS_LIMIT, "e" + "\u0301" * (MARKS_LIMIT + 1)
    assert clean(few, Noise()).text[0] == "é"
    assert clean(many, Noise()).text == many


@pytest.mark.parametrize("text", ["Ａｂｃ", "①①", "㎏", "か", "⻓", "…", "脱", "！"])
def test_too_many_marks_change_nothing_about_the_character(text: str) -> None:
    marks = "\u0301" * (MARKS_LIMIT + 1)
    for noise in NOISES.values():
        assert clean(text + marks, noise).text == clean(text, noise).text + marks


# ---------------------------------------------------------------- hostile text

SIZE = 200_000
HOSTILE = {
    "brackets": "(" * SIZE,
    "blanks": " " * SIZE,
    "blanks and Han": " 中" * (SIZE // 2),
    "line breaks": "\n" * SIZE,
    "damage marks": "?a)" * (SIZE // 3),
    "damage": "日?qǐng)?bào)網" * (SIZE // 11),
    "damage without an end": "勝?zèng)" + "沖" * SIZE,
    "annotations": "個" + "(ge)" * (SIZE // 4),
    "notes between annotations": "個" + "(ge)[4]" * (SIZE // 7),
    "ampersands": "&" * SIZE,
    "entities in entities": "&lt " * (SIZE // 8) + ";" * (SIZE // 2),
    "angles": "<" * SIZE,
    "open tags": "<b>" * (SIZE // 3),
    "tags in tags": "<b" * (SIZE // 9) + "<b></b>" + ">" * (SIZE // 9),
    "notes": "中[4]" * (SIZE // 4),
    "one mark": "a" + "\u0301" * SIZE,
    "two marks": "a" + "\u0301\u0323" * (SIZE // 2),
    "invisible": "\u200b" * SIZE,
    "full width": "，" * SIZE,
    "eighteenfold": "\ufdfa" * (SIZE // 10),
    "jamo": "\u1100\u1161\u11a8" * (SIZE // 3),
    "surrogates": "\ud800" * SIZE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_more_than_its_length(name: str) -> None:
    began = time.process_time()
    judge(HOSTILE[name])
    for noise in (NOISES["-"], NOISES["am"]):
        clean(HOSTILE[name], noise)
    assert time.process_time() - began < 8  # about 1 s at most; quadratic steps take minutes


def test_what_rounds_do_not_reach_stays_in_the_text() -> None:
    assert clean("個" + "(ge)[4]" * 3, NOISES["am"]).text == "個"
    assert clean("個" + "(ge)[4]" * ROUNDS * 2, NOISES["am"]).text.count("(ge)") >= ROUNDS // 2
