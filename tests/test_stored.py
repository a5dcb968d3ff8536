"""Stored documents: everything comes back, from any block, and damage has a name."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from corpus import documents
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_documents import packed, stored

from searcher.errors import IndexCorruptError
from searcher.model import Document, MappedText, Noise, Units
from searcher.stored import Packing, StoredDocument, blocks, layout, train, writing
from searcher.stored.blocks import BlockField, pack_blocks
from searcher.stored.edits import edited, edits_between, pack_edits, unpack_edits
from searcher.stored.packing import DICTIONARY_FILE, packing_in
from searcher.text.clean import clean
from searcher.text.cleancolumns import clean_many
from searcher.text.seenfields import seen_fields
from searcher.text.units import units

PIECES = [
    *"脱贫攻坚參與裏里體 軟。，\n",
    *("(yu) ", "會(huì)", "業(yè)", "書(shu)", "日?qǐng)?bào)", "[4]", "<br>", "&nbsp;", "\r\n"),
    *(
        "\u3000",
        "\u200b",
        "㎏",
        "①",
        "１２",
        "5,000",
        "Ａｂ",
        "e\u0301",
        "👍🏽",
        "ｶﾞ",
        "𠮷",
        "\uf90a",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
NOISES = st.builds(Noise, st.booleans(), st.booleans())
CALM = settings(max_examples=200, deadline=None, derandomize=True)


# ------------------------------------------------------------------ whole documents


@pytest.fixture(scope="module")
def trained() -> Packing:
    return Packing(train(each.body for each in documents()))


@pytest.fixture(params=[False, True], ids=["without dictionary", "with dictionary"])
def packing(request: pytest.FixtureRequest, trained: Packing) -> Packing:
    return trained if request.param else Packing()


FULL = Document(
    "a/b.txt", "正文\n第二行", "标题", "2024-05", "来源", "作者", "/b", {"tag": ["x"], "n": 1.5}
)


@pytest.mark.parametrize(
    "document",
    [
        FULL,
        Document("a", ""),
        Document("a", "", "标题"),
        Document("a", "正文", date="2024"),
        Document("a", "正文", "标" * 128),
        Document("a", "𠮷👍 emoji" * 30, "𠮷"),
        Document("a", "正" * 40_000),
        Document("a", "正文", extra={"long": "长" * 3000}),
        Document("a", "正" * 65_530, "标题六个字。"),
        Document("a", "正" * 65_531, "标题六个字。", "2024", extra={"tag": ["x"]}),
        Document("a", "正文", "标" * 70_000),
    ],
    ids=lambda document: f"{len(document.title)}+{len(document.body)}",
)
def test_a_document_comes_back_as_it_was(document: Document, packing: Packing) -> None:
    raw = packed(document, packing)
    found = StoredDocument(raw, packing)
    assert found.document(document.id, document.path) == document
    assert found.script == "hant"
    assert found.is_huge == (len(document.title) + len(document.body) > layout.HUGE)


@pytest.mark.parametrize("noise", [Noise(a, b) for a in (True, False) for b in (True, False)])
def test_the_noise_comes_back(noise: Noise) -> None:
    raw = packed(FULL, noise=noise)
    assert StoredDocument(raw, Packing()).noise == noise


def test_the_documents_of_a_corpus_come_back(packing: Packing) -> None:
    for document in documents():
        found = stored(document, packing)
        assert found.document(document.id, document.path) == document


@CALM
@given(TEXTS, TEXTS)
def test_any_text_comes_back(title: str, body: str) -> None:
    document = Document("a", body, title)
    assert stored(document).document("a", "") == document


def test_what_is_stored_is_less_than_half_of_the_text(trained: Packing) -> None:
    text = sum(len((each.title + each.body).encode()) for each in documents())
    size = sum(len(packed(each, trained)) for each in documents())
    assert size < 0.5 * text


# ------------------------------------------------------------------ clean text of noisy documents


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS, NOISES)
def test_edits_give_the_clean_text_again(text: str, noise: Noise) -> None:
    mapped = clean(text, noise)
    edits, rest = unpack_edits(pack_edits(edits_between(text, mapped)) + b"rest")
    assert rest == b"rest"
    assert as_lists(edited(text, edits)) == as_lists(mapped)


def as_lists(mapped: MappedText) -> tuple[str, list[int], list[int]]:
    return mapped.text, list(mapped.start), list(mapped.end)


def test_a_noisy_document_keeps_its_clean_text_and_no_other_does() -> None:
    noisy = Document("a", "參與(yu) 脫貧，級(jí)書記，幹(gàn)部。", "會(huì)議")
    found = stored(noisy)
    assert found.is_noisy
    assert found.noise == Noise(annotations=True)
    for name, mapped in found.mapped().items():
        assert as_lists(mapped) == as_lists(clean(getattr(noisy, name), found.noise))
    assert set(found.mapped()) == {"title", "body"}
    assert stored(FULL).mapped() == {}


def test_the_seeds_keep_their_clean_texts_in_little_room() -> None:
    for document in documents()[:5]:
        found = stored(document)
        if found.is_noisy:
            wanted = clean(document.body, found.noise)
            assert as_lists(found.mapped()["body"]) == as_lists(wanted)
        assert len(packed(document)) < 0.6 * len(document.body.encode())


# ------------------------------------------------------------------ seen text


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(TEXTS, max_size=4))
def test_seen_fields_are_those_whose_han_is_one_unit_each(texts: list[str]) -> None:
    fields = seen_fields(clean_many(texts, [Noise()] * len(texts)))
    for text, field in zip(texts, fields, strict=True):
        found = units(text, clean(text, Noise()))
        assert field.units() == Units(list(found.keys), list(found.start), list(found.end))
        assert as_lists(field.mapped()) == as_lists(clean(text, Noise()))
        han = [at for at, char in enumerate(text) if "㐀" <= char <= "鿿"]
        at_their_place = {
            start for start, end in zip(found.start, found.end, strict=True) if end == start + 1
        }
        if field.is_seen:
            assert at_their_place.issuperset(han)


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [
        ("軟體 Ａ，5㎏①", True),
        ("", True),
        ("㈱公司", False),  # has a Han unit that cannot be seen
        ("か\u3099", False),  # two characters are one
        ("中\u0301文", True),
        ("ｶﾞ", False),
        ("𠮷", False),
        ("👍中", False),
        ("\uf90a", False),
    ],
)
def test_text_whose_han_cannot_be_told_at_once_is_not_seen(text: str, is_seen: bool) -> None:
    assert [field.is_seen for field in seen_fields(clean_many([text], [Noise()]))] == [is_seen]


def test_a_noisy_document_is_never_seen() -> None:
    assert stored(FULL).is_seen
    assert not StoredDocument(packed(FULL, noise=Noise(markup=True)), Packing()).is_seen


# ------------------------------------------------------------------ blocks of huge documents


@pytest.fixture(params=[4, 65_536])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(blocks, "BLOCK", request.param)
    return int(request.param)


def block_field(text: str, found: Units) -> BlockField:
    parts: list[bytes] = []
    described = pack_blocks(text, found, Packing(), parts)
    return BlockField("body", described, memoryview(b"".join(parts)), 0, Packing())


def one_unit_each(text: str) -> Units:
    return Units(list(text), range(len(text)), range(1, len(text) + 1))


def test_slices_and_places_are_those_of_the_whole_text(block: int) -> None:
    rng = random.Random(block)
    for _ in range(60):
        text = "".join(rng.choice("文档a\n\r𠮷 ") for _ in range(rng.randint(1, 30)))
        field = block_field(text, one_unit_each(text))
        assert field.text() == text
        for _ in range(10):
            start, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            assert field.slice(start, end) == text[start:end]
            if text[start - 1 : start + 1] != "\r\n":  # no place: inside a line end
                assert field.line_column(start) == line_column(text, start)


def line_column(text: str, offset: int) -> tuple[int, int]:
    lines = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


@CALM
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.booleans()), max_size=30))
def test_unit_spans_come_back(steps: list[tuple[int, int, bool]]) -> None:
    start: list[int] = []
    end: list[int] = []
    at = 0
    for gap, length, again in steps:
        if again and start:  # characters of one cluster share its span
            start.append(start[-1])
            end.append(end[-1])
            continue
        start.append(at + gap)
        end.append(at + gap + length)
        at += gap + length
    found = Units([str(i) for i in range(len(start))], start, end)
    field = block_field("x" * (at + 1), found)
    assert field.spans(range(len(start)), 1) == list(zip(start, end, strict=True))
    if start:
        assert field.spans([0], len(start)) == [(start[0], end[-1])]


def test_unit_keys_and_spans_come_back_over_blocks(block: int) -> None:
    text = "脱贫攻坚战驻村攻坚"
    field = block_field(text, one_unit_each(text))
    assert field.unit_blocks == -(-len(text) // block)
    for unit in {*text, "无"}:
        found = [at for each in range(field.unit_blocks) for at in field.positions_in(each, unit)]
        assert found == [at for at, char in enumerate(text) if char == unit]
        assert bool(found) == any(field.holds(each, unit) for each in range(field.unit_blocks))
    assert field.spans(range(8), 2) == [(i, i + 2) for i in range(8)]


def test_a_huge_document_keeps_the_units_of_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "HUGE", 10)
    document = Document("a", "參與(yu) 脫貧，級(jí)書記，\n幹(gàn)部 2017 年。", "會(huì)議")
    found = stored(document)
    assert found.is_huge
    assert found.document("a", "") == document
    for name, field in found.blocks.items():
        text = getattr(document, name)
        wanted = units(text, clean(text, found.noise))
        assert field.spans(range(field.unit_count), 1) == list(
            zip(wanted.start, wanted.end, strict=True)
        )
        assert all(at in field.positions_in(0, key) for at, key in enumerate(wanted.keys))


# ------------------------------------------------------------------ damage


def noisy_document() -> Document:
    return Document("a", "參與(yu) 脫貧，級(jí)書記，幹(gàn)部。" * 9, "标题", "2024")


def huge_document() -> Document:
    return Document("a", "脱贫攻坚" * 20_000, "标题", "2024")


DAMAGED: list[Callable[[], Document]] = [
    lambda: Document("a", "脱贫攻坚" * 20),
    lambda: Document("a", "脱贫攻坚" * 20, "标题", "2024-05"),
    noisy_document,
    huge_document,
]


@pytest.mark.parametrize("make", DAMAGED)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_damage_is_named(make: Callable[[], Document], data: st.DataObject) -> None:
    raw = packed(make())
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(IndexCorruptError):
        read_all(StoredDocument(raw[:cut], Packing()))


def read_all(document: StoredDocument) -> None:
    document.document("a", "")
    document.mapped()
    if document.is_huge:
        for field in document.blocks.values():
            field.text()
            field.positions_in(0, "脱")
            field.spans([0], field.unit_count)


def test_a_document_that_needs_another_dictionary_is_refused(trained: Packing) -> None:
    raw = packed(FULL, trained)
    with pytest.raises(IndexCorruptError, match="dictionary"):
        StoredDocument(raw, Packing())


def test_a_frame_that_names_its_own_size_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(b"a" * 100_000)
    with pytest.raises(IndexCorruptError):
        Packing().expand(frame, 100_000)


@pytest.mark.parametrize("size", [1, 99, 101])
def test_a_frame_of_another_size_is_refused(size: int) -> None:
    frame = Packing().compress(bytes(100))
    with pytest.raises(IndexCorruptError):
        Packing().expand(frame, size)


@pytest.mark.parametrize(
    ("flags", "sizes"),
    [
        (layout.LONG, (0, 0, layout.MOST_TEXT + 1, 0)),
        (layout.LONG, (0, 0, 4, layout.MOST_EDITS + 1)),
        (layout.LONG | layout.BLOCKS, (0, 0, layout.MOST_LAYOUT + 1, 4)),
    ],
)
def test_a_length_beyond_bounds_is_refused_before_memory_is_taken(
    flags: int, sizes: tuple[int, int, int, int]
) -> None:
    raw = layout.LONG_HEAD.pack(flags, *sizes) + bytes(20)
    with pytest.raises(IndexCorruptError, match="too long"):
        _ = StoredDocument(raw, Packing()).body


# ------------------------------------------------------------------ dictionaries


def test_a_dictionary_is_the_same_for_the_same_texts() -> None:
    texts = [each.body for each in documents()]
    assert train(texts) == train(iter(texts)) != b""


@pytest.mark.parametrize("texts", [[], [""], ["短"] * 10, ["同"] * 40_000, ["同" * 5000] * 9])
def test_an_index_of_little_text_does_without_a_dictionary(texts: list[str]) -> None:
    packing = Packing(train(texts))
    assert stored(FULL, packing).document(FULL.id, FULL.path) == FULL


def test_a_damaged_dictionary_is_refused() -> None:
    dictionary = train(each.body for each in documents())
    damaged = dictionary[:5000] + bytes([dictionary[5000] ^ 1]) + dictionary[5001:]
    for each in (damaged, dictionary[:-1], dictionary[:3], b"something else"):
        with pytest.raises(IndexCorruptError, match="dictionary"):
            Packing(each)


def test_a_folder_without_a_dictionary_needs_none_and_a_damaged_one_is_named(
    tmp_path: Path, trained: Packing
) -> None:
    assert not packing_in(tmp_path).has_dictionary
    dictionary = train(each.body for each in documents())
    path = tmp_path / DICTIONARY_FILE
    path.write_bytes(dictionary)
    raw = packed(FULL, trained)
    assert StoredDocument(raw, packing_in(tmp_path)).body == FULL.body
    for damaged in (dictionary + b"more", dictionary[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(IndexCorruptError, match=DICTIONARY_FILE):
            packing_in(tmp_path)


def test_threads_share_one_packing(trained: Packing) -> None:
    raws = [(each, packed(each, trained)) for each in documents()[:200]]
    wrong: list[str] = []

    def read() -> None:
        for document, raw in raws * 3:
            if StoredDocument(raw, trained).body != document.body:
                wrong.append(document.id)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
