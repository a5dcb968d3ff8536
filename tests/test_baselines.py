"""Simple schemes of ranking: what their terms are, and that they rank as our index does."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import searcher
from benchmarks import baselines
from benchmarks.judged import load
from benchmarks.simple import BAG, SCHEMES, rankings
from searcher import Document
from searcher.model import Noise, Or, Run, ScoreTerm
from searcher.text.analysis import analyze
from searcher.text.words import document_cutter

DOCUMENTS = [
    Document(id="a", title="軟體工程師", body="他在公司寫程式。"),
    Document(id="b", title="", body="软件工程师与硬件工程师"),
    Document(id="c", title="招聘", body="公司招聘工程师，2020年5月"),
    Document(id="d", title="", body="。"),
]


def test_each_scheme_has_its_own_terms_of_the_same_text() -> None:
    field = analyze("軟體工程師，5月", Noise(), document_cutter())
    found = {name: dict(scheme(field)) for name, scheme in SCHEMES.items()}
    assert found["words"] == {"软体": 1, "工程师": 1, "5": 1, "月": 1}
    assert found["search-mode words"] == {"软体": 1, "工程": 1, "工程师": 1, "5": 1, "月": 1}
    pairs = {"软体": 1, "体工": 1, "工程": 1, "程师": 1, "师5": 1, "5月": 1}
    assert found["bigrams"] == pairs
    characters = dict.fromkeys("软体工程师5月", 1)
    assert found["characters + bigrams"] == {**characters, **pairs}
    assert found[BAG]["工程"] == 2
    assert found[BAG]["5"] == 2


def test_the_bag_ranks_as_our_index_ranks_the_same_terms(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    queries = {"q": "公司的軟體工程師", "5": "5月", "none": "，"}
    ranked = rankings(DOCUMENTS, queries, 10)
    with searcher.open(tmp_path) as index:
        reader = index._snapshot.reader
        for name, text in queries.items():
            counts = SCHEMES[BAG](analyze(text, Noise(), document_cutter()))
            terms = [ScoreTerm(term, float(count)) for term, count in counts.items()]
            where = Or(tuple(Run((char,)) for char in "公司的软体工程师5月"))
            page = reader.search(where, terms, (), limit=10, offset=0, sort="score", reverse=False)
            found = [reader.document(hit.number)[0] for hit in page.hits if hit.score]
            assert ranked[BAG][name] == found
    assert ranked[BAG]["none"] == []
    assert ranked["words"]["5"] == ["c"]


def test_documents_of_equal_score_stand_in_the_order_of_their_ids() -> None:
    twins = [Document(id=name, body="驻村") for name in "cab"]
    assert rankings(twins, {"q": "驻村"}, 2)[BAG]["q"] == ["a", "b"]


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    folder.mkdir()
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        for each in DOCUMENTS:
            record = {"id": each.id, "title": each.title, "body": each.body}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    queries = [{"id": "q1", "text": "公司 招聘"}, {"id": "q2", "text": "谁寫程式?"}]
    lines = (json.dumps(query, ensure_ascii=False) + "\n" for query in queries)
    (folder / "queries.jsonl").write_text("".join(lines), "utf-8")
    (folder / "qrels.tsv").write_text("q1\tc\t1\nq2\ta\t1\n", "utf-8")
    return folder


def test_every_system_stands_in_the_table_with_its_difference_to_the_bag(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baselines.main([str(judged), "--no-stock"])
    lines = capsys.readouterr().out.splitlines()
    systems = [line.split("|")[4].strip() for line in lines[2:]]
    assert systems == [*SCHEMES, "ours, any", "ours, auto"]


# jieba leaves a file of its own to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*idf.txt:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*idf.txt:ResourceWarning")
def test_the_stock_stack_is_asked_for_title_and_body(judged: Path) -> None:
    found = baselines.stock(load(judged), 10)
    assert found["stock Whoosh, And"]["q1"].ndcg10 == 1.0
    assert found["stock Whoosh, Or"]["q2"].ndcg10 == 1.0
