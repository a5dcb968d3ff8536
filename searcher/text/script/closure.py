"""Fold: the form under which characters are compared; indexed terms and query terms alike."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from searcher.columns import Codes
from searcher.text.codes import code_points, ranges
from searcher.text.script.charmap import SHORT_CHARS, CharMap
from searcher.text.tables import read_table

_TAB, _LINE_END = map(ord, "\t\n")


def fold(text: str) -> str:
    """Return *text* with every character replaced by the one that stands for its class.

    A class holds the simplified, traditional, Taiwan, Hong Kong and compatibility forms of a
    character, or the cases of a letter.  Always of the same length; ``fold(a + b) == fold(a) +
    fold(b)``; folding twice changes nothing; ``fold(unify(x)) == fold(x)`` but for the reviewed
    cuts.  Folded text is never shown.  The table is made by ``tools/make_fold.py`` from OpenCC's
    tables and ``data/fold-review.tsv``, which says why each pair was joined or cut.

    >>> fold("軟體 ABC"), fold("顯著") == fold("显着")
    ('软体 abc', True)
    """
    # In ASCII the table holds nothing but lower case (a test compares the two).
    if text.isascii():
        return text.lower()
    if len(text) <= SHORT_CHARS:
        return "".join(map(_folded, text))
    return _closure()(text)


def fold_codes(codes: Codes) -> Codes:
    """Return the code points of ``fold(text)``, given those of *text*."""
    return _closure().take(codes)


@lru_cache(1 << 14)
def _folded(character: str) -> str:
    """Return what the table says of one character, read from its text.

    A query asks for a few characters: to look them up takes a twentieth of what it takes to make
    a map of all.
    """
    if character.isascii():
        return character.lower()
    table = _table()
    at = table.find(character)
    return character if at < 0 else table[table.rfind("\n", 0, at) + 1]


def members_of(character: str) -> str:
    """Return all characters that fold to *character*, itself among them.

    >>> members_of("后"), members_of("後"), members_of("a")
    ('后後', '', 'aA')
    """
    if fold(character) != character:
        return ""
    table = _table()
    # What folds to itself stands first in its row.  One character is found nine times as fast as
    # a line break and it; but ASCII stands in comments too.
    at = table.find(f"\n{character}\t" if character.isascii() else character)
    if at < 0:
        return character
    at += character.isascii()
    return table[at : table.index("\n", at)].replace("\t", "")


@cache
def _table() -> str:
    # A character stands in one row at most, and first in it the one that stands for the row; the
    # comments are ASCII (tests compare the two ways for every code point).
    return read_table("fold.tsv")


@cache
def _closure() -> CharMap:
    codes = code_points(_table())
    # The first character of a row stands before its one tab, all others behind it.
    tabs, line_ends = (codes == _TAB).nonzero()[0], (codes == _LINE_END).nonzero()[0]
    sizes = line_ends[np.searchsorted(line_ends, tabs)] - tabs - 1
    return CharMap(codes[ranges(tabs + 1, sizes)], np.repeat(codes[tabs - 1], sizes))
