"""Frozen records that travel between rooms; no behaviour beyond reading themselves.

Offsets are half-open and count characters (code points) of the original field text, unless a
name says otherwise.  Positions count units (`searcher.text.units`).

Those that every query makes by the dozen, and that are never mistaken for one another, are named
tuples: they are made, and imported, several times as fast as frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Literal, NamedTuple, TypeAlias

ExtraValue: TypeAlias = str | int | float | bool | list[str]
Match: TypeAlias = Literal["auto", "all", "any"]
Matched: TypeAlias = Literal["all", "some"]
Sort: TypeAlias = Literal["score", "date", "path"]
Script: TypeAlias = Literal["hans", "hant", "mixed", "none"]
Region: TypeAlias = Literal["none", "tw", "hk", "all"]

TEXT_FIELDS = ("title", "body")
"""The fields that bare words and phrases are looked up in."""

RUN_FIELDS = ("title", "body", "source", "author")
"""The fields that every document has and that answer runs of units."""


# ---------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True)
class Document:
    """One document as a caller gives it.

    ``body`` is shown and highlighted exactly as it is.  ``date`` is ``YYYY``, ``YYYY-MM`` or
    ``YYYY-MM-DD`` or None; ``path`` is where it came from, for people.

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


# ---------------------------------------------------------------- queries, as engines read them


@dataclass(frozen=True, slots=True)
class Run:
    """Documents in which ``units`` stand in a row, in at least one of ``fields``.

    Units may hold SENTENCE_END in the middle, never at either end; at least one unit.
    """

    units: tuple[str, ...]
    fields: tuple[str, ...] = TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class PathIs:
    """Documents whose path or id begins with ``pattern``, or matches it where it has ``* ? [``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Has:
    """Documents whose extra field ``field`` has a text in which ``units`` stand in a row."""

    field: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """Documents whose field ``field`` has exactly the text ``value``: ``script`` for one."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Within:
    """Documents whose extra field ``field`` is a number from ``low`` to ``high``, both included.

    None is no bound; any number satisfies two of them.
    """

    field: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Dated:
    """Documents whose date, as the period it names, lies in ``first`` to ``last``, both included.

    Days are counted as `datetime.date.toordinal` does; None is no bound.  A document without a
    date never matches, also where neither bound is given.
    """

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Near:
    """Documents in which ``parts`` stand in this order in one of ``fields``.

    Each part is an exact run; at most ``slop`` units stand between them in all, sentence ends
    counted.
    """

    parts: tuple[tuple[str, ...], ...]
    slop: int
    fields: tuple[str, ...] = TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Almost:
    """Documents in which ``units`` (three or more) stand in a row in one of ``fields``, at most
    one of them replaced, left out or put in.
    """

    units: tuple[str, ...]
    fields: tuple[str, ...] = TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Documents in which the run ``units`` is written exactly as ``text`` in one of ``fields``,
    folding aside.
    """

    text: str
    units: tuple[str, ...]
    fields: tuple[str, ...] = TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Among:
    """The documents with these numbers of a reader, ascending."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Documents that every clause matches."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Documents that at least one clause matches."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Documents that the clause does not match."""

    clause: Clause


Clause: TypeAlias = (
    Run | PathIs | Has | Is | Within | Dated | Near | Almost | Glyphs | Among | And | Or | Not
)

Pattern: TypeAlias = Near | Almost | Glyphs
"""Clauses that may have to be looked up in the stored text (`searcher.snapshot`)."""


class ScoreTerm(NamedTuple):
    """Adds ``weight`` × BM25 of ``term`` over the bag."""

    term: str
    weight: float


class ScoreClause(NamedTuple):
    """Adds the constant ``weight`` to each document that ``clause`` matches."""

    clause: Clause
    weight: float


class Mark(NamedTuple):
    """A run to highlight: ``phrase`` for a quoted one; marks of one ``chunk`` that touch join.

    ``chunk`` numbers the blank-separated piece of the query the run came from.  With a
    ``pattern`` it marks what satisfies that, and ``units`` is one run that does.
    """

    units: tuple[str, ...]
    fields: tuple[str, ...]
    chunk: int
    phrase: bool
    pattern: Pattern | None = None


class QueryWord(NamedTuple):
    """A positive part of the query by the name the user gave it, to count on its own."""

    label: str
    clause: Clause


class Alternative(NamedTuple):
    """``text`` satisfies ``word`` of the query too; ``clause`` matches where it stands.

    ``kind``: "tw" or "hk" for the word said there, "variant" for another spelling, "number" for
    the same number.
    """

    word: str
    text: str
    kind: str
    clause: Clause


class Plan(NamedTuple):
    """A whole query, ready for any engine.

    ``fallback`` is asked when ``where`` matches nothing (``match="auto"``), and then
    ``fallback_marks`` are shown in place of ``marks``; None means never.
    ``words`` are the positive parts one by one, for telling a user which of them is missing;
    ``alternatives`` are what satisfies some of them beside themselves.
    """

    where: Clause
    fallback: Clause | None
    terms: tuple[ScoreTerm, ...]
    constants: tuple[ScoreClause, ...]
    marks: tuple[Mark, ...]
    fallback_marks: tuple[Mark, ...]
    words: tuple[QueryWord, ...]
    alternatives: tuple[Alternative, ...] = ()


