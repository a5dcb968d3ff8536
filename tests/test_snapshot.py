"""Snapshots: what threads share, and how much of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored_documents import stored

import searcher
from searcher import snapshot
from searcher.model import Document
from searcher.snapshot import AtHand, Shown
from searcher.stored import HUGE

USUAL, LARGE, VERY_LARGE = "脱贫", "脱" * HUGE, "脱" * (HUGE + 1)


class Shelf:
    """Documents to fetch, and which of them were; ``meanwhile`` another thread may come."""

    def __init__(self, *bodies: str) -> None:
        self.fetched: list[int] = []
        self.meanwhile: list[int] = []
        self._shown = [
            Shown(stored(Document(f"{number}", body)), f"{number}", "")
            for number, body in enumerate(bodies)
        ]
        self.at_hand = AtHand(self._fetch)

    def _fetch(self, number: int) -> Shown:
        self.fetched.append(number)
        while self.meanwhile:
            self.at_hand.get(self.meanwhile.pop())
        return self._shown[number]


def test_a_document_is_fetched_once_unless_it_is_huge() -> None:
    shelf = Shelf(USUAL, VERY_LARGE)
    for number in (0, 1, 0, 1):
        assert shelf.at_hand.get(number).id == f"{number}"
    assert shelf.fetched == [0, 1, 1]


def test_a_document_that_two_threads_fetch_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(LARGE, LARGE)
    weight = stored(Document("0", LARGE)).weight
    monkeypatch.setattr(snapshot, "AT_HAND", 2 * weight)
    shelf.meanwhile = [0]
    first = shelf.at_hand.get(0)
    assert shelf.fetched == [0, 0]
    shelf.at_hand.get(1)
    assert shelf.at_hand.get(0) is first  # there was room for both
    assert shelf.fetched == [0, 0, 1]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(LARGE, LARGE, LARGE)
    monkeypatch.setattr(snapshot, "AT_HAND", 2 * stored(Document("0", LARGE)).weight)
    for number in (0, 1, 2, 2, 0):
        shelf.at_hand.get(number)
    assert shelf.fetched == [0, 1, 2, 0]


def test_a_leaf_is_made_once_and_huge_documents_have_none() -> None:
    shelf = Shelf(USUAL, VERY_LARGE, "")
    page = [shelf.at_hand.get(number) for number in (1, 0, 2)]
    leaves = shelf.at_hand.leaves(page)
    assert [(at, leaf.text) for at, leaf in leaves.items()] == [(1, f"{USUAL}\0"), (2, "")]
    assert shelf.at_hand.leaves(page)[1] is leaves[1]


def test_leaves_count_against_the_room_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(LARGE, LARGE)
    weight = stored(Document("0", LARGE)).weight
    monkeypatch.setattr(snapshot, "AT_HAND", 2 * weight)
    page = [shelf.at_hand.get(0), shelf.at_hand.get(1)]
    assert (
        len(shelf.at_hand.leaves(page)) == 2
    )  # what is shown is shown whatever there is room for
    shelf.at_hand.get(0)
    assert shelf.fetched == [0, 1, 0]


def test_a_facet_has_the_hundred_most_frequent_values(tmp_path: Path) -> None:
    frequent = [f"{number:02}" for number in range(100)]
    documents = [
        Document("a", USUAL, extra={"tag": ["0", *frequent]}),  # the first value is the rarest
        Document("b", USUAL, extra={"tag": frequent}),
    ]
    searcher.build(documents, index=tmp_path, samples=0)
    with searcher.open(tmp_path) as index:
        facets = index.search(USUAL, facets=["tag"]).facets
    assert facets == {"tag": dict.fromkeys(frequent, 2)}
