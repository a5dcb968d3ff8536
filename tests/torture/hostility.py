"""Queries and documents that nobody means well with, made from a seed."""

from __future__ import annotations

import math
import random as randomness
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import searcher
from searcher import Document
from searcher.errors import SearcherError
from searcher.generations import Home

GOLDEN = Path(__file__).parents[1] / "golden"

FRAGMENTS = (
    *'"“”「」『』＂()（）|｜+＋-－:：~～=*?？＊[]{}^\\/<>&;,，。！…',
    *("AND", "OR", "NOT", "ＡＮＤ", "ＯＲ", "ＮＯＴ", "TO", "and", "or"),
    *("title:", "ｔｉｔｌｅ：", "source:", "author:", "path:", "script:", "date:", "extra:", "x:"),
    *("date:[2019 TO 2020-06]", "date:{2019 TO *]", "[* TO *]", "date:2019-13-45", "n:[1 TO 2]"),
    *('"驻村 产业"~3', "~99999999999999999999", "驻村*", "*", "?", "a*b?c*", "=後", "=", "(((("),
    *(
        "脱贫攻坚",
        "驻村",
        "產業",
        "的",
        "了",
        "什么",
        "为什么",
        "县",
        "2020年",
        "1,540",
        "3.14",
        "c++",
    ),
    *(
        "Ａｂｃ",
        "e\u0301",
        "㎏",
        "①",
        "½",
        "👍🏽",
        "𠮷",
        "\uf90a",
        "ﷺ",
        "İ",
        "ß",
        "ﬃ",
        "〇",
        "ㄅㄆ",
    ),
    *("\ud800", "\udfff", "\udc80", "\0", "\x1b[2J", "\u202e", "\u2066", "\u200b", "\ufeff"),
    *("\u0300" * 20, "\n", "\r\n", "\t", "\u3000", " ", "  ", "\x85", "\u2028", "\x7f", "\x1c"),
    *("9" * 400, "-" * 50, "1e999999", "0x7fffffff", "NaN", "inf", "-0", "²", "٣", "１２３"),
    *("http://a.b/c?d=e", "../../etc/passwd", "%s%n", "{0}", "${x}", "'; DROP TABLE", "<script>"),
    *("參與(yu)", "級(jí)書記", "&nbsp;", "<br>", "[4]"),
)
SINGLE = (
    "脱",
    "a",
    "9",
    "(",
    ")",
    '"',
    "-",
    "*",
    "=",
    "[",
    "~",
    "\ud800",
    "\u0301",
    "，",
    "\u202e",
    " ",
)


def golden_lines() -> list[str]:
    """Return the queries of the golden files."""
    return [
        line.partition("\t")[0]
        for path in sorted(GOLDEN.glob("query-*.tsv"))
        for line in path.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]


# ---------------------------------------------------------------- queries


def _fragments(random: Random) -> str:
    joint = random.choice(["", "", " ", " ", "\u3000"])
    return joint.join(random.choice(FRAGMENTS) for _ in range(random.randint(1, 30)))


def _run(random: Random) -> str:
    size = random.choice([100, 1000, 9_999, 10_000, 10_001, 40_000])
    return "".join(random.choice(SINGLE) * random.choice([1, size]) for _ in range(3))[:size]


def _mixed_run(random: Random) -> str:
    pool = random.sample(FRAGMENTS, 4)
    return "".join(random.choices(pool, k=5000))[: random.choice([2000, 9_990, 10_000])]


def _nested(random: Random) -> str:
    depth = random.choice([2, 31, 32, 33, 64, 500, 4000])
    opening, closing = random.choice([("(", ")"), ("（", "）"), ("-(", ")"), ("NOT (", ")"),
                                      ("title:(", ")"), ('"', '"'), ("(甲 OR ", ")")])  # fmt: skip
    return opening * depth + "驻村" + closing * random.choice([depth, depth - 1, 0])


def _clauses(random: Random) -> str:
    joint = random.choice([" ", " OR ", " AND ", " -", "|", " NOT ", ' "'])
    return joint.join(random.choice(FRAGMENTS) for _ in range(random.choice([63, 64, 65, 500])))


def _mutated(random: Random) -> str:
    line = list(random.choice(_GOLDEN))
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(line) + 1)
        change = random.randrange(4)
        if change == 0:
            line[at:at] = random.choice(FRAGMENTS)
        elif change == 1:
            del line[at : at + random.randint(1, 3)]
        elif change == 2:
            line[at:at] = line[: random.randint(0, 8)]
        else:
            line[at : at + 1] = chr(
                random.choice([random.randrange(0x110000), random.randrange(0x3000)])
            )
    return "".join(line)


def _any(random: Random) -> str:
    return "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(1, 40)))


def _wide(random: Random) -> str:
    line = random.choice(_GOLDEN)
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in line)


