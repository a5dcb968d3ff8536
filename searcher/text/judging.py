"""Judging many documents at once: which of them hold noise.

Nearly none does, and that shows in the characters: arrays count what noise begins with, and only
where there is enough of it `searcher.text.clean.judge` reads the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from searcher.columns import Numbers
from searcher.model import Noise
from searcher.text.clean import GATE, judge
from searcher.text.codes import LONG, joined, owners
from searcher.text.kinds import KindTable
from searcher.text.readings import LETTERS

_NOTHING, _OPEN, _LETTER, _MARKUP = range(1, 5)
_BEHIND = 5
"""So many characters behind a bracket are looked at for the first letter of a reading."""

_KINDS = (("[(（]", _OPEN), (f"[{LETTERS}ａ-ｚ]", _LETTER), (r"[<&\[＜＆［]", _MARKUP))


def judge_many(titles: Sequence[str], bodies: Sequence[str]) -> list[Noise]:
    """Return what `judge` says of each document, given its title and body.

    >>> judge_many(["", "參與(yu)"], ["脱贫(1)(2)(3)", "(a)偉(wei)大的事業（ye）"])
    [Noise(annotations=False, markup=False), Noise(annotations=True, markup=False)]
    """
    pairs = list(zip(titles, bodies, strict=True))
    long = [at for at, pair in enumerate(pairs) if sum(map(len, pair)) > LONG]
    for at in long:
        pairs[at] = "", ""
    codes, bounds = joined([text for pair in pairs for text in pair])
    kinds = _kinds().take(codes)
    opened = (kinds == _OPEN).nonzero()[0]
    behind = np.minimum(opened[:, np.newaxis] + np.arange(1, _BEHIND + 1), len(codes) - 1)
    readings = opened[(kinds[behind] == _LETTER).any(axis=1)]
    documents = bounds[::2]
    suspects = _with_enough(documents, readings)
    suspects |= _with_enough(documents, (kinds == _MARKUP).nonzero()[0])
    clean = Noise()
    noises = [clean] * len(titles)
    for at in suspects.union(long):
        noises[at] = judge(titles[at], bodies[at])
    return noises


def _with_enough(documents: Numbers, places: Numbers) -> set[int]:
    """Return the documents that hold as many of *places* as make one noisy, or more."""
    counts = np.bincount(owners(documents, places))
    return set((counts >= GATE).nonzero()[0].tolist())


@cache
def _kinds() -> KindTable:
    patterns = [(re.compile(pattern), kind) for pattern, kind in _KINDS]

    def kind_of(character: str) -> int:
        return next((kind for pattern, kind in patterns if pattern.match(character)), _NOTHING)

    return KindTable(kind_of, ((0x3400, 0x9FFC, _NOTHING),))
