"""Clauses: what documents a clause matches, in the cluster's own query language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from searcher.engines.opensearch_.mapping import (
    BAG,
    NUMBER,
    PLAIN,
    field_key,
    finite,
    in_extra,
    whole_value,
)
from searcher.engines.opensearch_.tokens import token, tokens
from searcher.errors import EngineError
from searcher.model import (
    TEXT_FIELDS,
    Among,
    And,
    Clause,
    Dated,
    Has,
    Is,
    Near,
    Not,
    Or,
    PathIs,
    Run,
    ScoreClause,
    ScoreTerm,
    Within,
)

Dsl: TypeAlias = dict[str, Any]

MOST_CLAUSES = 1024
"""Clauses of one query that a cluster takes, unless it was told otherwise."""

MOST_NUMBERS = 65_536
"""Values of one set that it takes (``index.max_terms_count``)."""

_SEVERAL = 8
"""More single units than this are looked up as a set."""

_MOST_GAPS = 2**31 - 1

_GLOB = re.compile(r"[*?\[]")


def dsl(clause: Clause) -> Dsl:
    """Return a clause for the cluster.

    >>> dsl(Run(("脱",), ("body",))), dsl(Run(("脱", "贫"), ("body",)))
    ({'term': {'body': '脱'}}, {'match_phrase': {'body': '脱 贫'}})

    Raises:
        ValueError: only the text can answer it.
    """
    made = _MADE.get(type(clause))
    if made is None:
        raise ValueError(f"{type(clause).__name__} has to be looked up in the text")
    return made(clause)


def query(
    where: Clause,
    terms: Iterable[ScoreTerm],
    constants: Iterable[ScoreClause],
    scale: float = 1.0,
) -> Dsl:
    """Return the query for the documents that match *where*, scored by *terms* and *constants*.

    *scale* is what the cluster multiplies BM25 by.

    Raises:
        EngineError: it has more clauses than a cluster takes.
    """
    should = [constant(each, at) for at, each in enumerate(constants)]
    should += [
        {"term": {BAG: {"value": token(each.term), "boost": each.weight / scale}}}
        for each in terms
    ]
    found: Dsl = {"bool": {"filter": [dsl(where)]}}
    if should:
        found["bool"] |= {"should": should, "minimum_should_match": 0}
    return _checked(found)


def matching(where: Clause) -> Dsl:
    """Return the query for the documents that match *where*, without scores.

    Raises:
        EngineError: it has more clauses than a cluster takes.
    """
    return _checked({"bool": {"filter": [dsl(where)]}})


def _checked(made: Dsl) -> Dsl:
    if count(made) > MOST_CLAUSES:
        raise EngineError(
            f"the query has {count(made):,} parts, of which a cluster takes {MOST_CLAUSES:,}: "
            "ask for less at once"
        )
    return made


def constant(each: ScoreClause, at: int) -> Dsl:
    """Return a clause that adds its weight to what it matches; it is named by its place."""
    return {"constant_score": {"filter": dsl(each.clause), "boost": each.weight, "_name": str(at)}}


def count(made: Any) -> int:
    """Return how many clauses a query has, as the cluster counts them.

    >>> count({"bool": {"should": [{"term": {"bag": "a"}}, {"terms": {"bag": ["b", "c"]}}]}})
    2
    """
    if isinstance(made, Mapping):
        own = sum(_units(made[key]) if key == "intervals" else 1 for key in made if key in _LEAVES)
        return own + sum(count(value) for key, value in made.items() if key not in _LEAVES)
    return sum(map(count, made)) if isinstance(made, list) else 0


def _units(intervals: Any) -> int:
    """Return how many units a search for places has: each counts, as those of a phrase do not."""
    if isinstance(intervals, Mapping):
        return sum(
            value.count(" ") + 1 if key == "query" else _units(value)
            for key, value in intervals.items()
        )
    return sum(map(_units, intervals)) if isinstance(intervals, list) else 0


_LEAVES = frozenset(
    (
        "term",
        "terms",
        "match_phrase",
        "intervals",
        "range",
        "prefix",
        "wildcard",
        "regexp",
        "exists",
        "match_all",
        "match_none",
    )
)


# ---------------------------------------------------------------- text


def _run(clause: Run) -> Dsl:
    if clause.fields == TEXT_FIELDS and len(clause.units) == 1:
        return {"term": {BAG: token(clause.units[0])}}
    return _any([_in_field(clause.units, field) for field in clause.fields])


def _in_field(units: Sequence[str], field: str) -> Dsl:
    if len(units) == 1:
        return {"term": {field: token(units[0])}}
    return {"match_phrase": {field: tokens(units)}}


def _near(clause: Near) -> Dsl:
    if len(clause.parts) == 1:
        return _run(Run(clause.parts[0], clause.fields))
    if any(len(part) < 2 for part in clause.parts):  # as every engine does
        raise ValueError("Near has to be looked up in the text: a part of it is a single unit")
    parts = [
        {"match": {"query": tokens(part), "ordered": True, "max_gaps": 0}} for part in clause.parts
    ]
    rule = {
        "all_of": {"intervals": parts, "ordered": True, "max_gaps": min(clause.slop, _MOST_GAPS)}
    }
    return _any([{"intervals": {field: rule}} for field in clause.fields])


# ---------------------------------------------------------------- metadata


def _has(clause: Has) -> Dsl:
    found = in_extra(clause.field, clause.units)
    if len(clause.units) == 1:
        return {"term": {"runs": found}}
    return {"match_phrase": {"runs": found}}


def _is(clause: Is) -> Dsl:
    return {"term": {text_field(clause.field): whole_value(clause.value)}}


def text_field(name: str) -> str:
    """Return where the texts of a field are kept whole."""
    return f"plain.{name}" if name in PLAIN else f"texts.{field_key(name)}"


def figure_field(name: str) -> str:
    """Return where the numbers of an extra field are kept."""
    return f"figures.{field_key(name)}"


def _within(clause: Within) -> Dsl:
    bounds = {"gte": clause.low, "lte": clause.high}
    given = {name: finite(bound) for name, bound in bounds.items() if bound is not None}
    field = figure_field(clause.field)
    return {"range": {field: given}} if given else {"exists": {"field": field}}


def _dated(clause: Dated) -> Dsl:
    found: list[Dsl] = []
    if clause.first is not None:
        found.append({"range": {"first_day": {"gte": clause.first}}})
    if clause.last is not None:
        found.append({"range": {"last_day": {"lte": clause.last}}})
    return _all(found or [{"exists": {"field": "first_day"}}])


def _among(clause: Among) -> Dsl:
    numbers = list(clause.numbers)
    return _any(
        {"terms": {NUMBER: numbers[at : at + MOST_NUMBERS]}}
        for at in range(0, len(numbers), MOST_NUMBERS)
    )


def _path(clause: PathIs) -> Dsl:
    pattern = clause.pattern
    if not _GLOB.search(pattern):
        return _any([{"prefix": {field: pattern}} for field in ("path", "id")])
    return _any([{"regexp": {field: regexp(pattern)}} for field in ("path", "id")])


def regexp(pattern: str) -> str:
    """Return a glob in Lucene's regular expressions.

    >>> regexp("seeds/00?*[!a-c].txt")
    'seeds\\\\/00..*[^a-c]\\\\.txt'
    """
    out, at = "", 0
    while at < len(pattern):
        sign = pattern[at]
        inside = at + 2 + pattern.startswith("!", at + 1)
        close = pattern.find("]", inside) if sign == "[" else -1
        if close > 0:
            out += _class(pattern[at + 1 : close])
            at = close
        else:
            out += _WILD.get(sign) or _plain(sign)
        at += 1
    return out


_WILD = {"*": ".*", "?": "."}

_NO_CHARACTER = "#"
"""Matches nothing at all."""


def wildcards(pattern: str) -> str:
    """Return a pattern that knows ``*`` and ``?`` only in Lucene's regular expressions.

    >>> wildcards("py?[*")
    'py.\\\\[.*'
    """
    return "".join(_WILD.get(sign) or _plain(sign) for sign in pattern)


def _class(inside: str) -> str:
    """Return the characters between brackets; of a range that goes backwards there are none.

    Lucene takes no such range, and no hyphen at an end.  As with Python's `fnmatch`, a ``!`` that
    is left as the first sign negates, too.
    """
    left = list(_ranges(inside))
    negated = bool(left) and left[0][0] == "!"
    if negated and len(left[0]) == 1:
        del left[0]
    elif negated:  # a range that begins with it is one no more
        left[0] = left[0][1:]
    parts = [
        f"{_plain(each[0])}-{_plain(each[2])}" if len(each) == 3 else "".join(map(_plain, each))
        for each in left
    ]
    if not parts:
        return "." if negated else _NO_CHARACTER
    return f"[{'^' * negated}{''.join(parts)}]"


def _ranges(inside: str) -> Iterator[str]:
    """Yield the characters and ranges between brackets, without those that go backwards.

    >>> list(_ranges("!a-cz-y-"))
    ['!', 'a-c', '-']
    """
    at = 0
    if inside.startswith("!"):
        yield "!"
        at = 1
    while at < len(inside):
        each = inside[at : at + 3]
        if len(each) < 3 or each[1] != "-":
            each = inside[at]
        if len(each) == 1 or each[0] <= each[2]:
            yield each
        at += len(each)


def _plain(sign: str) -> str:
    return sign if sign.isalnum() else f"\\{sign}"


# ---------------------------------------------------------------- together


def _or(clause: Or) -> Dsl:
    made = list(map(dsl, clause.clauses))
    single = [each["term"][BAG] for each in made if _is_unit(each)]
    if len(single) <= _SEVERAL:
        return _any(made)
    rest = [each for each in made if not _is_unit(each)]
    return _any([{"terms": {BAG: single}}, *rest])


def _is_unit(made: Dsl) -> bool:
    return BAG in made.get("term", ())


def _and(clause: And) -> Dsl:
    return _all(map(dsl, clause.clauses))


def _not(clause: Not) -> Dsl:
    return {"bool": {"must_not": [dsl(clause.clause)]}}


def _any(made: Iterable[Dsl]) -> Dsl:
    found = list(made)
    if len(found) == 1:
        return found[0]
    return {"bool": {"should": found, "minimum_should_match": 1}} if found else {"match_none": {}}


def _all(made: Iterable[Dsl]) -> Dsl:
    found = list(made)
    return found[0] if len(found) == 1 else {"bool": {"filter": found}}


_MADE: dict[type, Callable[[Any], Dsl]] = {
    Run: _run,
    Near: _near,
    Has: _has,
    Is: _is,
    Within: _within,
    Dated: _dated,
    Among: _among,
    PathIs: _path,
    And: _and,
    Or: _or,
    Not: _not,
}
