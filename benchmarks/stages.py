"""How fast each stage of the text work is, many documents at once and one by one.

    python -m benchmarks.stages CORPUS [--documents N] [--rounds N]

CPU time, the median of rounds, in each of which the stages come in another order.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.corpora import documents_in, text_bytes
from searcher import Document
from searcher.model import Noise
from searcher.text.analysis import analyze
from searcher.text.batch import BatchAnalyzer
from searcher.text.clean import clean, judge
from searcher.text.cleancolumns import Cleaned, clean_many
from searcher.text.judging import judge_many
from searcher.text.script import script_many, script_of, unify, unify_codes
from searcher.text.unitcolumns import UnitPlaces, unit_places
from searcher.text.units import units
from searcher.text.wordbook import WordBook
from searcher.text.wordcolumns import word_columns
from searcher.text.words import Cutter, document_cutter

DOCUMENTS = 3000
ROUNDS = 5
TOGETHER = 90
"""Documents that go through the arrays together; `BatchAnalyzer` takes about as many."""

BATCH = 256


class Stage(NamedTuple):
    """A stage in its two ways; None where it is not done by itself."""

    many: Callable[[], object] | None
    single: Callable[[], object] | None


class Replay:
    """A cutter that has cut everything before; shows what words cost without cutting."""

    def __init__(self, cutter: Cutter) -> None:
        self.knows = cutter.knows
        self._cutter = cutter
        self._words: dict[str, list[str]] = {}

    def cut(self, text: str) -> list[str]:
        """Return the words of *text*; the second time they are there."""
        if text not in self._words:
            self._words[text] = self._cutter.cut(text)
        return self._words[text]

    def search_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the search spans of *text*."""
        return self._cutter.search_spans(text)


class _Prepared(NamedTuple):
    """The bodies of documents that go together, and what each stage takes from the one before."""

    titles: list[str]
    bodies: list[str]
    noises: list[Noise]
    cleaned: Cleaned
    found: UnitPlaces
    unified: str


def stages(documents: Sequence[Document]) -> dict[str, Stage]:
    """Return every stage of the text work of *documents*, by name, in order."""
    cutter = document_cutter()
    together = [_prepared(part) for part in _parts(documents, TOGETHER)]
    batches = [
        ([each.title for each in part], [each.body for each in part])
        for part in _parts(documents, BATCH)
    ]
    bodies = [each.body for each in documents]
    noises = [noise for part in together for noise in part.noises]
    mapped = list(map(clean, bodies, noises))
    unified = [unify(each.text) for each in mapped]
    book = WordBook(Replay(cutter))

    def each(work: Callable[[_Prepared], object]) -> Callable[[], object]:
        return lambda: [work(part) for part in together]

    def all_together() -> None:
        analyzer = BatchAnalyzer(cutter)
        for titles, texts in batches:
            analyzer.analyze({"title": titles, "body": texts}, judge_many(titles, texts))

    def all_alone() -> None:
        for document in documents:
            noise = judge(document.title, document.body)
            analyze(document.title, noise, cutter)
            analyze(document.body, noise, cutter)

    return {
        "judge": Stage(
            each(lambda part: judge_many(part.titles, part.bodies)),
            lambda: [judge(each.title, each.body) for each in documents],
        ),
        "script": Stage(
            each(lambda part: script_many(part.bodies)), lambda: list(map(script_of, bodies))
        ),
        "clean": Stage(
            each(lambda part: clean_many(part.bodies, part.noises)),
            lambda: list(map(clean, bodies, noises)),
        ),
        "units": Stage(
            each(lambda part: unit_places(part.cleaned, {})),
            lambda: list(map(units, bodies, mapped)),
        ),
        "unify": Stage(
            each(lambda part: unify_codes(part.cleaned.codes)),
            lambda: [unify(each.text) for each in mapped],
        ),
        "cut": Stage(
            each(lambda part: cutter.cut(part.unified)), lambda: list(map(cutter.cut, unified))
        ),
        "unify and words but the cut": Stage(
            each(lambda part: word_columns(part.cleaned, part.found, book)), None
        ),
        "all, from judge to words": Stage(all_together, all_alone),
    }


def _parts(documents: Sequence[Document], size: int) -> list[Sequence[Document]]:
    return [documents[at : at + size] for at in range(0, len(documents), size)]


def _prepared(documents: Sequence[Document]) -> _Prepared:
    titles, bodies = [each.title for each in documents], [each.body for each in documents]
    noises = judge_many(titles, bodies)
    cleaned = clean_many(bodies, noises)
    unified = "".join(map(chr, unify_codes(cleaned.codes).tolist()))
    return _Prepared(titles, bodies, noises, cleaned, unit_places(cleaned, {}), unified)


def measure(documents: Sequence[Document], rounds: int) -> dict[str, tuple[float | None, ...]]:
    """Return the CPU seconds of each stage for all *documents*: many at once, and one by one."""
    work = stages(documents)
    tasks = [(name, way) for name, stage in work.items() for way in (0, 1) if stage[way]]
    seconds: dict[tuple[str, int], list[float]] = {task: [] for task in tasks}
    for seed in range(rounds):
        random.Random(seed).shuffle(tasks)
        for name, way in tasks:
            seconds[name, way].append(_seconds(work[name][way]))
    return {
        name: tuple(
            median(seconds[name, way]) if (name, way) in seconds else None for way in (0, 1)
        )
        for name in work
    }


def _seconds(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    documents = documents_in(options.corpus, options.documents)
    megabytes = text_bytes(documents) / 1e6
    print(f"{len(documents)} documents, {megabytes:.2f} MB of UTF-8\n")
    print("| stage | µs a document | MB/s | one by one: µs | × |")
    print("|---|---|---|---|---|")
    for name, (many, single) in measure(documents, options.rounds).items():
        print(_row(name, len(documents), megabytes, many, single))


def _row(
    name: str, documents: int, megabytes: float, many: float | None, single: float | None
) -> str:
    cells = [name, "–", "–", "–", "–"]
    if many:
        cells[1:3] = f"{many / documents * 1e6:.1f}", f"{megabytes / many:.1f}"
    if single:
        cells[3] = f"{single / documents * 1e6:.1f}"
    if many and single:
        cells[4] = f"{single / many:.1f}"
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
