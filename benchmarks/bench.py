"""Time ours beside the stock stack: ``python -m benchmarks.bench CORPUS``."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import PASSES, run_child
from benchmarks.corpora import documents_in, folder_bytes, text_bytes, write_documents
from benchmarks.judged import digest
from benchmarks.record import RUNS, Row, facts_of_machine, load_average, summary, write
from benchmarks.systems import SYSTEMS
from benchmarks.workload import holders, phrases, workload
from searcher import Document


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured.  ``lines`` are the queries by class, ``wanted`` phrases with holders."""

    documents: Sequence[Document]
    lines: Mapping[str, Sequence[str]]
    wanted: Mapping[str, Sequence[str]]
    repeat: int
    seed: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the summary, and write the run where asked."""
    options = _parser().parse_args(arguments)
    documents = documents_in(options.corpus, options.documents)
    if not documents:
        raise SystemExit(f"{options.corpus}: no documents")
    bench = prepared(documents, options)
    facts = facts_of(bench, options)
    with tempfile.TemporaryDirectory() as scratch:
        rows = list(measured(bench, Path(scratch)))
    facts["load average at the end"] = load_average()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
    print(summary(rows))
    if options.out:
        print(f"\nwritten to {write(options.out, rows, facts)}")


def prepared(documents: Sequence[Document], options: argparse.Namespace) -> Bench:
    """Return the benchmark of *documents*; all that is drawn is drawn here."""
    wanted = phrases(documents, options.phrases, options.seed + 1)
    return Bench(
        documents=documents,
        lines=workload(documents, options.queries, options.seed),
        wanted=dict(zip(wanted, holders(documents, wanted), strict=True)),
        repeat=options.repeat,
        seed=options.seed,
    )


def facts_of(bench: Bench, options: argparse.Namespace) -> dict[str, str]:
    """Return what a reader of the numbers has to know."""
    sizes = f"--documents {len(bench.documents)} --queries {options.queries}"
    rounds = f"--phrases {options.phrases} --repeat {bench.repeat} --seed {bench.seed}"
    return {
        "command": f"python -m benchmarks.bench {options.corpus.name} {sizes} {rounds}",
        "documents": f"{len(bench.documents)}, {text_bytes(bench.documents)} bytes of UTF-8",
        "hash of the documents": digest(bench.documents),
        **facts_of_machine(),
        "load average at the start": load_average(),
    }


# ---------------------------------------------------------------- measuring


def measured(bench: Bench, scratch: Path) -> Iterator[Row]:
    """Yield the rows of every round; the systems take turns in an order shuffled anew."""
    corpus = scratch / "documents.jsonl"
    write_documents(corpus, bench.documents)
    order = random.Random(bench.seed)
    for number in range(1, bench.repeat + 1):
        turns = order.sample(sorted(SYSTEMS), len(SYSTEMS))
        for place, system in enumerate(turns, 1):
            home = scratch / f"{system}-{number}"
            numbers = {**_built(bench, system, home, corpus), **_queried(bench, system, home)}
            if number == 1:
                numbers |= _recalled(bench, system, home)
            for measure, value in numbers.items():
                yield Row(number, place, system, measure, value)


def _built(bench: Bench, system: str, home: Path, corpus: Path) -> dict[str, float]:
    found = run_child("build", system, home, corpus)
    return {
        "build, documents per CPU-s": len(bench.documents) / found["cpu_s"],
        "build, peak MiB": found["peak_mib"],
        "index : text": folder_bytes(home) / text_bytes(bench.documents),
    }


def _queried(bench: Bench, system: str, home: Path) -> dict[str, float]:
    job = {"seed": bench.seed, "lines": bench.lines}
    found = run_child("query", system, home, _given(home, job))
    numbers: dict[str, float] = {}
    for name in (f"{each} {kind}" for each in PASSES for kind in bench.lines):
        numbers[f"{name}, CPU ms p50"] = float(np.percentile(found["cpu_ms"][name], 50))
        numbers[f"{name}, CPU ms p95"] = float(np.percentile(found["cpu_ms"][name], 95))
    totals = {f"{kind}, documents found": found["found"][kind] for kind in bench.lines}
    return {**numbers, **totals, "query, peak MiB": found["peak_mib"]}


def _recalled(bench: Bench, system: str, home: Path) -> dict[str, float]:
    found = run_child("recall", system, home, _given(home, list(bench.wanted)))
    shares = [
        len(set(held).intersection(ids)) / len(held)
        for held, ids in zip(bench.wanted.values(), found["ids"], strict=True)
    ]
    return {
        "phrase recall": sum(shares) / len(shares),
        "phrases found in all their documents": sum(share == 1 for share in shares) / len(shares),
    }


def _given(home: Path, job: Any) -> Path:
    """Return a file beside the index that holds *job*."""
    path = home.with_suffix(".json")
    path.write_text(json.dumps(job, ensure_ascii=False), "utf-8")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    add = parser.add_argument
    add("corpus", type=Path, metavar="CORPUS", help="a folder of texts, or JSONL, also .gz")
    add("--documents", type=int, metavar="N", help="only N documents, drawn by a fixed seed")
    add("--repeat", type=int, default=5, metavar="N", help="rounds (default 5)")
    add("--queries", type=int, default=30, metavar="N", help="queries of each class")
    add("--phrases", type=int, default=200, metavar="N", help="phrases for the recall")
    add("--seed", type=int, default=0, help="of queries, phrases and the order of turns")
    add("--out", type=Path, nargs="?", const=RUNS, metavar="DIR", help="keep the run")
    return parser


if __name__ == "__main__":
    main()
