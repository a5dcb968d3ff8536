"""Index: the conductor of documents and queries over one index home."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, get_args

from searcher.arguments import CACHE, strings
from searcher.generations import Generation, Home, verify_files
from searcher.model import Document, Match, Page, Sort, UpdateReport

if TYPE_CHECKING:
    from searcher.snapshot import Snapshot

# What answers and what writes is imported where it is used: `import searcher` stays cheap, the
# command line can set up numpy before it is imported, and a search does not pay for writing.

SNIPPETS = 3
"""Snippets per hit, unless asked otherwise."""

SNIPPET_CHARS = 120
"""Length of a snippet in characters of the original, unless asked otherwise."""


class Index:
    """An index open for searching: one snapshot until `refresh`, safe to share between threads.

    >>> import searcher, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = searcher.build([searcher.Document("a", "脱贫攻坚")], index=folder)
    ...     with searcher.open(folder) as index:
    ...         page = index.search('"脫貧"')
    ...         page.total, page.hits[0].snippets[0].highlights
    (1, ((0, 2),))
    """

    def __init__(self, path: str | Path = "index", *, cache: int = CACHE) -> None:
        if cache < 0:
            raise ValueError(f"cache must not be negative, it is {cache}")
        self._cache = cache
        self._home = Home(path)
        self._lock = threading.Lock()
        self._changing = threading.RLock()  # one refresh or update at a time
        self._closed = False
        self._snapshot = _opened(self._home.current(), cache)

    # ------------------------------------------------------------ life

    def close(self) -> None:
        """Let go of the files, as soon as searches under way are done; closing twice is fine."""
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:
            self._snapshot.let_go()

    def __enter__(self) -> Index:
        """Return the index itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def refresh(self) -> bool:
        """Move to the published generation; return whether that is another one.

        Searches that are under way finish on the snapshot they began with.
        """
        with self._changing:
            self._check_open()
            if self._home.current_id() == self.generation:
                return False
            fresh = _opened(self._home.current(), self._cache)
            with self._lock:
                old, self._snapshot = self._snapshot, fresh
            old.let_go()
            return True

    @property
    def generation(self) -> str:
        """The id of the generation that answers."""
        return self._snapshot.generation.id

    @contextmanager
    def _using(self) -> Iterator[Snapshot]:
        with self._lock:
            self._check_open()
            snapshot = self._snapshot
            snapshot.hold()
        try:
            yield snapshot
        finally:
            snapshot.let_go()

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("the index was closed")

    # ------------------------------------------------------------ queries

    def search(  # noqa: PLR0913 - the options of a search, each with a default
        self,
        query: str,
        *,
        limit: int = 10,
        offset: int = 0,
        match: Match = "auto",
        sort: Sort = "score",
        snippets: int = SNIPPETS,
        snippet_chars: int = SNIPPET_CHARS,
        literal: bool = False,
    ) -> Page:
        """Return one page of the documents that match *query*, best first.

        ``limit=0`` only counts; *offset* past the end gives no hits and the same total.  With
        ``literal`` the whole query is one phrase without operators.  ``snippets=0`` does no
        snippet work; *snippet_chars* is the length of one in characters.

        Raises:
            QueryError: the query cannot be read; ``.position`` says where.
            ValueError: a number is negative, or *match* or *sort* is none of its words.
        """
        if not isinstance(query, str):
            raise TypeError(f"a query is a string, not {type(query).__name__}")
        _check_options(limit, offset, snippets, snippet_chars, match, sort)
        began = time.perf_counter()
        with self._using() as snapshot:
            plan = snapshot.plan(query, match=match, literal=literal)
            found, matched = snapshot.find(plan, limit=limit, offset=offset, sort=sort)
            marks = plan.marks if matched == "all" else plan.fallback_marks
            hits = snapshot.hits(found.hits, marks, snippets, snippet_chars)
            totals = {} if found.total else snapshot.word_totals(plan)
        return Page(
            query=query,
            total=found.total,
            matched=matched,
            took_ms=round((time.perf_counter() - began) * 1000, 3),
            generation=snapshot.generation.id,
            hits=hits,
            word_totals=totals,
        )

    # ------------------------------------------------------------ documents

    def get(self, document_id: str) -> Document | None:
        """Return the stored document with that id, as it was given, or None."""
        if not isinstance(document_id, str):
            raise TypeError(f"an id is a string, not {type(document_id).__name__}")
        with self._using() as snapshot:
            number = snapshot.number_of(document_id)
            return None if number is None else snapshot.whole(number)

    def __len__(self) -> int:
        """Return the number of documents."""
        with self._using() as snapshot:
            return len(snapshot.reader)

    def __contains__(self, document_id: object) -> bool:
        """Tell whether there is a document with that id."""
        with self._using() as snapshot:
            return isinstance(document_id, str) and snapshot.number_of(document_id) is not None

    def ids(self) -> list[str]:
        """Return every document id, ascending."""
        with self._using() as snapshot:
            return list(snapshot.reader.ids())

    # ------------------------------------------------------------ changes

    def update(
        self, documents: Iterable[Document] = (), *, remove: Iterable[str] = ()
    ) -> UpdateReport:
        """Publish a generation with *documents* added and *remove* gone, and move to it.

        A document takes the place of one with the same id; of two in one call the last wins.
        Other open Indexes see the change after `refresh`.  Documents that cannot be indexed are
        listed in the report; any other error publishes nothing.

        Raises:
            IndexLockedError: another job is writing.
            TypeError: *documents* holds something else than documents.
        """
        from searcher.changes import change, counts
        from searcher.snapshot import engine_of

        wanted = tuple(documents)
        gone = strings("remove", remove)
        with self._changing, self._home.lock("index.update") as home_writer:
            self._check_open()
            home_writer.clean()
            with self._home.current() as old, home_writer.begin() as draft:
                engine = engine_of(old)
                verify_files(old)  # damage must not be taken over
                draft.link_from(old, old.manifest.files)
                report = change(engine, draft, wanted, gone)
                facts = replace(old.manifest, counts=counts(engine, draft.folder))
                draft.publish(facts).close()
            home_writer.clean()
            self.refresh()
        return report


def open_index(path: str | Path = "index", *, cache: int = CACHE) -> Index:
    """Return the index at *path*, open for searching; also a context manager.

    *cache* bounds, in bytes, the decoded postings that are kept at hand.  It changes no answer;
    of several hundred thousand documents more makes repeated words faster, 0 keeps none.

    Raises:
        IndexNotFoundError: there is none.
        NotAnIndexError: the folder is something else.
        IndexFormatError: made with another version or analyzer; the message says how to mend it.
        IndexCorruptError: a file is damaged or missing; the message names it.
    """
    return Index(path, cache=cache)


def _opened(generation: Generation, cache: int) -> Snapshot:
    from searcher.snapshot import Snapshot

    return Snapshot(generation, cache)


def _check_options(
    limit: int, offset: int, snippets: int, snippet_chars: int, match: str, sort: str
) -> None:
    numbers = {"limit": limit, "offset": offset, "snippets": snippets}
    for name, value in numbers.items():
        if value < 0:
            raise ValueError(f"{name} must not be negative, it is {value}")
    if snippet_chars < 1:
        raise ValueError(f"snippet_chars must be at least 1, it is {snippet_chars}")
    for name, word, known in (("match", match, get_args(Match)), ("sort", sort, get_args(Sort))):
        if word not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, it is {word!r}")
