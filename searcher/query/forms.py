"""Forms: nodes of a tree that hardly a query has, so that this is imported when one is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from searcher.query.tree import Chunk, Form, Node, Phrase


class _Around(Form):
    """A form that says more of a clause."""

    __slots__ = ()

    clause: Node

    def inside(self) -> Node:
        return self.clause


@dataclass(frozen=True, slots=True)
class Wild(_Around):
    """A chunk with wildcards: ``驻村*``, ``te?t``."""

    clause: Chunk
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return str(self.clause)


@dataclass(frozen=True, slots=True)
class Exact(_Around):
    """``=clause``: written exactly so."""

    clause: Chunk | Phrase
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"={self.clause}"


@dataclass(frozen=True, slots=True)
class Near(_Around):
    """``"phrase"~slop``: its parts with at most ``slop`` units between them in all."""

    clause: Phrase
    slop: int
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.clause}~{self.slop}"


@dataclass(frozen=True, slots=True)
class Almost(_Around):
    """``"phrase"~1字``: with at most one unit replaced, left out or put in."""

    clause: Phrase
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.clause}~1字"


@dataclass(frozen=True, slots=True)
class Range(Form):
    """``[low TO high]``, each end as it was typed; ``>=low`` and the like are ranges too.

    An end is ``*`` where there is none; ``with_low`` and ``with_high`` say whether it belongs to
    the range.
    """

    low: str
    high: str
    with_low: bool = True
    with_high: bool = True
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        opening, closing = "{["[self.with_low], "}]"[self.with_high]
        return f"{opening}{self.low} TO {self.high}{closing}"


@dataclass(frozen=True, slots=True)
class Boost(_Around):
    """``clause^weight``: it weighs so many times as much in the score."""

    clause: Node
    weight: float
    position: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.clause}^{_decimal(self.weight)}"


def unboosted(node: Node) -> tuple[Node, float]:
    """Return what *node* boosts and its weight; itself and 1 if it is no boost.

    >>> unboosted(Boost(Chunk("脱贫"), 2.0))
    (Chunk(text='脱贫', position=0, end=0, glued=False), 2.0)
    """
    return (node.clause, node.weight) if isinstance(node, Boost) else (node, 1.0)


def _decimal(weight: float) -> str:
    """Return the shortest digits that mean *weight*, without an exponent."""
    shortest = repr(weight)
    if "e" in shortest:
        shortest = f"{weight:.400f}".rstrip("0")
    return shortest.removesuffix(".0")
