"""The parser: a line → the tree of what it asks for.

::

    query  = side { OR side }          OR is also |
    side   = joint { joint }           a blank between two is enough
    joint  = clause { AND clause }
    clause = [ NOT | - | + ] atom
    atom   = part [ ^number ]
    part   = ( query )  |  field:atom  |  [ = ] text  |  [ = ] "phrase"
           | "phrase"~number  |  "phrase"~1字  |  [ low TO high ]
"""

from __future__ import annotations

from searcher.errors import QueryError
from searcher.query.catalog import EMPTY, Catalog
from searcher.query.lexer import Kind, Token, tokens
from searcher.query.signs import MAX_CLAUSES, MAX_NESTING, PATH_FIELD, failure, readable
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
)

_ENDS = (Kind.CLOSE, Kind.END)
_JOINS = (Kind.AND, Kind.OR)
_LEAVES = (Kind.CHUNK, Kind.PHRASE, Kind.WILD, Kind.RANGE)
_SUFFIXES = (Kind.SLOP, Kind.BOOST)


def parse(line: str, catalog: Catalog = EMPTY) -> Query:
    """Return the tree of *line*, asked of an index with the fields of *catalog*.

    Raises QueryError, with the place, where it cannot be read or is above a limit.

    >>> query = parse("title：驻村 书记|“第一书记” －贵州")
    >>> str(query)
    'title:驻村 书记 OR "第一书记" -贵州'
    >>> type(query.root).__name__
    'Or'
    """
    text = readable(line)
    try:
        return Query(text, _Parser(text, catalog).query())
    except QueryError as error:
        error.query = line  # as it was given, not as it was read
        raise


def literal(line: str) -> Query:
    """Return the tree of a query that is one phrase and has no operators.

    >>> literal("-脱贫 (一)").root.text
    '-脱贫 (一)'
    """
    text = readable(line)
    return Query(text, Phrase(text, 0, len(text)))


class _Parser:
    """Recursive descent over the tokens, one ahead; its depth is bounded by MAX_NESTING."""

    def __init__(self, line: str, catalog: Catalog) -> None:
        self.line = line
        self.tokens = tokens(line, catalog)
        self.next = next(self.tokens)
        self.clauses = 0
        self.nesting = 0
        self.field: str | None = None

    def query(self) -> Node:
        if self.next.kind is Kind.END:
            raise self._failure("nothing to search for: write a word", self.next)
        return self._either()

    def _failure(self, problem: str, token: Token) -> QueryError:
        return failure(problem, self.line, token.start)

    def _take(self) -> Token:
        taken = self.next
        if taken.kind is not Kind.END:
            self.next = next(self.tokens)
        return taken

    def _either(self) -> Node:
        clauses = [self._side()]
        while self.next.kind is Kind.OR:
            operator = self._take()
            self._need_operand(operator)
            clauses.append(self._side())
        return clauses[0] if len(clauses) == 1 else Or(tuple(clauses), clauses[0].position)

    def _side(self) -> Node:
        clauses = [self._joint()]
        while self.next.kind not in (Kind.OR, *_ENDS):
            clauses.append(self._joint())
        return clauses[0] if len(clauses) == 1 else Beside(tuple(clauses), clauses[0].position)

    def _joint(self) -> Node:
        clauses = [self._clause()]
        while self.next.kind is Kind.AND:
            operator = self._take()
            self._need_operand(operator)
            clauses.append(self._clause())
        return clauses[0] if len(clauses) == 1 else And(tuple(clauses), clauses[0].position)

    def _need_operand(self, operator: Token) -> None:
        if self.next.kind in (*_JOINS, *_ENDS):
            problem = f"nothing stands behind {operator.text}: add what to find or take it out"
            raise self._failure(problem, operator)

    def _clause(self) -> Node:
        token = self.next
        if token.kind in _JOINS:
            problem = f"nothing stands before {token.text}: add what to find or take it out"
            raise self._failure(problem, token)
        if token.kind not in (Kind.NOT, Kind.PLUS):
            return self._atom()
        self._take()
        self._need_operand(token)
        if self.next.kind in (Kind.NOT, Kind.PLUS):
            problem = f"{token.text} and {self.next.text} cannot follow each other: keep one"
            raise self._failure(problem, self.next)
        make = Not if token.kind is Kind.NOT else Required
        return make(self._atom(), token.start)

    def _atom(self) -> Node:
        token = self._take()
        node = self._leaf(token) if token.kind in _LEAVES else self._part(token)
        while self.next.kind in _SUFFIXES:
            node = self._suffixed(node, self._take())
        return node

    def _part(self, token: Token) -> Node:
        if token.kind is Kind.OPEN:
            return self._group(token)
        return self._field(token) if token.kind is Kind.FIELD else self._exact(token)

    def _leaf(self, token: Token) -> Node:
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            problem = f"more than {MAX_CLAUSES} words and phrases: leave some out"
            raise self._failure(problem, token)
        if token.kind is Kind.PHRASE:
            return Phrase(token.text, token.start, token.end, token.glued)
        if token.kind is Kind.RANGE:
            from searcher.query.operators import read_range

            return read_range(token.text, self.line, token.start)
        chunk = Chunk(token.text, token.start, token.end, token.glued)
        if token.kind is Kind.WILD:
            from searcher.query.forms import Wild

            return Wild(chunk, token.start, token.end)
        return chunk

    def _exact(self, sign: Token) -> Node:
        from searcher.query.forms import Exact

        leaf = self._leaf(self._take())
        if not isinstance(leaf, Chunk | Phrase):
            problem = f"{sign.text} and wildcards cannot stand together: keep one of them"
            raise self._failure(problem, sign)
        return Exact(leaf, sign.start, leaf.end)

    def _suffixed(self, node: Node, token: Token) -> Node:
        from searcher.query.forms import Almost, Boost, Near
        from searcher.query.operators import read_boost, read_slop

        start = node.position
        if token.kind is Kind.BOOST:
            weight = read_boost(token.text, self.line, token.start)
            return Boost(node, weight, start, token.end)
        if not isinstance(node, Phrase):
            problem = f"= and {token.text} cannot stand together: keep one of them"
            raise self._failure(problem, token)
        slop = read_slop(token.text, self.line, token.start)
        if slop is None:
            return Almost(node, start, token.end)
        return Near(node, slop, start, token.end)

    def _group(self, opening: Token) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            problem = f"brackets stand more than {MAX_NESTING} deep: take some out"
            raise self._failure(problem, opening)
        if self.next.kind in _ENDS:
            raise self._failure("nothing stands in these brackets: take them out", opening)
        inner = self._either()
        self._take()  # its partner: the layout groups by whole pairs only
        self.nesting -= 1
        return Group(inner, opening.start)

    def _field(self, token: Token) -> Node:
        if self.field is not None:
            raise self._failure("a field cannot stand inside another: keep one of them", token)
        if token.text == PATH_FIELD and self.next.kind is Kind.OPEN:
            problem = "brackets cannot stand behind path: – write one path, in quotes if need be"
            raise self._failure(problem, self.next)
        self.field = token.text
        clause = self._atom()
        self.field = None
        return Field(token.text, clause, token.start)
