"""The bag of terms of a document, as a line that an engine of words can index.

Made by the plain analysis, document by document: slow and obvious.  It is written once for a run,
so that no engine is charged for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from searcher import Document
from searcher.engines.base import TITLE_WEIGHT
from searcher.model import FieldTerms
from searcher.text.analysis import analyze, field_terms
from searcher.text.clean import judge
from searcher.text.words import document_cutter

NOTHING = "¦"
"""Stands where no bigram begins: one character, so never a bigram itself."""


def bag_of(document: Document) -> str:
    """Return the terms of a document in one line, blanks between them.

    First come, at the place of each unit of the title, a gap, and the body, the bigram or the
    border that begins there, or `NOTHING`; then all that is left of the bag: units, bigrams and
    words, those of the title counted twice.  So one field with positions answers phrases too.

    >>> bag_of(Document("a", title="驻村", body="脱贫。"))
    '驻村 ¦ ¦ 脱贫 驻 驻 村 村 驻村 驻村 驻村 脱 贫 脱贫'
    """
    noise, cutter = judge(document.title, document.body), document_cutter()
    title, body = (analyze(each, noise, cutter) for each in (document.title, document.body))
    in_title, in_body = field_terms(title), field_terms(body)
    places = {**_places(in_title, 0), **_places(in_body, len(title.units.keys) + 1)}
    in_order = [places.get(at, NOTHING) for at in range(max(places, default=-1) + 1)]
    counts: Counter[str] = Counter()
    for found, times in ((in_title, TITLE_WEIGHT), (in_body, 1)):
        for term, count in found.counts.items():
            counts[term] += count * times
    return " ".join([*in_order, *(counts - Counter(in_order)).elements()])


def _places(terms: FieldTerms, shift: int) -> dict[int, str]:
    return {
        at + shift: term
        for found in (terms.positions, terms.borders)
        for term, places in found.items()
        for at in places
    }


# ---------------------------------------------------------------- on disk


def path_of(corpus: Path) -> Path:
    """Return where the bags of a file of documents are."""
    return corpus.with_suffix(".bags")


def write_bags(path: Path, documents: Iterable[Document]) -> None:
    """Write the bag of each document as a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{bag_of(each)}\n" for each in documents)


def read_bags(path: Path) -> Iterator[str]:
    """Yield the bags that `write_bags` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")
