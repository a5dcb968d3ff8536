"""Fold: the form under which characters are compared; indexed terms and query terms alike."""

from __future__ import annotations

from functools import cache

from searcher.text.script.charmap import CharMap, data_rows


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
    return text.lower() if text.isascii() else _closure()(text)


@cache
def _closure() -> CharMap:
    rows = data_rows("fold.tsv")
    keys = "".join(members for _, members in rows)
    return CharMap(keys, "".join(first * len(members) for first, members in rows))
