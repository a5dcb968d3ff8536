"""Units of many fields at once, as arrays; equal to `searcher.text.units.units` of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import NamedTuple

import numpy as np

from searcher.columns import NAMED, SENTENCE_END_CODE, Codes, Flags, Numbers
from searcher.model import MappedText
from searcher.text.cleancolumns import Cleaned
from searcher.text.codes import first_of_runs, owners, text_of
from searcher.text.kinds import (
    BORDER,
    DIGIT,
    END,
    LETTER,
    LINE,
    MARK,
    YES,
    Kinds,
    closing_kinds,
    unit_kinds,
)
from searcher.text.script import fold_codes
from searcher.text.units import LONGEST_UNIT, WordReader, parts_paragraphs

_COMMA, _POINT, _PLUS, _HASH = map(ord, ",.+#")
_LOOK_BACK = 8
"""So many characters in front of a line break are looked at for a full stop."""


@dataclass(frozen=True, slots=True)
class UnitColumns:
    """The units of many fields in a row: field *i* has ``codes[bounds[i] : bounds[i + 1]]``.

    A code below `NAMED` is the code point of a unit of one character, `SENTENCE_END_CODE` a
    sentence end, any other stands for ``names[code - NAMED]``.  ``start`` and ``end`` are the
    span of each unit in the original of its own field.
    """

    codes: Codes
    names: tuple[str, ...]
    start: Numbers
    end: Numbers
    bounds: Numbers


@dataclass(frozen=True, slots=True)
class UnitPlaces:
    """The units of many fields, and where they stand in the joined clean texts.

    ``places`` are where units begin; those numbered ``ends`` are sentence ends, those numbered
    ``long`` have several characters and end at ``long_ends``; all others are one character.
    ``folded`` and ``kinds`` are of the clean text, character by character; at the end of each
    field the kind is `BORDER`.
    """

    codes: Codes
    bounds: Numbers
    places: Numbers
    ends: Numbers
    long: Numbers
    long_ends: Numbers
    folded: Codes
    kinds: Kinds


def unit_columns(cleaned: Cleaned) -> UnitColumns:
    """Return the units of every field of *cleaned*.

    >>> from searcher.columns import unit_keys
    >>> from searcher.model import Noise
    >>> from searcher.text.cleancolumns import clean_many
    >>> found = unit_columns(clean_many(["脱贫。2017 年"], [Noise()]))
    >>> unit_keys(found.codes, found.names)
    ['脱', '贫', '\\n', '2017', '年']
    >>> found.start.tolist(), found.end.tolist()
    ([0, 1, 2, 3, 8], [1, 2, 3, 7, 9])
    """
    names: dict[str, int] = {}
    found = unit_places(cleaned, names)
    last = found.places.copy()
    last[found.long] = found.long_ends - 1
    origins = np.repeat(cleaned.origins[:-1], np.diff(found.bounds))
    start = cleaned.start.take(found.places) - origins
    end = cleaned.end.take(last) - origins
    return UnitColumns(found.codes, tuple(names), start, end, found.bounds)


def unit_places(cleaned: Cleaned, names: dict[str, int]) -> UnitPlaces:
    """Return the units of every field of *cleaned*, by their place in the clean text.

    *names* are the numbers of names that codes stand for; new ones are added.
    """
    kinds = unit_kinds().take(cleaned.codes)
    kinds[cleaned.bounds[1:] - 1] = BORDER
    folded = fold_codes(cleaned.codes)
    words = _words(cleaned, kinds, folded)
    begins = kinds >= BORDER
    begins[words.begins] = True
    begins[_wraps(cleaned, kinds)] = False
    places, ends = _without_loose_ends(begins.nonzero()[0], kinds)
    codes = folded.take(places)
    codes[ends] = SENTENCE_END_CODE
    is_long = words.ends - words.begins > 1
    long = np.searchsorted(places, words.begins[is_long])
    keys = (key for key in words.keys if len(key) > 1)
    codes[long] = [NAMED + names.setdefault(key, len(names)) for key in keys]
    return UnitPlaces(
        codes,
        np.searchsorted(places, cleaned.bounds),
        places,
        ends,
        long,
        words.ends[is_long],
        folded,
        kinds,
    )


# ---------------------------------------------------------------- sentence ends


def _without_loose_ends(places: Numbers, kinds: Kinds) -> tuple[Numbers, Numbers]:
    """Return *places* without the ends that stand not between units or not first of several.

    They are the places of units, sentence ends and borders; borders go, and the second result is
    which of those that are left are sentence ends.
    """
    found = kinds.take(places)
    stops = ((found - BORDER) <= END - BORDER).nonzero()[0]
    if not len(stops):
        return places, stops
    first = first_of_runs(stops)
    at_border = np.logical_or.reduceat(found[stops] == BORDER, first)
    good = first[~at_border & (stops[first] > 0)]
    keep = np.ones(len(places), dtype=bool)
    keep[stops] = False
    keep[stops[good]] = True
    return places[keep], stops[good] - good + np.arange(len(good))


def _wraps(cleaned: Cleaned, kinds: Kinds) -> Numbers:
    """Return the line breaks that end no sentence."""
    lines: Numbers = (kinds == LINE).nonzero()[0]
    if not len(lines):
        return lines
    # Those of more than one character are worth a look; U+2029 alone looks like any other.
    parts = cleaned.end[lines] - cleaned.start[lines] > 1
    if any("\u2029" in original for original in cleaned.originals):
        parts[:] = True
    wide = parts.nonzero()[0]
    if len(wide):
        parts[wide] = [parts_paragraphs(blanks) for blanks in _originals(cleaned, lines[wide])]
    parts |= _behind_full_stop(cleaned.codes, lines)
    wraps: Numbers = lines[~parts]
    return wraps


def _behind_full_stop(codes: Codes, lines: Numbers) -> Flags:
    before = lines - 1
    for _ in range(_LOOK_BACK - 1):
        closing = closing_kinds().take(codes[before]) == YES
        if not closing.any():
            break
        before = before - closing
    stop: Flags = codes[before] == _POINT
    return stop


def _originals(cleaned: Cleaned, places: Numbers) -> Iterator[str]:
    """Yield what the characters at some places of the clean text came from."""
    start, end = cleaned.start[places], cleaned.end[places]
    fields = owners(cleaned.origins, start)
    shift = cleaned.origins[fields]
    spans = zip(fields.tolist(), (start - shift).tolist(), (end - shift).tolist(), strict=True)
    for field, first, last in spans:
        yield cleaned.originals[field][first:last]


# ---------------------------------------------------------------- letters and digits


class _Words(NamedTuple):
    """Units made of letters and digits; ``keys`` are those of more than one character."""

    begins: Numbers
    ends: Numbers
    keys: Sequence[str]


class _Runs(NamedTuple):
    """Runs of letters, digits and marks, which nearly all are one unit each.

    Those that may be otherwise are not ``sure``; the next run may belong to a ``linked`` one.
    """

    begins: Numbers
    ends: Numbers
    linked: Flags
    sure: Flags


def _words(cleaned: Cleaned, kinds: Kinds, folded: Codes) -> _Words:
    """Return the units made of letters and digits, in order."""
    places = ((kinds - MARK) <= LETTER - MARK).nonzero()[0]
    if not len(places):
        return _Words(places, places, ())
    first = first_of_runs(places)
    runs = _runs(cleaned, kinds, places, first)
    text = text_of(folded[places])
    spans = pairwise((*first.tolist(), len(places)))
    sure = _Words(runs.begins, runs.ends, [text[a:b] for a, b in spans])
    return sure if runs.sure.all() else _checked(cleaned, folded, runs, sure)


def _runs(cleaned: Cleaned, kinds: Kinds, places: Numbers, first: Numbers) -> _Runs:
    """Return the runs of neighbours among *places*, each from one of *first* on."""
    begins = places[first]
    ends = places[np.append(first[1:], len(places)) - 1] + 1
    behind = cleaned.codes[ends]
    # Behind a comma or a point there is always one more character: the border.
    after = kinds[np.minimum(ends + 1, len(kinds) - 1)]
    linked = (after == DIGIT) & ((behind == _COMMA) | (behind == _POINT))
    linked &= kinds[ends - 1] == DIGIT
    unsure = linked | (behind == _PLUS) | (behind == _HASH) | (ends - begins > LONGEST_UNIT)
    unsure[1:] |= linked[:-1]
    unsure |= np.logical_or.reduceat(kinds[places] == MARK, first)
    if len(cleaned.cuts):
        cuts = cleaned.cuts
        unsure |= np.searchsorted(cuts, begins, side="right") < np.searchsorted(cuts, ends)
    return _Runs(begins, ends, linked, ~unsure)


def _checked(cleaned: Cleaned, folded: Codes, runs: _Runs, words: _Words) -> _Words:
    """Return *words*, which are *runs*, with those in place that are read one by one."""
    found = [
        (begin + first, begin + last, key)
        for begin, reader in _readers(cleaned, folded, runs)
        for first, last, key in reader.units()
    ]
    spans = np.array([span for *span, _ in found], dtype=np.int64).reshape(-1, 2)
    begins = np.append(words.begins[runs.sure], spans[:, 0])
    ends = np.append(words.ends[runs.sure], spans[:, 1])
    keys = [*compress(words.keys, runs.sure.tolist()), *(key for _, _, key in found)]
    order = np.argsort(begins)
    return _Words(begins[order], ends[order], [keys[at] for at in order.tolist()])


def _readers(cleaned: Cleaned, folded: Codes, runs: _Runs) -> Iterator[tuple[int, WordReader]]:
    """Yield where runs that are not sure begin, those linked to each other together, and a reader
    of them.
    """
    first = ~runs.sure & ~np.append(False, runs.linked[:-1])
    begins, ends = runs.begins[first], runs.ends[~runs.sure & ~runs.linked]
    fields = owners(cleaned.bounds, begins)
    text, folded_text = text_of(cleaned.codes), text_of(folded)
    for field, begin, end in zip(*map(np.ndarray.tolist, (fields, begins, ends)), strict=True):
        part = slice(begin, _behind_suffix(text, end))
        origin = cleaned.origins[field]
        spans = cleaned.start[part] - origin, cleaned.end[part] - origin
        cuts = _cuts(cleaned, begin, end) if len(cleaned.cuts) else ()
        mapped = MappedText(text[part], *spans)
        yield begin, WordReader(cleaned.originals[field], mapped, folded_text[part], cuts)


def _cuts(cleaned: Cleaned, begin: int, end: int) -> Sequence[int]:
    """Return the cuts of a part of the clean text, from its beginning on."""
    low, high = np.searchsorted(cleaned.cuts, (begin, end)).tolist()
    cuts: list[int] = (cleaned.cuts[low:high] - begin).tolist()
    return cuts


def _behind_suffix(text: str, end: int) -> int:
    while text[end] in "+#":
        end += 1
    return end
