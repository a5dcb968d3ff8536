"""Simple schemes of ranking: the terms of a text, and one index for each scheme, scored by BM25.

All of them read our clean, unified and folded text, and count the terms of a title twice, so that
they differ in what a term is and in nothing else.  BM25 is Lucene's, lengths rounded as it does.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searcher import Document
from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.bm25 import idf, length_factor, saturation
from searcher.model import Noise
from searcher.text.analysis import FieldAnalysis, analyze, field_terms
from searcher.text.clean import judge
from searcher.text.script import fold
from searcher.text.units import SENTENCE_END
from searcher.text.words import document_cutter
from searcher.text.words.base import can_be_in_unit

Counts: TypeAlias = Mapping[str, int]


def words(field: FieldAnalysis) -> Counts:
    """Return the words of a field as jieba cuts it."""
    folded = iter(fold(field.mapped.text))
    cut = ("".join(next(folded) for _ in word) for word in document_cutter().cut(field.unified))
    return Counter(word for word in cut if any(map(can_be_in_unit, word)))


def search_words(field: FieldAnalysis) -> Counts:
    """Return the words of a field as jieba cuts it for search: short ones inside long ones too."""
    return Counter(word.term for word in field.words)


def bigrams(field: FieldAnalysis) -> Counts:
    """Return the pairs of neighbouring units."""
    return {term: len(places) for term, places in field_terms(field).positions.items()}


def characters_and_bigrams(field: FieldAnalysis) -> Counts:
    """Return the units and their pairs."""
    counts = Counter(key for key in field.units.keys if key != SENTENCE_END)
    counts.update(bigrams(field))
    return counts


def bag(field: FieldAnalysis) -> Counts:
    """Return what we index: units, pairs and search-mode words, the same string one term."""
    return field_terms(field).counts


BAG = "bag as typed"

SCHEMES: Mapping[str, Callable[[FieldAnalysis], Counts]] = {
    "words": words,
    "search-mode words": search_words,
    "bigrams": bigrams,
    "characters + bigrams": characters_and_bigrams,
    BAG: bag,
}
"""Name → the terms of a field.  The last one asks our index for a query just as it was typed:
every term weighs as often as it stands there."""


class Index:
    """The postings of the terms that queries ask for, of one scheme."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = frozenset(wanted)
        # Number and frequency in turn.
        self._postings: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
        self._lengths: list[int] = []
        self._gains: dict[str, tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]] = {}

    def add(self, counts: Counts) -> None:
        """Add the next document."""
        number = len(self._lengths)
        self._lengths.append(sum(counts.values()))
        for term in self._wanted & counts.keys():
            self._postings[term].extend((number, counts[term]))

    def weigh(self) -> None:
        """Compute what each term is worth, after the last document."""
        total = len(self._lengths)
        holding = [length for length in self._lengths if length]
        factors = length_factor(self._lengths, sum(holding) / max(len(holding), 1))
        for term, found in self._postings.items():
            numbers, frequencies = np.array(found).reshape(-1, 2).T
            gains = idf(total, len(numbers)) * saturation(frequencies, factors[numbers])
            self._gains[term] = numbers, gains
        self._postings.clear()

    def best(self, query: Counts, most: int) -> list[int]:
        """Return the numbers of the *most* best documents, ties by number."""
        scores = np.zeros(len(self._lengths))
        for term, weight in query.items():
            if term in self._gains:
                numbers, gains = self._gains[term]
                scores[numbers] += weight * gains
        found = np.flatnonzero(scores)
        order: list[int] = found[np.argsort(-scores[found], kind="stable")][:most].tolist()
        return order


def rankings(
    documents: Sequence[Document], queries: Mapping[str, str], most: int
) -> dict[str, dict[str, list[str]]]:
    """Return scheme → query → the ids of the *most* best documents, ties by id."""
    asked = {name: dict(_terms([(text, 1)], Noise())) for name, text in queries.items()}
    indexes = {
        scheme: Index(term for terms in asked.values() for term in terms[scheme])
        for scheme in SCHEMES
    }
    in_order = sorted(documents, key=lambda document: document.id)
    for document in in_order:
        noise = judge(document.title, document.body)
        for scheme, counts in _terms([(document.title, TITLE_WEIGHT), (document.body, 1)], noise):
            indexes[scheme].add(counts)
    for index in indexes.values():
        index.weigh()
    return {
        scheme: {
            name: [in_order[at].id for at in index.best(terms[scheme], most)]
            for name, terms in asked.items()
        }
        for scheme, index in indexes.items()
    }


def _terms(texts: Iterable[tuple[str, int]], noise: Noise) -> Iterator[tuple[str, Counts]]:
    """Yield each scheme with the terms of *texts*, each text counted as often as given."""
    fields = [(analyze(text, noise, document_cutter()), times) for text, times in texts]
    for name, scheme in SCHEMES.items():
        counts: Counter[str] = Counter()
        for field, times in fields:
            for term, count in scheme(field).items():
                counts[term] += count * times
        yield name, counts
