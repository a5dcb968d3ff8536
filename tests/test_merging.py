"""Updates and merges leave exactly the documents they should, at a cost in proportion."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from batches import Plain, make_batch, random_documents
from indexes import assert_holds, names

from searcher.engines.whoosh_.files import bulk
from searcher.engines.whoosh_.files.coding import NO_POSITION, Postings, encode
from searcher.engines.whoosh_.files.container import Container
from searcher.engines.whoosh_.files.decoding import DamagedRecordError
from searcher.engines.whoosh_.files.listing import (
    LISTING,
    Listed,
    read_deleted,
    read_listing,
    write_listing,
)
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.writing import merging
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter
from searcher.engines.whoosh_.writing.merging import RATIO, Source, merge_segments, to_merge
from searcher.errors import IndexCorruptError


def build(folder: Path, documents: Sequence[Plain]) -> None:
    folder.mkdir(exist_ok=True)
    writer = ColumnWriter.create(folder)
    if documents:
        writer.add(make_batch(documents))
    writer.commit()


def update(folder: Path, documents: Sequence[Plain], remove: Sequence[str] = ()) -> list[bool]:
    writer = ColumnWriter.change(folder)
    found = [writer.remove(name) for name in [*remove, *(plain.id for plain in documents)]]
    if documents:
        writer.add(make_batch(documents))
    writer.commit()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sections(folder: Path, listed: Listed) -> dict[tuple[str, str], bytes]:
    """Every section of a segment's files."""
    found = {}
    for name in listed.files:
        container = Container.open(folder / name)
        for section in container.names:
            part = container.section(section)
            found[name.partition(".")[2], section] = bytes(part.bytes(0, part.size))
    return found


def random_lists(random: Random) -> Postings:
    """Lists of any shape that a record can have."""
    dfs, docs, counts, occ, positions, firsts = [], [], [], [], [], []
    for _ in range(random.randint(0, 30)):
        df = random.randint(1, random.choice((1, 4, 300)))
        dfs.append(df)
        docs += sorted(random.sample(range(random.choice((300, 10**5, 2**32))), df))
        counts += random.choices(range(random.choice((1, 2, 3, 20, 2**32))), k=df)
        placed = 0
        for _ in range(random.choice((0, df))):
            most = random.choice((9, 3000, 2**32 - 1))
            own = sorted(random.sample(range(most), random.choice((1, 1, 1, 2, 5))))
            own = [NO_POSITION] if random.random() < 0.1 else own
            positions += own
            firsts += [True, *[False] * (len(own) - 1)]
            placed += len(own)
        occ.append(placed)
    return Postings(
        np.array(dfs, dtype=np.int64),
        np.array(docs, dtype=np.int64),
        np.array(counts, dtype=np.int64),
        np.array(occ, dtype=np.int64),
        np.array(positions, dtype=np.int64),
        np.array(firsts, dtype=np.bool_),
    )


