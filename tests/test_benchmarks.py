"""The benchmarks: metrics against hand-computed values, and every program on small data.

Peers that have to be installed are not needed here: the protocol is tested with those that are
always there, ours, the stock stack and SQLite.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from math import log2
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import bench, evaluate, judged, measuring, plots, scaling, workload
from benchmarks.child import run_child
from benchmarks.cold import cold
from benchmarks.corpora import (
    documents_in,
    read_documents,
    recombined,
    text_bytes,
    write_documents,
)
from benchmarks.errors import StepError
from benchmarks.goals import reached
from benchmarks.measuring import Findings, Setup
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
from benchmarks.summary import summary
from benchmarks.systems import SYSTEMS
from benchmarks.systems.bag import NOTHING, bag_of, read_bags, write_bags
from benchmarks.systems.base import SNIPPET_CHARS, UnsupportedError
from benchmarks.systems.bm25s_ import Bm25sAnswers
from benchmarks.systems.cutting import Wanted, wanted
from benchmarks.systems.snippet import find
from benchmarks.workload import CLASSES, Question
from searcher import Document
from searcher.text.analysis import analyze, field_terms
from searcher.text.clean import judge
from searcher.text.units import runs
from searcher.text.words import document_cutter

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


# ---------------------------------------------------------------- documents and questions


def seeds() -> list[Document]:
    return documents_in(SEEDS)


def test_smaller_corpora_are_the_beginning_of_larger_ones() -> None:
    assert documents_in(SEEDS, 2) == seeds()[:2]
    assert recombined(seeds(), 9)[:7] == recombined(seeds(), 7)
    assert recombined(seeds(), 9)[: len(seeds())] == seeds()


def test_recombined_documents_are_whole_paragraphs_of_one_script_and_have_names_of_their_own() -> (
    None
):
    hant = Document("a", title="甲", body="駐村工作隊\n參與脫貧\n產業")
    hans = Document("b", title="乙", body="驻村工作队\n产业")
    made_up = recombined([hant, hans], 40)
    assert len({each.id for each in made_up}) == 40
    for each in made_up[2:]:
        like = hant if each.title == "甲" else hans
        paragraphs = each.body.split("\n")
        assert len(paragraphs) == like.body.count("\n") + 1
        assert set(paragraphs) <= set(like.body.split("\n"))


def test_documents_survive_the_file_between_the_processes(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    write_documents(path, seeds())
    back = list(read_documents(path))
    assert [(each.id, each.title, each.body) for each in back] == [
        (each.id, each.title, each.body) for each in seeds()
    ]
    assert text_bytes(back) == text_bytes(seeds())


def test_a_workload_has_every_class_and_is_the_same_each_time() -> None:
    questions = workload.workload(seeds(), 6)
    assert Counter(each.kind for each in questions) == dict.fromkeys(CLASSES, 6)
    assert questions == workload.workload(seeds(), 6)
    assert questions != workload.workload(seeds(), 6, seed=1)
    assert len(set(questions)) == len(questions)
    words = {each.kind: {len(question.parts) for question in questions} for each in questions}
    assert {len(each.parts) for each in questions if each.kind == "OR"} == {3}
    assert words["AND"] >= {2}
    assert {len(each.parts[0]) for each in questions if each.kind == "prefix"} == {2}
    assert all(2 <= len(each.parts[0]) <= 8 for each in questions if each.kind == "phrase")


def test_rare_words_are_rare_and_the_words_of_and_meet() -> None:
    bodies = ["脱贫攻坚与驻村工作"] * 4 + ["天气很好"] * 60
    documents = [Document(str(number), body=body) for number, body in enumerate(bodies)]
    questions = workload.workload(documents, 4)
    common = {each.parts[0] for each in questions if each.kind == "common"}
    rare = {each.parts[0] for each in questions if each.kind == "rare"}
    assert rare <= {"脱贫", "攻坚", "脱贫攻坚", "驻村", "工作"}
    assert "天气" in common
    counted = workload.Words(Counter({"甲": 9, "甲乙": 3, "丙丁": 7}), (), ())
    assert counted.within(2, 6) == ["甲乙"]
    assert counted.within(100, 200) == ["丙丁", "甲乙"]
    assert counted.most_held(characters=False) == ["丙丁", "甲乙"]
    assert counted.most_held(characters=True) == ["甲"]


def test_holders_are_found_in_either_script() -> None:
    documents = [Document("a", "參與脫貧工作"), Document("b", "参与脱贫"), Document("c", "参与")]
    assert workload.holders(documents, ["与脱贫", "脫貧工作"]) == [["a", "b"], ["a"]]


def test_every_drawn_phrase_has_a_holder() -> None:
    phrases = workload.phrases(seeds(), 40)
    assert len(phrases) == 40
    assert all(workload.holders(seeds(), phrases))
    assert all(4 <= len(phrase) <= 8 for phrase in phrases)


# ---------------------------------------------------------------- systems

SMALL = [
    Document("a", title="驻村工作", body="驻村工作队参与脱贫攻坚，产业发展。"),
    Document("b", body="駐村幹部參與脫貧攻堅。"),
    Document("c", body="软件开发与信息安全，产业发展。"),
    Document("d", body="今天天气很好。"),
]


ALWAYS_THERE = ("ours", "stock", "FTS5")

ASKED = {
    Question("rare", ("天气",)): 1,
    Question("common", ("攻坚",)): 2,
    Question("AND", ("参与", "攻坚")): 2,
    Question("AND", ("参与", "产业")): 1,
    Question("OR", ("参与", "软件", "天气")): 4,
    Question("phrase", ("脱贫攻坚",)): 2,
    Question("prefix", ("产业",)): 2,
    Question("question", ("天气和软件是什么",)): 2,
}
"""Questions on `SMALL`, and how many documents answer them."""


@pytest.fixture(scope="module")
def small_homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An index of `SMALL` by every system that is always there."""
    folder = tmp_path_factory.mktemp("systems")
    corpus = folder / "documents.jsonl"
    write_documents(corpus, SMALL)
    homes = {name: folder / name for name in ALWAYS_THERE}
    for name, home in homes.items():
        assert run_child("build", name, home, corpus)["cpu_s"] > 0
    return homes


