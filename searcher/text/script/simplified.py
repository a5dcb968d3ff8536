"""Unify: OpenCC's ``t2s`` exactly as opencc-python-reimplemented converts, many times faster."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import opencc

from searcher.columns import Codes
from searcher.errors import SearcherError
from searcher.text.codes import code_points, text_of
from searcher.text.pairs import PairScreen
from searcher.text.script.charmap import SHORT_CHARS, CharMap

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
    if len(text) <= SHORT_CHARS and not _holds_phrase(text):
        return "".join(map(_simple, text))
    return "".join(_pieces(text, _characters()(text)))


def unify_codes(codes: Codes) -> Codes:
    """Return the code points of ``unify(text)``, given those of *text*.

    Texts that are joined by line breaks are unified as each would be: no phrase holds one.

    >>> text_of(unify_codes(code_points("乾淨\\n乾坤")))
    '干净\\n乾坤'
    """
    simple = _characters().take(codes)
    places = _phrase_screen().places(codes)
    if not len(places):
        return simple
    text, match = text_of(codes), _phrases().match
    done = 0
    for start in places.tolist():
        if start >= done and (found := match(text, start)):
            done = _chain_end(text, start, found.end())
            simple[start:done] = code_points(_convert(text[start:done]))
    return simple


def _holds_phrase(text: str) -> bool:
    phrases = _phrases_by_first()
    if phrases.keys().isdisjoint(text):
        return False
    return any(text.startswith(phrases.get(first, ()), at) for at, first in enumerate(text))


@lru_cache(1 << 14)
def _simple(character: str) -> str:
    """Return one character in simplified form, read from the text of the package's dictionary:
    for the few of a query that is quicker than to make a map of all.
    """
    table = _dictionary_text("TSCharacters.txt")
    at = table.rfind(f"\n{character}\t")  # the package keeps the last of several lines
    return character if at < 0 else table[at + 3]


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
    return CharMap(code_points("".join(table)), code_points("".join(table.values())))


@cache
def _phrase_screen() -> PairScreen:
    return PairScreen(_dictionary("TSPhrases.txt"))


@cache
def _phrases() -> re.Pattern[str]:
    """Return what finds the longest phrase at the first place where one begins."""
    # Grouped by first character the search is twice as fast as over the bare phrases.
    groups = (
        f"{first}(?:{'|'.join(re.escape(phrase[1:]) for phrase in phrases)})"
        for first, phrases in _phrases_by_first().items()
    )
    return re.compile("|".join(groups))


@cache
def _phrases_by_first() -> Mapping[str, tuple[str, ...]]:
    """Return the phrases that begin with each character, long to short."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for phrase in sorted(_dictionary("TSPhrases.txt"), key=len, reverse=True):
        groups[phrase[0]].append(phrase)
    return {first: tuple(phrases) for first, phrases in groups.items()}


def _dictionary(name: str) -> dict[str, str]:
    """Return a dictionary of the package as the package reads it: the first choice of each."""
    rows = (line.split("\t") for line in _dictionary_text(name).splitlines() if line)
    return {key: choices.split(" ")[0] for key, choices in rows}


@cache
def _dictionary_text(name: str) -> str:
    """Return the text of a dictionary of the package, with a line end in front too."""
    _require_reimplemented()
    # By its path: to import `importlib.resources` takes longer than to answer a query.
    return "\n" + Path(opencc.__file__).with_name("dictionary").joinpath(name).read_text("utf-8")


def _require_reimplemented() -> None:
    if getattr(getattr(opencc, "OpenCC", None), "__module__", None) != "opencc.opencc":
        raise SearcherError(_CLASH)
