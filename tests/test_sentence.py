"""A remembered sentence: the document that holds it as it was typed comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

import searcher
from searcher import Document

SENTENCE = "主任委員因故不能出席時，由副主任委員代理之"
SCATTERED = "主任委員因故不能出席時，由秘書代理之。由副主任委員代理時亦同。"
LONG = "本會之決議事項，由秘書處辦理，並報請行政院備查。" * 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sentence") / "index"
    scattered = [Document(f"scattered{at}", SCATTERED * 2) for at in range(3)]
    searcher.build([Document("sentence", f"一、{SENTENCE}。{LONG}"), *scattered], index=home)
    return home


@pytest.mark.parametrize("line", [SENTENCE, "主任委员因故不能出席时，由副主任委员代理之"])
def test_a_sentence_is_found_first_where_it_stands(home: Path, line: str) -> None:
    with searcher.open(home) as index:
        page = index.search(line)
    assert page.total == 4
    assert page.hits[0].id == "sentence"
