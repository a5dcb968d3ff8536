"""Readers that never pause while an index is rebuilt, and what they check of every page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import searcher
from searcher import Document

SIZES = (7, 11, 13, 17)
"""Generation *n* has ``SIZES[n % 4]`` documents, all of them stamped with *n*."""

TURNS = 40
"""Questions that each process asks of an index it shares with others."""


def stamp(number: int) -> str:
    """Return what stands in every document of generation *number*, and in no other's."""
    return "印" + "".join("东西南北春夏秋冬山水"[int(digit)] for digit in f"{number:05}")


def stamped(number: int) -> list[Document]:
    """Return the documents of generation *number*."""
    mark = stamp(number)
    return [
        Document(f"d{at:02}", f"驻村干部的第{at}份报告。{mark}。产业发展{mark}", f"报告{mark}",
                 source=mark, extra={"generation": number})
        for at in range(SIZES[number % len(SIZES)])
    ]  # fmt: skip


def assert_of_one_generation(index: searcher.Index, turn: int) -> int:
    """Ask a question and assert that the page is wholly of one generation; return its number."""
    query = ("驻村干部", '"产业发展"', "报告 OR 产业", "title:报告")[turn % 4]
    page = index.search(query, limit=20)
    numbers = {hit.extra["generation"] for hit in page.hits}
    assert len(numbers) == 1, f"{query}: of generations {numbers}"
    (number,) = numbers
    assert isinstance(number, int)
    mark = stamp(number)
    size = SIZES[number % len(SIZES)]
    assert page.total == len(page.hits) == size, f"{query}: {page.total} of {size}"
    assert sorted(hit.id for hit in page.hits) == [f"d{at:02}" for at in range(size)]
    for hit in page.hits:
        assert hit.title == f"报告{mark}"
        assert hit.source == mark
        text = "".join(snippet.text for snippet in hit.snippets)
        assert text.count("印") == text.count(mark) > 0, text
    return number


def read_on(home: str, stop: str, how: str) -> dict[str, Any]:
    """Query until the file *stop* appears; *how* says how news is seen.

    ``refresh``: one index that is refreshed; ``follow``: one that follows by itself; ``open``:
    opened anew for each question; ``still``: never anything but the first.
    """
    answers, seen = 0, []
    began = time.monotonic()
    longest = 0.0
    for index in _indexes(home, how):
        asked = time.monotonic()
        if how == "refresh":
            index.refresh()
        number = assert_of_one_generation(index, answers)
        longest = max(longest, time.monotonic() - asked)
        answers += 1
        if number not in seen:
            seen.append(number)
        if os.path.exists(stop):  # noqa: PTH110 - asked thousands of times
            break
    assert seen == sorted(seen), f"went back: {seen}"
    return {"answers": answers, "seen": seen, "longest": longest,
            "seconds": time.monotonic() - began}  # fmt: skip


def _indexes(home: str, how: str) -> Iterator[searcher.Index]:
    if how == "open":
        while True:
            with searcher.open(home) as index:
                yield index
    options: dict[str, Any] = {"follow": True} if how == "follow" else {}
    with searcher.open(home, **options) as index:
        while True:
            yield index


def rebuild_often(home: str, stop: str, times: int, pause: float) -> list[int]:
    """Publish *times* generations, by builds and updates in turn, then make the file *stop*."""
    try:
        for number in range(1, times + 1):
            if number % 2:
                searcher.build(stamped(number), index=home)
            else:
                with searcher.open(home) as index:
                    put = stamped(number)
                    gone = set(index.ids()) - {each.id for each in put}
                    index.update(put, remove=gone)
            time.sleep(pause)
    finally:
        Path(stop).touch()
    return [times]


def read_in_children(home: str, stop: str) -> list[int]:
    """Open an index, fork four children that use it, and return how many answers each had."""
    with searcher.open(home) as index:
        assert_of_one_generation(index, 0)
        searcher.build(stamped(1), index=home)  # the children go on with what was opened
        children = []
        for _ in range(4):
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    done = _asked_in_child(index)
                    os.write(writing, f"{done}".encode())
                except BaseException as error:  # noqa: BLE001 - the parent reports it
                    os.write(writing, f"{type(error).__name__}: {error}".encode())
                finally:
                    os._exit(0)
            os.close(writing)
            children.append((pid, reading))
        for turn in range(TURNS):
            assert assert_of_one_generation(index, turn) == 0
        found = [os.read(reading, 10_000).decode() for _, reading in children]
        for pid, reading in children:
            os.waitpid(pid, 0)
            os.close(reading)
    assert all(each.isdigit() for each in found), found
    return list(map(int, found))


def _asked_in_child(index: searcher.Index) -> int:
    for turn in range(TURNS):
        assert assert_of_one_generation(index, turn) == 0
    assert index.refresh()
    for turn in range(TURNS):
        assert assert_of_one_generation(index, turn) == 1
    index.close()
    return 2 * TURNS
