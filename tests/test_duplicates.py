"""Duplicates: documents that are nearly the same are one hit, and named under it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from stored_documents import stored

import searcher
from searcher import Document
from searcher.searching import duplicates
from searcher.searching.duplicates import ALIKE, SHINGLE, groups
from searcher.stored import HUGE, StoredDocument
from searcher.text.clean import clean
from searcher.text.units import units


def shingles(document: StoredDocument) -> set[tuple[str, ...]]:
    """Return all five units in a row of a document, its title before its body."""
    keys: list[str] = []
    for text in (document.title, document.body):
        keys += units(text, clean(text, document.noise)).keys
    size = min(SHINGLE, len(keys))
    return {tuple(keys[at : at + size]) for at in range(len(keys) - size + 1)} if size else set()


def groups_wanted(documents: list[StoredDocument]) -> list[list[int]]:
    """Return the same by comparing each document with all that stand for themselves."""
    sets = [shingles(each) for each in documents]
    out: list[list[int]] = []
    for number, own in enumerate(sets):
        for group in out:
            other = sets[group[0]]
            if own | other and len(own & other) / len(own | other) >= ALIKE:
                group.append(number)
                break
        else:
            out.append([number])
    return out


def varied(chance: Random) -> Document:
    """Return one of a few texts, with some changes."""
    base = Random(chance.randrange(4))
    text = [base.choice("脱贫攻坚战工作队。，A1") for _ in range(base.choice([3, 6, 40, 300]))]
    for _ in range(chance.choice([0, 0, 1, 3, 9, 30])):
        text[chance.randrange(len(text))] = chance.choice("的一是了")
    return Document("a", "".join(text), chance.choice(["", "題", "标题五个字"]))


@pytest.mark.parametrize("seed", range(60))
def test_texts_that_are_alike_go_together(seed: int) -> None:
    chance = Random(seed)
    documents = [stored(varied(chance)) for _ in range(chance.choice([5, 100]))]
    assert groups(documents) == groups_wanted(documents)


def test_of_long_texts_enough_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_KEPT", 400)
    chance = Random(7)
    text = "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(3000))
    changed = {share: list(text) for share in (0.01, 0.2)}
    for share, letters in changed.items():
        for at in chance.sample(range(3000), int(3000 * share)):
            letters[at] = "一"
    near, far = ("".join(letters) for letters in changed.values())
    documents = [stored(Document("a", each)) for each in (text, near, far)]
    assert groups(documents) == groups_wanted(documents) == [[0, 1], [2]]


def test_a_huge_document_without_a_unit_is_like_no_other(tmp_path: Path) -> None:
    documents = [Document(name, "，" * (HUGE + 1), date="2020") for name in "ab"]
    searcher.build(documents, index=tmp_path)
    with searcher.open(tmp_path) as index:
        page = index.search("date:2020", collapse=True)
        assert [hit.duplicates for hit in page.hits] == [(), ()]


def test_huge_documents_are_told_by_how_they_begin() -> None:
    chance = Random(3)
    text = "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(70_000))
    documents = [stored(Document("a", each)) for each in (text, text[:-9] + "一", text[::-1])]
    assert all(each.is_huge for each in documents)
    assert groups(documents) == [[0, 1], [2]]


# ------------------------------------------------------------------ pages


@pytest.fixture
def index(tmp_path: Path) -> searcher.Index:
    """Return an index of ten texts, each there three times but for a character or two."""
    chance = Random(1)
    documents = []
    for number in range(10):
        text = "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(200))
        for copy in range(3):
            date = f"20{10 + number}-0{copy + 1}"
            body = f"{text}脱贫{'。' * (copy > 0)}{copy}"
            documents.append(Document(f"{number}{copy}", body, date=date))
    searcher.build(documents, index=tmp_path / "index")
    return searcher.open(tmp_path / "index")


def test_documents_that_are_alike_are_one_hit_that_names_them(index: searcher.Index) -> None:
    page = index.search("脱贫", collapse=True, sort="path", limit=20)
    assert page.total == 30
    assert [(hit.id, hit.duplicates) for hit in page.hits] == [
        (f"{number}0", (f"{number}1", f"{number}2")) for number in range(10)
    ]
    assert page.to_dict()["hits"][0]["duplicates"] == ["01", "02"]
    plain = index.search("脱贫", limit=20)
    assert plain.hits[0].duplicates is None
    assert "duplicates" not in plain.to_dict()["hits"][0]


def test_limit_and_offset_count_the_hits_that_are_left(index: searcher.Index) -> None:
    def ids(limit: int = 10, offset: int = 0) -> list[str]:
        page = index.search(
            "脱贫", collapse=True, sort="date", snippets=0, limit=limit, offset=offset
        )
        assert page.total == 30
        return [hit.id for hit in page.hits]

    assert ids(limit=3) == ["92", "82", "72"]
    assert ids(limit=3, offset=8) == ["12", "02"]
    assert ids(limit=0) == ids(offset=10) == []


def test_hits_behind_those_looked_at_are_listed_as_they_are(
    index: searcher.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "LOOKED_AT", 6)

    def ids(limit: int, offset: int) -> list[str]:
        page = index.search("脱贫", collapse=True, sort="path", limit=limit, offset=offset)
        return [hit.id for hit in page.hits]

    every = ["00", "10", *(f"{number}{copy}" for number in range(2, 10) for copy in range(3))]
    assert ids(99, 0) == every
    assert [each for at in range(0, 30, 4) for each in ids(4, at)] == every
