"""Index: the conductor of documents and queries over one index home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Unpack

from searcher import forking
from searcher.arguments import CACHE, SNIPPET_CHARS, SNIPPETS, seconds, string, strings, whole
from searcher.errors import QueryError
from searcher.generations import Generation, Home
from searcher.model import Document, Match, Page, Region, SearchOptions, Sort, UpdateReport

if TYPE_CHECKING:
    from searcher.generations.watch import Watch
    from searcher.searching import Asked
    from searcher.searching.explaining import Explanation
    from searcher.snapshot import Snapshot

# What answers and what writes is imported where it is used: `import searcher` stays cheap, the
# command line can set up numpy before it is imported, and a search does not pay for writing.


class Index:
    """An index open for searching: one snapshot until `refresh`, safe to share between threads.

    One that follows moves to what was published meanwhile before each use.

    >>> import searcher, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = searcher.build([searcher.Document("a", "脱贫攻坚")], index=folder)
    ...     with searcher.open(folder) as index:
    ...         page = index.search('"脫貧"')
    ...         page.total, page.hits[0].snippets[0].highlights
    (1, ((0, 2),))
    """

    def __init__(
        self, path: str | Path = "index", *, cache: int = CACHE, follow: bool = False
    ) -> None:
        if cache < 0:
            raise ValueError(f"cache must not be negative, it is {cache}")
        self._cache = cache
        self._home = Home(path)
        self._lock = forking.lock()
        self._moving = forking.reentrant_lock()  # one refresh at a time
        self._changing = forking.reentrant_lock()  # one update at a time
        self._closed = False
        self._watch = self._home.watch() if follow else None
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

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled: each index has files of its own."""
        raise TypeError("an Index cannot be copied or pickled; open it again: searcher.open(PATH)")

    def refresh(self) -> bool:
        """Move to the published generation; return whether that is another one.

        Searches that are under way finish on the snapshot they began with.
        """
        with self._moving:
            self._check_open()
            if self._home.current_id() == self.generation:
                return False
            fresh = _opened(self._home.current(), self._cache)
            with self._lock:
                closed = self._closed
                if not closed:
                    fresh, self._snapshot = self._snapshot, fresh
            fresh.let_go()  # by now the old one, unless the index was closed meanwhile
            self._check_open()
            return True

    def _keep_up(self, watch: Watch) -> None:
        with self._moving:
            if watch.news():  # no other thread was faster
                watch.follow(self.refresh)

    @property
    def generation(self) -> str:
        """The id of the generation that answers."""
        return self._snapshot.generation.id

    @contextmanager
    def _using(self) -> Iterator[Snapshot]:
        snapshot = self._held()
        try:
            yield snapshot
        finally:
            snapshot.let_go()

    def _held(self) -> Snapshot:
        """Return the snapshot that answers, held until `let_go`."""
        if self._watch is not None and self._watch.news():
            self._keep_up(self._watch)
        with self._lock:
            self._check_open()
            self._snapshot.hold()
            return self._snapshot

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
        reverse: bool = False,
        literal: bool = False,
        facets: Sequence[str] = (),
        collapse: bool = False,
        region: Region = "all",
        equivalents: bool = False,
        suggest: bool = False,
    ) -> Page:
        """Return one page of the documents that match *query*, best first.

        ``limit=0`` only counts; *offset* past the end gives no hits and the same total.  With
        ``literal`` the whole query is one phrase without operators.  ``snippets=0`` does no
        snippet work; *snippet_chars* is the length of one in characters.

        ``sort="date"`` has the newest first and undated documents last, ``"path"`` goes by path;
        *reverse* turns the order around, but undated documents stay last.

        ``page.facets`` has for each name in *facets* ("script", "source", "author", "year", or an
        extra field) how many of all documents found have each value, the 100 most frequent ones.

        With *collapse*, a document whose text is nearly that of one before it is no hit of its
        own but one of the ``duplicates`` of that: *limit* and *offset* count the hits that are
        left, ``page.total`` all documents.  Only the first 1,000 are compared.

        A bare word is satisfied by its counterpart of another *region* too, and a number or date
        by the same one written in another way; both score lower.  ``page.alternatives`` says which
        of them stand in a document.  Quotes switch this off, but for numbers with *equivalents*.

        With *suggest*, a page without hits has ``suggestions``: queries near this one that find
        something when asked with the same options: with long words written as the words inside
        them, with one character of each phrase that may be wrong, or without quotes.  A literal
        search has none.

        Raises:
            QueryError: the query cannot be read; ``.position`` says where.
            UnknownFacetError: *facets* holds a name that is no field.
            ValueError: a number is negative, or *match*, *sort* or *region* is none of its words.
            TypeError: *query* is no string, a number is not whole, or *facets* is one string.
        """
        from searcher.searching import Asked, answer

        asked = Asked(
            limit=limit,
            offset=offset,
            match=match,
            sort=sort,
            reverse=reverse,
            snippets=snippets,
            snippet_chars=snippet_chars,
            literal=literal,
            facets=facets,
            collapse=collapse,
            region=region,
            equivalents=equivalents,
            suggest=suggest,
        )
        snapshot = self._held()  # `_using` would be 1 % of a search
        try:
            return answer(snapshot, query, asked)
        finally:
            snapshot.let_go()

    def search_many(
        self, queries: Iterable[str], **options: Unpack[SearchOptions]
    ) -> Iterator[Page | QueryError]:
        """Yield the page of each query, in order, all of one generation.

        *options* are those of `search`.  A query that cannot be read yields its error, and the
        others go on.

        Raises:
            TypeError: at once: *queries* is one string, or an option is none; on the way: a query
                is no string.
            ValueError: as `search` does, at once.
        """
        from searcher.searching import Asked

        if isinstance(queries, str | bytes):
            raise TypeError("queries must be a list of strings, not one of them")
        return self._many(queries, Asked(**options))

    def _many(self, queries: Iterable[str], asked: Asked) -> Iterator[Page | QueryError]:
        from searcher.searching import answer

        with self._using() as snapshot:
            for query in queries:
                try:
                    yield answer(snapshot, query, asked)
                except QueryError as error:
                    yield error

    def like(
        self,
        document_id: str,
        *,
        limit: int = 10,
        offset: int = 0,
        snippets: int = SNIPPETS,
        snippet_chars: int = SNIPPET_CHARS,
    ) -> Page:
        """Return one page of the documents most like one, which is not among them.

        They hold some of the 25 terms that tell most of it: as often as they stand in it and as
        rare as they are elsewhere.  ``page.query`` is ``like:`` and the id.

        Raises:
            DocumentNotFoundError: there is no document with that id.
            ValueError: a number is negative.
        """
        from searcher.searching import Asked, answer_like

        asked = Asked(limit, offset, snippets, snippet_chars)
        with self._using() as snapshot:
            return answer_like(snapshot, document_id, asked)

    def explain(
        self,
        document_id: str,
        query: str,
        *,
        match: Match = "auto",
        literal: bool = False,
        region: Region = "all",
        equivalents: bool = False,
    ) -> Explanation:
        """Return why a query finds a document, with its score, or why not.

        The options are those of `search`.

        Raises:
            QueryError: the query cannot be read; ``.position`` says where.
            ValueError: ``match`` or ``region`` is none of its words.
            TypeError: *document_id* or *query* is no string.
        """
        from searcher.searching import Asked
        from searcher.searching.explaining import explain

        asked = Asked(match=match, literal=literal, region=region, equivalents=equivalents)
        with self._using() as snapshot:
            return explain(snapshot, document_id, query, asked)

    # ------------------------------------------------------------ documents

    def get(self, document_id: str) -> Document | None:
        """Return the stored document with that id, as it was given, or None."""
        with self._using() as snapshot:
            number = snapshot.number_of(string("an id", document_id))
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
        self,
        documents: Iterable[Document] = (),
        *,
        remove: Iterable[str] = (),
        keep: int | None = None,
        wait: float = 0.0,
    ) -> UpdateReport:
        """Publish a generation with *documents* added and *remove* gone, and move to it.

        A document takes the place of one with the same id; of two in one call the last wins.
        Where the index has everything as it is already, nothing is published.
        Other open Indexes see the change after `refresh`.  Documents that cannot be indexed are
        listed in the report; any other error publishes nothing.  *keep* generations stay, this
        one among them; None is as many as the last build was told.  Where another job is writing,
        its end is waited for, *wait* seconds at most.

        What did not change is taken over as it is, unread and with its checksums, so damage in
        it stays to be found: by what reads it, and by `searcher.generations.verify_files`.

        Raises:
            IndexNotFoundError: the index is gone.
            IndexLockedError: another job is still writing.
            IndexCorruptError: a file that had to be read is damaged.
            TypeError: *documents* holds something else than documents, or *keep* or *wait* is no
                number.
            ValueError: *keep* is below 1; *wait* is negative or not a number.
        """
        from searcher.changes import change, holding
        from searcher.engines import drop, published
        from searcher.snapshot import engine_of

        wanted = tuple(documents)
        gone = strings("remove", remove)
        wait = seconds("wait", wait)
        keep = keep if keep is None else whole("keep", keep, least=1)
        self._home.current_id()  # where there is no index any more, not even a folder is made
        with self._changing, self._home.lock("index.update", wait, drop) as home_writer:
            self._check_open()
            keep = self._home.last_manifest().keep if keep is None else keep
            home_writer.clean(keep)
            with self._home.current() as old, home_writer.begin() as draft:
                engine = engine_of(old)
                draft.link_from(old, old.manifest.files)
                report = change(engine, draft, old, wanted, gone)
                if report.any:
                    made = holding(engine, draft.folder, old.manifest, given=bool(wanted))
                    draft.seal(made).close()
                    with draft.publish() as new:
                        _log(new.folder, published(new.folder))
                else:
                    report = report._replace(generation=old.id)
            self.refresh()  # first, so that the one it leaves can go
            home_writer.clean(keep)
        return report


def open_index(path: str | Path = "index", *, cache: int = CACHE, follow: bool = False) -> Index:
    """Return the index at *path*, open for searching; also a context manager.

    *cache* bounds, in bytes, the decoded postings that are kept at hand.  It changes no answer;
    of several hundred thousand documents more makes repeated words faster, 0 keeps none.

    With *follow*, every use asks first whether another generation was published and moves to it;
    what is under way finishes on its own.  One that cannot be opened is logged, and the one at
    hand goes on answering.  Without it, that happens on `Index.refresh` alone.

    Raises:
        IndexNotFoundError: there is none.
        NotAnIndexError: the folder is something else.
        IndexFormatError: made with another version or analyzer; the message says how to mend it.
        IndexCorruptError: a file is damaged or missing; the message names it.
    """
    return Index(path, cache=cache, follow=follow)


def _opened(generation: Generation, cache: int) -> Snapshot:
    from searcher.snapshot import Snapshot

    return Snapshot(generation, cache)


def _log(folder: Path, problems: Sequence[str]) -> None:
    # Imported here: hardly any update logs.
    import logging

    for problem in problems:
        logging.getLogger(__name__).warning("%s: %s", folder, problem)
