"""Where one of many strings may begin in a text, told by its first two characters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from searcher.columns import Codes, Numbers
from searcher.text.codes import CODE_POINTS, code_points


class PairScreen:
    """Finds the places where one of some strings may begin, at the speed of arrays.

    Each has two characters or more.  That a place is found proves nothing of the third one.

    >>> PairScreen(["乾坤", "乾隆皇帝"]).places(code_points("乾净的乾隆")).tolist()
    [3]
    """

    def __init__(self, strings: Iterable[str]) -> None:
        """Make a screen for *strings*."""
        pairs = code_points("".join({string[:2] for string in strings})).reshape(-1, 2)
        self._pairs = np.sort(_packed(pairs[:, 0], pairs[:, 1]))
        self._is_first = np.zeros(CODE_POINTS, dtype=bool)
        self._is_first[pairs[:, 0]] = True
        self._is_second = np.zeros(CODE_POINTS, dtype=bool)
        self._is_second[pairs[:, 1]] = True

    def places(self, codes: Codes) -> Numbers:
        """Return where in a text of these code points one of the strings may begin, ascending."""
        places: Numbers = self._is_first.take(codes[:-1]).nonzero()[0]
        places = places[self._is_second.take(codes[places + 1])]
        found = _packed(codes[places], codes[places + 1])
        at = np.minimum(np.searchsorted(self._pairs, found), len(self._pairs) - 1)
        begins: Numbers = places[self._pairs[at] == found]
        return begins


def _packed(first: Codes, second: Codes) -> npt.NDArray[np.uint64]:
    return first.astype(np.uint64) << np.uint64(32) | second
