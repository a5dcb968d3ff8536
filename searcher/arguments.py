"""Arguments of the Python API that are easily given wrong, checked in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any

MAX_SIZE = 64 * 1024 * 1024
"""Bytes of one document that is read, unless the user says otherwise."""

MEMORY = 512 << 20
"""Bytes a build may use to turn documents into an index, unless the user says otherwise."""

LEAST_MEMORY = 16 << 20
"""Bytes below which a build would look at its documents over and over."""

KEEP = 2
"""Generations that stay when a job is done, unless the user says otherwise."""

SAMPLES = 100
"""Stretches that a new generation must find before it is published, unless the user says
otherwise.
"""

VERIFY_SAMPLES = 1000
"""Stretches that an index must find to be verified, unless the user says otherwise."""

SNIPPETS = 3
"""Snippets per hit, unless the user says otherwise."""

SNIPPET_CHARS = 120
"""Length of a snippet in characters of the original, unless the user says otherwise."""

CACHE = 256 << 20
"""Bytes of decoded postings that an open index keeps, unless the user says otherwise."""


MOST = 1 << 40
"""No number of hits, characters, bytes or generations is larger; more means this."""


def whole(name: str, given: int, least: int = 0) -> int:
    """Return *given*, a whole number of any type that is *least* or more, `MOST` at most.

    Raises:
        TypeError: it is no whole number; *name* is the argument's.
        ValueError: it is negative, or too little.

    >>> whole("limit", 10), whole("limit", 10**30) == MOST
    (10, True)
    """
    try:
        number = index(given)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, it is {given!r:.80}") from None
    if number < 0:
        raise ValueError(f"{name} must not be negative, it is {number}")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, it is {number}")
    return min(number, MOST)


def seconds(name: str, given: float) -> float:
    """Return *given*, a time of 0 seconds or more.

    Raises:
        TypeError: it is no number; *name* is the argument's.
        ValueError: it is negative, or not a number (NaN).

    >>> seconds("wait", 2)
    2.0
    """
    try:
        number = float(given) if not isinstance(given, str | bytes) else None
    except (TypeError, OverflowError):
        number = None
    if number is None:
        raise TypeError(f"{name} must be a number of seconds, it is {given!r:.80}")
    if not number >= 0:
        raise ValueError(f"{name} must be 0 or more seconds, it is {number}")
    return number


def string(name: str, given: str) -> str:
    """Return *given*.

    Raises:
        TypeError: it is no string; *name* says what it is meant to be.

    >>> string("an id", "a")
    'a'
    """
    if not isinstance(given, str):
        raise TypeError(f"{name} is a string, not {type(given).__name__}")
    return given


def strings(name: str, given: Iterable[str]) -> tuple[str, ...]:
    """Return *given* as a tuple.

    Raises:
        TypeError: it is a bare string, which would be taken letter by letter, or holds something
            else than strings; *name* is the argument's.

    >>> strings("remove", ["a", "b"])
    ('a', 'b')
    """
    if isinstance(given, str | bytes):
        raise TypeError(f"{name} must be a list of strings, not one of them")
    found = tuple(given)
    if not all(isinstance(each, str) for each in found):
        raise TypeError(f"{name} must hold strings only")
    return found


def encodings(given: Iterable[tuple[str | None, str]]) -> tuple[tuple[str | None, str], ...]:
    """Return *given*, pairs of a glob, or None for every file, and an encoding, as a tuple.

    Raises:
        TypeError: it is something else.

    >>> encodings([["*.txt", "big5"], (None, "gbk")])
    (('*.txt', 'big5'), (None, 'gbk'))
    """
    problem = (
        "encodings must be a list of pairs, a glob (or None for every file) and an encoding, "
        f"such as [('*.txt', 'big5')]; it is {given!r:.80}"
    )
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise TypeError(problem)
    pairs: list[Any] = list(given)
    if not all(_is_encoding(pair) for pair in pairs):
        raise TypeError(problem)
    return tuple((glob, name) for glob, name in pairs)


def _is_encoding(pair: object) -> bool:
    if not isinstance(pair, Sequence) or isinstance(pair, str | bytes) or len(pair) != 2:
        return False
    return isinstance(pair[0], str | None) and isinstance(pair[1], str)
