"""Plain text: Han, ASCII letters and digits, and the commonest punctuation, as most queries are.

Cleaning only makes its full-width signs narrow, whatever noise is looked for, and its units are
plain to see, so that nothing of `searcher.text.clean` has to be loaded for it.  The general way
gives the same (``tests/test_queries.py``).
"""

from __future__ import annotations

import re
from functools import cache

from searcher.model import MappedText, Units
from searcher.text.script import fold
from searcher.text.units import LONGEST_UNIT, SENTENCE_END
from searcher.text.words.base import FIRST_HAN, LAST_HAN, is_han

ENDS = "。！？!?"
"""Punctuation that ends a sentence."""

SILENT = "，、；：《》"
"""Punctuation that means nothing.  No brackets, which might hold noise; no ASCII signs, which may
stand inside numbers, names and operators."""

_NARROW = str.maketrans("！？，；：", "!?,;:")


# Compiled when a text is more than Han or more than letters.
@cache
def _plain() -> re.Pattern[str]:
    return re.compile(rf"[{FIRST_HAN}-{LAST_HAN}0-9A-Za-z{ENDS}{SILENT}]*")


@cache
def _tokens() -> re.Pattern[str]:
    return re.compile(rf"[{FIRST_HAN}-{LAST_HAN}]|[0-9A-Za-z]{{1,{LONGEST_UNIT}}}|[{ENDS}]")


def is_plain(text: str) -> bool:
    """Tell whether *text* is plain.

    >>> is_plain("3D打印？"), is_plain("打印 3D"), is_plain("参与(yu)")
    (True, False, False)
    """
    return (
        is_han(text) or (text.isascii() and text.isalnum()) or _plain().fullmatch(text) is not None
    )


def plain_mapped(text: str) -> MappedText:
    """Return a plain text as it is matched.

    >>> plain_mapped("打印？").text
    '打印?'
    """
    return MappedText(text.translate(_NARROW), range(len(text)), range(1, len(text) + 1))


def plain_units(text: str) -> Units:
    """Return the units of a plain text, and where they stand in it.

    >>> plain_units("3D！《打印》").keys
    ('3d', '\\n', '打', '印')
    """
    folded = fold(text)
    if is_han(text):
        return Units(tuple(folded), range(len(text)), range(1, len(text) + 1))
    keys: list[str] = []
    spans: list[tuple[int, int]] = []
    sentence_end: tuple[int, int] | None = None
    for token in _tokens().finditer(text):
        if token[0] in ENDS:
            # One for all that stand between two units; none in front of the first.
            sentence_end = sentence_end or (token.span() if keys else None)
            continue
        if sentence_end:
            keys.append(SENTENCE_END)
            spans.append(sentence_end)
            sentence_end = None
        keys.append(folded[slice(*token.span())])
        spans.append(token.span())
    return Units(tuple(keys), tuple(a for a, _ in spans), tuple(b for _, b in spans))
