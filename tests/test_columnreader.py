"""Whatever shortcut the reader takes, ids, order, totals and scores are those of plain sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from batches import Plain, batches, make_batch, random_documents
from corpus import documents as corpus_documents
from indexes import index_holds
from oracle import (
    Oracle,
    random_clause,
    random_constants,
    random_run,
    random_terms,
    rounded,
)

from searcher.arguments import CACHE
from searcher.engines.bm25 import K1, B
from searcher.engines.whoosh_.files.listing import LISTING, read_listing, write_listing
from searcher.engines.whoosh_.reading import columnstore, scoring, shortlist, topmost
from searcher.engines.whoosh_.reading.columnreader import ColumnReader
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter
from searcher.errors import IndexCorruptError
from searcher.generations import Home
from searcher.model import And, Clause, EnginePage, Has, Near, Or, Run, ScoreClause, ScoreTerm
from searcher.text.units import SENTENCE_END, bigram

QUERIES = 60
"""Random queries to each index within each of the limits."""

WEIGHTS = (1.0, 1.0, 1.0, 2.0, 3.0, 0.3)


@dataclass(frozen=True)
class Limits:
    """From where on the reader takes which way."""

    row_share: float = columnstore.ROW_SHARE
    budget: int = CACHE
    many: int = scoring.MANY
    wide: float = scoring.WIDE
    wide_row: float = scoring.WIDE_ROW
    head: int = scoring.HEAD
    columns: int = 1024
    long_run: int = 4096

    def store(self, folder: Path, patch: pytest.MonkeyPatch) -> Store:
        """The index in *folder*, and the reader's limits set."""
        patch.setattr(scoring, "MANY", self.many)
        patch.setattr(scoring, "WIDE", self.wide)
        patch.setattr(scoring, "WIDE_ROW", self.wide_row)
        patch.setattr(scoring, "HEAD", self.head)
        patch.setattr(scoring, "_SHORT", 30)
        patch.setattr(scoring, "_TABLE", 40)
        patch.setattr(scoring, "_SINGLE", 3)
        patch.setattr(topmost, "_COLUMNS", self.columns)
        patch.setattr(columnstore, "_LONG_RUN", self.long_run)
        patch.setattr(columnstore, "ROW_SHARE", self.row_share)
        return Store.open(folder, budget=self.budget)

    def open(self, folder: Path, patch: pytest.MonkeyPatch) -> ColumnReader:
        """A reader of the index in *folder* within these limits."""
        return ColumnReader(self.store(folder, patch))


USUAL = Limits()
LIMITS = {
    "usual": USUAL,
    "few rows": Limits(row_share=0.4, many=4, head=3),
    "no rows": Limits(row_share=2.0, many=4),
    "rows alone": Limits(row_share=0.0, many=4, wide=0.0, wide_row=0.0, columns=16),
    "by number": Limits(row_share=0.1, many=2, wide=2.0, wide_row=2.0, columns=8),
    "forgetful": Limits(budget=40_000, many=4, long_run=1),
    "runs kept": Limits(many=4, wide=0.05, wide_row=0.05, columns=16, long_run=1),
}


@dataclass(frozen=True)
class World:
    """An index of one or several segments, and what is in it."""

    folder: Path
    documents: Sequence[Plain]
    oracle: Oracle


def make_world(folder: Path, documents: Sequence[Plain], gone: Sequence[str] = ()) -> World:
    """An index made by one commit; *gone* are then deleted by another one."""
    writer = ColumnWriter.create(folder)
    for batch in batches(documents, 100):
        writer.add(batch)
    writer.commit()
    if gone:
        writer = ColumnWriter.change(folder)
        for name in gone:
            assert writer.remove(name)
        writer.commit()
    kept = [plain for plain in documents if plain.id not in gone]
    return World(folder, kept, Oracle(kept))


def one_segment(folder: Path) -> World:
    return make_world(folder, random_documents(Random(11), 200))


def with_deletions(folder: Path) -> World:
    documents = random_documents(Random(12), 200)
    return make_world(folder, documents, [plain.id for plain in documents[::3]])


def several_segments(folder: Path) -> World:
    """Segments too unequal to be merged, each with deletions."""
    random = Random(13)
    names = random.sample(range(1000), 236)
    documents = [
        replace(plain, id=f"d/{name:04}")
        for plain, name in zip(random_documents(random, 236), names, strict=True)
    ]
    make_world(folder, documents[:200])
    gone = []
    for first, end in ((200, 230), (230, 235), (235, 236)):
        writer = ColumnWriter.change(folder)
        for plain in documents[first % 7 : first : 66]:
            if plain.id not in gone:
                assert writer.remove(plain.id)
                gone.append(plain.id)
        writer.add(make_batch(documents[first:end]))
        writer.commit()
    listed = read_listing(folder)
    assert len(listed) == 4
    assert len([each for each in listed if each.deleted]) > 1
    kept = [plain for plain in documents if plain.id not in gone]
    return World(folder, kept, Oracle(kept))


