"""What each longer word means to an index: its name and the words inside it, found out once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from searcher.columns import Numbers
from searcher.text.codes import code_points, text_of
from searcher.text.kinds import HAN, SILENT, unit_kinds
from searcher.text.script import fold_codes
from searcher.text.units import LONGEST_UNIT
from searcher.text.words import Cutter

NO_NAME = -1
ODD = -2


class Entries(NamedTuple):
    """What is known of some words, a row for each: the number of its ``name``, and where the
    words inside it are listed: those of two characters (``pairs``) and of three.

    The name is `NO_NAME` for a word that is none, because it has no Han or is too long, and `ODD`
    for one of which nothing else is known: it has to be read where it stands.
    """

    names: Numbers
    first_pair: Numbers
    pair_count: Numbers
    first_triple: Numbers
    triple_count: Numbers


class WordBook:
    """Remembers what longer words mean; for one thread at a time."""

    def __init__(self, cutter: Cutter) -> None:
        """Make an empty book of the words of *cutter*."""
        self.cutter = cutter
        self._names, self._words = _Numbered(), _Numbered()
        self._described = 0
        self._rows = tuple(_Column() for _ in Entries._fields)
        self._pairs, self._triples, self._triple_names = _Column(), _Column(), _Column()

    def __len__(self) -> int:
        return len(self._words)

    @property
    def names(self) -> Sequence[str]:
        """All names met, by their number."""
        return self._names.keys_in_order

    def name(self, term: str) -> int:
        """Return the number of a name, a new one if it was never met."""
        return self._names[term]

    def look_up(self, words: Iterable[str], count: int) -> Entries:
        """Return what is known of *count* words of more than two characters."""
        numbers = self._words.numbers(words, count)
        new = self._words.keys_in_order[self._described :]
        if new:
            self._describe(new)
            self._described += len(new)
        return Entries(*(row.take(numbers) for row in self._rows))

    def pairs(self, places: Numbers) -> Numbers:
        """Return the offsets of inner words of two characters that are listed there."""
        return self._pairs.take(places)

    def triples(self, places: Numbers) -> tuple[Numbers, Numbers]:
        """Return the offsets and the names of inner words of three characters listed there."""
        return self._triples.take(places), self._triple_names.take(places)

    def _describe(self, words: list[str]) -> None:
        """Write the rows of new *words*."""
        text = "".join(words)
        codes, sizes = code_points(text), np.fromiter(map(len, words), np.int64, len(words))
        kinds, folded = unit_kinds().take(codes), text_of(fold_codes(codes))
        starts = np.cumsum(sizes) - sizes
        is_han = np.logical_and.reduceat(kinds == HAN, starts)
        has_han = np.logical_or.reduceat(kinds >= SILENT, starts)
        owner = np.repeat(np.arange(len(words)), sizes)
        pairs = self._inner(text, 2, (owner[1:] == owner[:-1]).nonzero()[0])
        # A word of three characters is no word inside itself.
        triples = (owner[2:] == owner[:-2]).nonzero()[0]
        triples = self._inner(text, 3, triples[sizes[owner[triples]] > 3])
        is_odd = ~is_han & has_han
        is_odd[owner[np.append(pairs, triples)]] |= ~is_han[owner[np.append(pairs, triples)]]
        names = np.where(is_odd, ODD, NO_NAME)
        named = (is_han & (sizes <= LONGEST_UNIT)).nonzero()[0]
        spans = zip(starts[named].tolist(), (starts + sizes)[named].tolist(), strict=True)
        names[named] = self._names.numbers([folded[a:b] for a, b in spans], len(named))
        pairs, triples = pairs[is_han[owner[pairs]]], triples[is_han[owner[triples]]]
        row = Entries(
            names,
            *_listed(owner[pairs], len(words), len(self._pairs)),
            *_listed(owner[triples], len(words), len(self._triples)),
        )
        for column, values in zip(self._rows, row, strict=True):
            column.extend(values)
        self._pairs.extend(pairs - starts[owner[pairs]])
        self._triples.extend(triples - starts[owner[triples]])
        terms = [folded[at : at + 3] for at in triples.tolist()]
        self._triple_names.extend(self._names.numbers(terms, len(terms)))

    def _inner(self, text: str, size: int, places: Numbers) -> Numbers:
        """Return those of *places* where a word of *size* characters stands."""
        pieces = [text[at : at + size] for at in places.tolist()]
        known = np.fromiter(map(self.cutter.knows, pieces), bool, len(places))
        found: Numbers = places[known]
        return found


def _listed(owner: Numbers, words: int, first: int) -> tuple[Numbers, Numbers]:
    """Return where the list of each of so many words begins, and how long it is."""
    counts = np.bincount(owner, minlength=words)
    return first + np.cumsum(counts) - counts, counts


class _Numbered(dict[str, int]):
    """Numbers strings as they come, from 0 on."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_in_order: list[str] = []

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        self.keys_in_order.append(key)
        return number

    def numbers(self, keys: Iterable[str], count: int) -> Numbers:
        return np.fromiter(map(self.__getitem__, keys), np.int64, count)


class _Column:
    """Numbers that grow in number."""

    def __init__(self) -> None:
        # numpy takes no empty array: the last one is none of them.
        self._numbers = array("q", [0])

    def __len__(self) -> int:
        return len(self._numbers) - 1

    def take(self, places: Numbers) -> Numbers:
        return np.frombuffer(self._numbers, np.int64).take(places)

    def extend(self, numbers: Numbers) -> None:
        self._numbers.pop()
        self._numbers.frombytes(numbers.astype(np.int64).tobytes())
        self._numbers.append(0)
