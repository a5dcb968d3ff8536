"""A build is what a plain count of every document says, however it was cut and shared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from batches import Plain, batches, make_batch, random_documents
from corpus import documents as corpus_documents
from indexes import assert_holds, die, fill_the_disk, living, names, numbered

from searcher.engines.base import Spool
from searcher.engines.whoosh_.files.listing import read_listing
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.writing import building, inverting, parts, strings
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter
from searcher.engines.whoosh_.writing.spool import Spooler
from searcher.errors import EngineError
from searcher.model import Noise
from searcher.text.analysis import analyze
from searcher.text.units import SENTENCE_END, bigram
from searcher.text.words import document_cutter


def build(folder: Path, documents: Sequence[Plain], size: int = 7, **options: int) -> None:
    writer = ColumnWriter.create(folder, **options)
    for batch in batches(documents, size):
        writer.add(batch)
    writer.commit()


def spool(folder: Path, stem: str, documents: Sequence[Plain], first: int) -> Spool:
    spooler = Spooler(folder, stem)
    spooler.add(make_batch(documents, first))
    return spooler.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is cut into pieces is cut into many."""
    monkeypatch.setattr(inverting, "PIECE", 5)
    monkeypatch.setattr(building, "PARENT", 0)
    monkeypatch.setattr(building, "WORKER", 0)
    monkeypatch.setattr(building, "LEAST", 0)
    monkeypatch.setattr(strings, "FULL", 2000)
    monkeypatch.setattr(strings, "BLOCK", 3)


@pytest.mark.parametrize("seed", range(6))
def test_every_list_is_what_a_plain_count_says(tmp_path: Path, seed: int) -> None:
    documents = random_documents(Random(seed), 60)
    build(tmp_path, documents)
    assert_holds(tmp_path, documents)


def test_real_documents_with_their_words_are_what_a_plain_count_says(tmp_path: Path) -> None:
    cutter = document_cutter()
    documents = []
    for document in corpus_documents()[:60]:
        fields, words = {}, {}
        for name in ("title", "body"):
            found = analyze(getattr(document, name), Noise(), cutter)
            fields[name] = list(found.units.keys)
            words[name] = [word.term for word in found.words]
        documents.append(Plain(document.id, fields, words, f"/{document.id}"))
    build(tmp_path, documents, 16)
    assert_holds(tmp_path, documents)


@pytest.mark.parametrize("memory", [1, 2000, 1 << 20])
@pytest.mark.usefixtures("cut_small")
def test_small_ranges_and_sections_hold_the_same(tmp_path: Path, memory: int) -> None:
    documents = random_documents(Random(1), 50)
    build(tmp_path, documents, memory=memory)
    assert_holds(tmp_path, documents)


def test_files_are_the_same_however_they_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = random_documents(Random(2), 40)
    made = []
    for number, (size, memory) in enumerate([(40, 1 << 29), (3, 1 << 29), (1, 1), (11, 3000)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        build(folder, documents, size, memory=memory)
        made.append(contents(folder))
        monkeypatch.setattr(building, "PARENT", 0)
        monkeypatch.setattr(building, "LEAST", 0)
        monkeypatch.setattr(strings, "FULL", 3000)
        monkeypatch.setattr(inverting, "PIECE", 17)
    assert made[1:] == made[:1] * 3


def test_ranges_hold_every_term_once_and_keep_their_limits() -> None:
    random = Random(1)
    for _ in range(300):
        counts = np.array(random.choices((0, 0, 1, 3, 50), k=random.randint(1, 40)))
        most, widest = random.randint(0, 60), random.randint(1, 20)
        ranges = list(inverting.cut(counts, most, widest))
        held = [term for each in ranges for term in range(each.low, each.high)]
        assert held == sorted(set(held))
        assert set(np.flatnonzero(counts).tolist()) <= set(held)
        for each in ranges:
            assert each.expected == counts[each.low : each.high].sum()
            assert each.expected <= most or each.high == each.low + 1
            assert each.high - each.low <= widest


@pytest.mark.parametrize("shares", [1, 3])
def test_two_processes_make_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shares: int
) -> None:
    documents = random_documents(Random(3), 40)
    monkeypatch.setattr(building, "WORTH", 0)
    monkeypatch.setattr(building, "PARENT", 0)
    monkeypatch.setattr(building, "LEAST", 0)
    monkeypatch.setattr(building, "SHARES", shares)
    made = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        build(folder, documents, jobs=jobs, memory=20_000)
        made.append(contents(folder))
    assert made[0] == made[1]
    assert_holds(folder, documents)


def test_spools_of_several_processes_are_one_index(tmp_path: Path) -> None:
    documents = random_documents(Random(4), 45)
    writer = ColumnWriter.create(tmp_path)
    writer.adopt(spool(tmp_path, "w1", documents[20:45], 20))
    writer.adopt(spool(tmp_path, "w0", documents[:15], 0))
    writer.adopt(Spooler(tmp_path, "w2").close())
    writer.add(make_batch(documents[15:20], 15))
    writer.commit()
    assert_holds(tmp_path, documents)


def test_of_two_with_one_id_the_higher_number_stays(tmp_path: Path) -> None:
    documents = random_documents(Random(5), 60, ids=12)
    numbers = list(range(60))
    Random(6).shuffle(numbers)
    parts = [documents[:20], documents[20:45], documents[45:]]
    writer = ColumnWriter.create(tmp_path)
    at = 0
    for stem, part in zip("abc", parts, strict=True):
        spooler = Spooler(tmp_path, stem)
        spooler.add(numbered(make_batch(part), numbers[at : at + len(part)]))
        writer.adopt(spooler.close())
        at += len(part)
    writer.commit()
    pairs = sorted(zip(numbers, documents, strict=True), key=lambda pair: pair[0])
    assert_holds(tmp_path, [plain for _, plain in pairs])


def test_documents_are_numbered_by_id(tmp_path: Path) -> None:
    build(tmp_path, random_documents(Random(7), 40, ids=30))
    ids = [segment.id(number) for segment, number in living(tmp_path)]
    assert ids == sorted(set(ids))
    assert len(ids) > 10


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [Plain("a")],
        [Plain("a", {"title": ["脱"]})],
        [Plain("a", {"body": ["一", SENTENCE_END, "二"]}), Plain("b")],
        [Plain("a", {"body": ["ok"]}), Plain("b", {"source": ["ok", "ok"]})],
        [Plain("a", {"author": ["𠀀", "𠀀"]}, {"author": [(0, 2), (0, 1)]})],
        [Plain("a", {"body": ["\uffff", "\uffff", "\x0b", "\x01", "\x09"]})],
    ],
    ids=["none", "empty", "title", "ends", "letters", "astral", "edges"],
)
def test_little_is_enough(tmp_path: Path, documents: list[Plain]) -> None:
    build(tmp_path, documents)
    assert_holds(tmp_path, documents)


