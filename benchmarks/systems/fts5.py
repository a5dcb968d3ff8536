"""SQLite's FTS5 over rjieba's words; the originals in a table beside them."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.corpora import read_documents
from benchmarks.systems.base import LIMIT
from benchmarks.systems.cutting import Wanted, wanted, words_of
from benchmarks.systems.snippet import find
from benchmarks.workload import Question
from searcher.text.script import fold

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT, title TEXT, body TEXT);
    CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize="unicode61 tokenchars '+#.'");
"""

_PAGE = """
    SELECT id, title, body FROM words JOIN documents ON number = words.rowid
    WHERE words MATCH ? ORDER BY rank LIMIT ?
"""


class Made:
    """FTS5 over words."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index in a file of its own."""
        home.mkdir(parents=True)
        file = sqlite3.connect(home / "words.sqlite")
        file.executescript(_TABLES)
        for number, each in enumerate(read_documents(corpus)):
            row = (number, each.id, each.title, each.body)
            file.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", row)
            words = " ".join(words_of(f"{each.title}\n{each.body}"))
            file.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, words))
        file.execute("INSERT INTO words (words) VALUES ('optimize')")
        file.commit()
        file.close()

    def open(self, home: Path) -> FtsAnswers:
        """Return the index, open."""
        return FtsAnswers(sqlite3.connect(home / "words.sqlite", check_same_thread=False))


class FtsAnswers:
    """An FTS5 index, open."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        weakref.finalize(self, file.close)

    def ask(self, question: Question) -> Callable[[], int]:
        """Return the search for a question: one statement for the page, one for the total."""

        def answer() -> int:
            asked = wanted(question)
            line = _line(question.kind, asked)
            for _id, _title, body in self._file.execute(_PAGE, (line, LIMIT)):
                find(body, fold(body), asked.words)
            total = "SELECT count(*) FROM words WHERE words MATCH ?"
            return int(self._file.execute(total, (line,)).fetchone()[0])

        return answer

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of the documents with the words of *phrase* in a row."""
        return list(self._ids(_quoted(" ".join(words_of(phrase)))))

    def _ids(self, line: str) -> Iterator[str]:
        joined = "SELECT id FROM words JOIN documents ON number = words.rowid WHERE words MATCH ?"
        for (found,) in self._file.execute(joined, (line,)):
            yield found


def _line(kind: str, asked: Wanted) -> str:
    """Return a question in FTS5's language.

    >>> _line("OR", Wanted([["驻村"], ["小康", "社会"]], any_group=True))
    '("驻村") OR ("小康" AND "社会")'
    """
    if kind == "phrase":
        return _quoted(" ".join(asked.words))
    if kind == "prefix":
        return _quoted(asked.words[0]) + " *"
    groups = (f"({' AND '.join(map(_quoted, group))})" for group in asked.groups)
    return (" OR " if asked.any_group else " AND ").join(groups)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
