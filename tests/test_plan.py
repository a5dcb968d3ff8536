"""Plans: what a query asks for, what scores, what is marked, in every mode."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_parse import HOSTILE, WORDS, rows, trees
from test_patterns import glyphs, is_almost, near

from searcher import model
from searcher.errors import QueryError
from searcher.model import (
    TEXT_FIELDS,
    Among,
    Clause,
    Dated,
    Has,
    Is,
    Mark,
    Match,
    Noise,
    PathIs,
    Pattern,
    Plan,
    Run,
    Within,
)
from searcher.query import parse, plan, plan_query
from searcher.query.catalog import Catalog
from searcher.query.functionwords import function_words
from searcher.query.leaves import MAX_CUT_CHARACTERS
from searcher.query.signs import LITERAL_OFFER
from searcher.query.tree import And, Beside, Field, Group, Node, Not, Or, Required
from searcher.query.weights import CONSTANT_WEIGHT, MOST, TERM_WEIGHT
from searcher.text.analysis import analyze
from searcher.text.dates import period
from searcher.text.queries import query_terms
from searcher.text.script import fold
from searcher.text.script.kind import script_of
from searcher.text.units import SENTENCE_END
from searcher.text.words.fast import RjiebaCutter

CUTTER = RjiebaCutter()
Fields = Mapping[str, str]


VOCABULARY = (
    "2019", "20190101", "3.5", "3.52", "cat", "go", "golang", "html5", "pythagoras", "python",
    "tempt", "tempter", "tent", "test", "text",
)  # fmt: skip


def expand(pattern: str, most: int) -> tuple[str, ...]:
    """Return the words of a small vocabulary that match *pattern*."""
    return tuple(word for word in VOCABULARY if fnmatchcase(word, pattern))[: most + 1]


CATALOG = Catalog(frozenset({"pages", "文号", "Tag"}), expand)
"""An index with three extra fields and a few words."""


def planned(
    line: str, match: Match = "auto", *, literal: bool = False, catalog: Catalog = CATALOG
) -> Plan:
    return plan_query(line, match=match, literal=literal, cutter=CUTTER, catalog=catalog)


def refusal(line: str, *, literal: bool = False) -> QueryError:
    with pytest.raises(QueryError) as caught:
        planned(line, literal=literal)
    assert LITERAL_OFFER in str(caught.value)
    assert caught.value.query == line
    return caught.value


def found(clause: Clause, document: Fields) -> bool:
    """Return whether a document matches, by scanning its units: the meaning of a clause."""
    match clause:
        case PathIs():
            return document.get("path", "").startswith(clause.pattern)
        case model.And():
            return all(found(part, document) for part in clause.clauses)
        case model.Or():
            return any(found(part, document) for part in clause.clauses)
        case model.Not():
            return not found(clause.clause, document)
        case Run() | model.Near() | model.Almost() | model.Glyphs():
            return any(_stands_in(clause, document.get(name, "")) for name in clause.fields)
        case Has():
            return _stands_in(Run(clause.units), document.get(clause.field, ""))
        case Among():
            return False
        case _:
            return _has_value(clause, document)


def _stands_in(clause: Run | Pattern, text: str) -> bool:
    keys = tuple(analyze(text, Noise(), CUTTER).units.keys)
    if isinstance(clause, model.Near):
        return any(near(keys, clause))
    if isinstance(clause, model.Glyphs):
        return bool(glyphs(text, Noise(), clause))
    size, stretches = len(clause.units), range(len(keys))
    if isinstance(clause, model.Almost):
        sizes = (size - 1, size, size + 1)
        return any(is_almost(keys[a : a + n], clause.units) for a in stretches for n in sizes)
    return any(keys[at : at + size] == clause.units for at in stretches)


def _has_value(clause: Clause, document: Fields) -> bool:
    match clause:
        case Is():
            text = f"{document.get('title', '')}\n{document.get('body', '')}"
            return clause.value == document.get(clause.field, script_of(text))
        case Within():
            held = document.get(clause.field, "")
            low = -inf if clause.low is None else clause.low
            high = inf if clause.high is None else clause.high
            return held.replace(".", "").isdecimal() and low <= float(held) <= high
        case Dated():
            first, last = period(document.get("date", ""))
            return first > 0 and (clause.first or first) <= first <= last <= (clause.last or last)
        case _:
            raise AssertionError(clause)


def show(clause: Clause | None) -> str:
    """Return a clause as one line: 脱·贫 is a run in title or body, 脱·贫@source one elsewhere."""
    match clause:
        case Run() | model.Near() | model.Almost() | model.Glyphs():
            where = "" if clause.fields == TEXT_FIELDS else f"@{'+'.join(clause.fields)}"
            return show_run(clause) + where
        case model.And():
            return f"({' & '.join(map(show, clause.clauses))})"
        case model.Or():
            return f"({' | '.join(map(show, clause.clauses))})"
        case model.Not():
            return f"!{show(clause.clause)}"
        case None:
            return "-"
        case _:
            return show_value(clause)


def show_run(clause: Run | Pattern) -> str:
    if isinstance(clause, model.Near):
        return f"{'…'.join(map(dotted, clause.parts))}~{clause.slop}"
    if isinstance(clause, model.Almost):
        return f"{dotted(clause.units)}~字"
    if isinstance(clause, model.Glyphs):
        return f"{dotted(clause.units)}={clause.text}"
    return dotted(clause.units)


def dotted(units: Sequence[str]) -> str:
    return "·".join("¶" if unit == SENTENCE_END else unit for unit in units)


def show_value(clause: Clause) -> str:
    match clause:
        case PathIs():
            return f"path={clause.pattern}"
        case Has():
            return f"{clause.field}∋{dotted(clause.units)}"
        case Is():
            return f"{clause.field}={clause.value}"
        case Within():
            return f"{clause.field}[{clause.low}..{clause.high}]"
        case Dated():
            days = (day and date.fromordinal(day) for day in (clause.first, clause.last))
            return f"date[{'..'.join(map(str, days))}]"
        case Among():
            return f"#{clause.numbers}"
        case _:
            raise AssertionError(clause)


def show_marks(marks: tuple[Mark, ...]) -> str:
    shown = (
        f"{mark.chunk}{'“' * mark.phrase}{show(mark.pattern or Run(mark.units, mark.fields))}"
        for mark in marks
    )
    return " ".join(shown) or "-"


def show_terms(found_plan: Plan) -> str:
    shown = (f"{term.term}{term.weight:g}" for term in found_plan.terms)
    return " ".join(sorted(shown)) or "-"


# ---------------------------------------------------------------- what is asked for


@pytest.mark.parametrize("row", rows("query-plans.tsv"), ids=lambda row: str(row[0]))
def test_a_line_is_planned_as_in_the_golden_file(row: list[str]) -> None:
    line, where, fallback, any_, unbroken, terms, marks, words = row
    made = planned(line)
    shown = (f"{show(clause)}{f'^{w:g}' * (w != 1)}" for clause, w in made.constants)
    constants = " ".join(shown) or "-"
    assert {
        "all": show(made.where),
        "fallback": show(made.fallback),
        "any": show(planned(line, "any").where),
        "unbroken": constants,
        "terms": show_terms(made),
        "marks": show_marks(made.marks),
        "words": " ".join(word.label for word in made.words),
    } == {
        "all": where,
        "fallback": fallback,
        "any": any_,
        "unbroken": unbroken,
        "terms": terms,
        "marks": marks,
        "words": words,
    }


@pytest.mark.parametrize("row", rows("query-plans.tsv"), ids=lambda row: str(row[0]))
def test_all_is_auto_without_a_fallback(row: list[str]) -> None:
    auto, every, some = (planned(row[0], match) for match in ("auto", "all", "any"))
    assert every.where == auto.where
    assert every.fallback is some.fallback is None
    assert auto.fallback in (None, some.where)
    assert every.terms == some.terms == auto.terms
    assert every.marks == some.marks == auto.marks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("脫貧攻堅是什麼", "脱贫攻坚是什么"),
        ("「軟體」 後面 -臺灣", "“软体” 后面 -台湾"),
        ("ＧＯ常用命令", "go常用命令"),
        ("title:麵條 source:湖南日報", "title:面条 source:湖南日报"),
        ("鄉村　振興", "乡村 振兴"),
        ("2017 年", "２０１７ 年"),
    ],
)
def test_script_and_width_of_a_query_never_matter(one: str, other: str) -> None:
    first, second = planned(one), planned(other)
    assert first.where == second.where
    assert first.fallback == second.fallback
    assert first.terms == second.terms
    assert first.marks == second.marks


def test_a_phrase_is_one_run_in_every_mode() -> None:
    run = Run(("驻", "村", "工", "作"))
    for match in ("auto", "all", "any"):
        made = planned("「驻村工作」", match)
        assert (made.where, made.fallback, made.constants) == (run, None, ())
        assert made.marks == (Mark(run.units, TEXT_FIELDS, 0, True),)


def test_a_phrase_keeps_its_sentence_ends_inside_and_drops_them_outside() -> None:
    assert planned("“。脱贫。全市！”").where == Run(("脱", "贫", SENTENCE_END, "全", "市"))


def test_bracketed_readings_are_asked_for_as_typed_and_without() -> None:
    typed, stripped = ("参", "与", "yu", "脱", "贫"), ("参", "与", "脱", "贫")
    for line in ("“參與(yu) 脫貧”", "參與(yu)脫貧"):
        document = {"body": "能参与(yu) 脱贫"}
        assert found(planned(line).where, document)
        assert found(planned(line).where, {"body": "能参与脱贫"})
    assert planned("“參與(yu) 脫貧”").where == model.Or((Run(typed), Run(stripped)))


def test_a_literal_query_is_one_phrase_without_operators() -> None:
    made = planned("脱贫 OR -攻坚 (title:甲", literal=True)
    assert made.where == Run(("脱", "贫", "or", "攻", "坚", "title", "甲"))
    assert made.words[0].label == "脱贫 OR -攻坚 (title:甲"


def test_a_chunk_over_sixty_characters_is_one_run() -> None:
    short, long = "脱贫攻坚" * 15, "脱贫攻坚" * 15 + "的"
    assert len(short) == MAX_CUT_CHARACTERS
    assert isinstance(planned(short).where, model.And)
    made = planned(long)
    assert made.where == planned(long, "all").where == Run(tuple(long))
    assert [mark.units for mark in made.marks] == [tuple(long)]
    assert made.constants == ()
    counts = query_terms(short, CUTTER)
    assert {t.term: t.weight for t in made.terms} == {t: min(n, MOST) for t, n in counts.items()}


def test_where_a_long_chunk_stands_nowhere_its_words_are_looked_for() -> None:
    long = "脱贫攻坚" * 15 + "的"
    words = (Run(("脱", "贫")), Run(("攻", "坚")))
    for made, clause in ((planned(long), planned(long).fallback), (planned(long, "any"), None)):
        assert (clause or made.where) == model.Or(words)
        marks = made.fallback_marks if clause else made.marks
        assert {mark.units for mark in marks} == {word.units for word in words}
    assert planned(long, "all").fallback is None


def test_a_chunk_of_more_than_500_characters_is_one_run_and_nothing_else() -> None:
    long = "脱贫攻坚" * 126
    made = planned(long)
    assert (made.where, made.fallback) == (Run(tuple(long)), None)


def test_match_must_be_one_of_three() -> None:
    with pytest.raises(ValueError, match="one of auto, all, any"):
        plan(parse("脱贫"), match="some", cutter=CUTTER)  # type: ignore[arg-type]


# ---------------------------------------------------------------- function words


def test_every_function_word_is_one_word_as_it_is_cut() -> None:
    words = [row[0] for row in _function_word_rows()]
    assert len(words) == len(set(words)) == len(function_words())
    for word in words:
        assert CUTTER.cut(word) == [word]
        assert fold(word) in function_words()


def _function_word_rows() -> list[list[str]]:
    path = Path(__file__).parent.parent / "searcher" / "query" / "data" / "function-words.txt"
    lines = path.read_text("utf-8").splitlines()
    return [[line] for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("row", _function_word_rows(), ids=lambda row: str(row[0]))
def test_a_function_word_asks_for_nothing_beside_a_word(row: list[str]) -> None:
    made, plain = planned(f"脱贫 {row[0]}"), planned("脱贫")
    assert (made.where, made.terms, made.marks) == (plain.where, plain.terms, plain.marks)


@pytest.mark.parametrize(
    "line", ["“脱贫 的”", "脱贫 +的", "title:的 脱贫", "脱贫 AND 的", "脱贫 OR 的", "脱贫 -的"]
)
def test_a_function_word_counts_behind_any_operator(line: str) -> None:
    assert any(run.units[-1] == "的" for run in runs(planned(line).where))


@pytest.mark.parametrize("line", ["的", "是什么", "在 哪里", "什么 -脱贫"])
def test_function_words_alone_are_looked_for(line: str) -> None:
    made = planned(line)
    assert made.terms
    assert made.marks


def test_words_that_hold_a_function_word_are_ordinary() -> None:
    for word in ("在线", "和平", "着手", "与会", "目的"):
        assert planned(f"脱贫 {word}").where != planned("脱贫").where


# ---------------------------------------------------------------- what scores, what is marked


def test_terms_weigh_what_they_occur_but_never_more_than_twice() -> None:
    weights = {term.term: term.weight for term in planned("脱贫 脱贫 脱").terms}
    once = dict.fromkeys(("贫脱",), 2 * TERM_WEIGHT)
    assert weights == {"脱": MOST, "贫": 2 * TERM_WEIGHT, "脱贫": MOST, **once}


def test_words_inside_a_longer_word_ask_for_nothing_of_their_own() -> None:
    weights = {term.term: term.weight for term in planned("湖南日报").terms}
    assert weights["湖南日报"] == weights["湖南"] == weights["日报"] == TERM_WEIGHT


@pytest.mark.parametrize("line", ["脱贫 书记", "“脱贫”书记", "脱贫，书记", "脱贫 的 “书记”"])
def test_the_bigram_over_what_stands_between_two_pieces_scores(line: str) -> None:
    assert "贫书" in {term.term for term in planned(line).terms}


@pytest.mark.parametrize("line", ["title:脱贫 书记", "脱贫 -书记", "脱贫* 书记"])
def test_no_bigram_runs_over_what_is_no_text_beside_text(line: str) -> None:
    assert "贫书" not in {term.term for term in planned(line).terms}


def test_function_words_are_words_when_auto_counts_what_may_be_left_out() -> None:
    assert planned("「臺灣意象」第一名是?").fallback == Run(tuple("台湾意象"))
    assert planned("「臺灣意象」第一名").fallback is None
    assert planned("脱贫是什么").fallback is None


def test_no_bigram_runs_over_a_word_left_out() -> None:
    terms = {term.term for term in planned("我们的生活").terms}
    assert {"我们", "生活"} <= terms
    assert not {"们的", "的", "的生", "们生"} & terms


def test_filters_and_exclusions_never_score() -> None:
    plain = planned("脱贫")
    made = planned("脱贫 source:湖南日报 -author:肖帅 path:seeds/ -攻坚 NOT “驻村”")
    assert made.terms == plain.terms
    assert made.constants == plain.constants


def test_an_unbroken_chunk_is_rewarded_once() -> None:
    made = planned("驻村工作 驻村工作")
    assert [constant.weight for constant in made.constants] == [CONSTANT_WEIGHT]
    assert made.constants[0].clause == Run(tuple("驻村工作"))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("line", "position", "message"),
    [
        ("，", 0, "nothing to search for"),
        ("。。 …… ——", 0, "nothing to search for"),
        ("脱贫 “，”", 3, "nothing to search for"),
        ("脱贫 -，", 4, "nothing to search for"),
        ("脱贫 OR ，", 6, "nothing to search for"),
        ("脱贫 AND ，", 7, "nothing to search for"),
        ("脱贫 title:，", 9, "nothing to search for"),
        ("脱贫 source:，", 10, "nothing to search for"),
        ("-脱贫", 0, "this only excludes: add what to find"),
        ("NOT 脱贫 -攻坚", 0, "this only excludes: add what to find"),
        ("脱贫 OR -攻坚", 6, "this only excludes: add what to find"),
        ("脱贫 (-攻坚 -驻村)", 4, "this only excludes: add what to find"),
        ("NOT 脱贫 AND NOT 攻坚", 0, "this only excludes: add what to find"),
        ("-脱贫 AND -攻坚 -驻村 AND -书记", 0, "this only excludes: add what to find"),
        ("脱贫 OR -攻坚 AND -驻村", 6, "this only excludes: add what to find"),
        ("脱贫 (-攻坚 AND -驻村)", 4, "this only excludes: add what to find"),
        ("脱贫 -(-攻坚 AND -驻村)", 5, "this only excludes: add what to find"),
        ("， -脱贫 AND -攻坚", 2, "this only excludes: add what to find"),
        ("， -脱贫", 2, "this only excludes: add what to find"),
        ("-date:2019", 0, "this only excludes: add what to find"),
        ("脱贫 “， ，”~3", 3, "nothing to search for"),
        ("脱贫 “，”~0", 3, "nothing to search for"),
        ("脱贫 =“，”", 3, "nothing to search for"),
        ("脱贫 文号:，", 6, "nothing to search for"),
        ("脱贫 (，^2)", 4, "nothing to search for"),
        ("“脱贫”~1字", 4, "~1字 needs a phrase of 3 characters or more"),
        ("脱贫 p*", 3, "a word needs 2 letters or digits beside * and ?"),
        ("第3*", 0, "a word needs 2 letters or digits beside * and ?"),
        ("脱贫 p*程序", 3, "a word needs 2 letters or digits beside * and ?"),
        ("5*甲", 0, "a word needs 2 letters or digits beside * and ?"),
        ("source:te?t", 7, "wildcards in letters and digits work in title and body only"),
        ("文号:te?t", 3, "文号: knows no such operator"),
        ("脱贫 文号:*", 6, "文号: knows no * alone: write a value, or [* TO *] for any number"),
        ("pages:(12 OR ＊)", 13, "pages: knows no * alone"),
        ("date:te?t", 5, "date: knows no such operator"),
        ("date:湖南*", 5, "date: knows no such operator"),
        ("pages:“1 2”~3", 6, "pages: knows no such operator"),
        ("script:=hant", 7, "script: knows no such operator"),
        ("script:繁", 7, "a script is one of hans, hant, mixed, none"),
        ("date:2019-13", 5, "this is no date: write it as 2019, 2019-12 or 2019-12-21"),
        ("date:[2019 TO 2O20]", 14, "this is no date"),
        ("date:[2O19 TO 2O19]", 6, "this is no date"),
        ("date:[2020 TO 2019]", 5, "nothing lies in this range"),
        ("date:{2019 TO 2020}", 5, "nothing lies in this range"),
        ("date:(2019 OR 前年)", 14, "this is no date"),
        ("pages:>a", 7, "this is no number"),
        ("pages:[1 TO 2019-01]", 12, "this is no number"),
        ("pages:[2 TO 1]", 6, "nothing lies in this range"),
    ],
)
def test_a_query_that_asks_for_nothing_is_refused(line: str, position: int, message: str) -> None:
    error = refusal(line)
    assert str(error).startswith(message)
    assert error.position == position


def test_a_literal_query_without_a_unit_is_refused() -> None:
    assert refusal("，。", literal=True).position == 0
    assert refusal("", literal=True).position == 0


# ---------------------------------------------------------------- properties


def runs(clause: Clause) -> Iterator[Run]:
    match clause:
        case Run():
            yield clause
        case model.And() | model.Or():
            for part in clause.clauses:
                yield from runs(part)
        case model.Not():
            yield from runs(clause.clause)


def is_sound(clause: Clause) -> bool:
    """Return whether exclusions stand beside something positive only, and runs are as promised."""
    match clause:
        case Run():
            return SENTENCE_END not in (clause.units[0], clause.units[-1])
        case model.And():
            positive = [part for part in clause.clauses if not isinstance(part, model.Not)]
            return len(clause.clauses) > 1 and positive != [] and all(map(is_sound, positive))
        case model.Or():
            return len(clause.clauses) > 1 and all(map(is_sound, clause.clauses))
        case model.Not():
            return False
        case _:
            return True


def try_plan(line: str, match: Match) -> Plan | QueryError:
    try:
        return planned(line, match)
    except QueryError as error:
        return error


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*HOSTILE, *WORDS]), max_size=40).map("".join),
    st.sampled_from(["auto", "all", "any"]),
)
def test_any_line_is_planned_or_refused_with_a_place_in_it(line: str, match: Match) -> None:
    made = try_plan(line, match)
    if isinstance(made, QueryError):
        assert 0 <= made.position <= len(line)
        assert (made.query, LITERAL_OFFER in str(made)) == (line, True)
    else:
        assert is_sound(made.where)
        assert made.fallback is None or is_sound(made.fallback)
        assert made.words


PIECES = (
    "脱贫",
    "攻坚",
    "驻村",
    "工作",
    "的",
    "书记",
    "，",
    "。",
    "a",
    "10:30",
    "第一",
    "湖南日报",
)
documents = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(PIECES), max_size=6).map("".join) for name in TEXT_FIELDS}
)


def without_exclusions(node: Node) -> Node | None:
    """Return the tree without what it excludes."""
    match node:
        case Not():
            return None
        case And() | Or() | Beside():
            kept = tuple(each for clause in node.clauses if (each := without_exclusions(clause)))
            if not kept:
                return None
            return kept[0] if len(kept) == 1 else type(node)(kept)
        case Group() | Required():
            return type(node)(without_exclusions(node.clause) or node.clause)
        case Field():
            return Field(node.name, without_exclusions(node.clause) or node.clause)
        case _:
            return node


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees(1), documents)
def test_any_finds_whatever_all_finds(tree: Node, document: Fields) -> None:
    every, some = try_plan(str(tree), "all"), try_plan(str(tree), "any")
    assert isinstance(every, QueryError) == isinstance(some, QueryError)
    if isinstance(every, Plan) and isinstance(some, Plan) and found(every.where, document):
        assert found(some.where, document)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees(1))
def test_what_is_excluded_neither_scores_nor_is_marked(tree: Node) -> None:
    made, kept = try_plan(str(tree), "auto"), without_exclusions(tree)
    if isinstance(made, Plan) and kept is not None:
        plain = planned(str(kept))
        assert (made.terms, made.constants, made.marks) == (
            plain.terms,
            plain.constants,
            plain.marks,
        )


@dataclass(frozen=True)
class Joined:
    """A clause of a Boolean query, what joins it to the one before, and its sign."""

    join: str
    sign: str
    atom: str | tuple[tuple[Joined, ...], ...]

    @property
    def excludes(self) -> bool:
        return self.sign in ("-", "NOT ")


def boolean(depth: int) -> st.SearchStrategy[tuple[tuple[Joined, ...], ...]]:
    """Return sides, joined by OR, of clauses joined by AND or a blank."""
    atom: st.SearchStrategy[str | tuple[tuple[Joined, ...], ...]] = st.sampled_from(PIECES[:4])
    if depth:
        atom = st.one_of(atom, boolean(depth - 1))
    signs = st.sampled_from(["", "", "-", "NOT "])
    clause = st.builds(Joined, st.sampled_from([" ", " AND "]), signs, atom)
    side = st.lists(clause, min_size=1, max_size=3).map(tuple)
    return st.lists(side, min_size=1, max_size=2).map(tuple)


def written(sides: tuple[tuple[Joined, ...], ...]) -> str:
    def one(clause: Joined) -> str:
        atom = clause.atom if isinstance(clause.atom, str) else f"({written(clause.atom)})"
        return clause.join + clause.sign + atom

    return " OR ".join("".join(map(one, side)).removeprefix(side[0].join) for side in sides)


def is_true(sides: tuple[tuple[Joined, ...], ...], words: set[str]) -> bool:
    """Tell what a query means: NOT before AND and the blank, these before OR."""

    def holds(atom: str | tuple[tuple[Joined, ...], ...]) -> bool:
        return atom in words if isinstance(atom, str) else is_true(atom, words)

    return any(all(holds(each.atom) != each.excludes for each in side) for side in sides)


def asks(sides: tuple[tuple[Joined, ...], ...]) -> bool:
    """Tell whether there is something to find on every side, in brackets too."""
    groups = (each.atom for side in sides for each in side if not isinstance(each.atom, str))
    return all(map(asks, groups)) and all(not all(c.excludes for c in side) for side in sides)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(boolean(1), st.sets(st.sampled_from(PIECES[:4])))
def test_not_binds_before_and_and_the_blank_and_these_before_or(
    sides: tuple[tuple[Joined, ...], ...], words: set[str]
) -> None:
    line = written(sides)
    if not asks(sides):
        assert str(refusal(line)).startswith("this only excludes: add what to find")
        return
    assert found(planned(line, "all").where, {"body": "。".join(words)}) == is_true(sides, words)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(PIECES[:6]), min_size=1, max_size=3).map("".join),
    documents,
)
def test_minus_excludes_exactly_what_the_chunk_finds(chunk: str, document: Fields) -> None:
    everything = {**document, "source": "甲"}
    excluded = planned(f"source:甲 -{chunk}", "all")
    assert found(excluded.where, everything) != found(planned(chunk, "all").where, everything)


@pytest.mark.parametrize(
    "unit",
    [
        "脱",
        "脱贫，",
        "a",
        "“",
        "(",
        "a(",
        "(a)",
        "1",
        "。",
        "的",
        "\x00",
        "\ud800",
        "脱-",
        "é",
        "te?t",
        "te?t，",
        "te*1",
        "te*甲",
        "a*",
        "te*，",
        "“脱 贫”~3 ",
        "“脱贫攻坚",
        "=脱",
        "=“脱”",
        "脱^2 ",
        "date:2019 ",
        "date:[2019 TO 2020] ",
        "pages:1 ",
        "文号:",
        "脱 ",
        "“脱贫攻坚”~1字 ",
        "ᚠ*",
    ],
)
def test_ten_thousand_characters_take_no_time(unit: str) -> None:
    CUTTER.cut("脱贫")  # the dictionary is loaded once, before the clock
    for literal in (False, True):
        before = time.process_time()
        line = (unit * 10_000)[:10_000]
        with suppress(QueryError):
            planned(line, literal=literal)
        assert time.process_time() - before < 0.5
