"""Systems: what is measured, ours and the stock stack, behind one small protocol.

The stock stack is what a tutorial puts together: Whoosh, jieba's ChineseAnalyzer, OpenCC's
``convert`` on every document and query, QueryParser with its default (all words).  It stores the
converted text, for Whoosh can highlight only what it analyzed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import searcher
from searcher import Document

LIMIT = 10
"""Hits of a page."""

SNIPPETS = 3
"""Snippets of a hit, at most."""


class Answers(Protocol):
    """An index open for questions."""

    def ask(self, line: str) -> int:
        """Answer a typed line with one page and its snippets; return the exact total."""

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of all documents that are found by *phrase* in quotes."""


class System(Protocol):
    """Something that builds indexes and opens them."""

    def build(self, documents: Iterable[Document], home: Path) -> None:
        """Make an index of *documents* in the folder *home*."""

    def open(self, home: Path) -> Answers:
        """Return the index in *home*, open."""


# ---------------------------------------------------------------- ours


class Ours:
    """This project, with its defaults."""

    def build(self, documents: Iterable[Document], home: Path) -> None:
        """Make an index with one job."""
        searcher.build(documents, index=home)

    def open(self, home: Path) -> Answers:
        """Return the index, open."""
        return _OurAnswers(searcher.open(home))


class _OurAnswers:
    def __init__(self, index: searcher.Index) -> None:
        self._index = index

    def ask(self, line: str) -> int:
        return self._index.search(line, limit=LIMIT, snippets=SNIPPETS).total

    def holding(self, phrase: str) -> list[str]:
        page = self._index.search(f'body:"{phrase}"', limit=len(self._index), snippets=0)
        return [hit.id for hit in page.hits]


# ---------------------------------------------------------------- stock


class Stock:
    """Whoosh, jieba and OpenCC as they come."""

    def __init__(self) -> None:
        import jieba
        from opencc import OpenCC

        jieba.setLogLevel(logging.WARNING)
        self._convert = OpenCC("t2s").convert

    def build(self, documents: Iterable[Document], home: Path) -> None:
        """Make an index with Whoosh's default writer."""
        from jieba.analyse import ChineseAnalyzer
        from whoosh.fields import ID, TEXT, Schema
        from whoosh.index import create_in

        text = TEXT(analyzer=ChineseAnalyzer(), stored=True)
        home.mkdir(parents=True, exist_ok=True)
        writer = create_in(str(home), Schema(id=ID(stored=True), title=text, body=text)).writer()
        for each in documents:
            title, body = self._convert(each.title), self._convert(each.body)
            writer.add_document(id=each.id, title=title, body=body)
        writer.commit()

    def open(self, home: Path) -> Answers:
        """Return the index, open."""
        from whoosh.index import open_dir

        return _StockAnswers(open_dir(str(home)), self._convert)


class _StockAnswers:
    def __init__(self, index: Any, convert: Any) -> None:
        from whoosh.qparser import QueryParser

        self._searcher = index.searcher()
        self._parser = QueryParser("body", index.schema)
        self._convert = convert

    def ask(self, line: str) -> int:
        results = self._results(line, LIMIT)
        for hit in results:
            hit.highlights("body", top=SNIPPETS)
        return len(results)

    def holding(self, phrase: str) -> list[str]:
        return [hit["id"] for hit in self._results(f'"{phrase}"', None)]

    def _results(self, line: str, limit: int | None) -> Any:
        return self._searcher.search(self._parser.parse(self._convert(line)), limit=limit)


SYSTEMS: dict[str, type[System]] = {"ours": Ours, "stock": Stock}
