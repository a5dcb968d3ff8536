"""Analysis: from the original of a field to terms; no engine, no files."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from searcher.model import FieldTerms, MappedText, Noise, Units, Word
from searcher.text.clean import clean
from searcher.text.script import fold, unify
from searcher.text.units import LONGEST_UNIT, SENTENCE_END, has_ideograph, runs, units
from searcher.text.words import Cutter, word_spans


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

    >>> from searcher.text.words.fast import RjiebaCutter
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

    >>> from searcher.text.words.fast import RjiebaCutter
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
