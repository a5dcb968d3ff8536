"""Dictionaries, held to a plain dict: every term is found, every extent right, and no other."""

from __future__ import annotations

import random
from bisect import bisect_left
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from corpus import documents
from hypothesis import example, given
from hypothesis import strategies as st

from searcher.engines.whoosh_.files.container import Container, ContainerWriter
from searcher.engines.whoosh_.files.fronts import RUN, FrontCoder, key_of, unpacked
from searcher.engines.whoosh_.files.terms import GROUP, Dictionary, pair_of, to_bytes, to_text
from searcher.engines.whoosh_.files.termswriter import DictionaryWriter

Sizes = dict[bytes, int]
"""Each term and the size of its record."""

TERMS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    st.text("ab‿脱贫\uffff\U00020000\0", max_size=5),
    st.text("a", max_size=300),
).map(str.encode) | st.binary(max_size=4)

SIZES = st.integers(0, 300) | st.sampled_from([254, 255, 256, 1 << 31])


def is_pair(term: bytes) -> bool:
    return pair_of(to_text(term)) is not None


def in_order(sizes: Sizes) -> list[bytes]:
    """Return terms as they are numbered: pairs first, each kind by its bytes."""
    return sorted(sizes, key=lambda term: (not is_pair(term), term))


def make(path: Path, sizes: Sizes, piece: int = 1 << 30) -> Dictionary:
    """Write a dictionary, so many terms in each call, and open it."""
    container = ContainerWriter(path)
    writer = DictionaryWriter(path.parent, container, "7")
    terms = in_order(sizes)
    pairs = [pair_of(to_text(term)) for term in terms if is_pair(term)]
    codes = np.array([pair for pair in pairs if pair], np.uint16).reshape(-1, 2)
    numbers = np.array([sizes[term] for term in terms], np.uint32)
    for at in range(0, len(codes), piece):
        part = codes[at : at + piece]
        writer.pairs(part[:, 0], part[:, 1], numbers[: len(codes)][at : at + piece])
    for at in range(len(codes), len(terms), piece):
        writer.rest(terms[at : at + piece], numbers[at : at + piece])
    writer.close()
    container.close()
    assert writer.counts == (len(codes), len(terms) - len(codes))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return Dictionary(Container.open(path), "7", *writer.counts)


def check(dictionary: Dictionary, sizes: Sizes, strangers: list[bytes]) -> None:
    terms = in_order(sizes)
    ends = accumulate((sizes[term] for term in terms), initial=0)
    assert len(dictionary) == len(terms)
    for number, (term, extent) in enumerate(zip(terms, pairwise(ends), strict=True)):
        assert dictionary.find(to_text(term)) == number
        assert dictionary.extent(number) == extent
        assert dictionary.term(number) == term
    for stranger in strangers:
        if stranger not in sizes:
            assert dictionary.find(to_text(stranger)) is None
    assert list(dictionary.ascending()) == sorted((term, n) for n, term in enumerate(terms))
    assert dictionary.sizes().tolist() == [sizes[term] for term in terms]
    first, second = dictionary.pairs()
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [
        pair_of(to_text(term)) for term in terms if is_pair(term)
    ]


