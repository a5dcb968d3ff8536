"""What every system is, and the numbers all of them share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from benchmarks.workload import Question

LIMIT = 10
"""Hits of a page."""

SNIPPETS = 1
"""Snippets of a hit."""

SNIPPET_CHARS = 120
"""Length of a snippet."""


class UnsupportedError(Exception):
    """A system has no such question; the message says why."""


class Answers(Protocol):
    """An index open for questions."""

    def ask(self, question: Question) -> Callable[[], int]:
        """Return a call that answers with one page, its snippets made, and returns the exact
        total.

        The call is what is timed.  Raises UnsupportedError.
        """

    def holding(self, phrase: str) -> list[str]:
        """Return the ids of all documents that are found by *phrase* as a phrase.

        Raises UnsupportedError.
        """


class System(Protocol):
    """Something that builds indexes and opens them."""

    def build(self, corpus: Path, home: Path) -> None:
        """Make an index of the documents in *corpus* (`benchmarks.corpora.write_documents`) in
        the folder *home*, which is not there yet.
        """

    def open(self, home: Path) -> Answers:
        """Return the index in *home*, open."""
