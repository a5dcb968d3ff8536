"""What every cutter must do: give the words of jieba 0.42.1, whatever the text.

The oracle is jieba as it comes, with its own initialize, add_word and tokenize.
"""

from __future__ import annotations

import logging
import random
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from unittest.mock import patch

import jieba
import jieba.finalseg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from searcher.text.words import Cutter, UserWord, word_spans
from searcher.text.words.algorithm import BLOCK, STATES, STEPS, UNKNOWN
from searcher.text.words.base import MAX_FREQUENCY, MAX_WORD, can_be_in_unit
from searcher.text.words.cutters import CUTTERS
from searcher.text.words.dictionary import load_dictionary, load_tables
from searcher.text.words.fast import COUNTED_TWICE, NEAR_TIES
from searcher.text.words.reference import JiebaCutter
from searcher.text.words.writing import write_lexicon

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
GOLDEN = Path(__file__).parents[1] / "golden" / "words.tsv"

USER_WORDS = (
    UserWord("驻村工作队"),  # None: a frequency that lets it win
    UserWord("脱贫攻坚战", 5, "n"),
    UserWord("工作", 0),  # given again below: the last one counts
    UserWord("工作", 20_000),  # in the dictionary already
    UserWord("村工", 0),  # forbidden, not in the dictionary
    UserWord("中将", 0),  # forbidden, in the dictionary, and the HMM would join it
    UserWord("总书", 0),  # forbidden, and the beginning of other words
    UserWord("贫", 0),  # a single character
    UserWord("AT&T", 0),
    UserWord("abc", 0),
    UserWord("a_b", 7),
    UserWord("Node.js"),
    UserWord("iphone"),
    UserWord("云iphone云"),
    UserWord("5G网络", None, "nz"),
    UserWord("a", 900_000),
    UserWord("㐂村", 50),  # no text is ever cut into these
    UserWord("𠮷野家"),
    UserWord("New York", 50),
    UserWord("〇", 40),
    UserWord("\ud800甲", 3),
    UserWord("石墨烯"),
)

ALPHABETS = {
    "common": "的一是在了人有中大国家上生对成和工作总书记扶贫脱攻坚战将来说常夫八",
    "rare Han": "㐂鿖𠮷〇兀凉的人大中国龥龦鿕鿿豈﨎𪜀丽𰻝賸敍辺",
    "joined": "abzAZ019._-+#&%..--__",
    "joined in Han": "ab01._-+#&%中国的人㐂𠮷",
    "user words": "驻村工作队脱贫攻坚战中将总书记ATabc&_NodejsiphoneGN云5石墨烯网络㐂〇. ",
    "blanks": " \t\r\n\x0b\x1c\x85\u3000\u2028中国人\r\n\n",
    "scripts": "のひカ한글абяقำéü中国ａ１Ａ。，「」☃😀👨‍👩‍👧✍🏽\ufffd\ud800\ue000\0",
    "unseen by the HMM": "賸敍辺丆乤之的人后我你了在常",
    "traditional": "軟體資訊後面裡著臺灣國家發展計畫乾淨說話總書記",
}

HARD = (
    "",
    "。",
    "，。！？、；：",
    "\r\n\r\n",
    "\n \r \u3000",
    "...---+++%%%",
    "中" * 2000,
    "a" * 2000,
    "." * 2000,
    "，" * 2000,
    "㐂" * 2000,
    "中国" * 1000,
    "a." * 1000,
    "说" * 999 + "㐂" + "话" * 1000,
    "a" + "\ud800" + "中国",
)


# ---------------------------------------------------------------- the oracle


