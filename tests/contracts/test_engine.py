"""What every engine must do, against a plain scan of the same units and a plain BM25."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from searcher.engines import ENGINES
from searcher.engines.base import K1, TITLE_WEIGHT, B, Engine, Reader
from searcher.model import (
    RUN_FIELDS,
    TEXT_FIELDS,
    And,
    Clause,
    EngineDocument,
    FieldTerms,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
)
from searcher.text.units import SENTENCE_END, bigram, runs

ALPHABET = ["脱", "贫", "攻", "坚", "2017", "a", "b", "ab"]


@dataclass
class Plain:
    """A document as the oracle sees it: the units of each field."""

    id: str
    path: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def counts(self, name: str) -> Counter[str]:
        keys = self.fields.get(name, [])
        counted = Counter(key for key in keys if key != SENTENCE_END)
        pairs = itertools.pairwise(keys)
        counted.update(bigram(a, b) for a, b in pairs if SENTENCE_END not in (a, b))
        return counted

    def bag(self) -> Counter[str]:
        bag = self.counts("body")
        for term, count in self.counts("title").items():
            bag[term] += TITLE_WEIGHT * count
        return bag


def engine_document(plain: Plain) -> EngineDocument:
    fields = {}
    for name, keys in plain.fields.items():
        positions: dict[str, list[int]] = {}
        borders: dict[str, list[int]] = {}
        for key, at, is_border in runs(keys):
            (borders if is_border else positions).setdefault(key, []).append(at)
        fields[name] = FieldTerms(plain.counts(name), positions, borders)
    return EngineDocument(plain.id, plain.path, fields, f"stored {plain.id}".encode())


def random_keys(rng: random.Random, most: int) -> list[str]:
    keys: list[str] = []
    for _ in range(rng.randint(0, most)):
        if keys and keys[-1] != SENTENCE_END and rng.random() < 0.15:
            keys.append(SENTENCE_END)
        keys.append(rng.choice(ALPHABET))
    return keys


def random_documents(rng: random.Random, count: int) -> list[Plain]:
    documents = []
    for number in range(count):
        fields = {name: random_keys(rng, 4) for name in ("title", "source", "author")}
        fields["body"] = random_keys(rng, 30)
        present = {name: keys for name, keys in fields.items() if keys}
        documents.append(Plain(f"d/{number:02}.txt", f"/x/{rng.randint(0, 5)}.txt", present))
    rng.shuffle(documents)
    return documents


def matches(plain: Plain, clause: Clause) -> bool:
    """The oracle: a scan."""
    if isinstance(clause, And):
        return all(matches(plain, each) for each in clause.clauses)
    if isinstance(clause, Or):
        return any(matches(plain, each) for each in clause.clauses)
    if isinstance(clause, Not):
        return not matches(plain, clause.clause)
    if isinstance(clause, PathIs):
        return plain.path.startswith(clause.pattern) or plain.id.startswith(clause.pattern)
    return any(begins(plain, clause, name) for name in clause.fields)


def begins(plain: Plain, run: Run, name: str) -> list[int]:
    keys, units = plain.fields.get(name, []), list(run.units)
    return [at for at in range(len(keys)) if keys[at : at + len(units)] == units]


def rounded(length: int) -> int:
    """Lucene's norm byte: exact below 24, then the four highest bits of the rest."""
    if length < 24:
        return length
    shift = max((length - 24).bit_length() - 4, 0)
    return 24 + ((length - 24) >> shift << shift)


def bm25(documents: list[Plain], plain: Plain, term: str) -> float:
    bags = [each.bag() for each in documents]
    lengths = [bag.total() for bag in bags]
    ranked = sum(length > 0 for length in lengths)
    containing = sum(term in bag for bag in bags)
    frequency = plain.bag()[term]
    if not frequency:
        return 0.0
    average = sum(lengths) / ranked
    norm = K1 * (1 - B + B * rounded(plain.bag().total()) / average)
    idf = math.log(1 + (ranked - containing + 0.5) / (containing + 0.5))
    return idf * frequency / (frequency + norm)


