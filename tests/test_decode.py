"""Bytes to text: the right encoding, nothing changed, and no binary data taken for text."""

from __future__ import annotations

import gzip
import importlib.util
import io
import random
import re
import zipfile
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from searcher.errors import DecodeError
from searcher.text.decode import Decoded, decode, detect, encoding_name, read_as, storable
from searcher.text.frequency import frequency

HOME = Path(__file__).parent.parent
QUICK = settings(max_examples=200, deadline=None, derandomize=True)

# Encoding written, and the one it must be read as.
ENCODINGS = {
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
MARKED = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030")
BYTES_STAND_ALONE = ("utf-8", "gb18030", "gbk", "gb2312", "big5", "big5hkscs")


@cache
def seeds() -> tuple[str, ...]:
    # Without the pinyin annotations, whose letters Big5 does not have.
    texts = (path.read_text("utf-8") for path in sorted((HOME / "seeds").glob("*.txt")))
    return tuple(re.sub(r"\([a-zà-ǜ]{1,7}\) ?", "", text) for text in texts)


@cache
def text_for(encoding: str, seed: int) -> str:
    """The seed in the script of the encoding, without what it cannot hold."""
    script = {"gb2312": "t2s", "big5": "s2t", "big5hkscs": "s2t"}.get(encoding)
    text = seeds()[seed]
    if script:
        text = OpenCC(script).convert(text)
    return text.encode(encoding, "ignore").decode(encoding)


def slices(encoding: str, size: int) -> list[str]:
    found = []
    for seed in range(5):
        text = text_for(encoding, seed)
        starts = {0, max(0, len(text) // 3), max(0, 2 * len(text) // 3 - size // 2)}
        found += [text[start : start + size] for start in sorted(starts)]
    # A few digits or one character alone could be anything.
    return [text for text in found if sum(c > "\x7f" for c in text) >= 6]


def is_one_encoding_of_ascii(raw: bytes) -> bool:
    """UTF-16 of a few Han characters can be plain ASCII: nobody can tell."""
    return raw.isascii() and b"\x00" not in raw


def damaged(raw: bytes, kind: str) -> bytes:
    middle = len(raw) // 2
    if kind == "cut":
        return raw[:-1]
    if kind == "lost":
        return raw[:middle] + raw[middle + 1 :]
    spoiled = bytearray(raw)
    for at in range(min(500, middle), len(raw), 1000):
        spoiled[at] = 0xFF
    return bytes(spoiled)


# ---------------------------------------------------------------- the encodings


@pytest.mark.parametrize("size", [8, 16, 30, 50, 200, 1000, 5000])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_chinese_in_any_usual_encoding_is_read_as_it_was_written(encoding: str, size: int) -> None:
    for text in slices(encoding, size):
        raw = text.encode(encoding)
        if not is_one_encoding_of_ascii(raw):
            read = decode(raw)
            assert (read.encoding, read.text) == (ENCODINGS[encoding], text)
            assert read.replaced == 0


@pytest.mark.parametrize("encoding", MARKED)
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(encoding: str) -> None:
    for text in (*seeds(), "plain ASCII", "", "Ёлка"):
        read = decode(("\ufeff" + text).encode(encoding))
        assert read == Decoded(text, encoding, 1.0, 0)


@pytest.mark.parametrize("kind", ["cut", "lost", "spoiled"])
@pytest.mark.parametrize("encoding", BYTES_STAND_ALONE)
def test_damage_does_not_hide_the_encoding(encoding: str, kind: str) -> None:
    for size in (50, 200, 1000, 5000):
        for text in slices(encoding, size):
            read = decode(damaged(text.encode(encoding), kind))
            assert read.encoding == ENCODINGS[encoding], text[:30]
            # Big5 and GB18030 may take a wrong character for a spoiled one; never many.
            assert read.replaced <= 3 + len(text) // 50
            assert abs(len(read.text) - len(text)) <= 3 + len(text) // 50


@pytest.mark.parametrize("kind", ["cut", "spoiled"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_damaged_utf16_without_a_mark_is_found(encoding: str, kind: str) -> None:
    for size in (50, 200, 1000, 5000):
        for text in slices(encoding, size):
            assert decode(damaged(text.encode(encoding), kind)).encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Hello, she said", "“Hello”, she said", "Größe für Übung"])
def test_utf16_without_a_mark_is_found_in_western_text(encoding: str, text: str) -> None:
    read = decode(text.encode(encoding))
    assert (read.encoding, read.text) == (encoding, text)


@pytest.mark.parametrize("word", ["联通", "x轴", "我", "①②③", "（一）", "★★★全文"])
def test_a_tiny_gbk_text_is_read(word: str) -> None:
    assert decode(word.encode("gbk")).text == word


def test_a_utf8_character_cut_off_at_the_end_is_forgiven() -> None:
    raw = "全文检索".encode()
    assert decode(raw[:-1]) == Decoded("全文检\ufffd", "utf-8", 1.0, 1)
    assert decode(raw[:-2]) == Decoded("全文检\ufffd", "utf-8", 1.0, 1)


def test_chinese_far_behind_an_ascii_head_is_read() -> None:
    head = "# licence\n" * 20_000
    assert decode((head + "全文检索，中文").encode("gbk")).text.endswith("全文检索，中文")


def test_a_sample_that_ends_inside_a_character_does_no_harm() -> None:
    text = "a" + "检索全文" * 20_000
    for encoding in ("gbk", "big5hkscs", "utf-16-le"):
        whole = text.encode(encoding, "ignore").decode(encoding)
        assert decode(whole.encode(encoding)).text == whole


def test_detecting_the_beginning_of_a_file_forgives_the_cut() -> None:
    raw = ("检索全文" * 5000).encode("gbk")
    assert detect(raw[:999], complete=False)[0] == "gb18030"
    assert detect("检索".encode()[:-1], complete=False) == ("utf-8", 1.0)


def test_confidence_grows_with_the_distance_to_the_next_reading() -> None:
    for encoding in BYTES_STAND_ALONE:
        for text in slices(encoding, 200):
            assert decode(text.encode(encoding)).confidence > 0.95
    # Japanese EUC shares the kana of GB2312 and nothing else: outside the set, and it shows.
    assert decode("カタカナとひらがなの検索エンジン".encode("euc-jp")).confidence < 0.8


# ---------------------------------------------------------------- named encodings


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("gb2312", "鎮國".encode("gbk"), "鎮國"),
        ("GBK", "𠀀".encode("gb18030"), "𠀀"),
        ("Big5", "冇嘢".encode("big5hkscs"), "冇嘢"),
        ("latin-1", b"caf\xe9", "café"),
        ("utf-8-sig", b"\xef\xbb\xbfa", "a"),
        ("utf-8", b"\xef\xbb\xbfa", "a"),
        ("utf-16", b"\xfe\xff\x51\x68", "全"),
        ("utf-16", b"\x68\x51", "全"),
        ("utf-32", b"\xff\xfe\x00\x00\x68\x51\x00\x00", "全"),
        ("shift_jis", "検索".encode("shift_jis"), "検索"),
    ],
)
def test_a_named_encoding_is_obeyed(label: str, raw: bytes, text: str) -> None:
    read = decode(raw, label)
    assert (read.text, read.confidence, read.replaced) == (text, 1.0, 0)
    assert read.encoding == encoding_name(label)


@pytest.mark.parametrize("label", ["nope", "hex", "zip", "", "a\x00b", "undefined"])
def test_an_unknown_encoding_is_refused_by_name(label: str) -> None:
    with pytest.raises(DecodeError, match="unknown encoding") as caught:
        decode(b"", label, "x.txt")
    assert caught.value.where == "x.txt"
    assert repr(label) in caught.value.reason


def test_bytes_that_are_not_valid_in_the_named_encoding_are_refused() -> None:
    with pytest.raises(DecodeError, match=r"x\.txt: not valid utf-8 \(byte 1\)"):
        decode(b"a\xff", "utf-8", "x.txt")
    with pytest.raises(DecodeError, match="not valid gb2312"):
        decode(b"\xff\xff", "gb2312")


# ---------------------------------------------------------------- what cannot be stored


def test_nul_and_lone_surrogates_become_replacement_characters_one_for_one() -> None:
    assert storable("a\x00\ud800\udc00b") == ("a\ufffd\ufffd\ufffdb", 3)
    assert decode("全文\x00检索".encode()) == pytest.approx(
        Decoded("全文\ufffd检索", "utf-8", decode("全文\x00检索".encode()).confidence, 1)
    )
    assert read_as("a\ud800b".encode("utf-16-le", "surrogatepass"), "utf-16-le")[1] == 1


def test_replacement_characters_of_the_source_are_not_counted() -> None:
    assert decode("已有\ufffd一个".encode()).replaced == 0
    assert read_as("已有\ufffd一个".encode() + b"\xff", "utf-8") == ("已有\ufffd一个\ufffd", 1)


# ---------------------------------------------------------------- not text


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a.txt", "全文检索")
    return stream.getvalue()


BINARY = {
    "zip": archive(),
    "gzip": gzip.compress("全文检索".encode() * 100, mtime=0),
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06",
    "elf": b"\x7fELF\x02\x01\x01" + bytes(57),
    "pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "zeros": bytes(100),
    "all bytes": bytes(range(256)) * 4,
    "floats": b"".join(bytes([0, 0, at % 256, 0x3F]) for at in range(500)),
    "bytecode": test_chinese_far_behind_an_ascii_head_is_read.__code__.co_code * 20,
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_data_is_refused(name: str) -> None:
    with pytest.raises(DecodeError, match="not text"):
        decode(BINARY[name])


@pytest.mark.parametrize("size", [32, 64, 100, 1000, 10_000])
def test_random_bytes_are_refused(size: int) -> None:
    source = random.Random(size)
    for _ in range(40):
        with pytest.raises(DecodeError):
            decode(source.randbytes(size))


def test_a_file_that_is_text_only_at_its_beginning_is_refused() -> None:
    raw = ("检索全文" * 10_000).encode("gbk") + random.Random(1).randbytes(500_000)
    with pytest.raises(DecodeError, match="cannot be read as gb18030"):
        decode(raw)


FRENCH = "Le réglage du détecteur a été vérifié à côté de la fenêtre : ça marche très bien. " * 5
GERMAN = "Die Größe der Übung für Schüler läßt sich schätzen; das Maß ist nötig. " * 5
PORTUGUESE = "A construção da nação não é só uma questão de coração e de opiniões. " * 5
RUSSIAN = "Полнотекстовый поиск находит слова в документах. " * 5


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "latin-1"),
        (GERMAN, "windows-1252"),
        (PORTUGUESE, "latin-1"),
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        ("今日はいい天気ですね。検索エンジンを作ります。" * 5, "shift_jis"),
    ],
)
def test_other_8bit_text_is_refused_with_advice_not_read_as_chinese(
    text: str, encoding: str
) -> None:
    with pytest.raises(DecodeError, match="name its encoding"):
        decode(text.encode(encoding))
    assert decode(text.encode(encoding), encoding).text == text


@pytest.mark.parametrize(
    ("text", "replaced"), [("réglage", 1), ("déjà vu, la mère", 3), ("“Hello” – she said", 3)]
)
def test_western_text_with_a_few_8bit_letters_is_ascii_with_counted_gaps(
    text: str, replaced: int
) -> None:
    read = decode(text.encode("windows-1252"))
    assert read.text == re.sub(r"[^\x00-\x7f]", "\ufffd", text)
    assert (read.replaced, read.confidence) == (replaced, 0.5)


def test_other_languages_in_utf8_are_read_damaged_or_not() -> None:
    assert decode(RUSSIAN.encode()).text == RUSSIAN
    read = decode(damaged(RUSSIAN.encode() * 5, "spoiled"))
    assert read.encoding == "utf-8"
    assert 0 < read.replaced <= 9


@pytest.mark.parametrize(
    "text",
    [
        "\u00a0\u00a0Release notes\u00a0\u00a03.1 " * 40,
        "Où êtes-vous né ? La fée créée là-bas, août, côté, vôtre, dû. " * 20,
        "Größe für Übung, schön, möglich, fünf Äpfel. " * 20,
    ],
)
def test_damaged_utf8_is_not_taken_for_chinese(text: str) -> None:
    raw = text.encode()
    middle = raw.index(b" ", len(raw) // 2)
    read = decode(raw[:middle] + b"\xff" + raw[middle:])
    assert (read.encoding, read.replaced) == ("utf-8", 1)
    assert read.text.replace("\ufffd", "") == text
    assert read.confidence > 0.9


# ---------------------------------------------------------------- properties


@QUICK
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_utf8_text_is_never_changed(text: str) -> None:
    assume(not text.startswith(("\ufeff", "%PDF-")))
    assert decode(text.encode()) == Decoded(text, "utf-8", 1.0, 0)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_give_storable_text_or_a_decode_error(raw: bytes) -> None:
    try:
        read = decode(raw)
    except DecodeError:
        return
    read.text.encode("utf-8")
    assert "\x00" not in read.text
    assert 0 <= read.replaced <= read.text.count("\ufffd")
    assert 0.0 <= read.confidence <= 1.0


@QUICK
@given(
    st.lists(st.sampled_from(["检索", "全文", "，", "\r\n", "\n", "\r", "\x85"]), min_size=1),
    st.sampled_from(["utf-8", "gb18030", "utf-16-le"]),
)
def test_newlines_are_never_changed(parts: list[str], encoding: str) -> None:
    text = "全文检索是我们的工作。" + "".join(parts)
    assert decode(text.encode(encoding)).text == text


# ---------------------------------------------------------------- the table


def load_tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HOME / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_frequency_table_is_what_its_tool_makes() -> None:
    tool = load_tool("make_frequency")
    assert tool.TARGET.read_text("utf-8") == tool.table()


def test_frequency_counts_either_script_alike() -> None:
    shares = frequency()
    assert shares["国"] == shares["國"]
    assert shares["的"] > shares["猷"]
    assert "猷" in shares
    assert "a" not in shares
    rows = load_tool("make_frequency").TARGET.read_text("utf-8").splitlines()
    own = [shares[row[0]] for row in rows if row[1] == "\t"]
    assert len(own) > 7000
    assert 0.98 < sum(own) < 1.0
    assert sum(share > 3e-5 for share in own) == 2299
