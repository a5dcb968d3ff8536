"""Searching: a query and its options in, one page out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from searcher.arguments import MOST, SNIPPET_CHARS, SNIPPETS, string, strings, whole
from searcher.errors import DocumentNotFoundError
from searcher.model import EnginePage, Hit, Match, Matched, Page, Plan, Region, Sort
from searcher.query.alternatives import Widening
from searcher.snapshot import Snapshot

_MATCHES, _SORTS, _REGIONS = get_args(Match), get_args(Sort), get_args(Region)
_NUMBERS = ("limit", "offset", "snippets", "snippet_chars")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for beside the query.

    Raises:
        ValueError: a number is negative, or ``match``, ``sort`` or ``region`` is none of its
            words.
        TypeError: a number is not whole, or ``facets`` holds something else than strings.
    """

    limit: int = 10
    offset: int = 0
    snippets: int = SNIPPETS
    snippet_chars: int = SNIPPET_CHARS
    match: Match = "auto"
    sort: Sort = "score"
    reverse: bool = False
    literal: bool = False
    facets: Sequence[str] = ()
    collapse: bool = False
    region: Region = "all"
    equivalents: bool = False
    suggest: bool = False

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            given = getattr(self, name)
            if type(given) is not int or not 0 <= given <= MOST:
                object.__setattr__(self, name, whole(name, given))
        if self.facets != ():
            object.__setattr__(self, "facets", strings("facets", self.facets))
        if self.snippet_chars < 1:
            raise ValueError(f"snippet_chars must be at least 1, it is {self.snippet_chars}")
        for name, word, known in (
            ("match", self.match, _MATCHES),
            ("sort", self.sort, _SORTS),
            ("region", self.region, _REGIONS),
        ):
            if word not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, it is {word!r}")


def answer(snapshot: Snapshot, query: str, asked: Asked) -> Page:
    """Return one page of the documents that match *query*; see `searcher.index.Index.search`."""
    string("a query", query)
    began = time.perf_counter()
    widening = Widening(asked.region, asked.equivalents)
    plan = snapshot.plan(query, match=asked.match, literal=asked.literal, widening=widening)
    return _page(snapshot, query, plan, asked, began)


def answer_like(snapshot: Snapshot, document_id: str, asked: Asked) -> Page:
    """Return one page of documents like one; see `searcher.index.Index.like`."""
    # Imported here: it analyses text, as nothing else that reads does.
    from searcher.searching.likeness import like

    began = time.perf_counter()
    number = snapshot.number_of(string("an id", document_id))
    if number is None:
        raise DocumentNotFoundError(document_id)
    plan = like(snapshot, number)
    query = f"like:{document_id}"
    if plan is None:
        return Page(query, 0, "all", _since(began), snapshot.generation.id, ())
    return _page(snapshot, query, plan, asked, began)


def _page(snapshot: Snapshot, query: str, plan: Plan, asked: Asked, began: float) -> Page:
    def find(limit: int, offset: int) -> tuple[EnginePage, Matched]:
        return snapshot.find(
            plan, limit=limit, offset=offset, sort=asked.sort, reverse=asked.reverse, line=query
        )

    if asked.collapse:
        # Imported here: hardly a search asks for it.
        from searcher.searching.duplicates import collapsed

        found, matched, alike = collapsed(find, snapshot.stored, asked.limit, asked.offset)
    else:
        (found, matched), alike = find(asked.limit, asked.offset), None
    marks = plan.marks if matched == "all" else plan.fallback_marks
    hits = snapshot.hits(found.hits, marks, asked.snippets, asked.snippet_chars)
    if alike is not None:
        ids = ([snapshot.reader.document(each)[0] for each in group] for group in alike)
        hits = tuple(map(_with_duplicates, hits, ids))
    return Page(
        query=query,
        total=found.total,
        matched=matched,
        facets=snapshot.facets(plan, matched, asked.facets) if asked.facets else {},
        generation=snapshot.generation.id,
        hits=hits,
        alternatives=snapshot.alternatives(plan) if plan.alternatives else (),
        word_totals={} if found.total else snapshot.word_totals(plan),
        suggestions=()
        if found.total or not asked.suggest
        else _suggestions(snapshot, query, asked),
        took_ms=_since(began),
    )


def _suggestions(snapshot: Snapshot, query: str, asked: Asked) -> tuple[str, ...]:
    # Imported here: most searches find something.
    from searcher.searching.suggesting import suggestions

    return suggestions(snapshot, query, asked)


def _with_duplicates(hit: Hit, ids: list[str]) -> Hit:
    return hit._replace(duplicates=tuple(ids))


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
