"""The tree of a query: what the user wrote, before any word is cut.

Every record carries its place in the line, which equality leaves out.  ``str`` of a tree is a
line that parses to an equal tree.  What hardly a query has is in `searcher.query.forms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from searcher.query.signs import QUOTES, SIGNS


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of bare text without blanks; ``position:end`` is where it stands in the line.

    ``glued``: it stands directly behind a quote, so nothing at its start is an operator.
    """

    text: str
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    glued: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """What stands between quotes, without them; ``position:end`` includes them.

    ``glued``: no blank stands before its opening quote.
    """

    text: str
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    glued: bool = False

    def __str__(self) -> str:
        # A literal line may hold every closing quote; no line parses to such a phrase.
        quotes = ((open_, close) for open_, close in QUOTES.items() if close not in self.text)
        open_, close = next(quotes, ("“", "”"))
        return f"{open_}{self.text}{close}"


@dataclass(frozen=True, slots=True)
class Field:
    """``name:clause``; the clause is a chunk, a phrase or a group."""

    name: str
    clause: Node
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.name}:{self.clause}"


@dataclass(frozen=True, slots=True)
class Not:
    """``-clause`` or ``NOT clause``."""

    clause: Node
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        text = str(self.clause)
        return f"NOT {text}" if text[0] in SIGNS else f"-{text}"


@dataclass(frozen=True, slots=True)
class Required:
    """``+clause``."""

    clause: Node
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"+{self.clause}"


@dataclass(frozen=True, slots=True)
class Group:
    """``(clause)``."""

    clause: Node
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"({self.clause})"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more clauses joined by AND."""

    clauses: tuple[Node, ...]
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return " AND ".join(map(str, self.clauses))


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more clauses joined by OR or ``|``."""

    clauses: tuple[Node, ...]
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return " OR ".join(map(str, self.clauses))


@dataclass(frozen=True, slots=True)
class Beside:
    """Two or more clauses that stand side by side, with or without blanks between them."""

    clauses: tuple[Node, ...]
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return "".join(f"{'' if _glued(c) else ' '}{c}" for c in self.clauses)[1:]


class Form:
    """A node of `searcher.query.forms`: hardly a query has one."""

    __slots__ = ()

    position: int
    end: int

    def inside(self) -> Node | None:
        """Return the clause that this one says more of, if there is any."""
        return None


Node: TypeAlias = Chunk | Phrase | Field | Not | Required | Group | And | Or | Beside | Form


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed line: ``line`` as it was read (see `searcher.query.signs.readable`)."""

    line: str = field(compare=False)
    root: Node

    def __str__(self) -> str:
        return str(self.root)


def walk(node: Node) -> Iterator[Node]:
    """Yield *node* and every node below it, in the order they were written."""
    yield node
    if isinstance(node, And | Or | Beside):
        for clause in node.clauses:
            yield from walk(clause)
    elif isinstance(node, Field | Not | Required | Group):
        yield from walk(node.clause)
    elif isinstance(node, Form) and (inside := node.inside()) is not None:
        yield from walk(inside)


def _glued(node: Node) -> bool:
    if isinstance(node, Chunk | Phrase):
        return node.glued
    if isinstance(node, And | Or | Beside):
        return _glued(node.clauses[0])
    inside = node.inside() if isinstance(node, Form) else None
    return inside is not None and _glued(inside)
