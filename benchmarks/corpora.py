"""Corpora: a folder or JSONL file → documents in a fixed order, so that sizes are nested."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.judged import document_of, read_records
from searcher import Document
from searcher.sources import Options, Read, read, roots
from searcher.text.script import script_of


def documents_in(corpus: Path, limit: int | None = None) -> list[Document]:
    """Return the documents of *corpus*, shuffled by a fixed seed, the first *limit* of them.

    What cannot be read as a document is left out, as a build would.
    """
    found = read(roots([corpus]), Options())
    documents = [each.document for each in found if isinstance(each, Read)]
    random.Random(0).shuffle(documents)
    return documents[:limit]


def recombined(documents: Sequence[Document], size: int) -> list[Document]:
    """Return *size* documents: *documents*, and behind them new ones made of their paragraphs.

    A new document has the title of one and as many paragraphs as its body, all drawn by a fixed
    seed from bodies of the same script.  Smaller sizes are the beginning of larger ones.
    """
    draw = random.Random(0)
    pools: dict[str, list[str]] = {}
    for each in documents:
        pools.setdefault(script_of(each.body), []).extend(each.body.split("\n"))
    made = list(documents[:size])
    for number in range(len(made), size):
        like = draw.choice(documents)
        pool = pools[script_of(like.body)]
        body = "\n".join(draw.choices(pool, k=like.body.count("\n") + 1))
        made.append(Document(id=f"recombined/{number:07}", title=like.title, body=body))
    return made


def write_documents(path: Path, documents: Iterable[Document]) -> None:
    """Write what both systems index as plain JSONL."""
    with path.open("w", encoding="utf-8") as file:
        for each in documents:
            record = {"id": each.id, "title": each.title, "body": each.body}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_documents(path: Path) -> Iterator[Document]:
    """Yield the documents that `write_documents` wrote."""
    return map(document_of, read_records(path))


def text_bytes(documents: Iterable[Document]) -> int:
    """Return the UTF-8 size of titles and bodies.

    >>> text_bytes([Document(id="a", title="a", body="脱贫")])
    7
    """
    return sum(len((each.title + each.body).encode("utf-8")) for each in documents)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below *folder*."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
