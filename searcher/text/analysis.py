"""Analysis: from the original of a field, or a piece of a query, to terms; no engine, no files."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from searcher.model import FieldTerms, MappedText, Noise, Units, Word
from searcher.text.clean import clean
from searcher.text.script import fold, unify
from searcher.text.units import LONGEST_UNIT, SENTENCE_END, has_ideograph, runs, units
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
    found = units(original, mapped)
    words = tuple(_words(mapped, word_spans(cutter, unified), found))
    return FieldAnalysis(original, mapped, unified, words, found)


def _words(mapped: MappedText, spans: Iterable[tuple[int, int]], found: Units) -> Iterator[Word]:
    """Yield the words of a field, but those that could pass for a unit they are not.

    jieba cuts letters and digits by other rules (2020.05 out of 2020.05.25, caf out of café), and
    a one-unit phrase is answered from the term alone.  Words with an ideograph are safe.
    """
    folded = fold(mapped.text)
    for a, b in spans:
        word = Word(folded[a:b], mapped.start[a], mapped.end[b - 1])
        if has_ideograph(word.term) or _is_unit(word, found):
            yield word


def _is_unit(word: Word, found: Units) -> bool:
    """Tell whether *word* is one of the units, at its very place."""
    first, last = bisect_left(found.start, word.start), bisect_right(found.start, word.start)
    return any(
        (found.end[at], found.keys[at]) == (word.end, word.term) for at in range(first, last)
    )


def field_terms(analysis: FieldAnalysis) -> FieldTerms:
    """Return what an engine indexes of an analyzed field.

    >>> from searcher.text.words import RjiebaCutter
    >>> terms = field_terms(analyze("脱贫。", Noise(), RjiebaCutter()))
    >>> dict(terms.counts), dict(terms.positions)
    ({'脱': 1, '贫': 1, '脱贫': 2}, {'脱贫': array('i', [0])})
    """
    keys = analysis.units.keys
    positions: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
    borders: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
    for key, at, is_border in runs(keys):
        (borders if is_border else positions)[key].append(at)
    counts = Counter(keys)
    del counts[SENTENCE_END]
    for key, found in positions.items():
        counts[key] += len(found)
    counts.update(word.term for word in analysis.words if len(word.term) <= LONGEST_UNIT)
    return FieldTerms(counts, dict(positions), dict(borders))


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

    A newline in a query is a blank; a phrase of several lines is read as a document is, too, for
    whoever pastes paragraphs.  Sentence ends at both ends are dropped, and readings without a
    unit left out.

    >>> query_readings("參與(yu) 脫貧")
    (('参', '与', 'yu', '脱', '贫'), ('参', '与', '脱', '贫'))
    """
    texts = dict.fromkeys((_one_line(text), text))
    readings = (_read(each, noise).keys for each in texts for noise in QUERY_NOISES)
    return tuple(dict.fromkeys(tuple(keys) for keys in readings if keys))


def cut_query(text: str, cutter: Cutter) -> tuple[QueryPart, ...]:
    """Return the words of a chunk of bare query text, in order; words that share a unit are one.

    >>> from searcher.text.words import RjiebaCutter
    >>> [part.text for part in cut_query("驻村工作C++", RjiebaCutter())]
    ['驻村', '工作', 'C++']
    """
    text = _one_line(text)
    mapped = clean(text, _query_noise(text))
    spans = _joined(_cut_spans(mapped, cutter), units(text, mapped))
    read = [_read(text, noise) for noise in QUERY_NOISES]
    return tuple(_part(text, span, read) for span in spans)


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


def _part(text: str, span: tuple[int, int], read: Sequence[Units]) -> QueryPart:
    """Return the part at *span* of a chunk that was *read* as a whole in each of the ways: a
    piece alone could be read otherwise.
    """
    readings = (_within(units, *span) for units in read)
    term = fold(clean(text[slice(*span)], Noise()).text)
    kept = tuple(dict.fromkeys(keys for keys in readings if keys))
    return QueryPart(text[slice(*span)], *span, kept, term)


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
