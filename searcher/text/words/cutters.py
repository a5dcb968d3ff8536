"""Every cutter by name, for those who compare them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from searcher.text.words.base import Cutter
from searcher.text.words.fast import RjiebaCutter
from searcher.text.words.query import LexiconCutter
from searcher.text.words.reference import JiebaCutter

CUTTERS: Mapping[str, Callable[..., Cutter]] = MappingProxyType(
    {"jieba": JiebaCutter, "rjieba": RjiebaCutter, "lexicon": LexiconCutter}
)
"""The first two are made from user words, the last from a word list."""
