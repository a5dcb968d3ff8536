"""Layout: where the quotes of a line stand, and which of its brackets group.

A pair of brackets groups only where a blank, an end of the line, ``|`` or another grouping
bracket stands outside of both; an operator may stand before the first (``-(``, ``title:(``).
All other brackets are text: 黨(總)支部, 民法典（草案）, and so is one that only closes behind the
number of a list or a sign: 1) :).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from searcher.query.catalog import EMPTY, Catalog
from searcher.query.signs import (
    BARS,
    CARETS,
    CLOSING,
    COLONS,
    OPENING,
    QUOTES,
    SIGNS,
    STRAY_QUOTES,
    failure,
)

NAME = "[A-Za-z_Ａ-Ｚａ-ｚ＿][A-Za-z0-9_Ａ-Ｚａ-ｚ０-９＿]*"
"""An ASCII identifier or its full-width form: what in front of a colon is taken for a field."""

_ANY_NAME = rf"[^\s{COLONS}{BARS}{OPENING}{CLOSING}{''.join(QUOTES)}{STRAY_QUOTES}]+"
"""An extra field of an index may have any name that holds no operator."""

_QUOTE = re.compile(f"[{''.join(QUOTES)}{STRAY_QUOTES}]")
_BRACKET = re.compile(f"[{OPENING}{CLOSING}]")
_EITHER = re.compile(f"[{''.join(QUOTES)}{STRAY_QUOTES}{OPENING}{CLOSING}]")


# Compiled when a line holds a bracket.
@cache
def _first_in_chunk() -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|(?<=[\s{BARS}{OPENING}]))[{SIGNS}]?(?:({_ANY_NAME})[{COLONS}])?(?=[{OPENING}])"
    )


@cache
def _identifier() -> re.Pattern[str]:
    return re.compile(NAME)


@cache
def _name() -> re.Pattern[str]:
    return re.compile(rf"({_ANY_NAME})[{COLONS}](?!//)")


def field_typed(line: str, at: int) -> str | None:
    """Return what stands in front of a colon where a chunk begins, if it could name a field.

    >>> field_typed("来源：湖南", 0), field_typed("http://a.b", 0)
    ('来源', None)
    """
    found = _name().match(line, at)
    return found[1] if found else None


def is_identifier(typed: str) -> bool:
    """Tell whether what stands in front of a colon can be nothing but the name of a field."""
    return _identifier().fullmatch(typed) is not None


@cache
def _mark() -> re.Pattern[str]:
    list_mark = r"\d{1,3}|[A-Za-z]|[一二三四五六七八九十]{1,3}"
    return re.compile(rf"(?:^|(?<=\s))(?:{list_mark}|[^\w\s]{{1,3}})\Z")


class Layout(NamedTuple):
    """The quotes and brackets of a line, by offset.

    ``quotes``: opening quote → its closing one.  ``groups``: every bracket that groups.
    ``text_pairs``: the outermost pairs of brackets that are text, as (opening, closing).
    """

    quotes: Mapping[int, int]
    groups: frozenset[int]
    text_pairs: tuple[tuple[int, int], ...]

    def text_pair_around(self, position: int) -> tuple[int, int] | None:
        """Return the pair of text brackets that *position* stands inside of, if any."""
        before = bisect_right(self.text_pairs, (position, position)) - 1
        if before >= 0 and self.text_pairs[before][1] > position:
            return self.text_pairs[before]
        return None


_BARE = Layout({}, frozenset(), ())
"""The layout of a line without quotes and brackets."""


def lay_out(line: str, catalog: Catalog = EMPTY) -> Layout:
    """Return the layout of *line*, asked of an index with the fields of *catalog*.

    Raises QueryError for a quote or a grouping bracket without its partner.

    >>> sorted(lay_out("(脱贫 民法典（草案）)").groups)
    [0, 11]
    >>> lay_out("“三个代表” “")
    Traceback (most recent call last):
        ...
    searcher.errors.QueryError: this quote is not closed: add ”; -F/--literal searches for the \
