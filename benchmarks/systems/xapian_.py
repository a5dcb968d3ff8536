"""Xapian over rjieba's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.corpora import read_documents
from benchmarks.systems.base import LIMIT
from benchmarks.systems.cutting import Wanted, wanted, words_of
from benchmarks.systems.snippet import find
from benchmarks.workload import Question
from searcher.text.script import fold

_LONGEST = 240
"""Bytes of a term; Xapian holds 245 and writes a zero byte as two."""

xapian: Any = import_module("xapian")


class Made:
    """Xapian over words."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index."""
        home.parent.mkdir(parents=True, exist_ok=True)
        database = xapian.WritableDatabase(str(home), xapian.DB_CREATE)
        for each in read_documents(corpus):
            record = xapian.Document()
            for place, word in enumerate(words_of(f"{each.title}\n{each.body}")):
                if len(word.encode("utf-8")) <= _LONGEST:
                    record.add_posting(word, place)
            original = {"id": each.id, "title": each.title, "body": each.body}
            record.set_data(json.dumps(original, ensure_ascii=False))
            database.add_document(record)
        database.commit()
        database.close()

    def open(self, home: Path) -> XapianAnswers:
        """Return the index, open."""
        return XapianAnswers(xapian.Database(str(home)))


class XapianAnswers:
    """A Xapian index, open."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._every = database.get_doccount()

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for a question; every match is looked at, so the total is exact."""

        def answer() -> int:
            asked = wanted(question)
            found = self._found(_query(question.kind, asked), LIMIT)
            for match in found:
                body = json.loads(match.document.get_data())["body"]
                find(body, fold(body), asked.words)
            return int(found.get_matches_estimated())

        return answer

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of the documents with the words of *phrase* in a row."""
        return list(self._ids(_row(words_of(phrase))))

    def _ids(self, query: Any) -> Iterator[str]:
        for match in self._found(query, self._every):
            yield json.loads(match.document.get_data())["id"]

    def _found(self, query: Any, limit: int) -> Any:
        enquire = xapian.Enquire(self._database)
        enquire.set_query(query)
        return enquire.get_mset(0, limit, self._every)


def _query(kind: str, asked: Wanted) -> Any:
    if kind == "phrase":
        return _row(asked.words)
    if kind == "prefix":
        return xapian.Query(xapian.Query.OP_WILDCARD, asked.words[0])
    joined = [xapian.Query(xapian.Query.OP_AND, list(group)) for group in asked.groups]
    over = xapian.Query.OP_OR if asked.any_group else xapian.Query.OP_AND
    return xapian.Query(over, joined)


def _row(words: Sequence[str]) -> Any:
    return xapian.Query(xapian.Query.OP_PHRASE, list(words))
