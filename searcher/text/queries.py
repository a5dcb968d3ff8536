"""Queries: from a piece of query text to words, runs of units and terms, as an index holds them.

A query is read as typed, and as a noisy page is: whoever pastes 參與(yu) means 參與.  Most pieces
are plain (`searcher.text.plain`) and read in one way only, in a few microseconds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from searcher.model import MappedText, Noise, Units
from searcher.text.plain import is_plain, plain_mapped, plain_units
from searcher.text.script import fold, unify
from searcher.text.units import SENTENCE_END, has_ideograph, runs
from searcher.text.words import Cutter
from searcher.text.words.base import is_han

NOISES = (Noise(), Noise(annotations=True), Noise(markup=True), Noise(True, True))
"""The ways a query is read."""

Parts: TypeAlias = tuple[tuple[str, ...], ...]
"""Runs of units that stand in this order, perhaps apart."""

_STANDING_IN = range(ord("ᚠ"), ord("ᛪ"))
"""Runes, letters of no case and no other form: one that a text does not hold is read in place of
a wildcard."""

_REMEMBERED = 8
"""Readings kept: one query asks for the same ones several times."""


class QueryPart(NamedTuple):
    """A word of a bare chunk: ``text`` as typed, at ``start:end`` of the chunk.

    ``readings`` are the runs of units that stand for it (at least one); ``term`` is the folded
    word.
    """

    text: str
    start: int
    end: int
    readings: tuple[tuple[str, ...], ...]
    term: str


class _Reading(NamedTuple):
    """A text as it reads if it holds the *noise*."""

    noise: Noise
    mapped: MappedText
    units: Units


# ---------------------------------------------------------------- runs


def query_readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the distinct runs of units that a phrase stands for, first the one as typed.

    A newline in a query is a blank; a phrase of several lines is read as a document is, too, for
    whoever pastes paragraphs.  Sentence ends at both ends are dropped, and readings without a
    unit left out.

    >>> query_readings("參與(yu) 脫貧")
    (('参', '与', 'yu', '脱', '贫'), ('参', '与', '脱', '贫'))
    """
    if is_plain(text):
        keys = tuple(plain_units(text).keys)
        return (keys,) if keys else ()
    texts = dict.fromkeys((_one_line(text), text))
    runs = (tuple(reading.units.keys) for each in texts for reading in _readings(each))
    return tuple(dict.fromkeys(run for run in runs if run))


def query_parts(text: str, cutter: Cutter) -> tuple[tuple[str, ...], tuple[Parts, ...]]:
    """Return the parts of a phrase that may stand apart, as typed, and as runs of units in each
    distinct reading.

    They are its blank-separated pieces, or its words where there is one piece only.  A reading
    in which something stands between the parts is a single one.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> query_parts("脫貧 攻堅", RjiebaCutter())
    (('脫貧', '攻堅'), ((('脱', '贫'), ('攻', '坚')),))
    >>> query_parts("参与(yu)脱贫", RjiebaCutter())[1]
    ((('参', '与', 'yu', '脱', '贫'),), (('参', '与'), ('脱', '贫')))
    """
    text = _one_line(text)
    readings = _readings(text)
    chosen = _forgiving(readings)
    spans = [found.span() for found in re.finditer(r"\S+", text)]
    spans = [span for span in spans if any(_within(read.units, *span) for read in readings)]
    if len(spans) < 2:
        spans = _joined(_mapped_spans(chosen.mapped, cutter), chosen.units)
    read = (_apart(reading.units, spans) for reading in readings)
    typed = tuple(text[start:end] for start, end in spans)
    return typed, tuple(dict.fromkeys(parts for parts in read if parts))


def _apart(found: Units, spans: Sequence[tuple[int, int]]) -> Parts:
    """Return the units of each span; all as one part where they are not all of the units."""
    parts = tuple(filter(None, (_within(found, *span) for span in spans)))
    units = [key for key in found.keys if key != SENTENCE_END]
    if [key for part in parts for key in part if key != SENTENCE_END] == units:
        return parts
    return (tuple(found.keys),)


