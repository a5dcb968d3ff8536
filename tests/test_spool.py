"""A spool gives back every occurrence it was given, and keeps little in memory meanwhile."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from unicodedata import category

import numpy as np
import pytest
from batches import Plain, Posting, batches, make_batch, postings, random_documents

from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.files.coding import NO_POSITION
from searcher.engines.whoosh_.writing import flat, strings
from searcher.engines.whoosh_.writing.spool import Spooler
from searcher.engines.whoosh_.writing.spooled import Spooled
from searcher.engines.whoosh_.writing.strings import StringTable, StringWriter, rank
from searcher.text.units import JOIN, SENTENCE_END, bigram

Lists = dict[tuple[str, str], Posting]


def spooled(folder: Path, documents: Sequence[Plain], size: int) -> Spooled:
    spooler = Spooler(folder, "s")
    for batch in batches(documents, size):
        spooler.add(batch)
    assert spooler.close().documents == len(documents)
    return Spooled(folder, "s")


def all_strings(spool: Spooled) -> list[str]:
    """The strings of a spool by number."""
    found: list[str] = []
    places = spool.places.tolist()
    for section in spool.sections:
        ordered = [string for block in section.parts() for string in block]
        own = places[len(found) : len(found) + len(ordered)]
        found += [ordered[place].decode("utf-8") for place in own]
    return found


def read_back(spool: Spooled, documents: Sequence[Plain]) -> dict[str, Lists]:
    """What the arrays of a spool say of each document, read one by one."""
    terms = all_strings(spool)
    found = {}
    for batch, first in enumerate(spool.firsts[:-1].tolist()):
        for at in range(int(spool.batches[batch])):
            reading = _Reading(terms)
            for run in flat.RUNS:
                reading.read_run(spool, batch, at, first, run)
            for field in flat.LOOSE_FIELDS:
                reading.read_loose(spool, batch, at, field)
            found[documents[first + at].id] = reading.lists()
    return found


class _Reading:
    def __init__(self, strings: Sequence[str]) -> None:
        self.strings = strings
        self.weights: Counter[tuple[str, str]] = Counter()
        self.positions: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self.seen: set[tuple[str, str]] = set()

    def note(self, field: str, term: str, flags: tuple[bool, bool], position: int | None) -> None:
        twice, in_title = flags
        self.seen.add((field, term))
        weight = 0 if field == "borders" else 1 + twice
        self.weights[field, term] += weight * (TITLE_WEIGHT if in_title else 1)
        if position is not None:
            self.positions[field, term].append(position)
        if in_title and field == "body":
            self.seen.add(("title", term))
            self.weights["title", term] += weight

    def read_run(self, spool: Spooled, batch: int, at: int, first: int, run: str) -> None:
        sizes = spool.run_sizes[run]
        start = int(sizes[first : first + at].sum())
        stop = start + int(sizes[first + at])
        units = [chr(code) for code in spool.characters(batch, run)[start : stop + 1].tolist()]
        for position, mark in enumerate(spool.marks(batch, run)[start:stop].tolist()):
            if units[position] != "\0":
                flags = bool(mark & flat.WORD), bool(mark & flat.IN_TITLE)
                self.note(run, units[position], flags, None)
            if mark & flat.BIGRAM:
                flags = bool(mark & flat.TWICE), bool(mark & flat.IN_TITLE)
                self.note(run, units[position] + units[position + 1], flags, position)

    def read_loose(self, spool: Spooled, batch: int, at: int, field: str) -> None:
        for kind in ("strings", "pairs"):
            found = (each for part in spool.loose(batch, field, kind) for each in part.tolist())
            for key, document, position, mark in found:
                if document == at:
                    term = self.strings[key] if kind == "strings" else _pair(key)
                    flags = bool(mark & flat.TWICE), bool(mark & flat.IN_TITLE)
                    self.note(field, term, flags, None if position == NO_POSITION else position)

    def lists(self) -> Lists:
        return {
            place: (self.weights[place], tuple(sorted(self.positions[place])))
            for place in self.seen
        }


def _pair(key: int) -> str:
    return chr(key >> 16) + (chr(key & 0xFFFF) if key & 0xFFFF else "")


@pytest.mark.parametrize("seed", range(5))
def test_every_occurrence_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(strings, "FULL", 5000)
    monkeypatch.setattr(strings, "BLOCK", 7)
    documents = random_documents(Random(seed), 30)
    spool = spooled(tmp_path, documents, 8)
    assert len(spool.sections) > 1
    found = read_back(spool, documents)
    for plain in documents:
        wanted = {place: lists[plain.id] for place, lists in postings([plain]).items()}
        assert found[plain.id] == wanted
    spool.close()


def test_documents_are_given_back_as_they_came(tmp_path: Path) -> None:
    documents = random_documents(Random(6), 25)
    spool = spooled(tmp_path, documents, 10)
    names = [plain.id for plain in documents], [plain.path for plain in documents]
    assert spool.names() == names
    assert spool.document_column("numbers").tolist() == list(range(25))
    assert spool.document_column("tokens").tolist() == [plain.bag().total() for plain in documents]
    titles = [len(plain.units("title")) for plain in documents]
    assert spool.document_column("titles").tolist() == titles
    stored = b"".join(plain.stored for plain in documents)
    assert b"".join(spool.stored(0, len(stored))) == stored
    assert b"".join(spool.stored(3, 700)) == stored[3:700]
    spool.close()


def test_batches_without_documents_or_fields_are_fine(tmp_path: Path) -> None:
    spooler = Spooler(tmp_path, "s")
    spooler.add(make_batch([]))
    spooler.add(make_batch([Plain("a"), Plain("b")], 3))
    assert spooler.close().documents == 2
    spool = Spooled(tmp_path, "s")
    assert spool.names() == (["a", "b"], ["", ""])
    assert spool.run_sizes["body"].tolist() == [1, 1]
    spool.close()


def test_no_ideograph_is_taken_for_a_letter() -> None:
    """`flat` looks at pairs with a character of this stretch no further."""
    stretch = range(int(flat._HAN), int(flat._HAN) + int(flat._HAN_SIZE))
    assert not [chr(code) for code in stretch if len(bigram(chr(code), "a")) > 2]
    assert not [chr(code) for code in stretch if len(bigram("a", chr(code))) > 2]


def test_bigrams_of_characters_are_joined_exactly_where_the_text_room_says() -> None:
    """Any two characters next to one another, of every kind that is a unit by itself."""
    random = Random(7)
    plane = [chr(code) for code in range(11, 0x10000) if category(chr(code)) != "Cs"]
    plane.remove(JOIN)
    units = [*random.choices(plane, k=3000), *random.choices("aé7五a한ｱаア①☃", k=3000)]
    made = flat.Flat(make_batch([Plain("a", {"body": units})]), StringTable().naming)
    pairs = (dict(made.runs())["body"].marks & flat.BIGRAM).astype(bool)[1:]
    wanted = [JOIN not in bigram(a, b) for a, b in pairwise(units)]
    assert pairs[:-1].tolist() == wanted
    assert not all(wanted)


def test_numbers_of_strings_go_on_over_sections() -> None:
    table = StringTable()
    assert table.naming(["b__", "a__"])[0].tolist() == [0, 1]
    taken, order = table.take()
    assert (taken, order.tolist()) == ([b"a__", b"b__"], [1, 0])
    keys, are_pairs = table.naming(["a__", "ok", "c__"])
    assert keys.tolist() == [2, ord("o") << 16 | ord("k"), 3]
    assert are_pairs.tolist() == [False, True, False]


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_sections_are_ranked_as_sorting_all_strings_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(strings, "BLOCK", block)
    random = Random(8)
    sections, files = [], []
    for _ in range(5):
        own = {bytes(random.choices(b"ab\xe4\xe5", k=random.randint(1, 4))) for _ in range(40)}
        sections.append(sorted(own) if random.random() < 0.8 else [])
        writer = StringWriter(tmp_path / "strings")
        writer.write(sections[-1])
        files.append(writer.close())
    merged: list[bytes] = []
    ranks = rank([file.parts() for file in files], merged.extend)
    assert merged == sorted({string for section in sections for string in section})
    for section, places in zip(sections, ranks, strict=True):
        assert [merged[at] for at in places.tolist()] == section
    writer = StringWriter(tmp_path / "merged")
    writer.write(merged)
    some = np.array(sorted(random.sample(range(len(merged)), 20)))
    assert writer.close().pick(some) == [merged[at] for at in some.tolist()]


def test_what_is_kept_in_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times the documents take little more while they come, however many strings they have."""
    monkeypatch.setattr(strings, "FULL", 100_000)
    random = Random(9)

    def peak(stem: str, count: int) -> int:
        spooler = Spooler(tmp_path, stem)
        spooler.add(make_batch([Plain("warm", {"body": list("预热")})]))
        tracemalloc.start()
        for number in range(count):
            units = [f"{random.randrange(10**9)}" for _ in range(200)]
            spooler.add(make_batch([Plain(f"{number}", {"body": [*units, SENTENCE_END, "完"]})]))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        spooler.abandon()
        return highest

    assert peak("many", 200) < 1.5 * peak("few", 20) + 200 * 3000
