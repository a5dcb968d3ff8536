"""Merging: several segments, without their deleted documents, to one.

Terms are merged in ranges, as arrays: records are decoded, their documents numbered anew, sorted
and encoded again.  The files are the same as if the documents that are left had been indexed at
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from searcher.columns import Numbers
from searcher.engines.whoosh_.files import bulk
from searcher.engines.whoosh_.files.coding import NO_POSITION, Bytes, Counts, Postings, encode
from searcher.engines.whoosh_.files.container import damaged
from searcher.engines.whoosh_.files.decoding import DamagedRecordError
from searcher.engines.whoosh_.files.listing import Listed
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.files.segmentwriter import SegmentWriter
from searcher.engines.whoosh_.files.terms import Dictionary
from searcher.engines.whoosh_.writing.docvalues import SegmentDocValues, write_columns
from searcher.engines.whoosh_.writing.inverting import FieldWriter
from searcher.engines.whoosh_.writing.selecting import FIELDS
from searcher.engines.whoosh_.writing.spool import SUFFIX
from searcher.engines.whoosh_.writing.strings import BLOCK, StringFile, StringWriter, rank

RATIO = 4
"""A segment is merged with all smaller ones as soon as they have a quarter of its documents, so
that a hundred thousand documents are in some four segments, and each added document costs the
merging of about twelve."""

RANGE = 1 << 19
"""Bytes of records, of all segments together, that are merged at a time; one term may have
more."""


@dataclass(frozen=True, slots=True)
class Source:
    """A segment to merge and the numbers of its deleted documents, ascending."""

    segment: Segment
    deleted: Numbers


def to_merge(sizes: Sequence[int], deleted: Sequence[int]) -> list[int]:
    """Return which segments to merge into one, by their number of documents and of those deleted.

    Segments without a living document are never among them.

    >>> to_merge([1000, 10, 30], [0, 0, 0]), to_merge([1000, 30, 3], [0, 0, 0])
    ([1, 2], [])
    >>> to_merge([1000, 10], [600, 0])
    [0]
    """
    living = [size - gone for size, gone in zip(sizes, deleted, strict=True)]
    ordered = sorted((at for at, left in enumerate(living) if left), key=living.__getitem__)
    smaller = accumulate(living[at] for at in ordered)
    crowded = [
        count
        for count, (at, before) in enumerate(zip(ordered[1:], smaller, strict=False), 2)
        if RATIO * before >= living[at]
    ]
    merged = set(ordered[: max(crowded, default=0)])
    merged.update(at for at in ordered if 2 * deleted[at] > sizes[at])
    return sorted(merged)


def merge_segments(folder: Path, name: str, sources: Sequence[Source]) -> Listed:
    """Make segment *name* in *folder* of what is left of *sources*.

    Raises:
        IndexCorruptError: one of them is damaged.
    """
    writer = SegmentWriter(folder, name)
    try:
        with TemporaryDirectory(dir=folder, suffix=SUFFIX) as scratch:
            documents = _Merge(folder, writer, sources, Path(scratch)).run()
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return Listed(name, documents)


class _Merge:
    """One merge: ``maps[i]`` tells the new number of each document of source *i*, or -1."""

    def __init__(
        self, folder: Path, writer: SegmentWriter, sources: Sequence[Source], scratch: Path
    ) -> None:
        self._folder = folder
        self._writer = writer
        self._segments = [source.segment for source in sources]
        self._scratch = scratch
        ids = [each for segment in self._segments for each in segment.ids()]
        living = np.ones(len(ids), dtype=np.bool_)
        firsts = np.cumsum([0, *(segment.documents for segment in self._segments)])
        for source, first in zip(sources, firsts.tolist(), strict=False):
            living[first + source.deleted] = False
        ordered = sorted(np.flatnonzero(living).tolist(), key=ids.__getitem__)
        self._ids = [ids[at] for at in ordered]
        self._origins = np.array(ordered, dtype=np.int64)
        numbers = np.full(len(ids), -1, dtype=np.int64)
        numbers[self._origins] = np.arange(len(ordered))
        self._maps = np.split(numbers, firsts[1:-1])
        self._firsts = firsts

    def run(self) -> int:
        """Write everything; return how many documents there are."""
        self._write_documents()
        present = {name for segment in self._segments for name in segment.fields}
        for field in FIELDS:
            if field.name in present:
                self._write_field(field.name)
        return len(self._origins)

    def _write_documents(self) -> None:
        segments = self._segments
        paths = [path for segment in segments for path in segment.paths()]
        lengths = np.concatenate([segment.lengths for segment in segments])
        title_sizes = np.concatenate([segment.title_sizes for segment in segments])
        self._writer.documents(
            self._ids,
            [paths[at] for at in self._origins.tolist()],
            lengths[self._origins],
            title_sizes[self._origins],
        )
        self._write_doc_values()
        sizes = np.concatenate([segment.stored_sizes for segment in segments])
        self._writer.stored(self._stored(), sizes[self._origins])

    def _write_doc_values(self) -> None:
        values = [segment.doc_values for segment in self._segments]
        digests = np.concatenate([each.digests for each in values])
        days = np.concatenate([np.stack(each.periods, axis=1)[each.period] for each in values])
        into = self._writer.doc_values(digests[self._origins], days[self._origins])
        columns = [SegmentDocValues(each) for each in values]
        write_columns(into, list(zip(columns, self._maps, strict=True)))

    def _stored(self) -> Iterator[bytes]:
        sources = np.searchsorted(self._firsts, self._origins, side="right") - 1
        numbers = self._origins - self._firsts[sources]
        for source, number in zip(sources.tolist(), numbers.tolist(), strict=True):
            yield self._segments[source].stored(number)

    def _write_field(self, name: str) -> None:
        holders = [
            _Holder(self._folder, name, segment, numbers)
            for segment, numbers in zip(self._segments, self._maps, strict=True)
            if name in segment.fields
        ]
        sink = FieldWriter(self._writer, name)
        for keys, blob, sizes in _merged([holder.pairs() for holder in holders]):
            sink.pairs((keys >> 16).astype(np.uint16), keys.astype(np.uint16), sizes, blob)
        strings, ranks = self._ranked([holder.dictionary for holder in holders])
        rest = [holder.rest(own) for holder, own in zip(holders, ranks, strict=True)]
        for keys, blob, sizes in _merged(rest):
            sink.rest(strings.pick(keys), sizes, blob)
        sink.close()

    def _ranked(self, dictionaries: Sequence[Dictionary]) -> tuple[StringFile, list[Numbers]]:
        """Return the terms of all dictionaries that are no pairs in one order, and their ranks."""
        path = self._scratch / "strings"
        path.unlink(missing_ok=True)
        writer = StringWriter(path)
        ranks = rank([_blocks(dictionary) for dictionary in dictionaries], writer.write)
        return writer.close(), [each.astype(np.int64) for each in ranks]


class _Holder:
    """A segment that has field *name*; *numbers* maps its documents."""

    def __init__(self, folder: Path, name: str, segment: Segment, numbers: Numbers) -> None:
        self.path = folder / f"{segment.name}.post"
        self.name = name
        self.segment = segment
        self.numbers = numbers
        self.dictionary = segment.dictionary(name)
        self._sizes = self.dictionary.sizes()

    def pairs(self) -> _Terms:
        """Return its pairs, by ``first << 16 | second``."""
        first, second = self.dictionary.pairs()
        keys = first.astype(np.int64) << 16 | second
        return _Terms(self, keys, self._sizes[: len(keys)], 0)

    def rest(self, ranks: Numbers) -> _Terms:
        """Return its other terms by rank."""
        pairs = self.dictionary.pair_count
        return _Terms(self, ranks, self._sizes[pairs:], pairs)


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of one field of one segment: their ascending ``keys`` and the sizes of their records;
    ``first`` is the number of the first of them.
    """

    holder: _Holder
    keys: Numbers
    sizes: Counts
    first: int

    def read(self, low: int, high: int) -> _Lists:
        """Return the postings of the terms with keys low:high, documents numbered anew."""
        start, stop = np.searchsorted(self.keys, [low, high]).tolist()
        own = self.holder
        records = own.segment.records(own.name, self.first + start, self.first + stop)
        try:
            found = bulk.decode(np.frombuffer(records, dtype=np.uint8), self.sizes[start:stop])
            if len(found.docs) and found.docs.max() >= own.segment.documents:
                raise DamagedRecordError("a document that is not there")
        except DamagedRecordError as error:
            raise damaged(own.path, str(error)) from error
        return _lists(self.keys[start:stop], found, own.numbers)


