"""What every engine must do, against a plain scan of the same units and a plain BM25."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from batches import Plain, batches, make_batch, random_documents
from oracle import (
    Oracle,
    random_clause,
    random_constants,
    random_terms,
)

from searcher.engines import ENGINES
from searcher.engines.base import Engine, Reader
from searcher.model import RUN_FIELDS, EngineHit, Not, Or, PathIs, Run, ScoreTerm
from searcher.text.units import SENTENCE_END

QUERIES = 400
"""Random queries to each of the worlds."""


@dataclass
class World:
    """An index and the documents that are in it."""

    engine: Engine
    folder: Path
    documents: list[Plain]

    def open(self) -> Reader:
        return self.engine.open(self.folder)

    def change(self, gone: Sequence[str], added: Sequence[Plain]) -> None:
        kept = {plain.id: plain for plain in self.documents if plain.id not in gone}
        fresh = {plain.id: plain for plain in added}
        writer = self.engine.change(self.folder)
        for name in [*gone, *sorted(fresh.keys() & kept.keys())]:
            assert writer.remove(name)
        for batch in batches(added, 8):
            writer.add(batch)
        writer.commit()
        self.documents = list((kept | fresh).values())


def fresh_world(engine: Engine, folder: Path) -> World:
    """One commit, in which some ids come twice."""
    documents = random_documents(Random(7), 60, ids=200)
    writer = engine.create(folder)
    for batch in batches(documents, 16):
        writer.add(batch)
    writer.commit()
    return World(engine, folder, list({plain.id: plain for plain in documents}.values()))


def changed_world(engine: Engine, folder: Path) -> World:
    """The same after deletions and replacements."""
    world = fresh_world(engine, folder)
    random = Random(8)
    gone = random.sample([plain.id for plain in world.documents], 12)
    world.change(gone, random_documents(random, 12, ids=200))
    return world


def worn_world(engine: Engine, folder: Path) -> World:
    """The same after a good many small changes."""
    world = fresh_world(engine, folder)
    random = Random(9)
    for _ in range(8):
        gone = random.sample([plain.id for plain in world.documents], random.randint(0, 5))
        world.change(gone, random_documents(random, random.randint(0, 6), ids=200))
    return world


WORLDS: dict[str, Callable[[Engine, Path], World]] = {
    "fresh": fresh_world,
    "changed": changed_world,
    "worn": worn_world,
}


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(scope="module", params=sorted(WORLDS))
def either(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """A world that tests only read."""
    return WORLDS[request.param](engine, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def oracle(either: World) -> Oracle:
    return Oracle(either.documents)


@pytest.fixture
def reader(either: World) -> Iterator[Reader]:
    opened = either.open()
    yield opened
    opened.close()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    """A world of one's own."""
    return fresh_world(engine, tmp_path)


def ids_of(reader: Reader, hits: Sequence[EngineHit]) -> list[str]:
    return [reader.document(hit.number)[0] for hit in hits]


