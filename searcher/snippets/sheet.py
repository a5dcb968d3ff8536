"""Sheet: the leaves of a page of hits in one, for what is looked for on all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from searcher.columns import Numbers
from searcher.properties import cached_property
from searcher.snippets.leaf import Leaf
from searcher.text.codes import code_points


class Place(NamedTuple):
    """One field of a page: its text is ``sheet.text[start:end]``."""

    document: int
    name: str
    start: int
    end: int


class Sheet:
    """Leaves in a row, by the numbers of their documents, which ascend.

    ``text`` and ``codes`` are those of all of them, and offsets count the characters of it;
    ``starts`` are where the fields begin, ``documents`` whose they are; ``bases`` are where the
    leaves begin.
    """

    def __init__(self, leaves: Mapping[int, Leaf]) -> None:
        self.leaves = leaves
        self.text = "".join([leaf.text for leaf in leaves.values()])
        self.bases: list[int] = []
        begins: list[int] = []
        documents: list[int] = []
        base = 0
        for number, leaf in leaves.items():
            self.bases.append(base)
            for begin in leaf.begins:
                begins.append(base + begin)
                documents.append(number)
            base += len(leaf.text)
        self.starts: Numbers = np.array(begins, dtype=np.int64)
        self.documents: Numbers = np.array(documents, dtype=np.int64)

    @cached_property
    def codes(self) -> Numbers:
        """The code points of the text, as numbers of the size that is looked up fastest."""
        return code_points(self.text).astype(np.int64)

    @cached_property
    def places(self) -> list[Place]:
        """The fields of the page."""
        places, base = [], 0
        for number, leaf in self.leaves.items():
            places += [Place(number, name, base + a, base + b) for name, a, b in leaf.fields]
            base += len(leaf.text)
        return places

    def owners(self, offsets: Numbers) -> Numbers:
        """Return the number of the field that each of *offsets* is in."""
        found: Numbers = self.starts.searchsorted(offsets, side="right") - 1
        return found
