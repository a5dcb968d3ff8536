"""Leaves: what one bare chunk, phrase or field clause of a query asks for, marks and scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from searcher.model import (
    RUN_FIELDS,
    TEXT_FIELDS,
    Alternative,
    And,
    Clause,
    Or,
    PathIs,
    Pattern,
    QueryWord,
    Run,
)
from searcher.query.functionwords import function_words
from searcher.query.tree import Chunk, Phrase
from searcher.text.queries import QueryPart, cut_query, query_readings
from searcher.text.words import Cutter

MAX_CUT_CHARACTERS = 60
"""A longer chunk is a pasted sentence: it is one run; its words are asked for only where that run
stands nowhere, or with ``match="any"``."""

MAX_LOOSE_CHARACTERS = 500
"""A chunk longer than this is one run and nothing else, so that no query asks for a book."""

Readings = tuple[tuple[str, ...], ...]


class Scope(NamedTuple):
    """Where a node stands: in which field, whether function words are ordinary there, and whether
    words have ``alternatives``.
    """

    field: str | None = None
    ordinary: bool = False
    alternatives: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields in which runs are looked up."""
        return TEXT_FIELDS if self.field is None else (self.field,)

    @property
    def in_text(self) -> bool:
        """Whether that is the text itself: title, body or both."""
        return self.field is None or self.field in TEXT_FIELDS

    @property
    def in_runs(self) -> bool:
        """Whether runs are looked up at all, and not values."""
        return self.field is None or self.field in RUN_FIELDS

    def label(self, typed: str) -> str:
        """Return the name of what was *typed* there."""
        return typed if self.field is None else f"{self.field}:{typed}"


class Leaf(NamedTuple):
    """A positive part of a query that is not divided further.

    ``words``: its parts by name, of which all are asked for; ``loose``: those of which some are
    enough where ``bare``.  ``runs`` and ``loose_runs`` are what each of the two highlights in
    ``fields``, as one phrase or word by word; where there are ``patterns`` each run satisfies
    the one at its place, or None.  ``others`` are what satisfies some of the words beside them,
    among the runs as they are.  ``scored``: the pieces of text whose terms score, ``weight``
    times.  ``rewarded``: the clause that adds as many times a constant, of documents in which
    its words stand in a row for one.  ``skipped`` function words stand in it.
    """

    words: tuple[QueryWord, ...]
    loose: tuple[QueryWord, ...] = ()
    bare: bool = False
    runs: Readings = ()
    loose_runs: Readings = ()
    fields: tuple[str, ...] = ()
    phrase: bool = False
    scored: tuple[str, ...] = ()
    rewarded: Clause | None = None
    patterns: tuple[Pattern | None, ...] = ()
    weight: float = 1.0
    others: tuple[Alternative, ...] = ()
    skipped: int = 0

    @property
    def in_a_row(self) -> bool:
        """Whether it is text that the next part of the query may go on with."""
        return bool(self.scored) and self.fields == TEXT_FIELDS and not self.patterns


class ReadChunk(NamedTuple):
    """A bare chunk cut into words; ``content`` are those that are no function words.

    ``whole`` is the chunk as a single word where it is too long to ask for words.  ``weight`` is
    that of its terms.
    """

    text: str
    parts: tuple[QueryPart, ...]
    content: tuple[QueryPart, ...]
    whole: QueryPart | None = None
    weight: float = 1.0


def read_chunk(chunk: Chunk, cutter: Cutter, weight: float = 1.0) -> ReadChunk:
    """Return the words of *chunk*; one over MAX_CUT_CHARACTERS is a single word as well.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> [part.text for part in read_chunk(Chunk("脱贫攻坚是什么"), RjiebaCutter()).content]
    ['脱贫', '攻坚']
    """
    text = chunk.text
    if len(text) <= MAX_CUT_CHARACTERS:
        return ReadChunk(text, *_cut(text, cutter), None, weight)
    readings = query_readings(text)
    if not readings:
        return ReadChunk(text, (), ())
    whole = QueryPart(text, 0, len(text), readings, "")
    if len(text) > MAX_LOOSE_CHARACTERS:
        return ReadChunk(text, (whole,), (whole,), whole, weight)
    return ReadChunk(text, *_cut(text, cutter), whole, weight)