class EngineHit(NamedTuple):
    """A found document by the reader's own number; ``score`` is None when not sorted by it."""

    number: int
    score: float | None


class EnginePage(NamedTuple):
    """One page of hits in order, and the exact number of all."""

    total: int
    hits: tuple[EngineHit, ...]


# ---------------------------------------------------------------- answers


class Snippet(NamedTuple):
    """A passage of the original field text.

    ``text`` is ``field_text[start:end]``; ``highlights`` are half-open ranges in coordinates of
    the field (not of the passage), ascending, not touching unless they belong to different parts
    of the query.  ``line`` and ``column`` (both 1-based, in characters) say where the first
    highlight begins.
    """

    field: str
    start: int
    end: int
    line: int
    column: int
    text: str
    highlights: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the snippet as plain values, in the order of the JSON contract."""
        return {**self._asdict(), "highlights": [list(span) for span in self.highlights]}


class Hit(NamedTuple):
    """One found document.  ``score`` is None when hits are not sorted by score.

    ``duplicates`` are the ids of documents that are nearly the same and not listed by themselves;
    None unless that was asked for.
    """

    id: str
    score: float | None
    title: str
    path: str
    date: str | None
    source: str
    author: str
    script: Script
    extra: Mapping[str, ExtraValue]
    snippets: tuple[Snippet, ...]
    duplicates: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as plain values, in the order of the JSON contract.

        ``duplicates`` is there only where they were asked for.
        """
        snippets = [snippet.to_dict() for snippet in self.snippets]
        out = {**self._asdict(), "extra": _plain(self.extra), "snippets": snippets}
        del out["duplicates"]
        if self.duplicates is not None:
            out["duplicates"] = list(self.duplicates)
        return out


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; ``total`` is exact, after filters and before the limit.

    ``matched`` is "some" where no document holds every word and those with some are shown.
    ``word_totals`` maps each word of the query to its number of documents; filled only where
    nothing was found.
    """

    query: str
    total: int
    matched: Matched
    took_ms: float
    generation: str
    hits: tuple[Hit, ...]
    alternatives: tuple[Mapping[str, Any], ...] = ()
    suggestions: tuple[str, ...] = ()
    facets: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    word_totals: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the page as dicts, lists, strings and numbers that JSON can hold.

        Every key is always there, in the order of the contract.  A number that JSON cannot hold
        (an endless or undefined one in ``extra``) is None.

        >>> list(Page("文", 0, "all", 0.123, "gen-1", ()).to_dict())[:5]
        ['query', 'total', 'matched', 'took_ms', 'generation']
        """
        return {
            "query": self.query,
            "total": self.total,
            "matched": self.matched,
            "took_ms": round(self.took_ms, 3),
            "generation": self.generation,
            "alternatives": _plain(self.alternatives),
            "suggestions": _plain(self.suggestions),
            "facets": _plain(self.facets),
            "warnings": _plain(self.warnings),
            "hits": [hit.to_dict() for hit in self.hits],
        }


def _plain(value: Any) -> Any:
    """Return *value* with mappings as dicts, sequences as lists, and no endless numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that was not indexed: where it is and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a job did: a build, a rebuild, an update from files or a removal.

    ``to_dict`` is what ``--json`` prints.

    ``generation`` is the one published now, ``previous`` the one before; they are the same where
    nothing had changed.  ``generation`` is None where nothing was published.
    ``documents`` are in it, ``empty`` of them without any unit.

    Of the documents a job looked at, ``added`` are new, ``changed`` others than before,
    ``removed`` not there any more, and ``unchanged`` as they were.  A complete build compares
    nothing: these are None.
    ``replaced`` records gave way to a later one of the same id, ``missing`` are ids to remove
    that were not there, ``skipped`` is how many paths were left alone on purpose.

    ``seconds`` is the time of the whole job, ``stages`` that of its parts by name, ``bytes`` the
    size of the generation and ``fingerprint`` its analyzer.
    ``recall`` says of how many ``sampled`` stretches the check ``found`` the document again,
    ``golden`` what golden queries ``gained`` and ``lost`` against the generation before.
    """

    job: str
    generation: str | None
    previous: str | None
    documents: int
    added: int | None
    changed: int | None
    removed: int | None
    unchanged: int | None
    empty: int
    replaced: int
    missing: tuple[str, ...]
    skipped: int
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]
    seconds: float
    stages: Mapping[str, float]
    bytes: int
    fingerprint: str
    recall: Mapping[str, int]
    golden: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did: documents ``added`` new, ``changed`` in place of one with the same id,
    ``removed``; ``missing`` are ids to remove that were not there.
    """

    generation: str
    added: int
    changed: int
    removed: int
    missing: tuple[str, ...]
    failures: tuple[Failure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the fields."""
        return asdict(self)
