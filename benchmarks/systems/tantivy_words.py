"""tantivy as a user would send Chinese to it: one field of rjieba's words of title and body."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.corpora import read_documents
from benchmarks.systems.cutting import Wanted, wanted, words_of
from benchmarks.systems.tantivy_ import Opened, either, every, write
from benchmarks.workload import Question
from searcher import Document


class Made:
    """tantivy over words."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index."""
        write(home, ((each, _terms(each)) for each in read_documents(corpus)))

    def open(self, home: Path) -> WordAnswers:
        """Return the index, open."""
        return WordAnswers(Opened(home))


def _terms(document: Document) -> str:
    return " ".join(words_of(f"{document.title}\n{document.body}"))


class WordAnswers:
    """An index of words, open."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for a question, its words cut when it is called."""

        def answer() -> int:
            asked = wanted(question)
            return self._opened.page(self._query(question.kind, asked), asked.words)

        return answer

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of the documents with the words of *phrase* in a row."""
        return list(self._opened.ids(self._row(words_of(phrase))))

    def _query(self, kind: str, asked: Wanted) -> Any:
        if kind == "phrase":
            return self._row(asked.words)
        if kind == "prefix":
            return self._opened.beginning(asked.words[0])
        groups = [every([self._term(word) for word in group]) for group in asked.groups]
        return either(groups) if asked.any_group else every(groups)

    def _row(self, words: list[str]) -> Any:
        if len(words) == 1:
            return self._term(words[0])
        return self._opened.row(words)

    def _term(self, word: str) -> Any:
        return self._opened.term(word, "freq")