whole line as it stands
    """
    if not _EITHER.search(line):
        return _BARE
    quotes = _quotes(line)
    partners = dict(_pairs(line, quotes))
    groups = _groups(line, partners, catalog)
    texts = sorted((o, c) for o, c in partners.items() if c > o >= 0 and o not in groups)
    return Layout(quotes, groups, tuple(_outermost(texts)))


def _quotes(line: str) -> dict[int, int]:
    quotes: dict[int, int] = {}
    at = 0
    while found := _QUOTE.search(line, at):
        start = found.start()
        if line[start] not in QUOTES:
            problem = f"the quote {line[start]} closes nothing: put the opening one before it"
            raise failure(problem, line, start)
        end = line.find(QUOTES[line[start]], start + 1)
        if end < 0:
            raise failure(f"this quote is not closed: add {QUOTES[line[start]]}", line, start)
        quotes[start] = end
        at = end + 1
    return quotes


def _brackets(line: str, quotes: Mapping[int, int]) -> Iterator[int]:
    """Yield the offset of every bracket outside of quotes."""
    at = 0
    for start, end in [*quotes.items(), (len(line), len(line))]:
        yield from (found.start() for found in _BRACKET.finditer(line, at, start))
        at = end + 1


def _pairs(line: str, quotes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (bracket, partner) for every bracket, -1 for the partner of one without any."""
    opened: list[int] = []
    for at in _brackets(line, quotes):
        if line[at] in OPENING:
            opened.append(at)
        elif opened:
            partner = opened.pop()
            yield partner, at
            yield at, partner
        else:
            yield at, -1
    yield from ((at, -1) for at in opened)


def _chunk_starts(line: str, catalog: Catalog) -> Iterator[tuple[int, int]]:
    """Yield (bracket, start of its chunk) for the brackets in front of which an operator is all
    that stands.
    """
    for found in _first_in_chunk().finditer(line):
        typed = found[1]
        if typed is None or is_identifier(typed) or catalog.field(typed) is not None:
            yield found.end(), found.start()


def _groups(line: str, partners: Mapping[int, int], catalog: Catalog) -> frozenset[int]:
    """Return the brackets that group; pairs are judged from outside to inside."""
    if not partners:
        return frozenset()
    chunk_starts = dict(_chunk_starts(line, catalog))
    groups: set[int] = set()
    for at in sorted(at for at in partners if line[at] in OPENING):
        if not _opens(line, chunk_starts.get(at), groups):
            continue
        close = partners[at]
        if close < 0:
            raise failure("this bracket is not closed: add )", line, at)
        if _ends(line, close + 1, groups):
            groups |= {at, close}
    for at, partner in partners.items():
        if partner < 0 and line[at] in CLOSING and _closes(line, at, groups):
            raise failure("this bracket closes nothing: put ( before it", line, at)
    return frozenset(groups)


def _opens(line: str, chunk_start: int | None, groups: set[int]) -> bool:
    if not chunk_start:
        return chunk_start == 0
    return line[chunk_start - 1] not in OPENING or chunk_start - 1 in groups


def _ends(line: str, at: int, groups: set[int] | frozenset[int]) -> bool:
    if line.startswith(tuple(CARETS), at):
        from searcher.query.operators import boost_end

        at = boost_end(line, at)
    return at == len(line) or line[at].isspace() or line[at] in BARS or at in groups


def _closes(line: str, at: int, groups: set[int]) -> bool:
    """Tell whether the bracket at *at*, which has no partner, was meant to close a group."""
    return _ends(line, at + 1, groups) and not _mark().search(line[max(at - 4, 0) : at])


def _outermost(pairs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    reached = -1
    for start, end in pairs:
        if start > reached:
            yield start, end
            reached = end
