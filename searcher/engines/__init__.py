"""Engines by name: the whole table."""

from __future__ import annotations

from pathlib import Path

from searcher.engines.base import Engine
from searcher.engines.opensearch_ import OpenSearchEngine
from searcher.engines.whoosh_ import WhooshEngine
from searcher.errors import SearcherError

ENGINES: dict[str, Engine] = {"whoosh": WhooshEngine(), "opensearch": OpenSearchEngine()}


def drop(folder: Path) -> None:
    """Let go of what a generation, of whichever engine, stands for elsewhere; it is removed next.

    Raises:
        EngineError: that cannot be done now.
    """
    for engine in ENGINES.values():
        engine.drop(folder)


def published(folder: Path) -> tuple[str, ...]:
    """Take note that a generation, of whichever engine, is the published one.

    Returns what could not be done now: the generation is published all the same.
    """
    problems = []
    for engine in ENGINES.values():
        try:
            engine.published(folder)
        except SearcherError as error:
            problems.append(f"published, but others may not see it before the next job: {error}")
    return tuple(problems)
