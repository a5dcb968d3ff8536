"""Terms: the dictionary of one field, from terms to numbers and to the extents of their records.

*Pairs* are the terms of one or two characters of the basic plane, nearly all there are: the
first characters once (``heads``), where the bucket of each begins (``starts``), and the second
character of every pair (``seconds``; 0 where there is none).  *The rest* is bytes, ascending, in
blocks of 16 that keep of each term only what the one before it has not (``rest``), with the place
of each block (``blocks``) and the first 8 bytes of its first term as a number (``keys``).  Pairs
are numbered first, the rest behind them, each in the order of their bytes.

Records lie in the order of the numbers.  ``sizes`` has a byte for each, 255 meaning that the size
is in ``large``; for each 64th term ``bases`` says where its record begins, ``larges`` how many
sizes in ``large`` came before.

Terms are UTF-8; bytes that are not are characters U+DC80 … U+DCFF of a str, as PEP 383 has it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.engines.whoosh_.files.container import Container, Section
from searcher.engines.whoosh_.files.fronts import RUN, key_of, unpacked
from searcher.properties import cached_property

Codes: TypeAlias = npt.NDArray[np.uint16]
Sizes: TypeAlias = npt.NDArray[np.uint32]

GROUP = 64
"""Terms that share one base."""

LARGE = 255
"""In the place of a size: it is kept apart, being as large or larger."""


def pair_of(term: str) -> tuple[int, int] | None:
    """Return the codes of a term that is kept as a pair, or None where it belongs to the rest.

    >>> pair_of("脱贫"), pair_of("a"), pair_of("扶贫队"), pair_of("𠀀")
    ((33073, 36139), (97, 0), None, None)
    """
    if not 0 < len(term) <= 2:
        return None
    first, second = ord(term[0]), ord(term[1]) if len(term) == 2 else 0
    if _plain(first) and (len(term) == 1 or _plain(second)):
        return first, second
    return None


def _plain(code: int) -> bool:
    return 0 < code < 0xD800 or 0xDFFF < code < 0x10000


def to_bytes(term: str) -> bytes | None:
    """Return the bytes of a term; None where no term can be like that."""
    try:
        return term.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None


def to_text(term: bytes) -> str:
    """Return a term as a str; `to_bytes` undoes it."""
    return term.decode("utf-8", "surrogateescape")


class Dictionary:
    """The dictionary of one field, read where it lies."""

    def __init__(self, container: Container, name: str, pairs: int, rest: int) -> None:
        self.pair_count = pairs
        self.rest_count = rest
        self._seconds = container.section(f"{name}/seconds")
        self._sizes = container.section(f"{name}/sizes")
        self._bases = container.section(f"{name}/bases")
        self._larges = container.section(f"{name}/larges")
        self._large = container.section(f"{name}/large")
        self._rest = container.section(f"{name}/rest")
        self._container = container
        self._name = name
        if self._sizes.size != pairs + rest or self._seconds.size != 2 * pairs:
            raise self._sizes.damaged(f"number of terms of {name}")

    def __len__(self) -> int:
        return self.pair_count + self.rest_count

    def find(self, term: str) -> int | None:
        """Return the number of a term, or None."""
        pair = pair_of(term)
        if pair is None:
            return self._find_rest(to_bytes(term))
        bucket = self._bucket(pair[0])
        if bucket is None:
            return None
        start, stop = bucket
        seconds = self._seconds.numbers("H", start, stop)
        at = bisect_left(seconds, pair[1])
        return start + at if at < len(seconds) and seconds[at] == pair[1] else None

    def extent(self, number: int) -> tuple[int, int]:
        """Return where the record of a term begins and ends."""
        group = number // GROUP
        sizes = bytes(self._sizes.bytes(group * GROUP, number + 1))
        start: int = self._bases.numbers("Q", group, group + 1)[0]
        start += sum(sizes) - sizes[-1]
        if LARGE not in sizes:
            return start, start + sizes[-1]
        first = self._larges.numbers("I", group, group + 1)[0]
        large = self._large.numbers("I", first, first + sizes.count(LARGE)).tolist()
        size = large.pop() if sizes[-1] == LARGE else sizes[-1]
        start += sum(large) - LARGE * len(large)
        return start, start + size

    def sizes(self) -> Sizes:
        """Return the sizes of all records."""
        sizes: Sizes = self._sizes.array("B").astype(np.uint32)
        large = sizes == LARGE
        if np.count_nonzero(large) != self._large.size // 4:
            raise self._sizes.damaged("number of large records")
        sizes[large] = self._large.array("I")
        return sizes

    def pairs(self) -> tuple[Codes, Codes]:
        """Return the first and second codes of all pairs."""
        starts = np.asarray(self._starts, np.int64)
        counts = starts[1:] - starts[:-1]
        seconds: Codes = self._seconds.array("H")
        if counts.min(initial=0) < 0 or counts.sum() != len(seconds):
            raise self._seconds.damaged("number of pairs")
        return np.repeat(np.asarray(self._heads, np.uint16), counts), seconds

    def term(self, number: int) -> bytes:
        """Return a term by its number."""
        if number < self.pair_count:
            head = self._heads[bisect_right(self._starts, number) - 1]
            return _pair_bytes(head, self._seconds.numbers("H", number, number + 1)[0])
        block, place = divmod(number - self.pair_count, RUN)
        return self._block(block)[place]

    def ascending(self, start: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Yield the terms from *start* on by their bytes, with their numbers."""
        rest = self._rest_from(start)
        other = next(rest, None)
        for pair in self._pairs_from(start):
            while other is not None and other[0] < pair[0]:
                yield other
                other = next(rest, None)
            yield pair
        if other is not None:
            yield other
            yield from rest

    def rest(self) -> Iterator[list[bytes]]:
        """Yield the terms that are no pairs, ascending, some at a time."""
        for block in range(len(self._keys) if self.rest_count else 0):
            yield self._block(block)

    # ------------------------------------------------------------ pairs

    def _part(self, part: str) -> Section:
        return self._container.section(f"{self._name}/{part}")

    @cached_property
    def _heads(self) -> memoryview:
        heads = self._part("heads")
        return heads.numbers("H", 0, heads.size // 2)

    @cached_property
    def _starts(self) -> memoryview:
        section = self._part("starts")
        starts = section.numbers("I", 0, len(self._heads) + 1)
        if (starts[0], starts[-1]) != (0, self.pair_count):
            raise section.damaged(f"number of pairs of {self._name}")
        return starts

    def _bucket(self, head: int) -> tuple[int, int] | None:
        heads = self._heads
        at = bisect_left(heads, head)
        if at == len(heads) or heads[at] != head:
            return None
        return self._starts[at], self._starts[at + 1]

    def _pairs_from(self, start: bytes) -> Iterator[tuple[bytes, int]]:
        number = bisect_left(range(self.pair_count), start, key=self.term)
        if number == self.pair_count:
            return
        for at in range(bisect_right(self._starts, number) - 1, len(self._heads)):
            head, stop = self._heads[at], self._starts[at + 1]
            for second in self._seconds.numbers("H", number, stop):
                yield _pair_bytes(head, second), number
                number += 1

    # ------------------------------------------------------------ the rest

    @cached_property
    def _blocks(self) -> memoryview:
        return self._part("blocks").numbers("Q", 0, len(self._keys) + 1)

    @cached_property
    def _keys(self) -> memoryview:
        return self._part("keys").numbers("Q", 0, -(-self.rest_count // RUN))

    def _find_rest(self, term: bytes | None) -> int | None:
        if term is None or not self.rest_count:
            return None
        block = self._block_of(term)
        terms = self._block(block)
        at = bisect_left(terms, term)
        if at == len(terms) or terms[at] != term:
            return None
        return self.pair_count + block * RUN + at

    def _block_of(self, term: bytes) -> int:
        """Return the last block that does not begin behind *term*, or the first."""
        low = bisect_left(self._keys, key_of(term))
        same = range(low, bisect_right(self._keys, key_of(term), low))
        return max(0, low + bisect_right(same, term, key=lambda at: self._block(at)[0]) - 1)

    def _rest_from(self, start: bytes) -> Iterator[tuple[bytes, int]]:
        if not self.rest_count:
            return
        for block in range(self._block_of(start), len(self._keys)):
            for place, term in enumerate(self._block(block)):
                if term >= start:
                    yield term, self.pair_count + block * RUN + place

    def _block(self, block: int) -> list[bytes]:
        """Return the terms of a block."""
        data = bytes(self._rest.bytes(self._blocks[block], self._blocks[block + 1]))
        try:
            return unpacked(data, min(RUN, self.rest_count - block * RUN))
        except ValueError as error:
            raise self._rest.damaged(f"block {block}: {error}") from error


def _pair_bytes(first: int, second: int) -> bytes:
    text = chr(first) + chr(second) if second else chr(first)
    return text.encode("utf-8", "surrogatepass")
