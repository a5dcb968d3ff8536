"""Words: Chinese text cut into the words of jieba, by jieba and by two faster equals.

The three cutters give identical words (``tests/contracts/test_words.py``), so the choice is one of
cost: `RjiebaCutter` for documents, `LexiconCutter` for queries, `JiebaCutter` to compare with.
Nothing is loaded before the first text is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from searcher.text.words.base import Cutter, UserWord, word_spans
from searcher.text.words.fast import RjiebaCutter
from searcher.text.words.lexicon import Lexicon
from searcher.text.words.query import LexiconCutter
from searcher.text.words.reference import JiebaCutter
from searcher.text.words.writing import write_lexicon

CUTTERS: Mapping[str, Callable[..., Cutter]] = MappingProxyType(
    {"jieba": JiebaCutter, "rjieba": RjiebaCutter, "lexicon": LexiconCutter}
)
"""Every cutter by name.  The first two are made from user words, the last from a word list."""


@cache
def document_cutter() -> Cutter:
    """Return the cutter that documents are cut with: one for the whole process, since loading
    its dictionary takes a tenth of a second.
    """
    return RjiebaCutter()


__all__ = [
    "CUTTERS",
    "Cutter",
    "JiebaCutter",
    "Lexicon",
    "LexiconCutter",
    "RjiebaCutter",
    "UserWord",
    "document_cutter",
    "word_spans",
    "write_lexicon",
]