def random_clause(rng: random.Random, documents: list[Plain], depth: int = 2) -> Clause:
    kind = rng.random()
    if depth and kind < 0.5:
        parts = tuple(random_clause(rng, documents, depth - 1) for _ in range(rng.randint(1, 3)))
        return rng.choice([And(parts), Or(parts), Not(parts[0])])
    if kind < 0.55:
        return PathIs(rng.choice(["/x/1", "d/0", "/nowhere"]))
    fields = rng.choice([TEXT_FIELDS, TEXT_FIELDS, ("title",), ("body",), ("source",), RUN_FIELDS])
    source = rng.choice(documents).fields.get(rng.choice(fields)) or ["坚", "脱"]
    at, length = rng.randrange(len(source)), rng.randint(1, 5)
    units = source[at : at + length]
    while units and units[0] == SENTENCE_END:
        units = units[1:]
    while units and units[-1] == SENTENCE_END:
        units = units[:-1]
    return Run(tuple(units or ["贫"]), fields)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@dataclass
class World:
    engine: Engine
    folder: Path
    documents: list[Plain]

    def open(self) -> Reader:
        return self.engine.open(self.folder)


def fresh_world(engine: Engine, folder: Path) -> World:
    documents = random_documents(random.Random(7), 40)
    writer = engine.create(folder)
    for plain in documents:
        writer.add(engine_document(plain))
    writer.commit()
    return World(engine, folder, documents)


def changed_world(engine: Engine, folder: Path) -> World:
    """The same after deletions, replacements and a second segment."""
    world = fresh_world(engine, folder)
    rng = random.Random(8)
    writer = engine.change(folder)
    gone = {plain.id for plain in rng.sample(world.documents, 12)}
    for name in gone:
        assert writer.remove(name)
    kept = {plain.id: plain for plain in world.documents if plain.id not in gone}
    for plain in random_documents(rng, 30):
        if plain.id not in kept:
            writer.add(engine_document(plain))
            kept[plain.id] = plain
    writer.commit()
    return World(engine, folder, list(kept.values()))


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return fresh_world(engine, tmp_path)


