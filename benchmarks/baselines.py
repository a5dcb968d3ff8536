"""Ours beside simple schemes and the stock stack: ``python -m benchmarks.baselines DIR [DIR …]``.

Every system is asked the queries as they were typed; the first 100 hits count.  The stock stack,
which takes seconds for a hundred questions, is asked on a sample; so are the others then.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from benchmarks.corpora import write_documents
from benchmarks.judged import NATIVE, JudgedSet, load
from benchmarks.metrics import Scores, mean, paired_bootstrap, score
from benchmarks.runs import DEPTH, chosen, indexed, run
from benchmarks.simple import BAG, rankings
from benchmarks.tables import markdown
from searcher.model import Match

SAMPLE = 3000
"""Documents of the sample that the stock stack is asked on; judged ones are always in it."""

SAMPLE_QUERIES = 200
"""Queries of the sample."""

OURS: tuple[Match, ...] = ("any", "auto")

_SIGNS = str.maketrans("?*", "  ")
"""Signs that end a question, and that Whoosh reads as wildcards over the words before them."""

Found = Mapping[str, Scores]
"""Query → scores."""


@dataclass(frozen=True, slots=True)
class Table:
    """What every system scored on one set of documents: ``systems`` by name."""

    set_name: str
    documents: int
    systems: Mapping[str, Found]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the tables."""
    options = _parser().parse_args(arguments)
    whole = [
        measured(load(folder), options.limit_queries, cache=options.index_cache)
        for folder in options.sets
    ]
    print(_table(whole))
    if options.stock:
        print("\non a sample:\n")
        print(_table([_sampled(folder, options) for folder in options.sets]))


def measured(judged: JudgedSet, limit: int | None, *, cache: Path | None) -> Table:
    """Return what the simple schemes and ours score on *judged*."""
    queries = chosen(judged.queries[NATIVE], judged, limit)
    found: dict[str, Found] = {
        scheme: _scored(judged, ranked)
        for scheme, ranked in rankings(judged.documents, queries, DEPTH).items()
    }
    with indexed(judged, cache) as index:
        for match in OURS:
            found[f"ours, {match}"] = run(index, judged, NATIVE, match, limit).scores
    return Table(judged.name, len(judged.documents), found)


def _sampled(folder: Path, options: argparse.Namespace) -> Table:
    """Return the same on a sample, with the stock stack."""
    judged = load(folder, sample=options.sample_documents, seed=options.seed)
    limit = min(SAMPLE_QUERIES, options.limit_queries or SAMPLE_QUERIES)
    table = measured(judged, limit, cache=options.index_cache)
    return Table(table.set_name, table.documents, {**stock(judged, limit), **table.systems})


def stock(judged: JudgedSet, limit: int) -> dict[str, Found]:
    """Return what Whoosh, jieba's analyzer and OpenCC score, by all words and by any.

    Its parser asks one field, so the title is put in front of the body.
    """
    # Imported here: it loads jieba's dictionary.
    from benchmarks.systems.stock import Made

    queries = chosen(judged.queries[NATIVE], judged, limit)
    with tempfile.TemporaryDirectory() as scratch:
        corpus, home = Path(scratch, "corpus"), Path(scratch, "index")
        joined = (replace(each, body=f"{each.title}\n{each.body}") for each in judged.documents)
        write_documents(corpus, joined)
        made = Made()
        made.build(corpus, home)
        answers = made.open(home)
        return {
            f"stock Whoosh, {name}": _scored(
                judged,
                {
                    query: answers.ids(text.translate(_SIGNS), DEPTH, any_word=any_word)
                    for query, text in queries.items()
                },
            )
            for name, any_word in (("And", False), ("Or", True))
        }


def _scored(judged: JudgedSet, ranked: Mapping[str, Sequence[str]]) -> Found:
    return {query: score(ids, judged.qrels[query]) for query, ids in ranked.items()}


# ---------------------------------------------------------------- tables

_HEAD = ("nDCG@10", "MRR@10", "R@10", "R@100", f"− {BAG}", "95 %", "p")


def _table(tables: Sequence[Table]) -> str:
    head = ("set", "documents", "asked", "system", *_HEAD)
    return markdown(head, [row for table in tables for row in _rows(table)] + _macro(tables))


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    for name, found in table.systems.items():
        place = (table.set_name, str(table.documents), str(len(found)), name)
        yield (*place, *_numbers([found]), *_difference([(found, table.systems[BAG])]))


def _macro(tables: Sequence[Table]) -> list[tuple[str, ...]]:
    """Return the means over the sets, if there are several."""
    if len(tables) < 2:
        return []
    return [
        (
            *("macro", "", f"{len(tables)} sets", name),
            *_numbers([table.systems[name] for table in tables]),
            *_difference([(table.systems[name], table.systems[BAG]) for table in tables]),
        )
        for name in tables[0].systems
    ]


def _numbers(found: Iterable[Found]) -> list[str]:
    means = mean(mean(scores.values()) for scores in found)
    return [f"{value:.4f}" for value in astuple(means)]


def _difference(pairs: Iterable[tuple[Found, Found]]) -> tuple[str, str, str]:
    """Return the difference in nDCG@10 to the bag as typed."""
    each = [[new[name].ndcg10 - old[name].ndcg10 for name in new] for new, old in pairs]
    if not any(any(differences) for differences in each):
        return "", "", ""
    found = paired_bootstrap(each)
    return f"{found.mean:+.4f}", f"{found.low:+.4f}..{found.high:+.4f}", f"{found.p:.4f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baselines", description=__doc__)
    add = parser.add_argument
    add("sets", nargs="+", type=Path, metavar="DIR", help="a folder with a judged set")
    add("--limit-queries", type=int, metavar="N", help="only N queries of each set")
    add("--no-stock", dest="stock", action="store_false", help="leave the stock stack out")
    add("--sample-documents", type=int, default=SAMPLE, metavar="N", help="judged and others")
    add("--seed", type=int, default=0, help="of the sample of documents")
    add("--index-cache", type=Path, metavar="DIR", help="keep indexes there; remove by hand")
    return parser


if __name__ == "__main__":
    main()
