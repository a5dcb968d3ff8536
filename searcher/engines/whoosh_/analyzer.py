"""The analyzer that the Whoosh schema carries, so that Whoosh's own tools read our index.

Whoosh pickles the class by its path: neither this module nor this class may ever move.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whoosh.analysis import Analyzer, Token

from searcher.text.analysis import analyze
from searcher.text.clean import clean, judge
from searcher.text.script import fold
from searcher.text.words import document_cutter


class UnifiedAnalyzer(Analyzer):  # type: ignore[misc]
    """Yields the words of a text, jieba's search mode over unified text, folded.

    Positions count words from *start_pos*; offsets are those of the original text.

    >>> [token.text for token in UnifiedAnalyzer()("軟體工程師")]
    ['软体', '工程', '工程师']
    """

    def __call__(  # noqa: PLR0913 - the signature is Whoosh's
        self,
        value: str,
        positions: bool = False,
        chars: bool = False,
        keeporiginal: bool = False,
        removestops: bool = True,
        start_pos: int = 0,
        start_char: int = 0,
        tokenize: bool = True,
        mode: str = "",
        **kwargs: Any,
    ) -> Iterator[Token]:
        """Yield one token object over and over, as Whoosh's tokenizers do."""
        token = Token(positions, chars, removestops=removestops, mode=mode, **kwargs)
        for at, (term, start, end) in enumerate(_words(value, tokenize)):
            token.text = term
            token.boost = 1.0
            if keeporiginal:
                token.original = value[start:end]
            if positions:
                token.pos = start_pos + at
            if chars:
                token.startchar, token.endchar = start_char + start, start_char + end
            yield token


def _words(value: str, tokenize: bool) -> list[tuple[str, int, int]]:
    if not tokenize:  # wildcards and prefixes arrive whole
        return [(fold(clean(value, judge(value)).text), 0, len(value))]
    words = analyze(value, judge(value), document_cutter()).words
    return [(word.term, word.start, word.end) for word in words]