@pytest.fixture(params=[0, 1 << 40], ids=["by parts", "by places"])
def _long(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every part of a record for a long one, or none."""
    monkeypatch.setattr(bulk, "_LONG", request.param)


@pytest.mark.usefixtures("_long")
def test_many_records_are_decoded_as_they_were_encoded() -> None:
    random = Random(1)
    for _ in range(150):
        lists = random_lists(random)
        found = bulk.decode(*encode(*lists))
        for wanted, got in zip(lists, found, strict=True):
            assert np.array_equal(wanted, got)


@pytest.mark.usefixtures("_long")
def test_many_damaged_records_are_an_error_or_other_lists_and_nothing_worse() -> None:
    random = Random(2)
    refused = 0
    for _ in range(600):
        blob, sizes = encode(*random_lists(random))
        if not len(blob):
            continue
        blob[random.randrange(len(blob))] = random.randrange(256)
        try:
            found = bulk.decode(blob[: random.choice((len(blob), len(blob) // 2))], sizes)
        except DamagedRecordError:
            refused += 1
        else:
            assert len(found.docs) == found.dfs.sum()
            assert len(found.positions) == found.occ.sum()
            assert np.count_nonzero(found.firsts) == found.dfs[found.occ > 0].sum()
    assert refused > 100


@pytest.mark.parametrize("seed", range(4))
def test_after_any_updates_the_index_holds_what_it_should(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    documents = {plain.id: plain for plain in random_documents(random, 30)}
    build(tmp_path, list(documents.values()))
    for _ in range(12):
        count = random.choice((0, 1, 1, 3, 12))
        added = {plain.id: plain for plain in random_documents(random, count, ids=60)}
        gone = [*random.sample(sorted(documents), random.randint(0, 4)), "nothing"]
        found = update(tmp_path, list(added.values()), gone)
        expected = [*(name in documents for name in gone)]
        left = documents.keys() - set(gone)
        assert found == [*expected, *(name in left for name in added)]
        documents = {name: plain for name, plain in documents.items() if name in left} | added
        assert_holds(tmp_path, documents.values())
        kept = {name for each in read_listing(tmp_path) for name in each.files}
        assert names(tmp_path) == {*kept, LISTING, "_MAIN_1.toc"}


@pytest.mark.parametrize("size", [1, 300, 1 << 19])
def test_a_merge_is_what_indexing_at_once_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(merging, "RANGE", size)
    random = Random(5)
    documents = random_documents(random, 60)
    random.shuffle(documents)
    gone = {plain.id for plain in random.sample(documents, 15)}
    sources = []
    for number, part in enumerate((documents[:30], documents[30:40], documents[40:])):
        folder = tmp_path / str(number)
        build(folder, part)
        [listed] = read_listing(folder)
        segment = Segment.open(folder, listed.name)
        deleted = [at for at in range(segment.documents) if segment.id(at) in gone]
        sources.append(Source(segment, np.array(deleted, dtype=np.int64)))
    merged = merge_segments(tmp_path, "MAIN_9", sources)
    once = tmp_path / "once"
    build(once, [plain for plain in documents if plain.id not in gone])
    [listed] = read_listing(once)
    assert merged.documents == listed.documents == 45
    assert sections(tmp_path, merged) == sections(once, listed)


def test_a_merge_reads_the_stored_bytes_of_each_document_that_is_left_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, random_documents(Random(6), 20))
    [listed] = read_listing(tmp_path)
    read: list[int] = []
    stored = Segment.stored

    def watched(segment: Segment, number: int) -> bytes:
        read.append(number)
        return stored(segment, number)

    monkeypatch.setattr(Segment, "stored", watched)
    source = Source(Segment.open(tmp_path, listed.name), np.array([0, 7]))
    merge_segments(tmp_path, "MAIN_9", [source])
    assert read == [number for number in range(20) if number not in (0, 7)]


def test_lists_without_positions_merge_with_those_that_have_some(tmp_path: Path) -> None:
    parts = [
        [Plain("a", {"body": ["b", "超"]}), Plain("d", {"body": ["b", "超"]})],
        [Plain("b", {"body": ["ab", "超"]}, {"body": ["b超"]})],
        [Plain("c", {"body": ["一"]})],
    ]
    for gone, left in (([], "abcd"), (["a", "d"], "bc"), (["b"], "acd")):
        folder = tmp_path / left
        build(folder, parts[0])
        update(folder, parts[1])
        update(folder, parts[2], gone)
        assert_holds(folder, [plain for part in parts for plain in part if plain.id in left])
        sources = [
            Source(Segment.open(folder, each.name), read_deleted(folder, each))
            for each in read_listing(folder)
        ]
        merged = merge_segments(folder, "MAIN_z", sources)
        write_listing(folder, [merged])
        assert_holds(folder, [plain for part in parts for plain in part if plain.id in left])
        once = tmp_path / f"{left}-once"
        build(once, [plain for part in parts for plain in part if plain.id in left])
        assert sections(folder, merged) == sections(once, read_listing(once)[0])


def test_everything_can_be_removed_and_put_back(tmp_path: Path) -> None:
    documents = random_documents(Random(8), 20)
    build(tmp_path, documents)
    assert all(update(tmp_path, [], [plain.id for plain in documents]))
    assert read_listing(tmp_path) == ()
    assert_holds(tmp_path, [])
    update(tmp_path, documents)
    assert_holds(tmp_path, documents)


def test_an_update_that_is_rolled_back_changes_no_file(tmp_path: Path) -> None:
    documents = random_documents(Random(9), 20)
    build(tmp_path, documents)
    before = contents(tmp_path)
    writer = ColumnWriter.change(tmp_path)
    assert writer.remove(documents[0].id)
    assert not writer.remove(documents[0].id)
    writer.add(make_batch(documents[:3]))
    writer.rollback()
    assert contents(tmp_path) == before


def test_files_of_an_older_generation_are_never_changed(tmp_path: Path) -> None:
    documents = random_documents(Random(10), 40)
    old, new = tmp_path / "old", tmp_path / "new"
    build(old, documents)
    update(old, [], [documents[0].id])
    before = contents(old)
    new.mkdir()
    for path in old.iterdir():
        os.link(path, new / path.name)
    update(new, random_documents(Random(11), 1), [documents[1].id])
    update(new, random_documents(Random(12), 30), [documents[2].id])
    assert contents(old) == before
    assert_holds(old, documents[1:])


def test_segments_stay_few_and_a_small_update_leaves_the_large_one_alone(tmp_path: Path) -> None:
    documents = random_documents(Random(13), 120)
    build(tmp_path, documents)
    [large] = read_listing(tmp_path)
    most = 0
    for number in range(25):
        update(tmp_path, [Plain(f"new{number}", {"body": ["新", "闻"]})])
        listing = read_listing(tmp_path)
        most = max(most, len(listing))
        assert (large in listing) == (number < 119 // RATIO)
    assert most <= 4


def test_what_is_merged_depends_on_sizes_alone() -> None:
    assert to_merge([], []) == to_merge([7], [0]) == []
    assert to_merge([7, 0], [7, 0]) == []
    assert to_merge([7], [4]) == [0]
    assert to_merge([100, 24], [0, 0]) == []
    assert to_merge([100, 25], [0, 0]) == [0, 1]
    assert to_merge([200, 10, 24], [0, 0, 4]) == [1, 2]
    assert to_merge([100, 5, 24], [0, 5, 0]) == []


def test_documents_rewritten_for_each_added_stay_few() -> None:
    sizes, rewritten, most = [10_000], 0, 0
    for _ in range(2000):
        sizes.append(1)
        merged = to_merge(sizes, [0] * len(sizes))
        if merged:
            together = sum(sizes[at] for at in merged)
            rewritten += together
            sizes = [size for at, size in enumerate(sizes) if at not in merged] + [together]
        most = max(most, len(sizes))
    assert most <= 6
    assert rewritten / 2000 < 13


@pytest.mark.parametrize("extension", ["docs", "stored", "post", "terms"])
def test_a_damaged_segment_is_named_and_nothing_is_left_of_the_merge(
    tmp_path: Path, extension: str
) -> None:
    build(tmp_path, random_documents(Random(14), 30))
    [listed] = read_listing(tmp_path)
    path = tmp_path / f"{listed.name}.{extension}"
    damaged = bytearray(path.read_bytes())
    damaged[64 + 40] ^= 1
    path.write_bytes(damaged)
    before = names(tmp_path)
    writer = ColumnWriter.change(tmp_path)
    writer.add(make_batch([Plain(f"new{number}") for number in range(20)]))
    with pytest.raises(IndexCorruptError, match=rf"{listed.name}\.{extension}: damaged"):
        writer.commit()
    assert names(tmp_path) == before
