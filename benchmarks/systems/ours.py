"""This project, by its public API and with its defaults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import searcher
from benchmarks.corpora import read_documents
from benchmarks.systems.base import LIMIT, SNIPPET_CHARS, SNIPPETS, UnsupportedError
from benchmarks.workload import Question
from searcher.model import Match


def line_of(question: Question) -> tuple[str, Match]:
    """Return the line a user would type, and the mode.

    >>> line_of(Question("OR", ("驻村", "下乡")))
    ('驻村 OR 下乡', 'auto')
    """
    [first, *_] = question.parts
    lines = {
        "AND": " AND ".join(question.parts),
        "OR": " OR ".join(question.parts),
        "phrase": f'"{first}"',
        "prefix": f"{first}*",
    }
    return lines.get(question.kind, first), "any" if question.kind == "question" else "auto"


class Made:
    """Ours; with *jobs* that many processes build."""

    def __init__(self, jobs: int = 1) -> None:
        self._jobs = jobs

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index."""
        searcher.build(read_documents(corpus), index=home, jobs=self._jobs)

    def open(self, home: Path) -> OurAnswers:
        """Return the index, open."""
        return OurAnswers(searcher.open(home))


class OurAnswers:
    """Our index, open."""

    def __init__(self, index: searcher.Index) -> None:
        self._index = index

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for the line of a question."""
        line, match = line_of(question)
        if question.kind == "prefix":
            self._try(line)

        def answer() -> int:
            return self._index.search(
                line, match=match, limit=LIMIT, snippets=SNIPPETS, snippet_chars=SNIPPET_CHARS
            ).total

        return answer

    def _try(self, line: str) -> None:
        try:
            self._index.search(line, limit=0)
        except searcher.QueryError as error:
            raise UnsupportedError(f"{line}: {error}") from error

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of all documents whose body holds *phrase*."""
        page = self._index.search(f'body:"{phrase}"', limit=len(self._index), snippets=0)
        return [hit.id for hit in page.hits]
