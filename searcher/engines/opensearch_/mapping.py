"""Mapping: what a document is in the cluster, and the fields it has there.

Every text that is searched is tokens that were made here, in the cluster's ``whitespace``
analyzer; so it needs no plugin and no dictionary.
"""

from __future__ import annotations

import base64
import math
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any, TypeAlias

from searcher.columns import EXTRA, IS_PAIR, IS_WORD, PLAIN_COLUMNS, Batch, run_key, unit_keys
from searcher.engines.base import TITLE_WEIGHT
from searcher.engines.bm25 import K1, B
from searcher.engines.opensearch_.tokens import tokens
from searcher.model import RUN_FIELDS, TEXT_FIELDS
from searcher.text.units import SENTENCE_END, bigram, has_ideograph

Source: TypeAlias = dict[str, Any]

BAG = "bag"
STORED = "stored"
NUMBER = "number"
SHOWN = ("id", "path", NUMBER, STORED)
"""What a page of hits needs of each."""

TEXT = "text\x1f"
FIGURE = "number\x1f"
"""What the names of extra fields begin with among the ``names`` of a document."""

MOST_FIELDS = 10_000
"""Distinct names of extra fields that an index may hold."""

_LONGEST_VALUE = 8_000
"""Characters of a text that is compared as a whole; Lucene has a limit of 32,766 bytes."""

_LONGEST_NAME = 200

_VERSION_MASK = 0x08000000
"""What tells a version of OpenSearch from one of Elasticsearch, in the number of it."""

_MODERN = 3

_SYMBOLS = "So", "Co"

_MOST = sys.float_info.max
"""Stands for an endless number, which JSON has no form for."""

_KEYWORD = {"type": "keyword"}
_NOWHERE = {"type": "keyword", "index": False, "doc_values": False}
_RUNS = {"type": "text", "analyzer": "whitespace", "index_options": "positions", "norms": False}


