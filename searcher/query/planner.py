"""The planner: the tree of a query → the plan that every engine can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

from searcher import model
from searcher.errors import QueryError
from searcher.model import (
    Clause,
    Dated,
    Mark,
    Match,
    Plan,
    QueryWord,
)
from searcher.query.alternatives import WIDE, Widening
from searcher.query.catalog import EMPTY, Catalog
from searcher.query.leaves import (
    Leaf,
    ReadChunk,
    Scope,
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
    Form,
    Group,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Required,
    walk,
)
from searcher.query.weights import scores
from searcher.query.widening import widened_phrase, widened_words
from searcher.text.words import Cutter

if TYPE_CHECKING:
    from searcher.query.patterns import Desk

_MATCHES = get_args(Match)


def plan_query(
    line: str,
    *,
    match: Match = "auto",
    literal: bool = False,
    cutter: Cutter,
    catalog: Catalog = EMPTY,
    widening: Widening = WIDE,
) -> Plan:
    """Return the plan of a query as a user typed it, for the index that *catalog* is of.

    Raises QueryError, with the place, where it cannot be read or asks for nothing.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> plan_query("“脱贫”", cutter=RjiebaCutter()).where
    Run(units=('脱', '贫'), fields=('title', 'body'))
    """
    query = parse_literal(line) if literal else parse(line, catalog)
    try:
        return plan(query, match=match, cutter=cutter, catalog=catalog, widening=widening)
    except QueryError as error:
        error.query = line  # as it was given, not as it was read
        raise


def plan(
    query: Query,
    *,
    match: Match,
    cutter: Cutter,
    catalog: Catalog = EMPTY,
    widening: Widening = WIDE,
) -> Plan:
    """Return the plan of a parsed query; QueryError where it asks for nothing.

    *match* governs bare words alone: "all" asks for every one, "any" for at least one where
    nothing else is asked for, "auto" for all and, in the fallback, for any.
    """
    if match not in _MATCHES:
        raise ValueError(f"match is {match!r}; it is one of {', '.join(_MATCHES)}")
    planner = _Planner(query.line, cutter, catalog, widening)
    asked = planner.node(query.root, Scope())
    terms, constants = scores(asked.leaves, cutter)
    return Plan(
        where=asked.some if match == "any" else asked.every,
        fallback=_fallback(query, asked) if match == "auto" else None,
        terms=terms,
        constants=constants,
        marks=_marks(asked.leaves, loose=match == "any"),
        fallback_marks=_marks(asked.leaves, loose=True),
        words=_labelled(asked.leaves),
        alternatives=tuple(dict.fromkeys(each for leaf in asked.leaves for each in leaf.others)),
        excluded=tuple(dict.fromkeys(planner.excluded)),
    )


class _Asked(NamedTuple):
    """What a node asks for: of all its bare words (``every``), or of at least one (``some``).

    ``optional``: it is made of bare words alone, so that ``some`` may do without it.
    """

    every: Clause
    some: Clause
    optional: bool = False
    leaves: tuple[Leaf, ...] = ()


class _Planner:
    """Plans nodes from the leaves up; errors point into ``line``."""

    def __init__(self, line: str, cutter: Cutter, catalog: Catalog, widening: Widening) -> None:
        self.line = line
        self.cutter = cutter
        self.catalog = catalog
        self.widening = widening
        self.desk: Desk | None = None
        self.excluded: list[QueryWord] = []

    def node(self, node: Node, scope: Scope) -> _Asked:
        match node:
            case Group():
                return self.node(node.clause, scope)
            case Or():
                return self._either(node, scope)
            case And():
                return self._joint(node, scope)
            case Beside():
                return self._beside(tuple(_side_by_side(node.clauses)), scope)
            case _:
                return self._beside((node,), scope)

    def _either(self, node: Or, scope: Scope) -> _Asked:
        sides = [self.node(clause, scope) for clause in node.clauses]
        return _Asked(
            any_of(side.every for side in sides),
            any_of(side.some for side in sides),
            all(side.optional for side in sides),
            _leaves(sides),
        )

    def _joint(self, node: And, scope: Scope) -> _Asked:
        positive = [self.node(c, scope) for c in node.clauses if not isinstance(c, Not)]
        if not positive:
            raise self._nothing(node.clauses)
        negative = self._negative(node.clauses, scope)
        return _Asked(
            all_of([*(side.every for side in positive), *negative]),
            all_of([*(side.some for side in positive), *negative]),
            leaves=_leaves(positive),
        )

    def _beside(self, clauses: Sequence[Node], scope: Scope) -> _Asked:
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
                problem = "this only excludes: add what to find beside it, or quotes if it is text"
                return failure(problem, self.line, clause.position)
        problem = "nothing to search for: there is no word, number or symbol here, write one"
        return failure(problem, self.line, clauses[0].position)

    def _negative(self, clauses: Iterable[Node], scope: Scope) -> list[Clause]:
        as_typed = scope._replace(alternatives=False)
        excluded = [
            QueryWord(str(clause.clause), self.node(clause.clause, as_typed).every)
            for clause in clauses
            if isinstance(clause, Not)
        ]
        if not excluded:
            return []
        if scope.alternatives:  # else they stand in something excluded themselves
            self.excluded += excluded
        negative: list[Clause] = [model.Not(word.clause) for word in excluded]
        # Who excludes a date asks the others for theirs: a document without one matches neither.
        dated = any(_asks_for_date(word.clause) for word in excluded)
        return [*negative, Dated(None, None)] if dated else negative

    def _positive(self, clauses: Iterable[Node], scope: Scope) -> list[_Asked]:
        """Return what clauses that stand side by side ask for, function words judged together."""
        read = [(c, self._read(c, scope)) for c in clauses if not isinstance(c, Not)]
        has_content = any(chunk is None or chunk.content for _, chunk in read)
        everything = scope.ordinary or not has_content
        asked = (
            self._atom(clause, scope) if chunk is None else self._words(chunk, everything, scope)
            for clause, chunk in read
        )
        return [side for side in asked if side is not None]

    def _read(self, clause: Node, scope: Scope) -> ReadChunk | None:
        """Return the words of a chunk, boosted or not; None for anything that is not cut."""
        weight = 1.0
        if isinstance(clause, Form):
            clause, weight = _unboosted(clause)
        if isinstance(clause, Chunk) and scope.in_text:
            return read_chunk(clause, self.cutter, weight)
        return None

    def _words(self, chunk: ReadChunk, everything: bool, scope: Scope) -> _Asked | None:
        """Return what a chunk's words ask for; None where none of them is to be asked for."""
        leaf = word_leaf(chunk, everything, scope.fields)
        if leaf is None:
            return None
        if scope.alternatives:
            asked = chunk.parts if everything else chunk.content
            leaf = widened_words(leaf, chunk, asked, self.widening.region)
        if scope.field is not None:
            clause = all_of(word.clause for word in leaf.words)
            leaf = leaf._replace(words=(QueryWord(scope.label(chunk.text), clause),))
        if scope.field is not None or scope.ordinary:
            return _single(leaf)
        return _bare(leaf)

    def _atom(self, clause: Node, scope: Scope) -> _Asked:
        match clause:
            case Required():
                return self.node(clause.clause, scope._replace(ordinary=True))
            case Field():
                return self._field(clause, scope)
            case Chunk() | Phrase():
                return self._run(clause, scope)
            case Form():
                return self._form(clause, scope)
            case _:
                return self.node(clause, scope)

    def _field(self, field: Field, scope: Scope) -> _Asked:
        if field.name == PATH_FIELD:
            return self._path(field.clause)
        return self.node(field.clause, scope._replace(field=field.name, ordinary=True))

    def _path(self, inner: Node) -> _Asked:
        if isinstance(inner, Chunk | Phrase):
            return _single(path_leaf(inner.text, f"{PATH_FIELD}:{inner.text}"))
        boosted, weight = _unboosted(inner) if isinstance(inner, Form) else (inner, 1.0)
        if boosted is inner:
            problem = "path: takes a path or a pattern of one, in quotes where it holds blanks"
            raise failure(problem, self.line, inner.position)
        return _weighed(self._path(boosted), weight)

    def _run(self, clause: Chunk | Phrase, scope: Scope) -> _Asked:
        if not scope.in_runs:
            return self._value(clause, scope)
        label = scope.label(self.line[clause.position : clause.end])
        leaf = run_leaf(clause, label, scope.fields)
        if leaf is None:
            raise self._nothing((clause,))
        if leaf.phrase and self.widening.equivalents and scope.alternatives:
            leaf = widened_phrase(leaf, clause.text)
            if leaf is None:
                problem = "too many numbers that may be written otherwise: leave equivalents out"
                raise failure(problem, self.line, clause.position)
        return _single(leaf)

    def _value(self, clause: Chunk | Phrase | Form, scope: Scope) -> _Asked:
        from searcher.query.values import value_leaf

        leaf = value_leaf(clause, scope, self.line)
        if leaf is None:
            raise self._nothing((clause,))
        return _single(leaf)

    def _form(self, form: Form, scope: Scope) -> _Asked:
        boosted, weight = _unboosted(form)
        if boosted is not form:
            return _weighed(self.node(boosted, scope), weight)
        if not scope.in_runs:
            return self._value(form, scope)
        from searcher.query.patterns import Desk, form_leaf

        self.desk = self.desk or Desk(self.line, self.cutter, self.catalog)
        leaf = form_leaf(form, scope, self.desk)
        if leaf is None:
            raise self._nothing((form,))
        is_bare = scope.field is None and not scope.ordinary
        return _bare(leaf) if is_bare and isinstance(form.inside(), Chunk) else _single(leaf)


