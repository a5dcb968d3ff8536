"""What both ways of using tantivy share: stored originals, one writing thread, exact totals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.systems.base import LIMIT
from benchmarks.systems.snippet import find
from searcher import Document
from searcher.text.script import fold

HEAP = 512 << 20
"""Bytes its writer may use: our own default for a build."""

tantivy: Any = import_module("tantivy")


def write(home: Path, rows: Iterable[tuple[Document, str]]) -> None:
    """Write an index of documents, each with its terms in order, blanks between them."""
    home.mkdir(parents=True)
    index = tantivy.Index(_schema(), path=str(home))
    writer = index.writer(heap_size=HEAP, num_threads=1)
    for document, terms in rows:
        record = tantivy.Document(id=document.id, terms=terms)
        record.add_bytes("title", document.title.encode("utf-8"))
        record.add_bytes("body", document.body.encode("utf-8"))
        writer.add_document(record)
    writer.commit()
    writer.wait_merging_threads()


def _schema() -> Any:
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    schema.add_bytes_field("title", stored=True)
    schema.add_bytes_field("body", stored=True)
    schema.add_text_field("terms", tokenizer_name="whitespace", index_option="position")
    return schema.build()


class Opened:
    """An index, open; questions are tantivy's own query objects."""

    def __init__(self, home: Path) -> None:
        index = tantivy.Index.open(str(home))
        self._schema = index.schema
        self._searcher = index.searcher()

    def page(self, query: Any, words: Sequence[str]) -> int:
        """Make a page and return the total."""
        found = self._searcher.search(query, LIMIT, count=True)
        for _score, address in found.hits:
            record = self._searcher.doc(address)
            _id, _title = record.get_first("id"), record.get_first("title").decode("utf-8")
            body = record.get_first("body").decode("utf-8")
            find(body, fold(body), words)
        total: int = found.count
        return total

    def ids(self, query: Any) -> Iterator[str]:
        """Yield the ids of all documents that match."""
        found = self._searcher.search(query, max(self._searcher.num_docs, 1), count=False)
        for _score, address in found.hits:
            yield self._searcher.doc(address).get_first("id")

    def term(self, term: str, kept: str) -> Any:
        """Return the query for a term; *kept* is what of its postings is read: "basic", "freq"."""
        return tantivy.Query.term_query(self._schema, "terms", term, index_option=kept)

    def row(self, terms: Sequence[str] | Sequence[tuple[int, str]]) -> Any:
        """Return the query for terms in a row, or at their offsets."""
        return tantivy.Query.phrase_query(self._schema, "terms", terms)

    def beginning(self, prefix: str) -> Any:
        """Return the query for terms that begin with *prefix*; all score the same."""
        return tantivy.Query.regex_query(self._schema, "terms", re.escape(prefix) + ".*")


def every(queries: Sequence[Any]) -> Any:
    """Return the query for documents that match all of *queries*."""
    return _boolean(tantivy.Occur.Must, queries)


def either(queries: Sequence[Any]) -> Any:
    """Return the query for documents that match at least one of *queries*."""
    return _boolean(tantivy.Occur.Should, queries)


def _boolean(occur: Any, queries: Sequence[Any]) -> Any:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(occur, query) for query in queries])
