"""Answers: pages of hits with their snippets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

from searcher.model.documents import ExtraValue, Script
from searcher.model.queries import Matched


class Snippet(NamedTuple):
    """A passage of the original field text.

    ``text`` is ``field_text[start:end]``; ``highlights`` are half-open ranges in coordinates of
    the field (not of the passage), ascending, not touching unless they belong to different parts
    of the query.  ``line`` and ``column`` (both 1-based, in characters) say where the first
    highlight begins.
    """

    field: str
    start: int
    end: int
    line: int
    column: int
    text: str
    highlights: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the snippet as plain values, in the order of the JSON contract."""
        return {**self._asdict(), "highlights": [list(span) for span in self.highlights]}


class Hit(NamedTuple):
    """One found document.  ``score`` is None when hits are not sorted by score.

    ``duplicates`` are the ids of documents that are nearly the same and not listed by themselves;
    None unless that was asked for.
    """

    id: str
    score: float | None
    title: str
    path: str
    date: str | None
    source: str
    author: str
    script: Script
    extra: Mapping[str, ExtraValue]
    snippets: tuple[Snippet, ...]
    duplicates: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as plain values, in the order of the JSON contract.

        ``duplicates`` is there only where they were asked for.
        """
        snippets = [snippet.to_dict() for snippet in self.snippets]
        out = {**self._asdict(), "extra": _plain(self.extra), "snippets": snippets}
        del out["duplicates"]
        if self.duplicates is not None:
            out["duplicates"] = list(self.duplicates)
        return out


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; ``total`` is exact, after filters and before the limit.

    ``matched`` is "some" where no document holds every word and those with some are shown.
    ``word_totals`` maps each word of the query to its number of documents; filled only where
    nothing was found.  So are ``suggestions``: queries that find something, asked with the same
    options.
    """

    query: str
    total: int
    matched: Matched
    took_ms: float
    generation: str
    hits: tuple[Hit, ...]
    alternatives: tuple[Mapping[str, Any], ...] = ()
    suggestions: tuple[str, ...] = ()
    facets: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    word_totals: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the page as dicts, lists, strings and numbers that JSON can hold.

        Every key is always there, in the order of the contract.  A number that JSON cannot hold
        (an endless or undefined one in ``extra``) is None.

        >>> list(Page("文", 0, "all", 0.123, "gen-1", ()).to_dict())[:5]
        ['query', 'total', 'matched', 'took_ms', 'generation']
        """
        return {
            "query": self.query,
            "total": self.total,
            "matched": self.matched,
            "took_ms": round(self.took_ms, 3),
            "generation": self.generation,
            "alternatives": _plain(self.alternatives),
            "suggestions": _plain(self.suggestions),
            "facets": _plain(self.facets),
            "warnings": _plain(self.warnings),
            "hits": [hit.to_dict() for hit in self.hits],
        }


def _plain(value: Any) -> Any:
    """Return *value* with mappings as dicts, sequences as lists, and no endless numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
