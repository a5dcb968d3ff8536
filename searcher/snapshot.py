"""Snapshot: one generation, open, with all that answering a query needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from searcher import forking
from searcher.arguments import CACHE
from searcher.engines import ENGINES
from searcher.engines.base import YEAR, Engine, Reader
from searcher.errors import IndexCorruptError, IndexFormatError, QueryError, UnknownFacetError
from searcher.generations import Generation
from searcher.matches import block_ranges, found_in, has_pattern, leaves_in, spread
from searcher.model import (
    Clause,
    Document,
    EngineHit,
    EnginePage,
    Hit,
    Mark,
    Match,
    Matched,
    Plan,
    Run,
    ScoreClause,
    Snippet,
    Sort,
)
from searcher.properties import cached_property
from searcher.query import plan_query
from searcher.query.alternatives import WIDE, Widening
from searcher.query.catalog import Catalog
from searcher.snippets import Kinds, Leaf, Sheet, best, best_of_page
from searcher.stored import StoredDocument
from searcher.stored.packing import Packing, packing_in
from searcher.text.fingerprint import fingerprint
from searcher.text.words import JIEBA_LEXICON, Lexicon, LexiconCutter

if TYPE_CHECKING:
    from searcher.matches.resolving import Resolver

PLANS = 256
"""Queries whose plans are at hand: who turns a page asks the same again."""

FACETS = ("script", "source", "author", YEAR)
"""What documents are counted by, beside the extra fields of an index."""

MOST_VALUES = 100
"""Values of a facet that are counted, the most frequent ones."""

AT_HAND = 32 << 20
"""Bytes of documents that are kept at hand once they were shown."""


class _Fields(Collection[str]):
    """The names of a reader's extra fields, looked up when a query asks for one: few do."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __contains__(self, name: object) -> bool:
        return name in self._reader.fields()

    def __iter__(self) -> Iterator[str]:
        return iter(self._reader.fields())

    def __len__(self) -> int:
        return len(self._reader.fields())


class Shown:
    """A document as a page shows it; its ``leaf`` is made when a passage of it is."""

    __slots__ = ("document", "id", "leaf", "metadata", "path", "script", "title")

    def __init__(self, document: StoredDocument, id: str, path: str) -> None:
        self.document = document
        self.id = id
        self.path = path
        self.title = document.title
        self.metadata = document.metadata
        self.script = document.script
        self.leaf: Leaf | None = None


