"""Segments: what was written is answered, and damage is named or does no harm."""

from __future__ import annotations

import json
import random
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import documents
from hypothesis import given
from hypothesis import strategies as st

from searcher.engines.whoosh_.files.coding import encode
from searcher.engines.whoosh_.files.listing import EXTENSIONS
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.files.segmentwriter import FieldSink, SegmentWriter
from searcher.engines.whoosh_.files.terms import pair_of
from searcher.errors import IndexCorruptError

HEAD = 64
BLOCK = 1 << 16

Field = dict[str, dict[int, list[int]]]
"""Term → document → positions."""


@dataclass
class Plain:
    """What a segment holds, as plain lists and dicts."""

    ids: list[str]
    paths: list[str]
    stored: list[bytes]
    lengths: list[int]
    title_sizes: list[int]
    fields: dict[str, Field] = field(default_factory=dict)

    def docs(self, name: str, term: str) -> list[tuple[int, int]]:
        postings = self.fields[name].get(term, {})
        return [(document, len(places)) for document, places in sorted(postings.items())]

    def places(self, name: str, term: str) -> list[int]:
        if name in COUNTED:
            return []
        return [
            document << 32 | place
            for document, places in sorted(self.fields[name].get(term, {}).items())
            for place in places
        ]


COUNTED = ("title",)
"""Fields without positions."""


def write(folder: Path, name: str, plain: Plain) -> None:
    writer = SegmentWriter(folder, name)
    writer.stored(iter(plain.stored), np.array([len(each) for each in plain.stored], np.int64))
    for field_name, postings in plain.fields.items():
        sink = writer.field(field_name)
        terms = sorted(postings)
        write_pairs(sink, plain, field_name, [term for term in terms if pair_of(term)])
        rest = [term for term in terms if not pair_of(term)]
        for at in range(0, len(rest), 100):
            some = rest[at : at + 100]
            blob, sizes = encoded(plain, field_name, some)
            sink.rest([term.encode() for term in some], sizes, blob)
        sink.close()
    writer.documents(plain.ids, plain.paths, plain.lengths, plain.title_sizes)
    writer.close()


def write_pairs(sink: FieldSink, plain: Plain, name: str, terms: list[str]) -> None:
    for at in range(0, len(terms), 1000):
        some = terms[at : at + 1000]
        blob, sizes = encoded(plain, name, some)
        codes = np.array([pair_of(term) for term in some], np.uint16)
        sink.pairs(codes[:, 0], codes[:, 1], sizes, blob)


def encoded(plain: Plain, name: str, terms: list[str]) -> tuple[np.ndarray, np.ndarray]:
    docs = [plain.docs(name, term) for term in terms]
    places = [plain.places(name, term) for term in terms]
    all_docs = np.array([pair for each in docs for pair in each], np.int64).reshape(-1, 2)
    owners = np.array([place >> 32 for each in places for place in each], np.int64)
    occ = np.array([len(each) for each in places], np.int64)
    starts = np.diff(owners, prepend=-1) != 0
    starts[(occ.cumsum() - occ)[occ > 0]] = True
    return encode(
        np.array([len(each) for each in docs], np.int64),
        all_docs[:, 0],
        all_docs[:, 1],
        occ,
        np.array([place & 0xFFFFFFFF for each in places for place in each], np.int64),
        starts,
    )


def of_corpus() -> Plain:
    """Units, pairs and longer pieces of real documents."""
    some = sorted(documents()[:300], key=lambda document: document.id)
    plain = Plain(
        ids=[document.id for document in some],
        paths=[
            f"/corpus/{document.id}" if i % 3 else "all.jsonl" for i, document in enumerate(some)
        ],
        stored=[document.body.encode() for document in some],
        lengths=[len(document.body) for document in some],
        title_sizes=[len(document.title) for document in some],
        fields={"body": {}, "title": {}, "empty": {}},
    )
    for number, document in enumerate(some):
        for name, text in [("body", document.body[:3000]), ("title", document.title)]:
            for at in range(len(text)):
                for length in (1, 2, 3 + at % 4):
                    postings = plain.fields[name].setdefault(text[at : at + length], {})
                    postings.setdefault(number, []).append(at)
    return plain


@pytest.fixture(scope="module")
def plain() -> Plain:
    return of_corpus()


