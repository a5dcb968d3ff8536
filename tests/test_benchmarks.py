"""The benchmarks: metrics against hand-computed values, and both programs on small data."""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
from math import log2
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import bench, evaluate, judged, record, workload
from benchmarks.corpora import documents_in, read_documents, text_bytes, write_documents
from benchmarks.metrics import (
    Scores,
    mean,
    ndcg,
    paired_bootstrap,
    recall,
    reciprocal_rank,
    score,
)
from benchmarks.record import Row
from searcher import Document

SEEDS = Path(__file__).resolve().parents[1] / "seeds"

# ---------------------------------------------------------------- metrics


def test_ndcg_uses_linear_gain_and_the_ideal_of_all_judged_documents() -> None:
    judged_documents = {"a": 3, "b": 2, "c": 1, "never": 0}
    gained = 2 / log2(2) + 0 / log2(3) + 3 / log2(4)
    ideal = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert ndcg(["b", "x", "a"], judged_documents, 10) == pytest.approx(gained / ideal)


def test_ndcg_stops_at_its_depth_on_both_sides() -> None:
    judged_documents = {"a": 1, "b": 1, "c": 1}
    assert ndcg(["a", "b"], judged_documents, 2) == 1.0
    assert ndcg(["x", "y", "a"], judged_documents, 2) == 0.0


def test_negative_grades_gain_nothing() -> None:
    assert ndcg(["bad", "a"], {"a": 1, "bad": -1}, 10) == pytest.approx(1 / log2(3))


def test_reciprocal_rank_counts_the_first_relevant_document_within_the_depth() -> None:
    ranking = [f"x{number}" for number in range(9)] + ["a", "b"]
    assert reciprocal_rank(ranking, {"a": 1, "b": 1}, 10) == pytest.approx(0.1)
    assert reciprocal_rank(ranking, {"b": 1}, 10) == 0.0
    assert reciprocal_rank(["a"], {"a": 0}, 10) == 0.0


def test_recall_divides_by_all_relevant_documents() -> None:
    assert recall(["a", "x", "b"], {"a": 1, "b": 2, "c": 1, "d": 0}, 2) == pytest.approx(1 / 3)
    assert recall(["a"], {"a": 0}, 10) == 0.0


def test_a_query_is_scored_at_the_four_depths() -> None:
    ranking = [f"x{number}" for number in range(10)] + ["a"]
    assert score(ranking, {"a": 1}) == Scores(0.0, 0.0, 0.0, 1.0)


def test_the_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no scores"):
        mean([])


