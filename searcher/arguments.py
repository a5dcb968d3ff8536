"""Arguments of the Python API that are easily given wrong, checked in one place."""

from __future__ import annotations

from collections.abc import Iterable

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
