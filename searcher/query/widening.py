"""Widening: what a leaf asks for, with the alternatives of its words.

A word is satisfied by itself or by any of its alternatives, and these are marked as it is.  They
score below it, and by nothing that a document without them holds, so that documents without any
are ranked as if nobody had thought of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from searcher.model import Alternative, Clause, QueryWord, Region
from searcher.query.alternatives import DATE, NUMBER, Other, in_phrase, others
from searcher.query.leaves import Leaf, ReadChunk, Readings, all_of, any_of, run_clause
from searcher.text.queries import QueryPart, query_readings, whole_terms
from searcher.text.script import fold
from searcher.text.words import Cutter

ALTERNATIVE_WEIGHT = 0.5
"""What a term of an alternative weighs, where one of the word itself weighs 1."""

ALTERNATIVE_CONSTANT = 1.0
"""What an alternative adds of which no single term tells that it stands there."""

MOST_WAYS = 64
"""Ways to write the numbers and dates of a phrase, one at a time, that are looked for."""


class _Span(NamedTuple):
    """Words of a chunk, ``first`` to ``last``, that have alternatives in common.

    ``readings`` are the runs that all of them in a row are.
    """

    first: int
    last: int
    text: str
    readings: Readings
    alternatives: tuple[Alternative, ...]

    @property
    def is_one(self) -> bool:
        """Whether it is a date, a number behind 第, or a Han number that was cut into words, of
        which none means anything alone: 第|19|条, 二|〇|一|七年.
        """
        kind = self.alternatives[0].kind
        is_figure = self.text[0] != "第" and any(map(str.isdecimal, self.text))
        return self.first < self.last and (kind == DATE or (kind == NUMBER and not is_figure))

    @property
    def places(self) -> range:
        return range(self.first, self.last + 1)

    def satisfied(self, clause: Clause) -> Clause:
        """Return the clause that an alternative satisfies as well."""
        return any_of([clause, *(each.clause for each in self.alternatives)])


def widened_words(
    leaf: Leaf, chunk: ReadChunk, asked: Sequence[QueryPart], region: Region
) -> Leaf:
    """Return what the words *asked* of a bare chunk ask for, and the alternatives of each.

    Several words that have one in common (随身|碟, U盘) are asked for as one.  A date is one word,
    and so is a number behind 第, or in Han where it was cut into words, as it is in digits.
    """
    found = others(chunk.text, chunk.parts, region) if chunk.whole is None else []
    if not found:
        return leaf
    places = {part.start: at for at, part in enumerate(chunk.parts)}
    words = {places[part.start]: word for part, word in zip(asked, leaf.loose, strict=True)}
    spans = [
        span
        for span in _spans(found, chunk, leaf.fields)
        if not words.keys().isdisjoint(span.places)
    ]
    for span in spans:
        if span.first == span.last:
            word = words[span.first]
            words[span.first] = word._replace(clause=span.satisfied(word.clause))
    several = [span for span in spans if span.first < span.last]
    whole = [span for span in several if span.is_one]
    cut = {at for span in whole for at in span.places}
    loose = [word for at, word in words.items() if at not in cut]
    loose += [_alone(span, leaf.fields) for span in several]
    runs = [
        *(run for part in asked if places[part.start] not in cut for run in part.readings),
        *(run for span in whole for run in span.readings),
    ]
    leaf = leaf._replace(
        words=tuple(_joined(words, several, leaf.fields)),
        loose=tuple(loose),
        runs=tuple(runs),
        loose_runs=tuple(runs),
    )
    return _holding(leaf, [each for span in spans for each in span.alternatives])


def _alone(span: _Span, fields: tuple[str, ...]) -> QueryWord:
    """Return what satisfies several words at once, for who asks for one of them at least."""
    if span.is_one:
        return QueryWord(span.text, span.satisfied(run_clause(span.readings, fields)))
    return QueryWord(span.text, any_of(each.clause for each in span.alternatives))


def widened_phrase(leaf: Leaf, text: str) -> Leaf | None:
    """Return what a phrase asks for, its numbers and dates written in any way.

    None where these are more than `MOST_WAYS`: each is a phrase of its own to read and look for.
    """
    texts = list(islice(in_phrase(fold(text)), MOST_WAYS + 1))
    if len(texts) > MOST_WAYS:
        return None
    found = [_alternative(text, other, kind, leaf.fields) for other, kind in texts]
    if not found:
        return leaf
    [word] = leaf.words
    clause = any_of([word.clause, *(each.clause for each in found)])
    return _holding(leaf._replace(words=(word._replace(clause=clause),)), found)


def _spans(found: Iterable[Other], chunk: ReadChunk, fields: tuple[str, ...]) -> Iterator[_Span]:
    """Yield the words that have alternatives; of several in a row those that do not overlap, the
    longest first.
    """
    by_span: dict[tuple[int, int], list[Other]] = {}
    for other in found:
        by_span.setdefault((other.first, other.last), []).append(other)
    taken: set[int] = set()
    for (first, last), here in sorted(by_span.items(), key=lambda item: item[0][0] - item[0][1]):
        places = range(first, last + 1)
        if first < last:
            if not taken.isdisjoint(places):
                continue
            taken.update(places)
        text = chunk.text[chunk.parts[first].start : chunk.parts[last].end]
        made = (_alternative(text, other.text, other.kind, fields) for other in here)
        readings = query_readings(text) if first < last else ()
        yield _Span(first, last, text, readings, tuple(made))


def _alternative(word: str, text: str, kind: str, fields: tuple[str, ...]) -> Alternative:
    return Alternative(word, text, kind, run_clause(query_readings(text), fields))


def _joined(
    words: dict[int, QueryWord], several: Collection[_Span], fields: tuple[str, ...]
) -> Iterator[QueryWord]:
    """Yield *words* in order, those that have alternatives in common as one."""
    span_of = {at: span for span in several for at in span.places}
    for at, word in words.items():
        span = span_of.get(at)
        if span is None:
            yield word
            continue
        members = [each for each in span.places if each in words]
        if at != members[0]:
            continue
        if span.is_one:
            yield _alone(span, fields)
        else:
            clause = all_of(words[each].clause for each in members)
            yield QueryWord(span.text, span.satisfied(clause))


def _holding(leaf: Leaf, found: Sequence[Alternative]) -> Leaf:
    """Return a leaf that marks the alternatives *found* as well."""
    runs = tuple(reading for each in found for reading in query_readings(each.text))
    return leaf._replace(
        runs=(*leaf.runs, *runs), loose_runs=(*leaf.loose_runs, *runs), others=tuple(found)
    )


# ---------------------------------------------------------------- scores


def added(leaves: Iterable[Leaf], cutter: Cutter) -> tuple[dict[str, float], dict[Clause, float]]:
    """Return what the alternatives weigh: their terms that stand only where all of one does, and
    the clauses of those that have no such term, which add a constant.
    """
    terms: dict[str, float] = {}
    constants: dict[Clause, float] = {}
    for leaf in leaves:
        for each in leaf.others:
            whole = whole_terms(each.text, cutter)
            for term, count in whole.items():
                weight = count * leaf.weight * ALTERNATIVE_WEIGHT
                terms[term] = max(terms.get(term, 0), weight)
            if not whole:
                weight = leaf.weight * ALTERNATIVE_CONSTANT
                constants[each.clause] = max(constants.get(each.clause, 0), weight)
    return terms, constants
