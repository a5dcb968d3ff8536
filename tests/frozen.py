"""Frozen indexes: small ones of each format there was, in ``tests/compat``, and what they answer.

Run this once for each new engine schema; what is there already is never made again::

    python tests/frozen.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import searcher
from searcher import Document
from searcher.engines import ENGINES
from searcher.generations import Home
from searcher.snapshot import engine_of

COMPAT = Path(__file__).parent / "compat"

FIRST = (
    Document(
        "hans", "驻村工作队参与脱贫攻坚。全市干部下乡，2017年10月开始。", "驻村日记", "2017-10",
        "湖南日报", "肖帅", "news/hans.txt", {"pages": 12, "tags": ["三农", "扶贫"]},
    ),
    Document(
        "hant", "裏面的軟體與資訊：臺灣的隨身碟，２０２１年。\n    第二段，ＧＯ常用命令。",
        date="2021", extra={"pages": 3.5, "draft": True},
    ),
    Document(
        "noisy", "參與(yu) 脫貧攻堅(jian) 的廣(guang) 大幹部，實(shi) 現了(le) 目標(biao) 。",
        "參與(yu) 脫貧", "2021-02-25",
    ),
    Document("marked", "<b>加粗</b>&nbsp;的<br>文字，[4]脚注 A&amp;B。", extra={"tags": ["三农"]}),
    Document("gone", "这一篇后来删除了。"),
    Document("empty", "", "", "2020-01-01"),
)  # fmt: skip
SEEDS = Path(__file__).parent.parent / "seeds"
"""Their lines are documents too: what stored texts have in common is learned from many."""

SECOND = (
    Document("hans", "驻村工作队参与脱贫攻坚。改过的一篇。", "驻村日记", "2018", "湖南日报"),
    Document("new", "新增加的一篇：脱贫攻坚，𠮷野家，C++ 与 3.14。", "", None, "新华社"),
)

QUERIES = (
    "脱贫攻坚", "“參與脫貧”", "驻村 干部", "軟體", "加粗的文字", "go 命令", "𠮷", "c++", "3.14",
    "title:驻村", "source:新华社", "script:hant", "date:2021", "date:[2017 TO 2018]",
    "tags:三农", "pages:[3 TO 4]", "draft:true", "“驻村 攻坚”~8", "“驻村工作组”~1字", "=後",
    "删除", "path:seeds", "脱贫 -攻坚",
)  # fmt: skip
FACETS = ("script", "source", "year", "tags")


def lines() -> Iterator[Document]:
    """Yield a document for each longer line of the seeds, and one for each whole."""
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text("utf-8")
        yield Document(path.stem[:3], text, source=path.stem[:3], path=f"seeds/{path.name}")
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > 20:
                yield Document(f"{path.stem[:3]}#{number:03}", line, source=path.stem[:3])


def answers(home: Path) -> dict[str, Any]:
    """Return what the index at *home* answers, as far as a format can change it."""
    with searcher.open(home) as index:
        pages = {
            query: index.search(query, facets=FACETS, limit=5, snippets=1).to_dict()
            for query in QUERIES
        }
        documents = {name: repr(index.get(name)) for name in index.ids()}
    for page in pages.values():
        del page["took_ms"]
    with (
        Home(home).current() as generation,
        closing(engine_of(generation).open(generation.folder)) as reader,
    ):
        known = [[each.id, each.origin, each.digest.hex()] for each in reader.known()]
    return {"pages": pages, "known": known, "documents": documents}


def main() -> None:
    """Build the index and write down its answers."""
    name = f"schema-{ENGINES['whoosh'].schema_version}"
    home = COMPAT / name
    if home.exists():
        raise SystemExit(f"{home}: is there already, and is never made again")
    searcher.build([*FIRST, *lines()], index=home)
    with searcher.open(home) as index:
        index.update(SECOND, remove=["gone"])
    with Home(home).lock("make_compat") as writer:
        writer.clean(keep=1)  # the one from before the update
    (home / "LOCK").unlink()
    text = json.dumps(answers(home), ensure_ascii=False, indent=1)
    (COMPAT / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