def _side_by_side(clauses: Iterable[Node]) -> Iterator[Node]:
    """Yield *clauses*, those that AND joins one by one where they only exclude: AND and the blank
    rank alike, so they exclude from what stands beside them.
    """
    for clause in clauses:
        if isinstance(clause, And) and all(isinstance(each, Not) for each in clause.clauses):
            yield from clause.clauses
        else:
            yield clause


def _bare(leaf: Leaf) -> _Asked:
    """Return what words ask for that ``match`` governs."""
    return _Asked(
        all_of(word.clause for word in leaf.words),
        any_of(word.clause for word in leaf.loose),
        optional=True,
        leaves=(leaf._replace(bare=True),),
    )


def _single(leaf: Leaf) -> _Asked:
    clause = all_of(word.clause for word in leaf.words)
    return _Asked(clause, clause, leaves=(leaf,))


def _unboosted(form: Form) -> tuple[Node, float]:
    # Imported here: hardly a query has a form.
    from searcher.query.forms import unboosted

    return unboosted(form)


def _weighed(asked: _Asked, weight: float) -> _Asked:
    """Return what is asked for with leaves so many times as heavy."""
    leaves = (leaf._replace(weight=leaf.weight * weight) for leaf in asked.leaves)
    return asked._replace(leaves=tuple(leaves))


