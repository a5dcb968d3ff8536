"""Texts by number in a container, and integers in as few bytes as they need."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searcher.engines.whoosh_.files.container import Container, ContainerWriter, Kind, Section


def write_texts(into: ContainerWriter, name: str, texts: Iterable[str]) -> None:
    """Write section *name* with the bytes of all texts in a row, and one with their places."""
    parts = [encoded(text) for text in texts]
    data = b"".join(parts)
    into.add(name, data)
    into.add_array(f"{name}_at", list(accumulate(map(len, parts), initial=0)), offsets(len(data)))


class Texts:
    """Reads what `write_texts` wrote."""

    def __init__(self, container: Container, name: str) -> None:
        self._text = container.section(name)
        self._at = container.section(f"{name}_at")
        self._kind: Kind = offsets(self._text.size)
        places, rest = divmod(self._at.size, width(self._kind))
        if rest or not places:
            raise self._at.damaged(f"number of {name}")
        self._length = places - 1

    def __len__(self) -> int:
        return self._length

    def raw(self, number: int) -> bytes:
        """Return a text as its bytes."""
        start, stop = self._at.numbers(self._kind, number, number + 2)
        return bytes(self._text.bytes(start, stop))

    def text(self, number: int) -> str:
        """Return a text."""
        return decoded(self.raw(number), self._text)

    def all(self) -> list[str]:
        """Return all texts."""
        return split(self._text.bytes(0, self._text.size), self._at.array(self._kind), self._text)


def encoded(text: str) -> bytes:
    """Return the bytes of a text; their order is that of code points."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes, section: Section) -> str:
    """Return the text of bytes out of a *section*, which is damaged if they are none."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise section.damaged("text") from error


def checked(places: npt.NDArray[Any], size: int, section: Section) -> npt.NDArray[Any]:
    """Return the *places* of texts in *size* bytes, none of which is in two of them.

    So all texts together are no larger than the file, whoever wrote it.
    """
    if places[0] != 0 or places[-1] != size or (places[1:] < places[:-1]).any():
        raise section.damaged("places of texts")
    return places


def split(data: memoryview, places: npt.NDArray[Any], section: Section) -> list[str]:
    """Return the texts in a row in *data*, given where each begins and where the last one ends."""
    bounds, text = checked(places, len(data), section).tolist(), bytes(data)
    return [decoded(text[start:stop], section) for start, stop in pairwise(bounds)]


def offsets(size: int) -> Kind:
    """Return the kind of places in *size* bytes."""
    return "I" if size < 1 << 32 else "Q"


def narrowest(largest: int) -> Kind:
    """Return the smallest kind that holds numbers up to *largest*.

    >>> narrowest(255), narrowest(256)
    ('B', 'H')
    """
    return "B" if largest < 1 << 8 else "H" if largest < 1 << 16 else "I"


def width(kind: Kind) -> int:
    """Return how many bytes a number of a kind has."""
    return np.dtype(f"<{kind}").itemsize
