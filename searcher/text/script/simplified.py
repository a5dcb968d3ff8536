"""Unify: OpenCC's ``t2s`` exactly as opencc-python-reimplemented converts, many times faster."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import opencc

from searcher.errors import SearcherError
from searcher.text.script.charmap import CharMap

LONGEST_CHAIN = 1024
"""A chain of overlapping phrases longer than this is cut here.  The package's converter takes
time squared in it, and only text made to do harm holds one (藉藉藉藉…)."""

_CLASH = (
    "the module 'opencc' is not the one of opencc-python-reimplemented: another distribution of "
    "that name, most likely OpenCC, was installed over it; run: pip uninstall -y OpenCC "
    "opencc-python-reimplemented && pip install opencc-python-reimplemented==0.1.7"
)


def unify(text: str) -> str:
    """Return *text* in simplified characters, as ``opencc.OpenCC("t2s").convert(text)`` does.

    Always of the same length, so offsets hold.  Phrases decide (乾淨 → 干净, but 乾坤), so the
    part of a text may convert differently from the whole: match `fold`, not this.  Safe in
    threads.  Raises SearcherError where another distribution has taken the module ``opencc``.

    >>> unify("乾坤大挪移，把碗洗乾淨")
    '乾坤大挪移，把碗洗干净'
    """
    if text.isascii():
        return text
    return "".join(_pieces(text, _characters()(text)))


def _pieces(text: str, simple: str) -> Iterator[str]:
    """Yield *simple*, which is *text* by character, with its phrases as the package has them.

    The package takes the longest phrase anywhere in a clause, the leftmost of equals, and goes on
    to its left and right; what no phrase covers goes by character.  Whether a phrase is taken
    thus depends only on the phrases it overlaps, so each chain can be converted on its own.
    """
    done = 0
    while found := _phrases().search(text, done):
        start, end = found.start(), _chain_end(text, *found.span())
        yield simple[done:start]
        yield _convert(text[start:end])
        done = end
    yield simple[done:]


def _chain_end(text: str, start: int, end: int) -> int:
    """Return the end of the chain of overlapping phrases that begins with ``text[start:end]``."""
    match = _phrases().match
    at = start + 1
    while at < end < start + LONGEST_CHAIN:
        if following := match(text, at):
            end = max(end, following.end())
        at += 1
    return end


@lru_cache(maxsize=1024)
def _convert(chain: str) -> str:
    converted: str = _converter().convert(chain)
    return converted


@cache
def _converter() -> Any:
    # One for all threads: convert() keeps no state.  Never set_conversion(), which races.
    _require_reimplemented()
    return opencc.OpenCC("t2s")


@cache
def _characters() -> CharMap:
    table = _dictionary("TSCharacters.txt")
    return CharMap("".join(table), "".join(table.values()))


@cache
def _phrases() -> re.Pattern[str]:
    """Return what finds the longest phrase at the first place where one begins."""
    endings = defaultdict(list)
    for phrase in sorted(_dictionary("TSPhrases.txt"), key=len, reverse=True):
        endings[phrase[0]].append(re.escape(phrase[1:]))
    # Grouped by first character the search is twice as fast as over the bare phrases.
    return re.compile("|".join(f"{first}(?:{'|'.join(e)})" for first, e in endings.items()))


def _dictionary(name: str) -> dict[str, str]:
    """Return a dictionary of the package as the package reads it: the first choice of each."""
    _require_reimplemented()
    text = resources.files("opencc").joinpath("dictionary", name).read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {key: choices.split(" ")[0] for key, choices in rows}


def _require_reimplemented() -> None:
    if getattr(getattr(opencc, "OpenCC", None), "__module__", None) != "opencc.opencc":
        raise SearcherError(_CLASH)
