"""Documents as callers give them, and what their text becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

ExtraValue: TypeAlias = str | int | float | bool | list[str]
Script: TypeAlias = Literal["hans", "hant", "mixed", "none"]

EXACT = 2**53
"""Up to here a float holds every whole number.  Larger ones of extra fields are ids rather than
quantities: they are kept as texts, each is found by itself alone, and no range has them."""

TEXT_FIELDS = ("title", "body")
"""The fields that bare words and phrases are looked up in."""

RUN_FIELDS = ("title", "body", "source", "author")
"""The fields that every document has and that answer runs of units."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as a caller gives it.

    ``body`` is shown and highlighted exactly as it is.  ``date`` is ``YYYY``, ``YYYY-MM`` or
    ``YYYY-MM-DD``, or what `searcher.text.dates.parse_date` reads as one of them, or None;
    ``path`` is where it came from, for people.  ``extra`` is asked for as ``name:value``; a name
    that queries know already (title, body, source, author, path, date, script) is kept only.

    >>> Document(id="a", body="全文检索").title
    ''
    """

    id: str
    body: str
    title: str = ""
    date: str | None = None
    source: str = ""
    author: str = ""
    path: str = ""
    extra: Mapping[str, ExtraValue] = field(default_factory=dict)


class Noise(NamedTuple):
    """What a document's title and body were found to hold, decided once for the whole document.

    ``annotations``: pinyin readings in brackets behind characters, 參與(yu).
    ``markup``: entities, tags and footnote marks left by scraping.
    """

    annotations: bool = False
    markup: bool = False


# ---------------------------------------------------------------- text


class MappedText(NamedTuple):
    """Text to match, and the span of the original each of its characters came from.

    ``start[i] <= end[i]`` are offsets into the original; neighbours have either the same span or
    ``end[i] <= start[i + 1]``.  Where nothing was changed both are plain ranges.
    """

    text: str
    start: Sequence[int]
    end: Sequence[int]


class Units(NamedTuple):
    """The units of one field: what positions count and phrases are made of.

    ``keys[i]`` is the folded unit, or `searcher.text.units.SENTENCE_END`; ``start[i]:end[i]`` is
    where it stands in the original.
    """

    keys: Sequence[str]
    start: Sequence[int]
    end: Sequence[int]


class Word(NamedTuple):
    """A word of the search-mode stream: its folded term and its span of the original."""

    term: str
    start: int
    end: int


class FieldTerms(NamedTuple):
    """What an engine indexes of one field.

    ``counts``: term → how often (units, bigrams and words; the same string is the same term).
    ``positions``: bigram → ascending positions of its first unit.
    ``borders``: border key → ascending positions of the unit in front of a sentence end.
    """

    counts: Mapping[str, int]
    positions: Mapping[str, Sequence[int]]
    borders: Mapping[str, Sequence[int]]