class Oracle:
    """jieba itself; its process-wide set of forbidden words stands only while it works."""

    def __init__(self, folder: Path, user_words: tuple[UserWord, ...] = ()) -> None:
        self.tokenizer = jieba.Tokenizer()
        self.tokenizer.tmp_dir = str(folder)
        self.tokenizer.initialize()
        self.forbidden: set[str] = set()
        with patch.object(jieba.finalseg, "Force_Split_Words", self.forbidden):
            for word in user_words:
                self.tokenizer.add_word(word.word, word.freq, word.tag)

    def cut(self, text: str) -> list[str]:
        with patch.object(jieba.finalseg, "Force_Split_Words", self.forbidden):
            return list(self.tokenizer.cut(text, HMM=True))

    def search_spans(self, text: str) -> list[tuple[int, int]]:
        with patch.object(jieba.finalseg, "Force_Split_Words", self.forbidden):
            found = self.tokenizer.tokenize(text, mode="search", HMM=True)
            return [(start, end) for _, start, end in found]

    @property
    def knows(self) -> Callable[[str], object]:
        known: Callable[[str], object] = self.tokenizer.FREQ.get
        return known


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jieba")


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Oracle:
    return Oracle(folder)


@pytest.fixture(scope="module")
def adapted_oracle(folder: Path) -> Oracle:
    assert [word.word for word in USER_WORDS].index("工作") == 2
    return Oracle(folder, USER_WORDS[:2] + USER_WORDS[3:])


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[UserWord, ...]], Path]:
    """Return a function from user words to a word list with them, written once."""

    @cache
    def written(user_words: tuple[UserWord, ...]) -> Path:
        path = tmp_path_factory.mktemp("lexicon") / "words.lex"
        write_lexicon(path, user_words)
        return path

    return written


@pytest.fixture(scope="module")
def make(lexicon: Callable[..., Path]) -> Callable[[str, tuple[UserWord, ...]], Cutter]:
    """Return a function from the name of a cutter and user words to a new cutter."""

    def made(name: str, user_words: tuple[UserWord, ...]) -> Cutter:
        return CUTTERS[name](lexicon(user_words) if name == "lexicon" else user_words)

    return made


@pytest.fixture(scope="module")
def made(make: Callable[..., Cutter]) -> Callable[[str, tuple[UserWord, ...]], Cutter]:
    """Return the same, which makes each cutter once."""
    return cache(make)


@pytest.fixture(scope="module", params=CUTTERS)
def cutter(request: pytest.FixtureRequest, made: Callable[..., Cutter]) -> Cutter:
    return made(request.param, ())


@pytest.fixture(scope="module", params=CUTTERS)
def adapted(request: pytest.FixtureRequest, made: Callable[..., Cutter]) -> Cutter:
    """Return a cutter that knows `USER_WORDS`."""
    return made(request.param, USER_WORDS)


def assert_same(cutter: Cutter, oracle: Oracle, text: str) -> None:
    words = cutter.cut(text)
    assert words == oracle.cut(text)
    assert "".join(words) == text
    assert cutter.search_spans(text) == oracle.search_spans(text)


def random_strings(alphabet: str, number: int, longest: int = 24) -> Iterator[str]:
    pick = random.Random(ascii(alphabet))
    for _ in range(number):
        yield "".join(pick.choices(alphabet, k=pick.randint(1, longest)))


# ---------------------------------------------------------------- the words of jieba


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.name[:3])
def test_the_seeds_are_cut_as_jieba_cuts_them(cutter: Cutter, oracle: Oracle, seed: Path) -> None:
    text = seed.read_bytes().decode("utf-8", "replace")
    assert_same(cutter, oracle, text)
    assert_same(cutter, oracle, OpenCC("t2s").convert(text))