class AtHand:
    """The documents shown last with their leaves, within `AT_HAND` bytes; safe to share between
    threads.

    Huge ones, which are read in part, are not kept.
    """

    def __init__(self, fetch: Callable[[int], Shown]) -> None:
        self._fetch = fetch
        self._kept: dict[int, Shown] = {}
        self._bytes = 0
        self._lock = forking.lock()

    def get(self, number: int) -> Shown:
        """Return the document with that number, fetched where it is not at hand."""
        return self._kept.get(number) or self._keep(number, self._fetch(number))

    def _keep(self, number: int, shown: Shown) -> Shown:
        if shown.document.is_huge:
            return shown
        with self._lock:
            if number not in self._kept:  # no other thread was faster
                self._bytes += shown.document.weight
                if self._bytes > AT_HAND:
                    self._kept.clear()
                    self._bytes = shown.document.weight
                self._kept[number] = shown
            return self._kept[number]

    def leaves(self, page: Sequence[Shown]) -> dict[int, Leaf]:
        """Return the leaf of each document of a page that is not huge, by its place there."""
        bare = [each for each in page if each.leaf is None and not each.document.is_huge]
        if bare:
            leaves = leaves_in([each.document for each in bare])
            for each, leaf in zip(bare, leaves, strict=True):
                each.leaf = leaf
            self._charge(sum([leaf.weight for leaf in leaves]))
        return {at: each.leaf for at, each in enumerate(page) if each.leaf is not None}

    def _charge(self, weight: int) -> None:
        """Take note that documents have grown; that some are not kept any more does no harm."""
        with self._lock:
            self._bytes += weight
            if self._bytes > AT_HAND:
                self._kept.clear()
                self._bytes = 0


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

    def __init__(self, generation: Generation, cache: int = CACHE) -> None:
        self.generation = generation
        with ExitStack() as opened:
            opened.callback(generation.close)
            self.reader = reader = engine_of(generation).open(generation.folder, cache=cache)
            opened.callback(reader.close)
            lexicon = opened.enter_context(Lexicon.open(JIEBA_LEXICON, check=False))
            self.cutter = LexiconCutter(lexicon)
            self.catalog = Catalog(_Fields(reader), reader.expand)
            """What a query may ask of the index."""
            # None of these holds the snapshot: a circle would stay for the collector of garbage.
            self._plan = lru_cache(PLANS)(partial(_planned, self.cutter, self.catalog))
            self._standing = lru_cache(PLANS)(reader.count)
            self._read = read = partial(_stored, reader, packing_in(generation.folder))
            self._at_hand = AtHand(lambda number: Shown(read(number), *reader.document(number)))
            self._opened = opened.pop_all()
        self._lock = forking.lock()
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

    def plan(self, query: str, *, match: Match, literal: bool, widening: Widening = WIDE) -> Plan:
        """Return the plan of a query, cut with this generation's words."""
        return self._plan(query, match, literal, widening)

    def find(
        self,
        plan: Plan,
        *,
        limit: int,
        offset: int,
        sort: Sort,
        reverse: bool = False,
        line: str = "",
    ) -> tuple[EnginePage, Matched]:
        """Return a page of the documents with all words, or with some where none has all.

        Raises:
            QueryError: a pattern has too many candidates; it points into the query *line*.
        """

        def ask(clause: Clause) -> EnginePage:
            where = self.resolved(clause, line)
            constants = [
                ScoreClause(self.resolved(each.clause, line, where), each.weight)
                for each in plan.constants
            ]
            return self.reader.search(
                where,
                plan.terms,
                constants,
                limit=limit,
                offset=offset,
                sort=sort,
                reverse=reverse,
            )

        found = ask(plan.where)
        if found.total or plan.fallback is None:
            return found, "all"
        return ask(plan.fallback), "some"

    def resolved(self, clause: Clause, line: str = "", beside: Clause | None = None) -> Clause:
        """Return a clause that the engine answers and that matches the same documents, at least
        of those that match *beside* too.

        Raises:
            QueryError: a pattern has too many candidates; it points into the query *line*.
        """
        if not has_pattern(clause):
            return clause
        with self._naming_damage():
            return self._resolver.resolved(clause, line, beside)

    @cached_property
    def _resolver(self) -> Resolver:
        # Imported here: hardly a query has a pattern.
        from searcher.matches.resolving import Resolver

        return Resolver(self.reader, self._read)

    def word_totals(self, plan: Plan) -> dict[str, int]:
        """Return how many documents each word of the query is in, excluded ones with a minus; none
        where to count them too many would have to be read.
        """
        excluded = (word._replace(label=f"-{word.label}") for word in plan.excluded)
        totals = {}
        for word in (*plan.words, *excluded):
            with suppress(QueryError):
                totals[word.label] = self.reader.count(self.resolved(word.clause))
        return totals

    def alternatives(self, plan: Plan) -> tuple[Mapping[str, str | int], ...]:
        """Return what was looked for beside the words of the query and stands in a document, and
        in how many.
        """
        counted = ((each, self._standing(each.clause)) for each in plan.alternatives)
        return tuple(
            {"word": each.word, "alternative": each.text, "kind": each.kind, "documents": count}
            for each, count in counted
            if count
        )

    def facets(
        self, plan: Plan, matched: Matched, names: Sequence[str]
    ) -> Mapping[str, dict[str, int]]:
        """Return how many of the documents found have each value of the fields *names*.

        Raises:
            UnknownFacetError: there is no such field; the message names those that there are.
        """
        known = dict.fromkeys((*FACETS, *sorted(self.catalog.fields)))
        for name in names:
            if name not in known:
                problem = f"there is no facet {name!r}; there are {', '.join(known)}"
                raise UnknownFacetError(problem)
        if not names:
            return {}
        found = plan.where if matched == "all" or plan.fallback is None else plan.fallback
        facets = self.reader.facets(self.resolved(found), names, MOST_VALUES)
        return {name: dict(facets[name]) for name in names}

    def number_of(self, document_id: str) -> int | None:
        """Return the reader's number of the document with that id, as a caller gives it."""
        # Imported here: a search decodes nothing.
        from searcher.text.decode import storable

        return self.reader.find(storable(document_id)[0])

    def stored(self, number: int) -> StoredDocument:
        """Return a stored document by the reader's number."""
        with self._naming_damage():
            return self._read(number)

    def whole(self, number: int) -> Document:
        """Return a document as it was given."""
        with self._naming_damage():
            return self.stored(number).document(*self.reader.document(number))

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

    def hits(
        self, found: Sequence[EngineHit], marks: Sequence[Mark], snippets: int, chars: int
    ) -> tuple[Hit, ...]:
        """Return the found documents of a page with the best passages of each."""
        numbers = [hit.number for hit in found]
        with self._naming_damage():
            shown = [self._at_hand.get(number) for number in numbers]
            if not snippets:
                return tuple([_hit(hit, each, ()) for hit, each in zip(found, shown, strict=True)])
            passages = self._passages(shown, numbers, marks, snippets, chars)
            return tuple(map(_hit, found, shown, passages))

    def _passages(
        self,
        shown: Sequence[Shown],
        numbers: Sequence[int],
        marks: Sequence[Mark],
        count: int,
        chars: int,
    ) -> list[tuple[Snippet, ...]]:
        """Return the best passages of each document."""
        marks = spread(marks)
        documents = [each.document for each in shown]
        sheet = Sheet(self._at_hand.leaves(shown))
        ranges = found_in(sheet, documents, marks)
        usual = best_of_page(sheet, ranges, Kinds.of(marks), count=count, chars=chars)
        return [
            self._passages_of_huge(document, number, marks, count, chars)
            if document.is_huge
            else usual.get(at, ())
            for at, (document, number) in enumerate(zip(documents, numbers, strict=True))
        ]

    def _passages_of_huge(
        self,
        document: StoredDocument,
        number: int,
        marks: Sequence[Mark],
        count: int,
        chars: int,
    ) -> tuple[Snippet, ...]:
        def positions(run: Run, field: str) -> Sequence[int]:
            return self.reader.positions(number, run, field)

        fields = [
            (each, block_ranges(each, marks, positions)) for each in document.blocks.values()
        ]
        return best(fields, count=count, chars=chars)


def _planned(
    cutter: LexiconCutter, catalog: Catalog, line: str, match: Match, literal: bool, wide: Widening
) -> Plan:
    return plan_query(
        line, match=match, literal=literal, cutter=cutter, catalog=catalog, widening=wide
    )


def _stored(reader: Reader, packing: Packing, number: int) -> StoredDocument:
    return StoredDocument(reader.stored(number), packing)


def _hit(found: EngineHit, shown: Shown, snippets: tuple[Snippet, ...]) -> Hit:
    date, source, author, extra = shown.metadata
    return Hit(
        shown.id,
        found.score,
        shown.title,
        shown.path,
        date,
        source,
        author,
        shown.script,
        # Its own, down to the lists in it: callers may change what they get.
        dict(shown.document.metadata.extra if extra else ()),
        snippets,
    )
