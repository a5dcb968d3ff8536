"""The benchmark of stages runs on any corpus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import stages
from searcher.text.words import document_cutter

SEEDS = Path(__file__).parents[1] / "seeds"


def test_every_stage_is_measured_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    stages.main([str(SEEDS), "--documents", "4", "--rounds", "2"])
    head, _, *table = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"4 documents, \d+\.\d\d MB of UTF-8", head)
    names = [row.split(" | ")[0].removeprefix("| ") for row in table[2:]]
    assert names[:3] == ["judge", "script", "clean"]
    assert all(re.search(r"\| \d+\.\d \| \d+\.\d \|", row) for row in table[2:])


def test_a_replayed_cutter_gives_the_words_of_the_cutter() -> None:
    replay = stages.Replay(document_cutter())
    assert replay.cut("脱贫攻坚") == replay.cut("脱贫攻坚") == ["脱贫", "攻坚"]
    assert replay.knows("脱贫")
    assert replay.search_spans("脱贫") == [(0, 2)]
