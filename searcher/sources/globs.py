"""Globs that choose files, read as ripgrep's ``-g`` reads them.

A glob without a slash is compared with the name of the file and of every folder above it; one
with a slash with the path below the root.  One that matches a folder stands for all that is in
it.  ``*`` and ``?`` stop at slashes, ``**`` does not; ``[a-z]``, ``[!a-z]``, ``{a,b}`` and a
backslash before a special character are understood.  Case matters.

A glob is compared with all of a path at once: each part of it moves every place that the parts
before it may have come to.  A regular expression would try them one after the other, and of
``*a*a*a*b`` there are more than can be tried.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias

from searcher.errors import SourceError

_TOKENS = re.compile(
    r"(?P<deep>(?:^|(?<=/))\*\*/)"
    r"|(?P<rest>(?<=/)\*\*$)"
    r"|(?P<star>\*+)"
    r"|(?P<one>\?)"
    r"|\[(?P<not>[!^])?(?P<set>\]?(?:\\.|[^\]\\])*)\]"
    r"|\\(?P<plain>.)"
    r"|(?P<char>.)",
    re.DOTALL,
)


def matches(glob: str, path: str) -> bool:
    """Tell whether *glob* chooses *path*, a path below the root with ``/`` between its parts.

    >>> matches("*.txt", "a/b.txt"), matches("/*.txt", "a/b.txt"), matches("a/**/c.txt", "a/c.txt")
    (True, False, True)
    """
    return _read(glob).chooses(_places(unicodedata.normalize("NFC", path)))


def matches_any(globs: Iterable[str], path: str) -> bool:
    """Tell whether one of *globs* chooses *path*.

    >>> matches_any(["*.md", "old"], "old/a.txt")
    True
    """
    return any(matches(glob, path) for glob in globs)


def includes(globs: Sequence[str], path: str) -> bool:
    """Tell whether *path* is chosen by *globs*, of which none at all chooses everything.

    >>> includes([], "a"), includes(["b"], "a")
    (True, False)
    """
    return not globs or matches_any(globs, path)


def names_hidden(globs: Iterable[str], name: str) -> bool:
    """Tell whether one of *globs* names *name*, a hidden file or folder, with its dot.

    >>> names_hidden([".github/**"], ".github"), names_hidden(["*.txt"], ".a.txt")
    (True, False)
    """
    parts = {part for glob in globs for part in glob.split("/") if part.startswith(".")}
    return any(matches(part, name) for part in parts)


def check(glob: str) -> None:
    """Raise SourceError where *glob* cannot be read.

    >>> check("*.{txt,md}")
    """
    _read(glob)


# ---------------------------------------------------------------- a path


class _Path:
    """A path to be compared: places in it are the bits of a number, bit *n* that before the
    character *n* and the highest one its end.
    """

    def __init__(self, text: str) -> None:
        self.of: defaultdict[str, int] = defaultdict(int)
        """Where each character stands."""
        for at, char in enumerate(text):
            self.of[char] |= 1 << at
        self.end = 1 << len(text)
        self.slashes = self.of["/"]
        self.free = (self.end - 1) ^ self.slashes

    def run(self, places: int) -> int:
        """Return *places* and all those behind them up to the next slash."""
        # The sum carries each place through the free ones behind it to the slash or the end.
        return places | ((places & self.free) + self.free) ^ self.free

    def into(self, places: int) -> int:
        """Return *places* and the beginnings of all folders and files below them."""
        while True:
            names = self.run((places & self.free) << 1)
            more = places | (names & self.slashes) << 1
            if more == places:
                return places
            places = more

    def behind(self, places: int) -> int:
        """Return all that is behind the first of *places*."""
        first = places & -places
        return (self.end << 1) - (first << 1) if first else 0


_places = lru_cache(maxsize=64)(_Path)
"""Several globs are asked about one path in a row."""


# ---------------------------------------------------------------- a glob

_Step: TypeAlias = Callable[[_Path, int], int]
"""A part of a glob: from the places it may begin at to those it may end at."""

_Choice: TypeAlias = list[list[_Step]]
"""What stands between braces, one row of parts each; a part outside of braces is a single one."""


class _Glob(NamedTuple):
    """A glob that was read: of a name ``anywhere``, or of what is ``inside`` of a folder only."""

    choices: tuple[_Choice, ...]
    anywhere: bool
    inside: bool

    def chooses(self, path: _Path) -> bool:
        """Tell whether it chooses *path*, or a folder above it."""
        places = 1 | path.slashes << 1 if self.anywhere else 1
        for choice in self.choices:
            places = _along(choice, path, places)
        below = path.behind((places & path.slashes) << 1)
        return bool((below if self.inside else below | places) & path.end)


def _along(choice: _Choice, path: _Path, places: int) -> int:
    found = 0
    for steps in choice:
        reached = places
        for step in steps:
            reached = step(path, reached)
        found |= reached
    return found


@lru_cache(maxsize=1024)
def _read(glob: str) -> _Glob:
    """Return a glob as it is compared."""
    glob = unicodedata.normalize("NFC", glob)
    core = glob.rstrip("/").removeprefix("/")
    if not core:
        raise SourceError(f"{glob!r}: a glob must name something: write *.txt or a/**")
    try:
        choices = _choices(core, glob)
    except re.error as error:
        raise SourceError(
            f"{glob!r}: not a glob: {error.msg}; write \\ before a character of a name"
        ) from error
    return _Glob(choices, "/" not in glob.rstrip("/"), glob.endswith("/"))


def _choices(core: str, glob: str) -> tuple[_Choice, ...]:
    """Return the parts of *core*; braces may not be nested."""
    found: list[_Choice] = []
    inside = False
    for token in _TOKENS.finditer(core):
        char = token["char"] or ""
        brace = char == ("}" if inside else "{") or (inside and char == ",")
        if char == "[" or (inside and char == "{"):
            raise SourceError(f"{glob!r}: not a glob: write \\{char} for the character itself")
        inside = inside ^ (brace and char != ",")
        if brace:
            _turn(found, char)
        elif inside:
            found[-1][-1].append(_step(token))
        else:
            found.append([[_step(token)]])
    if inside:
        raise SourceError(f"{glob!r}: not a glob: a closing }} is missing; add it, or write \\{{")
    return tuple(found)


def _turn(found: list[_Choice], brace: str) -> None:
    """Begin a choice, or another row of the last one."""
    if brace == "{":
        found.append([[]])
    elif brace == ",":
        found[-1].append([])


def _step(token: re.Match[str]) -> _Step:
    """Return one part of a glob, braces aside."""
    kind = token.lastgroup or ""
    if kind in _STEPS:
        return _STEPS[kind]
    if kind == "set":
        # The user's backslash, and what has a meaning in our sets but not in those of globs.
        members = re.sub(r"\\(.)|([\[&~|])", lambda m: re.escape(m[1] or m[2]), token["set"])
        pattern = re.compile(f"(?!/)[{'^' if token['not'] else ''}{members}]", re.DOTALL)
        return partial(_one_of, pattern)
    return partial(_this, token["plain"] or token["char"])


def _this(char: str, path: _Path, places: int) -> int:
    return (places & path.of.get(char, 0)) << 1


def _one_of(pattern: re.Pattern[str], path: _Path, places: int) -> int:
    return sum(places & where for char, where in path.of.items() if pattern.match(char)) << 1


_STEPS: dict[str, _Step] = {
    "deep": _Path.into,
    "rest": _Path.behind,
    "star": _Path.run,
    "one": lambda path, places: (places & path.free) << 1,
}
