"""Variants of judged sets: ``python -m benchmarks.variants DIR --out FOLDER``.

Each is a judged set of its own, ``FOLDER/KIND/NAME``: the same judgments, with the documents as a
careless page shows them, or the queries in other scripts.  The same seed gives the same variants.
Evaluate the set with ``--out CLEAN``, and each variant with ``--against CLEAN``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.damage import annotate
from benchmarks.judged import NATIVE, read_records

Record: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[str], str]
Table: TypeAlias = dict[int, str]

CONVERSIONS = ("t2s", "s2t", "s2tw", "s2hk", "tw2s", "hk2s", "tw2sp", "s2twp")
"""OpenCC's conversions of queries; the last two change words too."""

ANNOTATED = 68
"""How many characters the page of seed 002 annotates, each of them everywhere."""

COMMON = 400
"""They are drawn from so many of the set's commonest traditional characters."""

HEAD = "\u4e00", "\u51b3"
"""The page of seed 000 annotates the characters whose simplified form lies here: the head of a
table in the order of code points."""

BLANKS = 0.03
"""The share of places between two characters at which a line was broken or padded."""

_TEXT = ("title", "body")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the variants and say where."""
    options = _parser().parse_args(arguments)
    for folder in options.sets:
        for kind in options.kinds:
            out = options.out / kind / folder.name
            KINDS[kind](folder, out, options.seed)
            print(out)


# ---------------------------------------------------------------- documents


def toneless(records: Sequence[Record], _seed: int) -> Change:
    """Return the noise of seed 000: 偉(wei) 大, always with a blank behind."""
    table = {
        char: f"{char}({_pinyin(char, tones=False)}) "
        for char in _annotated(records)
        if HEAD[0] <= _converted("t2s", char) <= HEAD[1]
    }
    return _behind(_traditional(records), str.maketrans(table))


def toned(records: Sequence[Record], seed: int) -> Change:
    """Return the noise of seed 002 where no byte was harmed: 個(gè)."""
    table = {char: f"{char}({pinyin})" for char, pinyin in _drawn(records, seed)}
    return _behind(_traditional(records), str.maketrans(table))


def damaged(records: Sequence[Record], seed: int) -> Change:
    """Return all the noise of seed 002: readings were put in byte by byte, across characters."""
    table, forms = _drawn(records, seed), _traditional(records)

    def change(text: str) -> str:
        text = text.translate(forms)
        # The model knows GBK alone; what is beyond it was lost before and is not what is tested.
        return annotate(text, table) if _is_gbk(text) else text

    return change


def blanks(_records: Sequence[Record], seed: int) -> Change:
    """Return blanks between digits and Han, and blanks and line breaks anywhere between Han."""
    rolls = random.Random(seed)

    def padded(_found: re.Match[str]) -> str:
        return rolls.choice((" ", "\u3000", "\n")) if rolls.random() < BLANKS else ""

    def change(text: str) -> str:
        spaced = re.sub(r"(?<=[0-9])(?=[一-鿿])", " ", text)
        return re.sub(r"(?<=[一-鿿])(?=[一-鿿])", padded, spaced)

    return change


def wide(_records: Sequence[Record], _seed: int) -> Change:
    """Return everything that has a full-width form in it."""
    table = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
    return lambda text: text.translate(table)


def _behind(forms: Table, readings: Table) -> Change:
    return lambda text: text.translate(forms).translate(readings)


def _traditional(records: Iterable[Record]) -> Table:
    """Return simplified characters with their traditional forms; none for a traditional set.

    Such pages were simplified ones, converted character by character, and then annotated.
    """
    counts = _characters(records)
    forms = {char: _converted("s2t", char) for char in counts}
    simplified = sum(counts[char] for char, form in forms.items() if form != char)
    traditional = sum(counts[char] for char in counts if _converted("t2s", char) != char)
    return str.maketrans(forms if simplified > traditional else {})


def _annotated(records: Sequence[Record]) -> list[str]:
    """Return the traditional characters that have a simplified form, commonest first."""
    forms, counts = _traditional(records), Counter[str]()
    for char, count in _characters(records).items():
        counts[char.translate(forms)] += count
    in_order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [char for char, _ in in_order if _converted("t2s", char) != char]


def _drawn(records: Sequence[Record], seed: int) -> list[tuple[str, str]]:
    """Return a table of annotated characters and their readings, in the order of a page's."""
    common = _annotated(records)[:COMMON]
    drawn = random.Random(seed).sample(common, min(ANNOTATED, len(common)))
    return [(char, _pinyin(char, tones=True)) for char in drawn]


