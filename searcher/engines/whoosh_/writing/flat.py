"""Flat: a batch as the arrays that a spool keeps, made without touching a posting alone.

Nearly every term is one character or two.  Those of a batch are not listed at all: they are read
off `Places`, one 16-bit number and one byte of marks for each place.  What is left is `LOOSE`, one
record for each occurrence: of terms that are longer, and of terms that only look like two units
(``ok`` is one unit, b超 can be a word beside the unit ``ab``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher.columns import (
    IS_PAIR,
    IS_WORD,
    NAMED,
    SENTENCE_END_CODE,
    Batch,
    Codes,
    FieldColumns,
    Flags,
    Numbers,
)
from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.whoosh_.files.coding import NO_POSITION, Bytes
from searcher.engines.whoosh_.files.fieldnames import BAG, BORDERS
from searcher.engines.whoosh_.files.terms import pair_of
from searcher.engines.whoosh_.writing.windows import TOGETHER, windows
from searcher.text.units import bigram

Characters: TypeAlias = npt.NDArray[np.uint16]
Keys: TypeAlias = npt.NDArray[np.uint32]
Loose: TypeAlias = npt.NDArray[np.void]
Naming: TypeAlias = Callable[[Sequence[str]], tuple[Keys, Flags]]
"""From terms to their keys, and which of them are *pair* terms (`pair_key`)."""

TWICE = 1
"""Mark: the bigram that begins here is also a word; in `LOOSE`: the term counts twice."""

IN_TITLE = 2
"""Mark: this place is in the title."""

WORD = 4
"""Mark: the unit is also a word."""

BIGRAM = 8
"""Mark: a bigram that is a pair term begins here."""

LOOSE = np.dtype([("key", "<u4"), ("document", "<u4"), ("position", "<u4"), ("flags", "u1")])
"""An occurrence by itself: of pair term ``key`` or of the ``key``-th string of the spool, in a
document of the batch, at a position or `NO_POSITION`; ``flags`` of `TWICE` and `IN_TITLE`."""

RUNS = (BAG, "source", "author")
"""What has a run of places: title and body share the one of the bag."""

LOOSE_FIELDS = (*RUNS, BORDERS)

_LAST_PLAIN = 0xFFFF
_HAN = np.uint16(0x3400)
_HAN_SIZE = np.uint16(0xA000 - 0x3400)
"""A stretch of characters of which none is a letter (`_is_letter`), so that most pairs need no
look."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places of all documents of a batch in a row, ``sizes[i]`` of them in document *i*.

    ``characters`` has the code point of each unit that is one character of the basic plane, and 0
    for everything else.  In the bag a document has its title, one place between, its body.
    """

    characters: Characters
    marks: Bytes
    sizes: Numbers


def pair_key(term: str) -> int:
    """Return the key of a pair term (`terms.pair_of`), ``first << 16 | second``; 0 for others.

    >>> hex(pair_key("ok")), hex(pair_key("a")), pair_key("abc"), pair_key("𠀀")
    ('0x6f006b', '0x610000', 0, 0)
    """
    codes = pair_of(term)
    return 0 if codes is None else codes[0] << 16 | codes[1]


class Flat:
    """A batch in flat arrays; *naming* gives the keys of terms that are strings.

    ``title_sizes`` are how many units each title has, ``tokens`` how many tokens each bag.
    """

    def __init__(self, batch: Batch, naming: Naming) -> None:
        empty = _no_field(len(batch))
        names = _Names(batch.names, naming)
        self._title, self._body, *self._others = (
            _Field(name, batch.fields.get(name, empty), names) for name in ("title", *RUNS)
        )
        self.title_sizes = self._title.sizes
        self.tokens = self._body.tokens() + TITLE_WEIGHT * self._title.tokens()

    def runs(self) -> Iterator[tuple[str, Places]]:
        """Yield what `RUNS` names."""
        yield BAG, _bag(self._title, self._body)
        for field in self._others:
            yield field.name, field.run()

    def loose(self) -> Iterator[tuple[str, Iterator[tuple[Loose, Loose]]]]:
        """Yield each of `LOOSE_FIELDS` with its loose occurrences in parts, which are to be read
        before the next field: those of strings, and those of pair terms.
        """
        title, body, shift = self._title, self._body, self.title_sizes + 1
        yield BAG, chain(_records(title.loose(), None, IN_TITLE), _records(body.loose(), shift))
        for field in self._others:
            yield field.name, _records(field.loose())
        borders = [_records(title.borders(""), None, IN_TITLE), _records(body.borders(""), shift)]
        borders += [_records(field.borders(f"{field.name}\t")) for field in self._others]
        yield BORDERS, chain.from_iterable(borders)


def _no_field(documents: int) -> FieldColumns:
    none = np.zeros(0, dtype=np.int64)
    return FieldColumns(
        units=none.astype(np.uint32),
        marks=none.astype(np.uint8),
        starts=np.zeros(documents + 1, dtype=np.int64),
        word_documents=none,
        word_names=none,
    )


class _Names:
    """The names of a batch: their strings and keys."""

    def __init__(self, names: Sequence[str], naming: Naming) -> None:
        self.names = names
        self.naming = naming
        self.keys, self.are_pairs = naming(names)

    def text(self, code: int) -> str:
        """Return the unit of a code."""
        return self.names[code - NAMED] if code >= NAMED else chr(code)


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Loose occurrences as they are found: columns of one length."""

    keys: Keys
    are_pairs: Flags
    documents: Numbers
    positions: Numbers
    flags: Bytes