@given(
    sizes=st.dictionaries(TERMS, SIZES, max_size=60),
    piece=st.integers(1, 70),
    strangers=st.lists(TERMS),
)
@example(sizes={}, piece=1, strangers=[b"", b"a", b"aaa"])
@example(sizes={b"": 1, b"\0": 2, b"a": 3}, piece=1, strangers=[b"\0\0", b"a\0"])
def test_any_terms_are_found_and_no_others(
    sizes: Sizes, piece: int, strangers: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    dictionary = make(tmp_path_factory.mktemp("terms") / "part", sizes, piece)
    check(dictionary, sizes, strangers)


@given(sizes=st.dictionaries(TERMS, SIZES, max_size=60), start=TERMS)
def test_terms_ascend_from_any_start(
    sizes: Sizes, start: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dictionary = make(tmp_path_factory.mktemp("terms") / "part", sizes)
    everything = sorted(sizes)
    found = [term for term, _ in dictionary.ascending(start)]
    assert found == everything[bisect_left(everything, start) :]


@pytest.mark.parametrize("count", [0, 1, RUN - 1, RUN, RUN + 1, GROUP, GROUP + 1, 3 * GROUP])
@pytest.mark.parametrize("stem", ["", "https://www."])
def test_terms_at_the_borders_of_blocks(tmp_path: Path, count: int, stem: str) -> None:
    sizes = {f"{stem}{number:03}".encode(): 254 + number % 3 for number in range(count)}
    sizes |= {
        chr(0x4E00 + number // 9).encode() + b"%d" % (number % 9): 9 for number in range(count)
    }
    strangers = [f"{stem}{number:03}x".encode() for number in range(count)]
    check(make(tmp_path / "part", sizes, 10), sizes, [*strangers, b"0", "龥".encode(), b"https"])


def test_words_and_pairs_of_real_documents_are_found(tmp_path: Path) -> None:
    noise = random.Random(3)
    sizes: Sizes = {}
    for document in documents():
        body = document.body[:2000]
        for at in range(len(body) - 4):
            term = body[at : at + noise.choice([1, 2, 2, 2, 3, 4])]
            sizes[term.encode()] = sizes.get(term.encode(), 0) + 5
    assert len(sizes) > 20_000
    assert max(sizes.values()) > 255
    dictionary = make(tmp_path / "part", sizes, 5000)
    check(dictionary, sizes, [term + b"x" for term in sizes])


def test_what_does_not_ascend_is_refused(tmp_path: Path) -> None:
    container = ContainerWriter(tmp_path / "part")
    one = np.ones(1, np.uint32)

    def writer() -> DictionaryWriter:
        made = DictionaryWriter(tmp_path, container, "7")
        made.pairs(np.array([20], np.uint16), np.array([30], np.uint16), one)
        return made

    for first, second in [(20, 30), (20, 29), (19, 31)]:
        late = writer()
        with pytest.raises(ValueError, match="ascend"):
            late.pairs(np.array([first], np.uint16), np.array([second], np.uint16), one)
        late.abandon()
    mixed = writer()
    mixed.rest([b"aaa"], one)
    with pytest.raises(ValueError, match="ascend"):
        mixed.pairs(np.array([21], np.uint16), np.array([30], np.uint16), one)
    for term in [b"aaa", b"aa"]:
        with pytest.raises(ValueError, match="does not come behind"):
            mixed.rest([term], one)
    mixed.abandon()
    container.abandon()


@given(st.binary())
def test_bytes_of_terms_come_back(term: bytes) -> None:
    assert to_bytes(to_text(term)) == term


def test_what_cannot_be_a_term_is_not_found(tmp_path: Path) -> None:
    dictionary = make(tmp_path / "part", {b"aaa": 1, "脱".encode(): 1})
    assert to_bytes("\ud800") is None
    assert [dictionary.find(term) for term in ["\ud800", "脱\ud800", "\ud800aa"]] == [None] * 3


# ---------------------------------------------------------------- front coding


@given(st.sets(st.binary(max_size=5) | st.text("ab", max_size=400).map(str.encode)))
def test_front_coded_strings_come_back(strings: set[bytes]) -> None:
    ordered = sorted(strings)
    coder = FrontCoder()
    data = b"".join(coder.packed(ordered[at : at + 3]) for at in range(0, len(ordered), 3))
    assert (coder.count, coder.length) == (len(ordered), len(data))
    blocks = [data[start:stop] for start, stop in pairwise([*coder.blocks, len(data)])]
    found = [
        unpacked(block, min(RUN, len(ordered) - RUN * number))
        for number, block in enumerate(blocks)
    ]
    assert [string for block in found for string in block] == ordered
    assert coder.keys.tolist() == [key_of(block[0]) for block in found]
    assert coder.keys.tolist() == sorted(coder.keys)


@given(st.binary(max_size=40), st.integers(1, RUN))
def test_a_damaged_block_is_refused_or_gives_so_many_strings(block: bytes, count: int) -> None:
    try:
        strings = unpacked(block, count)
    except ValueError:
        return
    assert len(strings) == count
    assert sum(map(len, strings)) <= count * len(block)
