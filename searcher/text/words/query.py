"""The cutter for queries: jieba's algorithm over a mapped word list, without loading anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searcher.text.words.algorithm import cut, cut_block, cut_loose
from searcher.text.words.base import Span, inner_spans, spans_of
from searcher.text.words.lexicon import Lexicon, damaged


class LexiconCutter:
    """Cuts over a `Lexicon`, open already or opened here, which has the user words in it.

    >>> from tempfile import TemporaryDirectory
    >>> from searcher.text.words import write_lexicon
    >>> with TemporaryDirectory() as folder:
    ...     write_lexicon(Path(folder) / "words.lex")
    ...     with Lexicon.open(Path(folder) / "words.lex") as lexicon:
    ...         LexiconCutter(lexicon).cut("他来到了网易杭研大厦")
    ['他', '来到', '了', '网易', '杭研', '大厦']

    Raises:
        IndexCorruptError: the word list is damaged.
    """

    def __init__(self, lexicon: Lexicon | str | Path) -> None:
        """Make a cutter over an open lexicon, or over the one at a path."""
        self._lexicon = lexicon if isinstance(lexicon, Lexicon) else Lexicon.open(lexicon)

    def cut(self, text: str) -> list[str]:
        """Return the words of *text* (`Cutter.cut`)."""
        with self._guarded():
            return cut(text, self._cut_block)

    def search_spans(self, text: str) -> list[Span]:
        """Return the words of *text* and those inside them (`Cutter.search_spans`)."""
        frequency = self._lexicon.frequency
        with self._guarded():
            return spans_of(self.cut(text), lambda word: inner_spans(word, frequency))

    def _cut_block(self, block: str) -> list[str]:
        return cut_block(block, self._lexicon, self._cut_loose)

    def _cut_loose(self, run: str) -> list[str]:
        return cut_loose(run, bool(self._lexicon.frequency(run)), self._lexicon)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except IndexError as error:
            # Every checksum was right, yet a number points outside: made wrong, or forged.
            raise damaged(self._lexicon.path, "it contradicts itself") from error
