"""Alternatives: what may stand in a document for a word of a query, by a label that says why.

``tw`` and ``hk``: the word of a region (软件, 軟體); ``variant``: another spelling (想像, 想象);
``number``: the same number written in another way.  Characters that differ in script alone are no
matter of alternatives: they are folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from searcher.model import Region
from searcher.query.functionwords import function_words
from searcher.text.queries import QueryPart

NUMBER = "number"

_REGIONS: Mapping[Region, tuple[str, ...]] = {
    "none": (),
    "tw": ("tw", "variant"),
    "hk": ("hk", "variant"),
    "all": ("tw", "hk", "variant"),
}

_LONGEST = 24
"""Characters of the longest word of the table, and some."""

_GAP = "\n"

_SIGNS = frozenset("〇零十百千万亿年")
"""Each number that `searcher.query.numerals` reads holds one of these, or 年 behind it."""


class Widening(NamedTuple):
    """How far a query is widened: bare words by those of ``region``; what is quoted, with
    ``equivalents``, by the same numbers written in another way.
    """

    region: Region = "all"
    equivalents: bool = False


WIDE = Widening()
"""How far a query is widened unless something else is asked for."""


class Other(NamedTuple):
    """What may stand for the words ``first`` to ``last`` of a chunk, both included."""

    first: int
    last: int
    text: str
    kind: str


def others(parts: Sequence[QueryPart], region: Region) -> list[Other]:
    """Return the alternatives of the words of a chunk, and of several that stand in a row.

    >>> from searcher.text.queries import cut_query
    >>> from searcher.text.words.fast import RjiebaCutter
    >>> [other[2:] for other in others(cut_query("网络安全 120", RjiebaCutter()), "all")]
    [('网路安全', 'tw')]
    """
    kinds = _REGIONS[region]
    text = "".join([part.term for part in parts])
    found = list(_regional(parts, text, kinds)) if kinds else []
    return found if _SIGNS.isdisjoint(text) else [*found, *_numbers(parts)]


# ---------------------------------------------------------------- words of regions


class _Table(NamedTuple):
    """The rows of ``data/regions.tsv``, a word and all that stands behind it, and how its words
    begin and end: most words of a query begin and end otherwise, and need no look at the rows.
    """

    rows: Mapping[str, str]
    heads: frozenset[str]
    tails: frozenset[str]


@cache
def _table() -> _Table:
    # By its path: to import `importlib.resources` takes longer than to answer a query.
    text = Path(__file__).with_name("data").joinpath("regions.tsv").read_text("utf-8")
    rows = dict([row.split("\t", 1) for row in text.splitlines() if row[0] != "#"])
    heads = frozenset([word[:2] for word in rows])
    return _Table(rows, heads, frozenset([word[-2:] for word in rows]))


def _listed(word: str, kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what the table has for *word*: text and kind."""
    row = _table().rows.get(word)
    if row is None:
        return
    cells = row.split("\t")
    for named, text in zip(cells[::2], cells[1::2], strict=True):
        kind = next((kind for kind in named.split(" ") if kind in kinds), None)
        if kind is not None:
            yield text, kind


def _regional(parts: Sequence[QueryPart], text: str, kinds: Sequence[str]) -> Iterator[Other]:
    """Yield what the table has for the words that make up *text*."""
    rows, heads, tails = _table()
    start = 0
    for first, part in enumerate(parts):
        term = part.term
        begins = text[start : start + 2] in heads
        if begins:
            yield from _beginning(parts, first, kinds)
        if len(term) > 2 and (begins or term[-2:] in tails) and term not in rows:
            yield from (Other(first, first, *made) for made in _compounds(term, kinds))
        start += len(term)


def _beginning(parts: Sequence[QueryPart], first: int, kinds: Sequence[str]) -> Iterator[Other]:
    """Yield what the table has for the word at *first*, and for it and those behind it."""
    for last, word in enumerate(accumulate(each.term for each in parts[first:]), first):
        if len(word) > _LONGEST:
            break
        yield from (Other(first, last, *found) for found in _listed(word, kinds))


def _compounds(word: str, kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a word that begins or ends with one of the table, with that one replaced.

    What comes out matches only where it stands as a whole, so a wrong cut finds nothing.

    >>> list(_compounds("计算机软件", ("tw",)))
    [('电脑软体', 'tw')]
    """
    first, heads = _longest(word, kinds, at_end=False)
    last, tails = _longest(word, kinds, at_end=True)
    if first and last and len(first) + len(last) <= len(word):
        middle = word[len(first) : len(word) - len(last)]
        for head, kind in heads:
            yield from ((head + middle + tail, kind) for tail, _ in tails)
    elif first:
        yield from ((head + word[len(first) :], kind) for head, kind in heads)
    elif last:
        yield from ((word[: -len(last)] + tail, kind) for tail, kind in tails)


def _longest(
    word: str, kinds: Sequence[str], *, at_end: bool
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the longest word of the table at one end of *word*, and its alternatives."""
    for size in range(len(word) - 1, 1, -1):
        piece = word[-size:] if at_end else word[:size]
        found = tuple(_listed(piece, kinds))
        if found:
            return piece, found
    return "", ()


# ---------------------------------------------------------------- numbers


def _numbers(parts: Sequence[QueryPart]) -> Iterator[Other]:
    """Yield the numbers among the words of a chunk as they are written elsewhere.

    The word behind a number belongs to it: who asks for 十九大 means no other 19.
    """
    # Imported here: most queries hold no number.
    from searcher.query.numerals import numerals

    text, starts, ends = _laid_out(parts)
    for number in numerals(text):
        span = _span(number.start, number.end, text, starts, ends)
        if span is None:
            continue
        first, last = span
        before = text[starts[first] : number.start]
        behind = text[number.end : ends[last]]
        for form in number.forms:
            if behind or form[-1] != "万":
                yield Other(first, last, before + form + behind, NUMBER)


def _laid_out(parts: Sequence[QueryPart]) -> tuple[str, list[int], list[int]]:
    """Return the words in a row, something between those that do not touch, and their places."""
    text, starts, ends, end = "", [], [], 0
    for part in parts:
        if text and part.start != end:
            text += _GAP
        starts.append(len(text))
        text += part.term
        ends.append(len(text))
        end = part.end
    return text, starts, ends


def _span(
    start: int, end: int, text: str, starts: Sequence[int], ends: Sequence[int]
) -> tuple[int, int] | None:
    """Return the first and last word of a number, with the one behind it; None where the number
    is but a piece of a word.  第 in front, and one character behind, may be in its word.
    """
    if start not in starts and text[start - 1 : start] == "第":
        start -= 1
    if start not in starts:
        return None
    last = next(at for at, each in enumerate(ends) if each >= end)
    if ends[last] - end > 1:
        return None
    touches = ends[last] == end and end in starts
    if touches and text[end : ends[last + 1]] not in function_words():
        last += 1
    return starts.index(start), last


def in_phrase(text: str) -> Iterator[str]:
    """Yield a phrase with each number in it written in another way, one at a time.

    >>> list(in_phrase("二〇二〇年五月"))
    ['2020年五月', '二零二零年五月']
    """
    from searcher.query.numerals import numerals

    for number in numerals(text):
        for form in number.forms:
            behind = text[number.end :]
            if behind or form[-1] != "万":
                yield text[: number.start] + form + behind