WORLDS = {each.__name__: each for each in (one_segment, with_deletions, several_segments)}


@pytest.fixture(scope="module", params=sorted(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return WORLDS[request.param](tmp_path_factory.mktemp("world"))


@pytest.fixture(params=sorted(LIMITS))
def reader(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ColumnReader]:
    opened = LIMITS[request.param].open(world.folder, monkeypatch)
    yield opened
    opened.close()


def found(reader: ColumnReader, page: EnginePage) -> list[tuple[str, float | None]]:
    return [(reader.document(hit.number)[0], hit.score) for hit in page.hits]


def test_pages_are_those_of_the_oracle_to_the_last_bit(world: World, reader: ColumnReader) -> None:
    random = Random(21)
    for _ in range(QUERIES):
        where = random_clause(random, world.documents)
        terms = random_terms(random, world.documents, WEIGHTS)
        constants = random_constants(random, world.documents)
        wanted = world.oracle.answer(where, terms, constants)
        offset, limit = random.choice((0, 0, 0, 4, 190)), random.choice((1, 3, 10, 10, 60, 999))
        page = reader.search(where, terms, constants, limit=limit, offset=offset, sort="score")
        assert page.total == reader.count(where) == len(wanted)
        assert found(reader, page) == wanted[offset : offset + limit], (where, terms, constants)


def typical(random: Random, documents: Sequence[Plain]) -> tuple[Clause, list[ScoreTerm]]:
    """What a planner asks: runs, and the terms they are made of."""
    runs = [random_run(random, documents) for _ in range(random.randint(1, 4))]
    kind: type[Or] | type[And] = random.choice((Or, Or, And))
    held = [unit for run in runs for unit in run.units if unit != SENTENCE_END]
    held += [
        bigram(a, b) for run in runs for a, b in pairwise(run.units) if SENTENCE_END not in (a, b)
    ]
    weights = (1.0, 2.0, random.choice(WEIGHTS))
    terms = [ScoreTerm(term, random.choice(weights)) for term in dict.fromkeys(held)]
    return (kind(tuple(runs)) if len(runs) > 1 else runs[0]), terms


def test_words_are_ranked_as_by_the_oracle(world: World, reader: ColumnReader) -> None:
    random = Random(22)
    for _ in range(QUERIES):
        where, terms = typical(random, world.documents)
        wanted = world.oracle.answer(where, terms, ())
        page = reader.search(where, terms, (), limit=5, offset=0, sort="score")
        assert page.total == len(wanted)
        assert found(reader, page) == wanted[:5], (where, terms)


def test_a_term_alone_is_answered_whatever_was_asked_before(
    world: World, reader: ColumnReader
) -> None:
    for limit, weight in ((3, 1.0), (200, 1.0), (5, 2.0), (2, 3.0), (1, 0.3), (7, 0.0)):
        for unit in "脱一村的":
            where, terms = Run((unit,)), [ScoreTerm(unit, weight)]
            wanted = world.oracle.answer(where, terms, ())
            page = reader.search(where, terms, (), limit=limit, offset=1, sort="score")
            assert (page.total, found(reader, page)) == (len(wanted), wanted[1 : 1 + limit])


@pytest.mark.parametrize("weights", [(1.0, -1.0), (50.0, 400.0), (3e9, 1.0), (1e-9, 0.7, 1.3)])
def test_any_weight_is_added_up_right(
    world: World, reader: ColumnReader, weights: tuple[float, ...]
) -> None:
    random = Random(23)
    for _ in range(25):
        where, _ = typical(random, world.documents)
        terms = random_terms(random, world.documents, weights)
        constants = [ScoreClause(where, weights[0]), ScoreClause(Run(("脱",)), weights[1])]
        wanted = world.oracle.answer(where, terms, constants)
        page = reader.search(where, terms, constants, limit=4, offset=0, sort="score")
        assert (page.total, found(reader, page)) == (len(wanted), wanted[:4])


def test_every_way_was_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: set[str] = set()

    def watched(owner: Any, name: str) -> None:
        method = getattr(owner, name)

        def watching(*args: Any) -> Any:
            taken.add(name)
            return method(*args)

        monkeypatch.setattr(owner, name, watching)

    ways = ("_head", "_add_up", "_gains", "_add_rows", "_add_singly")
    for name in ways:
        watched(scoring.Scorer, name)
    for name in ("among", "of_all"):
        watched(shortlist.Shortlist, name)
    for limits in LIMITS.values():
        reader = limits.open(world.folder, monkeypatch)
        random = Random(24)
        for _ in range(60):
            where, terms = typical(random, world.documents)
            reader.search(where, terms, (), limit=3, offset=0, sort="score")
        reader.close()
    assert taken == {*ways, "among", "of_all"}


# ---------------------------------------------------------------- near ties


@pytest.mark.parametrize("share", [0.0, 2.0])
def test_scores_that_differ_in_the_last_bit_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """Each document has a term of its own, and nothing else is different."""
    own = [chr(0x4E10 + number) for number in range(64)]
    plains = [Plain(f"d{at:02}", {"body": [unit, "一"]}) for at, unit in enumerate(own)]
    world = make_world(tmp_path, plains)
    order = list(range(64))
    Random(5).shuffle(order)
    # The scores of these weights are all different, by one or two units in the last place.
    terms = [ScoreTerm(unit, 1.0 + 2.0**-51 * at) for unit, at in zip(own, order, strict=True)]
    wanted = world.oracle.answer(Run(("一",)), terms, ())
    assert len({score for _, score in wanted}) > 20
    assert wanted[0][1] - wanted[-1][1] < 1e-13
    limits = Limits(row_share=share, many=1, columns=8)
    for wide in (0.0, 2.0):
        reader = replace(limits, wide=wide, wide_row=wide).open(tmp_path, monkeypatch)
        for limit in (1, 5, 63):
            page = reader.search(Run(("一",)), terms, (), limit=limit, offset=0, sort="score")
            assert found(reader, page) == wanted[:limit]
        reader.close()


@pytest.mark.parametrize("share", [0.0, 2.0])
def test_equal_scores_go_by_id_at_every_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    random = Random(6)
    plains = [
        Plain(f"d{at:03}", {"body": random.choice((["脱", "贫"], ["脱"], ["贫"], ["攻", "脱"]))})
        for at in range(150)
    ]
    world = make_world(tmp_path, plains)
    where = Or((Run(("脱",)), Run(("贫",))))
    terms = [ScoreTerm("脱", 1.0), ScoreTerm("贫", 2.0), ScoreTerm("脱贫", 0.5)]
    wanted = world.oracle.answer(where, terms, ())
    reader = Limits(row_share=share, many=1, wide=0.0, wide_row=0.0).open(tmp_path, monkeypatch)
    for limit in range(1, 150, 7):
        page = reader.search(where, terms, (), limit=limit, offset=0, sort="score")
        assert found(reader, page) == wanted[:limit]


def test_runs_and_terms_of_deleted_documents_alone_are_nowhere(tmp_path: Path) -> None:
    """The dictionary still has them."""
    alive = [Plain(f"a{at}", {"body": ["脱", "贫", "攻"]}) for at in range(3)]
    gone = [Plain(f"b{at}", {"body": ["贫", "攻", "坚"]}) for at in range(2)]
    world = make_world(tmp_path, [*alive, *gone], [plain.id for plain in gone])
    assert [each.documents for each in read_listing(tmp_path)] == [5]
    reader = ColumnReader.open(tmp_path)
    for units in (("坚",), ("攻", "坚"), ("贫", "攻", "坚"), ("脱", "贫", "攻", "坚")):
        assert reader.count(Run(units)) == 0
    terms = [ScoreTerm("坚", 1.0), ScoreTerm("贫攻", 1.0), ScoreTerm("攻坚", 2.0)]
    page = reader.search(Run(("贫",)), terms, (), limit=9, offset=0, sort="score")
    assert found(reader, page) == world.oracle.answer(Run(("贫",)), terms, ())


# ---------------------------------------------------------------- cache, threads, damage


def test_the_cache_evicts_and_stays_within_its_budget(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LIMITS["forgetful"].store(world.folder, monkeypatch)
    reader = ColumnReader(store)
    random = Random(31)
    kept = []
    for _ in range(300):
        where, terms = typical(random, world.documents)
        reader.search(where, terms, (), limit=3, offset=0, sort="score")
        kept.append(store._cache.size)
    assert max(kept) <= LIMITS["forgetful"].budget
    assert any(later < before for before, later in pairwise(kept))


def test_clauses_that_take_more_room_than_there_is_are_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LIMITS["forgetful"].store(world.folder, monkeypatch)
    reader = ColumnReader(store)
    long = tuple(map(str, range(LIMITS["forgetful"].budget // 100)))
    for units, is_kept in ((("脱", "贫"), True), (long, False)):
        for clause in (Has("tag", units), Near((units, units), 3)):
            reader.count(clause)
            assert (store._cache.get(clause) is not None) == is_kept


def test_threads_get_the_same_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(32)
    asked = [typical(random, world.documents) for _ in range(60)]
    wanted = [world.oracle.answer(where, terms, ())[:7] for where, terms in asked]
    reader = LIMITS["forgetful"].open(world.folder, monkeypatch)

    def work(first: int) -> None:
        for at in range(240):
            number = (first + at) % len(asked)
            where, terms = asked[number]
            page = reader.search(where, terms, (), limit=7, offset=0, sort="score")
            assert found(reader, page) == wanted[number]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, (0, 17, 34, 51)))


def test_a_search_that_failed_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = LIMITS["no rows"].open(world.folder, monkeypatch)
    random = Random(33)
    asked = [typical(random, world.documents) for _ in range(20)]
    wanted = [world.oracle.answer(where, terms, ())[:5] for where, terms in asked]
    rare_sums = scoring.Scorer._add_up

    def failing(self: scoring.Scorer, query: shortlist.Query) -> object:
        rare_sums(self, query)
        raise KeyboardInterrupt

    failed = 0
    for (where, terms), expected in zip(asked, wanted, strict=True):
        with monkeypatch.context() as patch:
            patch.setattr(scoring.Scorer, "_add_up", failing)
            try:
                reader.search(where, terms, (), limit=5, offset=0, sort="score")
            except KeyboardInterrupt:
                failed += 1
        page = reader.search(where, terms, (), limit=5, offset=0, sort="score")
        assert found(reader, page) == expected
    assert failed


def test_a_listing_that_is_wrong_about_a_segment_is_damage(tmp_path: Path) -> None:
    make_world(tmp_path, [Plain("a", {"body": ["脱"]})])
    write_listing(tmp_path, [replace(each, documents=2) for each in read_listing(tmp_path)])
    with pytest.raises(IndexCorruptError, match=LISTING):
        Store.open(tmp_path)


# ---------------------------------------------------------------- a real corpus


def test_scores_of_real_documents_are_plain_sums(corpus_home: Path) -> None:
    with Home(corpus_home).current() as generation:
        folder = generation.folder
        held = index_holds(folder)
        reader = ColumnReader.open(folder)
        bags: dict[str, dict[str, int]] = {plain.id: {} for plain in corpus_documents()}
        for (field, term), postings in held.items():
            if field == "body":
                for name, (weight, _) in postings.items():
                    bags[name][term] = weight
        lengths = {name: sum(bag.values()) for name, bag in bags.items()}
        random = Random(41)
        for _ in range(40):
            terms = _sampled(random, bags)
            units = [term.term for term in terms if len(term.term) == 1] or ["的"]
            kind: type[Or] | type[And] = random.choice((Or, Or, And))
            where = kind(tuple(Run((unit,)) for unit in units[: random.randint(1, 8)]))
            page = reader.search(where, terms, (), limit=20, offset=0, sort="score")
            everything = reader.search(where, (), (), limit=len(reader), offset=0, sort="score")
            names = [reader.document(hit.number)[0] for hit in everything.hits]
            assert page.total == len(names)
            assert found(reader, page) == _scored(bags, lengths, terms, names)[:20]
        reader.close()


def _sampled(random: Random, bags: dict[str, dict[str, int]]) -> list[ScoreTerm]:
    """Terms of a document, as a question that it answers has them."""
    bag = sorted(bags[random.choice(sorted(bags))]) or ["的"]
    chosen = random.sample(bag, min(len(bag), random.randint(1, 40)))
    return [ScoreTerm(term, random.choice((1.0, 1.0, 2.0))) for term in chosen]


def _scored(
    bags: dict[str, dict[str, int]],
    lengths: dict[str, int],
    terms: Sequence[ScoreTerm],
    names: Sequence[str],
) -> list[tuple[str, float]]:
    """Plain BM25 over the bags."""
    ranked = sum(length > 0 for length in lengths.values())
    average = sum(lengths.values()) / ranked
    df = {term.term: sum(term.term in bag for bag in bags.values()) for term in terms}
    scores = []
    for name in names:
        norm = K1 * (1 - B + B * rounded(lengths[name]) / average)
        score = 0.0
        for term in sorted(terms, key=lambda each: df[each.term]):
            frequency = bags[name].get(term.term, 0)
            if frequency:
                idf = math.log1p((ranked - df[term.term] + 0.5) / (df[term.term] + 0.5))
                score += term.weight * (idf * (frequency / (frequency + norm)))
        scores.append((name, score))
    return sorted(scores, key=lambda found: (-found[1], found[0]))