def query_patterns(text: str, wildcards: Mapping[int, str]) -> tuple[tuple[str, ...], ...]:
    """Return the distinct runs of units that a chunk with wildcards stands for.

    *wildcards* are the offsets at which a ``*`` or ``?`` is no sign but stands for letters; so
    does it in the units.  One behind a number belongs to it, one behind a Han character says
    nothing.

    >>> query_patterns("GO常用Te?t*", {6: "?", 8: "*"})
    (('go', '常', '用', 'te?t*'),)
    >>> query_patterns("3.5*", {3: "*"}), query_patterns("驻村*", {2: "*"})
    ((('3.5*',),), (('驻', '村'),))
    """
    free = (char for char in map(chr, _STANDING_IN) if char not in text)
    standing = {"*": next(free, ""), "?": next(free, "")}
    chars = [standing[wildcards[at]] if at in wildcards else char for at, char in enumerate(text)]
    back = str.maketrans({char: sign for sign, char in standing.items() if char})
    read = query_readings("".join(chars))
    patterns = (_with_wildcards([unit.translate(back) for unit in units]) for units in read)
    return tuple(dict.fromkeys(units for units in patterns if units))


def _with_wildcards(units: Iterable[str]) -> tuple[str, ...]:
    """Return units in which wildcards stand with the word in front of them, or nowhere."""
    kept: list[str] = []
    for unit in units:
        if unit.strip("*?"):
            kept.append(unit)
        elif kept and kept[-1] != SENTENCE_END and not has_ideograph(kept[-1]):
            kept[-1] += unit
    return tuple(kept)


# ---------------------------------------------------------------- words


def cut_query(text: str, cutter: Cutter) -> tuple[QueryPart, ...]:
    """Return the words of a chunk of bare query text, in order; words that share a unit are one.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> [part.text for part in cut_query("驻村工作C++", RjiebaCutter())]
    ['驻村', '工作', 'C++']
    """
    if is_han(text):
        return tuple(_han_parts(text, cutter.cut(unify(text))))
    text = _one_line(text)
    readings = _readings(text)
    chosen = _forgiving(readings)
    spans = _joined(_mapped_spans(chosen.mapped, cutter), chosen.units)
    return tuple(_part(text, span, readings) for span in spans)


def _han_parts(text: str, words: Iterable[str]) -> Iterator[QueryPart]:
    """Yield the parts of a text in which every character is a unit."""
    folded = fold(text)
    start = 0
    for word in words:
        end = start + len(word)
        term = folded[start:end]
        yield QueryPart(text[start:end], start, end, (tuple(term),), term)
        start = end