@given(
    st.permutations([f"d{number}" for number in range(12)]),
    st.dictionaries(st.sampled_from([f"d{number}" for number in range(20)]), st.integers(1, 3)),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_measures_lie_between_nothing_and_perfect(
    ranking: list[str], judged_documents: dict[str, int]
) -> None:
    found = score(ranking, judged_documents)
    best = score(sorted(judged_documents, key=lambda d: -judged_documents[d]), judged_documents)
    for name in ("ndcg10", "mrr10", "recall10", "recall100"):
        assert 0 <= getattr(found, name) <= getattr(best, name) + 1e-12 <= 1 + 1e-12


def test_the_bootstrap_finds_a_steady_difference_significant_and_noise_not() -> None:
    draw = random.Random(5)
    steady = paired_bootstrap([[draw.gauss(0.1, 0.1) for _ in range(200)]], resamples=999)
    assert steady.p == pytest.approx(0.001)
    assert 0 < steady.low < steady.mean < steady.high
    noise = paired_bootstrap([[0.1, -0.1] * 50], resamples=999)
    assert noise.p > 0.5
    assert noise.low < 0 < noise.high


def test_the_bootstrap_is_the_same_each_time_and_symmetric() -> None:
    values = [random.Random(1).gauss(0.02, 0.1) for _ in range(60)]
    once = paired_bootstrap([values], resamples=500, seed=3)
    assert once == paired_bootstrap([values], resamples=500, seed=3)
    mirrored = paired_bootstrap([[-value for value in values]], resamples=500, seed=3)
    assert mirrored.mean == pytest.approx(-once.mean)
    assert mirrored.p == once.p


def test_every_set_weighs_the_same_in_the_bootstrap() -> None:
    found = paired_bootstrap([[0.2] * 5, [0.0] * 50], resamples=99)
    assert found.mean == pytest.approx(0.1)
    with pytest.raises(ValueError, match="paired query"):
        paired_bootstrap([[0.1], []])


# ---------------------------------------------------------------- judged sets

CORPUS = [
    {"id": "a", "title": "駐村", "body": "參與脫貧攻堅工作。"},
    {"id": "b", "title": "", "body": "软件开发与信息安全。"},
    {"id": "c", "title": "", "body": "今天天气很好。"},
    {"id": "d", "title": "", "body": "书记在村里。"},
]
QUERIES = [
    {"id": "1", "text": "怎么参与脱贫攻坚"},
    {"id": "2", "text": "软件的信息安全是什么？"},
    {"id": "3", "text": "今天天气"},
    {"id": "unjudged", "text": "书记"},
]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def judged_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    corpus = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in CORPUS)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus.encode("utf-8")))
    queries = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in QUERIES)
    (folder / "queries.jsonl").write_text(queries, "utf-8")
    converted = queries.replace("软件", "軟件").replace("脱贫", "脫貧")
    (folder / "queries.s2t.jsonl").write_text(converted, "utf-8")
    (folder / "qrels.tsv").write_text("1\ta\t1\n2\tb\t1\n3\tc\t1\n", "utf-8")
    return folder


def test_a_sample_keeps_every_judged_document_and_the_order(judged_folder: Path) -> None:
    whole = judged.load(judged_folder)
    assert [each.id for each in whole.documents] == ["a", "b", "c", "d"]
    sample = judged.load(judged_folder, sample=3)
    assert [each.id for each in sample.documents] == ["a", "b", "c"]
    assert (sample.corpus_size, sample.digest == whole.digest) == (4, False)


