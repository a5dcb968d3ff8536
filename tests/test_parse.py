"""The query language: what a line is read as, and what is refused with its place."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import QueryError
from searcher.query.parser import literal, parse
from searcher.query.signs import LITERAL_OFFER, QUOTES
from searcher.query.tree import (
    And,
    Beside,
    Chunk,
    Field,
    Group,
    Node,
    Not,
    Or,
    Phrase,
    Required,
    walk,
)

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "\"“”「」『』＂()（）-－+＋|｜:：~～*＊?？!！^=[]{}<>/\\'.,，。…— \u3000\t\n\r"
    "\x00\x1b\u200b\u202e\u2028\ud800\udfff\ufeff"
    "脱貧攻坚的是什么驻01９٣①azＡz㎏é\u0301\U00020000\U0001f600"
)
WORDS = (
    "AND",
    "OR",
    "NOT",
    "ＡＮＤ",
    "ＯＲ",
    " TO ",
    "title:",
    "path:",
    "author：",
    "date:",
    "foo:",
    "://",
)

hostile_lines = st.lists(st.sampled_from([*HOSTILE, *WORDS]), max_size=40).map("".join)


def rows(name: str) -> list[list[str]]:
    text = (GOLDEN / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def refusal(line: str) -> QueryError | None:
    """Return why *line* is refused, or None."""
    try:
        parse(line)
    except QueryError as error:
        return error
    return None


def shape(node: Node) -> str:
    """Return a tree as one line: <phrase>, !not, ~ in front of what is glued to a quote."""
    match node:
        case Chunk():
            return f"{'~' * node.glued}{node.text}"
        case Phrase():
            return f"{'~' * node.glued}<{node.text}>"
        case Field():
            return f"{node.name}:{shape(node.clause)}"
        case Not():
            return f"!{shape(node.clause)}"
        case Required():
            return f"+{shape(node.clause)}"
        case Group():
            return f"({shape(node.clause)})"
        case And() | Or() | Beside():
            name = type(node).__name__.lower()
            return f"[{name} {' '.join(map(shape, node.clauses))}]"


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(("line", "expected"), rows("query-trees.tsv"))
def test_a_line_is_read_as_in_the_golden_file(line: str, expected: str) -> None:
    assert shape(parse(line).root) == expected


@pytest.mark.parametrize("line", [row[0] for row in rows("query-trees.tsv")])
def test_a_printed_tree_reads_as_the_same_tree(line: str) -> None:
    query = parse(line)
    assert parse(str(query)) == query


@pytest.mark.parametrize("line", [row[0] for row in rows("query-trees.tsv")])
def test_leaves_know_where_they_stand(line: str) -> None:
    query = parse(line)
    for node in walk(query.root):
        if isinstance(node, Chunk):
            assert query.line[node.position : node.end] == node.text
        if isinstance(node, Phrase):
            assert query.line[node.position + 1 : node.end - 1] == node.text
            assert QUOTES[query.line[node.position]] == query.line[node.end - 1]


def test_every_quote_closes_only_by_its_own_partner() -> None:
    for opening, closing in QUOTES.items():
        inner = "".join({*QUOTES, *QUOTES.values()} - {closing})
        assert parse(f"{opening}脱贫{inner}{closing}").root == Phrase(f"脱贫{inner}")


def test_every_kind_of_blank_divides() -> None:
    for blank in " \t\n\r\u3000\xa0\x85\u2028":
        assert parse(f"{blank}脱贫{blank}攻坚{blank}") == parse("脱贫 攻坚")


def test_a_newline_parts_chunks_and_stays_in_a_phrase() -> None:
    assert parse("脱贫\n攻坚").root == Beside((Chunk("脱贫"), Chunk("攻坚")))
    assert parse("“脱贫\n\n攻坚”").root == Phrase("脱贫\n\n攻坚")


def test_lone_surrogates_and_nul_are_replaced_one_for_one() -> None:
    assert parse("脱\ud800\udc00贫 \x00").root == Beside(
        (Chunk("脱\ufffd\ufffd贫"), Chunk("\ufffd"))
    )
    assert literal("\udfff脱").root == Phrase("\ufffd脱")


def test_field_names_are_read_in_any_case_and_width() -> None:
    for name in ("title", "Title", "TITLE", "ｔｉｔｌｅ", "Ｔitle"):
        assert parse(f"{name}:脱贫").root == Field("title", Chunk("脱贫"))


def test_a_literal_line_has_no_operators() -> None:
    line = '-脱贫 (攻坚 OR “ title:x* "~3'
    assert literal(line).root == Phrase(line)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(("line", "position", "message"), rows("query-errors.tsv"))
def test_a_malformed_line_is_refused_with_its_place(
    line: str, position: str, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(line)
    assert (caught.value.position, str(caught.value)) == (
        int(position),
        f"{message}; {LITERAL_OFFER}",
    )
    assert caught.value.query == line


@pytest.mark.parametrize("line", ["", " \u3000\n"])
def test_an_empty_line_is_refused(line: str) -> None:
    with pytest.raises(QueryError, match="nothing to search for") as caught:
        parse(line)
    assert 0 <= caught.value.position <= len(line)


def test_the_error_holds_the_line_as_it_was_given() -> None:
    with pytest.raises(QueryError) as caught:
        parse("\ud800\n(")
    assert caught.value.query == "\ud800\n("


def test_limits_are_reached_and_named() -> None:
    parse("脱" * 10_000)
    literal("脱" * 10_000)
    parse("脱 " * 64)
    parse("(" * 32 + "脱" + ")" * 32)
    parse("(脱) " * 33)
    for read in (parse, literal):
        with pytest.raises(QueryError, match="10,001 characters: shorten it to 10,000") as caught:
            read("脱" * 10_001)
        assert caught.value.position == 10_000
    with pytest.raises(QueryError, match="more than 64 words and phrases") as caught:
        parse("脱 " * 65)
    assert caught.value.position == 128
    with pytest.raises(QueryError, match="more than 32 deep") as caught:
        parse("(" * 33 + "脱" + ")" * 33)
    assert caught.value.position == 32


def test_the_limit_counts_phrases_and_fields_but_not_operators() -> None:
    parse("-“脱贫” OR title:(攻坚 AND 驻村) ".strip() + " +脱" * 61)
    with pytest.raises(QueryError, match="more than 64"):
        parse("“脱贫” title:(攻坚 驻村)" + " +脱" * 62)


# ---------------------------------------------------------------- properties


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(hostile_lines)
def test_any_line_is_read_or_refused_with_a_place_in_it(line: str) -> None:
    error = refusal(line)
    if error is None:
        assert parse(str(parse(line))) == parse(line)
    else:
        assert 0 <= error.position <= len(line)
        assert error.query == line
        assert LITERAL_OFFER in str(error)


CHUNKS = (
    "脱贫", "驻村工作", "第一书记", "a", "GO常用命令", "c++", "COVID-19", "2019-2020", "10:30",
    "3.14", "黨(總)支部", "民法典（草案）", "来源:湖南日报", "http://a.b/c?d=e", "2*3", "好？",
    "驻村＊", "a=b", "·", "—甲", "，", "and", "AND甲", "[草案]",
)  # fmt: skip
VALUES = (*CHUNKS, "AND", "OR", "x:y", "=5")
PHRASE_TEXT = st.text(alphabet='脱贫 a-+|:()（）"“”「『』＂*~3。', min_size=1, max_size=8)

chunks = st.sampled_from(CHUNKS).map(Chunk)
phrases = PHRASE_TEXT.filter(
    lambda text: bool(text.strip()) and any(close not in text for close in QUOTES.values())
).map(Phrase)


def sides(of: st.SearchStrategy[Node], kind: type[And | Or | Beside]) -> st.SearchStrategy[Node]:
    return st.lists(of, min_size=2, max_size=3).map(lambda found: kind(tuple(found)))


def glued(node: Node) -> Node:
    """Return *node* with whatever stands behind a phrase glued to it."""
    if not isinstance(node, Beside):
        return node
    clauses = list(node.clauses)
    for at, (before, clause) in enumerate(pairwise(clauses), start=1):
        if isinstance(before, Phrase) and isinstance(clause, Chunk | Phrase):
            clauses[at] = type(clause)(clause.text, glued=True)
    return Beside(tuple(clauses))


def trees(depth: int, in_field: bool = False) -> st.SearchStrategy[Node]:
    atoms: list[st.SearchStrategy[Node]] = [chunks, phrases]
    values: list[st.SearchStrategy[Node]] = [st.sampled_from(VALUES).map(Chunk), phrases]
    if depth:
        atoms.append(trees(depth - 1, in_field).map(Group))
        values.append(trees(depth - 1, True).map(Group))
    if not in_field:
        names = st.sampled_from(["title", "body", "source", "author"])
        atoms.append(st.builds(Field, names, st.one_of(values)))
        atoms.append(st.builds(Field, st.just("path"), st.one_of(values[:2])))
    atom = st.one_of(atoms)
    clause = st.one_of(atom, atom.map(Not), atom.map(Required))
    joint = st.one_of(clause, sides(clause, And))
    side = st.one_of(joint, sides(joint, Beside), sides(joint, Beside).map(glued))
    return st.one_of(side, sides(side, Or))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees(2))
def test_any_tree_is_printed_so_that_it_reads_as_itself(tree: Node) -> None:
    assert parse(str(tree)).root == tree


WIDE = str.maketrans("()|:+-", "（）｜：＋－")
NARROW = str.maketrans("（）｜：＋－", "()|:+-")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees(2))
def test_full_width_operators_read_as_the_narrow_ones(tree: Node) -> None:
    line = str(tree)
    for word, wide in (("AND", "ＡＮＤ"), ("OR", "ＯＲ"), ("NOT", "ＮＯＴ")):
        line = line.replace(f" {word} ", f" {wide} ")
    wide = parse(line.translate(WIDE))
    assert shape(wide.root).translate(NARROW) == shape(tree).translate(NARROW)


@pytest.mark.parametrize(
    "unit",
    [*'"“”「『＂()（）-+|:~*?^=[{', "AND ", " OR", "NOT ", "title:", "title:[", "[ TO ", "“脱”",
     "“脱” ", "a(", "(a ", "a)", "(-", "-(", "path:(", "脱 ", "脱|", "脱*", "()", "a:", "１："],
)  # fmt: skip
def test_ten_thousand_characters_of_any_operator_take_no_time(unit: str) -> None:
    line = (unit * 10_000)[:10_000]
    for text in (line, line[: len(line) // 2] + ")" * 5_000, line[:-1] + "脱"):
        before = time.process_time()
        refusal(text)
        assert time.process_time() - before < 0.5
