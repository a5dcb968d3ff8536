"""Suggesting: queries near one that found nothing, each of which does find something, and near
one that did not find a certain document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress, islice
from typing import TYPE_CHECKING, NamedTuple, cast

from searcher.errors import QueryError
from searcher.model import TEXT_FIELDS
from searcher.query import parse
from searcher.query.alternatives import Widening
from searcher.query.leaves import read_chunk
from searcher.query.tree import And, Beside, Chunk, Field, Group, Node, Or, Phrase, Required
from searcher.searching import Asked
from searcher.snapshot import Snapshot
from searcher.text.queries import QueryPart, cut_query, query_readings
from searcher.text.script import unify
from searcher.text.words import Cutter
from searcher.text.words.base import inner_spans, is_han

if TYPE_CHECKING:
    from searcher.searching.explaining import Part
    from searcher.searching.parting import Parting

FEWEST = 4
"""Units of which one may be wrong: of fewer too much would be like them."""

SHORTEST = 4
"""Characters of a long word: two words of two, the shortest that are looked for inside of one."""


class Spot(NamedTuple):
    """What may be written otherwise: a phrase, a chunk or a word of one, at ``position:end``.

    ``in_one``: what takes its place must be one part, for it stands behind a field or a plus.
    """

    text: str
    position: int
    end: int
    quoted: bool = False
    in_one: bool = False


def suggestions(snapshot: Snapshot, query: str, asked: Asked) -> tuple[str, ...]:
    """Return queries near *query*, which found nothing, that find something when they are asked
    with the same options, the best first.

    One with its long words written as the words inside them, one in which a character of each
    phrase may be wrong, and one without quotes: each only if a document has all of it.  Where
    none has, the first of them if it finds something all the same.

    A literal line has none, since all that is near it has operators.
    """
    if asked.literal:
        return ()
    near = _Near(snapshot, query, asked)
    every = replace(asked, match="all")
    found = [line for way in near.ways() for line in islice(near.finding(way, every), 1)]
    return tuple(dict.fromkeys(found or near.finding(near.in_words(query), asked)))


def words_inside(word: str, cutter: Cutter) -> tuple[str, ...]:
    """Return the words that a search for *word* would find inside it, those that make it up: as
    few as can be, and of equally few those that end with the longer one.  None where they do not
    cover it.

    >>> from searcher.text.words.fast import RjiebaCutter
    >>> words_inside("拖欠工資", RjiebaCutter()), words_inside("劳动法", RjiebaCutter())
    (('拖欠', '工資'), ())
    """
    if len(word) < SHORTEST or not is_han(word):
        return ()
    made: dict[int, tuple[str, ...]] = {0: ()}
    spans = inner_spans(unify(word), cutter.knows)
    for start, end in sorted(spans, key=lambda span: (span[1], span[0])):
        if start in made and (end not in made or len(made[start]) + 1 < len(made[end])):
            made[end] = (*made[start], word[start:end])
    return made.get(len(word), ())


class _Near:
    """The queries near one, and which of them find something."""

    def __init__(self, snapshot: Snapshot, query: str, asked: Asked) -> None:
        self._snapshot = snapshot
        self._query = query
        self._asked = asked

    def finding(self, lines: Iterable[str], asked: Asked) -> Iterator[str]:
        """Yield those of *lines* that find something when they are *asked* so."""
        return (line for line in lines if self._finds(line, asked))

    def _finds(self, line: str, asked: Asked) -> bool:
        widening = Widening(asked.region, asked.equivalents)
        try:
            plan = self._snapshot.plan(line, match=asked.match, literal=False, widening=widening)
            return any(
                self._snapshot.reader.count(self._snapshot.resolved(clause, line))
                for clause in (plan.where, plan.fallback)
                if clause is not None
            )
        except QueryError:
            return False

    def ways(self) -> Iterator[Iterator[str]]:
        """Yield the ways to write the query otherwise, each as the lines to try in turn."""
        yield self.in_words(self._query)
        yield self._almost()
        yield self._unquoted()

    def in_words(self, line: str) -> Iterator[str]:
        """Yield *line* with the words inside them for long words: for those that stand nowhere, or
        for all where each stands somewhere.
        """
        chunks = [spot for spot in self._spots(line) if not spot.quoted]
        long = {chunk: self._long_words(chunk) for chunk in chunks}
        words = dict.fromkeys(word.text for each in long.values() for word in each)
        wanted = words.keys() - self.finding(words, self._asked) or words.keys()
        chosen = {
            chunk: kept
            for chunk, each in long.items()
            if (kept := [word for word in each if word.text in wanted])
        }
        if chosen:
            yield _rewritten(line, [*chosen], lambda chunk: self._apart(chunk, chosen[chunk]))

    def _long_words(self, chunk: Spot) -> list[Spot]:
        cutter = self._snapshot.cutter
        read = read_chunk(Chunk(chunk.text), cutter)
        asked = read.content if read.whole is None else ()
        return [
            Spot(part.text, part.start, part.end)
            for part in asked
            if words_inside(part.text, cutter)
        ]

    def _apart(self, chunk: Spot, words: Sequence[Spot]) -> str:
        """Return a chunk with the words inside them for *words*."""
        cutter = self._snapshot.cutter
        text = _rewritten(
            chunk.text, words, lambda each: " ".join(words_inside(each.text, cutter))
        )
        return f"({text})" if chunk.in_one else text

    def _almost(self) -> Iterator[str]:
        """Yield the query with one character of each phrase, or of all there is, left open."""
        spots = self._spots(self._query)
        is_chunk = len(spots) == 1 and spots[0].text == self._query.strip()
        long = [
            spot
            for spot in spots
            if (spot.quoted or is_chunk)
            and len(next(iter(query_readings(spot.text)), ())) >= FEWEST
        ]
        if long:
            yield _rewritten(self._query, long, lambda spot: f"{Phrase(spot.text)}~1字")

    def _unquoted(self) -> Iterator[str]:
        """Yield the query without quotes, then with its long words written otherwise too."""
        phrases = [spot for spot in self._spots(self._query) if spot.quoted]
        if phrases:
            bare = _rewritten(self._query, phrases, lambda spot: spot.text.strip())
            yield bare
            yield from self.in_words(bare)

    def _spots(self, line: str) -> list[Spot]:
        """Return the phrases and chunks of *line* that are asked for as they stand, in its order;
        none where it cannot be read.
        """
        try:
            return list(_spots(parse(line, self._snapshot.catalog).root))
        except QueryError:
            return []


def _spots(node: Node, in_one: bool = False) -> Iterator[Spot]:
    if isinstance(node, And | Or | Beside):
        for clause in node.clauses:
            yield from _spots(clause)
    elif isinstance(node, Group):
        yield from _spots(node.clause)
    elif isinstance(node, Required):
        yield from _spots(node.clause, in_one=True)
    elif isinstance(node, Field):
        # Elsewhere than in the text nothing is cut into words.
        inside = _spots(node.clause, in_one=True)
        yield from (spot for spot in inside if spot.quoted or node.name in TEXT_FIELDS)
    elif isinstance(node, Chunk | Phrase):
        quoted = isinstance(node, Phrase)
        yield Spot(node.text, node.position, node.end, quoted, in_one)


def _rewritten(line: str, spots: Sequence[Spot], write: Callable[[Spot], str]) -> str:
    """Return *line* with each of *spots* written otherwise, blanks around it."""
    out, at = "", 0
    for spot in spots:
        before = line[at : spot.position]
        gap = " " if before[-1:].strip() and before[-1] not in "(（:：+＋" else ""
        out += before + gap + write(spot)
        at = spot.end
        out += " " if line[at : at + 1].strip() and line[at] not in ")）" else ""
    return out + line[at:]


# ---------------------------------------------------------------- near one document


class _Word(NamedTuple):
    """A word of a part: ``start:end`` of its label, ``first:stop`` of the units of its run."""

    start: int
    end: int
    first: int
    stop: int


def others(parts: Sequence[Part], literal: bool, cutter: Cutter) -> list[str]:
    """Return queries near the one that did not find a document, the nearest first."""
    positive = [part for part in parts if part.asked != "excluded"]
    broken = [_broken_words(part, cutter) for part in positive]
    as_written = [_as_written(part, literal) for part in positive]
    in_words = [*map(_in_words, positive, broken)]
    is_there = [part.holds or _is_told(part) for part in positive]
    ways = (
        as_written,
        in_words,
        list(compress(in_words, is_there)),
        [
            text
            for text, part in zip(as_written, positive, strict=True)
            if not part.stops or text != part.label
        ],
        [part.label for part in positive if part.holds],
        [
            _quoted(_begun(part, words), literal)
            for part, words in zip(positive, broken, strict=True)
            if _is_told(part)
        ],
    )
    return list(dict.fromkeys(" ".join(way) for way in ways if way))


def _quoted(text: str, literal: bool) -> str:
    """Return a phrase as it is typed: a literal line is one, and has no other."""
    return text if literal else f"“{text}”"


def _is_told(part: Part) -> bool:
    """Tell whether what stands there of a part is enough to look for it."""
    found = part.parting
    return found is not None and not part.holds and found.size > 1 and found.of <= 2 * found.size


def _as_written(part: Part, literal: bool) -> str:
    """Return a part as the document writes it, where that is nearly the same."""
    found = part.parting
    if part.holds or found is None or not found.goes_on:
        return part.label
    return _quoted(" ".join((found.before + found.text + found.instead).split()), literal)


def _broken_words(part: Part, cutter: Cutter) -> list[_Word]:
    """Return the words of a part, those inside a long one for it, where what stands there of it
    begins or ends in the middle of a word; else none.
    """
    found = part.parting
    if part.holds or found is None:
        return []
    words: list[_Word] = []
    borders, at = {0}, 0
    for cut in cut_query(part.label, cutter):
        words += _words(cut, at, cutter)
        at = words[-1].stop
        borders.add(at)
    # Where the name of a field is in the label, or the end of a sentence, the units are others.
    is_broken = at == found.of and not borders.issuperset((found.first, found.first + found.size))
    return words if is_broken else []


def _words(cut: QueryPart, first: int, cutter: Cutter) -> Iterator[_Word]:
    """Yield a word whose units begin with the *first*, or the words inside it if it is long."""
    inside = words_inside(cut.text, cutter)
    if not inside:
        yield _Word(cut.start, cut.end, first, first + len(cut.readings[0]))
    start = cut.start
    for text in inside:  # each character of which is a unit
        end = start + len(text)
        yield _Word(start, end, first + start - cut.start, first + end - cut.start)
        start = end


def _in_words(part: Part, words: Sequence[_Word]) -> str:
    """Return a part as its *words* one by one, if there are any."""
    return " ".join(part.label[word.start : word.end] for word in words) or part.label


def _begun(part: Part, words: Sequence[_Word]) -> str:
    """Return what stands there of a part, without a piece of one of its *words* if more than one
    unit is left.
    """
    found = cast("Parting", part.parting)
    last = found.first + found.size
    whole = [word for word in words if found.first <= word.first and word.stop <= last]
    if whole and whole[-1].stop - whole[0].first > 1:
        return part.label[whole[0].start : whole[-1].end]
    return found.text
