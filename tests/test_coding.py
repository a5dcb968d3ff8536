"""Records: the arrays that encode and decode them, held to a slow coder that goes byte by byte."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from corpus import documents
from hypothesis import example, given
from hypothesis import strategies as st

from searcher.columns import Numbers
from searcher.engines.whoosh_.files import coding, decoding
from searcher.engines.whoosh_.files.coding import NO_POSITION, Postings
from searcher.engines.whoosh_.files.decoding import DamagedRecordError

LIMIT = 1 << 31


# ---------------------------------------------------------------- the slow coder


@dataclass
class Posting:
    """One document of a term."""

    document: int
    count: int
    positions: list[int] = field(default_factory=list)


Term = list[Posting]


def slow_record(term: Term) -> bytes:
    """Return a record, by the page at the head of `coding`."""
    width, skips, gaps = slow_gaps([posting.document for posting in term])
    counts = [posting.count for posting in term]
    kind = counts[0] if max(counts) == min(counts) <= 2 else 3
    occurrences = sum(len(posting.positions) for posting in term)
    places = 0 if not occurrences else 1 if occurrences == len(term) else 2
    places = 3 if any(NO_POSITION in posting.positions for posting in term) else places
    lows, highs, far = slow_positions(term, places)

    few = len(term) if len(term) <= 3 else 0
    record = bytes([width | kind << 2 | places << 4 | few << 6])
    record += b"" if few else slow_varint(len(term))
    record += slow_varint(skips) if width in (1, 2) else b""
    record += slow_varint(occurrences) if places >= 2 else b""
    record += gaps
    record += slow_nibbles([min(count, 15) for count in counts]) if kind == 3 else b""
    record += lows + highs
    record += b"".join(slow_long(count) for count in counts if count >= 15)
    return record + far


def slow_gaps(numbers: list[int]) -> tuple[int, int, bytes]:
    """Return width, skips and gaps; of widths that give the same size, the first."""
    gaps = [after - before for before, after in pairwise([0, *numbers])]
    byte_skips, short_skips = (sum(gap // skip for gap in gaps) for skip in (255, 65535))
    sizes = [
        2 * len(gaps) if max(gaps) < 1 << 16 else 1 << 60,
        len(gaps) + byte_skips + 1,
        2 * (len(gaps) + short_skips) + 1,
        4 * len(gaps),
    ]
    width = sizes.index(min(sizes))
    size, skip = ((2, 0), (1, 255), (2, 65535), (4, 0))[width]
    out = b""
    for gap in gaps:
        out += (skip.to_bytes(size, "little") * (gap // skip)) if skip else b""
        out += (gap % skip if skip else gap).to_bytes(size, "little")
    return width, (0, byte_skips, short_skips, 0)[width], out


def slow_positions(term: Term, places: int) -> tuple[bytes, bytes, bytes]:
    """Return low bytes, high nibbles and escapes."""
    lows = far = b""
    highs = []
    for posting in term:
        for index, position in enumerate(posting.positions):
            top, first = (15, 0) if places == 1 else (7, 0 if index else 8)
            lows += bytes([position % 256])
            highs.append(min(position >> 8, top) | first)
            far += slow_long(position) if position >> 8 >= top else b""
    return lows, slow_nibbles(highs), far


def slow_long(value: int) -> bytes:
    return value.to_bytes(4, "little")


def slow_varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def slow_nibbles(values: list[int]) -> bytes:
    values = values + [0] * (len(values) % 2)
    return bytes(values[at] + 16 * values[at + 1] for at in range(0, len(values), 2))


# ---------------------------------------------------------------- from postings to arrays


def arrays(terms: list[Term]) -> Postings:
    def numbers(values: list[int]) -> Numbers:
        return np.array(values, np.int64)

    postings = [posting for term in terms for posting in term]
    return Postings(
        numbers([len(term) for term in terms]),
        numbers([posting.document for posting in postings]),
        numbers([posting.count for posting in postings]),
        numbers([sum(len(posting.positions) for posting in term) for term in terms]),
        numbers([position for posting in postings for position in posting.positions]),
        np.array([not i for posting in postings for i, _ in enumerate(posting.positions)], bool),
    )


def records(terms: list[Term]) -> list[memoryview]:
    blob, sizes = coding.encode(*arrays(terms))
    assert sizes.dtype == np.uint32
    ends = sizes.cumsum(dtype=np.int64).tolist()
    assert len(blob) == (ends[-1] if ends else 0)
    return [blob.data[start:stop] for start, stop in pairwise([0, *ends])]


def decoded(record: memoryview, limit: int = LIMIT) -> tuple[list[tuple[int, int]], list[int]]:
    numbers, counts = decoding.docs(record, limit)
    places = decoding.places(record, limit)
    kinds = [each.dtype.name for each in (numbers, counts, places)]
    assert kinds == ["int64", "uint32", "int64"]
    return list(zip(numbers.tolist(), counts.tolist(), strict=True)), places.tolist()


def expected(term: Term) -> tuple[list[tuple[int, int]], list[int]]:
    places = [
        posting.document << 32 | position
        for posting in term
        for position in posting.positions
        if position != NO_POSITION
    ]
    return [(posting.document, posting.count) for posting in term], places


def check(terms: list[Term]) -> None:
    found = records(terms)
    assert len(found) == len(terms)
    for term, record in zip(terms, found, strict=True):
        assert bytes(record) == slow_record(term)
        assert decoding.df(record) == len(term)
        everywhere = all(each.positions and NO_POSITION not in each.positions for each in term)
        assert decoding.stands_everywhere(record) == everywhere
        assert decoded(record) == expected(term)


# ---------------------------------------------------------------- any postings

GAPS = st.one_of(
    st.integers(1, 3),
    st.integers(250, 260),
    st.integers(505, 515),
    st.integers(1, 2000),
    st.integers(65530, 65540),
    st.integers(131065, 131075),
    st.integers(1, 1 << 28),
)
COUNTS = st.one_of(st.integers(0, 3), st.integers(13, 17), st.integers(0, (1 << 32) - 1))
POSITIONS = st.one_of(
    st.integers(0, 20),
    st.integers(1785, 1795),
    st.integers(3835, 3845),
    st.integers(0, 1 << 31),
    st.just(NO_POSITION - 1),
)


@st.composite
def some_terms(draw: st.DrawFn) -> list[Term]:
    return [draw(a_term()) for _ in range(draw(st.integers(0, 6)))]


@st.composite
def a_term(draw: st.DrawFn) -> Term:
    gaps = draw(st.lists(GAPS, min_size=1, max_size=draw(st.sampled_from([1, 3, 5, 40]))))
    same = draw(st.one_of(st.none(), COUNTS))
    most = draw(st.sampled_from([0, 1, 1, 4]))
    whole = draw(st.booleans())
    document = draw(st.integers(-1, 3))
    term = []
    for gap in gaps:
        document = min(document + gap, LIMIT - 1)
        positions = sorted(draw(st.sets(POSITIONS, min_size=min(most, 1), max_size=most)))
        if positions and not whole and draw(st.booleans()):
            positions = [NO_POSITION]
        term.append(Posting(document, draw(COUNTS) if same is None else same, positions))
        if document == LIMIT - 1:
            break
    return term


@given(some_terms())
@example([])
@example([[Posting(0, 0)], [Posting(LIMIT - 1, (1 << 32) - 1, [1 << 31])]])
def test_records_are_those_of_the_slow_coder(terms: list[Term]) -> None:
    check(terms)


@pytest.mark.parametrize("documents", [1, 2, 3, 4, 127, 128, 129, 16384])
@pytest.mark.parametrize("gap", [1, 254, 255, 256, 510, 65534, 65535, 65536, 131070])
def test_gaps_at_the_borders_of_each_width(documents: int, gap: int) -> None:
    check([[Posting(number * gap, 1) for number in range(documents)]])


@pytest.mark.parametrize("occurrences", [1, 2, 11, 12, 13, 14, 127, 128])
@pytest.mark.parametrize("position", [0, 255, 256, 1791, 1792, 3839, 3840, 1 << 31])
def test_positions_at_the_borders_of_each_form(occurrences: int, position: int) -> None:
    together = [Posting(5, 3, [position + number for number in range(occurrences)])]
    apart = [Posting(number, 1, [position]) for number in range(occurrences)]
    check([together, apart, [*apart, Posting(1000, 2, [position, position + 1])]])


@pytest.mark.parametrize("documents", [1, 2, 3, 40])
def test_documents_without_a_position_are_left_out_of_places_alone(documents: int) -> None:
    term = [Posting(number, 2, [NO_POSITION]) for number in range(documents)]
    check([term, [*term, Posting(99, 2, [7])], [*term, Posting(99, 2, [7, 8, 4000])]])


# ---------------------------------------------------------------- many postings


def many(noise: np.random.Generator, documents: int, bound: int) -> Postings:
    """Return one term in *documents* of *bound* documents."""
    docs = np.sort(noise.choice(bound, documents, replace=False))
    each = noise.integers(1, 4, documents)
    steps = noise.integers(1, 1500, int(each.sum()))
    firsts = np.zeros(len(steps), bool)
    firsts[each.cumsum() - each] = True
    return Postings(
        np.array([documents]),
        docs,
        noise.geometric(0.2, documents),
        np.array([len(steps)]),
        np.where(firsts, 0, steps.cumsum() % 5000 + 1),
        firsts,
    )


@pytest.mark.parametrize("bound", [1_000_001, 30_000_000, 2_000_000_000])
def test_a_million_postings_come_back(bound: int) -> None:
    noise = np.random.default_rng(bound)
    if bound > 1 << 30:
        docs = np.unique(noise.integers(0, bound, 1_000_000))
        term = many(noise, len(docs), 2 * len(docs))._replace(docs=docs)
    else:
        term = many(noise, 1_000_000, bound)
    blob, sizes = coding.encode(*term)
    assert sizes.tolist() == [len(blob)]
    docs, counts = decoding.docs(blob.data, bound)
    assert np.array_equal(docs, term.docs)
    assert np.array_equal(counts, term.counts)
    owners = term.docs[term.firsts.cumsum() - 1]
    assert np.array_equal(decoding.places(blob.data, bound), owners << 32 | term.positions)


def test_many_terms_at_once_are_as_each_alone() -> None:
    # More than are encoded in one piece, long records (which are copied whole) among short ones.
    noise = random.Random(17)
    terms = []
    for _ in range(4000):
        length = noise.choice([1, 1, 1, 2, 3, 5, 20, 20, 400])
        wide = noise.choice([1, 100, 10_000])
        spread = [number * wide + noise.randrange(wide) for number in range(length)]
        most = noise.choice([0, 1, 3])
        terms.append(
            [
                Posting(document, noise.randrange(1, 20), sorted(noise.sample(range(4000), most)))
                for document in spread
            ]
        )
    terms[1234] = [Posting(number, 1, [number % 7]) for number in range(200_000)]
    found = records(terms)
    for term, record in zip(terms, found, strict=True):
        if len(term) < 200_000:
            assert bytes(record) == slow_record(term)
            assert decoded(record) == expected(term)
        else:
            assert decoded(record) == expected(term)


def test_pairs_of_characters_of_real_documents_come_back() -> None:
    terms: dict[str, dict[int, list[int]]] = {}
    for number, document in enumerate(documents()[:200]):
        for position, pair in enumerate(map("".join, pairwise(document.body[:5000]))):
            terms.setdefault(pair, {}).setdefault(number, []).append(position)
    assert len(terms) > 5000
    check(
        [
            [Posting(number, len(places), places) for number, places in terms[pair].items()]
            for pair in sorted(terms)
        ]
    )


# ---------------------------------------------------------------- damage


def read(record: bytes) -> None:
    """Decode whatever *record* is; no array may be longer than its bytes account for."""
    view = memoryview(record)
    try:
        assert decoding.df(view) > 0
        docs, counts = decoding.docs(view, 1 << 20)
        assert len(docs) == len(counts) <= len(record)
        assert docs[-1] < 1 << 20
        assert len(decoding.places(view, 1 << 20)) <= len(record)
    except DamagedRecordError:
        pass


@given(st.binary(max_size=60))
@example(b"")
@example(b"\x00\xff\xff\xff\xff\x7f")
@example(b"\x00\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x01\x00\x00")
@example(b"\xe1\xff\xff\xff\xff\x0f" + bytes(40))
def test_bytes_that_are_no_record_are_refused_or_read_within_bounds(record: bytes) -> None:
    read(record)


@given(a_term(), st.data())
def test_damaged_records_are_refused_or_read_within_bounds(
    term: Term, data: st.DataObject
) -> None:
    record = bytearray(records([term])[0])
    for _ in range(data.draw(st.integers(1, 3))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(record[: data.draw(st.integers(0, len(record)))]))


def test_a_record_that_is_cut_is_refused() -> None:
    for most in [1, 5, 50]:
        term = [Posting(number * 90, number % 9, [number, 500]) for number in range(most)]
        record = records([term])[0]
        for length in range(len(record)):
            with pytest.raises(DamagedRecordError):
                decoded(record[:length])


@pytest.mark.parametrize("documents", [1, 40])
def test_escapes_that_are_not_there_are_refused(documents: int) -> None:
    record = records([[Posting(number, 15, []) for number in range(documents)]])[0]
    with pytest.raises(DamagedRecordError):
        decoding.docs(record[:-1], LIMIT)
    record = records([[Posting(number, 1, [5000]) for number in range(documents)]])[0]
    with pytest.raises(DamagedRecordError):
        decoding.places(record[:-1], LIMIT)


def test_a_document_that_is_not_there_is_refused() -> None:
    for width in [1, 300, 70_000]:
        record = records([[Posting(0, 1, [1]), Posting(width, 1, [1])]])[0]
        decoded(record, width + 1)
        with pytest.raises(DamagedRecordError):
            decoding.docs(record, width)
        with pytest.raises(DamagedRecordError):
            decoding.places(record, width)


@pytest.mark.parametrize("documents", [2, 40])
def test_positions_of_too_few_or_too_many_documents_are_refused(documents: int) -> None:
    term = [Posting(number, 1, [3, 4]) for number in range(documents)]
    record = bytearray(records([term])[0])
    nibbles = len(record) - documents
    assert record[nibbles:] == bytes([0x08]) * documents
    for place, broken in [(nibbles, 0x00), (nibbles, 0x80), (len(record) - 1, 0x88)]:
        damaged = record.copy()
        damaged[place] = broken
        with pytest.raises(DamagedRecordError):
            decoding.places(memoryview(damaged), LIMIT)
