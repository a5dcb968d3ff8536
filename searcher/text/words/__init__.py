"""Words: Chinese text cut into the words of jieba, by jieba and by two faster equals.

The three cutters give identical words (``tests/contracts/test_words.py``), so the choice is one of
cost: `fast.RjiebaCutter` for documents, `query.LexiconCutter` for queries,
`reference.JiebaCutter` to compare with.  Here is what a query needs; nothing is loaded before the
first text is cut.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from searcher.text.words.base import Cutter, UserWord, word_spans
from searcher.text.words.lexicon import Lexicon
from searcher.text.words.query import LexiconCutter

JIEBA_LEXICON = Path(__file__).with_name("jieba.lex")
"""The word list of jieba's own dictionary, made by ``tools/make_lexicon.py``."""


@cache
def document_cutter() -> Cutter:
    """Return the cutter that documents are cut with: one for the whole process, since loading
    its dictionary takes a tenth of a second.
    """
    # Imported here: a query is cut without it.
    from searcher.text.words.fast import RjiebaCutter

    return RjiebaCutter()


__all__ = [
    "JIEBA_LEXICON",
    "Cutter",
    "Lexicon",
    "LexiconCutter",
    "UserWord",
    "document_cutter",
    "word_spans",
]
