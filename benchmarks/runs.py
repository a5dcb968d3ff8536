"""Runs: a judged set and an open index → the scores of every query."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import searcher
from benchmarks.judged import JudgedSet
from benchmarks.metrics import Scores, score
from searcher.model import Match

DEPTH = 100
"""How many hits of a query are looked at."""

NOTHING = Scores(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A query that was refused: the character at the place of the error, and the message."""

    query: str
    text: str
    character: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """All queries of one file in one mode.  ``scores``: query → measures; refused ones count 0.

    ``empty`` are queries that were answered with nothing; ``cpu_ms`` is for each query in order.
    """

    set_name: str
    queries: str
    match: Match
    documents: int
    scores: Mapping[str, Scores]
    refusals: tuple[Refusal, ...]
    empty: int
    cpu_ms: tuple[float, ...]


@contextmanager
def indexed(judged: JudgedSet, cache: Path | None) -> Iterator[searcher.Index]:
    """Open an index of the set's documents: a new one, or that in *cache* if it can be read."""
    with tempfile.TemporaryDirectory() as scratch:
        home = (cache or Path(scratch)) / f"{judged.name}-{judged.digest}"
        with _opened_or_built(judged, home) as index:
            yield index


def _opened_or_built(judged: JudgedSet, home: Path) -> searcher.Index:
    try:
        return searcher.open(home)
    except (searcher.IndexNotFoundError, searcher.IndexFormatError):
        searcher.build(judged.documents, index=home)
        return searcher.open(home)


def chosen(queries: Mapping[str, str], judged: JudgedSet, limit: int | None) -> dict[str, str]:
    """Return the queries with judgments; at most *limit*, the same ones of every conversion."""
    known = sorted(name for name in queries if name in judged.qrels)
    if limit is not None and limit < len(known):
        known = sorted(random.Random(0).sample(known, limit))
    return {name: queries[name] for name in known}


def run(
    index: searcher.Index, judged: JudgedSet, queries: str, match: Match, limit: int | None
) -> Run:
    """Return the scores of one file of queries, each asked as it was typed."""
    scores: dict[str, Scores] = {}
    refusals: list[Refusal] = []
    cpu_ms: list[float] = []
    empty = 0
    for name, text in chosen(judged.queries[queries], judged, limit).items():
        began = time.process_time_ns()
        try:
            page = index.search(text, match=match, limit=DEPTH, snippets=0)
        except searcher.QueryError as error:
            character = text[error.position : error.position + 1]
            refusals.append(Refusal(name, text, character, str(error)))
            scores[name] = NOTHING
            continue
        cpu_ms.append((time.process_time_ns() - began) / 1e6)
        empty += not page.hits
        scores[name] = score([hit.id for hit in page.hits], judged.qrels[name])
    return Run(
        judged.name, queries, match, len(index), scores, tuple(refusals), empty, tuple(cpu_ms)
    )
