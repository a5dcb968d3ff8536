"""Alternatives: what may stand in a document for a word of a query, by a label that says why.

``tw`` and ``hk``: the word of a region (软件, 軟體); ``variant``: another spelling (想像, 想象);
``number`` and ``date``: the same number or date written in another way.  Characters that differ
in script alone are no matter of alternatives: they are folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from searcher.model import Region
from searcher.query.functionwords import function_words
from searcher.text.queries import QueryPart

NUMBER = "number"
DATE = "date"

_REGIONS: Mapping[Region, tuple[str, ...]] = {
    "none": (),
    "tw": ("tw", "variant"),
    "hk": ("hk", "variant"),
    "all": ("tw", "hk", "variant"),
}

_GAP = "\n"
_NARROW = str.maketrans("－／．", "-/.")

_SIGNS = frozenset("〇零○十百千万亿年月第12")
"""Each number or date that is read holds one of these, or 年 or 第 beside it."""

_HAN_FIGURES = frozenset("〇零○一二三四五六七八九十百千万亿")


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


def others(typed: str, parts: Sequence[QueryPart], region: Region) -> list[Other]:
    """Return the alternatives of the words of a chunk as *typed*, and of several in a row.

    >>> from searcher.text.queries import cut_query
    >>> from searcher.text.words.fast import RjiebaCutter
    >>> parts = cut_query("网络安全，120", RjiebaCutter())
    >>> [other[2:] for other in others("网络安全，120", parts, "all")]
    [('网路安全', 'tw')]
    """
    kinds = _REGIONS[region]
    text = "".join([part.term for part in parts])
    found = _regional(parts, text, kinds) if kinds else []
    if _SIGNS.isdisjoint(text):
        return found
    laid_out = _laid_out(typed, parts)
    return _with_dates([*found, *_numbers(laid_out)], laid_out)


# ---------------------------------------------------------------- words of regions


class _Table(NamedTuple):
    """The rows of ``data/regions.tsv``, a word and all that stands behind it, and how its words
    begin (with the length of the longest) and end: most words of a query begin and end
    otherwise, and need no look at the rows.
    """

    rows: Mapping[str, str]
    heads: Mapping[str, int]
    tails: frozenset[str]


@cache
def _table() -> _Table:
    # By its path: to import `importlib.resources` takes longer than to answer a query.
    text = Path(__file__).with_name("data").joinpath("regions.tsv").read_text("utf-8")
    rows = dict([row.split("\t", 1) for row in text.splitlines() if row[0] != "#"])
    heads = {word[:2]: len(word) for word in sorted(rows, key=len)}
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


def _regional(parts: Sequence[QueryPart], text: str, kinds: Sequence[str]) -> list[Other]:
    """Return what the table has for the words that make up *text*."""
    rows, heads, tails = _table()
    found: list[Other] = []
    start = 0
    for first, part in enumerate(parts):
        term = part.term
        longest = heads.get(text[start : start + 2])
        if longest is not None:
            found += _beginning(parts, first, longest, kinds)
        if len(term) > 2 and (longest is not None or term[-2:] in tails) and term not in rows:
            found += [Other(first, first, *made) for made in _compounds(term, kinds)]
        start += len(term)
    return found


def _beginning(
    parts: Sequence[QueryPart], first: int, longest: int, kinds: Sequence[str]
) -> Iterator[Other]:
    """Yield what the table has for the word at *first*, and for it and those behind it, up to
    *longest* characters.
    """
    word = ""
    for last in range(first, len(parts)):
        word += parts[last].term
        if len(word) > longest:
            break
        yield from (Other(first, last, *found) for found in _listed(word, kinds))


def _compounds(word: str, kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a word that begins or ends with one of the table, with that one replaced.

    Of one that does both, either or both.  What comes out matches only where it stands as a
    whole, so a wrong cut finds nothing.

    >>> list(_compounds("计算机软件", ("tw",)))
    [('电脑软件', 'tw'), ('电脑软体', 'tw'), ('计算机软体', 'tw')]
    """
    first, heads = _longest(word, kinds, at_end=False)
    last, tails = _longest(word, kinds, at_end=True)
    if first and last and len(first) + len(last) <= len(word):
        middle = word[len(first) : len(word) - len(last)]
        for head, kind in heads:
            yield from ((head + middle + tail, kind) for tail in [last, *(t for t, _ in tails)])
        yield from ((first + middle + tail, kind) for tail, kind in tails)
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


