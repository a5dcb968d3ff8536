"""Snapshot: one generation, open, with all that answering a query needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from searcher.engines import ENGINES
from searcher.engines.base import Engine
from searcher.errors import IndexCorruptError, IndexFormatError
from searcher.generations import Generation
from searcher.matches import ranges
from searcher.model import (
    Clause,
    Document,
    EngineHit,
    EnginePage,
    Hit,
    Mark,
    Matched,
    Plan,
    Run,
    Sort,
)
from searcher.snippets import best
from searcher.stored import StoredDocument
from searcher.text.fingerprint import fingerprint
from searcher.text.words import Lexicon, LexiconCutter

LEXICON = "words.lex"
"""The file of a generation that queries are cut with."""


def engine_of(generation: Generation) -> Engine:
    """Return the engine a generation was made with.

    Raises:
        IndexFormatError: this searcher has no such engine, or another version or analyzer.
    """
    name = generation.manifest.engine
    if name not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise IndexFormatError(
            f"{generation.folder}: made with engine {name!r}, this searcher has {known}; "
            "build again: searcher build PATH…"
        )
    engine = ENGINES[name]
    generation.require(engine=engine.name, schema=engine.schema_version, fingerprint=fingerprint())
    return engine


class Snapshot:
    """One generation, open; closed when its last holder lets go (its maker is the first)."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        with ExitStack() as opened:
            opened.callback(generation.close)
            self.reader = engine_of(generation).open(generation.folder)
            opened.callback(self.reader.close)
            lexicon = opened.enter_context(Lexicon.open(generation.folder / LEXICON))
            self.cutter = LexiconCutter(lexicon)
            self._opened = opened.pop_all()
        self._lock = threading.Lock()
        self._holders = 1

    def hold(self) -> None:
        """Keep it open until the matching `let_go`."""
        with self._lock:
            self._holders += 1

    def let_go(self) -> None:
        """Undo one `hold`; the last one closes it."""
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
        self._opened.close()

    # ------------------------------------------------------------ answers

    def find(
        self, plan: Plan, *, limit: int, offset: int, sort: Sort
    ) -> tuple[EnginePage, Matched]:
        """Return a page of the documents with all words, or with some where none has all."""

        def ask(where: Clause) -> EnginePage:
            return self.reader.search(
                where, plan.terms, plan.constants, limit=limit, offset=offset, sort=sort
            )

        found = ask(plan.where)
        if found.total or plan.fallback is None:
            return found, "all"
        return ask(plan.fallback), "some"

    def word_totals(self, plan: Plan) -> dict[str, int]:
        """Return how many documents each word of the query is in."""
        return {word.label: self.reader.count(word.clause) for word in plan.words}

    def stored(self, number: int) -> StoredDocument:
        """Return a stored document by the reader's number."""
        with self._naming_damage():
            return StoredDocument(self.reader.stored(number))

    def whole(self, number: int) -> Document:
        """Return a document as it was given."""
        with self._naming_damage():
            return self.stored(number).document

    @contextmanager
    def _naming_damage(self) -> Iterator[None]:
        """Name the index where stored bytes make no sense: numbers in them lead anywhere."""
        try:
            yield
        except (IndexCorruptError, LookupError, ValueError, TypeError) as error:
            if str(self.generation.folder) in str(error):
                raise
            raise IndexCorruptError(
                f"{self.generation.folder}: damaged ({type(error).__name__}: {error}); "
                "build again: searcher build PATH…"
            ) from error

    def hit(self, found: EngineHit, marks: Sequence[Mark], snippets: int, chars: int) -> Hit:
        """Return a found document with its best passages."""
        stored = self.stored(found.number)

        def positions(run: Run, field: str) -> list[int]:
            return list(self.reader.positions(found.number, run, field))

        with self._naming_damage():
            found_ranges = ranges(stored, marks, positions) if snippets else []
            passages = best(found_ranges, count=snippets, chars=chars)
        return Hit(
            id=stored.id,
            score=found.score,
            title=stored.title,
            path=stored.path,
            date=stored.date,
            source=stored.source,
            author=stored.author,
            script=stored.script,
            extra=stored.extra,
            snippets=passages,
        )