def test_sqlite_has_fts5() -> None:
    with closing(sqlite3.connect(":memory:")) as memory:
        options = memory.execute("PRAGMA compile_options").fetchall()
    assert ("ENABLE_FTS5",) in options


@pytest.mark.parametrize("name", ALWAYS_THERE)
def test_systems_count_alike_where_words_are_cut_alike(
    small_homes: dict[str, Path], tmp_path: Path, name: str
) -> None:
    questions = [[each.kind, each.parts] for each in ASKED]
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"seed": 0, "questions": questions}), "utf-8")
    found = run_child("query", name, small_homes[name], job)
    refused = found["refused"]
    # Prefixes are not part of our query language yet.
    assert set(refused) <= ({"prefix"} if name == "ours" else set())
    for question, answer in zip(ASKED, found["answers"], strict=True):
        if question.kind not in refused:
            total = 0 if (name, question.kind) == ("stock", "phrase") else ASKED[question]
            assert (question, answer["total"]) == (question, total)
            assert all(0 < time < 10_000 for time in [*answer["first"], *answer["warm"]])


@pytest.mark.parametrize(
    ("name", "found"), [("ours", [2, 2]), ("FTS5", [0, 2]), ("stock", [0, 0])]
)
def test_only_ours_finds_a_phrase_across_words_and_stock_finds_none(
    small_homes: dict[str, Path], tmp_path: Path, name: str, found: list[int]
) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps(["与脱贫攻", "脱贫攻坚"]), "utf-8")
    ids = run_child("recall", name, small_homes[name], job)["ids"]
    assert [sorted(each) for each in ids] == [["a", "b"][:count] for count in found]


