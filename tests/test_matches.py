"""Matches: every range of every mark, and of huge documents at least one of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from searcher import matches, stored
from searcher.matches import ranges
from searcher.model import TEXT_FIELDS, Document, Mark, Noise, Run, Units
from searcher.stored import Analyzed, StoredDocument, pack


def document(text: str) -> StoredDocument:
    """Return a document whose units are its characters, two characters of original apart."""
    spread = "".join(f"{char} " for char in text)
    units = Units(list(text), range(0, 2 * len(text), 2), range(1, 2 * len(text), 2))
    return StoredDocument(pack(Document("a", spread), Analyzed(Noise(), "none", {"body": units})))


def positions_in(text: str) -> Callable[[Run, str], Sequence[int]]:
    """Return an engine's positions for a text of one-character units."""

    def positions(run: Run, field: str) -> Sequence[int]:
        assert field == "body"
        return begins(text, "".join(run.units))

    return positions


def begins(text: str, units: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(units, at)]


def random_case(seed: int) -> tuple[str, list[Mark]]:
    rng = random.Random(seed)
    text = "".join(rng.choice("脱贫攻坚战的") for _ in range(rng.randint(1, 60)))
    marks = []
    for chunk in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        units = tuple(text[at : at + rng.choice([1, 1, 2, 3])])
        marks.append(Mark(units, rng.choice([TEXT_FIELDS, ("body",), ("title",)]), chunk, False))
    return text, marks


@pytest.mark.parametrize("seed", range(60))
def test_every_range_of_every_mark_is_given_in_order(seed: int) -> None:
    text, marks = random_case(seed)
    [(field, found)] = ranges(document(text), marks, positions_in(text))
    wanted = sorted(
        (2 * at, 2 * (at + len(mark.units)) - 1, mark.chunk, False, number)
        for number, mark in enumerate(marks)
        if "body" in mark.fields
        for at in begins(text, "".join(mark.units))
    )
    assert field.name == "body"
    assert [tuple(each) for each in found] == wanted


@pytest.mark.parametrize("seed", range(60))
def test_of_many_blocks_whole_ones_are_given_and_every_mark_stands_in_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "BLOCK", 4)
    monkeypatch.setattr(matches, "BLOCK", 4)
    text, marks = random_case(seed)
    [(field, found)] = ranges(document(text), marks, positions_in(text))
    here = [number for number, mark in enumerate(marks) if "body" in mark.fields]
    assert {each.mark for each in found} == set(here)
    blocks = {each.start // 2 // 4 for each in found}
    assert field.unit_blocks <= 4 or len(blocks) <= len(here)
    for number in here:
        wanted = [at for at in begins(text, "".join(marks[number].units)) if at // 4 in blocks]
        assert [each.start // 2 for each in found if each.mark == number] == wanted


def test_of_very_many_places_the_first_and_those_near_rarer_marks_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matches, "_MANY", 3)
    monkeypatch.setattr(matches, "_NEAR", 5)
    text = "的" * 40 + "脱贫" + "的" * 40
    marks = [Mark(("的",), TEXT_FIELDS, 0, False), Mark(("脱", "贫"), TEXT_FIELDS, 1, True)]
    [(_, found)] = ranges(document(text), marks, positions_in(text))
    places = [each.start // 2 for each in found if each.mark == 0]
    assert places == [0, 1, 2, *range(35, 40), *range(42, 46)]
    assert [each.start // 2 for each in found if each.mark == 1] == [40]