@dataclass(frozen=True, slots=True)
class _Lists:
    """Postings, each with the key of its term; ``lengths[i]`` of the positions are those of
    posting *i*.
    """

    keys: Numbers
    docs: Numbers
    counts: Numbers
    lengths: Numbers
    positions: Numbers


def _blocks(dictionary: Dictionary) -> Iterator[list[bytes]]:
    """Yield the terms that are no pairs, ascending, many at a time."""
    rest = chain.from_iterable(dictionary.rest())
    while block := list(islice(rest, BLOCK)):
        yield block


def _merged(sources: Sequence[_Terms]) -> Iterator[tuple[Numbers, Bytes, Counts]]:
    """Yield the merged terms of *sources*, ascending: keys, records, their sizes."""
    for low, high in _ranges(sources):
        lists = _sorted([source.read(low, high) for source in sources])
        if len(lists.keys):
            firsts = np.flatnonzero(np.diff(lists.keys, prepend=-1))
            blob, sizes = encode(*_postings(lists, firsts))
            yield lists.keys[firsts], blob, sizes


def _ranges(sources: Sequence[_Terms]) -> Iterator[tuple[int, int]]:
    """Yield ranges of keys whose records have some `RANGE` bytes."""
    keys = np.concatenate([source.keys for source in sources])
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    sizes = np.concatenate([source.sizes for source in sources])[order]
    shares = sizes.cumsum(dtype=np.int64) // RANGE
    bounds = np.unique(keys[order[np.flatnonzero(np.diff(shares, prepend=-1))]])
    yield from zip(bounds.tolist(), [*bounds[1:].tolist(), int(keys.max()) + 1], strict=True)