def test_what_a_system_has_no_question_for_is_refused_with_a_reason() -> None:
    answers = Bm25sAnswers(opened=None)
    with pytest.raises(UnsupportedError, match="bm25s has no AND"):
        answers.ask(Question("AND", ("甲", "乙")))
    with pytest.raises(UnsupportedError, match="no phrases"):
        answers.holding("甲乙")


def test_a_cold_search_is_a_process_of_its_own(small_homes: dict[str, Path]) -> None:
    for name in ("ours", "stock"):
        cpu, wall = cold(name, small_homes[name], "脱贫", "auto")
        assert 0 < cpu < 60
        assert 0 < wall < 60
        assert cold(name, small_homes[name], "没有这个", "auto") > (0, 0)
    with pytest.raises(StepError, match="exit code"):
        cold("ours", small_homes["ours"], "“没有", "auto")


def test_a_failing_step_says_why(tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"^FileNotFoundError: .*nothing\.jsonl"):
        run_child("build", "FTS5", tmp_path / "home", tmp_path / "nothing.jsonl")


def test_every_system_names_modules_and_is_written_down() -> None:
    folder = Path(bench.__file__).parent / "systems"
    for entry in SYSTEMS.values():
        assert "class Made:" in (folder / f"{entry.module}.py").read_text("utf-8")


def test_systems_that_are_not_there_or_too_slow_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "absent", lambda name: ["xapian"] if name == "Xapian" else [])
    systems, left_out = bench.chosen(None, 10_001)
    assert set(SYSTEMS) - set(systems) == {"Xapian", "stock"}
    assert left_out == [
        "stock: above 10,000 documents only if named by --systems",
        "Xapian: not installed here: xapian",
    ]
    assert bench.chosen(["ours", "stock"], 10_001) == (["ours", "stock"], [])
    with pytest.raises(SystemExit, match="no system 'lucene'"):
        bench.chosen(["lucene"], 1)


def test_a_snippet_is_the_passage_with_the_most_words() -> None:
    text = "脱贫" + "一" * 200 + "攻堅" + "二" * 50 + "產業" + "三" * 200
    folded = text.replace("堅", "坚").replace("產業", "产业")
    found = find(text, folded, ["脱贫", "攻坚", "产业", "没有"])
    assert found.startswith("[攻堅]" + "二" * 50 + "[產業]三")
    assert len(found) == SNIPPET_CHARS + 4
    assert find("全文", "全文", []) == find("全文", "全文", ["没有"]) == "全文"


def test_questions_become_words_as_documents_do() -> None:
    assert wanted(Question("AND", ("駐村", "脫貧"))) == Wanted([["驻村"], ["脱贫"]], False)
    assert wanted(Question("OR", ("驻村", "脱贫"))).any_group
    assert wanted(Question("phrase", ("脱贫攻坚战",))).groups == [["脱贫", "攻坚", "攻坚战"]]
    assert wanted(Question("prefix", ("駐村",))).words == ["驻村"]


# ---------------------------------------------------------------- the bag


def test_a_bag_holds_the_terms_of_a_document_and_its_bigrams_in_place() -> None:
    documents = [*seeds(), *SMALL, Document("e", title="二〇二〇年", body="ok 3.5，B超。\n\n好")]
    for each in documents:
        line = bag_of(each).split(" ")
        noise, cutter = judge(each.title, each.body), document_cutter()
        fields = [analyze(text, noise, cutter) for text in (each.title, each.body)]
        terms = [field_terms(field) for field in fields]
        counts = Counter(terms[0].counts) + Counter(terms[0].counts) + Counter(terms[1].counts)
        held = Counter(line)
        assert all(held[term] == count for term, count in counts.items())
        borders = sum(len(places) for field in terms for places in field.borders.values())
        assert held.total() == counts.total() + held[NOTHING] + borders
        shift = len(fields[0].units.keys) + 1
        for field, start in zip(fields, (0, shift), strict=True):
            for key, at, _is_border in runs(field.units.keys):
                assert line[start + at] == key


