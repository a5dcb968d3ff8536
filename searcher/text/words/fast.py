"""rjieba repaired: the words of jieba, an order of magnitude faster.

rjieba 0.2.2 (jieba-rs 0.11) departs from jieba 0.42.1 in five ways, each mended here:

1. it keeps letters and digits joined by ``. _ -`` together where jieba splits them (github.com);
2. it takes Han outside U+4E00-9FD5 for characters of words; to jieba each is a word alone;
3. its sum of frequencies lacks the line that dict.txt holds twice, and subtracts a frequency that
   a user word replaces;
4. a word it was told to forbid stays in its word list;
5. its HMM has six decimals.  Of the 214 million pairs of characters the HMM can meet, the 64 that
   rounding decides otherwise are cut again with jieba's own numbers.  Longer ties exist; none
   was met in 20 million characters of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.text.codes import CODE_POINTS, code_points
from searcher.text.pairs import PairScreen
from searcher.text.words.algorithm import BLOCK, Model, cut_loose, split_forbidden, split_joined
from searcher.text.words.base import Span, UserWord, inner_spans, last_of_each, once, spans_of
from searcher.text.words.dictionary import load_dictionary, load_tables

COUNTED_TWICE = 3
"""The frequency of B超, the one word with two lines in dict.txt: jieba adds it up twice."""

NEAR_TIES = (
    "仇苏 仇蘇 佛执 俞堤 叠叔 吊芍 嗣歌 嘘禽 噓禽 夫人 婉絹 婉绢 审怛 审榫 审溆 审玎 审畬 审肟 "
    "审鞒 審怛 審榫 審溆 審玎 審畬 審肟 審鞒 峒履 常在 应脊 心咸 應脊 採腮 摒彭 末置 杭汽 枇使 "
    "棉健 溯华 溯華 现嘱 现囑 現嘱 現囑 疊叔 疫柯 知鴨 知鸭 磁难 磁難 移懂 紕銖 紕铢 纰銖 纰铢 "
    "脯土 賜鼠 赐鼠 采腮 隔若 顏篮 顏籃 颜篮 颜籃 鹤榻"
)
"""Pairs of characters whose likeliest states differ between six decimals and all of them."""

# A surrogate alone cannot be handed to rjieba; to jieba it is a word, as any symbol.
_ALONE = (
    *((0x3400, 0x4DBF), (0x9FD6, 0x9FFF), (0xD800, 0xDFFF), (0xF900, 0xFAFF)),
    *((0x20000, 0x2EBEF), (0x2F800, 0x2FA1F)),
)
_JOINER = re.compile(r"[._-](?<=[a-zA-Z0-9].)(?=[a-zA-Z0-9])")
_IN_BLOCK = re.compile(f"[{BLOCK}]")
_BLOCK = re.compile(f"[{BLOCK}]+")
_LOOSE = re.compile(rf"[{BLOCK}]|[a-zA-Z0-9]+")
_REMEMBERED = 1 << 16
_LONGEST_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class _Jieba:
    """An rjieba instance and what its repairs need.

    ``careful`` finds what only `_cut_exactly` cuts right, and that needs ``model``.
    """

    cut: Callable[..., list[str]]
    has_word: Callable[[str], bool]
    careful: re.Pattern[str]
    forbidden: frozenset[str]
    model: Callable[[], Model]


class RjiebaCutter:
    """Cuts with rjieba 0.2.2, repaired; loads it at the first text.

    >>> RjiebaCutter().cut("他来到github.com，网易杭研大厦")
    ['他', '来到', 'github', '.', 'com', '，', '网易', '杭研', '大厦']
    """

    def __init__(self, user_words: Iterable[UserWord] = ()) -> None:
        """Make a cutter that knows *user_words* too, at the cost of a second or so."""
        self._user_words = last_of_each(user_words)
        self._ready = once(lambda: _adapted(self._user_words) if self._user_words else _plain())
        self._remembered = lru_cache(_REMEMBERED)(self._look_inside)

    def cut(self, text: str) -> list[str]:
        """Return the words of *text* (`Cutter.cut`)."""
        jieba = self._ready()
        words: list[str] = []
        done = 0
        for start, end in _odd_pieces(text):
            words += _cut_plain(jieba, text[done:start])
            words += _cut_odd(jieba, text[start:end])
            done = end
        words += _cut_plain(jieba, text[done:])
        return words

    def search_spans(self, text: str) -> list[Span]:
        """Return the words of *text* and those inside them (`Cutter.search_spans`)."""
        return spans_of(self.cut(text), self._inner_spans)

    @property
    def knows(self) -> Callable[[str], object]:
        """What tells whether a word is in the dictionary (`Cutter.knows`)."""
        return self._ready().has_word

    def _inner_spans(self, word: str) -> tuple[Span, ...]:
        # Few words make up a text; but a long run of letters comes once, and would stay.
        long = len(word) > _LONGEST_REMEMBERED
        return self._look_inside(word) if long else self._remembered(word)

    def _look_inside(self, word: str) -> tuple[Span, ...]:
        return inner_spans(word, self._ready().has_word)


def _plain() -> _Jieba:
    """Return rjieba with jieba's dictionary."""
    from rjieba import Jieba

    jieba = Jieba()
    _count_more(jieba, COUNTED_TWICE)
    return _repaired(jieba, (), frozenset())


