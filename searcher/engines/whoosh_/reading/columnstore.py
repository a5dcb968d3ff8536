"""Store: all segments of an index as one, read without Whoosh; what was decoded is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from searcher.arguments import CACHE
from searcher.columns import Floats
from searcher.engines.bm25 import idf, length_factor, saturation
from searcher.engines.whoosh_.files.container import damaged
from searcher.engines.whoosh_.files.fieldnames import BAG
from searcher.engines.whoosh_.files.listing import LISTING, read_deleted, read_listing
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.reading.cache import Cache
from searcher.engines.whoosh_.reading.found import NO_DOCS, Docs, Found, of_docs, of_many
from searcher.engines.whoosh_.reading.postings import (
    NO_GAINS,
    NO_PLACES,
    POSITION_BITS,
    Counts,
    Levels,
    Places,
    Postings,
    Weighed,
)
from searcher.properties import cached_property, forget

Value = TypeVar("Value", bound=np.generic)

NO_COUNTS: npt.NDArray[np.uint32] = np.empty(0, np.uint32)

ROW_SHARE = 1 / 16
"""Terms that more of the documents hold have a row with a byte for each document, which then is
about as large as their numbers and gains."""

STEPS = 254
"""Levels of a gain; one less than a byte has, since gains are rounded up."""

_LONG_RUN = 4096
"""Runs that stand in more places are kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, the numbers of its documents that were deleted, ascending, and its files."""

    segment: Segment
    deleted: Docs
    files: tuple[Path, ...]


class Store:
    """An index of several segments, whose documents are numbered one segment after the other.

    ``files`` are all it consists of; ``size`` counts deleted documents too; ``live`` is None
    where there are none.  Safe to share between threads: two may decode the same postings, which
    does no harm, and nobody waits.
    """

    def __init__(self, folder: Path, parts: Sequence[Part], *, budget: int = CACHE) -> None:
        self.files = (folder / LISTING, *(path for part in parts for path in part.files))
        self._parts = [part.segment for part in parts]
        self._starts: list[int] = []
        self.size = 0
        for segment in self._parts:
            self._starts.append(self.size)
            self.size += segment.documents
        self._kept = [_live(part) for part in parts]
        self.live = self._live()
        self._rows_from = self.size * ROW_SHARE
        self._cache: Cache[Postings] = Cache(budget)
        self._find = self._cache.find
        lengths = self._lengths()
        self.documents = self.size - sum(len(part.deleted) for part in parts)
        self.ranked = int(np.count_nonzero(lengths))

    @classmethod
    def open(cls, folder: Path, *, budget: int = CACHE) -> Store:
        """Open the index in *folder*.

        Raises:
            IndexCorruptError: a file is missing, damaged, or belongs to another index.
        """
        with ExitStack() as opened:
            parts = []
            for listed in read_listing(folder):
                segment = Segment.open(folder, listed.name)
                opened.callback(segment.close)
                if segment.documents != listed.documents:
                    raise damaged(folder / LISTING, f"{listed.documents} documents")
                files = tuple(folder / name for name in listed.files)
                parts.append(Part(segment, read_deleted(folder, listed), files))
            store = cls(folder, parts, budget=budget)
            opened.pop_all()
        return store

    def close(self) -> None:
        """Let go of the files."""
        forget(self)
        self._cache.clear()
        for segment in self._parts:
            segment.close()

    # ------------------------------------------------------------ documents

    def locate(self, number: int) -> tuple[Segment, int]:
        """Return the segment of a document and its number there."""
        at = bisect_right(self._starts, number) - 1
        return self._parts[at], number - self._starts[at]

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id."""
        for start, segment, kept in zip(self._starts, self._parts, self._kept, strict=True):
            number = segment.find(document_id)
            if number is not None and (kept is None or kept[number]):
                return start + number
        return None

    def segments(self) -> Iterator[tuple[int, Segment]]:
        """Yield each segment and the number of its first document."""
        return zip(self._starts, self._parts, strict=True)

    @cached_property
    def title_sizes(self) -> npt.NDArray[np.uint32]:
        """How many units the title of each document has."""
        return _joined([part.title_sizes for part in self._parts], NO_COUNTS)

    @cached_property
    def factors(self) -> Floats:
        """What the length of each document adds to its frequencies."""
        lengths = self._lengths()
        average = float(lengths.sum(dtype=np.int64)) / max(self.ranked, 1)
        longest = int(lengths.max(initial=0))
        if longest < self.size:  # fewer lengths than documents
            return length_factor(np.arange(longest + 1), average)[lengths]
        return length_factor(lengths, average)

    def _lengths(self) -> npt.NDArray[np.uint32]:
        lengths = _joined([part.lengths for part in self._parts], NO_COUNTS)
        return lengths if self.live is None else lengths * self.live

    def _live(self) -> npt.NDArray[np.bool_] | None:
        if all(kept is None for kept in self._kept):
            return None
        return np.concatenate(
            [
                np.ones(part.documents, np.bool_) if kept is None else kept
                for part, kept in zip(self._parts, self._kept, strict=True)
            ]
        )

    # ------------------------------------------------------------ terms

    def postings(self, field: str, term: str) -> Postings:
        """Return what is known of a term, and what else can be asked about it below."""
        key = term if field == BAG else (field, term)
        found = self._find(key)
        if found is None:
            entries = ((at, part.entry(field, term)) for at, part in enumerate(self._parts))
            present = tuple((at, entry) for at, entry in entries if entry is not None)
            return self._cache.put(key, Postings(key, present))
        found.used = True
        return found

    def keep(self, postings: Postings) -> None:
        """Take note that something of a term was filled in."""
        self._cache.settle(postings.key, postings)

    def weigh(self, term: str) -> Postings:
        """Return the postings of a term of the bag, their ``weighed`` filled in."""
        postings = self._find(term)
        if postings is None or postings.weighed is None:
            postings = self.postings(BAG, term)
            postings.weighed = self._weighed(postings)
            self.keep(postings)
        postings.used = True
        return postings

    def counted(self, postings: Postings) -> tuple[Docs, Counts]:
        """Return the documents of a term and its frequency in each."""
        if postings.counted is None:
            postings.counted = self._counted(postings)
            self.keep(postings)
        return postings.counted

    def places(self, postings: Postings) -> Places:
        """Return where a term stands, ascending."""
        if postings.places is None:
            postings.places = self._places(postings)
            self.keep(postings)
        return postings.places

    def standing(self, postings: Postings) -> Found:
        """Return the documents that hold a term at a position.

        A term that looks like a bigram can be a word at a place where the units are others.  The
        places that tell are not kept for it: they are many, and this needs them once.
        """
        if postings.standing is None:
            postings.standing = self._standing(postings)
            self.keep(postings)
        return postings.standing

    def _standing(self, postings: Postings) -> Found:
        weighed = postings.weighed
        if weighed and all(entry.stands_everywhere for _, entry in postings.entries):
            return weighed.found
        places = self._places(postings) if postings.places is None else postings.places
        found = of_many(places >> POSITION_BITS, self.size)
        return weighed.found if weighed and weighed.df == found.count else found

    def run(self, space: str, units: Sequence[str], align: Callable[[], Places]) -> Found:
        """Return the documents with a run of units, for which *align* finds the places.

        Those of runs that take long to align are kept like the postings of a term.
        """
        key = "run", space, units
        postings = self._find(key)
        if postings is None or postings.standing is None:
            places = align()
            found = of_many(places >> POSITION_BITS, self.size)
            if len(places) < _LONG_RUN:
                return found
            postings = self._cache.put(key, Postings(key, (), len(units)))
            postings.standing = found
            self.keep(postings)
        postings.used = True
        return postings.standing

    def kept(self, key: Hashable, units: int, find: Callable[[], Found]) -> Found:
        """Return what *find* finds, and keep it like the postings of a term under *key*, which
        holds so many *units*.
        """
        postings = self._find(key) or self._cache.put(key, Postings(key, (), units))
        if postings.standing is None:
            postings.standing = find()
            self.keep(postings)
        postings.used = True
        return postings.standing

    def levels(self, postings: Postings) -> Levels:
        """Return the gains of all documents from a term that has a row, in steps, rounded up.

        They are made in 32 bits, so they may be off by a ten-thousandth of a step.
        """
        if postings.levels is None:
            weighed = postings.weighed
            if weighed is None or weighed.row is None:
                raise ValueError(f"{postings.key}: no row")
            frequencies = weighed.row.astype(np.float32)
            steps = self._short_factors + frequencies
            np.divide(frequencies, steps, out=steps)
            steps *= np.float32(weighed.idf / self.step)
            np.ceil(steps, out=steps)
            postings.levels = steps.astype(np.uint8)
            self._mark_by_levels(postings, weighed, postings.levels)
            self.keep(postings)
        return postings.levels

    @staticmethod
    def _mark_by_levels(postings: Postings, weighed: Weighed, levels: Levels) -> None:
        """Let the levels say which documents hold a term: whoever asks adds them up next, so that
        one row less goes through the memory.
        """
        found = Found(weighed.df, None, levels)
        postings.weighed = replace(weighed, found=found)
        if postings.standing is weighed.found:
            postings.standing = found

    @cached_property
    def step(self) -> float:
        """What gains of frequent terms are measured in; the highest possible is `STEPS`."""
        return idf(self.ranked, min(self._rows_from, self.ranked)) / STEPS

    @cached_property
    def _short_factors(self) -> npt.NDArray[np.float32]:
        return self.factors.astype(np.float32)

    def _weighed(self, postings: Postings) -> Weighed:
        docs, counts = self._counted(postings)
        if not counts.all():
            docs, counts = docs[counts > 0], counts[counts > 0]
        df = len(docs)
        value = idf(self.ranked, df)
        if df <= self._rows_from:
            gains = value * saturation(counts, self.factors[docs])
            return Weighed(df, value, docs, gains, None, of_docs(docs))
        kind = np.min_scalar_type(counts.max())
        row = np.zeros(self.size, kind)
        row[docs] = counts.astype(kind)
        return Weighed(df, value, NO_DOCS, NO_GAINS, row, Found(df, None, row))

    def _counted(self, postings: Postings) -> tuple[Docs, Counts]:
        lists: list[Docs] = []
        frequencies: list[Counts] = []
        for at, entry in postings.entries:
            docs, counts = entry.docs()
            kept = self._kept[at]
            if kept is not None:
                wanted = kept[docs]
                docs, counts = docs[wanted], counts[wanted]
            lists.append(docs + self._starts[at] if self._starts[at] else docs)
            frequencies.append(counts)
        if len(lists) == 1:
            return lists[0], frequencies[0]
        return _joined(lists, NO_DOCS), _joined(frequencies, NO_COUNTS)

    def _places(self, postings: Postings) -> Places:
        parts: list[Places] = []
        for at, entry in postings.entries:
            places = entry.places()
            kept = self._kept[at]
            if kept is not None:
                places = places[kept[places >> POSITION_BITS]]
            parts.append(places + (self._starts[at] << POSITION_BITS))
        return parts[0] if len(parts) == 1 else _joined(parts, NO_PLACES)


def _live(part: Part) -> npt.NDArray[np.bool_] | None:
    if not len(part.deleted):
        return None
    live = np.ones(part.segment.documents, np.bool_)
    live[part.deleted] = False
    return live


def _joined(
    parts: Sequence[npt.NDArray[Value]], nothing: npt.NDArray[Value]
) -> npt.NDArray[Value]:
    """Return the parts in a row; a single one as it is."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else nothing
