"""Analysis of many documents at once: from originals to the columns that an engine takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from searcher.columns import NAMED, Codes, FieldColumns, Marks, Numbers
from searcher.model import TEXT_FIELDS, Noise
from searcher.text.cleancolumns import Cleaned, clean_many
from searcher.text.codes import LONG
from searcher.text.pieces import PieceColumns, analyzed
from searcher.text.unitcolumns import UnitPlaces, unit_places
from searcher.text.wordbook import WordBook
from searcher.text.wordcolumns import word_columns
from searcher.text.words import Cutter

SLICE = 1 << 16
"""Characters that go through the arrays together: fewer cost calls, more leave the caches."""

Keep: TypeAlias = Callable[[int, str, PieceColumns], None]
"""Takes a piece of a field of a long document: the document's number in the batch, the field."""

_NO_CODES: Codes = np.empty(0, dtype=np.uint32)
_NO_MARKS: Marks = np.empty(0, dtype=np.uint8)
_NONE: Numbers = np.empty(0, dtype=np.int64)

REMEMBERED = 1 << 17
"""Longer words that are remembered from batch to batch."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some neighbouring documents of a batch as they went through the arrays.

    ``cleaned`` and ``found`` hold ``fields`` one after the other, each of all the ``documents``.
    """

    documents: slice
    fields: tuple[str, ...]
    cleaned: Cleaned
    found: UnitPlaces


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """The analyzed fields of many documents, and the names their codes and words stand for.

    ``stretches`` are the documents piece by piece, for who stores them; the ``long`` ones are in
    none.
    """

    names: tuple[str, ...]
    fields: Mapping[str, FieldColumns]
    stretches: tuple[Stretch, ...]
    long: frozenset[int]


class BatchAnalyzer:
    """Analyzes batch after batch; for one thread at a time.

    What it gives is, document by document, what `searcher.text.analysis` gives: the units of
    `analyze`, the counts of `field_terms`.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> analyzer = BatchAnalyzer(RjiebaCutter())
    >>> found = analyzer.analyze({"body": ["软件工程师", "脱贫"]}, [Noise()] * 2)
    >>> body = found.fields["body"]
    >>> "".join(map(chr, body.units)), body.marks.tolist(), body.starts.tolist()
    ('软件工程师脱贫', [2, 0, 2, 0, 0, 2, 0], [0, 5, 7])
    >>> [found.names[name] for name in body.word_names]
    ['工程师']
    """

    def __init__(self, cutter: Cutter) -> None:
        """Make an analyzer of the words of *cutter*."""
        self._book = WordBook(cutter)

    def analyze(
        self,
        fields: Mapping[str, Sequence[str]],
        noises: Sequence[Noise],
        keep: Keep | None = None,
    ) -> BatchTerms:
        """Return the columns of each field that any document fills.

        ``fields[name][i]`` is a field of document *i*, whose title and body were judged to hold
        ``noises[i]``; in other fields there is no noise.  Documents of more than `LONG`
        characters are in no stretch of the result: they go through the arrays in pieces, and
        *keep* is given each.
        """
        if len(self._book) > REMEMBERED:
            self._book = WordBook(self._book.cutter)
        present = {name: texts for name, texts in fields.items() if any(texts)}
        parts: dict[str, list[_Part]] = {name: [] for name in present}
        names: dict[str, int] = {}
        stretches: list[Stretch] = []
        long: list[int] = []
        for documents, is_long in _slices(present):
            if is_long:
                long.append(documents.start)
                of_slice = self._long_parts(present, noises, documents.start, names, keep)
            else:
                stretches.append(_stretch(present, noises, documents, names))
                of_slice = self._parts(stretches[-1])
            for name, part in of_slice:
                parts[name].append(part)
        columns = {name: _joined(parts.pop(name)) for name in present}
        named = _named(columns, tuple(names), self._book.names)
        return BatchTerms(*named, tuple(stretches), frozenset(long))

    def _long_parts(
        self,
        fields: Mapping[str, Sequence[str]],
        noises: Sequence[Noise],
        document: int,
        names: dict[str, int],
        keep: Keep | None,
    ) -> Iterator[tuple[str, _Part]]:
        """Yield the columns of each field of a long document."""
        for name, texts in fields.items():
            noise = noises[document] if name in TEXT_FIELDS else Noise()
            pieces = []
            for piece in analyzed(texts[document], noise, self._book):
                if keep is not None:
                    keep(document, name, piece)
                pieces.append((_renumbered(piece, names), piece.marks, piece.word_names))
            units, marks, words = map(list, zip(*pieces, strict=True)) if pieces else ([], [], [])
            sizes = np.array([sum(map(len, units))])
            documents = np.full(sum(map(len, words)), document)
            yield name, _Part(units, marks, sizes, documents, words)

    def _parts(self, stretch: Stretch) -> Iterator[tuple[str, _Part]]:
        """Yield the columns of each field of a stretch."""
        documents, found = stretch.documents, stretch.found
        words = word_columns(stretch.cleaned, found, self._book)
        word_bounds = np.searchsorted(words.places, stretch.cleaned.bounds)
        count = documents.stop - documents.start
        for at, name in enumerate(stretch.fields):
            bounds = found.bounds[at * count : (at + 1) * count + 1]
            of_words = word_bounds[at * count : (at + 1) * count + 1]
            units, named = (slice(ends[0], ends[-1]) for ends in (bounds, of_words))
            yield (
                name,
                _Part(
                    [found.codes[units]],
                    [words.marks[units]],
                    np.diff(bounds),
                    np.repeat(np.arange(count) + documents.start, np.diff(of_words)),
                    [words.names[named]],
                ),
            )


