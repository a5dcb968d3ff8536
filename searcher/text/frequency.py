"""How often each Chinese character is used: what tells Chinese from bytes read the wrong way."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from searcher.text.tables import data_rows


@cache
def frequency() -> Mapping[str, float]:
    """Return character → its share of all the characters of Chinese text, between 0 and 1.

    A simplified character's share is the sum of the frequencies of the words of jieba's
    dictionary it stands in, traditional words counted as simplified; a traditional character has
    the share of the simplified one it folds to.  Only characters counted more than 20 times in
    100 million are in the mapping.  The table is made by ``tools/make_frequency.py``.

    >>> frequency()["后"] == frequency()["後"] > frequency()["猷"]
    True
    """
    rows = data_rows("frequency.tsv")
    total = int(rows[0][1])
    shares = {character: int(count) / total for character, count, *_ in rows[1:]}
    for character, _count, *forms in rows[1:]:
        for form in "".join(forms):
            # A form that is also a simplified character of its own keeps its own count (苧).
            shares.setdefault(form, shares[character])
    return MappingProxyType(shares)