def test_bags_survive_the_file_between_the_processes(tmp_path: Path) -> None:
    path = tmp_path / "documents.bags"
    documents = [*SMALL, Document("empty", body="。")]
    write_bags(path, documents)
    assert list(read_bags(path)) == [bag_of(each) for each in documents]


# ---------------------------------------------------------------- measuring

QUESTIONS = [
    Question("common", ("甲",)),
    Question("common", ("乙",)),
    Question("AND", ("甲", "乙")),
]


class Fake:
    """Stands for the processes: every step measures the same, and may fail."""

    def __init__(self, fails: tuple[str, str] | None = None, text: float = 0.5) -> None:
        self.fails = fails
        self.text = text
        self.steps: list[tuple[str, str]] = []

    def __call__(self, step: str, system: str, home: Path, given: Path) -> dict[str, Any]:
        assert given.exists()
        self.steps.append((step, system))
        if (step, system) == self.fails:
            raise StepError("Traceback …\nboom")
        cost = {"cpu_s": 2.0, "wall_s": 3.0 if step == "build" else 2.0, "peak_mib": 50.0}
        if step.startswith("build"):
            home.mkdir()
            (home / "file").write_bytes(b"x" * 240)
        if step == "text":
            return {**cost, "text_cpu_s": self.text}
        if step == "recall":
            return {**cost, "ids": [["a"], []]} if system == "ours" else {"refused": "no phrases"}
        return {**cost, **self._answers(system)}

    def _answers(self, system: str) -> dict[str, Any]:
        answers = [
            {"total": 1, "first": [4.0, 8.0], "warm": [1.0, 2.0]},
            {"total": 5, "first": [6.0, 8.0], "warm": [3.0, 2.0]},
            {"total": 2, "first": [1.0, 1.0], "warm": [1.0, 1.0]},
        ]
        if system == "tantivy bag":
            answers[1] = {**answers[1], "total": 4}
        if system == "bm25s":
            return {"answers": [*answers[:2], None], "refused": {"AND": "no AND"}}
        return {"answers": answers, "refused": {}}


def run_faked(
    monkeypatch: pytest.MonkeyPatch, fake: Fake, systems: Sequence[str], **options: Any
) -> tuple[list[Row], Findings]:
    monkeypatch.setattr(measuring, "run_child", fake)
    monkeypatch.setattr(measuring, "cold", lambda *_given: (0.5, 1.0))
    wanted_phrases = {"甲乙": ["a"], "乙丙": ["a", "b"]}
    setup = Setup(systems, SMALL, QUESTIONS, wanted_phrases, 3, 2, 0, **options)
    return measuring.measured(setup)


def values(rows: Sequence[Row], system: str, measure: str) -> list[float]:
    return [row.value for row in rows if (row.system, row.measure) == (system, measure)]


def test_rounds_are_shuffled_and_builds_are_in_the_first_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake, systems = Fake(), list(SYSTEMS)
    rows, _found = run_faked(monkeypatch, fake, systems)
    assert Counter(step for step, _system in fake.steps) == {
        "build": 2 * len(systems),
        "build with 2 jobs": 2,
        "text": 2,
        "query": 3 * len(systems),
        "recall": len(systems),
    }
    asked = [system for step, system in fake.steps if step == "query"]
    count = len(systems)
    orders = {tuple(asked[start : start + count]) for start in (0, count, 2 * count)}
    assert len(orders) == 3
    assert all(sorted(order) == sorted(systems) for order in orders)
    assert {row.round for row in rows if row.measure == "index : text"} == {1, 2}


def test_times_totals_and_sizes_become_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, found = run_faked(monkeypatch, Fake(), ["ours", "tantivy bag", "bm25s"])
    assert values(rows, "ours", "warm common, CPU ms p50") == [2.0] * 3
    assert values(rows, "ours", "first common, CPU ms p50") == [5.0] * 3
    assert values(rows, "ours", "warm common, CPU ms p95") == [pytest.approx(2.9)] * 3
    assert values(rows, "ours", "warm common, wall ms p50") == [2.0] * 3
    assert values(rows, "ours", "found common, documents") == [3.0] * 3
    assert values(rows, "ours", "index : text") == [240 / text_bytes(SMALL)] * 2
    assert values(rows, "ours", "phrase recall") == [0.5]
    assert values(rows, "ours", "cold search, CPU s") == [0.5] * 3
    assert values(rows, "bm25s", "cold search, CPU s") == []
    assert values(rows, "bm25s", "warm AND, CPU ms p50") == []
    assert found.refused == {
        ("bm25s", "AND"): "no AND",
        ("bm25s", "recall"): "no phrases",
        ("tantivy bag", "recall"): "no phrases",
    }


