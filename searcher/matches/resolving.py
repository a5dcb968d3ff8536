"""Resolving: patterns that no engine answers, as the numbers of the documents that satisfy them.

An engine names the candidates (`searcher.matches.ways`), and the stored text of each is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

from searcher.engines.base import Reader
from searcher.matches.clauses import has_pattern
from searcher.matches.patterns import matches
from searcher.matches.rows import begins_of, row_of
from searcher.matches.ways import ways
from searcher.model import (
    TEXT_FIELDS,
    Almost,
    Among,
    And,
    Clause,
    Glyphs,
    MappedText,
    Near,
    Not,
    Or,
    Pattern,
)
from searcher.query.leaves import all_of, any_of
from searcher.query.signs import failure
from searcher.stored import StoredDocument
from searcher.text.codes import owners

MOST = 10_000
"""Candidates that are read for a pattern; of more none is."""

KEPT = 64
"""Patterns whose documents are remembered: who turns a page asks the same again."""

CHARACTERS = 1 << 16
"""Text that is read together: less costs calls, more leaves the caches."""

Fetch = Callable[[int], StoredDocument]


class _TooManyError(Exception):
    """A pattern that too many documents would have to be read for."""

    def __init__(self, pattern: Pattern, total: int) -> None:
        super().__init__(pattern, total)
        self.pattern = pattern
        self.total = total


class Resolver:
    """Replaces patterns in clauses by what the reader's engine answers; safe between threads."""

    def __init__(self, reader: Reader, fetch: Fetch) -> None:
        """Make a resolver over *reader*; *fetch* returns a stored document by its number."""
        # Over a function, not a method: a circle would stay for the collector of garbage.
        self._answer = lru_cache(KEPT)(partial(_answered, reader, fetch))

    def resolved(self, clause: Clause, line: str = "", beside: Clause | None = None) -> Clause:
        """Return a clause that matches the same documents, at least of those that match *beside*
        too, and holds no pattern but for what an engine answers itself.

        Raises:
            QueryError: too many documents would have to be read; it points into the query *line*.
        """
        try:
            return self._resolved(clause, beside)
        except _TooManyError as error:
            problem = (
                f"{error.total:,} documents would have to be read for this, and at most "
                f"{MOST:,} are: ask for something rarer beside it, a word or a field"
            )
            raise failure(problem, line, place_in(line, error.pattern)) from None

    def _resolved(self, clause: Clause, beside: Clause | None) -> Clause:
        """Return *clause* for who asks for *beside* too."""
        match clause:
            case And():
                return self._joint(clause.clauses, beside)
            case Or():
                return any_of(self._resolved(each, beside) for each in clause.clauses)
            case Not():
                return Not(self._resolved(clause.clause, beside))
            case Near() | Almost() | Glyphs():
                return self._answer(clause, beside)
            case _:
                return clause

    def _joint(self, clauses: Sequence[Clause], beside: Clause | None) -> Clause:
        """Return the clause that asks for all; what needs no reading makes the rest less."""
        done = [each for each in clauses if not has_pattern(each)]
        for clause in clauses:
            if has_pattern(clause):
                others = [*done, *([] if beside is None else [beside])]
                done.append(self._resolved(clause, all_of(others) if others else None))
        return all_of(done)


def _answered(reader: Reader, fetch: Fetch, pattern: Pattern, beside: Clause | None) -> Clause:
    found = ways(pattern)
    if not found.maybe:
        return any_of(found.surely)
    asked = [any_of(found.maybe), *map(Not, found.surely)]
    numbers = _candidates(reader, pattern, all_of([*([beside] if beside else []), *asked]))
    kept = (
        document for batch in _batches(numbers, fetch) for document in satisfying(batch, pattern)
    )
    return any_of([*found.surely, Among(tuple(kept))])


def _candidates(reader: Reader, pattern: Pattern, where: Clause) -> list[int]:
    """Return the numbers of the documents to read, ascending."""
    total = reader.count(where)
    if total > MOST:
        raise _TooManyError(pattern, total)
    page = reader.search(where, (), (), limit=total, offset=0, sort="score")
    return sorted(hit.number for hit in page.hits)


def place_in(line: str, pattern: Pattern) -> int:
    """Return where in a query *line* a pattern, or the first part of it, stands; 0 if nowhere.

    >>> place_in("公民 =後", Glyphs("後", ("后",)))
    4
    """
    if isinstance(pattern, Glyphs) and pattern.text in line:
        return line.index(pattern.text)
    row = row_of([line])
    first = begins_of(row, pattern.parts[0] if isinstance(pattern, Near) else pattern.units)
    return int(row.spans(first[:1], first[:1])[0][0]) if len(first) else 0


# ---------------------------------------------------------------- reading

Batch = list[tuple[int, StoredDocument]]


def _batches(numbers: Iterable[int], fetch: Fetch) -> Iterator[Batch]:
    """Yield the documents in batches of about `CHARACTERS`."""
    batch: Batch = []
    size = 0
    for number in numbers:
        document = fetch(number)
        batch.append((number, document))
        size += document.weight
        if size > CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def satisfying(batch: Batch, pattern: Pattern) -> Iterator[int]:
    """Yield the numbers of the documents that satisfy *pattern*, ascending."""
    texts: list[str] = []
    numbers: list[int] = []
    known: dict[int, MappedText] = {}
    found: set[int] = set()
    for number, document in batch:
        if document.is_huge and _holds(document, pattern):
            found.add(number)
        for text, mapped in _texts(document, pattern.fields):
            if mapped is not None:
                known[len(texts)] = mapped
            texts.append(text)
            numbers.append(number)
    if texts:
        row = row_of(texts, known)
        fields = owners(row.bounds, matches(row, pattern)).tolist()
        found.update(numbers[field] for field in fields)
    yield from sorted(found)


def _texts(
    document: StoredDocument, names: Sequence[str]
) -> Iterator[tuple[str, MappedText | None]]:
    """Yield the texts of fields that are not in blocks, and the clean ones of those with noise."""
    mapped = {} if document.is_huge else document.mapped()
    for name in names:
        if name not in TEXT_FIELDS:
            text = getattr(document.metadata, name)
        elif document.is_huge:
            continue
        else:
            text = getattr(document, name)
        if text:
            yield text, mapped.get(name)


def _holds(document: StoredDocument, pattern: Pattern) -> bool:
    """Tell whether the title or the body of a huge document satisfies *pattern*."""
    # Imported here: hardly a document is huge.
    from searcher.matches.blockrows import blocks_with

    fields = (field for name, field in document.blocks.items() if name in pattern.fields)
    return any(True for field in fields for _ in blocks_with(field, pattern))
