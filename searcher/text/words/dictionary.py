"""What the package jieba ships, read without importing it: its word list and its HMM.

Importing jieba costs a fifth of a second and puts handlers on a logger; its files are plain.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from searcher.text.words.algorithm import BLOCK, STATES, STEPS, UNKNOWN, cut, cut_block
from searcher.text.words.base import Span, UserWord, forbidden_words, last_of_each

_REACHABLE = re.compile(f"[{BLOCK}]+")
_RUNS_OF_LETTERS = re.compile("[a-zA-Z0-9]+|[^a-zA-Z0-9]")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words that can be cut, with their frequencies (all above 0).

    ``total`` is the sum jieba divides by: it counts every line of its dictionary and every user
    word, also where a later one takes the place of an earlier.  ``forbidden`` are the Han words
    that a user gave the frequency 0.
    """

    frequencies: Mapping[str, int]
    total: int
    forbidden: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tables:
    """jieba's hidden Markov model: an `algorithm.Model` held in dictionaries."""

    starts: Sequence[float]
    steps: Sequence[float]
    by_char: Mapping[str, Sequence[float]]
    forbidden: frozenset[str] = frozenset()

    def emissions(self, char: str) -> Sequence[float]:
        """Return for each of `STATES` how likely *char* is in it."""
        return self.by_char.get(char, (UNKNOWN,) * 4)


def load_dictionary(user_words: Iterable[UserWord] = ()) -> Dictionary:
    """Return jieba's dictionary with *user_words* added in order, as its ``add_word`` would.

    A word that is given twice counts as given last.

    >>> load_dictionary([UserWord("中将", 0)]).forbidden
    frozenset({'中将'})
    """
    words, total = _jieba_words()
    growing = _Growing(words, total)
    added = last_of_each(user_words)
    for user_word in added:
        growing.add(user_word)
    for user_word in added:
        if not growing.words[user_word.word] or not _REACHABLE.fullmatch(user_word.word):
            del growing.words[user_word.word]
    return Dictionary(growing.words, growing.total, forbidden_words(added))


def load_tables(forbidden: frozenset[str] = frozenset()) -> Tables:
    """Return jieba's HMM, which will not join characters to a *forbidden* word.

    >>> load_tables().emissions("的")[3] > load_tables().emissions("葡")[3]
    True
    """
    starts, steps, emissions = map(_table, ("prob_start", "prob_trans", "prob_emit"))
    chars = set().union(*emissions.values())
    return Tables(
        starts=tuple(starts[state] for state in STATES),
        steps=tuple(steps[step[0]][step[1]] for step in STEPS),
        by_char={
            char: tuple(emissions[state].get(char, UNKNOWN) for state in STATES) for char in chars
        },
        forbidden=forbidden,
    )


def _jieba_folder() -> Path:
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package jieba is not installed", name="jieba")
    return Path(spec.origin).parent


def _jieba_words() -> tuple[dict[str, int], int]:
    """Return the words of dict.txt, of which the last line of each counts, and the sum of all."""
    # Word, frequency and tag, line after line; no word holds a blank.
    fields = (_jieba_folder() / "dict.txt").read_text("utf-8").split()
    counts = list(map(int, fields[1::3]))
    return dict(zip(fields[::3], counts, strict=True)), sum(counts)


def _table(name: str) -> Any:
    """Return one of the HMM's tables, each the only name of a module without imports."""
    path = _jieba_folder() / "finalseg" / f"{name}.py"
    spec = spec_from_file_location(f"{__name__}.{name}", path)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{path} cannot be read", name=name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.P


class _Growing:
    """A dictionary while user words are added to it; an `algorithm.WordList`."""

    def __init__(self, words: dict[str, int], total: int) -> None:
        self.words = words
        self.total = total
        self.ordered: list[str] | None = None
        self.longest = max(map(len, words))

    def add(self, user_word: UserWord) -> None:
        """Do what jieba's ``add_word`` does."""
        word, freq = user_word.word, user_word.freq
        frequency = self._suggested(word) if freq is None else freq
        if self.ordered is not None and word not in self.words:
            insort(self.ordered, word)
        self.words[word] = frequency
        self.total += frequency
        self.longest = max(self.longest, len(word))

    def matches(self, text: str, start: int) -> Sequence[Span]:
        """Return (end, frequency) of the words that begin at *start* of *text*, short to long."""
        stop = min(len(text), start + self.longest)
        ends = range(start + 1, stop + 1)
        found = ((end, self.words.get(text[start:end], 0)) for end in ends)
        return [(end, frequency) for end, frequency in found if frequency]

    def frequency(self, word: str) -> int:
        """Return how often *word* was counted; 0 if it is no word."""
        return self.words.get(word, 0)

    def _suggested(self, word: str) -> int:
        """Return the frequency that lets *word* win over its parts (jieba's ``suggest_freq``)."""
        total = float(self.total)
        share = 1.0
        parts = cut(word, lambda block: cut_block(block, self, _RUNS_OF_LETTERS.findall))
        for part in parts:
            share *= self._count(part) / total
        return max(int(share * self.total) + 1, self.words.get(word, 1))

    def _count(self, part: str) -> int:
        """Return what jieba counts *part* as: 0 if it only begins a word, 1 if not even that."""
        if part in self.words:
            return self.words[part]
        if self.ordered is None:
            self.ordered = sorted(self.words)
        at = bisect_left(self.ordered, part)
        begins_a_word = at < len(self.ordered) and self.ordered[at].startswith(part)
        return 0 if begins_a_word else 1