_GOLDEN = golden_lines()
_KINDS: tuple[Callable[[Random], str], ...] = (
    _fragments, _fragments, _fragments, _mutated, _mutated, _mutated, _any, _wide, _clauses,
    _nested, _run, _mixed_run,
)  # fmt: skip


def query(random: Random) -> str:
    """Return one hostile query."""
    return random.choice(_KINDS)(random)


def options(random: Random) -> dict[str, Any]:
    """Return options of a search, a plain search half of the time."""
    if random.random() < 0.5:
        return {}
    return {
        "limit": random.choice([0, 1, 10, 1000, 10**12]),
        "offset": random.choice([0, 0, 5, 10**12]),
        "match": random.choice(["auto", "all", "any"]),
        "sort": random.choice(["score", "date", "path"]),
        "snippets": random.choice([0, 1, 3, 50]),
        "snippet_chars": random.choice([1, 20, 120, 10**6]),
        "literal": random.random() < 0.3,
        "reverse": random.random() < 0.3,
        "collapse": random.random() < 0.3,
        "region": random.choice(["all", "none", "tw", "hk"]),
        "facets": random.choice([(), ("script", "year"), ("n", "标签", "\ud800", "title")]),
    }


def ask_hostile(home: str, seed: str, count: int) -> dict[str, Any]:
    """Ask *count* queries; return what was wrong and the CPU seconds of the longest."""
    random = randomness.Random(seed)
    wrong: list[str] = []
    slowest = (0.0, "")
    with searcher.open(home) as index:
        index.search("驻村 产业")
        before = peak()
        for number in range(count):
            line, how = query(random), options(random)
            began = time.process_time()
            problem = _problem(index, line, how)
            slowest = max(slowest, (time.process_time() - began, f"{line[:60]!r} {how}"))
            if problem:
                wrong.append(f"query {number} of seed {seed}: {line[:100]!r} {how}: {problem}")
        assert index.search("驻村 产业").total > 0
    return {"wrong": wrong[:20], "slowest": slowest, "grown": peak() - before}


def _problem(index: searcher.Index, line: str, how: dict[str, Any]) -> str | None:
    try:
        page = index.search(line, **how)
        assert len(page.hits) <= page.total <= len(index)
        for hit in page.hits:
            for each in hit.snippets:
                assert len(each.text) == each.end - each.start
                assert all(each.start <= a < b <= each.end for a, b in each.highlights)
    except SearcherError as error:
        position = getattr(error, "position", None)
        if position is not None and not 0 <= position <= len(line):
            return f"position {position}"
        return None if str(error) and "\n" not in str(error) else f"message {str(error)!r}"
    except Exception as error:  # noqa: BLE001 - the test judges it
        return f"{type(error).__name__}: {error}"
    return None