def _adapted(user_words: list[UserWord]) -> _Jieba:
    """Return rjieba with a dictionary filled word by word: it cannot take one out."""
    from rjieba import Jieba

    dictionary = load_dictionary(user_words)
    jieba: Any = Jieba.empty()  # type: ignore[no-untyped-call]
    for word, frequency in dictionary.frequencies.items():
        jieba.add_word(word, frequency, None)
    _count_more(jieba, dictionary.total - sum(dictionary.frequencies.values()))
    # A user word like a_b may be a known word where it stands, or two that rjieba has joined.
    joined = tuple(word.word for word in user_words if _JOINER.search(word.word))
    return _repaired(jieba, joined, dictionary.forbidden)


def _repaired(jieba: Any, joined: tuple[str, ...], forbidden: frozenset[str]) -> _Jieba:
    careful = re.compile("|".join(map(re.escape, (*NEAR_TIES.split(), *joined))))
    model = once(lambda: load_tables(forbidden))
    return _Jieba(jieba.cut, jieba.has_word, careful, forbidden, model)


def _count_more(jieba: Any, count: int) -> None:
    """Raise the sum of frequencies by *count*, through a word that no text can be cut into."""
    if count:
        jieba.add_word("\0", count, None)


def _odd_pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of what rjieba by itself may not cut right, in order.

    These are characters that are words alone, and whole blocks of the others, where they hold
    what may be a joiner or a near tie; each can be cut for itself.
    """
    codes = code_points(text)
    is_odd = _odd_characters().take(codes)
    ties = _near_ties().places(codes)
    done = 0
    for at in np.union1d(is_odd.nonzero()[0], ties).tolist():
        if at >= done:
            start, done = _piece_around(text, at, done)
            yield start, done


@cache
def _odd_characters() -> npt.NDArray[np.bool_]:
    table = np.zeros(CODE_POINTS, dtype=bool)
    table[[*map(ord, "._-")]] = True
    for first, last in _ALONE:
        table[first : last + 1] = True
    return table


@cache
def _near_ties() -> PairScreen:
    return PairScreen(NEAR_TIES.split())


def _piece_around(text: str, at: int, start: int) -> tuple[int, int]:
    """Return the span of the block that holds ``text[at]``, or of that character if none does."""
    block = _BLOCK.match(text, at)
    if block is None:
        return at, at + 1
    first = at
    while first > start and _IN_BLOCK.match(text, first - 1):
        first -= 1
    return first, block.end()


def _cut_plain(jieba: _Jieba, text: str) -> list[str]:
    return split_forbidden(jieba.cut(text), jieba.forbidden)


def _cut_odd(jieba: _Jieba, piece: str) -> list[str]:
    """Return the words of a block, or of a character that is a word alone."""
    if not _IN_BLOCK.match(piece):
        return [piece]
    if jieba.careful.search(piece):
        return _cut_exactly(jieba, piece)
    words = jieba.cut(piece)
    if _JOINER.search(piece):
        # No user word is among them: those with a joiner are cut exactly.
        words = [part for word in words for part in _parted(word)]
    return split_forbidden(words, jieba.forbidden)


def _parted(word: str) -> Iterable[str]:
    return split_joined(word) if word.isascii() and _JOINER.search(word) else (word,)


def _cut_exactly(jieba: _Jieba, block: str) -> list[str]:
    """Return the words of *block* with rjieba's route alone; the HMM is computed here."""
    words: list[str] = []
    loose: list[str] = []
    for word in jieba.cut(block, False):
        if _LOOSE.fullmatch(word) and (len(word) == 1 or not jieba.has_word(word)):
            loose.append(word)
            continue
        words += _cut_run(jieba, loose)
        loose.clear()
        words.append(word)
    return words + _cut_run(jieba, loose)


def _cut_run(jieba: _Jieba, loose: list[str]) -> list[str]:
    run = "".join(loose)
    return cut_loose(run, jieba.has_word(run), jieba.model())
