"""Forking: locks that no forked child finds locked.

A child has but the thread that forked.  A lock that another thread held at that moment would stay
locked there for ever, so every lock that a search can meet is made here.  One that is held over a
fork by the very thread that forks is free in the child too: nothing of ours forks that way.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakMethod

_made: WeakKeyDictionary[Any, WeakMethod[Callable[[], object]] | None] = WeakKeyDictionary()
"""The locks there are, and what mends that which they guard."""


def lock(mend: Callable[[], object] | None = None) -> threading.Lock:
    """Return a lock, which is free in a forked child.

    If another thread held it there, what it guards may be half changed: then the child calls
    *mend*, a method of the object that has the lock, before it does anything else.
    """
    made = threading.Lock()
    _made[made] = None if mend is None else WeakMethod(mend)
    return made


def reentrant_lock() -> threading.RLock:
    """Return a lock that its holder may take again, which is free in a forked child."""
    made = threading.RLock()
    _made[made] = None
    return made


def _free_all() -> None:
    made = tuple(_made.items())
    torn = [mend() for each, mend in made if mend is not None and each.locked()]
    for each, _ in made:
        each._at_fork_reinit()
    for repair in torn:
        if repair is not None:
            repair()


os.register_at_fork(after_in_child=_free_all)
