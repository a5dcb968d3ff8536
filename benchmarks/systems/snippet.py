"""The snippet that every peer makes: the words are looked for in the text, script aside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.systems.base import SNIPPET_CHARS


def find(text: str, folded: str, words: Sequence[str]) -> str:
    """Return the passage of *text* with the most of *words*, these in brackets.

    *folded* is *text* in the script of the words, character by character.  A passage begins where
    a word stands first.  It knows nothing of noise, numbers or phrases.

    >>> find("參與脫貧工作", "参与脱贫工作", ["脱贫", "工作"])
    '[脫貧][工作]'
    """
    if not words:
        return text[:SNIPPET_CHARS]
    places = sorted(at for at in map(folded.find, set(words)) if at >= 0)
    start, most = 0, 0
    for rank, at in enumerate(places):
        inside = sum(place < at + SNIPPET_CHARS for place in places[rank:])
        if inside > most:
            start, most = at, inside
    return _tagged(text, folded, words, start)


def _tagged(text: str, folded: str, words: Sequence[str], start: int) -> str:
    end = start + SNIPPET_CHARS
    pieces, at = [], start
    pattern = re.compile("|".join(map(re.escape, words)))
    for found in pattern.finditer(folded, start, end):
        pieces += [text[at : found.start()], "[", text[slice(*found.span())], "]"]
        at = found.end()
    return "".join([*pieces, text[at:end]])