@pytest.fixture(scope="module")
def whole(plain: Plain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with segment MAIN_a; tests only read it."""
    folder = tmp_path_factory.mktemp("segment")
    write(folder, "MAIN_a", plain)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


# ---------------------------------------------------------------- what was written is answered


def test_every_term_of_real_documents_is_answered(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    assert segment.fields == ("body", "title", "empty")
    assert len(plain.fields["body"]) > 20_000
    for name, postings in plain.fields.items():
        for term in postings:
            entry = segment.entry(name, term)
            assert entry is not None
            assert entry.df == len(postings[term])
            numbers, counts = entry.docs()
            assert list(zip(numbers.tolist(), counts.tolist(), strict=True)) == plain.docs(
                name, term
            )
            assert entry.places().tolist() == plain.places(name, term)


def test_terms_that_are_not_there_have_no_entry(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    for term in ["", "\0", "龘", "龘龘", "龘龘龘", "\ud800", "\U0010ffff", "x" * 500]:
        assert term not in plain.fields["body"]
        assert segment.entry("body", term) is None
    assert segment.entry("empty", "的") is None
    assert segment.entry("author", "的") is None


def test_terms_are_listed_in_order(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    for name, postings in plain.fields.items():
        everything = [(term, len(postings[term])) for term in sorted(postings)]
        assert list(segment.terms(name)) == everything
        for prefix in ["的", "的人", "的人民", "20", "a", "\U00020000", "龘", "\ud800"]:
            assert list(segment.terms(name, prefix)) == [
                each for each in everything if each[0].startswith(prefix)
            ]
        for start in ["\0", "2", "的", "的人民", "\U00020000"]:
            assert list(segment.terms(name, start=start)) == [
                each for each in everything if each[0] >= start
            ]
    assert list(segment.terms("author")) == []


def test_documents_are_answered(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    assert segment.documents == len(plain.ids)
    assert segment.ids() == plain.ids
    assert segment.paths() == plain.paths
    assert segment.lengths.tolist() == plain.lengths
    assert segment.title_sizes.tolist() == plain.title_sizes
    assert segment.stored_sizes.tolist() == list(map(len, plain.stored))
    for number, document_id in enumerate(plain.ids):
        assert segment.id(number) == document_id
        assert segment.path(number) == plain.paths[number]
        assert segment.stored(number) == plain.stored[number]
        assert segment.find(document_id) == number
        assert segment.find(document_id + "\0") is None
    assert segment.find("") is None
    assert segment.find("\U0010ffff") is None


def test_records_lie_in_the_order_of_terms(whole: Path) -> None:
    segment = Segment.open(whole, "MAIN_a")
    dictionary = segment.dictionary("body")
    ends = dictionary.sizes().cumsum().tolist()
    everything = bytes(segment.records("body", 0, len(dictionary)))
    assert len(everything) == ends[-1]
    for start, stop in [(0, 1), (5, 5), (100, 4000), (len(dictionary) - 1, len(dictionary))]:
        within = slice(ends[start - 1] if start else 0, ends[stop - 1])
        assert bytes(segment.records("body", start, stop)) == everything[within]
    assert bytes(segment.records("empty", 0, 0)) == b""


def test_a_segment_without_documents_is_answered(tmp_path: Path) -> None:
    write(tmp_path, "MAIN_0", Plain([], [], [], [], []))
    segment = Segment.open(tmp_path, "MAIN_0")
    assert (segment.documents, segment.ids(), segment.paths()) == (0, [], [])
    assert segment.find("x") is None
    assert segment.fields == ()


TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(["a/b.txt", "/x/a/b.txt", "/", ""])


@given(found=st.dictionaries(TEXT, st.tuples(TEXT, st.binary(max_size=5)), max_size=12))
def test_any_ids_and_paths_come_back(
    found: dict[str, tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ids = sorted(found)
    paths = [found[each][0] for each in ids]
    folder = tmp_path_factory.mktemp("documents")
    stored = [found[each][1] for each in ids]
    write(folder, "MAIN_0", Plain(ids, paths, stored, [1] * len(ids), [0] * len(ids)))
    segment = Segment.open(folder, "MAIN_0")
    assert (segment.ids(), segment.paths()) == (ids, paths)
    assert [segment.path(number) for number in range(len(ids))] == paths
    assert [segment.stored(number) for number in range(len(ids))] == stored
    assert [segment.find(each) for each in ids] == list(range(len(ids)))


@pytest.mark.parametrize("folders", [1, 300, 70_000])
def test_paths_of_files_cost_a_number_for_each_document(tmp_path: Path, folders: int) -> None:
    ids = [f"{number % folders:05}/{number:06}.txt" for number in range(70_000)]
    ids.sort()
    paths = [f"/somewhere/far/away/{each}" for each in ids]
    zeros = [0] * len(ids)
    write(tmp_path, "MAIN_0", Plain(ids, paths, [b""] * len(ids), zeros, zeros))
    segment = Segment.open(tmp_path, "MAIN_0")
    assert segment.paths() == paths
    assert [segment.path(number) for number in (0, 1, 69_999)] == [paths[0], paths[1], paths[-1]]
    # Id and where it begins, length, title size, and the number of the origin.
    assert (tmp_path / "MAIN_0.docs").stat().st_size < (16 + 4 + 4 + 4 + 1) * len(ids) + 2000


def test_arrays_outlive_the_segment(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    entry = segment.entry("body", "的")
    assert entry is not None
    numbers, lengths = entry.docs()[0], segment.lengths
    segment.close()
    assert numbers.tolist() == sorted(plain.fields["body"]["的"])
    assert lengths.tolist() == plain.lengths


def test_threads_share_a_segment(whole: Path, plain: Plain) -> None:
    segment = Segment.open(whole, "MAIN_a")
    terms = list(plain.fields["body"])
    start = threading.Barrier(4)
    wrong = []

    def ask(seed: int) -> None:
        noise = random.Random(seed)
        start.wait()
        for term in noise.sample(terms, 2000):
            entry = segment.entry("body", term)
            if entry is None or entry.places().tolist() != plain.places("body", term):
                wrong.append(term)

    threads = [threading.Thread(target=ask, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---------------------------------------------------------------- mistakes of the caller


def test_a_segment_that_is_not_complete_is_not_closed(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "MAIN_0")
    with pytest.raises(ValueError, match="not complete"):
        writer.close()
    writer.documents([], [], [], [])
    sink = writer.field("body")
    with pytest.raises(ValueError, match="'title' cannot begin"):
        writer.field("title")
    with pytest.raises(ValueError, match="not complete"):
        writer.close()
    sink.close()
    with pytest.raises(ValueError, match="'body' cannot begin"):
        writer.field("body")
    with pytest.raises(ValueError, match="3 bytes of records"):
        writer.field("title").rest([b"aaa"], np.array([2], np.uint32), b"...")
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_segment_that_is_there_is_not_written_over(copy: Path) -> None:
    (copy / "MAIN_a.docs").unlink()
    before = (copy / "MAIN_a.post").read_bytes()
    with pytest.raises(FileExistsError):
        SegmentWriter(copy, "MAIN_a")
    assert sorted(path.suffix for path in copy.iterdir()) == [".post", ".stored", ".terms"]
    assert (copy / "MAIN_a.post").read_bytes() == before


# ---------------------------------------------------------------- damage


def right_answers(segment: Segment, plain: Plain) -> Iterator[bool]:
    """Ask for everything; tell of each answer whether it is right."""
    yield segment.ids() == plain.ids
    yield segment.paths() == plain.paths
    yield segment.lengths.tolist() == plain.lengths
    yield segment.title_sizes.tolist() == plain.title_sizes
    yield segment.stored_sizes.tolist() == list(map(len, plain.stored))
    for number in range(0, len(plain.ids), 7):
        yield segment.stored(number) == plain.stored[number]
        yield segment.find(plain.ids[number]) == number
    for name, postings in plain.fields.items():
        yield sum(1 for _ in segment.terms(name)) == len(postings)
        for term in islice(postings, 0, None, 101):
            entry = segment.entry(name, term)
            yield entry is not None and entry.places().tolist() == plain.places(name, term)


def some_answers(folder: Path, plain: Plain, noise: random.Random) -> None:
    """Ask a damaged segment as searches do; each answer is right, or names a file."""
    terms = noise.sample(list(plain.fields["body"]), 40)
    segment = Segment.open(folder, "MAIN_a")
    for term in terms:
        entry = segment.entry("body", term)
        assert entry is not None
        assert list(zip(*(part.tolist() for part in entry.docs()), strict=True)) == plain.docs(
            "body", term
        )
        assert entry.places().tolist() == plain.places("body", term)
    for number in noise.sample(range(len(plain.ids)), 10):
        assert segment.id(number) == plain.ids[number]
        assert segment.path(number) == plain.paths[number]
        assert segment.stored(number) == plain.stored[number]
        assert segment.find(plain.ids[number]) == number


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_flipped_bits_are_named_or_do_no_harm(copy: Path, plain: Plain, extension: str) -> None:
    noise = random.Random(extension)
    path = copy / f"MAIN_a.{extension}"
    data = path.read_bytes()
    named = 0
    for _ in range(100):
        broken = bytearray(data)
        broken[noise.randrange(len(data))] ^= 1 << noise.randrange(8)
        path.write_bytes(broken)
        try:
            some_answers(copy, plain, noise)
        except IndexCorruptError as error:
            named += 1
            message = str(error)
            if f"MAIN_a.{extension}: damaged" not in message:
                raise
    assert named > 5
    # Whoever asks for everything hears of every flip.
    with pytest.raises(IndexCorruptError):
        assert all(right_answers(Segment.open(copy, "MAIN_a"), plain))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_files_that_are_cut_or_missing_are_named(copy: Path, extension: str) -> None:
    path = copy / f"MAIN_a.{extension}"
    data = path.read_bytes()
    noise = random.Random(extension)
    for length in [0, 1, HEAD, len(data) - 1, *noise.choices(range(len(data)), k=20)]:
        path.write_bytes(data[:length])
        with pytest.raises(IndexCorruptError, match=rf"MAIN_a\.{extension}: damaged"):
            Segment.open(copy, "MAIN_a")
    path.unlink()
    with pytest.raises(IndexCorruptError, match=rf"MAIN_a\.{extension}: damaged"):
        Segment.open(copy, "MAIN_a")


def test_files_of_another_segment_are_named(copy: Path, plain: Plain) -> None:
    other = copy / "other"
    other.mkdir()
    write(
        other,
        "MAIN_a",
        Plain(
            [*plain.ids[:-1], plain.ids[-1] + "x"],
            plain.paths,
            [b"", *plain.stored[1:]],
            plain.lengths,
            plain.title_sizes,
            {"body": {"的": {0: [1]}}},
        ),
    )
    for extension in EXTENSIONS[:-1]:
        kept = (copy / f"MAIN_a.{extension}").read_bytes()
        shutil.copy(other / f"MAIN_a.{extension}", copy)
        with pytest.raises(IndexCorruptError, match=rf"MAIN_a\.{extension}: damaged \(of another"):
            Segment.open(copy, "MAIN_a")
        (copy / f"MAIN_a.{extension}").write_bytes(kept)
    shutil.copy(other / "MAIN_a.terms", copy)
    with pytest.raises(IndexCorruptError, match=r"MAIN_a\.docs: damaged \(of another"):
        Segment.open(copy, "MAIN_a")


def test_a_segment_under_another_name_is_named(copy: Path) -> None:
    for path in list(copy.iterdir()):
        path.rename(copy / path.name.replace("MAIN_a", "MAIN_b"))
    with pytest.raises(IndexCorruptError, match="MAIN_b"):
        Segment.open(copy, "MAIN_b")


def test_opening_reads_no_data(copy: Path) -> None:
    for extension in EXTENSIONS:
        path = copy / f"MAIN_a.{extension}"
        broken = bytearray(path.read_bytes())
        stated = struct.unpack_from("<Q", broken, 16)[0]
        for at in range(HEAD, HEAD + stated, BLOCK):
            broken[at] ^= 1
        path.write_bytes(broken)
    segment = Segment.open(copy, "MAIN_a")
    assert segment.documents > 0
    with pytest.raises(IndexCorruptError):
        segment.id(0)
    with pytest.raises(IndexCorruptError):
        segment.entry("body", "的")


# ---------------------------------------------------------------- forgery


def taken_apart(path: Path) -> tuple[bytearray, dict[str, Any]]:
    """Return the data and the table of a container."""
    whole = bytearray(path.read_bytes())
    length, stated = struct.unpack_from("<IQ", whole, 12)
    return whole[HEAD : HEAD + stated], json.loads(whole[HEAD + stated :][:length])


def put_together(path: Path, data: bytes | bytearray, table: dict[str, Any]) -> int:
    """Write a container with right checksums; return its seal."""
    text = json.dumps(table).encode()
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    tail = text + b"".join(zlib.crc32(block).to_bytes(4, "little") for block in blocks)
    seal = zlib.crc32(tail)
    head = struct.pack("<8sIIQI32x", b"columns\n", 1, len(text), len(data), seal)
    path.write_bytes(head + zlib.crc32(head).to_bytes(4, "little") + data + tail)
    return seal


def forge(folder: Path, extension: str, noise: random.Random) -> None:
    """Change some bytes of a file, and every checksum with them."""
    path = folder / f"MAIN_a.{extension}"
    data, table = taken_apart(path)
    for _ in range(noise.randint(1, 6)):
        start, length = noise.choice(list(table["sections"].values()))
        for at in range(start, start + length)[noise.randrange(max(length, 1)) :][:4]:
            data[at] = noise.choice([0, 1, 254, 255, noise.randrange(256)])
    seal = put_together(path, data, table)
    if extension != "terms":
        vouching, notes = taken_apart(folder / "MAIN_a.terms")
        notes["notes"]["seals"][extension] = seal
        put_together(folder / "MAIN_a.terms", vouching, notes)


def questions(segment: Segment, plain: Plain, noise: random.Random) -> Iterator[Any]:
    """Yield everything that can be asked of a segment."""
    yield from (segment.ids, segment.paths, lambda: segment.lengths, lambda: segment.title_sizes)
    yield lambda: segment.stored_sizes
    for number in noise.sample(range(len(plain.ids)), 20):
        yield from (partial(ask, number) for ask in (segment.id, segment.path, segment.stored))
        yield partial(segment.find, plain.ids[number])
    for name in segment.fields:
        for term in noise.sample(list(plain.fields[name]), min(60, len(plain.fields[name]))):
            yield partial(lambda *at: (entry := segment.entry(*at)) and entry.docs(), name, term)
            yield partial(lambda *at: (entry := segment.entry(*at)) and entry.places(), name, term)
            yield partial(lambda *at: list(islice(segment.terms(*at), 50)), name, term[:2])
        yield partial(lambda at: list(islice(segment.terms(at), 2000)), name)
        yield partial(lambda at: segment.dictionary(at).pairs(), name)
        yield partial(lambda at: segment.dictionary(at).sizes(), name)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_forged_files_give_answers_or_are_named(copy: Path, plain: Plain, extension: str) -> None:
    kept = copy / "kept"
    kept.mkdir()
    for path in copy.glob("MAIN_a.*"):
        shutil.copy(path, kept)
    heard = set()
    for seed in range(25):
        for path in kept.iterdir():
            shutil.copy(path, copy)
        noise = random.Random(seed)
        forge(copy, extension, noise)
        for ask in questions(Segment.open(copy, "MAIN_a"), plain, noise):
            try:
                ask()
            except IndexCorruptError as error:
                heard.add(str(error).partition(": damaged")[0])
    assert str(copy / f"MAIN_a.{extension}") in heard


@pytest.mark.parametrize(
    "notes",
    [
        {},
        {"documents": -1},
        {"documents": "300"},
        {"documents": 1 << 40},
        {"documents": None},
        {"fields": None},
        {"fields": [["body"]]},
        {"fields": [["body", -1, 1]]},
        {"fields": [["body", 1.0, 1]]},
        {"fields": [["body", 1 << 40, 0]]},
        {"fields": [["body", 1, 1]] * 9},
        {"fields": {"body": [1, 2]}},
        {"seals": None},
        {"seals": []},
        {"seals": {}},
        {"seals": {"post": "1", "docs": 1, "stored": 1}},
    ],
)
def test_forged_notes_are_named(copy: Path, notes: dict[str, Any]) -> None:
    data, table = taken_apart(copy / "MAIN_a.terms")
    table["notes"] = {**table["notes"], **notes} if notes else {}
    put_together(copy / "MAIN_a.terms", data, table)
    with pytest.raises(IndexCorruptError, match=r"MAIN_a\.\w+: damaged"):
        Segment.open(copy, "MAIN_a").entry("body", "的")
