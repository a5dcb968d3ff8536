"""What every engine must do, against a plain scan of the same units and a plain BM25."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

import pytest
from batches import Plain, batches, make_batch, random_documents
from oracle import (
    COLUMNS,
    Oracle,
    random_clause,
    random_constants,
    random_metadata,
    random_near,
    random_terms,
)

from searcher.columns import EXTRA
from searcher.engines import ENGINES
from searcher.engines.base import Engine, Known, Reader
from searcher.errors import IndexCorruptError
from searcher.model import (
    RUN_FIELDS,
    Almost,
    Among,
    Clause,
    Dated,
    EngineHit,
    Glyphs,
    Has,
    Is,
    Near,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
    Within,
)
from searcher.text.units import SENTENCE_END, has_ideograph

EVERYTHING = Or((Run(("脱",)), Not(Run(("脱",)))))

QUERIES = 400
"""Random queries to each of the worlds."""

TOLERANCE = 1e-9
"""How far scores may be apart, in proportion."""


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


@pytest.fixture(scope="module", params=["whoosh"])
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


@pytest.mark.parametrize("make", [random_metadata, random_near])
def test_metadata_and_nearness_are_those_of_a_scan(
    make: Callable[[Random, list[Plain]], Clause], either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(11)
    found = 0
    for _ in range(QUERIES):
        clause = make(random, either.documents)
        wanted = [plain.id for plain in oracle.documents if oracle.matches(plain, clause)]
        page = reader.search(clause, (), (), limit=1000, offset=0, sort="score")
        assert ids_of(reader, page.hits) == wanted, clause
        assert page.total == len(wanted)
        found += bool(wanted)
    assert found > QUERIES / 5


def test_any_of_many_runs_is_any_of_them(either: World, oracle: Oracle, reader: Reader) -> None:
    """As an expanded prefix is: hundreds of runs that begin alike."""
    random = Random(16)
    lasts = sorted({unit for plain in either.documents for unit in plain.units("body")})
    lasts.remove(SENTENCE_END)
    for _ in range(60):
        some = random.sample(lasts, random.choice((1, 9, 20)))
        keys = list(random.choice(either.documents).units("body"))[:40]
        at = random.randrange(max(len(keys), 1))
        before = keys[at : at + random.randint(0, 3)]
        while before and before[0] == SENTENCE_END:
            del before[0]
        runs = [Run((*before, last)) for last in [*some, *keys[at + len(before) :][:1]]]
        runs = [run for run in runs if run.units[-1] != SENTENCE_END]
        clause = Or((*runs, random_clause(random, either.documents)))
        wanted = [plain.id for plain in oracle.documents if oracle.matches(plain, clause)]
        page = reader.search(clause, (), (), limit=1000, offset=0, sort="score")
        assert ids_of(reader, page.hits) == wanted, clause


def test_units_between_the_parts_count_together(engine: Engine, tmp_path: Path) -> None:
    bodies = {
        "a": "脱贫脱贫一一攻坚一一驻村",
        "b": "攻坚一脱贫",
        "c": f"脱贫{SENTENCE_END}攻坚驻村",
        "d": "脱贫攻坚",
        "e": "脱脱贫贫",
    }
    documents = [Plain(name, {"body": list(body)}) for name, body in bodies.items()]
    documents.append(Plain("f", {"title": list("脱贫"), "body": list("攻坚")}))
    writer = engine.create(tmp_path)
    writer.add(make_batch(documents))
    writer.commit()
    reader = engine.open(tmp_path)
    two, three = (("脱", "贫"), ("攻", "坚")), (("脱", "贫"), ("攻", "坚"), ("驻", "村"))
    for parts, slop, wanted in (
        (two, 0, "d"),
        (two, 1, "cd"),
        (two, 2, "acd"),
        (three, 3, "c"),
        (three, 4, "ac"),
        ((("脱", "贫"), ("脱", "贫")), 9, "a"),
        ((("脱", "脱"), ("脱", "贫")), 9, ""),
        ((("脱", "贫"),), 0, "abcdef"),
        (two, 10**30, "acd"),
    ):
        page = reader.search(Near(parts, slop), (), (), limit=9, offset=0, sort="score")
        assert "".join(ids_of(reader, page.hits)) == wanted, (parts, slop)
    reader.close()


def test_numbers_of_documents_are_the_documents_of_these_numbers(reader: Reader) -> None:
    page = reader.search(EVERYTHING, (), (), limit=1000, offset=0, sort="score")
    numbers = sorted(hit.number for hit in page.hits)[::3]
    assert reader.count(Among(())) == 0
    found = reader.search(Among(tuple(numbers)), (), (), limit=1000, offset=0, sort="path").hits
    assert sorted(hit.number for hit in found) == numbers
    beyond = Among((-7, -1, *numbers, 1 << 31, 1 << 40))
    assert reader.search(beyond, (), (), limit=1000, offset=0, sort="path").hits == found
    assert reader.count(Not(beyond)) == len(reader) - len(numbers)


@pytest.mark.parametrize(
    "clause",
    [Almost(("脱", "贫", "攻")), Glyphs("后", ("后",)), Near((("脱", "贫"), ("攻",)), 3)],
    ids=lambda clause: type(clause).__name__,
)
def test_what_needs_the_text_is_refused(clause: Clause, reader: Reader) -> None:
    with pytest.raises(ValueError, match="text"):
        reader.count(clause)


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
        assert scores == pytest.approx([score for _, score in expected], rel=TOLERANCE)


def test_the_other_way_around_the_worst_come_first_and_ties_still_go_by_id(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(12)
    for _ in range(QUERIES // 4):
        clause = random_clause(random, either.documents)
        terms = random_terms(random, either.documents, (1.0, 0.3))
        constants = random_constants(random, either.documents)
        wanted = oracle.answer(clause, terms, constants)
        wanted.sort(key=lambda found: (found[1], found[0]))
        page = reader.search(
            clause, terms, constants, limit=5, offset=1, sort="score", reverse=True
        )
        assert page.total == len(wanted)
        assert ids_of(reader, page.hits) == [name for name, _ in wanted[1:6]], (clause, terms)
        scores = [hit.score for hit in page.hits]
        assert scores == pytest.approx([score for _, score in wanted[1:6]], rel=TOLERANCE)


def test_an_explanation_adds_up_to_the_score(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(13)
    explained = 0
    for _ in range(QUERIES // 4):
        clause = random_clause(random, either.documents)
        terms = random_terms(random, either.documents, (1.0, 2.0, 0.3))
        constants = random_constants(random, either.documents)
        for hit in reader.search(clause, terms, constants, limit=3, offset=0, sort="score").hits:
            parts = reader.explain(hit.number, terms, constants)
            assert sum(part.score for part in parts) == pytest.approx(hit.score, rel=TOLERANCE)
            held = oracle.bags[reader.document(hit.number)[0]]
            assert sorted(part.frequency for part in parts if part.frequency) == sorted(
                held[term.term] for term in terms if held[term.term]
            )
            assert all(part.score == part.weight for part in parts if not part.frequency)
            explained += len(parts)
    assert explained


def test_a_part_of_an_explanation_says_what_it_is(engine: Engine, tmp_path: Path) -> None:
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain("a", {"body": ["脱", "贫", "脱", "12", "3"]}), Plain("b")]))
    writer.commit()
    reader = engine.open(tmp_path)
    terms = [ScoreTerm("脱", 2.0), ScoreTerm("12‿3", 1.0), ScoreTerm("无", 1.0)]
    constants = [
        ScoreClause(Run(("贫", "脱", "12")), 0.5),
        ScoreClause(Run(("脱", "脱")), 0.5),
    ]
    first, *others = reader.explain(0, terms, constants)
    assert first == ("贫脱12", 0.5, 0.0, 0, 0.5)
    assert [(part.label, part.weight, part.frequency) for part in others] == [
        ("脱", 2.0, 2),
        ("12 3", 1.0, 1),
    ]
    reader.close()


@pytest.mark.parametrize("reverse", [False, True])
def test_date_order_has_the_newest_first_and_the_undated_last(
    reverse: bool, either: World, oracle: Oracle, reader: Reader
) -> None:
    for clause in (EVERYTHING, Run(("脱", "贫"))):
        wanted = oracle.by_date(clause, reverse=reverse)
        page = reader.search(clause, (), (), limit=1000, offset=0, sort="date", reverse=reverse)
        assert ids_of(reader, page.hits) == wanted
        assert all(hit.score is None for hit in page.hits)
        page = reader.search(clause, (), (), limit=4, offset=2, sort="date", reverse=reverse)
        assert ids_of(reader, page.hits) == wanted[2:6]


def test_dates_are_in_the_order_in_which_they_are_written(engine: Engine, tmp_path: Path) -> None:
    days = {"2020-01": (737425, 737455), "2020-01-02": (737426, 737426), "2020": (737425, 737790)}
    days |= {"2020-01-01": (737425, 737425), "2019-12-31": (737424, 737424)}
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain(name, days=ends) for name, ends in days.items()]))
    writer.commit()
    reader = engine.open(tmp_path)
    page = reader.search(EVERYTHING, (), (), limit=9, offset=0, sort="date")
    assert ids_of(reader, page.hits) == sorted(days, reverse=True)
    reader.close()


@pytest.mark.parametrize("reverse", [False, True])
def test_path_order_is_by_path_then_id_without_scores(
    reverse: bool, either: World, oracle: Oracle, reader: Reader
) -> None:
    by_id = sorted(either.documents, key=lambda plain: plain.id)
    by_path = sorted(by_id, key=lambda plain: plain.path, reverse=reverse)
    page = reader.search(EVERYTHING, (), (), limit=7, offset=3, sort="path", reverse=reverse)
    assert ids_of(reader, page.hits) == [plain.id for plain in by_path][3:10]
    assert all(hit.score is None for hit in page.hits)
    some = Run(("脱", "贫"))
    wanted = [plain.id for plain in by_path if oracle.matches(plain, some)]
    page = reader.search(some, (), (), limit=99, offset=0, sort="path", reverse=reverse)
    assert ids_of(reader, page.hits) == wanted


def test_facets_count_every_value_of_the_documents_that_match(
    either: World, oracle: Oracle, reader: Reader
) -> None:
    random = Random(14)
    names = [name for name in COLUMNS if name != "origin"]
    for _ in range(20):
        clause = random.choice((EVERYTHING, random_clause(random, either.documents)))
        for most in (0, 1, 3, 1000):
            found = reader.facets(clause, names, most)
            assert list(found) == names
            for name in names:
                assert list(found[name]) == oracle.facet(clause, name)[:most], (clause, name)


def test_the_fields_are_those_that_documents_have(either: World, reader: Reader) -> None:
    wanted: dict[str, set[str]] = {}
    for plain in either.documents:
        for kind, names in (("text", plain.texts), ("number", plain.figures)):
            for name in names:
                if name.startswith(EXTRA):
                    wanted.setdefault(name.removeprefix(EXTRA), set()).add(kind)
    assert reader.fields() == wanted
    assert list(reader.fields()) == sorted(wanted)


def test_every_document_is_known_by_origin_and_digest(either: World, reader: Reader) -> None:
    wanted = sorted(
        Known(plain.id, "".join(plain.values("origin")), plain.digest)
        for plain in either.documents
    )
    assert sorted(reader.known()) == wanted
    some = [known.id for known in wanted[::3]]
    assert sorted(reader.known([*some, "nowhere"])) == wanted[::3]
    assert list(reader.known([])) == []


PATTERNS = ("*", "p*", "py*3", "o?", "?", "??", "20*", "2017", "x*", "é*", "脱*", "a*z", "")


def test_a_pattern_expands_to_the_units_of_letters_and_digits_that_match(
    engine: Engine, tmp_path: Path
) -> None:
    documents = [replace(plain, words={}) for plain in random_documents(Random(15), 30)]
    world = World(engine, tmp_path, documents)
    writer = engine.create(tmp_path)
    writer.add(make_batch([*documents, Plain("gone", {"body": ["python2", "p2", "脱"]})]))
    writer.commit()
    world.change([documents[0].id, "gone"], [Plain("new", {"title": ["ok", "p3", "脱贫"]})])
    reader = world.open()
    held = {
        unit
        for plain in world.documents
        for name in ("title", "body")
        for unit in plain.units(name)
        if unit != SENTENCE_END and not has_ideograph(unit)
    }
    for pattern in PATTERNS:
        wanted = sorted(unit for unit in held if fnmatchcase(unit, pattern))
        assert list(reader.expand(pattern, 1000)) == wanted, pattern
        assert list(reader.expand(pattern, 2)) == wanted[:3], pattern
    reader.close()


def test_a_sound_index_passes_its_check(reader: Reader) -> None:
    reader.check()


def test_damage_anywhere_is_found_by_the_check(world: World) -> None:
    world.change([world.documents[0].id], [])
    reader = world.open()
    files = sorted(path for path in world.folder.rglob("*") if path.is_file())
    found = [path for path in files if is_found_damaged(reader, path)]
    assert len(found) >= len(files) - 1  # what is for the tools of others may not be looked at
    reader.check()
    reader.close()


def is_found_damaged(reader: Reader, path: Path) -> bool:
    """Tell whether the check names a file in which one bit is another."""
    sound = path.read_bytes()
    path.write_bytes(sound[:-9] + bytes([sound[-9] ^ 1]) + sound[-8:])
    try:
        reader.check()
    except IndexCorruptError as error:
        return str(path) in str(error)
    finally:
        path.write_bytes(sound)
    return False


def test_runs_in_metadata_keep_to_units_and_values(engine: Engine, tmp_path: Path) -> None:
    column = f"{EXTRA}tag"
    values: dict[str, list[tuple[str, ...]]] = {
        "a": [("驻", "村", "2017")],
        "b": [("驻", "村"), ("干", "部")],
        "c": [("201", "7")],
        "d": [("干", SENTENCE_END, "部")],
    }
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain(name, texts={column: held}) for name, held in values.items()]))
    writer.commit()
    reader = engine.open(tmp_path)
    for units, wanted in {
        ("驻", "村"): ["a", "b"],
        ("村",): ["a", "b"],
        ("201",): ["c"],
        ("村", "2017"): ["a"],
        ("村", "干"): [],
        ("干", "部"): ["b"],
        ("干", SENTENCE_END, "部"): ["d"],
    }.items():
        page = reader.search(Has("tag", units), (), (), limit=9, offset=0, sort="path")
        assert ids_of(reader, page.hits) == wanted, units
    assert reader.count(Has("nothing", ("村",))) == 0
    reader.close()


def test_an_extra_field_may_have_the_name_of_another_one(engine: Engine, tmp_path: Path) -> None:
    texts = {"script": [("hans",)], f"{EXTRA}script": [("hant",)], f"{EXTRA}year": [("1",)]}
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain("a", texts=texts, days=(737425, 737790))]))
    writer.commit()
    reader = engine.open(tmp_path)
    assert [reader.count(Is("script", kind)) for kind in ("hans", "hant")] == [1, 0]
    assert reader.count(Has("script", ("hant",))) == 1
    assert reader.facets(EVERYTHING, ["script", "year"], 9) == {
        "script": (("hans", 1),),
        "year": (("2020", 1),),
    }
    reader.close()


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
    for nothing in (Has("tag", ("脱",)), Is("script", "hans"), Within("n", None, None)):
        assert reader.count(nothing) == 0
    assert reader.count(Dated(None, None)) == 0
    assert (len(reader), reader.ranked, list(reader.ids())) == (0, 0, [])
    assert (reader.fields(), list(reader.known()), reader.expand("*", 9)) == ({}, [], ())
    assert reader.facets(EVERYTHING, ["script", "year"], 9) == {"script": (), "year": ()}
    reader.check()


def test_an_index_of_documents_without_units_answers(engine: Engine, tmp_path: Path) -> None:
    writer = engine.create(tmp_path)
    writer.add(make_batch([Plain("b"), Plain("a", {"source": ["报"]})]))
    writer.commit()
    reader = engine.open(tmp_path)
    assert (len(reader), reader.ranked) == (2, 0)
    page = reader.search(Not(Run(("脱",))), (), (), limit=5, offset=0, sort="score")
    assert ids_of(reader, page.hits) == ["a", "b"]
    assert reader.count(Run(("报",), ("source",))) == 1