class _LaidOut(NamedTuple):
    """The words of a chunk in a row, with what stands between them, and where each stands."""

    text: str
    starts: list[int]
    ends: list[int]


def _laid_out(typed: str, parts: Sequence[QueryPart]) -> _LaidOut:
    text, starts, ends, end = "", [], [], 0
    for part in parts:
        if text and part.start != end:
            gap = typed[end : part.start].translate(_NARROW)
            text += gap if len(gap) == 1 else _GAP
        starts.append(len(text))
        text += part.term
        ends.append(len(text))
        end = part.end
    return _LaidOut(text, starts, ends)


def _numbers(laid_out: _LaidOut) -> Iterator[Other]:
    """Yield the numbers among the words of a chunk as they are written elsewhere.

    The word behind a number belongs to it: who asks for 十九大 means no other 19.
    """
    # Imported here: most queries hold no number.
    from searcher.query.numerals import numerals

    text, starts, ends = laid_out
    for number in numerals(text):
        span = _span(number.start, number.end, laid_out)
        if span is None:
            continue
        first, last = span
        before = text[starts[first] : number.start]
        behind = text[number.end : ends[last]]
        typed = text[number.start : number.end]
        for form in number.forms:
            if behind or not _needs_more(typed, form):
                yield Other(first, last, before + form + behind, NUMBER)


def _needs_more(typed: str, form: str) -> bool:
    """Tell whether another form of a number is part of another number with nothing behind it."""
    return form[-1] == "万" or (typed[-1].isdecimal() and form[-1] in _HAN_FIGURES)


def _with_dates(found: list[Other], laid_out: _LaidOut) -> list[Other]:
    """Return what was *found*, the dates among the words of a chunk in place of their pieces."""
    # Imported here: most queries hold no date.
    from searcher.query.dates import dates

    text, starts, ends = laid_out
    for date in dates(text):
        last = next(at for at, each in enumerate(ends) if each >= date.end)
        if date.start in starts and ends[last] - date.end <= 1:
            first, behind = starts.index(date.start), text[date.end : ends[last]]
            found = [each for each in found if each.last < first or last < each.first]
            found += (Other(first, last, form + behind, DATE) for form in date.forms)
    return found


def _span(start: int, end: int, laid_out: _LaidOut) -> tuple[int, int] | None:
    """Return the first and last word of a number, with the one behind it; None where it begins
    inside a word, unless 第 alone stands before it there.

    What stands behind it in its word belongs to it, and is looked for with it: 20世纪.
    """
    text, starts, ends = laid_out
    if start not in starts and text[start - 1 : start] == "第":
        start -= 1
    if start not in starts:
        return None
    last = next(at for at, each in enumerate(ends) if each >= end)
    touches = ends[last] == end and end in starts
    if touches and text[end : ends[last + 1]] not in function_words():
        last += 1
    return starts.index(start), last


def in_phrase(text: str) -> Iterator[tuple[str, str]]:
    """Yield a phrase with each number or date in it written in another way, one at a time, and
    which of the two it is.

    >>> list(in_phrase("一百二十人五月三日"))
    [('120人五月三日', 'number'), ('一百二十人5月3日', 'date'), ('一百二十人05月03日', 'date'), \
('一百二十人5月3号', 'date')]
    """
    from searcher.query.dates import dates
    from searcher.query.numerals import numerals

    for kind, found in ((NUMBER, numerals(text)), (DATE, dates(text))):
        for each in found:
            typed, behind = text[each.start : each.end], text[each.end :]
            for form in each.forms:
                if behind or not _needs_more(typed, form):
                    yield text[: each.start] + form + behind, kind