def test_every_clause_matches_what_a_scan_matches(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(1)
    for _ in range(QUERIES):
        clause = random_clause(random, either.documents)
        wanted = [plain.id for plain in oracle.documents if oracle.matches(plain, clause)]
        page = reader.search(clause, (), (), limit=1000, offset=0, sort="score")
        assert ids_of(reader, page.hits) == wanted, clause
        assert page.total == reader.count(clause) == len(wanted)


def test_scores_are_lucenes_bm25_and_ties_go_by_id(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(2)
    for _ in range(QUERIES):
        clause = random_clause(random, either.documents)
        terms = random_terms(random, either.documents, (1.0, 1.0, 2.0, 0.3))
        constants = random_constants(random, either.documents)
        wanted = oracle.answer(clause, terms, constants)
        offset, limit = random.choice((0, 0, 3)), random.randint(1, 10)
        page = reader.search(clause, terms, constants, limit=limit, offset=offset, sort="score")
        expected = wanted[offset : offset + limit]
        assert page.total == len(wanted)
        assert ids_of(reader, page.hits) == [name for name, _ in expected], (clause, terms)
        scores = [hit.score for hit in page.hits]
        assert scores == pytest.approx([score for _, score in expected], rel=1e-9)


def test_path_order_is_by_path_then_id_without_scores(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    everything = Or((Run(("脱",)), Not(Run(("脱",)))))
    by_path = sorted(either.documents, key=lambda plain: (plain.path, plain.id))
    page = reader.search(everything, (), (), limit=7, offset=3, sort="path")
    assert ids_of(reader, page.hits) == [plain.id for plain in by_path][3:10]
    assert all(hit.score is None for hit in page.hits)
    some = Run(("脱", "贫"))
    wanted = [plain.id for plain in by_path if oracle.matches(plain, some)]
    assert ids_of(reader, reader.search(some, (), (), limit=99, offset=0, sort="path").hits) == (
        wanted
    )


def test_positions_are_where_the_run_begins(either: World, oracle: Oracle, reader: Reader) -> None:
    random = Random(3)
    looked = 0
    for plain in either.documents:
        number = reader.find(plain.id)
        assert number is not None
        for name in RUN_FIELDS:
            keys = plain.units(name)
            for length in (2, 3, 4, 6):
                at = random.randrange(max(len(keys) - length, 0) + 1)
                run = Run(tuple(keys[at : at + length]), (name,))
                ends = run.units[:1] + run.units[-1:]
                if len(run.units) > 1 and SENTENCE_END not in ends:
                    begins = oracle.begins(plain, run, name)
                    assert list(reader.positions(number, run, name)) == begins
                    looked += 1
    assert looked > 300


def test_documents_are_found_by_id_with_what_was_stored(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    assert len(reader) == len(either.documents)
    assert list(reader.ids()) == sorted(plain.id for plain in either.documents)
    assert reader.ranked == oracle.ranked
    assert reader.find("nothing") is None
    for plain in either.documents:
        number = reader.find(plain.id)
        assert number is not None
        assert reader.document(number) == (plain.id, plain.path)
        assert reader.stored(number) == plain.stored


def test_a_limit_of_nothing_and_an_offset_past_the_end_still_count(reader: Reader) -> None:
    clause = Run(("脱",))
    total = reader.count(clause)
    assert total
    for limit, offset in ((0, 0), (10, 10_000), (0, 50), (3, total)):
        page = reader.search(clause, (), (), limit=limit, offset=offset, sort="score")
        assert (page.total, page.hits) == (total, ())


def test_nothing_changes_before_commit_and_after_rollback(world: World) -> None:
    before = world.open()
    writer = world.engine.change(world.folder)
    assert writer.remove(world.documents[0].id)
    writer.add(make_batch([Plain("new", {"body": ["新"]})]))
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


def test_what_was_removed_can_be_removed_once_only(world: World) -> None:
    writer = world.engine.change(world.folder)
    name = world.documents[0].id
    assert [writer.remove(name), writer.remove(name), writer.remove("nothing")] == [
        True,
        False,
        False,
    ]
    writer.commit()
    assert world.open().find(name) is None


def test_the_last_of_two_with_one_id_wins(engine: Engine, tmp_path: Path) -> None:
    writer = engine.create(tmp_path)
    for number, unit in enumerate("旧新"):
        writer.add(make_batch([Plain("same", {"body": [unit, unit]})], number))
    writer.commit()
    reader = engine.open(tmp_path)
    assert len(reader) == 1
    assert reader.count(Run(("新", "新"))) == 1
    assert reader.count(Run(("旧",))) == 0


def test_an_empty_index_answers(engine: Engine, tmp_path: Path) -> None:
    engine.create(tmp_path).commit()
    reader = engine.open(tmp_path)
    for clause in (Run(("脱",)), Run(("脱", "贫")), Not(Run(("脱",))), PathIs("a"), PathIs("*")):
        page = reader.search(clause, (ScoreTerm("脱", 1.0),), (), limit=5, offset=0, sort="score")
        assert (page.total, page.hits) == (0, ())
    assert (len(reader), reader.ranked, list(reader.ids())) == (0, 0, [])


def test_an_index_of_documents_without_units_answers(engine: Engine, tmp_path: Path) -> None:
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain("b"), Plain("a", {"source": ["报"]})]))
    writer.commit()
    reader = engine.open(tmp_path)
    assert (len(reader), reader.ranked) == (2, 0)
    page = reader.search(Not(Run(("脱",))), (), (), limit=5, offset=0, sort="score")
    assert ids_of(reader, page.hits) == ["a", "b"]
    assert reader.count(Run(("报",), ("source",))) == 1