def peak() -> int:
    """Return the most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


# ---------------------------------------------------------------- documents

_MEGA = 10_000_000

GIANTS: dict[str, Callable[[], str]] = {
    "one line of Han": lambda: "驻村干部参与脱贫攻坚" * (_MEGA // 30),
    "one Latin word": lambda: "a" * _MEGA,
    "Latin words": lambda: "abcdefghi " * (_MEGA // 10),
    "brackets": lambda: "(" * (_MEGA // 2) + ")" * (_MEGA // 2),
    "pinyin-like noise": lambda: "參與(yu)級(jí)書記(ji) " * (_MEGA // 33),
    "pinyin-like noise without end": lambda: "參(" * (_MEGA // 4),
    "damaged pinyin": lambda: "日?qǐng)?bào)_" * (_MEGA // 20),
    "deep HTML": lambda: "<div>" * (_MEGA // 10) + "</div>" * (_MEGA // 12),
    "entities": lambda: "&nbsp;&amp;&#x4e00;" * (_MEGA // 19),
    "a huge number": lambda: "9" * _MEGA,
    "a number with commas": lambda: "1,234" + ",567" * (_MEGA // 4),
    "numbers with points": lambda: "1.2" * (_MEGA // 3),
    "combining marks": lambda: "e" + "\u0301" * (_MEGA // 2),
    "a hundred thousand sentence ends": lambda: "脱贫。" * 100_000,
    "newlines": lambda: "\n" * _MEGA,
    "invisibles": lambda: "脱\u200b\u200d\ufeff" * (_MEGA // 12),
    "bidi, surrogates and NUL": lambda: "\u202e脱\u2066贫\u2069\ud800\0" * (_MEGA // 19),
    "emoji": lambda: "👍🏽" * (_MEGA // 8),
    "every character": lambda: "".join(map(chr, range(0x110000))) * 2,
    "compatibility characters": lambda: "㎏㈱㍿ﷺ" * (_MEGA // 12),
    "footnotes": lambda: "脱贫[4]" * (_MEGA // 9),
}
"""Documents of about ten megabytes."""

WORST = frozenset(
    {
        "one line of Han",
        "one Latin word",
        "brackets",
        "pinyin-like noise",
        "deep HTML",
        "a huge number",
        "combining marks",
        "a hundred thousand sentence ends",
    }
)
"""Those that are tried in every run; the others are as time permits."""

_WORDS = ("驻村干部", "脱贫攻坚", "", *FRAGMENTS)


def _text(random: Random) -> str:
    pieces = [
        random.choice(_WORDS) * random.choice([1, 1, 1, 2, 50])
        for _ in range(random.randint(0, 40))
    ]
    return "".join(pieces)


_ODD: tuple[Any, ...] = (
    None, 2**63 - 1, -(2**63), 2**63, 10**400, 1e308, math.inf, math.nan, -0.0, True, b"bytes",
    [], ["a", 1], ["\ud800", ""], {"a": {}}, object, "\0", "9" * 10_000, (1, 2), {1}, 1j,
)  # fmt: skip


def hostile_document(random: Random, number: int) -> Document:
    """Return a small document with something odd in any of its fields, also in its types."""
    values: dict[str, Any] = {
        "id": f"h{number}",
        "body": _text(random),
        "title": _text(random)[:200],
        "date": random.choice(
            [None, "", "2020-05", "２０２０年5月", "9999-99-99", "0000", "\ud800", _text(random)]
        ),
        "source": _text(random)[:50],
        "author": _text(random)[:50],
        "path": random.choice(["", "../../x", "a/\0b", "\udcff/x", _text(random)[:80]]),
        "extra": {
            random.choice(
                ["n", "标签", "", "\ud800", "title", "a b", "x" * 5000, "\0", "date"]
            ): random.choice(_ODD)
            for _ in range(random.randint(0, 3))
        },
    }
    if random.random() < 0.2:
        values[random.choice(list(values))] = random.choice(_ODD)
    if random.random() < 0.1:
        values["id"] = random.choice(
            ["", "\ud800", "\0", "x" * 100_000, f"h{number - 1}", "../../x", "\n"]
        )
    return Document(**values)


def index_hostile(home: str, seed: str, count: int) -> dict[str, Any]:
    """Build of one half of *count* documents, update with the other; return what was wrong."""
    random = randomness.Random(seed)
    made = [hostile_document(random, number) for number in range(count)]
    before = peak()
    began = time.monotonic()
    wrong = []
    half = count // 2
    report = searcher.build(made[:half], index=home)
    failures = list(report.failures)
    with searcher.open(home) as index:
        failures += index.update(made[half:]).failures
        kept = len(index)
        wrong += [f"{each.where!r}: {each.reason!r}" for each in failures if "\n" in each.reason]
        for name in index.ids():
            found = index.get(name)
            if found is None or found.id != name:
                wrong.append(f"{name!r} is listed and not there")
        for _ in range(50):
            problem = _problem(index, query(random), {})
            if problem:
                wrong.append(problem)
        wanted = {each.id for each in made if isinstance(each.id, str)}
    wrong += _verified(home)
    if kept + len(failures) < len(wanted):
        wrong.append(f"{len(wanted)} documents, {kept} kept and {len(failures)} refused")
    return {"wrong": wrong[:20], "seconds": time.monotonic() - began, "kept": kept,
            "failures": len(failures), "grown": peak() - before}  # fmt: skip


def _verified(home: str) -> Iterator[str]:
    from searcher.generations import verify_files

    try:
        with Home(home).current() as generation:
            verify_files(generation)
    except SearcherError as error:
        yield str(error)


def index_giant(home: str, name: str, jobs: int = 1) -> dict[str, Any]:
    """Build of one giant and some others, search it, show it; return CPU seconds and memory."""
    giant = Document("giant", GIANTS[name](), GIANTS[name]()[:1000])
    others = [Document(f"d{number}", f"驻村干部第{number}号") for number in range(3)]
    before = peak()
    began = time.process_time()
    report = searcher.build([*others, giant], index=home, jobs=jobs, max_size=1 << 30)
    built = time.process_time() - began
    grown = peak() - before
    slowest = (0.0, "")
    with searcher.open(home) as index:
        kept = index.get("giant")
        for line in (
            "脱贫",
            '"脱贫攻坚"',
            "驻村 干部",
            "a",
            "9999",
            "yu",
            "脱",
            "号 -脱",
            "title:脱",
        ):
            began = time.process_time()
            problem = _problem(index, line, {})
            slowest = max(slowest, (time.process_time() - began, line))
            assert problem is None, problem
        assert index.search("第1号").total >= 1
    if kept is not None:
        assert len(kept.body) == len(giant.body)
    return {"failures": [each.reason for each in report.failures], "kept": kept is not None,
            "seconds": built, "slowest": slowest, "grown": grown}  # fmt: skip
