"""The stock stack, as a tutorial puts it together: Whoosh, jieba's ChineseAnalyzer, OpenCC.

OpenCC's ``convert`` runs on every document and query; QueryParser reads queries, all words by
default.  What is stored is the original, and snippets are those of all peers: Whoosh's own
``highlights`` analyzes the stored text again, which takes some milliseconds more for each hit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jieba
from opencc import OpenCC

from benchmarks.systems.base import LIMIT
from benchmarks.systems.snippet import find

if TYPE_CHECKING:
    from benchmarks.workload import Question


class Made:
    """Whoosh, jieba and OpenCC as they come."""

    def __init__(self) -> None:
        jieba.setLogLevel(logging.WARNING)
        self._convert = OpenCC("t2s").convert

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index with Whoosh's default writer."""
        from jieba.analyse import ChineseAnalyzer
        from whoosh.fields import ID, TEXT, Schema
        from whoosh.index import create_in

        from benchmarks.corpora import read_documents

        text = TEXT(analyzer=ChineseAnalyzer(), stored=True)
        home.mkdir(parents=True)
        writer = create_in(str(home), Schema(id=ID(stored=True), title=text, body=text)).writer()
        for each in read_documents(corpus):
            converted = {name: self._convert(getattr(each, name)) for name in ("title", "body")}
            stored = {"_stored_title": each.title, "_stored_body": each.body}
            writer.add_document(id=each.id, **converted, **stored)
        writer.commit()

    def open(self, home: Path) -> StockAnswers:
        """Return the index, open."""
        return StockAnswers(home, self._convert)


class StockAnswers:
    """A stock index, open."""

    def __init__(self, home: Path, convert: Callable[[str], str]) -> None:
        from whoosh.index import open_dir
        from whoosh.qparser import OrGroup, QueryParser

        index = open_dir(str(home))
        self._searcher = index.searcher()
        self._all = QueryParser("body", index.schema)
        self._any = QueryParser("body", index.schema, group=OrGroup)
        self._convert = convert
        self._fold = _characters()

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for the line of a question."""
        from benchmarks.systems.ours import line_of

        line, match = line_of(question)
        return lambda: self.search(line, any_word=match == "any")[0]

    def search(self, line: str, *, any_word: bool) -> tuple[int, list[str]]:
        """Return the exact total and a page: a line with title and snippet for each hit."""
        results = self._results(line, LIMIT, any_word)
        words = [text for _field, text in results.q.iter_all_terms()] or [line.strip("*")]
        return len(results), [self._shown(hit, words) for hit in results]

    def _shown(self, hit: Any, words: list[str]) -> str:
        body = hit["body"]
        return f"{hit['title']}\t{find(body, body.translate(self._fold), words)}"

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of all documents that are found by *phrase* in quotes."""
        return self.ids(f'"{phrase}"', None, any_word=False)

    def ids(self, line: str, limit: int | None, *, any_word: bool) -> list[str]:
        """Return the ids of the first *limit* documents, best first."""
        return [hit["id"] for hit in self._results(line, limit, any_word)]

    def _results(self, line: str, limit: int | None, any_word: bool) -> Any:
        parser = self._any if any_word else self._all
        return self._searcher.search(parser.parse(self._convert(line)), limit=limit)


def _characters() -> dict[int, str]:
    """Return OpenCC's table of characters, Traditional to Simplified, one for one."""
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines())
    return {ord(key): values.split()[0] for key, values in pairs}