def test_hard_cases_are_cut_as_jieba_cuts_them(cutter: Cutter, oracle: Oracle) -> None:
    for text in HARD:
        assert_same(cutter, oracle, text)


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_random_strings_are_cut_as_jieba_cuts_them(
    cutter: Cutter, oracle: Oracle, alphabet: str
) -> None:
    for text in random_strings(ALPHABETS[alphabet], 350):
        assert_same(cutter, oracle, text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_string_is_cut_as_jieba_cuts_it(cutter: Cutter, oracle: Oracle, text: str) -> None:
    assert_same(cutter, oracle, text)


def golden() -> list[tuple[str, list[str], list[str]]]:
    lines = GOLDEN.read_text("utf-8").splitlines()
    rows = [list(map(unescaped, line.split("\t"))) for line in lines if line[0] != "#"]
    return [
        (text, words.split("│"), [*filter(None, stream.split("│"))])
        for text, words, stream in rows
    ]


def unescaped(field: str) -> str:
    escape = re.compile(r"\\(?:([nr])|u([0-9a-f]{4}))")
    controls = {"n": "\n", "r": "\r"}
    return escape.sub(lambda found: controls.get(found[1]) or chr(int(found[2], 16)), field)


@pytest.mark.parametrize(("text", "words", "stream"), golden(), ids=lambda value: str(value)[:20])
def test_a_text_is_cut_as_in_the_golden_file(
    cutter: Cutter, oracle: Oracle, text: str, words: list[str], stream: list[str]
) -> None:
    assert oracle.cut(text) == words
    assert_same(cutter, oracle, text)
    assert [text[start:end] for start, end in word_spans(cutter, text)] == stream


# ---------------------------------------------------------------- user words


@pytest.mark.parametrize("alphabet", ["user words", "joined in Han", "common"])
def test_user_words_are_cut_as_jieba_cuts_them(
    adapted: Cutter, adapted_oracle: Oracle, alphabet: str
) -> None:
    for text in random_strings(ALPHABETS[alphabet], 450, longest=40):
        assert_same(adapted, adapted_oracle, text)


def test_user_words_stand_in_real_text_as_jieba_sets_them(
    adapted: Cutter, adapted_oracle: Oracle
) -> None:
    pick = random.Random(7)
    text = SEEDS[4].read_bytes().decode("utf-8", "replace")
    pieces = [text[at : at + 40] for at in range(0, len(text), 40)]
    names = [word.word for word in USER_WORDS]
    assert_same(adapted, adapted_oracle, "".join(pick.choice(names) + each for each in pieces))


def test_each_kind_of_user_word_has_its_effect(adapted: Cutter) -> None:
    words = adapted.cut("驻村工作队，AT&T，用Node.js和a_b，中将来了，iphone，做工作")
    assert {"驻村工作队", "Node.js", "a_b", "iphone", "工作"} <= set(words)
    assert not {"AT&T", "中将"} & set(words)


def test_every_cutter_knows_the_words_that_jieba_knows(
    cutter: Cutter, adapted: Cutter, oracle: Oracle, adapted_oracle: Oracle
) -> None:
    words = [*random.Random(7).sample(sorted(oracle.tokenizer.FREQ), 2000), "工作队", "甲乙", "ab"]
    # Of others no part of a word is ever made.
    words += [word.word for word in USER_WORDS if re.fullmatch(f"[{BLOCK}]+", word.word)]
    for each, wanted in ((cutter, oracle), (adapted, adapted_oracle)):
        assert [bool(each.knows(word)) for word in words] == [
            bool(wanted.tokenizer.FREQ.get(word)) for word in words
        ]


def test_the_reference_holds_the_very_numbers_of_jieba(adapted_oracle: Oracle) -> None:
    tokenizer = JiebaCutter(USER_WORDS)._ready()
    assert tokenizer.FREQ == adapted_oracle.tokenizer.FREQ
    assert tokenizer.total == adapted_oracle.tokenizer.total


def test_user_words_may_lose_against_their_own_characters(
    made: Callable[..., Cutter], folder: Path
) -> None:
    words = (*(UserWord(char, 10**12) for char in "ab_"), UserWord("a_b", 7), UserWord("x.y", 7))
    oracle = Oracle(folder, words)
    for text in random_strings("ab__xy..中", 300, longest=9):
        for name in ("rjieba", "lexicon"):
            assert_same(made(name, words), oracle, text)


def test_frequencies_that_are_replaced_still_count(
    made: Callable[..., Cutter], folder: Path
) -> None:
    frequencies = load_dictionary().frequencies
    common = sorted(frequencies, key=lambda word: -frequencies[word])[:400]
    words = tuple(UserWord(word, 2_000) for word in common)
    oracle = Oracle(folder, words)
    for text in random_strings("".join(common), 600):
        for name in ("rjieba", "lexicon"):
            assert_same(made(name, words), oracle, text)


def test_of_a_word_given_twice_the_last_counts() -> None:
    once = (UserWord("是在了", 9), UserWord("生对", 900_000))
    assert load_dictionary((UserWord("生对", 0), *once)) == load_dictionary(once)


def test_a_frequency_left_out_is_the_one_jieba_suggests(folder: Path) -> None:
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(folder)
    names = [*random_strings(ALPHABETS["user words"] + "中国人民大学生", 300, longest=6)]
    names += ["iphone", "iphon", "AT", "AT&T", "B超", "中国人", "葡", "〇〇", "〇"]
    names = list(dict.fromkeys(names))
    wanted = {}
    for name in names:
        tokenizer.add_word(name)
        wanted[name] = tokenizer.FREQ[name]
    dictionary = load_dictionary(map(UserWord, names))
    assert dictionary.total == tokenizer.total
    reachable = {name for name in names if re.fullmatch(r"[一-鿕a-zA-Z0-9+#&._%-]+", name)}
    assert {name: dictionary.frequencies[name] for name in reachable} == {
        name: wanted[name] for name in reachable
    }
    assert not dictionary.frequencies.keys() & (set(names) - reachable)


@pytest.mark.parametrize(
    ("word", "freq"),
    [("", 1), ("长" * (MAX_WORD + 1), 1), ("词", -1), ("词", MAX_FREQUENCY + 1)],
)
def test_a_user_word_out_of_range_is_refused(word: str, freq: int) -> None:
    with pytest.raises(ValueError, match="user word"):
        UserWord(word, freq)


def test_the_longest_and_most_frequent_user_words_are_cut(make: Callable[..., Cutter]) -> None:
    longest = "丁卯" * (MAX_WORD // 2)
    words = (UserWord(longest, MAX_FREQUENCY), UserWord("甲丁", MAX_FREQUENCY))
    for name in ("rjieba", "lexicon"):
        assert make(name, words).cut(f"甲{longest}乙") == ["甲", longest, "乙"]


# ---------------------------------------------------------------- the word stream


def stream_of_the_analyzer(text: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # jieba leaves its idf.txt open
        from jieba.analyse import ChineseAnalyzer

    analyzer = ChineseAnalyzer(stoplist=(), minsize=1, stemfn=lambda word: word)
    return [token.text for token in analyzer(text)]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.name[:3])
def test_the_stream_is_that_of_chinese_analyzer_and_what_it_drops(
    made: Callable[..., Cutter], oracle: Oracle, seed: Path
) -> None:
    text = OpenCC("t2s").convert(seed.read_bytes().decode("utf-8", "replace"))
    text += " 〇5，A𠮷☃--\r\n"
    ours = [text[start:end].lower() for start, end in word_spans(made("rjieba", ()), text)]
    with patch.object(jieba, "tokenize", oracle.tokenizer.tokenize):
        theirs = stream_of_the_analyzer(text)
    assert [word for word in theirs if any(map(can_be_in_unit, word))] == [
        word for word in ours if len(word) > 1 or "\u4e00" <= word <= "\u9fd5"
    ]
    assert ours[-5:] == ["〇", "5", "a", "𠮷", "☃"]
    assert not any(word.isspace() for word in ours)


def test_the_stream_of_every_cutter_is_the_same(cutter: Cutter, oracle: Oracle) -> None:
    for text in (*HARD, "".join(ALPHABETS.values())):
        assert word_spans(cutter, text) == word_spans(oracle, text)


# ---------------------------------------------------------------- manners


def test_threads_may_share_a_cutter(make: Callable[..., Cutter], oracle: Oracle) -> None:
    texts = list(random_strings(ALPHABETS["joined in Han"] + ALPHABETS["common"], 200, 60))
    wanted = list(map(oracle.search_spans, texts))
    for name in CUTTERS:
        fresh = make(name, ())
        with ThreadPoolExecutor(4) as pool:
            found = [list(pool.map(fresh.search_spans, texts)) for _ in range(3)]
        assert found == [wanted] * 3


def test_jieba_is_used_without_its_cache_its_log_and_its_global_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(jieba.finalseg.Force_Split_Words)
    with caplog.at_level(logging.DEBUG):
        JiebaCutter([UserWord("中将", 0)]).cut("中将来了")
    assert list(tmp_path.iterdir()) == []
    assert caplog.records == []
    assert jieba.finalseg.Force_Split_Words == before


def test_queries_are_cut_without_loading_jieba_or_rjieba(lexicon: Callable[..., Path]) -> None:
    code = (
        "import sys; from searcher.text.words import LexiconCutter, word_spans;"
        "print(len(word_spans(LexiconCutter(sys.argv[1]), '说的常在理')));"
        "print([name for name in sys.modules if name.split('.')[0] in ('jieba', 'rjieba')])"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(lexicon(()))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split("\n") == ["3", "[]", ""]


# ---------------------------------------------------------------- what rjieba's repairs rest on


def test_jieba_counts_one_line_twice() -> None:
    dictionary = load_dictionary()
    assert dictionary.total - sum(dictionary.frequencies.values()) == COUNTED_TWICE


def test_near_ties_are_all_pairs_that_six_decimals_decide_otherwise() -> None:
    assert near_ties() == set(NEAR_TIES.split())


@pytest.mark.parametrize("before", ["", "我说", "a", "。"])
def test_near_ties_are_cut_as_jieba_cuts_them(cutter: Cutter, oracle: Oracle, before: str) -> None:
    for pair, behind in product(NEAR_TIES.split(), ["", "你", "却儇", "村。里a.b"]):
        assert_same(cutter, oracle, f"{before}{pair}{behind}")


hmm = cache(load_tables)


def near_ties() -> set[str]:
    """Return the pairs where two ways through two characters change places when rounded.

    Two ways differ over exactly two characters where they leave and reach the same states (or
    the ends of the run) and share neither state between: four kinds of them exist.
    """
    tables = hmm()
    han = [char for char in tables.by_char if "\u4e00" <= char <= "\u9fd5"]
    exact = np.array([tables.by_char[char] for char in han]).T
    rounded = np.array([[round(each, 6) for each in tables.by_char[char]] for char in han]).T
    found = set()
    for before, (one, other), behind in product("^BEMS", DETOURS, "BEMS$"):
        constant = passage(before, one, behind) - passage(before, other, behind)
        if np.isfinite(constant):
            found |= flips(exact, rounded, one, other, constant)
    return {han[first] + han[second] for first, second in found}


DETOURS = (("BE", "SS"), ("BM", "SB"), ("ES", "ME"), ("EB", "MM"))


def passage(before: str, way: str, behind: str) -> float:
    """Return the log-probability of the steps of *way* between two states, or ends (^ and $)."""
    tables = hmm()
    steps = dict(zip(STEPS, tables.steps, strict=True))
    into = tables.starts[STATES.index(way[0])] if before == "^" else steps.get(before + way[0])
    out = (0.0 if way[1] in "ES" else None) if behind == "$" else steps.get(way[1] + behind)
    if into is None or into == UNKNOWN or out is None:
        return np.nan
    return into + steps[way] + out


def flips(
    exact: np.ndarray, rounded: np.ndarray, one: str, other: str, constant: float
) -> set[tuple[int, int]]:
    """Return the pairs of characters for which *one* beats *other* in one table only."""

    def gains(table: np.ndarray) -> list[np.ndarray]:
        return [
            table[STATES.index(a)] - table[STATES.index(b)]
            for a, b in zip(one, other, strict=True)
        ]

    (first, second), (first_rounded, second_rounded) = gains(exact), gains(rounded)
    order = np.argsort(second)
    ascending = second[order]
    low = np.searchsorted(ascending, -constant - first - 3e-6)
    high = np.searchsorted(ascending, -constant - first + 3e-6)
    return {
        (a, int(b))
        for a in np.flatnonzero((low < high) & (abs(first) < 1e50)).tolist()
        for b in order[low[a] : high[a]]
        if (first[a] + second[b] + constant > 0)
        != (first_rounded[a] + second_rounded[b] + constant > 0)
    }
