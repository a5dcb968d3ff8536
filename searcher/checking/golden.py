"""Golden queries: what an index must find, and what of it changed against another one.

A golden file is JSONL, one query a line with the ids it must find, for instance
``{"query": "“脱贫攻坚”", "ids": ["seeds/000.txt"]}``; ``"match"`` is ``all`` unless given.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias, get_args

from searcher.errors import SourceError
from searcher.model import Match
from searcher.text.decode import storable


class Golden(NamedTuple):
    """A query and the ids that must be among its hits."""

    query: str
    ids: tuple[str, ...]
    match: Match = "all"


class GoldenMissed(NamedTuple):
    """A golden query that misses ``ids``; ``reason`` says why where it cannot be answered."""

    query: str
    ids: tuple[str, ...]
    reason: str = ""


class GoldenChange(NamedTuple):
    """The ids that a golden query ``gained`` and ``lost`` against the live generation."""

    query: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


Answer: TypeAlias = frozenset[str] | str
"""The ids that a golden query finds, or why it cannot be answered."""


def read_golden(path: str | Path) -> tuple[Golden, ...]:
    """Return the golden queries in the file *path*; blank lines hold none.

    Raises:
        SourceError: it cannot be read, or holds none; the message names the line.
    """
    try:
        lines = Path(path).read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        then = "name a file of golden queries that you may read, in UTF-8"
        raise SourceError(f"{path}: cannot be read: {reason}; {then}") from error
    found = tuple(_golden(lines, path))
    if not found:
        raise SourceError(f'{path}: holds no golden query; write {{"query": …, "ids": […]}}')
    return found


def _golden(lines: Collection[str], path: str | Path) -> Iterator[Golden]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _record(line)
            except (ValueError, RecursionError) as error:
                raise SourceError(f"{path}:{number}: no golden query: {error}") from error


def _record(line: str) -> Golden:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError('write {"query": …, "ids": […]}')
    query, ids, match = record.get("query"), record.get("ids"), record.get("match", "all")
    if not isinstance(query, str) or not query.strip():
        raise ValueError('"query" must be a text')
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise ValueError('"ids" must be a list of texts')
    if match not in get_args(Match):
        raise ValueError(f'"match" must be one of {", ".join(get_args(Match))}')
    return Golden(query, tuple(storable(each)[0] for each in ids), match)


def missed(golden: Golden, answer: Answer) -> GoldenMissed | None:
    """Return what *answer* lacks; None where nothing is missing."""
    if isinstance(answer, str):
        return GoldenMissed(golden.query, golden.ids, answer)
    ids = tuple(each for each in golden.ids if each not in answer)
    return GoldenMissed(golden.query, ids) if ids else None


def change(golden: Golden, answer: Answer, live: Answer) -> GoldenChange | None:
    """Return what *answer* gained and lost against the *live* one; None where both are the same
    or one could not be given.
    """
    if isinstance(answer, str) or isinstance(live, str) or answer == live:
        return None
    return GoldenChange(golden.query, tuple(sorted(answer - live)), tuple(sorted(live - answer)))
