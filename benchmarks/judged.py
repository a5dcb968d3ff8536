"""Judged sets: a folder of documents, queries and judgments → records.

A folder holds ``corpus.jsonl.gz`` {id, title, body}, ``queries.jsonl`` {id, text}, the same
queries converted as ``queries.CONVERSION.jsonl``, and ``qrels.tsv`` (query, document, grade).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from searcher import Document

NATIVE = "queries"
"""The queries as they were asked; every other file of queries is a conversion of it."""

REGIONAL = ("s2twp", "tw2sp")
"""Conversions that change words as well as script."""


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """One set.  ``queries``: name of the file → query → text; ``qrels``: query → document → grade.

    ``documents`` of the whole corpus of ``corpus_size``; ``digest`` names exactly these documents.
    """

    name: str
    documents: tuple[Document, ...]
    corpus_size: int
    queries: Mapping[str, Mapping[str, str]]
    qrels: Mapping[str, Mapping[str, int]]
    digest: str


def load(folder: Path, *, sample: int | None = None, seed: int = 0) -> JudgedSet:
    """Return the set in *folder*, whole or with about *sample* of its documents.

    A sample keeps every judged document and fills up with others drawn by *seed*; the order of
    the corpus is kept.
    """
    qrels = read_qrels(folder / "qrels.tsv")
    corpus = [document_of(record) for record in read_records(folder / "corpus.jsonl.gz")]
    judged = {name for grades in qrels.values() for name in grades}
    documents = corpus if sample is None else draw(corpus, judged, sample, seed)
    files = sorted(folder.glob("queries*.jsonl"))
    return JudgedSet(
        name=folder.name,
        documents=tuple(documents),
        corpus_size=len(corpus),
        queries={path.stem: read_queries(path) for path in files},
        qrels=qrels,
        digest=digest(documents),
    )


def draw(corpus: Sequence[Document], judged: set[str], sample: int, seed: int) -> list[Document]:
    """Return the judged documents of *corpus* and others by *seed*, *sample* in all if possible.

    >>> corpus = [Document(id=name, body=name) for name in "abcdef"]
    >>> len(draw(corpus, {"a", "f"}, 4, 0)), len(draw(corpus, {"a", "f"}, 1, 0))
    (4, 2)
    """
    others = [document.id for document in corpus if document.id not in judged]
    wanted = max(0, min(len(others), sample - (len(corpus) - len(others))))
    kept = judged.union(random.Random(seed).sample(others, wanted))
    return [document for document in corpus if document.id in kept]


def kind(queries: str) -> str:
    """Return what a file of queries tests: ``native``, ``cross-script`` or ``regional``.

    >>> kind("queries"), kind("queries.t2s"), kind("queries.s2twp")
    ('native', 'cross-script', 'regional')
    """
    if queries == NATIVE:
        return "native"
    return "regional" if queries.rpartition(".")[2] in REGIONAL else "cross-script"


def document_of(record: Mapping[str, Any]) -> Document:
    """Return the document of a corpus record; keys but id, title and body are left out."""
    return Document(id=record["id"], title=record.get("title", ""), body=record["body"])


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a JSONL file, plain or gzip-compressed."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def read_queries(path: Path) -> dict[str, str]:
    """Return query → text."""
    return {record["id"]: record["text"] for record in read_records(path)}


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Return query → document → grade."""
    qrels: dict[str, dict[str, int]] = {}
    for line in path.read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")
        qrels.setdefault(query, {})[document] = int(grade)
    return qrels


def digest(documents: Iterable[Document]) -> str:
    """Return the first 12 digits of the SHA-256 of the documents' ids, titles and bodies."""
    found = hashlib.sha256()
    for document in documents:
        fields = (document.id, document.title, document.body)
        found.update(json.dumps(fields, ensure_ascii=False).encode("utf-8"))
    return found.hexdigest()[:12]
