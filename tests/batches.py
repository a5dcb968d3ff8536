"""Plain documents for tests of engines, the batches they make, and what an index of them holds.

Everything here is a Python object for each unit, slow and obvious; `Batch` is arrays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import numpy as np

from searcher.columns import (
    DIGEST,
    EXTRA,
    IS_PAIR,
    IS_WORD,
    NAMED,
    SENTENCE_END_CODE,
    Batch,
    FieldColumns,
    FigureColumn,
    TextColumn,
    run_key,
)
from searcher.engines.base import TITLE_WEIGHT
from searcher.model import RUN_FIELDS
from searcher.text.units import SENTENCE_END, bigram, runs

Word: TypeAlias = "tuple[int, int] | str"
"""Units ``[a:b]`` of the field put together, or a term that stands at no unit."""

Posting: TypeAlias = tuple[int, tuple[int, ...]]
"""Weight and positions of a term in one document."""

HAN = "脱贫攻坚驻村工作队的一"
ASTRAL = "𠀀𫞩"
LETTERS = "abk7"
LONG = ("ok", "ab", "2017", "python3", "x" * 40, "é́", "12", "3")
SCRIPTS = ("hans", "hant", "mixed", "none")
FIGURES = (0.0, -1.0, 3.0, 3.5, 1e20, 2.0**53, float("inf"), 0.1)
PERIODS = (
    *((0, 0), (737425, 737790), (737425, 737455), (737425, 737425)),
    *((737500, 737500), (1, 365)),
)
"""No date, 2020, 2020-01, 2020-01-01, another day of 2020, the year 1."""

NOWHERE: tuple[str, ...] = ("b超", "脱贫攻坚", "工作队的", "k歌之王", "村", "𠀀𠀀", "c盘", "a股份")


Value: TypeAlias = tuple[str, ...]
"""A text of metadata: its units."""


@dataclass(frozen=True)
class Plain:
    """A document: the units of each field (`SENTENCE_END` among them), its words, its metadata.

    ``texts`` and ``figures`` are named as columns are.
    """

    id: str
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Mapping[str, Sequence[Word]] = field(default_factory=dict)
    path: str = ""
    stored: bytes = b""
    digest: bytes = bytes(DIGEST)
    days: tuple[int, int] = (0, 0)
    texts: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def terms(self, name: str) -> list[str]:
        """The words of a field, as terms."""
        return [self._term(name, word) for word in self.words.get(name, ())]

    def units(self, name: str) -> Sequence[str]:
        """The units of a field."""
        return self.fields.get(name, ())

    def counts(self, name: str) -> Counter[str]:
        """Term → how often a field holds it as unit, bigram or word."""
        keys = self.units(name)
        counts = Counter(key for key in keys if key != SENTENCE_END)
        counts.update(key for key, _, border in runs(keys) if not border)
        counts.update(self.terms(name))
        return counts

    def bag(self) -> Counter[str]:
        """Term → weight in the bag."""
        bag = self.counts("body")
        for term, count in self.counts("title").items():
            bag[term] += TITLE_WEIGHT * count
        return bag

    def values(self, name: str) -> list[str]:
        """The values of a column of texts, each once."""
        return list(dict.fromkeys(map(text_of, self.texts.get(name, ()))))

    def _term(self, name: str, word: Word) -> str:
        return word if isinstance(word, str) else "".join(self.units(name)[slice(*word)])


# ---------------------------------------------------------------- batches


def make_batch(documents: Sequence[Plain], first: int = 0) -> Batch:
    """Return the batch of *documents*, which are numbered from *first* on.

    >>> made = make_batch([Plain("a", {"body": ["脱", "贫", "ok"]}, {"body": [(0, 2), "b超"]})])
    >>> body = made.fields["body"]
    >>> made.names, [hex(code) for code in body.units], body.marks.tolist()
    (('ok', 'b超'), ['0x8131', '0x8d2b', '0x110000'], [2, 0, 0])
    """
    names: dict[str, int] = {}
    fields = {
        name: _columns(documents, name, names)
        for name in RUN_FIELDS
        if any(plain.units(name) or plain.words.get(name) for plain in documents)
    }
    return Batch(
        numbers=np.arange(first, first + len(documents), dtype=np.int64),
        ids=tuple(plain.id for plain in documents),
        paths=tuple(plain.path for plain in documents),
        stored=tuple(plain.stored for plain in documents),
        names=tuple(names),
        fields=fields,
        digests=np.frombuffer(b"".join(plain.digest for plain in documents), np.uint8).reshape(
            -1, DIGEST
        ),
        days=np.array([plain.days for plain in documents], dtype=np.int32).reshape(-1, 2),
        texts={name: _texts(documents, name) for name in _names(documents, "texts")},
        figures={name: _figures(documents, name) for name in _names(documents, "figures")},
    )


def text_of(value: Value) -> str:
    """The text of a value, no two of which are alike."""
    return " ".join(value).replace(SENTENCE_END, "。")


def _names(documents: Sequence[Plain], kind: str) -> list[str]:
    return sorted({name for plain in documents for name in getattr(plain, kind)})


def _texts(documents: Sequence[Plain], name: str) -> TextColumn:
    keys: dict[str, str] = {}
    rows = []
    for number, plain in enumerate(documents):
        keys |= {text_of(value): run_key(value) for value in plain.texts.get(name, ())}
        rows += [(number, text) for text in plain.values(name)]
    codes = list(keys)
    return TextColumn(
        np.array([number for number, _ in rows], dtype=np.int64),
        np.array([codes.index(text) for _, text in rows], dtype=np.int64),
        tuple(codes),
        tuple(keys.values()) if name.startswith(EXTRA) else (),
    )


def _figures(documents: Sequence[Plain], name: str) -> FigureColumn:
    rows = [
        (at, plain.figures[name]) for at, plain in enumerate(documents) if name in plain.figures
    ]
    return FigureColumn(
        np.array([at for at, _ in rows], dtype=np.int64),
        np.array([figure for _, figure in rows], dtype=np.float64),
    )


def batches(documents: Sequence[Plain], size: int) -> Iterator[Batch]:
    """Yield *documents* in batches of *size*, numbered as they come."""
    for at in range(0, len(documents), size):
        yield make_batch(documents[at : at + size], at)


def _columns(documents: Sequence[Plain], name: str, names: dict[str, int]) -> FieldColumns:
    codes = [_code(key, names) for plain in documents for key in plain.units(name)]
    marks = np.zeros(len(codes), dtype=np.uint8)
    starts = np.cumsum([0, *(len(plain.units(name)) for plain in documents)])
    word_documents, word_names = [], []
    for number, plain in enumerate(documents):
        for word in plain.words.get(name, ()):
            mark = 0 if isinstance(word, str) else _mark(plain.units(name), *word)
            if mark and not marks[starts[number] + word[0]] & mark:
                marks[starts[number] + word[0]] |= mark
            else:
                word_documents.append(number)
                word_names.append(names.setdefault(plain._term(name, word), len(names)))
    return FieldColumns(
        units=np.array(codes, dtype=np.uint32),
        marks=marks,
        starts=starts.astype(np.int64),
        word_documents=np.array(word_documents, dtype=np.int64),
        word_names=np.array(word_names, dtype=np.int64),
    )


def _code(key: str, names: dict[str, int]) -> int:
    if key == SENTENCE_END:
        return SENTENCE_END_CODE
    return ord(key) if len(key) == 1 else NAMED + names.setdefault(key, len(names))


def _mark(keys: Sequence[str], a: int, b: int) -> int:
    """The mark of a word that is units *a* to *b*; 0 if it has to be listed by name."""
    if b - a == 1:
        return IS_WORD
    pair = b - a == 2 and SENTENCE_END not in keys[a:b]
    return IS_PAIR if pair and bigram(*keys[a:b]) == "".join(keys[a:b]) else 0


# ---------------------------------------------------------------- what an index holds


def postings(documents: Iterable[Plain]) -> dict[tuple[str, str], dict[str, Posting]]:
    """Return (Whoosh field, term) → id → (weight, positions) of *documents*, ids once each.

    >>> found = postings([Plain("a", {"title": ["脱"], "body": ["脱", "贫"]})])
    >>> found["body", "脱"], found["body", "脱贫"], found["title", "脱"]
    ({'a': (3, ())}, {'a': (1, (2,))}, {'a': (1, ())})
    """
    found: defaultdict[tuple[str, str], dict[str, Posting]] = defaultdict(dict)
    for plain in documents:
        for place, posting in _document_postings(plain).items():
            found[place][plain.id] = posting
    return dict(found)


def _document_postings(plain: Plain) -> dict[tuple[str, str], Posting]:
    weights: dict[str, Mapping[str, int]] = {"body": plain.bag(), "borders": {}}
    weights |= {name: plain.counts(name) for name in ("title", "source", "author")}
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for name in ("source", "author"):
        _note_places(places, plain.units(name), name, f"{name}\t", 0)
    title = plain.units("title")
    _note_places(places, title, "body", "", 0)
    _note_places(places, plain.units("body"), "body", "", len(title) + 1)
    keys = {(name, term) for name, terms in weights.items() for term in terms} | places.keys()
    return {
        (name, term): (weights[name].get(term, 0), tuple(places[name, term]))
        for name, term in keys
    }


def _note_places(
    places: defaultdict[tuple[str, str], list[int]],
    keys: Sequence[str],
    name: str,
    prefix: str,
    start: int,
) -> None:
    for at, (a, b) in enumerate(pairwise(keys)):
        if SENTENCE_END not in (a, b):
            places[name, bigram(a, b)].append(start + at)
        elif b == SENTENCE_END and at + 2 < len(keys):
            places["borders", prefix + bigram(a, keys[at + 2])].append(start + at)


# ---------------------------------------------------------------- random documents


def random_documents(random: Random, count: int, *, ids: int | None = None) -> list[Plain]:
    """Return *count* documents with everything that can be difficult in them.

    With *ids* their ids are drawn from so many, so that some come twice.
    """
    return [_random_document(random, number, ids) for number in range(count)]


def _random_document(random: Random, number: int, ids: int | None) -> Plain:
    name = f"d/{number if ids is None else random.randrange(ids):03}.txt"
    if random.random() < 0.1:
        name = random.choice(("é", "文", "𠀀")) + name
    fields, words = {}, {}
    for field_name, most in (("title", 6), ("body", 60), ("source", 4), ("author", 3)):
        keys = random_units(random, most) if random.random() < 0.8 else []
        if keys:
            fields[field_name] = keys
            words[field_name] = _random_words(random, keys)
    stored = random.randbytes(random.choice((0, 5, 300)))
    plain = Plain(name, fields, words, f"/x/{random.randint(0, 5)}/文.txt", stored)
    return replace(plain, **_random_metadata(random))


def _random_metadata(random: Random) -> dict[str, Any]:
    """Return metadata with few and many values, single and several, sparse and everywhere."""
    texts: dict[str, list[Value]] = {
        "script": [(random.choice(SCRIPTS),)],
        "origin": [(random.choice(("seeds", "语料")),)] if random.random() < 0.9 else [],
        "source": [(random.choice(HAN),)] if random.random() < 0.4 else [],
    }
    for name in ("tag", "标签", "script"):
        count = random.choice((0, 0, 1, 1, 3))
        texts[EXTRA + name] = [tuple(random_units(random, 4)) or ("空",) for _ in range(count)]
    if random.random() < 0.3:
        texts[f"{EXTRA}k{random.randrange(50)}"] = [("贫", "k")]
    figures = {
        EXTRA + name: random.choice(FIGURES)
        for name, share in (("year", 0.5), ("tag", 0.2))
        if random.random() < share
    }
    return {
        "digest": random.randbytes(DIGEST),
        "days": random.choice(PERIODS),
        "texts": {name: values for name, values in texts.items() if values},
        "figures": figures,
    }


def random_units(random: Random, most: int) -> list[str]:
    """Return up to *most* units; sentence ends stand between units only, one at a time."""
    keys: list[str] = []
    for _ in range(random.randint(0, most)):
        if keys and keys[-1] != SENTENCE_END and random.random() < 0.1:
            keys.append(SENTENCE_END)
        keys.append(random.choice(random.choice((HAN, HAN, HAN, ASTRAL, LETTERS, LONG))))
    return keys[:-1] if keys and keys[-1] == SENTENCE_END else keys


def _random_words(random: Random, keys: Sequence[str]) -> list[Word]:
    words: list[Word] = []
    at = 0
    while at < len(keys):
        end = min(at + random.choice((1, 2, 2, 3, 4)), len(keys))
        if SENTENCE_END not in keys[at:end] and random.random() < 0.7:
            words.append((at, end))
        at = end
    return [*words, *random.choices(NOWHERE, k=random.randint(0, 2))]
