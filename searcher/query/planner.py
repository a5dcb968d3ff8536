"""The planner: the tree of a query → the plan that every engine can answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

from searcher import model
from searcher.errors import QueryError
from searcher.model import (
    TEXT_FIELDS,
    Clause,
    Mark,
    Match,
    Plan,
    QueryWord,
    ScoreClause,
    ScoreTerm,
)
from searcher.query.leaves import (
    Leaf,
    ReadChunk,
    all_of,
    any_of,
    path_leaf,
    read_chunk,
    run_leaf,
    word_leaf,
)
from searcher.query.parser import literal as parse_literal
from searcher.query.parser import parse
from searcher.query.signs import PATH_FIELD, failure
from searcher.query.tree import (
    And,
    Beside,
    Chunk,
    Field,
    Group,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Required,
    walk,
)
from searcher.text.queries import query_terms
from searcher.text.words import Cutter

TERM_WEIGHT = 1.0
"""What one occurrence of a term in the query weighs."""

UNBROKEN_WEIGHT = 1.0
"""Added to a document in which the words of a chunk stand in a row; not tuned yet."""

_MATCHES = get_args(Match)


def plan_query(line: str, *, match: Match = "auto", literal: bool = False, cutter: Cutter) -> Plan:
    """Return the plan of a query as a user typed it.

    Raises QueryError, with the place, where it cannot be read or asks for nothing.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> plan_query("“脱贫”", cutter=RjiebaCutter()).where
    Run(units=('脱', '贫'), fields=('title', 'body'))
    """
    query = parse_literal(line) if literal else parse(line)
    try:
        return plan(query, match=match, cutter=cutter)
    except QueryError as error:
        error.query = line  # as it was given, not as it was read
        raise


def plan(query: Query, *, match: Match, cutter: Cutter) -> Plan:
    """Return the plan of a parsed query; QueryError where it asks for nothing.

    *match* governs bare words alone: "all" asks for every one, "any" for at least one where
    nothing else is asked for, "auto" for all and, in the fallback, for any.
    """
    if match not in _MATCHES:
        raise ValueError(f"match is {match!r}; it is one of {', '.join(_MATCHES)}")
    asked = _Planner(query.line, cutter).node(query.root, _Scope())
    return Plan(
        where=asked.some if match == "any" else asked.every,
        fallback=_fallback(query, asked) if match == "auto" else None,
        terms=_terms(asked.leaves, cutter),
        constants=_constants(asked.leaves),
        marks=_marks(asked.leaves, loose=match == "any"),
        fallback_marks=_marks(asked.leaves, loose=True),
        words=_labelled(asked.leaves),
    )


class _Asked(NamedTuple):
    """What a node asks for: of all its bare words (``every``), or of at least one (``some``).

    ``optional``: it is made of bare words alone, so that ``some`` may do without it.
    """

    every: Clause
    some: Clause
    optional: bool = False
    leaves: tuple[Leaf, ...] = ()


class _Scope(NamedTuple):
    """Where a node stands: in which field, and whether function words are ordinary there."""

    field: str | None = None
    ordinary: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        return TEXT_FIELDS if self.field is None else (self.field,)

    @property
    def in_text(self) -> bool:
        return self.field is None or self.field in TEXT_FIELDS

    def label(self, typed: str) -> str:
        return typed if self.field is None else f"{self.field}:{typed}"


class _Planner:
    """Plans nodes from the leaves up; errors point into ``line``."""

    def __init__(self, line: str, cutter: Cutter) -> None:
        self.line = line
        self.cutter = cutter

    def node(self, node: Node, scope: _Scope) -> _Asked:
        match node:
            case Group():
                return self.node(node.clause, scope)
            case Or():
                return self._either(node, scope)
            case And():
                return self._joint(node, scope)
            case Beside():
                return self._beside(node.clauses, scope)
            case _:
                return self._beside((node,), scope)

    def _either(self, node: Or, scope: _Scope) -> _Asked:
        sides = [self.node(clause, scope) for clause in node.clauses]
        return _Asked(
            any_of(side.every for side in sides),
            any_of(side.some for side in sides),
            all(side.optional for side in sides),
            _leaves(sides),
        )

    def _joint(self, node: And, scope: _Scope) -> _Asked:
        positive = [self.node(c, scope) for c in node.clauses if not isinstance(c, Not)]
        if not positive:
            raise self._nothing(node.clauses)
        negative = self._negative(node.clauses, scope)
        return _Asked(
            all_of([*(side.every for side in positive), *negative]),
            all_of([*(side.some for side in positive), *negative]),
            leaves=_leaves(positive),
        )

    def _beside(self, clauses: Sequence[Node], scope: _Scope) -> _Asked:
        positive = self._positive(clauses, scope)
        if not positive:
            raise self._nothing(clauses)
        negative = self._negative(clauses, scope)
        required = [side.some for side in positive if not side.optional]
        some = required or [any_of(side.some for side in positive)]
        return _Asked(
            all_of([*(side.every for side in positive), *negative]),
            all_of([*some, *negative]),
            not required and not negative,
            _leaves(positive),
        )

    def _nothing(self, clauses: Sequence[Node]) -> QueryError:
        """Return the error for *clauses* that leave nothing to find."""
        for clause in clauses:
            if isinstance(clause, Not):
                problem = "this only excludes: add what to find beside it"
                return failure(problem, self.line, clause.position)
        problem = "nothing to search for: there is no word, number or symbol here, write one"
        return failure(problem, self.line, clauses[0].position)

    def _negative(self, clauses: Iterable[Node], scope: _Scope) -> list[Clause]:
        excluded = (clause.clause for clause in clauses if isinstance(clause, Not))
        return [model.Not(self.node(clause, scope).every) for clause in excluded]

    def _positive(self, clauses: Iterable[Node], scope: _Scope) -> list[_Asked]:
        """Return what clauses that stand side by side ask for, function words judged together."""
        read = [(c, self._read(c, scope)) for c in clauses if not isinstance(c, Not)]
        has_content = any(chunk is None or chunk.content for _, chunk in read)
        everything = scope.ordinary or not has_content
        asked = (
            self._atom(clause, scope) if chunk is None else _words(chunk, everything, scope)
            for clause, chunk in read
        )
        return [side for side in asked if side is not None]

    def _read(self, clause: Node, scope: _Scope) -> ReadChunk | None:
        """Return the words of a chunk; None for anything that is not cut."""
        if isinstance(clause, Chunk) and scope.in_text:
            return read_chunk(clause, self.cutter)
        return None

    def _atom(self, clause: Node, scope: _Scope) -> _Asked:
        match clause:
            case Required():
                return self.node(clause.clause, scope._replace(ordinary=True))
            case Field():
                return self._field(clause)
            case Chunk() | Phrase():
                return self._run(clause, scope)
            case _:
                return self.node(clause, scope)

    def _field(self, field: Field) -> _Asked:
        inner = field.clause
        if field.name == PATH_FIELD and isinstance(inner, Chunk | Phrase):
            return _single(path_leaf(inner.text, f"{PATH_FIELD}:{inner.text}"))
        return self.node(inner, _Scope(field.name, ordinary=True))

    def _run(self, clause: Chunk | Phrase, scope: _Scope) -> _Asked:
        label = scope.label(self.line[clause.position : clause.end])
        leaf = run_leaf(clause, label, scope.fields)
        if leaf is None:
            raise self._nothing((clause,))
        return _single(leaf)


def _words(chunk: ReadChunk, everything: bool, scope: _Scope) -> _Asked | None:
    """Return what a chunk's words ask for; None where none of them is to be asked for."""
    leaf = word_leaf(chunk, everything, scope.fields)
    if leaf is None:
        return None
    if scope.field is not None:
        clause = all_of(word.clause for word in leaf.words)
        leaf = leaf._replace(words=(QueryWord(scope.label(chunk.text), clause),))
    if scope.field is not None or scope.ordinary:
        return _single(leaf)
    return _Asked(
        all_of(word.clause for word in leaf.words),
        any_of(word.clause for word in leaf.loose),
        optional=True,
        leaves=(leaf._replace(bare=True),),
    )