def index_body(shards: int, replicas: int, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an index is made with, to be filled: without refresh."""
    return {
        "settings": {
            "index": {
                "number_of_shards": shards,
                "number_of_replicas": replicas,
                "refresh_interval": "-1",
                "mapping.total_fields.limit": MOST_FIELDS,
                "max_regex_length": 20_000,
                # After changes no deleted document may count in a score.
                "merge.policy.expunge_deletes_allowed": 0,
                "similarity": {BAG: {"type": "BM25", "k1": K1, "b": B}},
            }
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": dict(meta),
            "_source": {"includes": ["id", "path", "origin", "digest", NUMBER, STORED]},
            "dynamic_templates": [
                {"texts": {"path_match": "texts.*", "mapping": _KEYWORD}},
                {"figures": {"path_match": "figures.*", "mapping": {"type": "double"}}},
            ],
            "properties": _properties(),
        },
    }


def _properties() -> dict[str, Any]:
    return {
        "id": _KEYWORD,
        "path": _KEYWORD,
        "origin": _NOWHERE,
        "digest": _NOWHERE,
        NUMBER: {"type": "long"},
        STORED: {"type": "binary"},
        BAG: {
            "type": "text",
            "analyzer": "whitespace",
            "index_options": "freqs",
            "similarity": BAG,
        },
        # Stored apart from the rest: only a huge document is asked where its units stand.
        **{name: {**_RUNS, "store": True} for name in RUN_FIELDS},
        "runs": _RUNS,
        "words": _KEYWORD,
        "names": _KEYWORD,
        "plain": {"properties": dict.fromkeys(PLAIN, _KEYWORD)},
        "texts": {"type": "object", "dynamic": True},
        "figures": {"type": "object", "dynamic": True},
        "first_day": {"type": "integer"},
        "last_day": {"type": "integer"},
        "year": {"type": "integer"},
    }


PLAIN = tuple(name for name in PLAIN_COLUMNS if name != "origin")


def bm25_scale(created: str) -> float:
    """Return what the cluster multiplies BM25 by, given the version an index was made by.

    Before 3.0 that is k1 + 1, as Lucene did before its version 8; no order changes with it, but
    what a constant is worth beside it does.

    >>> bm25_scale("136408127"), bm25_scale("137227827")
    (2.2, 1.0)
    """
    major = (int(created) ^ _VERSION_MASK) // 1_000_000
    return K1 + 1 if major < _MODERN else 1.0


# ---------------------------------------------------------------- names and values


def document_key(document_id: str) -> str:
    """Return the cluster's own id of a document: ours may be longer than it takes.

    >>> len(document_key("seeds/000.txt"))
    32
    """
    return blake2b(document_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(1 << 10)
def field_key(name: str) -> str:
    """Return the name of an extra field as the cluster takes it; two never have the same one.

    >>> field_key("标签"), field_key("a.b"), field_key("")
    ('x标签', 'xa_2e_b', 'x')
    """
    safe = re.sub(r"[^0-9A-Za-z\u3400-\u9fff]", lambda found: f"_{ord(found[0]):x}_", name)
    if len(safe) <= _LONGEST_NAME:
        return f"x{safe}"
    return f"y{safe[:_LONGEST_NAME]}_{document_key(name)}"


def whole_value(text: str) -> str:
    """Return a text as it is compared as a whole: a long one as its beginning and a digest.

    >>> whole_value("湖南日报"), len(whole_value("长" * 10_000))
    ('湖南日报', 8033)
    """
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_LONGEST_VALUE]}\x1f{document_key(text)}"


def finite(figure: float) -> float:
    """Return a number as JSON can hold it.

    >>> finite(3.5), finite(float("-inf")) == -sys.float_info.max
    (3.5, True)
    """
    return min(max(figure, -_MOST), _MOST)


def infinite(figure: float) -> float:
    """Return the number that `finite` was given."""
    return math.copysign(math.inf, figure) if abs(figure) == _MOST else figure


def in_extra(field: str, units: Sequence[str]) -> str:
    """Return *units* of an extra field as tokens that no other field has."""
    return tokens(f"{field}\x1f{unit}" for unit in units)


def is_expandable(unit: str) -> bool:
    """Tell whether wildcards can stand for a unit: one of letters and digits.

    >>> is_expandable("python3"), is_expandable("脱"), is_expandable("☀")
    (True, False, False)
    """
    return not has_ideograph(unit) and not (
        len(unit) <= 2 and any(unicodedata.category(char) in _SYMBOLS for char in unit)
    )


# ---------------------------------------------------------------- documents


def sources(batch: Batch) -> Iterator[Source]:
    """Yield what the cluster is sent of each document of a batch, in order."""
    metadata = _Metadata(batch)
    fields = {name: _Field(batch, name) for name in RUN_FIELDS}
    for at, document_id in enumerate(batch.ids):
        units = {name: field.units(at) for name, field in fields.items()}
        bag = [
            *fields["title"].terms(at, units["title"]) * TITLE_WEIGHT,
            *fields["body"].terms(at, units["body"]),
        ]
        source: Source = {
            "id": document_id,
            "path": batch.paths[at],
            "digest": batch.digests[at].tobytes().hex(),
            NUMBER: int(batch.numbers[at]),
            STORED: base64.b64encode(batch.stored[at]).decode("ascii"),
            **{name: tokens(found) for name, found in units.items() if found},
            **metadata.of(at),
        }
        if bag:
            source[BAG] = tokens(bag)
            held = {unit for name in TEXT_FIELDS for unit in units[name]} - {SENTENCE_END}
            words = filter(is_expandable, held)
            source["words"] = sorted(words)
        yield source


class _Field:
    """One field of a batch."""

    def __init__(self, batch: Batch, name: str) -> None:
        self._columns = batch.fields.get(name)
        self._names = batch.names
        self._loose: defaultdict[int, list[str]] = defaultdict(list)
        if self._columns is not None:
            documents, names = self._columns.word_documents, self._columns.word_names
            for at, word in zip(documents.tolist(), names.tolist(), strict=True):
                self._loose[at].append(self._names[word])

    def units(self, at: int) -> list[str]:
        """Return the units of a document, sentence ends included."""
        if self._columns is None:
            return []
        start, stop = self._columns.starts[at : at + 2].tolist()
        return unit_keys(self._columns.units[start:stop].tolist(), self._names)

    def terms(self, at: int, units: Sequence[str]) -> list[str]:
        """Return the terms of a document: its units, their bigrams, and its words."""
        if self._columns is None:
            return []
        start, stop = self._columns.starts[at : at + 2].tolist()
        marks = self._columns.marks[start:stop].tolist()
        found = [unit for unit in units if unit != SENTENCE_END]
        found += [unit for unit, mark in zip(units, marks, strict=True) if mark & IS_WORD]
        for (one, other), mark in zip(pairwise(units), marks, strict=False):
            if SENTENCE_END not in (one, other):
                found += [bigram(one, other)] * (2 if mark & IS_PAIR else 1)
        return found + self._loose[at]


class _Metadata:
    """The metadata of a batch, by document."""

    def __init__(self, batch: Batch) -> None:
        self._days = batch.days
        self._found: defaultdict[int, Source] = defaultdict(dict)
        for name, column in batch.texts.items():
            for at, code in zip(column.documents.tolist(), column.codes.tolist(), strict=True):
                key = column.keys[code] if column.keys else ""
                self._text(self._found[at], name, column.values[code], key)
        for name, figures in batch.figures.items():
            for at, figure in zip(
                figures.documents.tolist(), figures.figures.tolist(), strict=True
            ):
                self._figure(self._found[at], name.removeprefix(EXTRA), figure)

    def of(self, at: int) -> Source:
        """Return the fields of a document."""
        found = self._found[at]
        first, last = self._days[at].tolist()
        if first:
            found |= {
                "first_day": first,
                "last_day": last,
                "year": date.fromordinal(first).year,
            }
        return found

    def _text(self, found: Source, name: str, value: str, key: str) -> None:
        if name == "origin":
            found[name] = value
        elif name in PLAIN:
            found.setdefault("plain", {}).setdefault(name, []).append(whole_value(value))
        else:
            field = name.removeprefix(EXTRA)
            _add(found, "texts", field, whole_value(value))
            found.setdefault("names", []).append(TEXT + field)
            units = key[1:-1].split("\x1f") if key and key != run_key(()) else []
            if units:
                found.setdefault("runs", []).append(in_extra(field, units))

    def _figure(self, found: Source, field: str, figure: float) -> None:
        found.setdefault("names", []).append(FIGURE + field)
        _add(found, "figures", field, finite(figure))


def _add(found: Source, kind: str, field: str, value: Any) -> None:
    found.setdefault(kind, {}).setdefault(field_key(field), []).append(value)