def _characters(records: Iterable[Record]) -> Counter[str]:
    """Return how often each Han character stands in *records*."""
    return Counter(char for record in records for char in _whole(record) if "一" <= char <= "鿿")


def _whole(record: Record) -> str:
    return "".join(record.get(name, "") for name in _TEXT)


def _is_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _pinyin(char: str, *, tones: bool) -> str:
    """Return the commonest reading of a character."""
    # Imported here: it loads its tables.
    from pypinyin import Style, pinyin

    [[reading]] = pinyin(char, style=Style.TONE if tones else Style.NORMAL)
    return str(reading)


# ---------------------------------------------------------------- queries


@cache
def _converter(name: str) -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC(name).convert
    return convert


@cache
def _converted(name: str, char: str) -> str:
    return _converter(name)(char)


def scripts(folder: Path, out: Path, _seed: int) -> None:
    """Write the set with its queries converted in every way that changes any of them."""
    _copy(folder, out, "corpus.jsonl.gz")
    queries = list(read_records(folder / f"{NATIVE}.jsonl"))
    for name in CONVERSIONS:
        convert = _converter(name)
        converted = [{**query, "text": convert(query["text"])} for query in queries]
        if converted != queries:
            _write(out / f"{NATIVE}.{name}.jsonl", converted)


# ---------------------------------------------------------------- files


def _of_documents(kind: Callable[[Sequence[Record], int], Change]) -> Callable[..., None]:
    """Return what writes a set with its documents changed."""

    def write(folder: Path, out: Path, seed: int) -> None:
        records = list(read_records(folder / "corpus.jsonl.gz"))
        change = kind(records, seed)
        _copy(folder, out)
        _write(out / "corpus.jsonl.gz", (_changed(record, change) for record in records))

    return write


def _changed(record: Record, change: Change) -> Record:
    return {**record, **{name: change(record[name]) for name in _TEXT if name in record}}


def _copy(folder: Path, out: Path, *names: str) -> None:
    """Copy the queries as they were asked, the judgments, and the files *names*."""
    out.mkdir(parents=True)
    for name in (f"{NATIVE}.jsonl", "qrels.tsv", *names):
        shutil.copyfile(folder / name, out / name)


def _write(path: Path, records: Iterable[Record]) -> None:
    with path.open("wb") as file:
        for chunk in _packed(path, records):
            file.write(chunk)


def _packed(path: Path, records: Iterable[Record]) -> Iterator[bytes]:
    """Yield the lines of *records*, packed where the name says so, without a date."""
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if path.suffix == ".gz":
        yield gzip.compress("".join(lines).encode("utf-8"), mtime=0)
    else:
        yield from (line.encode("utf-8") for line in lines)


KINDS: Mapping[str, Callable[[Path, Path, int], None]] = {
    "toneless": _of_documents(toneless),
    "toned": _of_documents(toned),
    "damaged": _of_documents(damaged),
    "blanks": _of_documents(blanks),
    "wide": _of_documents(wide),
    "scripts": scripts,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__)
    add = parser.add_argument
    add("sets", nargs="+", type=Path, metavar="DIR", help="a folder with a judged set")
    add("--out", type=Path, required=True, metavar="FOLDER", help="must not hold them yet")
    add("--kinds", nargs="+", choices=tuple(KINDS), default=list(KINDS), help="only these")
    add("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