def test_a_word_of_two_characters_that_is_no_bigram_has_no_position(tmp_path: Path) -> None:
    documents = [
        Plain("a", {"body": ["b", "超"]}),
        Plain("b", {"body": ["ab", "超"]}, {"body": ["b超"]}),
        Plain("c", {"body": ["b", "超", "ab"]}, {"body": ["b超", (0, 2)]}),
    ]
    assert bigram("b", "超") == "b超"
    build(tmp_path, documents)
    assert_holds(tmp_path, documents)
    [listed] = read_listing(tmp_path)
    entry = Segment.open(tmp_path, listed.name).entry("body", "b超")
    assert entry is not None
    docs, counts = entry.docs()
    assert (docs.tolist(), counts.tolist()) == ([0, 1, 2], [1, 1, 3])
    assert [place >> 32 for place in entry.places().tolist()] == [0, 2]


def test_a_worker_that_dies_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WORTH", 0)
    monkeypatch.setattr(parts, "_invert", die)
    writer = ColumnWriter.create(tmp_path, jobs=2)
    writer.add(make_batch(random_documents(Random(8), 20)))
    with pytest.raises(EngineError, match="worker process was killed"):
        writer.commit()
    assert names(tmp_path) == set()


def test_what_a_worker_meets_reaches_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WORTH", 0)
    monkeypatch.setattr(parts, "_invert", fill_the_disk)
    writer = ColumnWriter.create(tmp_path, jobs=2)
    writer.add(make_batch(random_documents(Random(8), 20)))
    with pytest.raises(EngineError, match=r"part\d+: cannot write the index: No space left"):
        writer.commit()
    assert names(tmp_path) == set()


def test_nothing_but_the_index_is_left(tmp_path: Path) -> None:
    writer = ColumnWriter.create(tmp_path)
    writer.adopt(spool(tmp_path, "w0", [Plain("a", {"body": ["一"]})], 0))
    spool(tmp_path, "left", [Plain("b")], 1)
    writer.add(make_batch([Plain("c")], 2))
    writer.commit()
    [listed] = read_listing(tmp_path)
    assert names(tmp_path) == {*listed.files, "segments.json", "_MAIN_1.toc"}


def test_rollback_leaves_nothing(tmp_path: Path) -> None:
    writer = ColumnWriter.create(tmp_path)
    writer.adopt(spool(tmp_path, "w0", [Plain("a", {"body": ["一"]})], 0))
    writer.add(make_batch([Plain("c")], 2))
    writer.rollback()
    assert names(tmp_path) == set()


def test_a_disk_that_cannot_be_written_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ColumnWriter.create(tmp_path)
    writer.add(make_batch([Plain("a", {"body": ["一"]})]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "MAIN_1.post"))

    monkeypatch.setattr("searcher.engines.whoosh_.files.segmentwriter.SegmentWriter.stored", full)
    with pytest.raises(EngineError, match=r"MAIN_1\.post: cannot write .*No space .*free some"):
        writer.commit()
    assert names(tmp_path) == set()
