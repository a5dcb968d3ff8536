"""Globs that choose files, read as ripgrep's ``-g`` reads them.

A glob without a slash is compared with the name of the file and of every folder above it; one
with a slash with the path below the root.  One that matches a folder stands for all that is in
it.  ``*`` and ``?`` stop at slashes, ``**`` does not; ``[a-z]``, ``[!a-z]``, ``{a,b}`` and a
backslash before a special character are understood.  Case matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

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
_FIXED = {"deep": "(?:[^/]+/)*", "rest": ".+", "one": "[^/]"}
_BRACES = {"{": "(?:", ",": "|", "}": ")"}


def matches(glob: str, path: str) -> bool:
    """Tell whether *glob* chooses *path*, a path below the root with ``/`` between its parts.

    >>> matches("*.txt", "a/b.txt"), matches("/*.txt", "a/b.txt"), matches("a/**/c.txt", "a/c.txt")
    (True, False, True)
    """
    return _regex(glob).fullmatch(unicodedata.normalize("NFC", path)) is not None


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
    _regex(glob)


@lru_cache(maxsize=1024)
def _regex(glob: str) -> re.Pattern[str]:
    """Return the expression that the whole path of each chosen file matches."""
    glob = unicodedata.normalize("NFC", glob)
    core = glob.rstrip("/").removeprefix("/")
    if not core:
        raise SourceError(f"{glob!r}: a glob must name something")
    anywhere = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    inside = "/.+" if glob.endswith("/") else "(?:/.+)?"
    try:
        return re.compile(anywhere + _translate(core, glob) + inside, re.DOTALL)
    except re.error as error:
        raise SourceError(f"{glob!r}: not a glob: {error.msg}") from error


def _translate(core: str, glob: str) -> str:
    """Return *core* as a regular expression; braces may not be nested."""
    pieces: list[str] = []
    inside = False
    for token in _TOKENS.finditer(core):
        char = token["char"] or ""
        brace = char == ("}" if inside else "{") or (inside and char == ",")
        if char == "[" or (inside and char == "{"):
            raise SourceError(f"{glob!r}: not a glob: write \\{char} for the character itself")
        inside = inside ^ (brace and char != ",")
        pieces.append(_BRACES[char] if brace else _piece(token))
    if inside:
        raise SourceError(f"{glob!r}: not a glob: a closing }} is missing")
    return "(?:" + "".join(pieces) + ")"


def _piece(token: re.Match[str]) -> str:
    """Return one part of a glob, braces aside, as a regular expression."""
    kind = token.lastgroup or ""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == "star":
        return "[^/]*"
    if kind == "set":
        # The user's backslash, and what has a meaning in our sets but not in those of globs.
        members = re.sub(r"\\(.)|([\[&~|])", lambda m: re.escape(m[1] or m[2]), token["set"])
        return f"(?!/)[{'^' if token['not'] else ''}{members}]"
    return re.escape(token["plain"] or token["char"])
