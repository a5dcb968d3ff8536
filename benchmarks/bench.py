"""Time ours beside its peers on one corpus: ``python -m benchmarks.bench CORPUS``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.child import WARM_PASSES
from benchmarks.corpora import documents_in, recombined, text_bytes
from benchmarks.goals import reached
from benchmarks.judged import digest
from benchmarks.measuring import Findings, Setup, measured
from benchmarks.record import RUNS, Row, facts_of_machine, listed, load_average, write
from benchmarks.summary import medians_of, summary
from benchmarks.systems import SYSTEMS, absent
from benchmarks.workload import CLASSES, holders, phrases, workload
from searcher import Document


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the summary, and write the run where asked."""
    options = _parser().parse_args(arguments)
    documents = documents_in(options.corpus)
    if not documents:
        raise SystemExit(f"{options.corpus}: no documents")
    real = len(documents)
    documents = recombined(documents, options.documents or real)
    systems, left_out = chosen(options.systems, len(documents))
    setup = prepared(documents, systems, options)
    facts = {"command": command(options), **facts_of_machine()}
    facts |= {**facts_of_corpus(setup, real), **facts_of_rounds(setup)}
    rows, found = measured(setup)
    facts |= {"load average at the end": load_average(), **told(left_out, found)}
    report(options.out, rows, facts)
    if found.ended:
        raise SystemExit(f"ended early: {found.ended}; --keep-going goes on without a peer")


def chosen(asked: Sequence[str] | None, documents: int) -> tuple[list[str], list[str]]:
    """Return the systems to measure, and why others are left out; SystemExit on a wrong name."""
    systems, left_out = [], []
    for name in asked or SYSTEMS:
        if name not in SYSTEMS:
            raise SystemExit(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
        most = SYSTEMS[name].most
        if missing := absent(name):
            left_out.append(f"{name}: not installed here: {', '.join(missing)}")
        elif not asked and most is not None and documents > most:
            left_out.append(f"{name}: above {most:,} documents only if named by --systems")
        else:
            systems.append(name)
    return systems, left_out


def prepared(
    documents: Sequence[Document], systems: Sequence[str], options: argparse.Namespace
) -> Setup:
    """Return the set-up for *documents*; all that is drawn is drawn here."""
    wanted = phrases(documents, options.phrases, options.seed + 1)
    return Setup(
        systems=systems,
        documents=documents,
        questions=workload(documents, options.queries, options.seed),
        wanted=dict(zip(wanted, holders(documents, wanted), strict=True)),
        repeat=options.repeat,
        builds=min(options.repeat, options.builds or _builds(len(documents))),
        seed=options.seed,
        keep_going=options.keep_going,
    )


def _builds(documents: int) -> int:
    return 5 if documents <= 10_000 else 2 if documents <= 30_000 else 1


# ---------------------------------------------------------------- what a reader has to know


def command(options: argparse.Namespace) -> str:
    """Return the command that measures the same again."""
    words = ["python", "-m", "benchmarks.bench", options.corpus.name]
    for name in ("documents", "repeat", "builds", "queries", "phrases", "seed"):
        value = getattr(options, name)
        words += [f"--{name}", str(value)] if value is not None else []
    words += ["--systems", *options.systems] if options.systems else []
    return shlex.join(words)


def facts_of_corpus(setup: Setup, real: int) -> dict[str, str]:
    """Return what the documents are; *real* of them are those of the corpus."""
    made = max(0, len(setup.documents) - real)
    note = f"; {made} of them recombined paragraphs of the others" if made else ""
    return {
        "documents": f"{len(setup.documents)}, {text_bytes(setup.documents)} bytes of UTF-8{note}",
        "hash of the documents": digest(setup.documents),
    }


def facts_of_rounds(setup: Setup) -> dict[str, str]:
    """Return how often what is done; to be called before it is."""
    rounds = (
        f"{setup.repeat} of questions, {setup.builds} of builds; in each a first and "
        f"{WARM_PASSES} warm passes over the questions; the order of the systems is shuffled anew"
    )
    return {"rounds": rounds, "load average at the start": load_average()}


def told(left_out: Iterable[str], found: Findings) -> dict[str, str]:
    """Return what was not measured, and what differed, for those who read the numbers."""
    notes = {
        "not measured": left_out,
        "cannot be asked": [
            f"{system}, {kind}: {why}" for (system, kind), why in found.refused.items()
        ],
        "failed": found.failures,
        "ended early": [found.ended] if found.ended else [],
        "totals that differ": found.different,
    }
    return {name: "\n".join(lines) for name, lines in notes.items() if lines}


def report(out: Path | None, rows: Sequence[Row], facts: Mapping[str, str]) -> None:
    """Print the facts and the summary, and write the run where asked."""
    tables = f"## Goals\n\n{reached(rows)}\n\n{summary(rows)}\n"
    print(listed(facts), tables, sep="\n\n")
    if out:
        files = {"summary.md": f"# Summary\n\n{tables}", "questions.svg": questions_plot(rows)}
        print(f"written to {write(out, rows, facts, files)}")


def questions_plot(rows: Sequence[Row]) -> str:
    """Return the plot of the warm questions: median to 95th percentile, by class and system."""
    medians = medians_of(rows)
    data: dict[str, dict[str, tuple[float, float]]] = {}
    for system in SYSTEMS:
        for kind in CLASSES:
            pair = [medians.get((system, f"warm {kind}, CPU ms p{each}")) for each in (50, 95)]
            if pair[0] and pair[1]:
                data.setdefault(system, {})[kind] = (pair[0], pair[1])
    return plots.spans("Warm questions, CPU ms: median (dot) to 95th percentile", data)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    add = parser.add_argument
    add(
        "--documents",
        type=int,
        metavar="N",
        help="N documents, drawn by a fixed seed; above what there are, paragraphs are recombined",
    )
    add("--systems", nargs="+", metavar="NAME", help=f"of {', '.join(SYSTEMS)}")
    add("--repeat", type=int, default=5, metavar="N", help="rounds (default 5)")
    add(
        "--builds",
        type=int,
        metavar="N",
        help="rounds with builds (5; above 10,000 documents 2, above 30,000 1)",
    )
    add_shared(parser, phrases=200)
    return parser


def add_shared(parser: argparse.ArgumentParser, *, phrases: int) -> None:
    """Add the arguments that every benchmark of speed takes; *phrases* is a default."""
    add = parser.add_argument
    add("corpus", type=Path, metavar="CORPUS", help="a folder of texts, or JSONL, also .gz")
    add("--queries", type=int, default=30, metavar="N", help="questions of each class")
    add("--phrases", type=int, default=phrases, metavar="N", help="phrases for the recall")
    add("--seed", type=int, default=0, help="of questions, phrases and the order of turns")
    add("--keep-going", action="store_true", help="record a peer's failure and go on")
    add("--out", type=Path, nargs="?", const=RUNS, metavar="DIR", help="keep the run")


if __name__ == "__main__":
    main()