def _cut(text: str, cutter: Cutter) -> tuple[tuple[QueryPart, ...], tuple[QueryPart, ...]]:
    """Return the words of *text*, and those of them that are no function words."""
    parts = cut_query(text, cutter)
    return parts, tuple(part for part in parts if part.term not in function_words())


def word_leaf(chunk: ReadChunk, everything: bool, fields: tuple[str, ...]) -> Leaf | None:
    """Return what the words of a bare chunk ask for, each a run in one of *fields*.

    None where there is nothing to ask for: no unit, or function words only and not *everything*.
    """
    asked = chunk.parts if everything else chunk.content
    if not asked:
        return None
    loose = _words(asked, fields)
    every = asked if chunk.whole is None else (chunk.whole,)
    unbroken = query_readings(chunk.text) if len(asked) > 1 and chunk.whole is None else ()
    return Leaf(
        loose if chunk.whole is None else _words(every, fields),
        loose,
        runs=_runs(every),
        loose_runs=_runs(asked),
        fields=fields,
        scored=_stretches(chunk, asked),
        rewarded=run_clause(unbroken, fields) if unbroken else None,
        weight=chunk.weight,
        skipped=len(chunk.parts) - len(asked),
    )


def _words(parts: Sequence[QueryPart], fields: tuple[str, ...]) -> tuple[QueryWord, ...]:
    return tuple(QueryWord(part.text, run_clause(part.readings, fields)) for part in parts)


def _runs(parts: Sequence[QueryPart]) -> Readings:
    return tuple(reading for part in parts for reading in part.readings)


def run_leaf(clause: Chunk | Phrase, label: str, fields: tuple[str, ...]) -> Leaf | None:
    """Return what a clause that is not cut asks for: one run in one of *fields*.

    None where it holds no unit.  Fields that are only filters do not score.
    """
    readings = query_readings(clause.text)
    if not readings:
        return None
    return Leaf(
        (QueryWord(label, run_clause(readings, fields)),),
        runs=readings,
        loose_runs=readings,
        fields=fields,
        phrase=isinstance(clause, Phrase),
        scored=(clause.text,) if set(fields) <= set(TEXT_FIELDS) else (),
    )


def path_leaf(pattern: str, label: str) -> Leaf:
    """Return what ``path:`` asks for; it marks and scores nothing."""
    return Leaf((QueryWord(label, PathIs(pattern)),))


def run_clause(readings: Readings, fields: tuple[str, ...]) -> Clause:
    """Return the clause that any of *readings* in one of *fields* satisfies.

    >>> run_clause((("脱", "贫"),), ("title",))
    Run(units=('脱', '贫'), fields=('title',))
    """
    return any_of(Run(reading, fields) for reading in readings)


def all_of(clauses: Iterable[Clause]) -> Clause:
    """Return the clause that asks for all of *clauses* (at least one), each once.

    >>> all_of([Run(("脱",)), Run(("脱",))])
    Run(units=('脱',), fields=('title', 'body'))
    """
    return _joined(And, clauses)


def any_of(clauses: Iterable[Clause]) -> Clause:
    """Return the clause that asks for at least one of *clauses* (at least one), each once."""
    return _joined(Or, clauses)


def _joined(kind: type[And] | type[Or], clauses: Iterable[Clause]) -> Clause:
    given = tuple(clauses)
    if len(given) == 1:
        return given[0]
    flat: list[Clause] = []
    for clause in given:
        flat.extend(clause.clauses if isinstance(clause, kind) else (clause,))
    once = tuple(dict.fromkeys(flat))
    return once[0] if len(once) == 1 else kind(once)


def _stretches(chunk: ReadChunk, asked: Sequence[QueryPart]) -> tuple[str, ...]:
    """Return the pieces of the chunk between the words not asked for.

    Their terms score; a bigram over a word that was left out does not.
    """
    if len(asked) == len(chunk.parts):
        return (chunk.text,)
    pieces: list[list[QueryPart]] = [[]]
    kept = set(asked)
    for part in chunk.parts:
        if part in kept:
            pieces[-1].append(part)
        elif pieces[-1]:
            pieces.append([])
    return tuple(chunk.text[piece[0].start : piece[-1].end] for piece in pieces if piece)