def _spans(words: Iterable[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for word in words:
        yield start, start + len(word)
        start += len(word)


def _mapped_spans(mapped: MappedText, cutter: Cutter) -> Iterator[tuple[int, int]]:
    """Yield the spans of the words, in offsets of the original."""
    for start, end in _spans(cutter.cut(unify(mapped.text))):
        yield mapped.start[start], mapped.end[end - 1]


def _joined(words: Iterable[tuple[int, int]], found: Units) -> list[tuple[int, int]]:
    """Return the spans of the words that hold units, words that share a unit as one span."""
    spans = [
        (start, end)
        for key, start, end in zip(found.keys, found.start, found.end, strict=True)
        if key != SENTENCE_END
    ]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    joined: list[tuple[int, int]] = []
    for start, end in words:
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        if first >= last:
            continue
        span = starts[first], ends[last - 1]
        if joined and span[0] < joined[-1][1]:
            span = joined[-1][0], max(span[1], joined.pop()[1])
        joined.append(span)
    return joined


def _part(text: str, span: tuple[int, int], read: Sequence[_Reading]) -> QueryPart:
    """Return the part at *span* of a chunk that was *read* as a whole in each of the ways: a
    piece alone could be read otherwise.
    """
    readings = (_within(reading.units, *span) for reading in read)
    typed = text[slice(*span)]
    kept = tuple(dict.fromkeys(keys for keys in readings if keys))
    return QueryPart(typed, *span, kept, fold(_cleaned(typed)))


def _within(found: Units, start: int, end: int) -> tuple[str, ...]:
    """Return the units inside a span of the original; none if it cuts one."""
    first, last = bisect_right(found.end, start), bisect_left(found.start, end)
    if first >= last or found.start[first] < start or found.end[last - 1] > end:
        return ()
    keys = list(found.keys[first:last])
    while keys and keys[-1] == SENTENCE_END:
        keys.pop()
    while keys and keys[0] == SENTENCE_END:
        keys.pop(0)
    return tuple(keys)


# ---------------------------------------------------------------- terms


def query_terms(text: str, cutter: Cutter) -> dict[str, int]:
    """Return the bag terms that a piece of query text asks for: its units, their bigrams and its
    words.  Of words inside longer ones, which an index holds too, it asks for the bigrams alone.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> query_terms("脱贫", RjiebaCutter())
    {'脱': 1, '贫': 1, '脱贫': 2}
    """
    if is_plain(text):
        return _plain_terms(text, cutter)
    # Imported here: hardly a query needs it.
    from searcher.text.analysis import analyze, field_terms

    text = _one_line(text)
    found = analyze(text, _forgiving(_readings(text)).noise, cutter)
    cut = set(_mapped_spans(found.mapped, cutter))
    words = tuple(word for word in found.words if (word.start, word.end) in cut)
    return dict(field_terms(replace(found, words=words)).counts)


def whole_terms(text: str, cutter: Cutter) -> dict[str, int]:
    """Return those of `query_terms` that only a document has in which all of *text* stands in a
    row: its one unit, the bigram of its two, or itself as a word.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> whole_terms("软体", RjiebaCutter()), whole_terms("脱贫书记", RjiebaCutter())
    ({'软体': 2}, {})
    """
    [keys, *_] = query_readings(text)
    whole = {"".join(keys)}
    if len(keys) == 2:
        whole |= {key for key, _, _ in runs(keys)}
    counts = query_terms(text, cutter)
    return {term: count for term, count in counts.items() if term in whole}


def _plain_terms(text: str, cutter: Cutter) -> dict[str, int]:
    found, narrow = plain_units(text), plain_mapped(text).text
    folded, places = fold(narrow), set(zip(found.start, found.end, strict=True))
    words = (
        folded[start:end]
        for start, end in _spans(cutter.cut(unify(narrow)))
        # No sign is a word, and a word of letters that is no unit could pass for one
        # (`searcher.text.analysis`).
        if narrow[start].isalnum() and ((start, end) in places or not narrow[start:end].isascii())
    )
    units = (key for key in found.keys if key != SENTENCE_END)
    bigrams = (key for key, _, is_border in runs(found.keys) if not is_border)
    counts: dict[str, int] = {}
    for terms in (units, bigrams, words):
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
    return counts


# ---------------------------------------------------------------- reading what is not plain


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


@lru_cache(_REMEMBERED)
def _readings(text: str) -> tuple[_Reading, ...]:
    """Return the ways to read *text*, the first as it is typed; those that cannot differ from one
    before are left out.
    """
    if is_plain(text):
        return (_Reading(Noise(), plain_mapped(text), plain_units(text)),)
    typed = _read(text, Noise())
    cleaned = typed.mapped.text
    may_be_annotated = ")" in cleaned and ("(" in cleaned or "?" in cleaned)
    may_be_marked_up = any(sign in cleaned for sign in "<&[")
    others = (
        noise
        for noise in NOISES[1:]
        if may_be_annotated >= noise.annotations and may_be_marked_up >= noise.markup
    )
    return (typed, *(_read(text, noise) for noise in others))


def _forgiving(readings: Sequence[_Reading]) -> _Reading:
    """Return the most forgiving reading that leaves something to look for."""
    return next((each for each in reversed(readings) if each.units.keys), readings[0])


def _read(text: str, noise: Noise) -> _Reading:
    # Imported here: what cleans any text takes longer to load than a plain query to answer.
    from searcher.text.clean import clean
    from searcher.text.units import units

    mapped = clean(text, noise)
    return _Reading(noise, mapped, units(text, mapped))


def _cleaned(text: str) -> str:
    return plain_mapped(text).text if is_plain(text) else _read(text, Noise()).mapped.text
