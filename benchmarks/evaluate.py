"""Evaluate the ranking on judged sets: ``python -m benchmarks.evaluate DIR [DIR …]``."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.judged import NATIVE, JudgedSet, kind, load
from benchmarks.metrics import Difference, Scores, mean, paired_bootstrap
from benchmarks.runs import Run, indexed, run
from benchmarks.tables import markdown
from searcher.model import Match

MODES: tuple[Match, ...] = ("any", "auto")

SCORES_FILE = "scores.csv"
QUERIES_FILE = "per-query.csv"

Key = tuple[str, str, str]
"""A set, a file of queries and a mode."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate, print the tables, and write them where asked."""
    options = _parser().parse_args(arguments)
    runs = [each for folder in options.sets for each in evaluate(folder, options)]
    print(markdown(("set", "queries", "match", "documents", *_HEAD), _rows(runs)))
    for refusal in _refusals(runs):
        print(f"refused at {refusal}")
    if options.against:
        print("\nagainst the earlier run, nDCG@10:\n")
        print(compared(runs, read_per_query(options.against / QUERIES_FILE)))
    if options.out:
        write(options.out, runs)


def evaluate(folder: Path, options: argparse.Namespace) -> Iterator[Run]:
    """Yield a run for each wanted file of queries and mode of one judged set."""
    judged = load(folder, sample=options.sample_documents, seed=options.seed)
    with indexed(judged, options.index_cache) as index:
        for queries in _wanted(judged, options.queries):
            for match in options.match:
                yield run(index, judged, queries, match, options.limit_queries)


def _wanted(judged: JudgedSet, name: str | None) -> list[str]:
    if name is None:
        return list(judged.queries)
    if name not in judged.queries:
        raise SystemExit(f"{judged.name}: no {name}.jsonl; there are {', '.join(judged.queries)}")
    return [name]


# ---------------------------------------------------------------- tables

_HEAD = ("asked", "nDCG@10", "MRR@10", "R@10", "R@100", "refused", "empty", "CPU ms p50")


def _rows(runs: Sequence[Run]) -> Iterator[tuple[str, ...]]:
    for each in runs:
        yield (
            *(each.set_name, each.queries, each.match, str(each.documents)),
            *(str(len(each.scores)), *_numbers(mean(each.scores.values()))),
            *(str(len(each.refusals)), str(each.empty), _median(each.cpu_ms)),
        )
    if len({each.set_name for each in runs}) > 1:
        yield from _macro_rows(runs)


def _macro_rows(runs: Sequence[Run]) -> Iterator[tuple[str, ...]]:
    """Yield the mean over the runs of each kind of queries in each mode."""
    for group in dict.fromkeys((kind(each.queries), each.match) for each in runs):
        members = [each for each in runs if (kind(each.queries), each.match) == group]
        scores = mean(mean(each.scores.values()) for each in members)
        count = f"{len(members)} run{'s' if len(members) > 1 else ''}"
        yield ("macro", *group, "", count, *_numbers(scores), "", "", "")


def _median(values: Sequence[float]) -> str:
    return f"{median(values):.1f}" if values else "–"


def _numbers(scores: Scores) -> list[str]:
    return [f"{value:.4f}" for value in asdict(scores).values()]


def _refusals(runs: Iterable[Run]) -> Iterator[str]:
    seen = {
        f"{found.character!r} in {each.set_name} {found.query}, {found.text!r}: {found.message}"
        for each in runs
        if kind(each.queries) == "native"
        for found in each.refusals
    }
    yield from sorted(seen)


# ---------------------------------------------------------------- comparing


def compared(runs: Iterable[Run], before: dict[Key, dict[str, float]]) -> str:
    """Return a table of the differences in nDCG@10 to an earlier run, set by set and macro.

    A conversion that the earlier run did not ask is held against the queries as they were asked.
    """
    rows = []
    strata: dict[tuple[str, Match], list[list[float]]] = {}
    for each in runs:
        old = before.get((each.set_name, each.queries, each.match)) or before.get(
            (each.set_name, NATIVE, each.match), {}
        )
        paired = [new.ndcg10 - old[name] for name, new in each.scores.items() if name in old]
        if paired:
            strata.setdefault((kind(each.queries), each.match), []).append(paired)
            place = (each.set_name, each.queries, each.match, str(len(paired)))
            rows.append((*place, *_difference(paired_bootstrap([paired]))))
    for group, sets in strata.items():
        place = ("macro", *group, str(sum(map(len, sets))))
        rows.append((*place, *_difference(paired_bootstrap(sets))))
    return markdown(("set", "queries", "match", "pairs", "difference", "95 %", "p"), rows)


def _difference(found: Difference) -> tuple[str, str, str]:
    interval = f"{found.low:+.4f}..{found.high:+.4f}"
    return f"{found.mean:+.4f}", interval, f"{found.p:.4f}"


# ---------------------------------------------------------------- files


def write(folder: Path, runs: Sequence[Run]) -> None:
    """Write the table, and the nDCG@10 of every query for a later ``--against``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SCORES_FILE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("set", "queries", "match", "documents", *_HEAD))
        rows.writerows(_rows(runs))
    with (folder / QUERIES_FILE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("set", "queries", "match", "query", "ndcg10"))
        for each in runs:
            place = (each.set_name, each.queries, each.match)
            rows.writerows((*place, name, new.ndcg10) for name, new in each.scores.items())


def read_per_query(path: Path) -> dict[Key, dict[str, float]]:
    """Return set, queries and mode → query → nDCG@10, as `write` left them."""
    found: dict[Key, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["set"], row["queries"], row["match"])
            found.setdefault(key, {})[row["query"]] = float(row["ndcg10"])
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__)
    add = parser.add_argument
    add("sets", nargs="+", type=Path, metavar="DIR", help="a folder with a judged set")
    add("--queries", metavar="NAME", help="one file of queries, such as queries.t2s")
    add("--match", nargs="+", choices=MODES, default=list(MODES), help="ways of asking")
    add("--limit-queries", type=int, metavar="N", help="only N queries of each set")
    add("--sample-documents", type=int, metavar="N", help="judged documents and others up to N")
    add("--seed", type=int, default=0, help="of the sample of documents")
    add("--index-cache", type=Path, metavar="DIR", help="keep indexes there; remove by hand")
    add("--against", type=Path, metavar="DIR", help="compare with an earlier --out")
    add("--out", type=Path, metavar="DIR", help="write scores.csv and per-query.csv there")
    return parser


if __name__ == "__main__":
    main()
