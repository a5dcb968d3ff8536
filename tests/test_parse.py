"""The query language: what a line is read as, and what is refused with its place."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.errors import QueryError
from searcher.query import parser
from searcher.query.catalog import Catalog
from searcher.query.forms import Almost, Boost, Exact, Near, Range, Wild
from searcher.query.operators import MAX_BOOST, MAX_SLOP
from searcher.query.parser import literal
from searcher.query.signs import LITERAL_OFFER, QUOTES
from searcher.query.tree import (
    And,
    Beside,
    Chunk,
    Field,
    Form,
    Group,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Required,
    walk,
)

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "\"“”「」『』＂()（）-－+＋|｜:：~～*＊?？!！^=[]{}<>/\\'.,，。…— \u3000\t\n\r"
    "\x00\x1b\u200b\u202e\u2028\ud800\udfff\ufeff"
    "脱貧攻坚的是什么驻01９٣①azＡz㎏é\u0301\U00020000\U0001f600"
)
CATALOG = Catalog(frozenset({"pages", "文号", "Tag"}), lambda _pattern, _most: ())
"""An index with three extra fields."""

WORDS = (
    "~3",
    "~1字",
    "^2",
    "^0.5",
    "[2019 TO 2020-06]",
    "pages:",
    "文号:",
    ">=",
    "script:",
    "te?t",
    "=後",
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


def parse(line: str, catalog: Catalog = CATALOG) -> Query:
    """Return the tree of *line* in an index with extra fields."""
    return parser.parse(line, catalog)


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
    """Return a tree as one line: <phrase>, !not, ~ in front of what is glued to a quote, %wild."""
    match node:
        case Chunk():
            return f"{'~' * node.glued}{node.text}"
        case Phrase():
            return f"{'~' * node.glued}<{node.text}>"
        case And() | Or() | Beside():
            name = type(node).__name__.lower()
            return f"[{name} {' '.join(map(shape, node.clauses))}]"
        case Range():
            return f"{'{['[node.with_low]}{node.low}..{node.high}{'}]'[node.with_high]}"
    before, behind = AROUND[type(node)]
    inside = node.inside() if isinstance(node, Form) else node.clause
    assert inside is not None
    return before.format(node) + shape(inside) + behind.format(node)


AROUND: dict[type[Node], tuple[str, str]] = {
    Field: ("{0.name}:", ""),
    Not: ("!", ""),
    Required: ("+", ""),
    Group: ("(", ")"),
    Wild: ("%", ""),
    Exact: ("=", ""),
    Near: ("", "~{0.slop}"),
    Almost: ("", "~字"),
    Boost: ("", "^{0.weight:g}"),
}
"""What stands before and behind the clause of a node."""


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


def test_an_extra_field_is_named_exactly_or_in_any_case_where_that_is_clear() -> None:
    for typed in ("Tag", "tag", "ＴＡＧ"):
        assert parse(f"{typed}:甲").root == Field("Tag", Chunk("甲"))
    both = CATALOG._replace(fields=frozenset({"tag", "Tag"}))
    assert parse("tag:甲", both).root == Field("tag", Chunk("甲"))
    assert parse("Tag:甲", both).root == Field("Tag", Chunk("甲"))
    with pytest.raises(QueryError, match="there is no field TAG: here"):
        parse("TAG:甲", both)


def test_a_name_of_any_characters_is_a_field_where_the_index_has_it() -> None:
    odd = CATALOG._replace(fields=frozenset({"doc-type", "发文.字号", "2019"}))
    for name in odd.fields:
        assert parse(f"-{name}：(甲 乙)", odd) == parse(f"NOT {name}:(甲 乙)", odd)
        assert parse(f"{name}:甲", odd).root == Field(name, Chunk("甲"))
        assert isinstance(parse(f"{name}:甲").root, Chunk)


def test_no_extra_field_hides_one_that_every_document_has() -> None:
    hidden = CATALOG._replace(fields=frozenset({"title", "Date"}))
    assert parse("title:甲 date:2019", hidden) == parse("title:甲 date:2019")


def test_an_error_names_thirty_extra_fields() -> None:
    many = CATALOG._replace(fields=frozenset(f"f{at:02}" for at in range(31)))
    with pytest.raises(QueryError, match="f28, f29 and 1 more;"):
        parse("nothing:甲", many)


def test_an_error_names_each_field_once() -> None:
    alike = CATALOG._replace(fields=frozenset({"script", "Date", "year"}))
    with pytest.raises(QueryError, match="path, date, script, year;"):
        parse("nothing:甲", alike)


def test_signs_of_comparison_are_ranges() -> None:
    for line, same in (
        ("date:>=2019", "date:[2019 TO *]"),
        ("date:>2019", "date:{2019 TO *]"),
        ("date:<=2019", "date:[* TO 2019]"),
        ("date：＜２０１９", "date:[* TO ２０１９}"),
        ("pages:(>1 <=3)", "pages:({1 TO *] [* TO 3])"),
    ):
        assert parse(line) == parse(same)


def test_a_sign_of_comparison_is_text_where_no_range_is() -> None:
    for line in (">=2019", "title:>5", "a>b", "source:(<甲>)"):
        assert all(not isinstance(node, Range) for node in walk(parse(line).root))


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
    parse("=脱 驻村*^2 “a b”~3 date:[2019 TO 2020]" + " 脱" * 60)
    with pytest.raises(QueryError, match="more than 64"):
        parse("=脱 驻村*^2 “a b”~3 date:[2019 TO 2020]" + " 脱" * 61)


def test_numbers_behind_operators_have_limits() -> None:
    assert parse(f"“a b”~{MAX_SLOP}").root == Near(Phrase("a b"), MAX_SLOP)
    assert parse(f"a^{MAX_BOOST}").root == Boost(Chunk("a"), MAX_BOOST)
    assert parse("a^" + "0" * 999 + "1.5").root == Boost(Chunk("a"), 1.5)
    for number in (str(MAX_SLOP + 1), "9" * 9_000):
        with pytest.raises(QueryError, match="at most 1,000,000 may stand between"):
            parse(f"“a b”~{number}")
    for number in ("0", "0.0", "-1", "100.01", "9" * 9_000, "0." + "0" * 999 + "1"):
        with pytest.raises(QueryError, match="a boost is a number above 0 and up to 100"):
            parse(f"a^{number}")


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
    "驻村＊", "a=b", "·", "—甲", "，", "and", "AND甲", "[草案]", "x*2", "20cm*30cm", "3~5天",
)  # fmt: skip
VALUES = (*CHUNKS, "AND", "OR", "x:y", "=5")
PHRASE_TEXT = st.text(alphabet='脱贫 a-+|:()（）"“”「『』＂*~3。', min_size=1, max_size=8)

WILDS = ("驻村*", "驻村工作*", "pyth*", "te?t", "a*b?c", "GO常用te?t", "2019*", "3.5*", "ＧＯ＊",
         "pyth*写", "199*年", "iph*15")  # fmt: skip
DATES = ("2019", "2019-12", "2019年12月5日", "2019/1/5", "*", "昨天")

chunks = st.sampled_from(CHUNKS).map(Chunk)
phrases = PHRASE_TEXT.filter(
    lambda text: bool(text.strip()) and any(close not in text for close in QUOTES.values())
).map(Phrase)
wilds = st.sampled_from(WILDS).map(lambda text: Wild(Chunk(text)))
exacts = st.one_of(
    st.sampled_from([*CHUNKS, "AND", "OR"])
    .filter(lambda text: text[0].isalpha())
    .map(lambda text: Exact(Chunk(text))),
    phrases.map(Exact),
)
nears = st.builds(Near, phrases, st.integers(0, MAX_SLOP))
forms: st.SearchStrategy[Node] = st.one_of(wilds, exacts, nears, phrases.map(Almost))
weights = st.floats(0, MAX_BOOST, exclude_min=True)


def ranges(ends: tuple[str, ...]) -> st.SearchStrategy[Node]:
    end = st.sampled_from(ends)
    return st.builds(Range, end, end, st.booleans(), st.booleans())


def boosted(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(Boost, of, weights)


dates = st.one_of(st.sampled_from(DATES).map(Chunk), ranges(DATES))
figures = st.one_of(st.sampled_from(["12", "-5", "1,540", "3.5"]).map(Chunk), ranges(("1", "*")))
of_fields = st.one_of(
    st.builds(Field, st.just("date"), st.one_of(dates, boosted(dates))),
    st.builds(Field, st.just("pages"), figures),
    st.builds(Field, st.just("script"), st.sampled_from(["hans", "hant"]).map(Chunk)),
)


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
    plain: list[st.SearchStrategy[Node]] = [chunks, phrases]
    values: list[st.SearchStrategy[Node]] = [st.sampled_from(VALUES).map(Chunk), phrases]
    of_path = st.one_of(values)
    for some in (plain, values):
        some.append(forms)
        if depth:
            some.append(trees(depth - 1, in_field or some is values).map(Group))
        some.append(boosted(st.one_of(some)))
    atoms = [*plain]
    if not in_field:
        names = st.sampled_from(["title", "body", "source", "author", "文号", "Tag"])
        atoms.append(st.builds(Field, names, st.one_of(values)))
        atoms += [st.builds(Field, st.just("path"), of_path), of_fields]
        if depth:
            sorted_out = sides(dates, Or).map(lambda node: Field("date", Group(node)))
            atoms.append(sorted_out)
    atom = st.one_of(atoms)
    clause = st.one_of(atom, atom.map(Not), atom.map(Required))
    joint = st.one_of(clause, sides(clause, And))
    side = st.one_of(joint, sides(joint, Beside), sides(joint, Beside).map(glued))
    return st.one_of(side, sides(side, Or))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees(2))
def test_any_tree_is_printed_so_that_it_reads_as_itself(tree: Node) -> None:
    assert parse(str(tree)).root == tree


WIDE = str.maketrans("()|:+-~^=[]{}", "（）｜：＋－～＾＝［］｛｝")
NARROW = str.maketrans("（）｜：＋－～＾＝［］｛｝", "()|:+-~^=[]{}")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees(2))
def test_full_width_operators_read_as_the_narrow_ones(tree: Node) -> None:
    line = str(tree)
    for word, wide in (("AND", "ＡＮＤ"), ("OR", "ＯＲ"), ("NOT", "ＮＯＴ")):
        line = line.replace(f" {word} ", f" {wide} ")
    read = parse(line.translate(WIDE))
    assert shape(read.root).translate(NARROW) == shape(tree).translate(NARROW)


@pytest.mark.parametrize(
    "unit",
    [*'"“”「『＂()（）-+|:~*?^=[{', "AND ", " OR", "NOT ", "title:", "title:[", "[ TO ", "“脱”",
     "“脱” ", "a(", "(a ", "a)", "(-", "-(", "path:(", "脱 ", "脱|", "脱*", "()", "a:", "１：",
     "ab*1", "a*1", "a*甲", "甲~", "甲~2", "“脱”~-", "“脱”~ ", "a*", "a?", "a*，", "**",
     "甲*", "^2", "a^2", "a^", "“脱”~3", "“脱”^2", "(a)^2 ", "~1字",
     "=a", "=a ", "date:[", "date:[a TO ", "[a TO b] ", "date:>", "pages:[1 TO 2] ", "文号:",
     "文号:(", "(文号:", "甲：(", "？", "a？", "甲？", "TO ", "{", "[a "],
)  # fmt: skip
def test_ten_thousand_characters_of_any_operator_take_no_time(unit: str) -> None:
    line = (unit * 10_000)[:10_000]
    for text in (line, line[: len(line) // 2] + ")" * 5_000, line[:-1] + "脱"):
        before = time.process_time()
        refusal(text)
        assert time.process_time() - before < 0.5