def _single(leaf: Leaf) -> _Asked:
    clause = all_of(word.clause for word in leaf.words)
    return _Asked(clause, clause, leaves=(leaf,))


def _leaves(asked: Iterable[_Asked]) -> tuple[Leaf, ...]:
    return tuple(leaf for side in asked for leaf in side.leaves)


def _fallback(query: Query, asked: _Asked) -> Clause | None:
    """Return what to ask when no document has every bare word; None if that changes nothing."""
    words = {word.clause for leaf in asked.leaves if leaf.bare for word in leaf.loose}
    if len(words) < 2 or any(isinstance(node, And | Or | Group) for node in walk(query.root)):
        return None
    return asked.some


def _terms(leaves: Iterable[Leaf], cutter: Cutter) -> tuple[ScoreTerm, ...]:
    counts: dict[str, int] = {}
    for text in (text for leaf in leaves for text in leaf.scored):
        for term, count in query_terms(text, cutter).items():
            counts[term] = counts.get(term, 0) + count
    return tuple(ScoreTerm(term, count * TERM_WEIGHT) for term, count in counts.items())


def _constants(leaves: Iterable[Leaf]) -> tuple[ScoreClause, ...]:
    unbroken = dict.fromkeys(leaf.unbroken for leaf in leaves if leaf.unbroken is not None)
    return tuple(ScoreClause(clause, UNBROKEN_WEIGHT) for clause in unbroken)


def _marks(leaves: Iterable[Leaf], *, loose: bool) -> tuple[Mark, ...]:
    return tuple(
        Mark(run, leaf.fields, chunk, leaf.phrase)
        for chunk, leaf in enumerate(leaves)
        for run in (leaf.loose_runs if loose else leaf.runs)
    )


def _labelled(leaves: Iterable[Leaf]) -> tuple[QueryWord, ...]:
    return tuple(dict.fromkeys(word for leaf in leaves for word in leaf.words))