def _lists(keys: Numbers, found: Postings, numbers: Numbers) -> _Lists:
    """Return decoded postings without those of deleted documents, nor places that are none."""
    docs = numbers[found.docs]
    lengths = np.zeros(len(docs), dtype=np.int64)
    placed = np.repeat(found.occ > 0, found.dfs)
    lengths[placed] = np.diff(np.flatnonzero(found.firsts), append=len(found.firsts))
    kept = docs >= 0
    real = kept.repeat(lengths) & (found.positions != NO_POSITION)
    nowhere = np.flatnonzero(placed)[found.positions[found.firsts] == NO_POSITION]
    lengths[nowhere] = 0
    return _Lists(
        keys.repeat(found.dfs)[kept],
        docs[kept],
        found.counts[kept],
        lengths[kept],
        found.positions[real],
    )


def _sorted(parts: Sequence[_Lists]) -> _Lists:
    """Put the postings of several segments in order."""
    keys, docs, counts, lengths, positions = (
        np.concatenate([getattr(part, column) for part in parts]) for column in _Lists.__slots__
    )
    if len(parts) > 1:
        # Stable sorting finds what is sorted already and merges it; keys have 32 bits at most.
        order = np.argsort(keys << 31 | docs, kind="stable")
        starts = lengths.cumsum() - lengths
        positions = positions[bulk.ragged(starts[order], lengths[order])]
        keys, docs, counts, lengths = (column[order] for column in (keys, docs, counts, lengths))
    return _Lists(keys, docs, counts, lengths, positions)


def _postings(lists: _Lists, firsts: Numbers) -> Postings:
    """Return what `encode` takes; *firsts* are the first postings of the terms."""
    dfs = np.diff(firsts, append=len(lists.keys))
    placed = np.repeat(np.add.reduceat(lists.lengths, firsts) > 0, dfs)
    nowhere = placed & (lists.lengths == 0)
    ends = lists.lengths.cumsum()
    positions = np.insert(lists.positions, ends[nowhere], NO_POSITION)
    lengths = lists.lengths + nowhere
    first_positions = np.zeros(len(positions), dtype=np.bool_)
    first_positions[(lengths.cumsum() - lengths)[lengths > 0]] = True
    return Postings(
        dfs,
        lists.docs,
        lists.counts,
        np.add.reduceat(lengths, firsts),
        positions,
        first_positions,
    )
