"""Variants of judged sets: the noise they hold, and that the same seed gives the same bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks import variants
from benchmarks.judged import load, read_records

BODY = "個別幹部參與脫貧攻堅，為鄉村發展2020年做事。偉大的個人與國家。"


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    return write(tmp_path / "villages", BODY)


def write(folder: Path, body: str) -> Path:
    folder.mkdir()
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "title": "", "body": body}, ensure_ascii=False))
    (folder / "queries.jsonl").write_text('{"id": "q", "text": "軟體工程師"}\n', "utf-8")
    (folder / "qrels.tsv").write_text("q\ta\t1\n", "utf-8")
    return folder


def body_of(folder: Path) -> str:
    [record] = read_records(folder / "corpus.jsonl.gz")
    return str(record["body"])


def made(judged: Path, out: Path, *options: str) -> Path:
    variants.main([str(judged), "--out", str(out), *options])
    return out


def test_every_variant_is_a_judged_set_with_the_judgments_of_its_own(
    judged: Path, tmp_path: Path
) -> None:
    out = made(judged, tmp_path / "out")
    assert sorted(folder.name for folder in out.iterdir()) == sorted(variants.KINDS)
    for kind in variants.KINDS:
        found = load(out / kind / judged.name)
        assert found.qrels == {"q": {"a": 1}}
        assert found.queries["queries"] == {"q": "軟體工程師"}


def test_the_same_seed_gives_the_same_bytes(judged: Path, tmp_path: Path) -> None:
    first, again = (made(judged, tmp_path / name, "--seed", "7") for name in ("x", "y"))
    for path in first.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(first)).read_bytes()


def test_readings_stand_as_on_the_pages_of_the_seeds(judged: Path, tmp_path: Path) -> None:
    out = made(judged, tmp_path / "out", "--kinds", "toneless", "toned", "damaged")
    toneless = body_of(out / "toneless" / judged.name)
    assert toneless.startswith("個(ge) 別幹部參與(yu) 脫貧攻堅，為(wei) 鄉(xiang) 村")
    assert "別(bié)" not in toneless
    toned = body_of(out / "toned" / judged.name)
    assert "個(gè)別" in toned
    assert "國(guó)家" in toned
    assert body_of(out / "damaged" / judged.name) == toned


def test_readings_put_in_between_the_bytes_of_a_character_damage_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(variants, "_drawn", lambda _records, _seed: [("贈", "zèng")])
    change = variants.damaged([{"title": "", "body": "贈與決勝"}], 0)
    assert change("決勝沖鋒") == "決勝?zèng)_鋒"
    assert change("決勝沖鋒😀") == "決勝沖鋒😀"


def test_pages_of_a_simplified_set_are_converted_before_they_are_annotated(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "simplified", "个别干部参与脱贫")
    out = made(folder, tmp_path / "out", "--kinds", "toned")
    assert body_of(out / "toned" / "simplified").startswith("個(gè)別")


def test_blanks_and_full_width_change_nothing_else(judged: Path, tmp_path: Path) -> None:
    out = made(judged, tmp_path / "out", "--kinds", "blanks", "wide")
    padded = body_of(out / "blanks" / judged.name)
    assert "2020 年" in padded
    assert "".join(padded.split()) == BODY
    assert "２０２０年" in body_of(out / "wide" / judged.name)


def test_queries_are_converted_to_every_script_that_changes_them(
    judged: Path, tmp_path: Path
) -> None:
    out = made(judged, tmp_path / "out", "--kinds", "scripts")
    found = load(out / "scripts" / judged.name).queries
    assert found["queries.t2s"] == {"q": "软体工程师"}
    assert found["queries.tw2sp"] == {"q": "软件工程师"}
    assert "queries.s2t" not in found


def test_nothing_is_written_over(judged: Path, tmp_path: Path) -> None:
    made(judged, tmp_path / "out", "--kinds", "wide")
    with pytest.raises(FileExistsError):
        made(judged, tmp_path / "out", "--kinds", "wide")