def _asks_for_date(clause: Clause) -> bool:
    if isinstance(clause, model.And | model.Or):
        return any(map(_asks_for_date, clause.clauses))
    if isinstance(clause, model.Not):
        return _asks_for_date(clause.clause)
    return isinstance(clause, Dated)


def _leaves(asked: Iterable[_Asked]) -> tuple[Leaf, ...]:
    return tuple(leaf for side in asked for leaf in side.leaves)


def _fallback(query: Query, asked: _Asked) -> Clause | None:
    """Return what to ask when no document has every bare word; None if that changes nothing."""
    bare = [leaf for leaf in asked.leaves if leaf.bare]
    words = len({word.clause for leaf in bare for word in leaf.loose})
    typed = words + sum(leaf.skipped for leaf in bare)
    if typed < 2 or any(isinstance(node, And | Or | Group) for node in walk(query.root)):
        return None
    return None if asked.some == asked.every else asked.some


def _marks(leaves: Iterable[Leaf], *, loose: bool) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    for chunk, leaf in enumerate(leaves):
        runs = leaf.loose_runs if loose else leaf.runs
        if leaf.patterns:
            both = zip(runs, leaf.patterns, strict=True)
            marks += [Mark(run, leaf.fields, chunk, leaf.phrase, each) for run, each in both]
        else:
            marks += [Mark(run, leaf.fields, chunk, leaf.phrase) for run in runs]
    return tuple(marks)


def _labelled(leaves: Iterable[Leaf]) -> tuple[QueryWord, ...]:
    return tuple(dict.fromkeys(word for leaf in leaves for word in leaf.words))
