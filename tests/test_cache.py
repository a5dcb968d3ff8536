"""The cache keeps to its budget, and what is used stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

import pytest

from searcher.engines.whoosh_.reading.cache import Cache


@dataclass(eq=False)
class Item:
    """Something to keep."""

    size: int
    used: bool = False

    def bytes(self) -> int:
        return self.size


def test_what_was_not_used_for_long_goes_first() -> None:
    cache: Cache[Item] = Cache(30)
    for key in "abc":
        cache.put(key, Item(10))
    assert cache.get("a")
    cache.put("d", Item(10))
    assert [key for key in "abcd" if cache.find(key)] == ["a", "c", "d"]
    cache.put("e", Item(10))
    assert [key for key in "abcde" if cache.find(key)] == ["a", "d", "e"]


def test_what_is_kept_costs_what_it_has_grown_to() -> None:
    cache: Cache[Item] = Cache(30)
    items = {key: cache.put(key, Item(10)) for key in "abc"}
    items["b"].size = 18
    cache.settle("b", items["b"])
    assert [key for key in "abc" if cache.find(key)] == ["b", "c"]
    assert cache.size == 28


def test_what_is_larger_than_the_budget_drives_nothing_out() -> None:
    cache: Cache[Item] = Cache(30)
    small = cache.put("a", Item(10))
    large = cache.put("b", Item(31))
    assert (cache.get("a"), cache.get("b"), cache.size) == (small, None, 10)
    cache.settle("b", large)
    assert (len(cache), cache.size) == (1, 10)
    small.size = 31
    cache.settle("a", small)
    assert (len(cache), cache.size) == (0, 0)


def test_of_two_for_one_key_the_first_is_kept() -> None:
    cache: Cache[Item] = Cache(30)
    first = cache.put("a", Item(10))
    assert cache.put("a", Item(10)) is first
    cache.settle("a", Item(20))
    assert cache.size == 10


def test_clearing_lets_go_of_everything() -> None:
    cache: Cache[Item] = Cache(30)
    cache.put("a", Item(10))
    cache.clear()
    assert (len(cache), cache.size, cache.get("a")) == (0, 0, None)


@pytest.mark.parametrize("seed", range(3))
def test_the_budget_holds_whatever_is_done(seed: int) -> None:
    random = Random(seed)
    cache: Cache[Item] = Cache(100)
    for _ in range(3000):
        key = random.randrange(40)
        item = cache.get(key) or cache.put(key, Item(random.randint(1, 30)))
        if random.random() < 0.3:
            item.size += random.randint(1, 50)
            cache.settle(key, item)
        assert cache.size <= 100
        kept = [found for key in range(40) if (found := cache.find(key))]
        assert (len(kept), sum(found.size for found in kept)) == (len(cache), cache.size)


def test_threads_may_share_it() -> None:
    cache: Cache[Item] = Cache(100)

    def work(seed: int) -> None:
        random = Random(seed)
        for _ in range(5000):
            key = random.randrange(60)
            item = cache.get(key) or cache.put(key, Item(random.randint(1, 20)))
            cache.settle(key, item)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    kept = [found for key in range(60) if (found := cache.find(key))]
    assert sum(found.size for found in kept) == cache.size <= 100
