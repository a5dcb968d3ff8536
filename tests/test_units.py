"""Units: golden readings, and what must hold of any text."""

from __future__ import annotations

import itertools
import re
import runpy
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher.text
from searcher.model import Noise
from searcher.text.clean import clean
from searcher.text.script import fold
from searcher.text.units import (
    ENCLOSED_NUMBERS,
    LONGEST_UNIT,
    SENTENCE_END,
    bigram,
    border,
    runs,
    units,
)

TEXT = Path(searcher.text.__file__).parent
GOLDEN = Path(__file__).parent / "golden" / "units.tsv"
TEXTS = st.text(
    st.sampled_from(
        "脱贫攻坚裏着。！…，、 \n\u3000\r\t12３.,5aZＢ+#-()①½㎏👍é\u0301\u200b\ufffd\ue317"
    )
    | st.characters(),
    max_size=60,
)


def read(text: str) -> list[str]:
    return list(units(text, clean(text, Noise())).keys)


def golden() -> list[tuple[str, list[str]]]:
    lines = GOLDEN.read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(unescape(text), unescape(wanted).split(" ")) for text, wanted in rows]


def unescape(text: str) -> str:
    escapes = {r"\n": "\n", r"\r": "\r", r"\t": "\t"}
    text = re.sub(r"\\[nrt]", lambda found: escapes[found.group()], text)
    return re.sub(
        r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})",
        lambda found: chr(int(found[1] or found[2], 16)),
        text,
    )


@pytest.mark.parametrize(("text", "wanted"), golden(), ids=lambda value: str(value)[:30])
def test_a_text_reads_as_these_units(text: str, wanted: list[str]) -> None:
    assert read(text) == [SENTENCE_END if unit == "|" else unit for unit in wanted]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS)
def test_units_stand_in_order_inside_the_original(text: str) -> None:
    found = units(text, clean(text, Noise()))
    assert len(found.keys) == len(found.start) == len(found.end)
    spans = list(zip(found.start, found.end, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a == b or a[1] <= b[0] for a, b in itertools.pairwise(spans))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS)
def test_sentence_ends_stand_alone_between_units(text: str) -> None:
    keys = read(text)
    assert SENTENCE_END not in (*keys[:1], *keys[-1:])
    assert (SENTENCE_END, SENTENCE_END) not in list(itertools.pairwise(keys))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS)
def test_units_are_folded_and_short(text: str) -> None:
    for key in read(text):
        assert key == fold(key)
        assert 0 < len(key) <= LONGEST_UNIT or key == SENTENCE_END


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(["脱", "贫", "1", "2", "12", "3", "a", "b", "ab", "👍"]), max_size=4)
)
def test_a_bigram_is_no_unit_and_names_its_two_units(keys: list[str]) -> None:
    pairs = {(a, b) for a in [*keys, "脱", "1"] for b in [*keys, "2", "b"]}
    assert len({bigram(a, b) for a, b in pairs}) == len(pairs)
    for a, b in pairs:
        assert read(bigram(a, b)) != [bigram(a, b)]
        assert border(a, b) != bigram(a, b)


def test_runs_name_every_neighbour_and_every_border() -> None:
    keys = ("脱", "贫", SENTENCE_END, "全", "市")
    assert list(runs(keys)) == [
        ("脱贫", 0, False),
        (border("贫", "全"), 1, True),
        ("全市", 3, False),
    ]
    assert list(runs(("脱",))) == []


def test_enclosed_numbers_are_those_whose_nfkc_holds_a_number_but_are_no_digits() -> None:
    wanted = {
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("No", "So")
        and unicodedata.normalize("NFKC", chr(code)) != chr(code)
        and any(
            unicodedata.category(char) == "Nd" for char in unicodedata.normalize("NFKC", chr(code))
        )
    }
    matches = re.compile(f"[{ENCLOSED_NUMBERS}]").match
    assert not {char for char in wanted if not matches(char)}


def test_a_long_run_of_letters_is_cut_into_units_that_still_make_a_phrase() -> None:
    keys = read("a" * 1000)
    assert "".join(keys) == "a" * 1000
    assert max(map(len, keys)) <= LONGEST_UNIT


def test_the_marks_are_those_of_unicode_and_the_same_on_every_python() -> None:
    lines = (TEXT / "data" / "marks.txt").read_text("utf-8").splitlines()[1:]
    held = [tuple(int(end, 16) for end in line.split("-")) for line in lines]
    made = [*runpy.run_path(str(TEXT.parent.parent / "tools" / "make_marks.py"))["ranges"]()]
    codes = {code for first, last in held for code in range(first, last + 1)}
    assert codes <= {code for first, last in made for code in range(first, last + 1)}
    if unicodedata.unidata_version == "14.0.0":
        assert held == made


def test_a_long_run_of_digits_is_read_in_time() -> None:
    began = time.process_time()
    assert "".join(read("1" * 200_000)) == "1" * 200_000
    assert time.process_time() - began < 3
