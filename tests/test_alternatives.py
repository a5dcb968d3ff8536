"""Alternatives: words of other regions, other spellings, numbers written in another way."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import found, planned

import searcher
from searcher.model import Region
from searcher.query import plan_query
from searcher.query.alternatives import Widening, others
from searcher.query.dates import dates
from searcher.query.numerals import in_digits, numerals
from searcher.text.queries import cut_query, query_readings
from searcher.text.words.fast import RjiebaCutter

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_regions  # noqa: E402

CUTTER = RjiebaCutter()


def tried(line: str, region: Region = "all", *, equivalents: bool = False) -> list[str]:
    """Return the alternatives of a query, ``text kind``."""
    widening = Widening(region, equivalents)
    made = plan_query(line, cutter=CUTTER, widening=widening).alternatives
    return [f"{each.text} {each.kind}" for each in made]


# ---------------------------------------------------------------- the table


def rows() -> dict[str, list[tuple[str, str]]]:
    """Return the table: word → (kinds, other word)."""
    table = (ROOT / "searcher/query/data/regions.tsv").read_text("utf-8")
    cells = (line.split("\t") for line in table.splitlines() if line[0] != "#")
    return {word: list(zip(rest[::2], rest[1::2], strict=True)) for word, *rest in cells}


def test_the_table_is_what_the_script_makes() -> None:
    table = (ROOT / "searcher/query/data/regions.tsv").read_text("utf-8")
    assert table == make_regions.region_table(), "run: python tools/make_regions.py"


def test_the_table_is_sorted_and_holds_words_as_terms_are_kept() -> None:
    words = list(rows())
    assert words == sorted(words)
    assert all(query_readings(word) == (tuple(_units(word)),) for word in words)
    assert all(len(_units(word)) > 1 for word in words)
    assert {kind for row in rows().values() for kinds, _ in row for kind in kinds.split()} == {
        "tw", "hk", "variant",
    }  # fmt: skip


def _units(word: str) -> tuple[str, ...]:
    [units] = query_readings(word)
    return units


def test_no_word_is_widened_by_itself_or_by_one_that_holds_it() -> None:
    for word, row in rows().items():
        for _, other in row:
            units, others_units = _units(word), _units(other)
            assert "".join(units) not in "".join(others_units), (word, other)
            assert len(others_units) > 1, (word, other)


PINNED = (
    ("软件", "软体"), ("信息", "资讯"), ("网络", "网路"), ("项目", "专案"), ("打印", "列印"),
    ("接口", "介面"), ("默认", "预设"), ("土豆", "马铃薯"), ("身份", "身分"),
    ("想像", "想象"), ("家具", "家俱"), ("座位", "坐位"), ("坐标", "座标"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PINNED)
def test_pairs_are_followed_both_ways(one: str, other: str) -> None:
    assert other in [text for _, text in rows()[one]]
    assert one in [text for _, text in rows()[other]]


APART = (
    ("支持", "支援"), ("程序", "进程"), ("程序", "程式"), ("智慧", "智能"), ("文件", "档案"),
    ("对象", "物件"), ("数据", "资料"), ("质量", "品质"), ("建立", "创建"), ("马铃薯", "花生"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_means_something_else_in_context_stays_apart(one: str, other: str) -> None:
    for word, unwanted in ((one, other), (other, one)):
        assert unwanted not in [text for _, text in rows().get(word, [])]


def test_a_review_of_what_is_not_there_is_refused() -> None:
    ruling = make_regions.Ruling("drop", ("甲乙", "丙丁"), frozenset())
    with pytest.raises(SystemExit, match="in no table: drop 甲乙/丙丁"):
        make_regions.reviewed({}, [ruling])


def test_an_addition_that_is_there_already_is_refused() -> None:
    ruling = make_regions.Ruling("add", ("软件", "软体"), frozenset({"tw"}))
    with pytest.raises(SystemExit, match="already in the tables"):
        make_regions.reviewed(make_regions.opencc_pairs(), [ruling])


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("软件", ["软体 tw"]),
        ("軟體", ["软件 tw"]),
        ("计算机软件", ["电脑软件 tw", "电脑软体 tw", "计算机软体 tw"]),
        ("网络安全", ["网路安全 tw"]),
        ("信息化", ["资讯化 tw"]),
        ("史蒂芬·史匹柏", ["斯蒂芬·斯皮尔伯格 tw"]),
        ("史蒂芬史匹柏", ["斯蒂芬·斯皮尔伯格 tw"]),
        ("购买随身碟", ["U盘 tw", "优盘 tw"]),
        ("Ｕ盤", ["随身碟 tw"]),
        ("信息 OR 軟體", ["资讯 tw", "软件 tw"]),
        ("+软件", ["软体 tw"]),
        ("title:(软件 工程)", ["软体 tw"]),
        ("“软件”", []),
        ("脱贫 -软件", []),
        ("脱贫 NOT (软件 OR title:信息)", []),
        ("source:软件", []),
        ("软件*", []),
        ("=软件", []),
        ("脱贫攻坚", []),
        ("软件" * 31, []),
    ],
)
def test_bare_words_have_alternatives(line: str, expected: list[str]) -> None:
    assert tried(line) == expected


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("all", ["资讯 tw", "雷射 tw", "镭射 hk", "想象 variant"]),
        ("tw", ["资讯 tw", "雷射 tw", "想象 variant"]),
        ("hk", ["资讯 hk", "镭射 hk", "想象 variant"]),
        ("none", []),
    ],
)
def test_a_region_is_chosen(region: Region, expected: list[str]) -> None:
    assert sorted(tried("信息 激光 想像", region)) == sorted(expected)


def test_of_words_in_a_row_the_longest_have_an_alternative_together() -> None:
    made = planned("购买随身碟")
    assert [word.label for word in made.words] == ["购买", "随身碟"]
    assert found(made.where, {"body": "购买U盘"})
    assert not found(made.where, {"body": "购买随身物品"})


def test_an_alternative_satisfies_its_word_alone() -> None:
    where = planned("软件 信息").where
    assert found(where, {"body": "軟體与資訊"})
    assert found(where, {"body": "软件与資訊"})
    assert not found(where, {"body": "软件与軟體"})


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("二〇二〇年", ["2020年", "二零二零年", "二○二○年"]),
        ("二零二零年", ["2020年", "二〇二〇年", "二○二○年"]),
        ("二○二○年", ["2020年", "二〇二〇年", "二零二零年"]),
        ("一百○五", ["105"]),
        ("2020年", ["二〇二〇年", "二零二零年", "二○二○年"]),
        ("2020年度", ["二〇二〇年度", "二零二零年度", "二○二○年度"]),
        ("一九四九年", ["1949年"]),
        ("一百二十", ["120"]),
        ("一百二十人", ["120人"]),
        ("十九大", ["19大"]),
        ("第十九届", ["第19届"]),
        ("第19届", ["第十九届"]),
        ("第十条", ["第10条"]),
        ("第3次", ["第三次"]),
        ("第105条", ["第一百〇五条", "第一百零五条"]),
        ("刑法第232条", ["第二百三十二条"]),
        ("三萬五千", ["35000"]),
        ("3.5万", ["35000"]),
        ("一百二十五万元", ["1250000元", "125万元"]),
        ("十三亿", ["1300000000", "13亿"]),
        ("十三万", ["130000"]),
        ("一亿零三百万", ["103000000"]),
        ("十一月", ["11月"]),
        ("二十世纪", ["20世纪"]),
        ("上世纪八十年代", ["80年代"]),
        ("三十多年", ["30多年"]),
        ("十一个月", ["11个月"]),
        ("十一月份", ["11月份"]),
        ("二十五万人次", ["250000人次", "25万人次"]),
        ("第二次世界大战", ["第2次世界大战"]),
        ("十一届三中全会", ["11届三中全会"]),
        ("两百两", ["200两"]),
        ("三十两", ["30两"]),
        *((line, []) for line in (
            "120", "2020", "十一", "万一", "千万", "百万", "三五", "三五成群", "二百五", "一百五",
            "数十万", "三十三点五", "二十分之一", "百分之五", "3.5万亿", "3万五千", "12,345万",
            "五月", "一心一意", "三、五", "第19", "第19的", "第一", "第一书记", "第1,234条",
            "第3.5条", "第01条", "十两", "一百单八将", "一百几十个", "一百廿个", "一千几百",
            "一般", "一定", "一些", "十分", "三心二意", "五花八门", "四川", "九江", "七八十年代",
        )),
    ],
)  # fmt: skip
def test_numbers_have_alternatives(line: str, expected: list[str]) -> None:
    assert tried(line) == [f"{text} number" for text in expected]


def test_a_han_number_that_was_cut_is_one_word() -> None:
    line = "二〇一七年 贫困"
    assert [word.label for word in planned(line).words] == ["二〇一七年", "贫困"]
    where = planned("二〇一七年").where
    texts = ("二〇一七年", "2017年", "二零一七年", "二人一〇一室七年")
    assert [found(where, {"body": text}) for text in texts] == [True, True, True, False]
    assert {mark.units for mark in planned(line).marks} == {
        tuple("二〇一七年"), ("2017", "年"), tuple("二零一七年"), tuple("二○一七年"),
        tuple("贫困"),
    }  # fmt: skip
    assert [word.label for word in planned("2017年 贫困").words] == ["2017年", "贫困"]
    assert found(planned("2017年").where, {"body": "2017到2018年"})


@pytest.mark.parametrize(
    ("line", "body", "is_found"),
    [
        ("二十世纪", "20世纪的人", True),
        ("二十世纪", "20和21世纪", False),
        ("二十世纪", "120世纪", False),
        ("八十年代", "上世纪80年代", True),
        ("八十年代", "1980年代", False),
        ("二十世纪八十年代", "20世纪80年代", True),
    ],
)
def test_what_stands_behind_a_number_in_its_word_belongs_to_it(
    line: str, body: str, is_found: bool
) -> None:
    assert found(planned(line, "all").where, {"body": body}) == is_found


def test_an_ordinal_is_one_word() -> None:
    line = "民法第184条"
    assert [word.label for word in planned(line).words] == ["民法", "第184条"]
    texts = ("民法第184条", "民法：第一百八十四条", "民法第1条，184人", "民法第184、185条")
    assert [found(planned(line).where, {"body": text}) for text in texts] == [
        True, True, False, False,
    ]  # fmt: skip


def test_numbers_stay_equal_in_no_region() -> None:
    assert tried("一百二十 软件", "none") == ["120 number"]


def test_numbers_in_quotes_are_equal_where_that_is_asked_for() -> None:
    assert tried("“二〇二〇年五号”") == []
    assert tried("“二〇二〇年五号”", equivalents=True) == [
        "2020年五号 number", "二零二零年五号 number", "二○二○年五号 number",
    ]  # fmt: skip
    assert tried("“一月二日起”", equivalents=True) == [
        "1月2日起 date", "01月02日起 date", "1月2号起 date",
    ]  # fmt: skip
    assert tried("脱贫 -“二〇二〇年”", equivalents=True) == []
    assert tried("“软件”", equivalents=True) == []


FULL = (
    "2020年5月3日", "2020年05月03日", "2020-5-3", "2020-05-03",
    "二〇二〇年五月三日", "二零二零年五月三日", "二○二○年五月三日",
)  # fmt: skip
MONTH = ("2020年5月", "2020年05月", "2020-05", "二〇二〇年五月", "二零二零年五月", "二○二○年五月")
DAY = ("5月3日", "05月03日", "5月3号", "五月三日")


@pytest.mark.parametrize("written", [FULL, MONTH, DAY])
def test_a_date_is_the_same_in_every_form(written: tuple[str, ...]) -> None:
    for typed in written:
        assert tried(typed) == [f"{text} date" for text in written if text != typed]
        for text in written:
            assert found(planned(typed).where, {"body": f"于{text}召开"}), (typed, text)


@pytest.mark.parametrize(
    ("line", "body", "is_found"),
    [
        ("2020/5/3", "二〇二〇年五月三日", True),
        ("2020.5.3", "2020-05-03", True),
        ("２０２０年５月３日", "2020.5.3", True),
        ("2020年5月3日", "2020年5月30日", False),
        ("2020年5月3日", "2020年3月5日", False),  # a date is one thing
        ("2020-05-03", "2020年3月05号", False),
        ("2020年5月3日", "一九二〇年五月三日", False),
        ("5月3日", "十五月三日", True),  # no such month, so no such text
        ("1月3日", "十一月三日", False),
        ("民國九十八年八月八日", "民國98年8月8日", True),
        ("民國98年8月8日", "民國九十八年八月八日", True),
        ("民國105年8月8日", "民國一○五年八月八日", True),
        ("民國一百零五年八月八日", "民國105年08月08日", True),
        ("2020-2021", "2021到2020", True),  # no date: words
        ("2007-08年", "08年到2007", True),
        ("国发〔2018〕12号", "国发〔2018〕第12号", True),
        ("2018、12、3", "3，12，2018", True),
        ("2020年13月", "13月，2020年", True),
        ("昨天2020年5月3日晚", "昨天是2020年05月03日晚", True),
    ],
)
def test_a_date_is_one_thing(line: str, body: str, is_found: bool) -> None:
    assert found(planned(line).where, {"body": body}) == is_found


@given(st.text("〇零○一二三五十百0123579年月日号民国-/.", max_size=12))
def test_every_form_of_a_date_is_read_as_the_same_date(text: str) -> None:
    for date in dates(text):
        typed = text[date.start : date.end]
        before = "民国" if text[: date.start].endswith("民国") else ""
        for form in date.forms:
            assert [(each.start, each.end) for each in dates(before + form)] == [
                (len(before), len(before + form))
            ], (typed, form)
            assert value_in(form) == value_in(typed), (typed, form)


def value_in(date: str) -> list[int]:
    return [value_in_date(piece) for piece in re.split("[年月日号/.-]", date) if piece]


def value_in_date(text: str) -> int:
    """Return a number of a date, read as a number or digit by digit."""
    plain = re.sub("[〇○]", "零", text)
    if plain in small():
        return small()[plain]
    return int("".join(each if each in "0123456789" else str("零一二三四五六七八九".index(each))
                       for each in plain))  # fmt: skip


@cache
def small() -> dict[str, int]:
    return {spelled(value): value for value in range(1, 1000)}


@given(st.integers(11, 10**16 - 1))
def test_a_number_is_read_as_it_is_spelled(value: int) -> None:
    assert in_digits(spelled(value)) == str(value)


def spelled(value: int) -> str:
    """Return a number in Han numerals, by the schoolbook: four digits at a time."""
    groups, text = [], ""
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    for place in reversed(range(len(groups))):
        digits = f"{groups[place]:04}"
        part = "".join(
            "零" if digit == "0" else "零一二三四五六七八九"[int(digit)] + unit
            for digit, unit in zip(digits, ("千", "百", "十", ""), strict=True)
        )
        part = part.rstrip("零")
        text += part + ("", "万", "亿", "万")[place] if part else "零"
        if place == 3 and not groups[2]:
            text = text.rstrip("零") + "亿"
    while "零零" in text:
        text = text.replace("零零", "零")
    text = text.strip("零").replace("零亿", "亿")
    return text.removeprefix("一") if text.startswith("一十") else text


@given(st.text("〇一二三四五六七八九十百千万亿零两0123456789年月点第.,几", max_size=12))
def test_every_form_of_a_number_is_the_same_number(text: str) -> None:
    for number in numerals(text):
        values = {value_of(text[number.start : number.end]), *map(value_of, number.forms)}
        assert len(values) == 1, (text, number)


def value_of(text: str) -> int:
    text = text.removeprefix("第")
    digits = in_digits(text)
    if digits is not None:
        return int(digits)
    if text[-1] in "万亿":
        head = round(float(text[:-1]) * 10**6)
        return head * {"万": 10**4, "亿": 10**8}[text[-1]] // 10**6
    ciphers = "〇一二三四五六七八九"
    return int("".join(str(ciphers.index(each)) if each in ciphers else each for each in text))


@given(st.text("软件体信息资讯网络路随身碟U盘 二〇年一百十·、a1", max_size=14))
def test_alternatives_stand_for_words_of_the_chunk(text: str) -> None:
    parts = cut_query(text, CUTTER)
    for other in others(text, parts, "all"):
        assert 0 <= other.first <= other.last < len(parts)
        assert query_readings(other.text)


# ---------------------------------------------------------------- in an index

BODIES = {
    "home": "软件工程的信息",
    "away": "軟體工程的資訊",
    "both": "软件和軟體",
    "body": "身体的条件",
    "none": "脱贫攻坚工程",
    "year": "2020年的工程",
    "han": "二〇二〇年的工程",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    home = tmp_path_factory.mktemp("alternatives") / "index"
    searcher.build([searcher.Document(*each) for each in BODIES.items()], index=home)
    with searcher.open(home) as opened:
        yield opened


def test_a_page_tells_what_was_tried_and_stands_somewhere(index: searcher.Index) -> None:
    page = index.search("软件 一百二十", match="any")
    assert page.to_dict()["alternatives"] == [
        {"word": "软件", "alternative": "软体", "kind": "tw", "documents": 2}
    ]
    assert index.search("软件", region="none").alternatives == ()
    assert index.search("“软件”").alternatives == ()


def test_the_word_comes_before_its_alternative(index: searcher.Index) -> None:
    assert [hit.id for hit in index.search("软件").hits] == ["both", "home", "away"]
    assert [hit.id for hit in index.search("軟體").hits] == ["both", "away", "home"]
    assert index.search("软件", region="none").total == 2


def test_alternatives_are_marked(index: searcher.Index) -> None:
    page = index.search("软件工程")
    marked = {hit.id: hit.snippets[0].highlights for hit in page.hits}
    assert marked["away"] == marked["home"] == ((0, 4),)


def test_quotes_ask_for_equal_numbers_only_when_told(index: searcher.Index) -> None:
    assert [hit.id for hit in index.search("“二〇二〇年的”").hits] == ["han"]
    page = index.search("“二〇二〇年的”", equivalents=True)
    assert [hit.id for hit in page.hits] == ["han", "year"]
    assert {hit.id: hit.snippets[0].highlights for hit in page.hits} == {
        "han": ((0, 6),),
        "year": ((0, 6),),
    }


def test_what_is_excluded_is_the_word_as_typed(index: searcher.Index) -> None:
    ids = {hit.id for hit in index.search("工程 -软件").hits}
    assert ids == {"away", "none", "year", "han"}


def test_there_is_no_other_region(index: searcher.Index) -> None:
    with pytest.raises(ValueError, match="region must be one of none, tw, hk, all"):
        index.search("软件", region="sg")  # type: ignore[arg-type]


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(["条件", "工程", "脱贫攻坚工程", "身体", "软", "信息的"]), max_size=4)
)
def test_documents_without_an_alternative_are_ranked_as_without_any(
    index: searcher.Index, words: list[str]
) -> None:
    line = " ".join(["软件", "信息", "大数据", *words])
    plain = index.search(line, match="any", region="none", limit=100)
    wide = index.search(line, match="any", limit=100)
    scores = {hit.id: hit.score for hit in plain.hits}
    assert scores.keys() | {"away"} == {hit.id for hit in wide.hits}
    for hit in wide.hits:
        if hit.id not in ("away", "both"):
            assert hit.score == scores[hit.id]
