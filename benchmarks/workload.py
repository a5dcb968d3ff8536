"""Workload: documents → the questions of each class, drawn from them by a fixed seed.

Words are jieba's on simplified text, so that every system that indexes words holds them as terms.
A question travels as its parts; each system writes it down in its own language.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from searcher import Document
from searcher.text.script import fold, unify
from searcher.text.words import document_cutter

Drawn = TypeVar("Drawn")

CLASSES = ("rare", "common", "one character", "AND", "OR", "phrase", "prefix", "question")

_HAN = re.compile("[\u4e00-\u9fff]+")
_COMMON = 100
"""Common words are drawn from this many that are in the most documents."""

_SAMPLE = 20_000
"""Sentences and pairs of words are drawn from this many documents at most."""

_QUESTION = 20
"""Characters of a question at most, before its 是什么."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its class, and its words, its phrase, its prefix or its text."""

    kind: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a corpus (of one character or more) with the number of documents that hold
    them; of a sample of it the simplified bodies, and their runs of 8 Han or more.
    """

    held: Counter[str]
    bodies: Sequence[str]
    runs: Sequence[str]

    def within(self, least: float, most: float) -> list[str]:
        """Return the words of two characters or more in that many documents, by code points; all
        of them where there is none, as in tiny corpora.
        """
        plural = sorted(word for word in self.held if len(word) > 1)
        return [word for word in plural if least <= self.held[word] <= most] or plural

    def most_held(self, characters: bool) -> list[str]:
        """Return the one-character words, or the others, that are in the most documents."""
        found = [word for word in self.held if (len(word) == 1) == characters]
        return sorted(found, key=lambda word: (-self.held[word], word))[:_COMMON]


def workload(documents: Sequence[Document], size: int, seed: int = 0) -> list[Question]:
    """Return up to *size* different questions for each of `CLASSES`.

    Rare words are in 2 to 6 documents (above 20,000 documents, in 0.005 to 0.03 %); common words
    and characters are among the hundred that are in the most; two words of AND stand in one
    document and are each in 1 to 5 % of all; the three of OR are in 0.5 to 10 %; prefixes are the
    first two characters of such a word; phrases have 2 to 8 characters, and a question is the
    beginning of a sentence with 是什么 behind it.
    """
    words = words_of(documents)
    many, draw = len(documents), random.Random(seed)
    rare = words.within(max(2, many / 20_000), max(6, many / 3_333))
    common, characters = words.most_held(characters=False), words.most_held(characters=True)
    middle, wide = words.within(many / 100, many / 20), words.within(many / 200, many / 10)
    makers: dict[str, Callable[[], tuple[str, ...]]] = {
        "rare": lambda: (draw.choice(rare),),
        "common": lambda: (draw.choice(common),),
        "one character": lambda: (draw.choice(characters),),
        "AND": lambda: _meeting(words, middle, draw),
        "OR": lambda: tuple(draw.sample(wide, 3)),
        "phrase": lambda: (substring(draw.choice(words.runs), draw, 2),),
        "prefix": lambda: (draw.choice(wide)[:2],),
        "question": lambda: (draw.choice(words.runs)[:_QUESTION] + "是什么",),
    }
    return [Question(kind, parts) for kind in CLASSES for parts in _different(makers[kind], size)]


def phrases(documents: Sequence[Document], size: int, seed: int = 1) -> list[str]:
    """Return up to *size* different runs of 4 to 8 Han of the bodies, in their own script."""
    runs = [run for each in documents for run in _HAN.findall(each.body) if len(run) >= 4]
    draw = random.Random(seed)
    return _different(lambda: substring(draw.choice(runs), draw, 4), size)


def holders(documents: Iterable[Document], wanted: Iterable[str]) -> list[list[str]]:
    """Return the ids of the documents whose body holds each phrase, by a scan of the text.

    Script aside: both sides are folded.  Punctuation counts.
    """
    found: dict[str, list[str]] = {fold(phrase): [] for phrase in wanted}
    for each in documents:
        body = fold(each.body)
        for phrase, ids in found.items():
            if phrase in body:
                ids.append(each.id)
    return [found[fold(phrase)] for phrase in wanted]


def words_of(documents: Sequence[Document]) -> Words:
    """Return the words of the bodies of *documents*."""
    held: Counter[str] = Counter()
    cut = document_cutter().cut
    for each in documents:
        held.update({word for word in cut(unify(each.body)) if _HAN.fullmatch(word)})
    bodies = [unify(each.body) for each in documents[:_SAMPLE]]
    runs = [run for body in bodies for run in _HAN.findall(body) if len(run) >= 8]
    return Words(held, bodies, runs)


def _meeting(words: Words, chosen: Sequence[str], draw: random.Random) -> tuple[str, ...]:
    """Return two of the *chosen* words that stand in one body; any two if none is found soon."""
    for body in draw.choices(words.bodies, k=50):
        found = set(chosen).intersection(document_cutter().cut(body))
        if len(found) > 1:
            return tuple(draw.sample(sorted(found), 2))
    return tuple(draw.sample(chosen, 2))


def substring(run: str, draw: random.Random, least: int) -> str:
    """Return *least* to 8 characters of *run*, which has *least* at least."""
    length = min(len(run), draw.randint(least, 8))
    start = draw.randint(0, len(run) - length)
    return run[start : start + length]


def _different(make: Callable[[], Drawn], size: int) -> list[Drawn]:
    """Return *size* different draws, or fewer where the maker hardly has that many."""
    drawn = (make() for _ in range(20 * size))
    return list(islice(dict.fromkeys(drawn), size))
