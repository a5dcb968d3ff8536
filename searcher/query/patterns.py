"""Patterns: what wildcards, ``=`` and ``~`` ask for in the text and in source and author.

Imported when a query holds one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import prod

from searcher import model
from searcher.errors import QueryError
from searcher.model import TEXT_FIELDS, Among, Glyphs, Pattern, QueryWord, Run
from searcher.query.catalog import Catalog
from searcher.query.forms import Almost, Exact, Near, Wild
from searcher.query.leaves import Leaf, Scope, any_of
from searcher.query.operators import wildcards
from searcher.query.signs import MAX_CLAUSES, failure
from searcher.query.tree import Form
from searcher.text.queries import query_parts, query_patterns, query_readings
from searcher.text.units import SENTENCE_END, has_ideograph
from searcher.text.words import Cutter

MAX_EXPANSIONS = 1_000
"""Words that one chunk with wildcards may stand for."""

MAX_OPEN = 64
MAX_OPEN_AT_ONCE = 4
"""Words with wildcards in a query, and those of them that begin with less than two letters: for
each of these a whole letter of the dictionary is gone through."""

MIN_LITERALS = 2
"""Letters or digits that a word needs beside its wildcards."""

MIN_ALMOST = 3
"""Units of which one may differ: of fewer hardly anything would be left."""


@dataclass(slots=True)
class Desk:
    """What planning the forms of a query needs: its line, what cuts it and what its index knows.

    ``opened`` counts the words with wildcards so far, ``at_once`` those among them that begin
    with less than two letters.
    """

    line: str
    cutter: Cutter
    catalog: Catalog
    opened: int = 0
    at_once: int = 0


def form_leaf(form: Form, scope: Scope, desk: Desk) -> Leaf | None:
    """Return what *form* asks for; None where it holds no unit.

    Raises QueryError, with the place, where that cannot be asked for there.
    """
    match form:
        case Wild():
            leaf = _wild(form, scope, desk)
        case Exact():
            leaf = _exact(form, scope.fields)
        case Near():
            leaf = _near(form, scope.fields, desk)
        case Almost():
            leaf = _almost(form, scope.fields, desk.line)
        case _:
            raise TypeError(f"{type(form).__name__} asks for no run")
    if leaf is None:
        return None
    label = scope.label(desk.line[form.position : form.end])
    words = (QueryWord(label, leaf.words[0].clause),)
    return leaf._replace(words=words, loose=words)


def _leaf(
    asked: Mapping[tuple[str, ...], Pattern | None],
    fields: tuple[str, ...],
    scored: tuple[str, ...],
    *,
    phrase: bool = True,
) -> Leaf | None:
    """Return the leaf that any of the runs *asked* for satisfies, each as its pattern says."""
    if not asked:
        return None
    clause = any_of(pattern or Run(units, fields) for units, pattern in asked.items())
    return Leaf(
        (QueryWord("", clause),),
        runs=tuple(asked),
        loose_runs=tuple(asked),
        fields=fields,
        phrase=phrase,
        scored=scored if set(fields) <= set(TEXT_FIELDS) else (),
        patterns=tuple(asked.values()),
    )


# ---------------------------------------------------------------- exact, near and almost


def _exact(form: Exact, fields: tuple[str, ...]) -> Leaf | None:
    text = form.clause.text
    asked = {units: Glyphs(text, units, fields) for units in query_readings(text)}
    return _leaf(asked, fields, (text,))


def _near(form: Near, fields: tuple[str, ...], desk: Desk) -> Leaf | None:
    """Return what a phrase with slop asks for; without any it is the phrase."""
    text = form.clause.text
    if form.slop == 0:
        return _leaf(dict.fromkeys(query_readings(text)), fields, (text,))
    texts, readings = query_parts(text, desk.cutter)
    if len(texts) > MAX_CLAUSES:
        problem = f"more than {MAX_CLAUSES} words stand in this phrase with ~: leave some out"
        raise failure(problem, desk.line, form.position)
    asked = {
        tuple(chain.from_iterable(parts)): (
            model.Near(parts, form.slop, fields) if len(parts) > 1 else None
        )
        for parts in readings
    }
    return _leaf(asked, fields, texts)


def _almost(form: Almost, fields: tuple[str, ...], line: str) -> Leaf | None:
    text = form.clause.text
    readings = query_readings(text)
    for units in readings:
        if len(units) - units.count(SENTENCE_END) < MIN_ALMOST:
            problem = f"~1字 needs a phrase of {MIN_ALMOST} characters or more: write a longer one"
            raise failure(problem, line, form.clause.end)
    asked = {units: model.Almost(units, fields) for units in readings}
    return _leaf(asked, fields, (text,))


# ---------------------------------------------------------------- wildcards


def before_star(form: Wild) -> str | None:
    """Return the text that a chunk begins with, where a star behind Han is its only wildcard.

    >>> from searcher.query.tree import Chunk
    >>> before_star(Wild(Chunk("驻村*"))), before_star(Wild(Chunk("go*")))
    ('驻村', None)
    """
    text = form.clause.text
    first = min(wildcards(text))
    is_last = len(wildcards(text)) == len(text) - first
    return text[:first] if is_last and has_ideograph(text[first - 1]) else None


def _wild(form: Wild, scope: Scope, desk: Desk) -> Leaf | None:
    """Return what a chunk with wildcards asks for: one run, its words with them expanded.

    What was expanded scores as a constant: else the rarest expansion would outweigh the rest.
    """
    text = before_star(form)
    if text is not None:
        asked = dict.fromkeys(query_readings(text))
        return _leaf(asked, scope.fields, (text,), phrase=False)
    if not scope.in_text:
        problem = f"wildcards in letters and digits work in {' and '.join(TEXT_FIELDS)} only"
        raise failure(f"{problem}: write the word out", desk.line, form.position)
    runs = tuple(_expanded(form, desk))
    leaf = _leaf(dict.fromkeys(runs), scope.fields, (), phrase=False)
    if leaf is None:
        return Leaf((QueryWord("", Among(())),), fields=scope.fields)
    return leaf._replace(rewarded=leaf.words[0].clause)


def _expanded(form: Wild, desk: Desk) -> dict[tuple[str, ...], None]:
    """Return the runs that a chunk with wildcards stands for."""
    text = form.clause.text
    found: dict[tuple[str, ...], None] = {}
    for units in query_patterns(text, wildcards(text)):
        words = [_words(unit, form, desk) for unit in units]
        if prod(map(len, words)) + len(found) > MAX_EXPANSIONS:
            raise _too_many(form, desk)
        found |= dict.fromkeys(product(*words))
    return found


def _words(unit: str, form: Wild, desk: Desk) -> tuple[str, ...]:
    """Return the units that a unit with wildcards stands for; one without is itself."""
    beginning, *others = re.split("[*?]", unit)
    if not others:
        return (unit,)
    if len(beginning) + sum(map(len, others)) < MIN_LITERALS:
        problem = f"a word needs {MIN_LITERALS} letters or digits beside * and ?: write more of it"
        raise failure(problem, desk.line, form.position)
    _count(beginning, form, desk)
    words = desk.catalog.expand(unit, MAX_EXPANSIONS)
    if len(words) > MAX_EXPANSIONS:
        raise _too_many(form, desk)
    return words


def _count(beginning: str, form: Wild, desk: Desk) -> None:
    """Raise QueryError where a query holds too many words with wildcards."""
    desk.opened += 1
    desk.at_once += len(beginning) < MIN_LITERALS
    if desk.opened > MAX_OPEN:
        problem = f"more than {MAX_OPEN} words have wildcards: leave some out"
        raise failure(problem, desk.line, form.position)
    if desk.at_once > MAX_OPEN_AT_ONCE:
        problem = f"more than {MAX_OPEN_AT_ONCE} words have a wildcard in the second place"
        raise failure(f"{problem}: write two letters before it", desk.line, form.position)


def _too_many(form: Wild, desk: Desk) -> QueryError:
    problem = f"this stands for more than {MAX_EXPANSIONS:,} words: write more of it"
    return failure(problem, desk.line, form.position)
