"""DictionaryWriter: the dictionary of one field (`terms` draws it), written as terms come."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from searcher.engines.whoosh_.files.container import ContainerWriter, Kind
from searcher.engines.whoosh_.files.fronts import FrontCoder
from searcher.engines.whoosh_.files.terms import GROUP, LARGE, Codes, Sizes

_COPIED = 1 << 20


class DictionaryWriter:
    """Collects a dictionary in temporary files of *folder*; `close` puts it into a container.

    What it keeps in memory is less than a byte for each term.
    """

    def __init__(self, folder: Path, into: ContainerWriter, label: str) -> None:
        self._into = into
        self._label = label
        self._files = ExitStack()
        self._seconds = self._files.enter_context(_scratch(folder))
        self._sizes = self._files.enter_context(_scratch(folder))
        self._rest = self._files.enter_context(_scratch(folder))
        self._pairs = 0
        self._last = 0
        self._heads: list[Codes] = []
        self._starts: list[npt.NDArray[np.int64]] = []
        self._fronts = FrontCoder()
        self._bases: list[npt.NDArray[np.int64]] = []
        self._larges: list[npt.NDArray[np.int64]] = []
        self._large: list[Sizes] = []
        self._large_count = 0
        self._end = 0
        self.closed = False

    @property
    def counts(self) -> tuple[int, int]:
        """How many pairs and other terms there are."""
        return self._pairs, self._fronts.count

    def pairs(self, first: Codes, second: Codes, sizes: Sizes) -> None:
        """Append pairs with the sizes of their records.

        Raises:
            ValueError: they do not ascend, or other terms came before.
        """
        if not len(first):
            return
        codes = first.astype(np.int64) << 16 | second
        steps = np.diff(codes, prepend=self._last)
        if steps.min() <= 0 or self._fronts.count:
            raise ValueError("pairs come first, and ascend")
        new = np.flatnonzero(np.diff(codes >> 16, prepend=self._last >> 16))
        self._heads.append(first[new])
        self._starts.append(new + self._pairs)
        self._last = int(codes[-1])
        self._add_sizes(sizes)
        self._seconds.write(second.astype("<u2").data)
        self._pairs += len(first)

    def rest(self, terms: Sequence[bytes], sizes: Sizes) -> None:
        """Append other terms with the sizes of their records.

        Raises:
            ValueError: they do not ascend.
        """
        self._add_sizes(sizes)
        self._rest.write(self._fronts.packed(terms))

    def close(self) -> None:
        """Write the sections, named ``label/heads`` and so on."""
        with self._files:
            self._add("heads", _joined(self._heads), "H")
            self._add("starts", np.append(_joined(self._starts), self._pairs), "I")
            self._copy("seconds", self._seconds)
            self._copy("sizes", self._sizes)
            self._add("bases", _joined(self._bases), "Q")
            self._add("larges", _joined(self._larges), "I")
            self._add("large", _joined(self._large), "I")
            self._copy("rest", self._rest)
            self._add("blocks", np.append(self._fronts.blocks, self._fronts.length), "Q")
            self._add("keys", np.array(self._fronts.keys, np.uint64), "Q")
        self.closed = True

    def abandon(self) -> None:
        """Let go of the temporary files."""
        self._files.close()

    def _add_sizes(self, sizes: Sizes) -> None:
        first_of_group = slice(-sum(self.counts) % GROUP, None, GROUP)
        large = sizes >= LARGE
        starts = np.zeros(len(sizes) + 1, np.int64)
        sizes.cumsum(out=starts[1:])
        larges = np.zeros(len(sizes) + 1, np.int64)
        large.cumsum(out=larges[1:])
        self._bases.append(self._end + starts[:-1][first_of_group])
        self._larges.append(self._large_count + larges[:-1][first_of_group])
        self._large.append(sizes[large])
        self._end += int(starts[-1])
        self._large_count += int(larges[-1])
        self._sizes.write(np.minimum(sizes, LARGE).astype(np.uint8).data)

    def _add(self, part: str, values: npt.ArrayLike, kind: Kind) -> None:
        self._into.add_array(f"{self._label}/{part}", values, kind)

    def _copy(self, part: str, source: IO[bytes]) -> None:
        self._into.begin(f"{self._label}/{part}")
        source.seek(0)
        while data := source.read(_COPIED):
            self._into.write(data)


def _scratch(folder: Path) -> IO[bytes]:
    # Imported here: a search comes through this module and writes nothing.
    from tempfile import TemporaryFile

    return TemporaryFile(dir=folder)


def _joined(parts: list[Any]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
