"""The damage of the five seeds: over-conversion, annotations, shifted bytes, scattered blanks."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from corpus import SEEDS, UnitScan, seeds

import searcher
from searcher import Document
from searcher.text.units import SENTENCE_END

TEXTS = {seed.id: seed.body for seed in seeds()}

# phrase → seed: the places as they stand in it.  Nothing else may be highlighted.
FOUND: list[tuple[str, dict[str, list[str]]]] = [
    # 參與(yu) 脫貧, annotated without tones, a blank behind each
    ("参与脱贫", {"000": ["參與(yu) 脫貧"] * 2, "003": ["參與脫貧"]}),
    ("并为之努力", {"000": ["並為(wei) 之努力"]}),
    ("为贫困县", {"000": ["為(wei) 貧困縣"]}),
    ("一个个扶贫项目", {"000": ["一個(ge) 個(ge) 扶貧項目"], "001": ["一个个扶贫项目"]}),
    ("大的事业", {"000": ["大的事業"]}),
    # 級(jí)書記, annotated with tones; the last reading is no part of the phrase
    ("三级书记", {"002": ["三級(jí)書記"] * 2}),
    ("級書記", {"002": ["級(jí)書記"] * 2, "003": ["級書記"]}),
    ("三級書記抓扶貧", {"002": ["三級(jí)書記抓扶貧", "三級(jí)書記”抓扶貧"]}),
    ("组织人居环境整治", {"002": ["組織人居環(huán)境整治"]}),
    # readings inside and beside real brackets
    ("会(扩大)会议", {"002": ["會(huì)(擴(kuò)大)會(huì)議"]}),
    ("村社区党总支部", {"002": ["村(社區(qū))黨(總)支部"]}),
    ("村(社區)黨(總)支部", {"002": ["村(社區(qū))黨(總)支部"]}),
    ("贫困县(区)", {"000": ["貧困縣(區"]}),
    # the four places where bytes were shifted
    ("决胜冲锋号", {"002": ["決勝?zèng)_鋒號"]}),
    ("吹響決勝沖鋒號", {"002": ["吹響決勝?zèng)_鋒號"]}),
    ("重庆日报网", {"002": ["重慶日?qǐng)?bào)網"]}),
    ("來源重慶日報", {"002": ["來源:重慶日?qǐng)?bào)"]}),
    ("11月担任双石村", {"002": ["11月?lián)\ue317坞p石村"]}),
    ("擔任雙石村第一書記", {"002": ["?lián)\ue317坞p石村第一書記"]}),
    ("变为乡村振兴", {"002": ["變?yōu)猷l(xiāng)村振興"]}),
    ("主戰場變為鄉村", {"002": ["主戰(zhàn)場(chǎng)”,變?yōu)猷l(xiāng)村"]}),
    # a blank between digits and Han
    ("2017年10月", {"003": ["2017 年10 月"]}),
    ("2017 年10 月", {"003": ["2017 年10 月"]}),
    ("２０１７年１０月", {"003": ["2017 年10 月"]}),
    # what OpenCC and others converted too far or not at all
    ("好干部", {"003": ["好乾部"] * 2}),
    ("好乾部", {"003": ["好乾部"] * 2}),
    ("好幹部", {"003": ["好乾部"] * 2}),
    ("随着", {"003": ["隨著"]}),
    ("隨著", {"003": ["隨著"]}),
    ("隨着", {"003": ["隨著"]}),
    ("对表对标", {"003": ["對錶對標"]}),
    ("征程", {"001": ["征程"], "003": ["徵程"]}),
    ("面对庞大的数字", {"000": ["麵對龐大的數字"]}),
    ("只知道任務", {"000": ["隻知道任務"]}),
    ("因地制宜", {"000": ["因地製宜"], "003": ["因地制宜"]}),
    ("脚下沾着泥土心里装着百姓", {"000": ["腳下沾著泥土,心裏裝著百姓"]}),
    ("收获了村民普遍赞誉", {"002": ["收獲了村民普遍贊譽"]}),
    # what stands in none of them
    ("會議擴大", {}),
    ("欢迎你访问", {}),
    ("zèng", {}),
    ("yu", {}),
]

PASSAGES = [
    # pasted as it stands, readings and all
    ("000", "能參與(yu) 脫貧攻堅這項偉(wei) 大的事業(ye) ,並為(wei) 之努力"),
    ("000", "從(cong) 幹扶貧工作起,下鄉(xiang) 調研、走訪貧困戶"),
    ("000", "為(wei) 貧困縣(區)、貧困鄉(xiang) 村、貧困群眾(zhong) 如期脫貧奠定了堅實基礎"),
    ("002", "黔江區(qū)累計(jì)兌現(xiàn)教育資助資金9402.61萬元"),
    (
        "002",
        "主持召開區(qū)委常委會(huì)(擴(kuò)大)會(huì)議、區(qū)扶貧開發(fā)領(lǐng)導(dǎo)",
    ),
    ("002", "三級(jí)書記抓扶貧\xa0吹響決勝?zèng)_鋒號(hào)"),
    ("002", "來源:重慶日?qǐng)?bào)網(wǎng)"),
    ("002", "2017年11月?lián)\ue317坞p石村第一書記以來,王運(yùn)洪結(jié)合村里實(shí)際"),
    ("002", "變?yōu)猷l(xiāng)村振興"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    home = tmp_path_factory.mktemp("seeds") / "index"
    searcher.build(SEEDS, index=home, include=["0*.txt"])
    with searcher.open(home) as opened:
        yield opened


Places = dict[str, list[tuple[int, int]]]


def seed_of(document_id: str) -> str:
    return document_id.removeprefix("seeds/")[:3]


def ask(
    index: searcher.Index, query: str, *, literal: bool = False, field: str = "body"
) -> Places:
    """Return every highlight in a field of every seed that is found."""
    page = index.search(query, literal=literal, snippets=1000, snippet_chars=10**6)
    assert page.total == len(page.hits)
    return {
        seed_of(hit.id): [
            place
            for snippet in hit.snippets
            if snippet.field == field
            for place in snippet.highlights
        ]
        for hit in page.hits
    }


def test_the_seeds_are_stored_as_they_are(index: searcher.Index) -> None:
    assert len(index) == 5
    for name in index.ids():
        document = index.get(name)
        assert isinstance(document, Document)
        assert document.body == TEXTS[seed_of(name)]


@pytest.mark.parametrize(("phrase", "wanted"), FOUND)
def test_a_phrase_is_found_through_the_damage(
    index: searcher.Index, phrase: str, wanted: dict[str, list[str]]
) -> None:
    found = ask(index, f'"{phrase}"')
    shown = {
        name: [TEXTS[name][start:end] for start, end in places] for name, places in found.items()
    }
    assert shown == wanted


def test_the_damage_of_a_title_is_read_through_too(index: searcher.Index) -> None:
    [(start, end)] = ask(index, '"三级书记抓扶贫吹响决胜冲锋号"', field="title")["002"]
    assert TEXTS["002"][start:end] == "三級(jí)書記抓扶貧\xa0吹響決勝?zèng)_鋒號"


@pytest.mark.parametrize(("name", "passage"), PASSAGES)
def test_a_pasted_passage_finds_its_seed(index: searcher.Index, name: str, passage: str) -> None:
    start = TEXTS[name].index(passage)
    end = start + len(passage)
    while TEXTS[name][end - 1] == ")":  # a reading behind the last character is not highlighted
        end = TEXTS[name].rindex("(", start, end)
    for query, literal in ((f'"{passage}"', False), (passage, True)):
        assert ask(index, query, literal=literal) == {name: [(start, end)]}


@pytest.mark.parametrize(("name", "passage"), PASSAGES)
def test_a_pasted_passage_finds_its_seed_without_quotes_too(
    index: searcher.Index, name: str, passage: str
) -> None:
    page = index.search(passage)
    assert (seed_of(page.hits[0].id), page.matched) == (name, "all")


@pytest.mark.parametrize("name", ["000", "002"])
def test_a_passage_of_whole_characters_finds_the_annotated_seed(
    index: searcher.Index, name: str
) -> None:
    """Any passage of one paragraph, cut between characters and readings but in no damage."""
    random = Random(2)
    [field] = UnitScan(seed for seed in seeds() if seed.id == name).fields.values()
    units = field.units
    tried = 0
    for _ in range(300):
        first = random.randrange(len(units.keys) - 40)
        last = first + random.randint(2, 40)
        start, end = units.start[first], units.end[last - 1]
        passage = field.text[start:end]
        damaged = "?" in field.text[max(0, start - 8) : end + 8]
        if damaged or "\n" in passage or SENTENCE_END in (units.keys[first], units.keys[last - 1]):
            continue
        assert (start, end) in ask(index, passage, literal=True)[name], passage
        tried += 1
    assert tried > 100
