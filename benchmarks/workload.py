"""Workload: documents → the queries of each class, drawn from them by a fixed seed.

Words are jieba's on simplified text, so that the stock stack holds them as terms; every line
means the same to both parsers.
"""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from searcher import Document

CLASSES = ("rare", "common", "one character", "AND", "OR", "phrase", "question")

_HAN = re.compile("[\u4e00-\u9fff]+")
_COMMON = 0.05
"""A common word is in this share of the documents at least."""

_RARE = 3
"""A rare word is in this many documents at most."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a corpus by how many documents hold them; the rest are its runs of Han."""

    rare: Sequence[str]
    common: Sequence[str]
    characters: Sequence[str]
    runs: Sequence[str]


def workload(documents: Sequence[Document], size: int, seed: int = 0) -> dict[str, list[str]]:
    """Return up to *size* different lines for each of `CLASSES`."""
    words = words_of([_simplified(each.body) for each in documents])
    draw = random.Random(seed)
    makers: dict[str, Callable[[], str]] = {
        "rare": lambda: draw.choice(words.rare),
        "common": lambda: draw.choice(words.common),
        "one character": lambda: draw.choice(words.characters),
        "AND": lambda: " AND ".join(draw.sample(words.common, 2)),
        "OR": lambda: " OR ".join(draw.sample(words.common, 2)),
        "phrase": lambda: f'"{substring(draw.choice(words.runs), draw)}"',
        "question": lambda: draw.choice(words.runs)[:14] + "是什么",
    }
    return {name: _different(makers[name], size) for name in CLASSES}


def phrases(documents: Sequence[Document], size: int, seed: int = 1) -> list[str]:
    """Return up to *size* different runs of 4 to 8 Han of the bodies, in their own script."""
    runs = [run for each in documents for run in _HAN.findall(each.body) if len(run) >= 4]
    draw = random.Random(seed)
    return _different(lambda: substring(draw.choice(runs), draw), size)


def holders(documents: Iterable[Document], wanted: Iterable[str]) -> list[list[str]]:
    """Return the ids of the documents whose body holds each phrase, by a scan of the text.

    Script aside: both sides are converted by OpenCC.  Punctuation counts.
    """
    bodies = [(each.id, _simplified(each.body)) for each in documents]
    return [
        [name for name, body in bodies if phrase in body] for phrase in map(_simplified, wanted)
    ]


def words_of(bodies: Sequence[str]) -> Words:
    """Return the words and characters of simplified *bodies*."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    held: Counter[str] = Counter()
    for body in bodies:
        held.update({word for word in jieba.cut(body) if _HAN.fullmatch(word)})
        held.update(set("".join(_HAN.findall(body))))
    words = sorted(word for word in held if len(word) > 1)
    enough = _COMMON * len(bodies)
    return Words(
        rare=[word for word in words if held[word] <= _RARE],
        common=[word for word in words if held[word] >= enough],
        characters=sorted(word for word in held if len(word) == 1 and held[word] >= enough),
        runs=[run for body in bodies for run in _HAN.findall(body) if len(run) >= 8],
    )


def substring(run: str, draw: random.Random) -> str:
    """Return 4 to 8 characters of *run*, which has 4 at least."""
    length = min(len(run), draw.randint(4, 8))
    start = draw.randint(0, len(run) - length)
    return run[start : start + length]


def _different(make: Callable[[], str], size: int) -> list[str]:
    """Return *size* different strings, or fewer where the maker hardly has that many."""
    drawn = (make() for _ in range(20 * size))
    return list(islice(dict.fromkeys(drawn), size))


def _simplified(text: str) -> str:
    converted: str = _converter().convert(text)
    return converted


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
