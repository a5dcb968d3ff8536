"""Suggesting: queries near one that found nothing, each of which does find something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from searcher.errors import QueryError
from searcher.query import parse
from searcher.query.alternatives import Widening
from searcher.query.catalog import Catalog
from searcher.query.tree import And, Beside, Chunk, Field, Group, Node, Or, Phrase, Required
from searcher.searching import Asked
from searcher.snapshot import Snapshot
from searcher.text.queries import query_readings

FEWEST = 4
"""Units of which one may be wrong: of fewer too much would be like them."""

Spot = Chunk | Phrase


def suggestions(snapshot: Snapshot, query: str, asked: Asked) -> tuple[str, ...]:
    """Return queries near *query*, which found nothing, that find something, the nearest first.

    One in which a character of each phrase may be wrong, and one without quotes.
    """
    near = dict.fromkeys(_near(query, asked.literal, snapshot.catalog))
    return tuple(line for line in near if _finds(snapshot, line, asked))


def _finds(snapshot: Snapshot, line: str, asked: Asked) -> bool:
    widening = Widening(asked.region, asked.equivalents)
    try:
        plan = snapshot.plan(line, match="all", literal=False, widening=widening)
        return snapshot.reader.count(snapshot.resolved(plan.where, line)) > 0
    except QueryError:
        return False


def _near(query: str, literal: bool, catalog: Catalog) -> Iterator[str]:
    root: Node = Phrase(query, 0, len(query)) if literal else parse(query, catalog).root
    spots = [root] if isinstance(root, Chunk) else list(_phrases(root))
    long = [spot for spot in spots if len(next(iter(query_readings(spot.text)), ())) >= FEWEST]
    if long:
        yield _rewritten(query, long, lambda spot: f"{Phrase(spot.text)}~1字")
    phrases = [spot for spot in spots if isinstance(spot, Phrase)]
    if phrases:
        yield _rewritten(query, phrases, lambda spot: spot.text.strip())


def _phrases(node: Node) -> Iterator[Spot]:
    """Yield the phrases that are asked for as they stand, in the order of the line."""
    if isinstance(node, And | Or | Beside):
        for clause in node.clauses:
            yield from _phrases(clause)
    elif isinstance(node, Field | Group | Required):
        yield from _phrases(node.clause)
    elif isinstance(node, Phrase):
        yield node


def _rewritten(query: str, spots: Sequence[Spot], write: Callable[[Spot], str]) -> str:
    """Return *query* with each of *spots* written otherwise, blanks around it."""
    out, at = "", 0
    for spot in spots:
        before = query[at : spot.position]
        gap = " " if before[-1:].strip() and before[-1] not in "(（:：+＋" else ""
        out += before + gap + write(spot)
        at = spot.end
        out += " " if query[at : at + 1].strip() and query[at] not in ")）" else ""
    return out + query[at:]
