"""The mapped word list: every word is in it, and a damaged one is refused by name."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict, Unpack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import IndexCorruptError, IndexFormatError
from searcher.text.words import (
    JIEBA_LEXICON,
    Lexicon,
    LexiconCutter,
    UserWord,
)
from searcher.text.words.dictionary import Dictionary, load_dictionary, load_tables
from searcher.text.words.lexicon import CRC, ENTRY, HEADER, SECTIONS, VERSION, numbers
from searcher.text.words.writing import write_dictionary, write_lexicon

SMALL = Dictionary({"甲": 5, "甲乙": 9, "甲乙丙丁": 1, "乙a-": 2**40}, 77, frozenset({"丙丁"}))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.lex"
    write_lexicon(path)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "words.lex"
    write_dictionary(path, SMALL)
    return path


# ---------------------------------------------------------------- what is in it


def test_every_word_of_the_dictionary_has_its_frequency(whole: Path) -> None:
    dictionary = load_dictionary()
    words = sorted(dictionary.frequencies)[::9]
    with Lexicon.open(whole) as lexicon:
        assert lexicon.total == dictionary.total
        assert [lexicon.frequency(word) for word in words] == [
            dictionary.frequencies[word] for word in words
        ]


def test_closing_waits_for_nobody_who_still_looks_at_a_piece(small: Path) -> None:
    lexicon = Lexicon.open(small)
    piece = lexicon._known[:1]
    lexicon.close()
    assert len(piece) == 1


def test_the_packaged_word_list_is_what_the_pinned_jieba_gives(whole: Path) -> None:
    assert JIEBA_LEXICON.read_bytes() == whole.read_bytes()


def test_what_is_no_word_has_no_frequency(whole: Path) -> None:
    known = load_dictionary().frequencies
    with Lexicon.open(whole) as lexicon:
        for word in sorted(known)[::50]:
            for other in (word[:-1], word + "丂", word[::-1], "𠮷" + word):
                assert lexicon.frequency(other) == known.get(other, 0)


def test_the_hmm_is_jiebas_to_the_last_bit(whole: Path) -> None:
    tables = load_tables()
    with Lexicon.open(whole) as lexicon:
        assert list(lexicon.starts) == list(tables.starts)
        assert list(lexicon.steps) == list(tables.steps)
        for char in [*sorted(tables.by_char)[::7], "丂", "a", "𠮷", "\ud800"]:
            assert list(lexicon.emissions(char)) == list(tables.emissions(char))


def test_matches_are_the_words_that_begin_at_a_place(small: Path) -> None:
    with Lexicon.open(small) as lexicon:
        assert lexicon.matches("丁甲乙丙丁", 1) == [(2, 5), (3, 9), (5, 1)]
        assert lexicon.matches("丁甲乙丙丁", 0) == []
        assert lexicon.matches("甲乙", 2) == []
        assert lexicon.frequency("乙a-") == 2**40
        assert lexicon.forbidden == {"丙丁"}
        assert lexicon.total == 77


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.text("甲乙丙a-", min_size=1, max_size=5), st.integers(1, 9), min_size=1),
    st.text("甲乙丙a-x", max_size=12),
)
def test_any_dictionary_reads_as_it_was_written(words: dict[str, int], text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "words.lex"
        write_dictionary(path, Dictionary(words, 100, frozenset()))
        with Lexicon.open(path) as lexicon:
            for start in range(len(text)):
                ends = range(start + 1, len(text) + 1)
                assert lexicon.matches(text, start) == [
                    (end, words[text[start:end]]) for end in ends if text[start:end] in words
                ]
            assert {word: lexicon.frequency(word) for word in words} == words


def test_more_than_65536_different_frequencies_fit(tmp_path: Path) -> None:
    words = {chr(0x4E00 + at % 256) + chr(0x4E00 + at // 256): at + 1 for at in range(66_000)}
    write_dictionary(tmp_path / "words.lex", Dictionary(words, 1, frozenset()))
    with Lexicon.open(tmp_path / "words.lex") as lexicon:
        assert all(lexicon.frequency(word) == words[word] for word in list(words)[::50])


def test_the_same_words_give_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    write_lexicon(tmp_path / "again.lex")
    assert (tmp_path / "again.lex").read_bytes() == whole.read_bytes()
    write_lexicon(tmp_path / "more.lex", [UserWord("驻村工作队")])
    assert (tmp_path / "more.lex").read_bytes() != whole.read_bytes()


def test_numbers_are_little_endian_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = memoryview(struct.pack("<3H", 1, 2, 3))
    assert numbers(raw, "H").tolist() == [1, 2, 3]
    # On a machine of the other order the same bytes read swapped, and are swapped back.
    monkeypatch.setattr(sys, "byteorder", "other")
    assert numbers(memoryview(struct.pack(">3H", 1, 2, 3)), "H").tolist() == [1, 2, 3]


# ---------------------------------------------------------------- opening and closing


def test_a_lexicon_that_was_closed_is_not_held(small: Path) -> None:
    lexicon = Lexicon.open(small)
    lexicon.close()
    with pytest.raises(ValueError, match="released"):
        lexicon.frequency("甲")
    small.unlink()


@pytest.mark.parametrize("given_as", [str, Path, Lexicon.open])
def test_a_cutter_takes_a_path_or_an_open_lexicon(
    small: Path, given_as: Callable[[Path], str | Path | Lexicon]
) -> None:
    assert LexiconCutter(given_as(small)).cut("甲乙，") == ["甲乙", "，"]


# ---------------------------------------------------------------- damage


def assert_refused(path: Path) -> None:
    with pytest.raises(IndexCorruptError) as caught:
        Lexicon.open(path)
    assert str(path) in str(caught.value)
    assert "searcher build" in str(caught.value)


def test_any_damaged_byte_is_noticed(small: Path) -> None:
    raw = small.read_bytes()
    padding = [at for at, inside in enumerate(covered(raw)) if not inside]
    assert len(padding) < 8 * (len(SECTIONS) + 1)
    for at in {*range(0, len(raw), 1499), *range(HEADER.size + ENTRY.size * len(SECTIONS))}:
        if at in padding or 8 <= at < 12:
            continue
        small.write_bytes(raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :])
        assert_refused(small)


def covered(raw: bytes) -> list[bool]:
    """Return of each byte whether it lies in the header, the table or a section."""
    head = HEADER.size + ENTRY.size * len(SECTIONS)
    inside = [True] * (head + CRC.size) + [False] * (len(raw) - head - CRC.size)
    for _, _, offset, length, _ in ENTRY.iter_unpack(raw[HEADER.size : head]):
        inside[offset : offset + length] = [True] * length
    return inside


def test_of_a_file_that_is_trusted_the_header_and_the_sizes_are_checked_alone(small: Path) -> None:
    raw = small.read_bytes()
    small.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert_refused(small)
    with Lexicon.open(small, check=False) as lexicon:
        assert lexicon.frequency("甲乙")
    small.write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
    with pytest.raises(IndexCorruptError, match="something else"):
        Lexicon.open(small, check=False)
    small.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(IndexCorruptError, match="does not fit the file"):
        Lexicon.open(small, check=False)


def test_a_file_cut_short_is_refused(small: Path) -> None:
    raw = small.read_bytes()
    for size in (0, 1, HEADER.size - 1, HEADER.size, 200, len(raw) // 2, len(raw) - 1):
        small.write_bytes(raw[:size])
        assert_refused(small)


def test_what_is_no_lexicon_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "missing.lex")
    assert_refused(tmp_path)
    (tmp_path / "other").write_bytes(b"PK\3\4" * 1000)
    assert_refused(tmp_path / "other")


def test_a_later_format_is_named(small: Path) -> None:
    raw = small.read_bytes()
    small.write_bytes(raw[:8] + struct.pack("<I", VERSION + 1) + raw[12:])
    with pytest.raises(IndexFormatError, match=f"format {VERSION + 1}.*searcher build"):
        Lexicon.open(small)


class Changes(TypedDict, total=False):
    """What of an entry is changed, and what its section begins with."""

    content: bytes
    called: bytes
    kind: bytes
    offset: int
    length: int


def forged(raw: bytes, name: str, **changes: Unpack[Changes]) -> bytes:
    """Return a file with one entry or section changed and every checksum made right again."""
    content = changes.get("content", b"")
    head = HEADER.size + ENTRY.size * len(SECTIONS)
    changed = bytearray(raw)
    table = []
    for entry in ENTRY.iter_unpack(raw[HEADER.size : head]):
        called, kind, offset, length, crc = entry
        if called.rstrip(b"\0") == name.encode():
            changed[offset : offset + len(content)] = content
            called, kind = changes.get("called", called), changes.get("kind", kind)
            offset, length = changes.get("offset", offset), changes.get("length", length)
            crc = zlib.crc32(changed[offset : min(offset + length, len(raw))])
        table.append(ENTRY.pack(called, kind, offset, length, crc))
    changed[HEADER.size : head] = b"".join(table)
    changed[head : head + CRC.size] = CRC.pack(zlib.crc32(changed[:head]))
    return bytes(changed)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("chars", {"length": 2**63}),
        ("chars", {"offset": 2**64 - 8}),
        ("chars", {"length": 6}),
        ("chars", {"length": 3}),
        ("chars", {"called": b"others"}),
        ("chars", {"called": b"frequencies"}),
        ("chars", {"kind": b"Q"}),
        ("chars", {"kind": b"\0"}),
        ("model", {"length": 88}),
        ("inner", {"length": 8}),
        ("emissions", {"length": 8}),
        ("children", {"length": 0}),
        ("forbidden", {"content": b"\xff"}),
    ],
)
def test_a_forged_table_is_refused(small: Path, name: str, changes: Changes) -> None:
    small.write_bytes(forged(small.read_bytes(), name, **changes))
    assert_refused(small)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("children", b"\1\0\0\0\xff\xff\xff\x7f"),
        ("frequencies", b"\xff\xff" * 6),
        ("ranks", b"\xff\xff\xff\x7f"),
        ("emissions", b"\xff\xff" * 80_000),
    ],
)
def test_a_forged_section_is_no_way_out_of_the_file(
    small: Path, name: str, content: bytes
) -> None:
    raw = small.read_bytes()
    small.write_bytes(forged(raw, name, content=content[: section_length(raw, name)]))
    with Lexicon.open(small) as lexicon:
        cutter = LexiconCutter(lexicon)
        for ask in (cutter.cut, cutter.search_spans):
            with pytest.raises(IndexCorruptError, match="contradicts itself"):
                ask("甲乙的说")


def section_length(raw: bytes, name: str) -> int:
    head = HEADER.size + ENTRY.size * len(SECTIONS)
    entries = ENTRY.iter_unpack(raw[HEADER.size : head])
    length: int
    length = next(entry[3] for entry in entries if entry[0].rstrip(b"\0") == name.encode())
    return length