class _Field:
    """One field of a batch."""

    def __init__(self, name: str, columns: FieldColumns, names: _Names) -> None:
        self.name = name
        self.codes = columns.units
        self.starts = columns.starts
        self.sizes: Numbers = np.diff(columns.starts)
        self._columns = columns
        self._names = names
        special = _special(self.codes)
        is_end = self.codes[special] == SENTENCE_END_CODE
        self._ends, self._others = special[is_end], special[~is_end]
        self.characters = self.codes.astype(np.uint16)
        self.characters[special] = 0
        self._both = self._plain_pairs()
        self._letters = self._letter_pairs()
        self._both[self._letters] = False

    def run(self) -> Places:
        """Return the places of this field alone."""
        return Places(self.characters, self.marks(), self.sizes)

    def marks(self) -> Bytes:
        """Return the marks of each unit, as a spool has them."""
        given = self._columns.marks
        marks: Bytes = (given & np.uint8(IS_WORD)) * np.uint8(WORD // IS_WORD)
        marks |= (given & np.uint8(IS_PAIR)) // np.uint8(IS_PAIR // TWICE)
        marks[: len(self._both)] |= self._both.view(np.uint8) * np.uint8(BIGRAM)
        return marks

    def tokens(self) -> Numbers:
        """Return how many tokens each document has in this field: units, bigrams, words."""
        tokens = np.bincount(self._columns.word_documents, minlength=len(self.sizes))
        marks = self._columns.marks
        weights = (self.codes != SENTENCE_END_CODE).view(np.uint8)
        pairs = weights[:-1] & weights[1:]
        pairs[self._seams()] = 0
        weights[:-1] += pairs
        weights += marks & IS_WORD
        weights += (marks & IS_PAIR) // np.uint8(IS_PAIR)
        starts, ends = self.starts[:-1], self.starts[1:]
        for first, part in windows(weights):
            here = np.flatnonzero((starts < ends) & (starts < first + len(part)) & (ends > first))
            begins = np.maximum(starts[here] - first, 0)
            tokens[here] += np.add.reduceat(part, begins, dtype=np.int64)
        return tokens

    def loose(self) -> Iterator[_Occurrences]:
        """Yield the occurrences that `run` does not tell of: units, bigrams and words."""
        for _, others in windows(self._others):
            yield self._loose_units(others)
        for first in range(0, len(self.codes), TOGETHER):
            yield self._loose_bigrams(first, first + TOGETHER)
        for first in range(0, len(self._columns.word_names), TOGETHER):
            yield self._loose_words(slice(first, first + TOGETHER))

    def borders(self, prefix: str) -> Iterator[_Occurrences]:
        """Yield the pairs of units around each sentence end."""
        for _, ends in windows(self._ends):
            yield self._borders(ends, prefix)

    def _borders(self, ends: Numbers, prefix: str) -> _Occurrences:
        before, documents = self._before(ends - 1, 2)
        after = before + 2
        first, second = self.characters[before], self.characters[after]
        plain = (first != 0) & (second != 0) & (not prefix)
        maybe = np.flatnonzero(plain & (first - _HAN >= _HAN_SIZE))
        plain[maybe] = ~_are_letters(first[maybe], second[maybe])
        keys = first.astype(np.uint32) << np.uint32(16) | second
        if not plain.all():
            other = ~plain
            keys[other], plain[other] = self._named(before[other], after[other], prefix)
        flags = np.zeros(len(before), dtype=np.uint8)
        positions = before - self.starts[documents]
        return _Occurrences(keys, plain, documents, positions, flags)

    # ------------------------------------------------------------ parts

    def _plain_pairs(self) -> Flags:
        """Tell for each unit but the last whether it and the next are plain characters."""
        plain = self.characters != 0
        both: Flags = plain[:-1] & plain[1:]
        both[self._seams()] = False
        return both

    def _seams(self) -> Numbers:
        """Return the last unit of each document but the last that has any."""
        seams = self.starts[1:-1]
        return seams[(seams > 0) & (seams < len(self.codes))] - 1

    def _letter_pairs(self) -> Numbers:
        """Return where two plain characters could be read as one unit, so that they are joined."""
        others = self.characters - _HAN >= _HAN_SIZE
        maybe = np.flatnonzero(self._both & others[:-1] & others[1:])
        return maybe[_are_letters(self.characters[maybe], self.characters[maybe + 1])]

    def _loose_units(self, at: Numbers) -> _Occurrences:
        codes = self.codes[at]
        named = codes >= NAMED
        keys, are_pairs = np.zeros(len(at), dtype=np.uint32), np.zeros(len(at), dtype=np.bool_)
        of = codes[named] - np.uint32(NAMED)
        keys[named], are_pairs[named] = self._names.keys[of], self._names.are_pairs[of]
        if not named.all():
            far = [chr(code) for code in codes[~named].tolist()]
            keys[~named], are_pairs[~named] = self._names.naming(far)
        flags = (self._columns.marks[at] & np.uint8(IS_WORD)) * np.uint8(TWICE // IS_WORD)
        documents = self._documents_of(at)
        return _Occurrences(keys, are_pairs, documents, _nowhere(len(at)), flags)

    def _loose_bigrams(self, first: int, stop: int) -> _Occurrences:
        """Return the bigrams of units from number *first* to *stop*."""
        others = self._others[slice(*np.searchsorted(self._others, [first, stop + 1]))]
        letters = self._letters[slice(*np.searchsorted(self._letters, [first, stop]))]
        near = np.unique(np.concatenate([others - 1, others, letters]))
        at, documents = self._before(near[slice(*np.searchsorted(near, [first, stop]))], 1)
        keys, are_pairs = self._named(at, at + 1, "")
        flags = (self._columns.marks[at] & np.uint8(IS_PAIR)) // np.uint8(IS_PAIR // TWICE)
        return _Occurrences(keys, are_pairs, documents, at - self.starts[documents], flags)

    def _loose_words(self, part: slice) -> _Occurrences:
        names = self._columns.word_names[part]
        documents = self._columns.word_documents[part]
        keys, are_pairs = self._names.keys[names], self._names.are_pairs[names]
        flags = np.zeros(len(names), dtype=np.uint8)
        return _Occurrences(keys, are_pairs, documents, _nowhere(len(names)), flags)

    def _named(self, first: Numbers, second: Numbers, prefix: str) -> tuple[Keys, Flags]:
        """Return the keys of the bigrams of units at *first* and *second*."""
        both = self.codes[first].astype(np.int64) << 32 | self.codes[second]
        distinct, places = np.unique(both, return_inverse=True)
        text = self._names.text
        pairs = zip((distinct >> 32).tolist(), distinct.astype(np.uint32).tolist(), strict=True)
        keys, are_pairs = self._names.naming([prefix + bigram(text(a), text(b)) for a, b in pairs])
        return keys[places], are_pairs[places]

    def _documents_of(self, at: Numbers) -> Numbers:
        return np.searchsorted(self.starts, at, side="right") - 1

    def _before(self, at: Numbers, distance: int) -> tuple[Numbers, Numbers]:
        """Return those places *at* which there is a unit and another one *distance* behind it in
        the same document, and their documents.
        """
        at = at[np.searchsorted(at, 0) : np.searchsorted(at, len(self.codes) - distance)]
        units = self.codes[at] != SENTENCE_END_CODE
        units &= self.codes[at + distance] != SENTENCE_END_CODE
        at = at[units]
        documents = self._documents_of(at)
        within = at + distance < self.starts[documents + 1]
        return at[within], documents[within]


def _special(codes: Codes) -> Numbers:
    """Return where there is anything but a character of the basic plane above "\n"."""
    lowest = np.uint32(SENTENCE_END_CODE + 1)  # what is below wraps around
    found = [
        np.flatnonzero(part - lowest > _LAST_PLAIN - SENTENCE_END_CODE - 1) + first
        for first, part in windows(codes)
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def _nowhere(count: int) -> Numbers:
    return np.full(count, NO_POSITION, dtype=np.int64)


def _bag(title: _Field, body: _Field) -> Places:
    """Return title, one place between, and body of each document in a row."""
    sizes = title.sizes + 1 + body.sizes
    between = np.cumsum(sizes) - body.sizes - 1
    of_title = np.repeat(between - title.starts[1:], title.sizes) + np.arange(len(title.codes))
    in_body = np.ones(int(sizes.sum()), dtype=np.bool_)
    in_body[between] = False
    in_body[of_title] = False
    characters = np.zeros(len(in_body), dtype=np.uint16)
    characters[in_body] = body.characters
    characters[of_title] = title.characters
    marks = np.zeros(len(in_body), dtype=np.uint8)
    marks[in_body] = body.marks()
    marks[of_title] = title.marks() | np.uint8(IN_TITLE)
    return Places(characters, marks, sizes)


def _records(
    found: Iterable[_Occurrences], shift: Numbers | None = None, flag: int = 0
) -> Iterator[tuple[Loose, Loose]]:
    """Yield occurrences as records, those of strings and those of pair terms; *shift* is added by
    document to their positions, *flag* to their flags.
    """
    for each in found:
        records = np.empty(len(each.keys), dtype=LOOSE)
        records["key"] = each.keys
        records["document"] = each.documents
        records["position"] = each.positions
        if shift is not None:
            placed = each.positions != NO_POSITION
            records["position"][placed] += shift[each.documents[placed]].astype(np.uint32)
        records["flags"] = each.flags | np.uint8(flag)
        yield records[~each.are_pairs], records[each.are_pairs]


def _are_letters(first: Characters, second: Characters) -> Flags:
    """Tell which pairs of characters could be read as one unit."""
    if not len(first):
        return np.zeros(0, dtype=np.bool_)
    characters = np.unique(np.concatenate([first, second]))
    letters = np.array([_is_letter(chr(code)) for code in characters.tolist()], dtype=np.bool_)
    both: Flags = letters[np.searchsorted(characters, first)]
    both &= letters[np.searchsorted(characters, second)]
    return both


@cache
def _is_letter(character: str) -> bool:
    """Tell whether two of these would be one unit, so that their bigram is joined."""
    return len(bigram(character, character)) > 2
