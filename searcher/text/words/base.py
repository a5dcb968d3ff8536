"""What every cutter is, and what all of them share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, TypeAlias, TypeVar

from searcher import forking

Span: TypeAlias = tuple[int, int]
Loaded = TypeVar("Loaded")

MAX_WORD = 64
"""Characters of the longest user word; jieba's own longest has 16."""

MAX_FREQUENCY = 2**40
"""Above any count, and low enough that every sum is exact in a float, as jieba's logarithms
take it."""


FIRST_HAN, LAST_HAN = "\u4e00", "\u9fd5"
"""The first and the last of the Han characters that jieba's words are made of."""


@dataclass(frozen=True, slots=True)
class UserWord:
    """A word added to the dictionary, as jieba's ``add_word`` takes it.

    ``freq`` is None for a frequency that lets the word win over its parts, 0 to forbid the word.
    ``tag`` is its part of speech; no cut depends on it.

    >>> UserWord("驻村工作队").freq is None
    True

    Raises:
        ValueError: the word is empty or too long, or the frequency out of range.
    """

    word: str
    freq: int | None = None
    tag: str = ""

    def __post_init__(self) -> None:
        """Refuse what no cutter could hold."""
        if not 0 < len(self.word) <= MAX_WORD:
            raise ValueError(f"user word {self.word!r}: 1 to {MAX_WORD} characters")
        if self.freq is not None and not 0 <= self.freq <= MAX_FREQUENCY:
            raise ValueError(f"user word {self.word!r}: frequency 0 to {MAX_FREQUENCY}")


class Cutter(Protocol):
    """Cuts text into words exactly as jieba 0.42.1 does; safe to share between threads."""

    def cut(self, text: str) -> list[str]:
        """Return the words of *text*, blanks and punctuation included: joined they are *text*.

        They are those of ``jieba.Tokenizer.cut(text, HMM=True)``.
        """

    def search_spans(self, text: str) -> list[Span]:
        """Return where the words of *text* and the words inside them stand, in jieba's order.

        They are those of ``jieba.Tokenizer.tokenize(text, mode="search")``: of each word the known
        words of two characters, those of three, then the word.
        """

    @property
    def knows(self) -> Callable[[str], object]:
        """What tells whether a word is in the dictionary, by something true (`inner_spans`)."""


def is_han(text: str) -> bool:
    """Tell whether *text* is made of the Han characters of words alone, at least one.

    >>> is_han("打印"), is_han("3D打印")
    (True, False)
    """
    return text != "" and min(text) >= FIRST_HAN and max(text) <= LAST_HAN


def word_spans(cutter: Cutter, text: str) -> list[Span]:
    """Return the spans of the word stream of *text*: search spans that hold part of a unit.

    It is the stream of ``jieba.analyse.ChineseAnalyzer(stoplist=(), minsize=1, stemfn=identity)``
    without its pure punctuation and blanks, and with the single digits, letters and rare
    characters that it drops.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> text = "脱贫攻坚战，5月"
    >>> [text[start:end] for start, end in word_spans(RjiebaCutter(), text)]
    ['脱贫', '攻坚', '攻坚战', '5', '月']
    """
    return [
        span
        for span in cutter.search_spans(text)
        # A letter or digit in front decides nearly every span.
        if text[span[0]].isalnum() or any(map(can_be_in_unit, text[slice(*span)]))
    ]


@lru_cache(4096)
def can_be_in_unit(char: str) -> bool:
    """Tell whether *char* can be part of a unit: letter, digit, mark, symbol or private use.

    >>> [can_be_in_unit(char) for char in "贫〇5é☃，+ "]
    [True, True, True, True, True, False, False, False]
    """
    category = unicodedata.category(char)
    # U+FFFD is a symbol to Unicode; to us it is damage, which ends a sentence.
    return (category[0] in "LNM" or category in ("So", "Co")) and char != "\ufffd"


def inner_spans(word: str, known: Callable[[str], object]) -> tuple[Span, ...]:
    """Return where the *known* words of two, then three characters stand inside a longer *word*.

    >>> inner_spans("中华人民", {"中华", "华人", "人民"}.__contains__)
    ((0, 2), (1, 3), (2, 4))
    """
    size = len(word)
    pairs = [(at, at + 2) for at in range(size - 1) if known(word[at : at + 2])]
    if size == 3:
        return tuple(pairs)
    return (*pairs, *((at, at + 3) for at in range(size - 2) if known(word[at : at + 3])))


def spans_of(words: Iterable[str], inner: Callable[[str], Iterable[Span]]) -> list[Span]:
    """Return the search spans of consecutive *words*; *inner* gives those inside a long word.

    >>> spans_of(["甲乙丙", "丁"], lambda word: [(1, 3)])
    [(1, 3), (0, 3), (3, 4)]
    """
    spans: list[Span] = []
    start = 0
    for word in words:
        end = start + len(word)
        if end - start > 2:
            spans += [(start + first, start + last) for first, last in inner(word)]
        spans.append((start, end))
        start = end
    return spans


def last_of_each(user_words: Iterable[UserWord]) -> list[UserWord]:
    """Return the words in order; one that was given more than once as it was given last.

    >>> last_of_each([UserWord("甲", 1), UserWord("乙", 2), UserWord("甲", 3)])
    [UserWord(word='乙', freq=2, tag=''), UserWord(word='甲', freq=3, tag='')]
    """
    last: dict[str, UserWord] = {}
    for user_word in user_words:
        last.pop(user_word.word, None)
        last[user_word.word] = user_word
    return list(last.values())


def forbidden_words(user_words: Iterable[UserWord]) -> frozenset[str]:
    """Return the Han words among *user_words* that have the frequency 0.

    jieba's HMM must not join characters to one of them.  It never joins anything else.

    >>> forbidden_words([UserWord("中将", 0), UserWord("abc", 0), UserWord("来", 7)])
    frozenset({'中将'})
    """
    return frozenset(
        user_word.word
        for user_word in user_words
        if user_word.freq == 0 and is_han(user_word.word)
    )


def once(load: Callable[[], Loaded]) -> Callable[[], Loaded]:
    """Return a function that calls *load* when first called, and gives its result ever after.

    Threads that come together wait for the first of them: a dictionary is loaded once.
    """
    lock = forking.lock()
    loaded = cache(load)

    def ready() -> Loaded:
        with lock:
            return loaded()

    return ready
