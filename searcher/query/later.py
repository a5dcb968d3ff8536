"""Operators that other search programs have and this one does not read: never silently text.

Each is recognised only where it clearly is the operator; elsewhere the same characters are text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TypeAlias

from searcher.query.signs import QUOTES, failure

_LATIN = "A-Za-zＡ-Ｚａ-ｚ"
_WILDCARDS = "prefixes and wildcards are not supported: write whole words"
_BOOSTS = "boosts are not supported: leave out ^ and the number"
_GLYPHS = "exact characters with = are not supported: leave out the ="
_SLOP = "slop behind a phrase is not supported: leave out ~ and the number"
_FUZZY = "fuzzy words are not supported: leave out ~ and the number"
_RANGES = "ranges are not supported: leave out the brackets and TO"

_BEHIND_PHRASES = {"~": _SLOP, "～": _SLOP, "^": _BOOSTS, "＾": _BOOSTS, "*": _WILDCARDS}
_RANGE_STARTS = ("[", "{", "［", "｛")

_Refused: TypeAlias = tuple[re.Pattern[str], str]


# Compiled when first asked for: most queries hold none of these, and ask for none.
@cache
def _in_chunks() -> tuple[_Refused, ...]:
    return (
        (re.compile(r"(?<=\w)\*(?!\w)|(?<!\S)\*(?=\w)"), _WILDCARDS),
        (re.compile(rf"(?<=[{_LATIN}0-9０-９])＊(?!\w)"), _WILDCARDS),  # behind Han it is text
        (re.compile(rf"(?<=[{_LATIN}])[*?＊](?=[{_LATIN}])"), _WILDCARDS),
        (re.compile(r"(?<=\S)[\^＾]\d+(?:\.\d+)?$"), _BOOSTS),
        (re.compile(rf"(?<=[{_LATIN}])~\d(?:\.\d+)?$"), _FUZZY),
    )


@cache
def _glyph() -> re.Pattern[str]:
    return re.compile(rf"[=＝](?=[^\W\d_]|[{''.join(QUOTES)}])")


@cache
def _address() -> re.Pattern[str]:
    return re.compile(r"[:：]//")


@cache
def _range_word() -> re.Pattern[str]:
    return re.compile(r"(?:^|\s)(?:TO|ＴＯ)(?:\s|$)")


@cache
def _range_end() -> re.Pattern[str]:
    return re.compile(r"[\]}］｝]")


def refuse_in_chunk(line: str, start: int, end: int) -> None:
    """Raise QueryError where the chunk ``line[start:end]`` holds an operator not read here.

    >>> refuse_in_chunk("驻村＊？ 2*3 5~10", 0, 13)
    >>> refuse_in_chunk("驻村*", 0, 3)
    Traceback (most recent call last):
        ...
    searcher.errors.QueryError: prefixes and wildcards are not supported: write whole words; \
-F/--literal searches for the whole line as it stands
    """
    chunk = line[start:end]
    for pattern, problem in _in_chunks():
        found = pattern.search(chunk)
        # What looks like a wildcard in an address begins its query part.
        if found and not (problem is _WILDCARDS and _address().search(chunk)):
            raise failure(problem, line, start + found.start())


def refuse_at_start(line: str, at: int) -> None:
    """Raise QueryError where a chunk that begins at *at* begins with an operator not read here."""
    if _glyph().match(line, at):
        raise failure(_GLYPHS, line, at)
    if line.startswith(_RANGE_STARTS, at):
        end = _range_end().search(line, at)
        if end and _range_word().search(line[at + 1 : end.start()]):
            raise failure(_RANGES, line, at)


def refuse_behind_phrase(line: str, at: int) -> None:
    """Raise QueryError where an operator not read here stands at *at*, right behind a quote."""
    sign, digit = line[at : at + 1], line[at + 1 : at + 2]
    problem = _BEHIND_PHRASES.get(sign)
    if problem and (sign == "*" or digit.isdecimal()):
        raise failure(problem, line, at)
