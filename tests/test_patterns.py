"""Patterns on stored text: nearness, one error, exact characters, held to plain Python by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import sheet_of
from stored_documents import stored
from test_matches import BODIES, block_field, positions_in, spans_found
from test_phrases import random_documents

import searcher
from searcher.errors import QueryError
from searcher.matches import (
    block_ranges,
    blockrows,
    blocks,
    found_in,
    resolving,
    spread,
)
from searcher.matches.resolving import Resolver, place_in, satisfying
from searcher.matches.ways import ways
from searcher.model import (
    TEXT_FIELDS,
    Almost,
    Among,
    And,
    Clause,
    Document,
    EngineHit,
    EnginePage,
    Glyphs,
    Mark,
    Near,
    Noise,
    Not,
    Or,
    Pattern,
    Run,
)
from searcher.snippets import Kinds, best_of_page
from searcher.stored import BLOCK, StoredDocument
from searcher.stored import blocks as stored_blocks
from searcher.text.clean import clean, judge
from searcher.text.queries import NOISES, query_readings
from searcher.text.script import fold
from searcher.text.units import SENTENCE_END, units

Keys = Sequence[str]
Stretch = tuple[int, int]
"""The first unit of a stretch and the one behind its last."""
Span = tuple[int, str, int, int, int]
"""Document, field, start, end and mark."""


# ------------------------------------------------------------------ what each pattern means


def near(keys: Keys, pattern: Near) -> Iterator[list[Stretch]]:
    """Yield the parts of every minimal window."""
    windows = {}
    for begin in range(len(keys)):
        parts: list[Stretch] = []
        at = begin
        for part in pattern.parts:
            places = range(at, len(keys)) if parts else (begin,)
            at = next((a for a in places if tuple(keys[a : a + len(part)]) == part), -1)
            if at < 0:
                break
            parts.append((at, at + len(part)))
            at += len(part)
        else:
            windows[at] = parts  # the last window with this end is the shortest
    for parts in windows.values():
        between = parts[-1][1] - parts[0][0] - sum(map(len, pattern.parts))
        if between <= pattern.slop:
            yield parts


def is_almost(some: Keys, asked: Keys) -> bool:
    """Tell whether one unit replaced, left out or put in makes *asked* of *some*."""
    if len(some) == len(asked):
        return sum(a != b for a, b in zip(some, asked, strict=True)) <= 1
    short, long = sorted((tuple(some), tuple(asked)), key=len)
    return len(long) - len(short) == 1 and any(
        long[:at] + long[at + 1 :] == short for at in range(len(long))
    )


def almost(keys: Keys, asked: Keys) -> list[Stretch]:
    """Return the stretches to show: the best first, none that overlaps a better one."""
    size = len(asked)
    found = []
    for length, first in product((size + 1, size, size - 1), range(len(keys))):
        some = tuple(keys[first : first + length])
        if len(some) == length and is_almost(some, asked):
            has_ends = some[0] == asked[0] and some[-1] == asked[-1]
            is_cut = length == size - 1 and some in (tuple(asked[1:]), tuple(asked[:-1]))
            if some == tuple(asked) or has_ends or is_cut:
                rank = 0 if some == tuple(asked) else 1 if has_ends else 2
                found.append((rank, -length, first, first + length))
    kept: list[Stretch] = []
    for *_, first, stop in sorted(found):
        if all(stop <= a or b <= first for a, b in kept):
            kept.append((first, stop))
    return kept


def written(text: str, noise: Noise) -> tuple[list[str], list[str], list[Stretch]]:
    """Return the units of a text, the clean text of each, and their spans."""
    mapped = clean(text, noise)
    found = units(text, mapped)
    texts, at = [], 0
    for key, start in zip(found.keys, found.start, strict=True):
        own = ""
        if key != SENTENCE_END:
            # Several units may come from one character: each takes its own from what is left.
            while mapped.start[at] < start or fold(mapped.text[at]) != key[0]:
                at += 1
            while fold(own).replace(",", "") != key:
                own += mapped.text[at]
                at += 1
        texts.append(own)
    return list(found.keys), texts, list(zip(found.start, found.end, strict=True))


def glyphs(text: str, noise: Noise, pattern: Glyphs) -> list[Stretch]:
    keys, texts, _ = written(text, noise)
    line = " ".join(pattern.text.splitlines())
    asked = [written(each, way) for each in (line, pattern.text) for way in NOISES]
    wanted = {tuple(own) for its, own, _ in asked if tuple(its) == pattern.units}
    size = len(pattern.units)
    return [
        (at, at + size)
        for at in range(len(keys) - size + 1)
        if tuple(keys[at : at + size]) == pattern.units and tuple(texts[at : at + size]) in wanted
    ]


def stretches(text: str, noise: Noise, pattern: Pattern) -> set[Stretch]:
    """Return what to show of a text, in units."""
    keys = units(text, clean(text, noise)).keys
    match pattern:
        case Near():
            return {part for parts in near(keys, pattern) for part in parts}
        case Almost():
            return set(almost(keys, pattern.units))
        case Glyphs():
            return set(glyphs(text, noise, pattern))


def spans_wanted(page: Sequence[StoredDocument], marks: Sequence[Mark]) -> set[Span]:
    out = set()
    for number, document in enumerate(page):
        for name, (at, mark) in product(TEXT_FIELDS, enumerate(marks)):
            if name not in mark.fields or mark.pattern is None:
                continue
            text = getattr(document, name)
            read = units(text, clean(text, document.noise))
            for first, stop in stretches(text, document.noise, mark.pattern):
                out.add((number, name, read.start[first], read.end[stop - 1], at))
    return out


def satisfies(document: StoredDocument, pattern: Pattern) -> bool:
    texts = ((getattr(document, name), document.noise) for name in pattern.fields)
    return any(stretches(*text, pattern) for text in texts)


# ------------------------------------------------------------------ random ones

SMALL = st.lists(st.sampled_from([*"甲乙丙丁" * 3, *"。，後后5", "Go", "GO"]), max_size=40)
TEXTS = st.one_of(SMALL.map("".join), BODIES)
FIELDS = st.sampled_from([TEXT_FIELDS, TEXT_FIELDS, ("body",), ("title",)])


@st.composite
def pieces(draw: st.DrawFn, text: str, most: int) -> tuple[str, tuple[str, ...]]:
    """Return a piece of *text* and its units, at least one."""
    start = draw(st.integers(0, max(0, len(text) - 1)))
    piece = text[start : start + draw(st.integers(1, most))]
    piece = piece if query_readings(piece) else "甲"
    return piece, draw(st.sampled_from(query_readings(piece)))


@st.composite
def patterns(draw: st.DrawFn, text: str) -> Pattern:
    kind = draw(st.sampled_from([Near, Almost, Glyphs]))
    fields = draw(FIELDS)
    if kind is Near:
        count, most = draw(st.integers(2, 3)), draw(st.sampled_from([1, 3]))
        parts = tuple(draw(pieces(text, most))[1] for _ in range(count))
        return Near(parts, draw(st.integers(0, 8)), fields)
    typed, run = draw(pieces(text, 7))
    if kind is Glyphs:
        return Glyphs(typed, run, fields)
    asked = list(run)
    for _ in range(draw(st.integers(0, 1))):
        asked.insert(draw(st.integers(0, len(asked))), draw(st.sampled_from([*"甲乙丙后", "go"])))
    while len(asked) < 3:
        asked.append(draw(st.sampled_from("甲乙丙")))
    return Almost(tuple(asked), fields)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[StoredDocument], list[Pattern]]:
    texts = draw(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
    page = [stored(Document("a", body, title)) for title, body in texts]
    from_texts = st.sampled_from([text for both in texts for text in both])
    return page, [draw(patterns(draw(from_texts))) for _ in range(draw(st.integers(1, 3)))]


def marks_of(found: Sequence[Pattern]) -> list[Mark]:
    return [Mark(("\0",), each.fields, at, True, each) for at, each in enumerate(found)]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(cases())
def test_every_pattern_is_shown_where_it_stands(
    case: tuple[list[StoredDocument], list[Pattern]],
) -> None:
    page, found = case
    marks = marks_of(found)
    assert spans_found(page, marks) == spans_wanted(page, marks)


# ------------------------------------------------------------------ which documents


def holds(document: StoredDocument, clause: Clause) -> bool:
    """Answer a clause as an engine does."""
    match clause:
        case And():
            return all(holds(document, each) for each in clause.clauses)
        case Or():
            return any(holds(document, each) for each in clause.clauses)
        case Near():
            assert all(len(part) > 1 for part in clause.parts)
            return satisfies(document, clause)
        case Not():
            return not holds(document, clause.clause)
        case Run():
            assert SENTENCE_END not in (clause.units[0], clause.units[-1])
            return satisfies(document, Near((clause.units,), 0, clause.fields))
    raise AssertionError(clause)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(cases())
def test_an_engine_leaves_out_no_document_and_is_sure_of_none_too_many(
    case: tuple[list[StoredDocument], list[Pattern]],
) -> None:
    page, found = case
    for document, pattern in product(page, found):
        asked = ways(pattern)
        surely = any(holds(document, clause) for clause in asked.surely)
        maybe = surely or any(holds(document, clause) for clause in asked.maybe)
        assert surely <= satisfies(document, pattern) <= maybe


class SlowReader:
    """Answers clauses over documents in a list, those an engine answers."""

    def __init__(self, held: Sequence[StoredDocument]) -> None:
        self.held = held
        self.asked = 0

    def numbers(self, clause: Clause) -> list[int]:
        self.asked += 1
        return [number for number in range(len(self.held)) if self.matches(number, clause)]

    def matches(self, number: int, clause: Clause) -> bool:
        match clause:
            case Among():
                return number in clause.numbers
            case And():
                return all(self.matches(number, each) for each in clause.clauses)
            case Or():
                return any(self.matches(number, each) for each in clause.clauses)
            case Not():
                return not self.matches(number, clause.clause)
        return holds(self.held[number], clause)

    def count(self, where: Clause) -> int:
        return len(self.numbers(where))

    def search(self, where: Clause, *_: object, **__: object) -> EnginePage:
        found = self.numbers(where)
        return EnginePage(len(found), tuple(EngineHit(number, 0.0) for number in reversed(found)))


def resolver(held: Sequence[StoredDocument]) -> tuple[Resolver, Any]:
    reader: Any = SlowReader(held)
    return Resolver(reader, held.__getitem__), reader


@st.composite
def clauses(draw: st.DrawFn, leaves: Sequence[Clause]) -> Clause:
    """Return leaves joined in any way."""
    leaf = st.sampled_from(leaves)
    joined = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda each: And(tuple(each)), st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda each: Or(tuple(each)), st.lists(inner, min_size=1, max_size=3)),
            st.builds(Not, inner),
        ),
        max_leaves=5,
    )
    return draw(joined)


def is_true(document: StoredDocument, clause: Clause) -> bool:
    match clause:
        case And():
            return all(is_true(document, each) for each in clause.clauses)
        case Or():
            return any(is_true(document, each) for each in clause.clauses)
        case Not():
            return not is_true(document, clause.clause)
        case Near() | Almost() | Glyphs():
            return satisfies(document, clause)
    return holds(document, clause)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cases(), st.data())
def test_a_resolved_clause_matches_the_same_documents(
    case: tuple[list[StoredDocument], list[Pattern]], data: st.DataObject
) -> None:
    page, found = case
    texts = st.sampled_from([each.body for each in page])
    run = Run(data.draw(pieces(data.draw(texts), 2))[1])
    clause = data.draw(clauses([*found, run]))
    resolve, reader = resolver(page)
    resolved = resolve.resolved(clause, "")
    wanted = [at for at, document in enumerate(page) if is_true(document, clause)]
    assert reader.numbers(resolved) == wanted


def test_candidates_are_read_once_and_counted_before(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [stored(Document(str(at), "前後" if at % 2 else "前后")) for at in range(6)]
    resolve, reader = resolver(held)
    pattern = Glyphs("後", ("后",))
    assert resolve.resolved(pattern) == resolve.resolved(pattern) == Among((1, 3, 5))
    assert reader.asked == 2  # once to count, once to list
    monkeypatch.setattr(resolving, "MOST", 5)
    other = Glyphs("后", ("后",))
    with pytest.raises(QueryError, match=r"6 documents .* at most 5 .* rarer") as caught:
        resolve.resolved(And((Run(("前",)), other)), "前 =后")
    assert (caught.value.query, caught.value.position) == ("前 =后", 3)


def test_the_documents_of_the_patterns_asked_last_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolving, "KEPT", 2)
    resolve, reader = resolver([stored(Document("a", "前後"))])
    patterns = [Glyphs(sign, (fold(sign),)) for sign in "後后裏"]
    remembered = []
    for at in (0, 1, 0, 1, 2, 1, 0):
        before = reader.asked
        resolve.resolved(patterns[at])
        remembered.append(reader.asked == before)
    assert remembered == [False, False, True, True, False, True, False]


def test_what_else_is_asked_for_makes_candidates_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "MOST", 2)
    held = [stored(Document(str(at), f"{'前' if at < 2 else ''}後")) for at in range(6)]
    resolve, reader = resolver(held)
    pattern, front = Glyphs("後", ("后",)), Run(("前",))
    for clause in (And((pattern, front)), And((Or((pattern, Not(pattern))), front))):
        assert reader.numbers(resolve.resolved(clause)) == [0, 1]
    assert reader.numbers(resolve.resolved(And((front, Not(pattern))))) == []
    assert resolve.resolved(pattern, beside=front) == Among((0, 1))


@pytest.mark.parametrize(
    ("line", "pattern", "position"),
    [
        ("公民 =後", Glyphs("後", ("后",)), 4),
        ("法 “驻 村”~3", Near((("驻",), ("村",)), 3), 3),
        ("公民 脫貧縣~", Almost(("脱", "贫", "县")), 3),
        ("別的", Almost(("脱", "贫", "县")), 0),
    ],
)
def test_the_place_of_a_pattern_is_found_in_the_query(
    line: str, pattern: Pattern, position: int
) -> None:
    assert place_in(line, pattern) == position


# ------------------------------------------------------------------ examples


def shown_in(text: str, pattern: Pattern, units_: tuple[str, ...] = ()) -> list[str]:
    """Return what is highlighted of a body."""
    page = [stored(Document("a", text))]
    found = found_in(sheet_of(page), page, [Mark(units_, TEXT_FIELDS, 0, True, pattern)])
    return [text[start:end] for start, end in zip(found.start, found.end, strict=True)]


def test_the_parts_of_the_shortest_windows_are_shown() -> None:
    zhu, cun, dui = ("驻",), ("村",), ("队",)
    assert shown_in("驻乡驻各村，村。", Near((zhu, cun), 3)) == ["驻", "村"]
    assert shown_in("驻村。驻村", Near((zhu, cun), 9)) == ["驻", "村", "驻", "村"]
    assert shown_in("村驻", Near((zhu, cun), 9)) == []
    assert shown_in("驻甲乙丙村", Near((zhu, cun), 2)) == []
    assert shown_in("驻，甲。丙村", Near((zhu, cun), 3)) == ["驻", "村"]  # 甲, sentence end, 丙
    assert shown_in("驻甲村乙队", Near((zhu, cun, dui), 2)) == ["驻", "村", "队"]
    assert shown_in("驻甲村乙队", Near((zhu, cun, dui), 2), cun) == ["村"]


def test_one_unit_may_be_another_or_missing_or_too_many() -> None:
    asked = Almost(tuple("脱贫攻坚"))
    for text in ("脱贫攻坚", "脱贫功坚", "脫貧攻之堅", "脱攻坚", "脱贫。攻坚"):
        assert shown_in(f"的{text}的", asked) == [text]
    for text, kept in (("了贫攻坚", "贫攻坚"), ("脱贫攻势", "脱贫攻"), ("贫攻坚", "贫攻坚")):
        assert shown_in(f"的{text}的", asked) == [kept]
    for text in ("脱坚贫攻", "脱贫", "脱了贫了攻坚", "攻坚脱贫"):
        assert shown_in(f"的{text}的", asked) == []
    assert shown_in("脱贫攻坚，脱贫攻间", asked) == ["脱贫攻坚", "脱贫攻"]


def test_glyphs_are_script_and_case_but_neither_width_nor_annotation() -> None:
    assert shown_in("皇后，之後", Glyphs("後", ("后",))) == ["後"]
    assert shown_in("GO go ＧＯ", Glyphs("GO", ("go",))) == ["GO", "ＧＯ"]
    assert shown_in("脫貧，脱貧，脱。貧", Glyphs("脱貧", ("脱", "贫"))) == ["脱貧"]
    noisy = "參與(yu) 脫貧，偉(wei) 大，事業(ye)"
    assert shown_in(noisy, Glyphs("參與脫", ("参", "与", "脱"))) == ["參與(yu) 脫"]
    assert shown_in("1,540 1540", Glyphs("1540", ("1540",))) == ["1540"]


# ------------------------------------------------------------------ huge documents


@pytest.mark.parametrize("seed", range(80))
def test_patterns_in_blocks_are_those_of_the_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (stored_blocks, blocks, blockrows):
        monkeypatch.setattr(module, "BLOCK", 4)
    chance = Random(seed)
    text = "".join(chance.choice("甲乙丙丁\n") for _ in range(chance.randint(1, 15)))
    field = block_field(text)

    def some(most: int) -> tuple[str, ...]:
        return tuple(chance.choice("甲乙丙") for _ in range(chance.randint(1, most)))

    asked = Near((some(2), some(2)), chance.randint(0, 5))
    marks = [Mark(("\0",), TEXT_FIELDS, 0, True, asked)]
    found = {(each.start, each.end) for each in block_ranges(field, marks, positions_in(text))}
    wanted = {part for parts in near(text, asked) for part in parts}
    assert found == {(2 * first, 2 * stop - 1) for first, stop in wanted}
    almost_ = Almost((*some(2), "甲", "乙"))
    spans = almost(text, almost_.units)
    marks = [Mark(almost_.units, TEXT_FIELDS, 0, True, almost_)]
    ranges = block_ranges(field, marks, positions_in(text))
    assert bool(ranges) == bool(spans)
    shown_ones = {text[each.start // 2 : (each.end + 1) // 2] for each in ranges}
    assert all(almost(each, almost_.units) == [(0, len(each))] for each in shown_ones)


@pytest.mark.parametrize("noise", ["", "參與(yu) 脫貧，偉(wei) 大，事業(ye)"])
def test_a_huge_document_is_read_where_it_has_to_be(noise: str) -> None:
    # The border of a block is in the middle of the pattern.
    body = noise + "一" * (BLOCK - len(units(noise, clean(noise, judge(noise))).keys) - 2)
    document = stored(Document("a", f"{body}之後Ａb，脱贫攻坚{'二' * 70_000}。"))
    assert document.is_huge
    for pattern, kept in (
        (Near((("之",), ("ab",)), 1), ["之", "Ａb"]),
        (Almost(("之", "后", "cd", "脱")), ["之後Ａb，脱"]),
        (Glyphs("後Ab", ("后", "ab")), ["後Ａb"]),
        (Glyphs("后Ab", ("后", "ab")), []),
        (Near((("之",), ("坚",)), 3), []),
    ):
        mark = Mark(("\0",), TEXT_FIELDS, 0, True, pattern)
        ranges = block_ranges(document.blocks["body"], [mark], lambda *_: ())
        assert [document.body[each.start : each.end] for each in ranges] == kept
        assert list(satisfying([(7, document)], pattern)) == ([7] if kept else [])


def test_a_passage_holds_all_parts_of_a_window_if_they_fit() -> None:
    text = f"驻{'甲' * 50}，驻{'乙' * 80}村，{'丙' * 40}村。"
    page = [stored(Document("a", text))]
    marks = spread([Mark(("\0",), TEXT_FIELDS, 0, True, Near((("驻",), ("村",)), 90))])
    sheet = sheet_of(page)
    found = found_in(sheet, page, marks)
    for chars, whole in ((100, True), (60, False)):
        snippet = best_of_page(sheet, found, Kinds.of(marks), count=1, chars=chars)[0][0]
        assert (len(snippet.highlights) == 2) == whole


# ------------------------------------------------------------------ through an index


def random_pattern(chance: Random, text: str) -> Pattern | None:
    """Return a pattern made of pieces of *text*, changed a little."""

    def piece(most: int) -> str:
        at = chance.randrange(len(text))
        return text[at : at + chance.randint(1, most)]

    fields = chance.choice([TEXT_FIELDS, TEXT_FIELDS, ("body",), ("title",)])
    typed = piece(6)
    runs = query_readings(typed)
    if not runs:
        return None
    kind = chance.randrange(3)
    if kind == 0:
        return Glyphs(typed, runs[0], fields)
    if kind == 1:
        others = query_readings(piece(4))
        return Near((runs[0], *others[:1]), chance.randint(0, 30), fields) if others else None
    asked = list(runs[0])
    asked[chance.randrange(len(asked))] = chance.choice("脱贫的1")
    return Almost(tuple(asked), fields) if len(asked) > 2 else None


def test_an_index_answers_patterns_as_plain_reading_does(tmp_path: Path) -> None:
    documents = random_documents(50, seed=5)
    documents += [
        Document(f"t{at}", each.body[:40], each.body[40:60])
        for at, each in enumerate(documents[:20])
    ]
    searcher.build(documents, index=tmp_path / "index", samples=0)
    chance = Random(9)
    found = 0
    with searcher.open(tmp_path / "index") as index, index._using() as snapshot:
        numbers = {snapshot.number_of(each.id): stored(each) for each in documents}
        for _ in range(230):
            pattern = random_pattern(chance, chance.choice(documents).body)
            if pattern is None:
                continue
            resolved = snapshot.resolved(pattern)
            page = snapshot.reader.search(resolved, (), (), limit=999, offset=0, sort="score")
            wanted = {at for at, document in numbers.items() if satisfies(document, pattern)}
            assert {hit.number for hit in page.hits} == wanted, pattern
            found += bool(wanted)
    assert found > 60


def test_a_pattern_is_asked_for_marked_and_counted_like_any_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [Document("a", "皇后駐各村。"), Document("b", "之後驻村"), Document("c", "后后后")]
    searcher.build(documents, index=tmp_path / "index")
    with searcher.open(tmp_path / "index") as index:
        (hit,) = index.search("=後 “驻 村”~1").hits
        assert hit.id == "b"
        assert hit.snippets[0].highlights == ((1, 2), (2, 4))
        assert index.search("-=後 后").total == 2
        assert index.search("=後 飞机", match="all").word_totals == {"=後": 1, "飞机": 0}
        monkeypatch.setattr(resolving, "MOST", 1)
        with pytest.raises(QueryError, match="3 documents would have to be read") as caught:
            index.search("“驻村” OR =后")
        assert (caught.value.query, caught.value.position) == ("“驻村” OR =后", 9)
        # What else is asked for leaves one; its own total would take reading more.
        assert index.search("=后 皇").total == 1
        assert index.search("=后 皇 飞机", match="all").word_totals == {"皇": 1, "飞机": 0}