def test_a_sample_is_filled_up_with_others_by_its_seed() -> None:
    corpus = [Document(id=str(number), body="甲") for number in range(100)]
    first, again, other = (judged.draw(corpus, {"7"}, 20, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 20
    assert corpus[7] in first


def test_evaluating_prints_and_writes_every_file_of_queries_and_mode(
    judged_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, second = tmp_path / "out", tmp_path / "second"
    shutil.copytree(judged_folder, second)
    (second / "queries.s2t.jsonl").unlink()
    evaluate.main([str(judged_folder), str(second), "--out", str(out)])
    assert "refused" not in capsys.readouterr().out.partition("\n")[2]
    rows = rows_of(out / "scores.csv")
    places = [(row["set"], row["queries"], row["match"], row["asked"]) for row in rows]
    assert places[:4] == [
        ("small", name, match, "3")
        for name in ("queries", "queries.s2t")
        for match in ("any", "auto")
    ]
    assert rows[0]["nDCG@10"] == rows[2]["nDCG@10"]
    macro = [(row["queries"], row["match"], row["asked"]) for row in rows if row["set"] == "macro"]
    assert macro == [
        ("native", "any", "2 runs"),
        ("native", "auto", "2 runs"),
        ("cross-script", "any", "1 run"),
        ("cross-script", "auto", "1 run"),
    ]


def test_a_refused_question_is_reported_and_counts_nothing(
    judged_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = json.dumps({"id": "3", "text": "“今天天气"}, ensure_ascii=False)
    (judged_folder / "queries.jsonl").write_text(line + "\n", "utf-8")
    (judged_folder / "queries.s2t.jsonl").unlink()
    evaluate.main([str(judged_folder), "--match", "any", "--queries", "queries"])
    printed = capsys.readouterr().out
    assert "refused at '“' in small 3, '“今天天气'" in printed
    assert "| 0.0000  |" in printed


def test_a_run_is_compared_with_an_earlier_one(
    judged_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"
    options = [str(judged_folder), "--match", "any", "--index-cache", str(cache)]
    evaluate.main([*options, "--out", str(out)])
    [home] = cache.iterdir()
    generation = (home / "CURRENT").read_bytes()
    evaluate.main([*options, "--against", str(out)])
    assert (home / "CURRENT").read_bytes() == generation
    compared = capsys.readouterr().out.partition("against the earlier run")[2]
    assert compared.count("+0.0000") >= 4
    assert "1.0000" in compared


def test_an_unknown_file_of_queries_is_named(judged_folder: Path) -> None:
    with pytest.raises(SystemExit, match=r"no queries\.x\.jsonl; there are queries, queries\.s2t"):
        evaluate.main([str(judged_folder), "--queries", "queries.x"])


# ---------------------------------------------------------------- the benchmark


def seeds() -> list[Document]:
    return documents_in(SEEDS)


def test_smaller_corpora_are_the_beginning_of_larger_ones() -> None:
    assert documents_in(SEEDS, 2) == seeds()[:2]


def test_documents_survive_the_file_between_the_processes(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    write_documents(path, seeds())
    back = list(read_documents(path))
    assert [(each.id, each.title, each.body) for each in back] == [
        (each.id, each.title, each.body) for each in seeds()
    ]
    assert text_bytes(back) == text_bytes(seeds())


def test_a_workload_has_every_class_and_is_the_same_each_time() -> None:
    lines = workload.workload(seeds(), 6)
    assert tuple(lines) == workload.CLASSES
    assert lines == workload.workload(seeds(), 6)
    assert all(len(set(each)) == len(each) == 6 for each in lines.values())
    assert lines["AND"][0].count(" AND ") == lines["OR"][0].count(" OR ") == 1
    assert all(line[0] == line[-1] == '"' for line in lines["phrase"])


def test_holders_are_found_in_either_script() -> None:
    documents = [Document("a", "參與脫貧工作"), Document("b", "参与脱贫"), Document("c", "参与")]
    assert workload.holders(documents, ["与脱贫", "脫貧工作"]) == [["a", "b"], ["a"]]


def test_every_drawn_phrase_has_a_holder() -> None:
    wanted = workload.phrases(seeds(), 40)
    assert len(wanted) == 40
    assert all(workload.holders(seeds(), wanted))
    assert all(4 <= len(phrase) <= 8 for phrase in wanted)


def test_the_summary_takes_medians_and_ratios_within_rounds() -> None:
    values = {"ours": (10, 30, 20), "stock": (1, 2, 10)}
    rows = [
        Row(number, 1, system, "speed", float(value))
        for system, each in values.items()
        for number, value in enumerate(each, 1)
    ]
    assert record.summary(rows).splitlines()[2].split("|")[1:5] == [
        " speed   ",
        " 20.0 ",
        " 2.00  ",
        " 10.0 (2.00..15.0)              ",
    ]


def test_a_round_measures_both_systems_and_keeps_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    options = ["--repeat", "1", "--queries", "2", "--phrases", "20", "--out", str(out)]
    bench.main([str(SEEDS), *options])
    [run] = out.iterdir()
    rows = rows_of(run / "raw.csv")
    found = {(row["system"], row["measure"]): float(row["value"]) for row in rows}
    assert found["ours", "phrase recall"] == 1.0
    assert found["stock", "phrase recall"] < 0.5
    assert found["ours", "build, documents per CPU-s"] > 0
    assert 10 < found["ours", "query, peak MiB"] < 4096
    assert {row["place"] for row in rows} == {"1", "2"}
    readme = (run / "README.md").read_text("utf-8")
    assert "command: python -m benchmarks.bench seeds --documents" in readme
    assert str(tmp_path) not in readme
    assert (run / "summary.md").read_text("utf-8").strip() in capsys.readouterr().out
