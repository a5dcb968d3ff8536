"""The same documents and the same questions: a cluster answers as the embedded engine does.

Ids, order, totals, snippets and highlights are equal, scores within one part in ten thousand.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from corpus import SEEDS, UnitScan, cuts, documents
from test_manual import given, manual

import searcher
from searcher import Document, Index, OpenSearch, Page, QueryError
from searcher.engines import drop

COUNT = 5_000
QUESTIONS = 500
TOGETHER = 1e-4


class Pair(NamedTuple):
    """Two indexes of the same documents."""

    near: Index
    far: Index


def pieces() -> list[Document]:
    """Return thousands of short documents with metadata of every kind, beside those of the
    manual.
    """
    random = Random(20)
    found = [given(cell) for cell in sorted({cell for row in manual(4) for cell in row[1:3]})]
    texts = [each.body for each in documents() if each.body]
    for number in range(COUNT - len(found)):
        text = random.choice(texts)
        at = random.randrange(len(text))
        found.append(
            Document(
                f"p{number:05}",
                text[at : at + random.choice((30, 120, 120, 400))],
                title=text[at : at + random.choice((0, 0, 12))],
                date=random.choice((None, "2019", "2020-05", f"2020-0{random.randint(1, 9)}-12")),
                source=random.choice(("", "湖南日报", "新华社")),
                author=random.choice(("", "张三", "李四光")),
                path=random.choice(("", f"news/{number % 7}/p{number:05}.txt")),
                extra={"栏目": random.choice(("要闻", "驻村 工作")), "页": float(number % 9)},
            )
        )
    return found


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    home = tmp_path_factory.mktemp("near") / "index"
    searcher.build(pieces(), index=home)
    with searcher.open(home) as index:
        yield index


@pytest.fixture(scope="module", params=[1, 3], ids=["1 shard", "3 shards"])
def far_home(
    request: pytest.FixtureRequest, cluster: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("far") / f"parity-{secrets.token_hex(4)}"
    engine = OpenSearch(cluster, shards=request.param, replicas=0)
    report = searcher.build(pieces(), index=home, engine=engine)
    assert (report.documents, report.failures) == (COUNT, ())
    yield home
    for folder in home.glob("gen-*"):
        drop(folder)


@pytest.fixture(scope="module")
def pair(near: Index, far_home: Path) -> Iterator[Pair]:
    with searcher.open(far_home) as far:
        yield Pair(near, far)


def questions() -> list[str]:
    """Return lines of every form: the manual's, phrases, bare words, and both together."""
    random = Random(21)
    lines = [row[0] for row in manual(4)]
    texts = [cut.text.replace("\n", " ") for cut in cuts(documents(), 3 * QUESTIONS)]
    makers = (
        lambda one, _: f'"{one}"',
        lambda one, _: one,
        lambda one, other: f"{one[:6]} {other[:6]}",
        lambda one, other: f"{one[:4]} OR {other[:4]}",
        lambda one, other: f"{one[:8]} -{other[:2]}",
        lambda one, _: f'"{one[:4]}" source:湖南日报',
        lambda one, _: f"{one[:6]} date:[2019 TO 2020-06]",
        lambda one, _: f'"{one[:6]}"~3',
        lambda one, _: f'"{one[:6]}"~1字',
        lambda one, other: f"{one[:3]}* {other[:2]}",
        lambda one, _: f"title:{one[:3]}",
    )
    while len(lines) < QUESTIONS:
        one, other = random.sample(texts, 2)
        lines.append(random.choice(makers)(one, other))
    return lines


def asked(index: Index, line: str, **how: object) -> Page | str:
    try:
        return index.search(line, **how)  # type: ignore[arg-type]
    except QueryError as error:
        return str(error)


def without_scores(page: Page) -> dict[str, object]:
    record = page.to_dict()
    for name in ("took_ms", "generation"):
        del record[name]
    for hit in record["hits"]:
        del hit["score"]
    return record


