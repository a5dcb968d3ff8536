"""Analysis: from the original of a field, or a piece of a query, to terms; no engine, no files."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from searcher.model import FieldTerms, MappedText, Noise, Units, Word
from searcher.text.clean import clean
from searcher.text.script import fold, unify
from searcher.text.units import LONGEST_UNIT, SENTENCE_END, runs, units
from searcher.text.words import Cutter, word_spans

QUERY_NOISES = (Noise(), Noise(annotations=True), Noise(markup=True), Noise(True, True))
"""A query is read as typed, and as a noisy page is: whoever pastes 參與(yu) means 參與."""


@dataclass(frozen=True, slots=True)
class FieldAnalysis:
    """Every stage of one field, for indexing and for `searcher analyze`."""

    original: str
    mapped: MappedText
    unified: str
    words: tuple[Word, ...]
    units: Units


def analyze(original: str, noise: Noise, cutter: Cutter) -> FieldAnalysis:
    """Return every stage of a whole field; *noise* is the decision over the whole document.

    >>> from searcher.text.words import RjiebaCutter
    >>> found = analyze("軟體工程師", Noise(), RjiebaCutter())
    >>> found.unified, [word.term for word in found.words]
    ('软体工程师', ['软体', '工程', '工程师'])
    """
    mapped = clean(original, noise)
    unified = unify(mapped.text)
    folded = fold(mapped.text)
    words = tuple(
        Word(folded[a:b], mapped.start[a], mapped.end[b - 1])
        for a, b in word_spans(cutter, unified)
    )
    return FieldAnalysis(original, mapped, unified, words, units(original, mapped))


def field_terms(analysis: FieldAnalysis) -> FieldTerms:
    """Return what an engine indexes of an analyzed field.

    >>> from searcher.text.words import RjiebaCutter
    >>> terms = field_terms(analyze("脱贫。", Noise(), RjiebaCutter()))
    >>> dict(terms.counts), dict(terms.positions)
    ({'脱': 1, '贫': 1, '脱贫': 2}, {'脱贫': [0]})
    """
    keys = analysis.units.keys
    positions: dict[str, list[int]] = {}
    borders: dict[str, list[int]] = {}
    for key, at, is_border in runs(keys):
        (borders if is_border else positions).setdefault(key, []).append(at)
    counts = Counter(keys)
    del counts[SENTENCE_END]
    for key, found in positions.items():
        counts[key] += len(found)
    counts.update(word.term for word in analysis.words if len(word.term) <= LONGEST_UNIT)
    return FieldTerms(counts, positions, borders)


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A word of a bare chunk: ``text`` as typed, at ``start:end`` of the chunk.

    ``readings`` are the runs of units that stand for it (at least one); ``term`` is the folded
    word.
    """

    text: str
    start: int
    end: int
    readings: tuple[tuple[str, ...], ...]
    term: str


def query_readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the distinct runs of units that a phrase stands for, first the one as typed.

    A newline in a query is a blank.  Sentence ends at both ends are dropped, and readings without
    a unit left out.

    >>> query_readings("參與(yu) 脫貧")
    (('参', '与', 'yu', '脱', '贫'), ('参', '与', '脱', '贫'))
    """
    readings = (_read(text, noise).keys for noise in QUERY_NOISES)
    return tuple(dict.fromkeys(tuple(keys) for keys in readings if keys))


def cut_query(text: str, cutter: Cutter) -> tuple[QueryPart, ...]:
    """Return the words of a chunk of bare query text, in order; words that share a unit are one.

    >>> from searcher.text.words import RjiebaCutter
    >>> [part.text for part in cut_query("驻村工作C++", RjiebaCutter())]
    ['驻村', '工作', 'C++']
    """
    text = _one_line(text)
    mapped = clean(text, _query_noise(text))
    found = units(text, mapped)
    return tuple(_part(text, run) for run in _joined(_cut_spans(mapped, cutter), found))


def query_terms(text: str, cutter: Cutter) -> dict[str, int]:
    """Return the bag terms of a piece of query text, as the index would hold them.

    >>> from searcher.text.words import RjiebaCutter
    >>> query_terms("脱贫", RjiebaCutter())
    {'脱': 1, '贫': 1, '脱贫': 2}
    """
    text = _one_line(text)
    return dict(field_terms(analyze(text, _query_noise(text), cutter)).counts)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _read(text: str, noise: Noise) -> Units:
    text = _one_line(text)
    return units(text, clean(text, noise))


def _query_noise(text: str) -> Noise:
    """Return the most forgiving reading of a bare chunk that leaves something to look for."""
    return next((noise for noise in reversed(QUERY_NOISES) if _read(text, noise).keys), Noise())


def _cut_spans(mapped: MappedText, cutter: Cutter) -> Iterator[tuple[int, int]]:
    """Yield the spans of the plain words, in offsets of the original."""
    at = 0
    for word in cutter.cut(unify(mapped.text)):
        yield mapped.start[at], mapped.end[at + len(word) - 1]
        at += len(word)


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


def _part(text: str, span: tuple[int, int]) -> QueryPart:
    piece = text[slice(*span)]
    return QueryPart(piece, *span, query_readings(piece), fold(clean(piece, Noise()).text))
