"""The documents that tests search, and a scan over their units that knows every answer.

Where `SEARCHER_CORPORA` names a folder of ``*.jsonl.gz`` files with records ``{id, title, body,
src}``, a thousand of their documents stand beside the seeds, spread over every kind of ``src``;
elsewhere a thousand that are put together anew from the seeds' own sentences.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from searcher import Document
from searcher.model import TEXT_FIELDS, Noise, Units
from searcher.text.clean import clean, judge
from searcher.text.queries import query_readings
from searcher.text.units import units

SEEDS = Path(__file__).parents[1] / "seeds"
SIZE = 1000
"""Documents beside the seeds."""

QUERIES = 2000
"""Pieces of the documents that are looked for."""

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*[”」』)]*")
_WORD = re.compile(r"[^\W_\u2e80-\U0003ffff]+|[^\W_]")
"""A number, a word of letters, or a character of Chinese: only roughly what a unit is."""

_WHOLE = 20
"""One cut in so many goes through a word."""

_BREAKS = ("", "", "", "\n", "\n", "\r\n", "\n\n", "\n  ", "\n\u3000\u3000")

Found = dict[tuple[str, str], list[tuple[int, int]]]
"""Document id and field → the ranges of the original, ascending."""


# ---------------------------------------------------------------- documents


@cache
def seeds() -> tuple[Document, ...]:
    """Return the five seeds, named ``000`` to ``004``, each with its whole file as body."""
    paths = sorted(SEEDS.glob("0*.txt"))
    return tuple(Document(path.name[:3], path.read_bytes().decode("utf-8")) for path in paths)


@cache
def recombined() -> tuple[Document, ...]:
    """Return a thousand documents made of the seeds' sentences, the same every time."""
    found = (each for seed in seeds() for each in _SENTENCE.findall(seed.body))
    sentences = [each for each in found if _WORD.search(each[:20])]
    random = Random(20210225)
    return tuple(_recombined(f"r{number:03}", sentences, random) for number in range(SIZE))


def _recombined(name: str, sentences: Sequence[str], random: Random) -> Document:
    title = random.choice(sentences)[:20] if random.random() < 0.5 else ""
    body = "".join(
        random.choice(sentences) + random.choice(_BREAKS) for _ in range(random.randint(2, 12))
    )
    return Document(name, body, title)


@cache
def documents() -> tuple[Document, ...]:
    """Return the seeds and a thousand documents more: real ones where there are any."""
    folder = os.environ.get("SEARCHER_CORPORA")
    return seeds() + (strided(Path(folder)) if folder else recombined())


def strided(folder: Path) -> tuple[Document, ...]:
    """Return a thousand documents of the corpora in *folder*, as many of each ``src``."""
    kinds: defaultdict[str, list[Document]] = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                document = Document(record["id"], record["body"], record["title"])
                kinds[record["src"]].append(document)
    if not kinds:
        raise FileNotFoundError(f"no *.jsonl.gz in SEARCHER_CORPORA, {folder}")
    share = -(-SIZE // len(kinds))
    return tuple(found for kind in kinds.values() for found in kind[:: len(kind) // share][:share])


# ---------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of a field: ``text`` is ``field_text[start:end]``."""

    id: str
    field: str
    start: int
    end: int
    text: str


def cuts(of: Sequence[Document], count: int, seed: int = 7) -> list[Cut]:
    """Return *count* pieces of *of* that hold 1 to 12 words, cut anywhere.

    A quarter comes from the seeds, one in eight from a title.  Nothing of the product decides
    where a cut is, so that the queries stay the same whatever becomes of it.
    """
    random = Random(seed)
    bodies = [(each.id, "body", each.body) for each in of]
    titles = [(each.id, "title", each.title) for each in of if each.title]
    named = {each.id for each in seeds()}
    of_seeds = [place for place in bodies if place[0] in named] or bodies
    pools = [of_seeds] * 2 + [titles or bodies] + [bodies] * 5
    return [_cut(*random.choice(random.choice(pools)), random) for _ in range(count)]


def _cut(name: str, field: str, text: str, random: Random) -> Cut:
    words = [found.span() for found in _WORD.finditer(text)]
    first = random.randrange(len(words))
    last = min(len(words), first + random.randint(1, 12)) - 1
    # What stands between two words goes with either of them or with neither.
    start = random.randint(words[first - 1][1] if first else 0, words[first][0])
    end = random.randint(words[last][1], [*words, (len(text), 0)][last + 1][0])
    if random.randrange(_WHOLE) == 0:
        start = random.randrange(*words[first])
    if random.randrange(_WHOLE) == 0:
        end = random.randint(max(start, words[first][0]) + 1, words[last][1])
    return Cut(name, field, start, end, text[start:end])


@dataclass(frozen=True, slots=True)
class Answer:
    """What an index answered to a piece of text taken as one phrase."""

    cut: Cut
    total: int
    ids: tuple[str, ...]


# ---------------------------------------------------------------- the scan


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one document as the scan reads it: ``noise`` is the document's."""

    id: str
    name: str
    text: str
    noise: Noise
    units: Units


def fields(of: Iterable[Document]) -> Iterator[Field]:
    """Yield the title and the body of each document, where they are not empty."""
    for document in of:
        noise = judge(document.title, document.body)
        for name in TEXT_FIELDS:
            text: str = getattr(document, name)
            if text:
                yield Field(document.id, name, text, noise, units(text, clean(text, noise)))


class UnitScan:
    """All fields one after the other as one string in which every unit is one character.

    Whatever the units are, a run of them is a substring here, and nothing else is one.
    ``fields`` holds each by the id of its document and its own name.
    """

    def __init__(self, of: Iterable[Document]) -> None:
        self.fields = {(field.id, field.name): field for field in fields(of)}
        self._inside = list(self.fields.values())
        self._codes: dict[str, str] = {}
        self._starts: list[int] = []
        pieces = []
        at = 0
        for field in self._inside:
            self._starts.append(at)
            pieces.append("".join(map(self._code, field.units.keys)) + "\0")
            at += len(pieces[-1])
        self._text = "".join(pieces)

    def _code(self, key: str) -> str:
        code = len(self._codes) + 1
        # Surrogates are no characters of their own.
        return self._codes.setdefault(key, chr(code if code < 0xD800 else code + 0x800))

    def places(self, run: Sequence[str]) -> Iterator[tuple[Field, int]]:
        """Yield each field and position where *run* begins."""
        if not all(key in self._codes for key in run):
            return
        wanted = "".join(self._codes[key] for key in run)
        at = self._text.find(wanted)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield self._inside[number], at - self._starts[number]
            at = self._text.find(wanted, at + 1)

    def find(self, phrase: str) -> Found:
        """Return where *phrase* stands, in any of its readings; ranges that meet are one."""
        found: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for run in query_readings(phrase):
            for field, at in self.places(run):
                span = field.units.start[at], field.units.end[at + len(run) - 1]
                found[field.id, field.name].append(span)
        return {place: joined(spans) for place, spans in found.items()}

    def ids(self, phrase: str) -> set[str]:
        """Return the documents that hold *phrase*."""
        places = (place for run in query_readings(phrase) for place in self.places(run))
        return {field.id for field, _ in places}


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *spans* in order, those that overlap or touch as one.

    >>> joined([(4, 6), (0, 2), (2, 3)])
    [(0, 3), (4, 6)]
    """
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((start, end))
    return out
