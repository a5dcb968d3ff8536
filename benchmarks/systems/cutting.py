"""Words as a user of a plain engine would send them: rjieba's, on folded text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

import rjieba

from benchmarks.workload import Question
from searcher.text.script import fold


def words_of(text: str) -> list[str]:
    """Return the search-mode words of *text*, punctuation left out.

    >>> words_of("軟體工程師。")
    ['软体', '工程', '工程师']
    """
    return [word for word in rjieba.cut_for_search(_folded(text)) if word[0].isalnum()]


def _folded(text: str) -> str:
    return fold(normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question as words: documents with all words of all groups, or of one (``any_group``).

    Of a phrase the words of its only group stand in a row.
    """

    groups: Sequence[Sequence[str]]
    any_group: bool

    @property
    def words(self) -> list[str]:
        """All words."""
        return [word for group in self.groups for word in group]


def wanted(question: Question) -> Wanted:
    """Return the words of a question, cut as documents are where their order counts.

    >>> wanted(Question("question", ("脱贫是什么",)))
    Wanted(groups=[['脱贫'], ['是'], ['什么']], any_group=True)
    """
    if question.kind == "phrase":
        return Wanted([words_of(question.parts[0])], any_group=False)
    if question.kind == "question":
        return Wanted([[word] for word in dict.fromkeys(words_of(question.parts[0]))], True)
    if question.kind == "prefix":
        return Wanted([[_folded(question.parts[0])]], any_group=False)
    groups = [list(rjieba.cut(_folded(part))) for part in question.parts]
    return Wanted(groups, any_group=question.kind == "OR")
