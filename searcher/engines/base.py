"""What every engine is: terms in, document numbers and scores out.

An engine never sees text and never highlights.  It stores opaque bytes per document and gives
them back.  The scores of all engines are equal: Lucene's BM25 over one bag of terms per document,
in which the terms of the title count `TITLE_WEIGHT` times (BM25F).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from searcher.arguments import CACHE, MEMORY
from searcher.columns import Batch
from searcher.model import (
    Clause,
    EnginePage,
    Run,
    ScoreClause,
    ScoreTerm,
    Sort,
)

if TYPE_CHECKING:
    from searcher.engines.remote import Remote

TITLE_WEIGHT = 2
"""How often a term of the title counts in the bag (`docs/decisions`: ranking)."""

FieldKind: TypeAlias = Literal["text", "number"]
"""What an extra field holds: a field may hold both, in different documents."""

YEAR = "year"
"""The name by which `Reader.facets` counts documents by the year of their date."""


Settings: TypeAlias = Mapping[str, str | int]
"""What an engine was told when an index was begun: plain values, nothing secret."""

NO_SETTINGS: Settings = MappingProxyType({})


class Known(NamedTuple):
    """What an index knows of a document without reading it.

    `searcher.preparing.documents.Incoming` says what ``origin`` is; ``digest`` is that of
    `searcher.preparing.documents.digest`.
    """

    id: str
    origin: str
    digest: bytes


class Contribution(NamedTuple):
    """What a term, or a clause of constant weight, adds to the score of a document.

    ``label`` is the term, or the units of the clause; ``score`` is ``weight`` × BM25, to which
    ``idf`` and ``frequency``, that of the term in the bag, belong.  A clause has a ``frequency``
    of 0, an ``idf`` of 0.0, and its weight as its score.
    """

    label: str
    weight: float
    idf: float
    frequency: int
    score: float


class Reader(Protocol):
    """One unchanging view of an index; safe to share between threads."""

    ranked: int
    """How many documents hold a term at all: the N of the scores."""

    def __len__(self) -> int:
        """Return the number of documents."""

    def search(  # noqa: PLR0913 - what to find, what to rank by, and which page of it
        self,
        where: Clause,
        terms: Sequence[ScoreTerm],
        constants: Sequence[ScoreClause],
        *,
        limit: int,
        offset: int,
        sort: Sort,
        reverse: bool = False,
    ) -> EnginePage:
        """Return a page of the documents that match *where*, best first, ties by id.

        ``sort="path"`` orders by path, by code points; ``sort="date"`` has the newest first, a
        day before its month and a month before its year, undated ones last.  Neither gives
        scores.  *reverse* turns the order around, of scores too; but undated documents stay
        last, and ties go by id as ever.

        All clauses are answered but `Almost`, `Glyphs`, and `Near` with a part of a single unit:
        for those the text is needed.
        """

    def count(self, where: Clause) -> int:
        """Return how many documents match *where*."""

    def fields(self) -> Mapping[str, frozenset[FieldKind]]:
        """Return the extra fields that any document has, by name, and what they hold."""

    def facets(
        self, where: Clause, names: Sequence[str], most: int
    ) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Return how many of the documents that match *where* have each value of some fields.

        *names* are "script", "source", "author", `YEAR`, and any extra field; numbers are
        written as short as can be.  Of each field the *most* frequent values are given, those of
        one frequency ascending.  A document with several values counts for each of them, one
        without any for none.
        """

    def expand(self, pattern: str, most: int) -> tuple[str, ...]:
        """Return the units of letters and digits that match *pattern*, ascending.

        *pattern* is folded; ``*`` stands for any characters in it, ``?`` for one.  At most one
        more than *most* is returned, which says that there are more.
        """

    def explain(
        self, number: int, terms: Sequence[ScoreTerm], constants: Sequence[ScoreClause]
    ) -> tuple[Contribution, ...]:
        """Return what makes up the score of a document, in the order in which it is summed.

        It has an entry for each of *constants* that the document matches, and for each of
        *terms* that it holds.
        """

    def known(self, document_ids: Collection[str] | None = None) -> Iterator[Known]:
        """Yield what is known of every document, or of those with some ids, which may be of none;
        in no particular order.
        """

    def check(self, but: Collection[str] = ()) -> None:
        """Read everything there is, each block of each file but those of the names *but*.

        Raises:
            IndexCorruptError: something is damaged; it names the first such file.
        """

    def positions(self, number: int, run: Run, field: str) -> Sequence[int]:
        """Return where *run* (two or more units) begins in *field* of a document, ascending."""

    def stored(self, number: int) -> bytes:
        """Return the bytes stored with document *number*."""

    def document(self, number: int) -> tuple[str, str]:
        """Return the id and the path of document *number*."""

    def find(self, document_id: str) -> int | None:
        """Return the number of the document with that id, or None."""

    def ids(self) -> Iterator[str]:
        """Yield every document id, ascending by code points."""

    def close(self) -> None:
        """Let go of files; the reader must not be used afterwards."""


