"""Stored documents: everything comes back, from any block, and damage has a name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher import stored
from searcher.errors import IndexCorruptError
from searcher.model import Document, Noise, Units
from searcher.stored import Analyzed, StoredDocument, pack

LINES = st.text(st.sampled_from("文档\n\r 𠮷a"), max_size=40)


def packed(document: Document, units: Units) -> StoredDocument:
    fields = {name: units for name in ("title", "body") if getattr(document, name)}
    return StoredDocument(pack(document, Analyzed(Noise(True, False), "hant", fields)))


def one_unit_each(text: str) -> Units:
    return Units(list(text), range(len(text)), range(1, len(text) + 1))


@pytest.fixture(params=[4, 65_536])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(stored, "BLOCK", request.param)
    return int(request.param)


def test_a_document_comes_back_as_it_was() -> None:
    document = Document(
        "a/b.txt",
        "正文\n第二行",
        "标题",
        "2024-05",
        "来源",
        "作者",
        "/a/b.txt",
        {"tag": ["x"], "n": 1.5},
    )
    found = packed(document, one_unit_each("正文第二行"))
    assert found.document == document
    assert (found.noise, found.script) == (Noise(True, False), "hant")


def test_slices_and_places_are_those_of_the_whole_text(block: int) -> None:
    rng = random.Random(block)
    for _ in range(60):
        text = "".join(rng.choice("文档a\n\r𠮷 ") for _ in range(rng.randint(1, 30)))
        field = packed(Document("a", text), one_unit_each(text)).fields["body"]
        assert field.text() == text
        for _ in range(10):
            start, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            assert field.slice(start, end) == text[start:end]
            if text[start - 1 : start + 1] != "\r\n":  # no place: inside a line end
                assert field.line_column(start) == line_column(text, start)


def line_column(text: str, offset: int) -> tuple[int, int]:
    lines = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.booleans()), max_size=30))
def test_unit_spans_come_back(steps: list[tuple[int, int, bool]]) -> None:
    start, end, at = [], [], 0
    for gap, length, again in steps:
        if again and start:  # characters of one cluster share its span
            start.append(start[-1])
            end.append(end[-1])
            continue
        start.append(at + gap)
        end.append(at + gap + length)
        at += gap + length
    units = Units([str(i) for i in range(len(start))], start, end)
    field = packed(Document("a", "x" * (at + 1)), units).fields["body"]
    assert field.spans(range(len(start)), 1) == list(zip(start, end, strict=True))
    if start:
        assert field.spans([0], len(start)) == [(start[0], end[-1])]


def test_unit_keys_and_spans_come_back_over_blocks(block: int) -> None:
    text = "脱贫攻坚战驻村攻坚"
    field = packed(Document("a", text), one_unit_each(text)).fields["body"]
    assert field.unit_blocks == -(-len(text) // block)
    for unit in {*text, "无"}:
        found = [at for each in range(field.unit_blocks) for at in field.positions_in(each, unit)]
        assert found == [at for at, char in enumerate(text) if char == unit]
        assert bool(found) == any(field.holds(each, unit) for each in range(field.unit_blocks))
    assert field.spans(range(8), 2) == [(i, i + 2) for i in range(8)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_damage_is_named(data: st.DataObject) -> None:
    text = "脱贫攻坚" * 20
    raw = pack(Document("a", text), Analyzed(Noise(), "none", {"body": one_unit_each(text)}))
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(IndexCorruptError):
        read_all(StoredDocument(raw[:cut]))


def read_all(document: StoredDocument) -> None:
    for field in document.fields.values():
        field.text()
        field.positions_in(0, "脱")
        field.spans([0], field.unit_count)
