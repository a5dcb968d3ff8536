"""The reference: jieba itself, in an instance that shares nothing with the rest of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from searcher.text.words.algorithm import split_forbidden
from searcher.text.words.base import (
    Span,
    UserWord,
    forbidden_words,
    inner_spans,
    last_of_each,
    once,
    spans_of,
)


class JiebaCutter:
    """Cuts with jieba 0.42.1; loads its dictionary, about a second, at the first text.

    No cache file is read or written: jieba's own lies in a shared temporary folder and is trusted
    whoever wrote it.

    >>> JiebaCutter().cut("他来到了网易杭研大厦")
    ['他', '来到', '了', '网易', '杭研', '大厦']
    """

    def __init__(self, user_words: Iterable[UserWord] = ()) -> None:
        """Make a cutter that knows *user_words* too."""
        self._user_words = last_of_each(user_words)
        self._forbidden = forbidden_words(self._user_words)
        self._ready = once(self._load)

    def cut(self, text: str) -> list[str]:
        """Return the words of *text* (`Cutter.cut`)."""
        return split_forbidden(self._ready().lcut(text), self._forbidden)

    def search_spans(self, text: str) -> list[Span]:
        """Return the words of *text* and those inside them (`Cutter.search_spans`)."""
        return spans_of(self.cut(text), lambda word: inner_spans(word, self.knows))

    @property
    def knows(self) -> Callable[[str], object]:
        """What tells whether a word is in the dictionary (`Cutter.knows`)."""
        known: Callable[[str], object] = self._ready().FREQ.get
        return known

    def _load(self) -> Any:
        import jieba

        tokenizer = jieba.Tokenizer()
        # What its initialize() does, without the cache and without logging.
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
        for user_word in self._user_words:
            _add(tokenizer, user_word)
        return tokenizer


def _add(tokenizer: Any, user_word: UserWord) -> None:
    """Add a word as jieba's ``add_word`` does, except for one side effect.

    Of a word to forbid, jieba also puts the name into a set that every tokenizer of the process
    reads; `split_forbidden` does the same for one cutter alone.
    """
    word = user_word.word
    if user_word.freq != 0:
        tokenizer.add_word(word, user_word.freq, user_word.tag)
        return
    for size in range(1, len(word)):
        tokenizer.FREQ.setdefault(word[:size], 0)
    tokenizer.FREQ[word] = 0
