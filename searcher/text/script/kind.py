"""Which script a text is written in, told by the characters that only one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.model import Script
from searcher.text.codes import CODE_POINTS, LONG, code_points, joined
from searcher.text.tables import data_rows

MIXED_SHARE = 0.1
"""From this share of the telling characters on, the lesser script counts.

Of 32,188 documents of statutes and Wikipedia of known script, 508 hold some of the other one, one
more than 5 % and none 10 %; the seed with three simplified captions holds 1.1 %.
"""

_HANS, _HANT = 1, 2


def script_of(text: str) -> Script:
    """Return ``hans`` or ``hant``, ``mixed`` where both count, ``none`` where nothing tells.

    Telling are the characters that ``t2s`` always changes and simplified text never has (後, 國),
    and those that ``s2t`` always changes and traditional text never has (国, 这).  Most characters
    are the same in both, and some simplified ones are traditional characters of another meaning
    (后, 里, 干): none of these tells.  Text converted badly is judged by what it has become.

    >>> script_of("國家"), script_of("国家"), script_of("國国"), script_of("后里 abc")
    ('hant', 'hans', 'mixed', 'none')
    """
    hans = hant = 0
    for at in range(0, len(text), LONG):
        kinds = _kinds().take(code_points(text[at : at + LONG]))
        hans += int(np.count_nonzero(kinds == _HANS))
        hant += int(np.count_nonzero(kinds == _HANT))
    return _script(hans, hant)


def script_many(texts: Sequence[str]) -> list[Script]:
    """Return `script_of` each text.

    >>> script_many(["國家", "", "国家"])
    ['hant', 'none', 'hans']
    """
    if not texts:
        return []
    if any(len(text) > LONG for text in texts):
        return list(map(script_of, texts))
    codes, bounds = joined(texts)
    kinds = _kinds().take(codes)
    counts = (
        np.add.reduceat(kinds == kind, bounds[:-1], dtype=np.int64).tolist()
        for kind in (_HANS, _HANT)
    )
    return list(map(_script, *counts))


def _script(hans: int, hant: int) -> Script:
    if hans + hant == 0:
        return "none"
    if min(hans, hant) >= MIXED_SHARE * (hans + hant):
        return "mixed"
    return "hans" if hans > hant else "hant"


@cache
def _kinds() -> npt.NDArray[Any]:
    kinds = np.zeros(CODE_POINTS, dtype=np.uint8)
    for name, characters in data_rows("script.tsv"):
        kinds[code_points(characters)] = {"hans": _HANS, "hant": _HANT}[name]
    return kinds
