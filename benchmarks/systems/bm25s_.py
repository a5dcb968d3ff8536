"""bm25s over rjieba's words: scores of sums of words, no phrases, no AND, no prefixes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpora import read_documents
from benchmarks.systems.base import LIMIT, UnsupportedError
from benchmarks.systems.cutting import wanted, words_of
from benchmarks.systems.snippet import find
from benchmarks.workload import Question
from searcher.text.script import fold

_REFUSED = ("AND", "phrase", "prefix")


class Made:
    """bm25s over words."""

    def __init__(self) -> None:
        self._bm25s: Any = import_module("bm25s")

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index; all words of all documents are in memory."""
        documents = list(read_documents(corpus))
        words = [words_of(f"{each.title}\n{each.body}") for each in documents]
        made = self._bm25s.BM25(method="lucene")
        made.index(words, show_progress=False)
        originals = [{"id": each.id, "title": each.title, "body": each.body} for each in documents]
        made.save(str(home), corpus=originals, show_progress=False)

    def open(self, home: Path) -> Bm25sAnswers:
        """Return the index, open; postings and originals stay in their files."""
        load = self._bm25s.BM25.load
        return Bm25sAnswers(load(str(home), mmap=True, load_corpus=True))


class Bm25sAnswers:
    """A bm25s index, open."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for a question: every document with any of the words."""
        if question.kind in _REFUSED:
            raise UnsupportedError(f"bm25s has no {question.kind}")

        def answer() -> int:
            words = wanted(question).words
            scores = self._opened.get_scores(words)
            found = np.flatnonzero(scores)
            for number in _best(found, scores[found]):
                body = self._opened.corpus[number]["body"]
                find(body, fold(body), words)
            return len(found)

        return answer

    def holding(self, phrase: str) -> list[str]:
        """Refuse: there are no positions."""
        raise UnsupportedError(f"bm25s has no phrases: {phrase}")


def _best(found: Any, scores: Any) -> list[int]:
    """Return the numbers of the best documents found, best first."""
    if len(found) > LIMIT:
        top = np.argpartition(-scores, LIMIT)[:LIMIT]
        found, scores = found[top], scores[top]
    best: list[int] = found[np.argsort(-scores)].tolist()
    return best
