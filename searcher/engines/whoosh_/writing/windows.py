"""Windows: long columns a part at a time, where a step makes them wider for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

K = TypeVar("K", bound=np.generic)

TOGETHER = 1 << 18
"""Elements of a part: more than any column has of a batch that holds no giant."""


def windows(column: npt.NDArray[K]) -> Iterator[tuple[int, npt.NDArray[K]]]:
    """Yield *column* in parts, each with the place where it begins.

    >>> [(first, len(part)) for first, part in windows(np.zeros(300_000))]
    [(0, 262144), (262144, 37856)]
    """
    for first in range(0, len(column), TOGETHER):
        yield first, column[first : first + TOGETHER]
