"""The words of many fields at once, as marks on units and as names.

They are what `searcher.text.analysis.analyze` gives field by field.  Nearly all words are one Han
character or two, and known by their length alone; the longer ones are looked up in a `WordBook`.
Words that are partly letters, and those whose fold does not follow from their simplified form
(傢俱), are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from searcher.columns import IS_PAIR, IS_WORD, Codes, Flags, Marks, Numbers
from searcher.text.cleancolumns import Cleaned
from searcher.text.codes import ranges, text_of
from searcher.text.kinds import HAN, SILENT, Kinds
from searcher.text.script import fold_codes, unify_codes
from searcher.text.unitcolumns import UnitPlaces
from searcher.text.units import LONGEST_UNIT, has_ideograph
from searcher.text.wordbook import ODD, WordBook
from searcher.text.words.base import inner_spans

_MARKS = np.array([0, IS_WORD, IS_PAIR, 0], dtype=np.uint8)
"""By the length of a word of Han: what it makes of its first unit."""


@dataclass(frozen=True, slots=True)
class WordColumns:
    """The words of many fields: ``marks`` of each unit, and the words that are no mark.

    These begin at ``places`` of the joined clean texts, ascending; ``names`` are their numbers
    in the book.
    """

    marks: Marks
    places: Numbers
    names: Numbers


def word_columns(cleaned: Cleaned, found: UnitPlaces, book: WordBook) -> WordColumns:
    """Return the words of every field of *cleaned*, whose units are *found*."""
    simple = unify_codes(cleaned.codes)
    cut = _cut(simple, book)
    at = np.zeros(len(simple), dtype=np.uint8)
    at[cut.starts] = _MARKS.take(np.minimum(cut.sizes, len(_MARKS) - 1))
    mixed = _without_mixed(at, cut, found.kinds)
    long = _long(cut, book, (fold_codes(simple) != found.folded).nonzero()[0])
    at[long.pairs] = IS_PAIR
    marks = at.take(found.places)
    marks[found.ends] = 0
    marks[found.long] = IS_WORD * _are_words(cut, found)
    odd = _OddWords(simple, found, marks, book)
    for word in (*mixed.tolist(), *long.odd.tolist()):
        odd.read(int(cut.starts[word]), cut.words[word])
    places = np.concatenate((long.places, np.array(odd.places, dtype=np.int64)))
    names = np.concatenate((long.names, np.array(odd.names, dtype=np.int64)))
    order = np.argsort(places, kind="stable")
    return WordColumns(marks, places[order], names[order])


class _Cut(NamedTuple):
    """Consecutive words, blanks and punctuation included."""

    words: list[str]
    starts: Numbers
    sizes: Numbers | Marks


def _cut(simple: Codes, book: WordBook) -> _Cut:
    words = book.cutter.cut(text_of(simple))
    sizes = _sizes(words)
    return _Cut(words, np.cumsum(sizes, dtype=np.int64) - sizes, sizes)


def _sizes(words: list[str]) -> Numbers | Marks:
    try:
        return np.frombuffer(bytes(map(len, words)), np.uint8)
    except ValueError:  # one has 256 letters or more
        return np.fromiter(map(len, words), np.int64, len(words))


def _without_mixed(at: Marks, cut: _Cut, kinds: Kinds) -> Numbers:
    """Take the marks away from short words that are not all Han; return those that are partly.

    Short words of letters alone keep or get theirs as units.
    """
    pairs = (cut.sizes == 2).nonzero()[0]
    starts = cut.starts[pairs]
    first, second = kinds.take(starts), kinds.take(starts + 1)
    other = ((first != HAN) | (second != HAN)).nonzero()[0]
    at[starts[other]] = 0
    # Characters that are units, but to jieba no part of any word.
    at[(kinds == SILENT).nonzero()[0]] = 0
    partly = (first[other] >= SILENT) | (second[other] >= SILENT)
    mixed: Numbers = pairs[other[partly]]
    return mixed


def _are_words(cut: _Cut, found: UnitPlaces) -> Flags:
    """Tell of each of the longer units whether it is a word just as it is."""
    places = found.places[found.long]
    words = np.searchsorted(cut.starts, places)
    starts, sizes = cut.starts[words], cut.sizes[words]
    are_words: Flags = (starts == places) & (starts + sizes == found.long_ends)
    return are_words


# ---------------------------------------------------------------- longer words


class _Long(NamedTuple):
    """``pairs`` are where words of two characters stand inside others; ``odd`` words are those
    still to be read, by their number.
    """

    pairs: Numbers
    places: Numbers
    names: Numbers
    odd: Numbers


def _long(cut: _Cut, book: WordBook, differing: Numbers) -> _Long:
    """Return what the words of more than two characters are.

    A word that holds one of the *differing* places has another name than its simplified form.
    """
    words = (cut.sizes > 2).nonzero()[0]
    starts = cut.starts[words]
    known = book.look_up(map(cut.words.__getitem__, words.tolist()), len(words))
    names, pair_count, triple_count = known.names, known.pair_count, known.triple_count
    if len(differing):
        around = np.searchsorted(cut.starts, differing, side="right") - 1
        is_odd = np.isin(words, around)
        names[is_odd] = ODD
        pair_count[is_odd] = triple_count[is_odd] = 0
    pairs = np.repeat(starts, pair_count)
    pairs += book.pairs(ranges(known.first_pair, pair_count))
    offsets, inner = book.triples(ranges(known.first_triple, triple_count))
    named = names >= 0
    return _Long(
        pairs,
        np.append(starts[named], np.repeat(starts, triple_count) + offsets),
        np.append(names[named], inner),
        words[names == ODD],
    )


# ---------------------------------------------------------------- odd words


class _OddWords:
    """Reads words one by one, of which the letters or the fold decide what they are."""

    def __init__(self, simple: Codes, found: UnitPlaces, marks: Marks, book: WordBook) -> None:
        self._simple = simple
        self._found = found
        self._marks = marks
        self._book = book
        self.places: list[int] = []
        self.names: list[int] = []

    def read(self, start: int, word: str) -> None:
        """Mark or name the word that begins at *start*, and those inside it."""
        inner = inner_spans(word, self._book.cutter.knows) if len(word) > 2 else ()
        for first, last in (*inner, (0, len(word))):
            self._put(start + first, start + last)

    def _put(self, start: int, end: int) -> None:
        term = text_of(self._found.folded[start:end])
        units = self._units(start, end)
        if len(units) == 1:
            self._marks[units] |= IS_WORD
        elif not has_ideograph(term):
            return
        elif len(units) == len(term) == 2:
            self._marks[units[0]] |= IS_PAIR
        elif len(term) <= LONGEST_UNIT:
            self.places.append(start)
            self.names.append(self._book.name(term))

    def _units(self, start: int, end: int) -> list[int]:
        """Return the numbers of the units that *start* to *end* is made of, if it is any."""
        first, last = np.searchsorted(self._found.places, (start, end)).tolist()
        units = list(range(first, last))
        at = start
        for unit in units:
            if self._found.places[unit] != at:
                return []
            at = self._end(unit)
        return units if at == end else []

    def _end(self, unit: int) -> int:
        long = int(np.searchsorted(self._found.long, unit))
        if long < len(self._found.long) and self._found.long[long] == unit:
            return int(self._found.long_ends[long])
        return int(self._found.places[unit]) + 1