def _stretch(
    fields: Mapping[str, Sequence[str]],
    noises: Sequence[Noise],
    documents: slice,
    names: dict[str, int],
) -> Stretch:
    judged = noises[documents]
    plain = [Noise()] * len(judged)
    cleaned = clean_many(
        [text for texts in fields.values() for text in texts[documents]],
        [noise for name in fields for noise in (judged if name in TEXT_FIELDS else plain)],
    )
    return Stretch(documents, tuple(fields), cleaned, unit_places(cleaned, names))


class _Part(NamedTuple):
    """One field of some documents: as `FieldColumns`, with the ``sizes`` of documents in units
    in place of their starts, and names by their number in the book; some of them in pieces.
    """

    units: list[Codes]
    marks: list[Marks]
    sizes: Numbers
    word_documents: Numbers
    word_names: list[Numbers]


def _slices(fields: Mapping[str, Sequence[str]]) -> Iterator[tuple[slice, bool]]:
    """Yield which documents go through the arrays together, and whether it is a long one alone."""
    if not fields:
        return
    each = [np.fromiter(map(len, texts), np.int64, len(texts)) for texts in fields.values()]
    sizes = np.sum(each, axis=0)
    number = np.cumsum(sizes) // SLICE
    is_long = sizes > LONG
    firsts = (number[1:] != number[:-1]) | is_long[1:] | is_long[:-1]
    firsts = firsts.nonzero()[0] + 1
    for first, last in pairwise((0, *firsts.tolist(), len(number))):
        yield slice(first, last), bool(is_long[first])


def _renumbered(piece: PieceColumns, names: dict[str, int]) -> Codes:
    """Return the codes of a piece with the numbers that its names have in *names*."""
    codes = piece.codes.copy()
    named = codes >= NAMED
    numbers = [NAMED + names.setdefault(name, len(names)) for name in piece.names]
    codes[named] = np.array(numbers, dtype=np.uint32)[codes[named] - NAMED]
    return codes


def _joined(parts: Sequence[_Part]) -> FieldColumns:
    units = np.concatenate([_NO_CODES, *chain.from_iterable(part.units for part in parts)])
    marks = np.concatenate([_NO_MARKS, *chain.from_iterable(part.marks for part in parts)])
    sizes = np.concatenate([part.sizes for part in parts])
    documents = np.concatenate([part.word_documents for part in parts])
    names = np.concatenate([_NONE, *chain.from_iterable(part.word_names for part in parts)])
    return FieldColumns(units, marks, np.append(0, np.cumsum(sizes)), documents, names)


def _named(
    columns: Mapping[str, FieldColumns], names: tuple[str, ...], words: Sequence[str]
) -> tuple[tuple[str, ...], Mapping[str, FieldColumns]]:
    """Return all names, and *columns* with the numbers of *words* made numbers of them."""
    is_used = np.zeros(len(words), dtype=bool)
    for field in columns.values():
        is_used[field.word_names] = True
    used = is_used.nonzero()[0]
    numbers = np.zeros(len(words), dtype=np.int64)
    numbers[used] = np.arange(len(names), len(names) + len(used))
    fields = {
        name: replace(field, word_names=numbers[field.word_names])
        for name, field in columns.items()
    }
    return (*names, *(words[word] for word in used.tolist())), fields
