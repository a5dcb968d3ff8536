"""Seen text: fields in which each Han character of the original is one unit, at its own place.

Nearly all text is so.  Where a run of Han stands in it is seen without analyzing it: one look-up
for each character, and what stands between two Han characters depends on nothing else
(`searcher.text.clean.clean` says why).  `searcher.text.seenfields` tells which fields are so.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from searcher.columns import Numbers
from searcher.text.script import fold, members_of
from searcher.text.units import SENTENCE_END

HAN_RANGES = (
    ("々", "〇"),
    ("〡", "〩"),
    ("ぁ", "ゖ"),
    ("ゝ", "ゟ"),
    ("ァ", "ヺ"),
    ("ー", "ヿ"),
    ("ㄅ", "ㄯ"),
    ("ㆠ", "ㆿ"),
    ("㐀", "䶿"),
    ("一", "鿿"),
)
"""Characters of the basic plane that are units by themselves and that no blank is kept beside."""

_SHORT = 16
_TRANSPARENT = "，、；：“”‘’（）《》〈〉「」『』—· \u3000"
"""What stands between Han most often, and is nothing by itself or in any row."""

_SIMPLE = re.compile(rf"[{_TRANSPARENT}\r\n]*(?P<end>[。！？!?…][{_TRANSPARENT}。！？!?…\r\n]*)?")
_HARD_WRAP = re.compile(r"[^\r\n \u3000]*(?:\r\n|[\r\n])[^\r\n \u3000]*")


@lru_cache(4096)
def characters_of(unit: str) -> Numbers | None:
    """Return the code points that are *unit* in a seen field; None if it is no single Han.

    >>> "".join(map(chr, characters_of("后"))), characters_of("ab"), characters_of("a")
    ('后後', None, None)
    """
    if len(unit) != 1 or not _is_han(unit) or fold(unit) != unit:
        return None
    return np.array([ord(each) for each in members_of(unit) if _is_han(each)], dtype=np.int64)


def _is_han(character: str) -> bool:
    return any(first <= character <= last for first, last in HAN_RANGES)


def between(text: str) -> tuple[str, ...] | None:
    """Return the units of *text* between two Han characters of a seen field.

    None if there is any other than a sentence end; so only ``()`` and one of it are possible.

    >>> between("，"), between("。"), between("A")
    ((), ('\\n',), None)
    """
    if text[:1].isalnum():
        return None
    if not text.strip(_TRANSPARENT):
        return ()
    # Hardly any text is not so simple; this saves loading what reads everything.
    simple = _SIMPLE.fullmatch(text)
    if simple and simple["end"]:
        return (SENTENCE_END,)
    if simple and _HARD_WRAP.fullmatch(text):
        return ()
    return _between(text) if len(text) <= _SHORT else _between.__wrapped__(text)


@lru_cache(4096)
def _between(text: str) -> tuple[str, ...] | None:
    from searcher.model import Noise
    from searcher.text.clean import clean
    from searcher.text.units import units

    enclosed = f"中{text}中"
    keys = tuple(units(enclosed, clean(enclosed, Noise())).keys[1:-1])
    return keys if keys in ((), (SENTENCE_END,)) else None
