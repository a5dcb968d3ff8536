"""Queries as engines read them: clauses, plans, and pages of document numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from searcher.model.documents import TEXT_FIELDS

Match: TypeAlias = Literal["auto", "all", "any"]
Matched: TypeAlias = Literal["all", "some"]
Sort: TypeAlias = Literal["score", "date", "path"]
Region: TypeAlias = Literal["none", "tw", "hk", "all"]


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
    """A part of the query by the name the user gave it, to count on its own."""

    label: str
    clause: Clause


class Alternative(NamedTuple):
    """``text`` satisfies ``word`` of the query too; ``clause`` matches where it stands.

    ``kind``: "tw" or "hk" for the word said there, "variant" for another spelling, "number" and
    "date" for the same one.
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
    ``alternatives`` are what satisfies some of them beside themselves, ``excluded`` the parts
    behind a minus.
    """

    where: Clause
    fallback: Clause | None
    terms: tuple[ScoreTerm, ...]
    constants: tuple[ScoreClause, ...]
    marks: tuple[Mark, ...]
    fallback_marks: tuple[Mark, ...]
    words: tuple[QueryWord, ...]
    alternatives: tuple[Alternative, ...] = ()
    excluded: tuple[QueryWord, ...] = ()


class EngineHit(NamedTuple):
    """A found document by the reader's own number; ``score`` is None when not sorted by it."""

    number: int
    score: float | None


class EnginePage(NamedTuple):
    """One page of hits in order, and the exact number of all."""

    total: int
    hits: tuple[EngineHit, ...]
