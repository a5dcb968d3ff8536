"""Options: what a search may be told beside its query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from searcher.model.queries import Match, Region, Sort


class SearchOptions(TypedDict, total=False):
    """The options of `Index.search`."""

    limit: int
    offset: int
    match: Match
    sort: Sort
    snippets: int
    snippet_chars: int
    reverse: bool
    literal: bool
    facets: Sequence[str]
    collapse: bool
    region: Region
    equivalents: bool
    suggest: bool
