"""Sampling: stretches of stored documents, cut as a reader copies one, that a search must find.

A stretch is cut out of the original between two units, so that what lies inside goes with it:
annotations, odd widths, line breaks.  As a phrase it stands for the units it was cut from, but
for the few places where text alone reads otherwise than in its document; nothing is cut there:

* between two numbers: 1.2.3 is three numbers, 2.3 is one;
* inside a cluster: ㍿ is four units and one character;
* with byte damage in it, which is repaired by what stands around it and elsewhere on the page;
* with a tag in it, which is markup only together with its other half;
* where what stands between its units makes it longer than a query may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import NamedTuple
from unicodedata import normalize

from searcher.model import TEXT_FIELDS
from searcher.properties import cached_property
from searcher.query.signs import MAX_CHARACTERS
from searcher.stored import BLOCK, StoredDocument
from searcher.text.clean import clean
from searcher.text.readings import LETTERS
from searcher.text.units import SENTENCE_END, units

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 18, 27, 40)
"""How many units a stretch may have; each as often as another."""

_TITLE = 8
"""One stretch in so many comes from a title, where there is one."""

_TRIES = 30
"""So many cuts are tried before a field is taken to have none: nearly always the first will do,
and a page that is damaged from end to end shall not hold up a job."""

_DAMAGE = re.compile(rf"[?？][{LETTERS}ａ-ｚ]{{1,7}}[)）]")
_TAG = re.compile("[<＜]")

_WINDOW = 4096
"""Units of a huge document that are read to cut one stretch."""


class Stretch(NamedTuple):
    """A piece of a stored field: ``text`` is ``field_text[offset:offset + len(text)]``."""

    field: str
    offset: int
    text: str


class _Window(NamedTuple):
    """Neighbouring units of a field: where they stand, which are sentence ends, and the text.

    ``edges`` are the positions that may be cut at, as far as the window shows: its own ends only
    where they are those of the field.
    """

    start: Sequence[int]
    end: Sequence[int]
    stops: Collection[int]
    edges: range
    text: Callable[[int, int], str]

    def is_edge(self, at: int) -> bool:
        """Tell whether the text may be cut between the unit before *at* and the one there."""
        if at in (0, len(self.start)):
            return True
        before, behind = self.end[at - 1], self.start[at]
        if before > behind:
            return False
        return not (
            _has_digit(self.text(before - 1, before)) and _has_digit(self.text(behind, behind + 1))
        )


class Sampler:
    """Draws stretches of one document.

    >>> from searcher.model import Document, Noise
    >>> from searcher.stored.packing import Packing
    >>> from searcher.stored.writing import pack
    >>> raw = pack(Document("a", "，脱。"), Noise(), "none", {}, Packing())
    >>> Sampler(StoredDocument(raw, Packing())).draw(Random(1))
    Stretch(field='body', offset=1, text='脱')
    """

    def __init__(self, document: StoredDocument) -> None:
        self._document = document

    def draw(self, random: Random) -> Stretch | None:
        """Return a stretch chosen by *random*; None where there is no unit, or nothing to cut."""
        title_first = random.randrange(_TITLE) == 0
        for name in TEXT_FIELDS if title_first else reversed(TEXT_FIELDS):
            window = self._window(name, random)
            if window is not None and (span := self._span(window, random)) is not None:
                return Stretch(name, span[0], window.text(*span))
        return None

    def _span(self, window: _Window, random: Random) -> tuple[int, int] | None:
        for _ in range(_TRIES):
            first = random.choice(window.edges)
            last = min(first + random.choice(LENGTHS), window.edges[-1])
            while first < last and (first in window.stops or not window.is_edge(first)):
                first += 1
            while first < last and (last - 1 in window.stops or not window.is_edge(last)):
                last -= 1
            if first < last:
                span = window.start[first], window.end[last - 1]
                if span[1] - span[0] <= MAX_CHARACTERS and self._reads_alone(window.text(*span)):
                    return span
        return None

    def _reads_alone(self, text: str) -> bool:
        """Tell whether nothing in *text* needs the rest of the page to be read."""
        noise = self._document.noise
        return not (
            (noise.annotations and _DAMAGE.search(text)) or (noise.markup and _TAG.search(text))
        )

    # ------------------------------------------------------------ units of a field

    def _window(self, name: str, random: Random) -> _Window | None:
        if self._document.is_huge:
            return self._part_of_huge(name, random)
        return self._whole.get(name)

    @cached_property
    def _whole(self) -> dict[str, _Window]:
        return dict(self._windows())

    def _windows(self) -> Iterator[tuple[str, _Window]]:
        for name in TEXT_FIELDS:
            text: str = getattr(self._document, name)
            # Read anew, and not as it was stored: what the index holds is what is in question.
            found = units(text, clean(text, self._document.noise))
            if found.keys:
                stops = {at for at, key in enumerate(found.keys) if key == SENTENCE_END}
                edges = range(len(found.keys) + 1)
                yield name, _Window(found.start, found.end, stops, edges, _slicer(text))

    def _part_of_huge(self, name: str, random: Random) -> _Window | None:
        """Return some units of a huge field as they were stored: to read it all takes minutes."""
        field = self._document.blocks.get(name)
        if field is None or not field.unit_count:
            return None
        first = random.randrange(max(1, field.unit_count - _WINDOW))
        last = min(first + _WINDOW, field.unit_count)
        blocks = {first // BLOCK, (last - 1) // BLOCK}
        stops = {at - first for b in blocks for at in field.positions_in(b, SENTENCE_END)}
        edges = range(int(first > 0), last - first + int(last == field.unit_count))
        start, end = zip(*field.spans(range(first, last), 1), strict=True)
        return _Window(start, end, stops, edges, field.slice)


def _has_digit(character: str) -> bool:
    """Tell whether *character* is a digit or, as ½ is, read as some."""
    return any(map(str.isdigit, normalize("NFKC", character)))


def _slicer(text: str) -> Callable[[int, int], str]:
    return lambda start, end: text[start:end]
