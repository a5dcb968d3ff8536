"""Names: the ids and paths of all documents, in order, for filters, sorting and ties."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fnmatch import translate
from itertools import pairwise

import numpy as np

from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs
from searcher.properties import cached_property, forget

_FEW = 256
"""Ids of so many documents are read one by one, rather than those of all."""


class Names:
    """Reads names as far as it has to and keeps them; deleted documents are among them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.ascending = len(list(store.segments())) < 2
        """Whether ids ascend with numbers, as they do in a segment."""

    def close(self) -> None:
        """Let go of what was read."""
        forget(self)

    @cached_property
    def ids(self) -> list[str]:
        """The ids by document number."""
        return [name for _, segment in self._store.segments() for name in segment.ids()]

    @cached_property
    def paths(self) -> list[str]:
        """The paths by document number."""
        return [path for _, segment in self._store.segments() for path in segment.paths()]

    @cached_property
    def by_id(self) -> Docs:
        """The documents, ids ascending by code points."""
        if self.ascending:
            return np.arange(self._store.size)
        return _sorted(self.ids)

    @cached_property
    def by_path(self) -> Docs:
        """The documents, paths ascending, those of one path by id."""
        order = sorted(self.by_id.tolist(), key=self.paths.__getitem__)
        return np.array(order, dtype=np.int64)

    def ranks(self, docs: Docs) -> Docs:
        """Return numbers that ascend as the ids of *docs* do."""
        if self.ascending:
            return docs
        if len(docs) > _FEW or "_id_ranks" in self.__dict__:
            return self._id_ranks[docs]
        return _ranks(_sorted([self.id(number) for number in docs.tolist()]))

    def id(self, number: int) -> str:
        """Return the id of a document."""
        segment, own = self._store.locate(number)
        return segment.id(own)

    @cached_property
    def _id_ranks(self) -> Docs:
        return _ranks(self.by_id)

    @cached_property
    def path_ranks(self) -> Docs:
        """The place of each document's path among all paths: documents of one path have one."""
        ordered = [self.paths[number] for number in self.by_path.tolist()]
        differs = [0, *(one != other for one, other in pairwise(ordered))]
        ranks = np.empty(len(ordered), dtype=np.int64)
        ranks[self.by_path] = np.cumsum(differs[: len(ordered)])
        return ranks

    def matching(self, pattern: str) -> Docs:
        """Return the documents whose path or id begins with *pattern*, or matches it where it has
        ``* ? [``, ascending.
        """
        if any(char in pattern for char in "*?["):
            matches = re.compile(translate(pattern)).match
            pairs = enumerate(zip(self.ids, self.paths, strict=True))
            found = [at for at, (name, path) in pairs if matches(name) or matches(path)]
            return np.array(found, dtype=np.int64)
        by_id = _beginning(self._sorted_ids, self.by_id, pattern)
        by_path = _beginning(self._sorted_paths, self.by_path, pattern)
        return np.unique(np.concatenate([by_id, by_path]))

    @cached_property
    def _sorted_ids(self) -> list[str]:
        return self.ids if self.ascending else [self.ids[at] for at in self.by_id.tolist()]

    @cached_property
    def _sorted_paths(self) -> list[str]:
        return [self.paths[at] for at in self.by_path.tolist()]


def _beginning(names: Sequence[str], documents: Docs, prefix: str) -> Docs:
    """Return the documents whose names, which ascend, begin with *prefix*."""

    def beginning(name: str) -> str:
        return name[: len(prefix)]

    first = bisect_left(names, prefix, key=beginning)
    return documents[first : bisect_right(names, prefix, first, key=beginning)]


def _sorted(keys: Sequence[str]) -> Docs:
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return np.array(order, dtype=np.int64)


def _ranks(order: Docs) -> Docs:
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
