"""Damage done to one file of an index, and everything that can be asked of the index then.

This runs in a child of the warm process, which may die of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import contains
from pathlib import Path
from typing import Any, NamedTuple

from corpus import documents
from states import document, phrase

import searcher
from searcher import Document
from searcher.cli import run as run_cli
from searcher.errors import (
    IndexCorruptError,
    IndexFormatError,
    IndexNotFoundError,
    NotAnIndexError,
    QueryError,
)
from searcher.generations import Home
from searcher.generations.manifest import sealed

QUERIES = (
    "驻村 产业",
    '"脱贫攻坚"',
    "“參與脫貧”",
    "县",
    "产业 OR 教育",
    "报告 AND 发展",
    "(驻村 OR 干部) -教育",
    "驻村*",
    "title:材料",
    'source:县报 "驻村干部"',
    "path:files/*",
    "script:hans 报告",
    "date:2002",
    "date:[2001 TO 2002-03] 报告",
    "batch:[1 TO 2]",
    '"驻村 产业"~8',
    "=產業",
    "Covid*",
    "2020年",
    "如何发展产业？",
    "全县人民报告没有的词语",
    phrase(1, 3, 1),
    phrase(2, 7, 2),
    "-",
)
"""One of every form, also of those that are errors."""

FACETS = ("script", "source", "year", "batch")

COMMANDS = (
    ["search", "驻村", "--json", "-n", "3"],
    ["show", "d0003"],
    ["status"],
    ["verify", "--quiet", "--samples", "3"],
)

GONE = ("d0001", "d0004", "huge")


def probed_home(home: Path, batch: int) -> Path:
    """Make a home whose published generation has every kind of file there is.

    Homes of different *batch* have files of the same names.
    """
    corpus = [dataclasses.replace(each, date="2002-03", path=f"files/{each.id}") for each in
              documents()[batch : 60 + batch]]  # fmt: skip
    huge = Document("huge", "".join(each.body for each in corpus)[:70_000], "一部大书")
    small = [document(batch, number, f"d{number:04}") for number in range(30)]
    searcher.build([*corpus, huge, *small], index=home)
    with searcher.open(home) as index:
        put = [document(batch + 1, number, f"e{number:04}") for number in range(2)]
        index.update(put, remove=GONE[:2] if batch % 2 else ("d0011", "d0012"))
    return home


# ---------------------------------------------------------------- what can be asked


Answers = Mapping[str, Any]
"""What was asked → the answer, or an error as ``(class, message)``."""


def asked(home: Path, index: searcher.Index | None = None, *, cli: bool = False) -> Answers:
    """Return the answers to everything, each question by itself."""
    answers: dict[str, Any] = {}
    _ask(answers, "status", lambda: _status(home))
    _ask(answers, "verify", lambda: _verify(home))
    if cli:
        for words in COMMANDS:
            _ask(answers, " ".join(["searcher", *words]), partial(_run, home, words))
    try:
        with contextlib.nullcontext(index) if index else searcher.open(home) as opened:
            for query in QUERIES:
                _ask(answers, query, partial(_page, opened, query))
            _ask(answers, "facets", lambda: opened.search("报告", facets=FACETS).facets)
            _ask(answers, "explain", lambda: opened.explain("d0003", '"驻村干部" 产业'))
            _ask(answers, "sorted", lambda: _sorted(opened))
            _ask(answers, "count", lambda: len(opened))
            _ask(answers, "ids", opened.ids)
            for name in ("huge", "d0003", "e0001", "000", *GONE):
                _ask(answers, f"get {name}", partial(_got, opened, name))
                _ask(answers, f"has {name}", partial(contains, opened, name))
    except Exception as error:  # noqa: BLE001 - the judge looks at it
        answers["open"] = _error(error)
    return answers


def _ask(answers: dict[str, Any], name: str, question: Callable[[], Any]) -> None:
    try:
        answers[name] = question()
    except Exception as error:  # noqa: BLE001 - the judge looks at it
        answers[name] = _error(error)


class Failed(NamedTuple):
    """An error in the place of an answer."""

    kind: type[Exception]
    message: str


def _error(error: Exception) -> Failed:
    return Failed(type(error), str(error))


def _page(index: searcher.Index, query: str) -> Any:
    page = index.search(query, limit=7)
    return {**page.to_dict(), "took_ms": 0}


def _sorted(index: searcher.Index) -> list[list[str]]:
    return [
        [hit.id for hit in index.search("报告", limit=50, sort=sort, snippets=0).hits]
        for sort in ("date", "path")
    ]


def _got(index: searcher.Index, name: str) -> Any:
    found = index.get(name)
    return None if found is None else dataclasses.asdict(found)


def _status(home: Path) -> Any:
    found = Home(home).generations()
    hurt = next((each for each in found if each.current and each.damage), None)
    if hurt is not None:
        raise IndexCorruptError(hurt.damage)
    return [each for each in found if each.current]


def _verify(home: Path) -> bool:
    return searcher.verify(home, samples=3).passed


def _run(home: Path, words: Sequence[str]) -> Any:
    out, said = io.StringIO(), io.StringIO()
    argv, sys.argv = sys.argv, ["searcher", *words, "--index", str(home)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            run_cli()
    except SystemExit as left:
        code = left.code
    finally:
        sys.argv = argv
    if code == 2:
        assert len(said.getvalue().splitlines()) == 1, said.getvalue()
        raise IndexCorruptError(said.getvalue())
    if "  damaged    " in out.getvalue():
        raise IndexCorruptError(out.getvalue())
    return code, re.sub('"took_ms":[0-9.]+', "", out.getvalue())


# ---------------------------------------------------------------- damage


class Damage(NamedTuple):
    """What is done to the file ``name``, below the home: ``how`` with a number.

    ``flip`` bit number so and so, ``cut`` to so many bytes, ``zero`` from there on, ``gone``,
    ``swap`` for the file of the other home.  ``open``: an index is opened before, and asked
    after.  ``forged``: the manifest says the size that the file has then.
    """

    name: str
    how: str
    at: int = 0
    open: bool = False
    forged: bool = False


# ---------------------------------------------------------------- the judge

NAMED = (IndexCorruptError, IndexFormatError, IndexNotFoundError, NotAnIndexError)
LEADING = ("CURRENT", "manifest.json", "segments.json", "GENERATION")
"""Files that name others: damage to them may show as a fault of what they name."""


def judged(
    home: Path, hurt: Path, damage: Damage, right: Answers, found: Answers
) -> Iterator[str]:
    """Yield what is wrong with the answers of an index whose file *hurt* is damaged."""
    where = str(home) if hurt.name in LEADING or damage.forged else str(hurt)
    for name, answer in found.items():
        if answer == right.get(name, ...):
            continue
        if (
            "status" in name
            and (damage.forged or hurt.name in LEADING)
            and not isinstance(answer, Failed)
        ):
            continue  # what a manifest says of itself: see `told_by_status`
        if "status" in name and f"not known: {where}" in str(answer):
            continue  # it says so, and tells the rest
        if not isinstance(answer, Failed):
            yield f"{name!r}: a wrong answer: {_short(answer)} for {_short(right.get(name))}"
        elif not issubclass(answer.kind, NAMED):
            yield f"{name!r}: {answer.kind.__name__}: {answer.message}"
        elif where not in answer.message:
            yield f"{name!r}: does not name the file: {answer.message}"


def _short(answer: Any) -> str:
    return str(answer)[:200]


def damaged_bytes(content: bytes, damage: Damage, other: bytes) -> bytes:
    """Return what is left of a file."""
    if damage.how == "flip":
        changed = bytearray(content)
        changed[damage.at >> 3] ^= 1 << (damage.at & 7)
        return bytes(changed)
    if damage.how == "cut":
        return content[: damage.at]
    if damage.how == "zero":
        return content[: damage.at] + bytes(len(content) - damage.at)
    return other


def probe(home: str, others: str, damages: Sequence[Sequence[Any]]) -> list[str]:
    """Do each damage to *home* in turn, ask, and make it good again; return what was wrong."""
    place, other = Path(home), Path(others)
    right = asked(place, cli=True)
    wrong = []
    for each in damages:
        damage = Damage(*each)
        hurt = place / damage.name
        twin = _twin(other, damage.name)
        manifest = hurt.parent / "manifest.json"
        kept = {path: path.read_bytes() for path in {hurt, manifest} if path.exists()}
        opened = searcher.open(place) if damage.open else None
        try:
            _hurt(hurt, damage, twin.read_bytes() if twin.exists() else b"")
            found = asked(place, opened, cli=not damage.open)
            wrong += [f"{damage}: {what}" for what in judged(place, hurt, damage, right, found)]
            if damage.name.startswith("gen-") and hurt.name in _listed(kept[manifest]):
                wrong += _unnoticed(damage, kept[hurt], hurt, found)
        finally:
            if opened is not None:
                opened.close()
            for path, content in kept.items():
                _put(path, content)
        if len(wrong) > 200:
            break
    return wrong


def told_by_status(home: str, damages: Sequence[Sequence[Any]]) -> list[str]:
    """Return the damages of which ``searcher status`` says nothing, or something wrong."""
    place = Path(home)
    right = _run(place, ["status"])
    silent = []
    for each in damages:
        damage = Damage(*each)
        hurt = place / damage.name
        kept = hurt.read_bytes()
        _hurt(hurt, damage, b"")
        answers: dict[str, Any] = {}
        _ask(answers, "status", lambda: _run(place, ["status"]))
        found = answers["status"]
        if not isinstance(found, Failed) and found != right:
            silent.append(f"{damage}: {found}")
        _put(hurt, kept)
    return silent


def _unnoticed(damage: Damage, before: bytes, hurt: Path, found: Answers) -> Iterator[str]:
    same = hurt.exists() and hurt.read_bytes() == before
    if not same and not isinstance(found.get("verify"), Failed):
        yield f"{damage}: verify found nothing"


def _listed(manifest: bytes) -> Mapping[str, Any]:
    files: Mapping[str, Any] = json.loads(manifest)["files"]
    return files


def _twin(other: Path, name: str) -> Path:
    folder, _, base = name.rpartition("/")
    if not folder:
        return other / base
    return other / f"gen-{Home(other).current_id()}" / base


def _hurt(path: Path, damage: Damage, other: bytes) -> None:
    if damage.how == "gone":
        path.unlink()
        return
    content = damaged_bytes(path.read_bytes(), damage, other)
    if damage.open:
        with path.open("r+b") as file:  # in place: the open index has it mapped
            file.write(content)
    else:
        _put(path, content)
    if damage.forged:
        manifest = path.parent / "manifest.json"
        record = json.loads(manifest.read_bytes())
        record["files"][path.name] |= {"size": len(content), "crc32": zlib.crc32(content)}
        _put(manifest, sealed(json.dumps(record).encode()))


def _put(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".fresh")
    fresh.write_bytes(content)
    fresh.replace(path)


def copy_probed(home: Path, target: Path) -> Path:
    """Copy a home made by `probed_home`."""
    return shutil.copytree(home, target)


def ask_unnamed(home: str, update: bool = False) -> list[str]:
    """Ask everything, change something if told so, and return the errors that are none of ours."""
    answers = dict(asked(Path(home), cli=True))
    if update:
        _ask(answers, "update", lambda: _update(Path(home)))
    return list(unnamed(answers))


def _update(home: Path) -> None:
    with searcher.open(home) as index:
        index.update([document(7, 7)])


def unnamed(answers: Answers) -> Iterator[str]:
    """Yield the errors that are none of ours."""
    for name, answer in answers.items():
        if isinstance(answer, Failed) and not issubclass(answer.kind, (*NAMED, QueryError)):
            yield f"{name!r}: {answer.kind.__name__}: {answer.message}"