def test_the_bag_is_charged_our_text_work_and_two_jobs_are_compared_with_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, found = run_faked(monkeypatch, Fake(), ["ours", "tantivy bag"])
    assert values(rows, "ours", "build, documents per CPU-s") == [2.0] * 2
    assert values(rows, "tantivy bag", "build, documents per CPU-s, terms given") == [2.0] * 2
    assert values(rows, "tantivy bag", "build, documents per CPU-s") == [4 / 2.5] * 2
    assert values(rows, "ours", "build, wall of one job ÷ wall of two") == [1.5] * 2
    assert values(rows, "tantivy bag", "totals equal to ours, common") == [0.5]
    assert values(rows, "tantivy bag", "totals equal to ours, all") == [2 / 3]
    assert found.different == ["common 乙: ours 5, bag 4"]


def test_text_work_that_cannot_be_part_of_our_build_is_charged_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, _found = run_faked(monkeypatch, Fake(text=2.5), ["ours", "tantivy bag"])
    assert values(rows, "tantivy bag", "build, documents per CPU-s, terms given") == [2.0] * 2
    assert values(rows, "tantivy bag", "build, documents per CPU-s") == []


@pytest.mark.parametrize("fails", [("build", "FTS5"), ("query", "FTS5")])
def test_a_peer_that_fails_is_recorded_and_left_out(
    monkeypatch: pytest.MonkeyPatch, fails: tuple[str, str]
) -> None:
    rows, found = run_faked(monkeypatch, Fake(fails), ["ours", "FTS5"], keep_going=True)
    assert values(rows, "FTS5", "warm common, CPU ms p50") == []
    assert values(rows, "ours", "warm common, CPU ms p50") == [2.0] * 3
    assert found.failures[0] == f"FTS5: {fails[0]}, round 1: boom"
    assert found.ended == ""


@pytest.mark.parametrize(("system", "keep_going"), [("FTS5", False), ("ours", True)])
def test_a_failure_ends_the_run_but_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    keep_going: bool,
) -> None:
    fake = Fake(("recall", system))
    rows, found = run_faked(monkeypatch, fake, ["ours", "FTS5"], keep_going=keep_going)
    assert found.ended == "boom"
    assert "Traceback …" in capsys.readouterr().err
    assert values(rows, "ours", "warm common, CPU ms p50") == [2.0]


# ---------------------------------------------------------------- reports


def rows_by_round(measure: str, **by_system: Sequence[float]) -> list[Row]:
    return [
        Row(1000, number, 1, system, measure, float(value))
        for system, each in by_system.items()
        for number, value in enumerate(each, 1)
    ]


def test_the_summary_takes_medians_and_ratios_within_rounds() -> None:
    rows = rows_by_round("warm rare, CPU ms p50", stock=(1, 2, 10), ours=(10, 30, 20))
    rows += rows_by_round("warm prefix, CPU ms p50", stock=(7,))
    values_table, ratios_table = summary(rows).split("ours ÷ peer")
    assert values_table.strip().splitlines()[2:] == [
        "|        | ours | stock |",
        "| ------ | ---- | ----- |",
        "| rare   | 20.0 | 2.00  |",
        "| prefix | –    | 7.00  |",
    ]
    assert "| rare | 10.0 (2.00–15.0) |" in ratios_table
    assert "prefix" not in ratios_table


