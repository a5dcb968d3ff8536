"""The table of a segment's documents: ids, paths, lengths.

Ids ascend by code points, which is also the order of their UTF-8 bytes, so that a document is
found by bisection.  A path is kept as its *origin* (what stands before the id's own end, and where
that end begins) if it shares its last part with the id, as it does for files, and whole otherwise;
documents of one origin share it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searcher.engines.whoosh_.files.container import Container, ContainerWriter
from searcher.engines.whoosh_.files.texts import Texts, encoded, narrowest, write_texts
from searcher.properties import cached_property, forget

_WHOLE = 0xFFFFFFFF
"""Instead of where the id's end begins: the origin is the whole path."""


def write_documents(
    into: ContainerWriter,
    ids: Sequence[str],
    paths: Sequence[str],
    lengths: npt.ArrayLike,
    title_sizes: npt.ArrayLike,
) -> None:
    """Write the sections of the table."""
    origins: dict[tuple[str, int], int] = {}
    numbers = [
        origins.setdefault(_origin(document_id, path), len(origins))
        for document_id, path in zip(ids, paths, strict=True)
    ]
    write_texts(into, "ids", ids)
    write_texts(into, "origins", [prefix for prefix, _ in origins])
    into.add_array("cuts", np.array([cut for _, cut in origins], np.int64), "I")
    into.add_array("origin", np.array(numbers, np.int64), narrowest(len(origins) - 1))
    into.add_array("lengths", lengths, "I")
    into.add_array("titles", title_sizes, "I")


class DocumentTable:
    """The table of the documents of one segment, read where it lies."""

    def __init__(self, container: Container, documents: int) -> None:
        self._lengths = container.section("lengths")
        self._titles = container.section("titles")
        self._ids = Texts(container, "ids")
        self._origins = Texts(container, "origins")
        self._cuts = container.section("cuts")
        self._origin = container.section("origin")
        self._kind = narrowest(len(self._origins) - 1)
        if not self._lengths.size == self._titles.size == 4 * documents == 4 * len(self._ids):
            raise self._origin.damaged("number of documents")

    @cached_property
    def lengths(self) -> npt.NDArray[np.uint32]:
        """The number of terms in the bag of each document."""
        return self._lengths.array("I")

    @cached_property
    def title_sizes(self) -> npt.NDArray[np.uint32]:
        """The number of title units of each document."""
        return self._titles.array("I")

    def close(self) -> None:
        """Let go of what is kept of the file."""
        forget(self)

    def id(self, number: int) -> str:
        """Return the id of a document."""
        return self._ids.text(number)

    def path(self, number: int) -> str:
        """Return the path of a document."""
        origin = self._origin.numbers(self._kind, number, number + 1)[0]
        cut = self._cuts.numbers("I", origin, origin + 1)[0]
        prefix = self._origins.text(origin)
        return prefix if cut == _WHOLE else prefix + self.id(number)[cut:]

    def ids(self) -> list[str]:
        """Return all ids."""
        return self._ids.all()

    def paths(self) -> list[str]:
        """Return all paths."""
        prefixes = self._origins.all()
        cuts = self._cuts.array("I").tolist()
        origins = self._origin.array(self._kind).tolist()
        if max(origins, default=-1) >= min(len(prefixes), len(cuts)):
            raise self._origin.damaged("origins")
        return [
            prefixes[origin] if cuts[origin] == _WHOLE else prefixes[origin] + name[cuts[origin] :]
            for name, origin in zip(self.ids(), origins, strict=True)
        ]

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id, or None."""
        wanted = encoded(document_id)
        at = bisect_left(range(len(self._ids)), wanted, key=self._ids.raw)
        return at if at < len(self._ids) and self._ids.raw(at) == wanted else None


def _origin(document_id: str, path: str) -> tuple[str, int]:
    """Return what *path* begins with and where the rest of it begins in the id."""
    last = path[path.rfind("/") + 1 :]
    if not last or not document_id.endswith(last):
        return path, _WHOLE
    shared = len(last)
    while path[-shared - 1 : -shared] == document_id[-shared - 1 : -shared] != "":
        shared += 1
    return path[:-shared], len(document_id) - shared
