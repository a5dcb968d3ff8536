"""How ours and its peers grow: ``python -m benchmarks.scaling CORPUS --sizes 1000 10000 …``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.bench import add_shared, facts_of_corpus, facts_of_rounds, prepared, told
from benchmarks.corpora import documents_in, recombined
from benchmarks.measuring import SPEED, measured
from benchmarks.record import Row, facts_of_machine, listed, load_average, write
from benchmarks.summary import medians_of, shown
from benchmarks.systems import BAG, OURS, SYSTEMS, absent
from benchmarks.tables import markdown
from benchmarks.workload import CLASSES
from searcher import Document

SIZES = (1_000, 10_000, 30_000, 100_000, 300_000)

MEASURES = {
    SPEED: "build, docs/CPU-s",
    "build, peak MiB": "build, MiB",
    "index : text": "index : text",
    "query, peak MiB": "questions, MiB",
    **{f"warm {kind}, CPU ms p50": f"{kind}, ms" for kind in CLASSES},
}
"""What is shown of each size, and what it is called there; times are warm CPU ms, p50."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size, print the table, and write the run where asked."""
    options = _parser().parse_args(arguments)
    documents = documents_in(options.corpus)
    if not documents:
        raise SystemExit(f"{options.corpus}: no documents")
    for name in options.systems:
        if missing := absent(name):
            raise SystemExit(f"{name}: not installed here: {', '.join(missing)}")
    facts = {"command": _command(options), **facts_of_machine()}
    rows: list[Row] = []
    for size in options.sizes:
        found, notes = _one_size(recombined(documents, size), len(documents), options)
        rows += found
        facts |= {f"{name} ({size:,})": value for name, value in notes.items()}
        print(table(found, len(documents)), end="\n\n", flush=True)
        if "ended early" in notes:
            break
    _report(options.out, rows, facts, table(rows, len(documents)))


def _one_size(
    documents: Sequence[Document], real: int, options: argparse.Namespace
) -> tuple[list[Row], dict[str, str]]:
    setup = prepared(documents, options.systems, options)
    notes = {**facts_of_corpus(setup, real), **facts_of_rounds(setup)}
    rows, found = measured(setup)
    return rows, {**notes, "load average at the end": load_average(), **told((), found)}


def _report(out: Path | None, rows: Sequence[Row], facts: Mapping[str, str], shown: str) -> None:
    print(listed(facts), shown, sep="\n\n")
    if out:
        files = {"scaling.md": f"# Scaling\n\n{shown}\n", "scaling.svg": plot(rows)}
        print(f"written to {write(out, rows, facts, files)}")


def table(rows: Sequence[Row], real: int) -> str:
    """Return the table of the medians of each size and system.

    Sizes above *real* documents are marked as recombined.
    """
    lines = []
    for size in dict.fromkeys(row.documents for row in rows):
        medians = medians_of(row for row in rows if row.documents == size)
        name = f"{size:,}" + (" (recombined)" if size > real else "")
        for system in dict.fromkeys(system for system, _ in medians):
            values = (medians.get((system, measure)) for measure in MEASURES)
            cells = ("–" if value is None else shown(value) for value in values)
            lines.append((name, system, *cells))
    return markdown(("documents", "system", *MEASURES.values()), lines)


def plot(rows: Sequence[Row]) -> str:
    """Return a panel for each measure: its medians by size, a line for each system."""
    panels = {
        name: dict(_lines(rows, measure))
        for measure, name in MEASURES.items()
        if any(row.measure == measure for row in rows)
    }
    return plots.curves("By number of documents; times are warm CPU ms, p50", panels)


def _lines(rows: Sequence[Row], measure: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    sizes = sorted({row.documents for row in rows})
    by_size = {size: medians_of(row for row in rows if row.documents == size) for size in sizes}
    for system in SYSTEMS:
        found = ((size, by_size[size].get((system, measure))) for size in sizes)
        line = [(float(size), value) for size, value in found if value]
        if line:
            yield system, line


def _command(options: argparse.Namespace) -> str:
    sizes = ["--sizes", *map(str, options.sizes), "--systems", *options.systems]
    rounds = [f"--repeat={options.repeat}", f"--queries={options.queries}"]
    seed = [f"--phrases={options.phrases}", f"--seed={options.seed}"]
    words = ["python", "-m", "benchmarks.scaling", options.corpus.name]
    return shlex.join([*words, *sizes, *rounds, *seed])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    add = parser.add_argument
    add("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of documents")
    add(
        "--systems",
        nargs="+",
        default=[OURS, BAG, "tantivy words"],
        choices=list(SYSTEMS),
        metavar="NAME",
        help=f"of {', '.join(SYSTEMS)}",
    )
    add("--repeat", type=int, default=3, metavar="N", help="rounds of each size")
    add("--builds", type=int, metavar="N", help="rounds with builds (fewer for larger sizes)")
    add_shared(parser, phrases=50)
    return parser


if __name__ == "__main__":
    main()
