"""jieba's algorithm over any word list: the likeliest route, and the HMM where no word is known.

It follows jieba 0.42.1 to the last bit: the same sums of floats in the same order, and the same
winner of every tie (of two routes the one with the longer first word, of two HMM states the later
letter of B E M S).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from math import inf, log
from typing import Protocol

from searcher.text.words.base import Span, is_han

BLOCK = r"\u4e00-\u9fd5a-zA-Z0-9+#&._%\-"
"""The characters words are made of, as the inside of a regex class; any other is a word alone."""

UNKNOWN = -3.14e100
"""The log-probability jieba gives to what its HMM has never seen."""

STATES = "BEMS"
"""Begin, end, middle of a word, and single: in the order that decides ties."""

STEPS = ("BE", "BM", "EB", "ES", "ME", "MM", "SB", "SS")
"""The transitions the HMM allows, in the order a `Model` holds them."""

_BEFORE = {"B": "SE", "E": "MB", "M": "MB", "S": "SE"}
"""What may stand before each state: the winner of a tie, then the other."""


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(rf"([{BLOCK}]+)|\r\n|.", re.DOTALL)


@cache
def _loose_pieces() -> re.Pattern[str]:
    return re.compile(r"([\u4e00-\u9fd5]+)|[a-zA-Z0-9]+(?:\.[0-9]+)?%?|[^\u4e00-\u9fd5a-zA-Z0-9]+")


class WordList(Protocol):
    """Words and how often each was counted."""

    @property
    def total(self) -> int:
        """The sum of all counts, as jieba adds them up; at least 1."""

    def matches(self, text: str, start: int) -> Sequence[Span]:
        """Return (end, frequency) of the words that begin at *start* of *text*, short to long."""

    def frequency(self, word: str) -> int:
        """Return how often *word* was counted; 0 if it is no word."""


class Model(Protocol):
    """The hidden Markov model that finds words no dictionary has; all values are logarithms."""

    @property
    def starts(self) -> Sequence[float]:
        """Of each of `STATES`, how likely a run begins with it."""

    @property
    def steps(self) -> Sequence[float]:
        """Of each of `STEPS`, how likely it is."""

    @property
    def forbidden(self) -> frozenset[str]:
        """The words a user forbade, in which the HMM must not join characters either."""

    def emissions(self, char: str) -> Sequence[float]:
        """Return for each of `STATES` how likely *char* is in it."""


def cut(text: str, cut_block: Callable[[str], list[str]]) -> list[str]:
    """Return the words of *text*; *cut_block* cuts each run of characters that words are made of.

    >>> cut("a-b，\\r\\n 甲乙", list)
    ['a', '-', 'b', '，', '\\r\\n', ' ', '甲', '乙']
    """
    if is_han(text):  # as most queries are
        return cut_block(text)
    words: list[str] = []
    for piece in _pieces().finditer(text):
        if block := piece[1]:
            words += cut_block(block)
        else:
            words.append(piece[0])
    return words


def cut_block(block: str, words: WordList, cut_loose: Callable[[str], list[str]]) -> list[str]:
    """Return the words of *block*; *cut_loose* cuts what the route leaves as single characters."""
    found: list[str] = []
    start = loose = 0
    for end in route(block, words):
        if end - start > 1:
            if loose < start:
                found += cut_loose(block[loose:start])
            found.append(block[start:end])
            loose = end
        start = end
    if loose < start:
        found += cut_loose(block[loose:start])
    return found


def route(block: str, words: WordList) -> list[int]:
    """Return where the words of the likeliest way through *block* end."""
    size = len(block)
    log_total = log(words.total)
    scores = [0.0] * (size + 1)
    nexts = [0] * size
    for start in range(size - 1, -1, -1):
        best = -inf
        for end, frequency in words.matches(block, start) or ((start + 1, 1),):
            score = log(frequency) - log_total + scores[end]
            if score >= best:
                best, nexts[start] = score, end
        scores[start] = best
    ends, at = [], 0
    while at < size:
        at = nexts[at]
        ends.append(at)
    return ends


def cut_loose(run: str, known: bool, model: Model) -> list[str]:
    """Return the words of a *run* of characters that the route left single.

    *known*: the run as a whole is a word of the dictionary that the route chose not to use, which
    keeps its characters apart.
    """
    if known or len(run) == 1:
        return list(run)
    if is_han(run):
        return split_forbidden(_cut_han(run, model), model.forbidden)
    words: list[str] = []
    for piece in _loose_pieces().finditer(run):
        if piece[1]:
            words += split_forbidden(_cut_han(piece[1], model), model.forbidden)
        else:
            words.append(piece[0])
    return words


def split_forbidden(words: list[str], forbidden: frozenset[str]) -> list[str]:
    """Return *words* with the forbidden ones as single characters.

    >>> split_forbidden(["中将", "来"], frozenset({"中将"}))
    ['中', '将', '来']
    """
    if not forbidden or forbidden.isdisjoint(words):
        return words
    return [part for word in words for part in (word if word in forbidden else (word,))]


def split_joined(word: str) -> list[str]:
    """Return the pieces jieba's HMM stage makes of letters, digits and what joins them.

    >>> split_joined("github.com"), split_joined("v1.2.3")
    (['github', '.', 'com'], ['v1.2', '.', '3'])
    """
    return [piece[0] for piece in _loose_pieces().finditer(word)]


def _cut_han(run: str, model: Model) -> list[str]:
    words: list[str] = []
    begin = done = 0
    for at, state in enumerate(_states(run, model)):
        if state == "B":
            begin = at
        elif state in "ES":
            done = at + 1
            words.append(run[begin if state == "E" else at : done])
    return words


def _states(run: str, model: Model) -> str:
    """Return the likeliest letter of `STATES` for each character (Viterbi)."""
    be, bm, eb, es, me, mm, sb, ss = model.steps
    b, e, m, s = map(float.__add__, model.starts, model.emissions(run[0]))
    choices: list[tuple[bool, bool, bool, bool]] = []
    for char in run[1:]:
        in_b, in_e, in_m, in_s = model.emissions(char)
        e_b, s_b = e + eb + in_b, s + sb + in_b
        b_e, m_e = b + be + in_e, m + me + in_e
        b_m, m_m = b + bm + in_m, m + mm + in_m
        e_s, s_s = e + es + in_s, s + ss + in_s
        choices.append((e_b > s_b, b_e > m_e, b_m > m_m, e_s > s_s))
        b, e, m, s = max(e_b, s_b), max(b_e, m_e), max(b_m, m_m), max(e_s, s_s)
    states = ["E" if e > s else "S"]
    for chosen in reversed(choices):
        state = states[-1]
        states.append(_BEFORE[state][chosen[STATES.index(state)]])
    return "".join(reversed(states))