def test_goals_are_compared_with_the_median_of_the_rounds() -> None:
    rows = rows_by_round("build, documents per CPU-s", ours=(90, 100, 30), stock=(3, 4, 5))
    rows += rows_by_round("cold search, CPU s", ours=(0.1, 0.3, 0.2))
    rows += rows_by_round("warm phrase, CPU ms p95", ours=(3,), **{"tantivy words": (1,)})
    table = reached([*rows, Row(20_000, 1, 1, "ours", "index : text", 1.8)])
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert lines == [
        ["build, documents per CPU-s", "≥ 25 × stock", "25.0", "yes"],
        ["cold search, CPU s", "≤ 0.2", "0.200", "yes"],
        ["index : text", "≤ 1.9", "1.80", "yes"],
    ]
    large = reached([Row(100_000, 1, 1, "ours", "index : text", 1.8)])
    assert "| ≤ 1.7 | 1.80    | no  |" in large


def test_plots_name_what_they_show_and_place_it_by_size() -> None:
    data = {"ours": {"rare": (0.1, 0.4)}, "tantivy <bag>": {"rare": (0.2, 0.8), "AND": (1, 9)}}
    drawn = ElementTree.fromstring(plots.spans("Times", data))
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Times", "ours", "tantivy <bag>", "rare", "AND"} <= set(texts)
    axis = plots.scale([0.1, 9], 130, 840)
    dots = [float(dot.get("cx", "")) for dot in drawn.iter("{http://www.w3.org/2000/svg}circle")]
    assert dots[2:] == [pytest.approx(axis(value), abs=0.06) for value in (0.1, 0.2, 1)]


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_an_axis_keeps_order_and_has_marks_inside(found: list[float]) -> None:
    axis = plots.scale(found, 100, 0)
    assert sorted(found, reverse=True) == sorted(found, key=axis)
    assert all(0 <= axis(value) <= 100 for value in [*found, *axis.ticks()])


# ---------------------------------------------------------------- the programs


def test_a_benchmark_measures_its_systems_and_keeps_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    systems = ["--systems", "ours", "stock", "FTS5"]
    options = ["--repeat", "1", "--queries", "2", "--phrases", "20", "--out", str(out)]
    bench.main([str(SEEDS), *options, *systems])
    [run] = out.iterdir()
    rows = rows_of(run / "raw.csv")
    found = {(row["system"], row["measure"]): float(row["value"]) for row in rows}
    assert found["ours", "phrase recall"] == 1.0
    assert found["stock", "phrase recall"] < 0.5
    for system in ("ours", "stock", "FTS5"):
        assert found[system, "build, documents per CPU-s"] > 0
        assert 10 < found[system, "query, peak MiB"] < 4096
        assert found[system, "warm question, CPU ms p50"] > 0
    assert {row["place"] for row in rows} == {"0", "1", "2", "3", "4", "5"}
    readme = (run / "README.md").read_text("utf-8")
    assert "command: python -m benchmarks.bench seeds --repeat 1" in readme
    assert str(tmp_path) not in readme
    tables = (run / "summary.md").read_text("utf-8").partition("\n")[2].strip()
    assert tables in capsys.readouterr().out
    assert ElementTree.parse(run / "questions.svg").getroot().tag.endswith("svg")


def test_scaling_measures_every_size_and_says_which_are_recombined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--sizes", "3", "12", "--systems", "ours", "FTS5"]
    options = ["--repeat", "1", "--queries", "2", "--phrases", "5", "--out", str(tmp_path)]
    scaling.main([str(SEEDS), *sizes, *options])
    [run] = tmp_path.iterdir()
    table = (run / "scaling.md").read_text("utf-8")
    assert table.count("12 (recombined)") == 2
    assert "3 (recombined)" not in table
    assert table.partition("\n\n")[2].strip() in capsys.readouterr().out
    assert {row["documents"] for row in rows_of(run / "raw.csv")} == {"3", "12"}
    assert f"{12 - len(seeds())} of them recombined" in (run / "README.md").read_text("utf-8")
    assert ElementTree.parse(run / "scaling.svg").getroot().tag.endswith("svg")
