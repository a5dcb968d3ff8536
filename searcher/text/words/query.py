"""The cutter for queries: jieba's algorithm over a mapped word list, without loading anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from searcher.text.words.algorithm import cut, cut_block, cut_loose
from searcher.text.words.base import Span, inner_spans, spans_of
from searcher.text.words.lexicon import Lexicon, damaged

_REMEMBERED = 64
_LONGEST_REMEMBERED = 64


class LexiconCutter:
    """Cuts over a `Lexicon`, open already or opened here, which has the user words in it.

    >>> from tempfile import TemporaryDirectory
    >>> from searcher.text.words.writing import write_lexicon
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
        # One query asks for the words of a chunk, and then for those inside them.
        self._remembered = lru_cache(_REMEMBERED)(self._cut)

    def cut(self, text: str) -> list[str]:
        """Return the words of *text* (`Cutter.cut`)."""
        return list(self._words(text))

    def search_spans(self, text: str) -> list[Span]:
        """Return the words of *text* and those inside them (`Cutter.search_spans`)."""
        return spans_of(self._words(text), lambda word: inner_spans(word, self._frequency))

    @property
    def knows(self) -> Callable[[str], object]:
        """What tells whether a word is in the dictionary (`Cutter.knows`)."""
        return self._frequency

    def _frequency(self, word: str) -> int:
        with self._guarded():
            return self._lexicon.frequency(word)

    def _words(self, text: str) -> tuple[str, ...]:
        return self._remembered(text) if len(text) <= _LONGEST_REMEMBERED else self._cut(text)

    def _cut(self, text: str) -> tuple[str, ...]:
        with self._guarded():
            return tuple(cut(text, self._cut_block))

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