class Rejected(NamedTuple):
    """A document that an engine could not take, and why; ``action`` is what it was sent, as lines
    of JSON, where it is one that is sent things.
    """

    id: str
    reason: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Spool:
    """A spool that is complete, by name: what a worker process hands to the writer.

    ``documents`` is how many are in it, ``rejected`` are those that the engine could not take.
    """

    stem: str
    documents: int
    rejected: tuple[Rejected, ...] = ()


class Spooler(Protocol):
    """Where one process puts analyzed documents while a build is being made."""

    def add(self, batch: Batch) -> None:
        """Append the documents of a batch."""

    def close(self) -> Spool:
        """Let go of the files; what the writer has to `Writer.adopt`."""


class Writer(Protocol):
    """Changes to an index, visible to new readers after `commit` only."""

    @property
    def rejected(self) -> Sequence[Rejected]:
        """The documents that the engine could not take so far: all of them, after `commit`.

        Where one was to take the place of another, that one stays.
        """

    def add(self, batch: Batch) -> None:
        """Add documents.

        Of two with one id, wherever they were added, the one with the higher number stays; one
        that was committed before must be removed first.
        """

    def adopt(self, spool: Spool) -> None:
        """Add the documents of a spool that another process wrote into the same folder."""

    def expect(self, document_ids: Sequence[str]) -> None:
        """Get ready for a `remove` of each of these, where that is faster for many at a time."""

    def remove(self, document_id: str) -> bool:
        """Take a document that was committed before out; return whether it was there.

        It stays where one of its id is added that the engine cannot take.
        """

    def commit(self) -> None:
        """Make the changes visible and let go of the files."""

    def rollback(self) -> None:
        """Forget the changes and let go of the files."""


class Engine(Protocol):
    """A kind of index, by name in `searcher.engines.ENGINES`."""

    name: str
    schema_version: int
    """Raised with every change of what the engine's files hold."""

    @property
    def remote(self) -> Remote | None:
        """How workers anywhere fill an index; None where they need its folder."""

    def create(
        self,
        folder: Path,
        *,
        jobs: int = 1,
        memory: int = MEMORY,
        settings: Settings = NO_SETTINGS,
    ) -> Writer:
        """Start an empty index in an empty *folder*.

        *jobs* processes share the work of `Writer.commit`; *memory* bounds, in bytes, what they
        use all together.
        """

    def spooler(self, folder: Path, stem: str) -> Spooler:
        """Return a spooler of a worker process; *stem* is a name that no other one has."""

    def change(self, folder: Path) -> Writer:
        """Open the index in *folder* for changes."""

    def drop(self, folder: Path) -> None:
        """Let go of what the generation in *folder* stands for elsewhere; the folder goes next.

        It may have been begun only, or be dropped already.

        Raises:
            EngineError: that cannot be done now.
        """

    def published(self, folder: Path) -> None:
        """Take note that the generation in *folder* is what readers open from now on.

        It may be noted already, and it may be one of another engine.

        Raises:
            EngineError: that cannot be done now.
        """

    def whereabouts(self, folder: Path) -> Mapping[str, str]:
        """Return where the generation in *folder* lies, if elsewhere, by what people call it.

        Raises:
            IndexCorruptError: the file that says so is damaged.
        """

    def open(self, folder: Path, *, cache: int = CACHE) -> Reader:
        """Open the index in *folder* for reading.

        *cache* bounds, in bytes, what is kept of what was decoded; it changes no answer.
        """