def assert_same(near: Page | str, far: Page | str, line: str) -> None:
    if isinstance(near, str) or isinstance(far, str):
        assert near == far, line
        return
    assert without_scores(far) == without_scores(near), line
    for one, other in zip(near.hits, far.hits, strict=True):
        assert other.score == one.score or other.score == pytest.approx(one.score, rel=TOGETHER)
    assert far.word_totals == near.word_totals, line


def test_every_question_has_the_same_answer(pair: Pair) -> None:
    found = 0
    for line in questions():
        near = asked(pair.near, line)
        assert_same(near, asked(pair.far, line), line)
        found += isinstance(near, Page) and near.total > 0
    assert found > QUESTIONS * 0.8


@pytest.mark.parametrize(
    "how",
    [
        {"match": "any"},
        {"sort": "date"},
        {"sort": "date", "reverse": True},
        {"sort": "path"},
        {"reverse": True},
        {"offset": 7, "limit": 5},
        {"facets": ("script", "source", "year", "栏目", "页")},
        {"collapse": True},
        {"region": "none"},
        {"equivalents": True},
    ],
    ids=lambda how: " ".join(map(str, how)),
)
def test_every_option_has_the_same_answer(pair: Pair, how: dict[str, object]) -> None:
    for line in questions()[::12]:
        assert_same(asked(pair.near, line, **how), asked(pair.far, line, **how), line)


def test_a_phrase_finds_exactly_the_documents_that_hold_it(pair: Pair) -> None:
    scan = UnitScan(pieces())
    named = [each for each in pieces() if each.id.startswith("p0") and len(each.body) >= 30]
    lines = [cut.text for cut in cuts(named, 150, seed=9)]
    for line in lines:
        page = pair.far.search(line, literal=True, limit=COUNT, snippets=0)
        assert {hit.id for hit in page.hits} == scan.ids(line), line


def test_pages_one_after_the_other_are_one_long_page(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.engines.opensearch_.reading.WINDOW", 100)
    line = "的 OR 一 OR 在"
    whole = ids(pair.near.search(line, limit=700, snippets=0))
    paged = [
        name
        for offset in range(0, 700, 50)
        for name in ids(pair.far.search(line, limit=50, offset=offset, snippets=0))
    ]
    assert paged == whole
    assert ids(pair.far.search(line, limit=700, snippets=0)) == whole


def test_what_is_like_a_document_and_why_it_is_found(pair: Pair) -> None:
    for name in ("p00007", "p00123", "p01999"):
        near, far = (index.like(name, limit=5) for index in pair)
        assert ids(far) == ids(near)
        document = pair.near.get(name)
        assert document is not None
        line = document.body[:12].replace('"', " ")
        one, other = (asked_why(index, name, line) for index in pair)
        assert [part[0] for part in other] == [part[0] for part in one]
        assert [part[1] for part in other] == pytest.approx([part[1] for part in one], rel=1e-6)


def asked_why(index: Index, name: str, line: str) -> Sequence[tuple[str, float]]:
    try:
        found = index.explain(name, line, match="any")
    except QueryError:
        return []
    return sorted((part.label, part.score) for part in found.contributions)


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page.hits]


def test_the_seeds_are_read_and_given_back_as_they_are(cluster: str, tmp_path: Path) -> None:
    home = tmp_path / f"seeds-{secrets.token_hex(4)}"
    searcher.build([SEEDS], index=home, engine=OpenSearch(cluster, replicas=0))
    searcher.build([SEEDS], index=tmp_path / "near")
    with searcher.open(home) as far, searcher.open(tmp_path / "near") as near:
        page = far.search('"参与脱贫"')
        assert without_scores(page) == without_scores(near.search('"参与脱贫"'))
        for hit in page.hits:
            assert far.get(hit.id) == near.get(hit.id)
    for folder in home.glob("gen-*"):
        drop(folder)
