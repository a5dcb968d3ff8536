"""Forking: a child gets through whatever the other threads of its parent were in the middle of."""

from __future__ import annotations

import gc
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import searcher
from searcher import Document, forking
from searcher.engines.whoosh_.reading.cache import Cache
from searcher.properties import cached_property, forget
from searcher.text.words.base import once

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")

LIMIT = 20
"""Seconds after which a child hangs, and a thread too."""


def in_child(work: Callable[[], object]) -> int:
    """Return how a child ended that was forked now: 0 where *work* was done and true."""
    child = os.fork()
    if child == 0:  # pragma: no cover
        code = 2
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LIMIT)
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def meanwhile(work: Callable[[Callable[[], None]], object]) -> Iterator[None]:
    """Have a thread in the middle of *work*, where it calls the function that it is given."""
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(LIMIT)

    thread = threading.Thread(target=work, args=[wait])
    thread.start()
    try:
        assert inside.wait(LIMIT)
        yield
    finally:
        go_on.set()
        thread.join()


@contextmanager
def held(lock: Any) -> Iterator[None]:
    """Have another thread hold a lock."""

    def hold(wait: Callable[[], None]) -> None:
        with lock:
            wait()

    with meanwhile(hold):
        yield


def takes(lock: Any) -> bool:
    """Tell whether a lock is there to be taken, twice in a row, and given back."""
    for _ in range(2):
        if not lock.acquire(blocking=False):
            return False
        lock.release()
    return True


# ---------------------------------------------------------------- locks


@pytest.mark.parametrize("make", [forking.lock, forking.reentrant_lock])
def test_a_lock_is_free_in_a_child(make: Callable[[], Any]) -> None:
    lock = make()
    with held(lock):
        assert not takes(lock)
        assert in_child(lambda: takes(lock)) == 0
        assert in_child(lambda: in_child(lambda: takes(lock)) == 0) == 0
        assert not takes(lock)
    assert takes(lock)


def test_a_lock_that_is_reentrant_may_be_taken_again() -> None:
    lock = forking.reentrant_lock()
    with lock, lock:
        assert lock.acquire(blocking=False)
        lock.release()


class Guarded:
    """Something that a lock guards."""

    def __init__(self) -> None:
        self.mended = 0
        self.lock = forking.lock(self.mend)

    def mend(self) -> None:
        with self.lock:
            self.mended += 1


def test_what_a_lock_guards_is_mended_where_it_may_be_half_changed() -> None:
    guarded, other = Guarded(), Guarded()
    with held(guarded.lock):
        assert in_child(lambda: (guarded.mended, other.mended) == (1, 0)) == 0
    assert in_child(lambda: guarded.mended == 0) == 0
    assert guarded.mended == 0


def test_what_a_lock_guards_is_not_kept_by_it() -> None:
    before = len(forking._made)
    gc.disable()
    try:
        locks = [Guarded().lock]
        assert len(forking._made) == before + 1
        with held(locks[0]):
            assert in_child(lambda: takes(locks[0])) == 0
        locks.clear()
        assert len(forking._made) == before
    finally:
        gc.enable()


# ---------------------------------------------------------------- what threads share


class Item:
    """Something to keep, whose size takes a while to find out."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self.used = False
        self._wait = wait

    def bytes(self) -> int:
        self._wait()
        return 10


def test_a_cache_caught_half_changed_begins_anew() -> None:
    cache: Cache[Item] = Cache(20)
    plain = Item(lambda: None)
    cache.put("a", plain)

    def works() -> bool:
        anew = len(cache) == cache.size == 0
        for key in "bcd":
            cache.put(key, plain)
        return anew and len(cache) == 2

    with meanwhile(lambda wait: cache.put("b", Item(wait))):
        assert cache.find("b") is not None  # kept, and not yet counted
        assert in_child(works) == 0
    assert (len(cache), cache.size) == (2, 20)
    assert in_child(lambda: len(cache) == 2) == 0


def test_what_is_loaded_once_is_loaded_by_a_child_too() -> None:
    parent = os.getpid()
    loads: list[Callable[[], None]] = []

    def load() -> int:
        if os.getpid() == parent:
            loads[0]()
        return os.getpid()

    ready = once(load)

    def first(wait: Callable[[], None]) -> None:
        loads.append(wait)
        ready()

    with meanwhile(first):
        assert in_child(lambda: ready() == os.getpid()) == 0
    assert ready() == parent


LOCKS: dict[str, Callable[[Any], Any]] = {
    "index": lambda index: index._lock,
    "refresh": lambda index: index._moving,
    "update": lambda index: index._changing,
    "snapshot": lambda index: index._snapshot._lock,
    "documents at hand": lambda index: index._snapshot._at_hand._lock,
    "cache": lambda index: index._snapshot.reader._store._cache._lock,
}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_an_index_answers_in_a_child(tmp_path: Path, lock: Callable[[Any], Any]) -> None:
    searcher.build([Document("a", "参与脱贫攻坚。"), Document("b", "驻村")], index=tmp_path)

    def works() -> bool:
        before = index.search("脱贫", facets=["year"]).total, index.search("驻村").total
        index.update([Document("c", "全市驻村")])
        after = index.search("驻村").total
        index.close()
        return (*before, after) == (1, 1, 2)

    with searcher.open(tmp_path, follow=True) as index:
        index.search("攻坚")
        with held(lock(index)):
            assert in_child(works) == 0
        assert index.search("驻村").total == 2


# ---------------------------------------------------------------- properties


class Slow:
    """Something with a property that takes a while."""

    def __init__(self, wait: Callable[[], object]) -> None:
        self._wait = wait

    @cached_property
    def value(self) -> list[int]:
        """A number."""
        self._wait()
        return [1]


def test_a_property_is_computed_once() -> None:
    calls: list[int] = []
    slow = Slow(lambda: calls.append(1))
    assert slow.value is slow.value
    assert len(calls) == 1
    forget(slow)
    assert slow.value == [1]
    assert len(calls) == 2
    assert isinstance(Slow.value, cached_property)
    assert Slow.value.__doc__ == "A number."


def test_a_child_computes_a_property_that_a_thread_was_computing() -> None:
    parent = os.getpid()
    waits: list[Callable[[], None]] = []
    slow = Slow(lambda: waits[0]() if os.getpid() == parent else None)

    def first(wait: Callable[[], None]) -> None:
        waits.append(wait)
        assert slow.value

    with meanwhile(first):
        assert in_child(lambda: slow.value == [1]) == 0


def test_threads_do_not_wait_for_each_other_and_get_the_same() -> None:
    barrier = threading.Barrier(2)
    slow, other = (Slow(lambda: barrier.wait(LIMIT)) for _ in range(2))
    for pair in ((slow, other), (both := Slow(lambda: barrier.wait(LIMIT)), both)):
        with ThreadPoolExecutor(2) as threads:
            first, second = threads.map(lambda each: each.value, pair)
        assert first == second == [1]
    assert first is second


def test_nothing_of_ours_has_a_lock_that_a_child_could_find_locked() -> None:
    folder = Path(searcher.__file__).parent
    wrong = re.compile(r"\bR?Lock\(|\b(Condition|Semaphore)\(|functools.*\bcached_property")
    found = [
        f"{path.name}: {line.strip()}"
        for path in folder.rglob("*.py")
        if path not in (folder / "forking.py", folder / "properties.py")
        for line in path.read_text("utf-8").splitlines()
        if wrong.search(line)
    ]
    assert found == []