@pytest.fixture(params=[fresh_world, changed_world], ids=["fresh", "changed"])
def either(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> World:
    made: World = request.param(engine, tmp_path)
    return made


@pytest.fixture
def reader(either: World) -> Iterator[Reader]:
    opened = either.open()
    yield opened
    opened.close()


def found_ids(reader: Reader, documents: list[Plain], page_hits: object) -> list[str]:
    by_number = {reader.find(plain.id): plain.id for plain in documents}
    return [by_number[hit.number] for hit in page_hits]  # type: ignore[attr-defined]


def test_every_clause_matches_what_a_scan_matches(either: World, reader: Reader) -> None:
    rng = random.Random(1)
    for _ in range(400):
        clause = random_clause(rng, either.documents)
        wanted = sorted(plain.id for plain in either.documents if matches(plain, clause))
        page = reader.search(clause, (), (), limit=1000, offset=0, sort="score")
        assert sorted(found_ids(reader, either.documents, page.hits)) == wanted, clause
        assert page.total == reader.count(clause) == len(wanted)


def test_scores_are_lucenes_bm25_and_ties_go_by_id(either: World, reader: Reader) -> None:
    rng = random.Random(2)
    for _ in range(60):
        clause = random_clause(rng, either.documents)
        bonus = ScoreClause(random_clause(rng, either.documents), 0.25)
        terms = [
            ScoreTerm(rng.choice(["脱", "脱贫", "2017", "ab", "无"]), rng.choice([1.0, 2.0]))
        ] * 2
        scored = sorted(
            (
                -sum(term.weight * bm25(either.documents, plain, term.term) for term in terms)
                - (bonus.weight if matches(plain, bonus.clause) else 0.0),
                plain.id,
            )
            for plain in either.documents
            if matches(plain, clause)
        )
        wanted = sorted((round(score, 9), name) for score, name in scored)
        offset, limit = rng.randint(0, 5), rng.randint(1, 10)
        page = reader.search(clause, terms, (bonus,), limit=limit, offset=offset, sort="score")
        names = found_ids(reader, either.documents, page.hits)
        scores = [hit.score for hit in page.hits]
        assert page.total == len(wanted)
        assert names == [name for _, name in wanted][offset : offset + limit]
        assert scores == pytest.approx([-score for score, _ in wanted][offset : offset + limit])


def test_path_order_is_by_path_then_id_without_scores(either: World, reader: Reader) -> None:
    everything = Or((Run(("脱",)), Not(Run(("脱",)))))
    wanted = [
        plain.id for plain in sorted(either.documents, key=lambda each: (each.path, each.id))
    ]
    page = reader.search(everything, (), (), limit=7, offset=3, sort="path")
    assert found_ids(reader, either.documents, page.hits) == wanted[3:10]
    assert all(hit.score is None for hit in page.hits)


def test_positions_are_where_the_run_begins(either: World, reader: Reader) -> None:
    for plain in either.documents:
        for name, keys in plain.fields.items():
            run = Run(tuple(keys[:3]), (name,))
            if len(run.units) > 1 and SENTENCE_END not in (run.units[0], run.units[-1]):
                number = reader.find(plain.id)
                assert number is not None
                assert list(reader.positions(number, run, name)) == begins(plain, run, name)


def test_documents_are_found_by_id_with_what_was_stored(either: World, reader: Reader) -> None:
    assert len(reader) == len(either.documents)
    assert list(reader.ids()) == sorted(plain.id for plain in either.documents)
    assert reader.ranked == sum(bool(plain.bag()) for plain in either.documents)
    assert reader.find("nothing") is None
    for plain in either.documents:
        number = reader.find(plain.id)
        assert number is not None
        assert reader.stored(number) == f"stored {plain.id}".encode()


def test_a_limit_of_nothing_and_an_offset_past_the_end_still_count(reader: Reader) -> None:
    clause = Run(("脱",))
    total = reader.count(clause)
    for limit, offset in ((0, 0), (10, 10_000), (0, 50)):
        page = reader.search(clause, (), (), limit=limit, offset=offset, sort="score")
        assert (page.total, page.hits) == (total, ())


def test_nothing_changes_before_commit_and_after_rollback(world: World) -> None:
    before = world.open()
    writer = world.engine.change(world.folder)
    assert writer.remove(world.documents[0].id)
    writer.add(engine_document(Plain("new", "/new", {"body": ["新"]})))
    assert world.open().find("new") is None
    writer.rollback()
    assert list(world.open().ids()) == list(before.ids())


def test_a_reader_keeps_its_snapshot_through_a_commit(world: World) -> None:
    reader = world.open()
    ids = list(reader.ids())
    writer = world.engine.change(world.folder)
    writer.remove(ids[0])
    writer.commit()
    assert reader.count(PathIs(ids[0])) == 1
    assert world.open().count(PathIs(ids[0])) == 0


def test_the_last_of_two_with_one_id_wins(engine: Engine, tmp_path: Path) -> None:
    writer = engine.create(tmp_path)
    for unit in ("旧", "新"):
        writer.add(engine_document(Plain("same", "/same", {"body": [unit, unit]})))
    writer.commit()
    reader = engine.open(tmp_path)
    assert len(reader) == 1
    assert reader.count(Run(("新", "新"))) == 1
    assert reader.count(Run(("旧",))) == 0


def test_an_empty_index_answers(engine: Engine, tmp_path: Path) -> None:
    engine.create(tmp_path).commit()
    reader = engine.open(tmp_path)
    page = reader.search(
        Run(("脱",)), (ScoreTerm("脱", 1.0),), (), limit=5, offset=0, sort="score"
    )
    assert (page.total, len(reader), reader.ranked) == (0, 0, 0)
