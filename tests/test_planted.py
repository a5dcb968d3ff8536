"""Found by construction: a phrase of a clean document is planted in noisy copies, and the one who
planted it knows, character by character, what has to be found and highlighted.

Copies are converted by OpenCC (its own dictionaries, `scanner.OpenCC`), widened, sprinkled with
what cannot be seen, annotated, wrapped, and written to files in every encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

import pytest
from corpus import Cut, cuts, documents
from pypinyin.pinyin_dict import pinyin_dict
from scanner import OpenCC, strip

import searcher
from searcher import Document
from searcher.model import Noise
from searcher.text.clean import judge

PHRASES = 30

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\xad\u200e\u202c\ufe0f"
BLANKS = (" ", "  ", "\u3000", "\xa0", "\u2009", "\t", " \u3000 ")
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "gb18030",
    "big5hkscs",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-16-be with a mark",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A character of the text, or noise between two; ``mine``: it belongs to the phrase."""

    text: str
    mine: bool
    noise: bool = False


Cells = list[Cell]
Spoil = Callable[[Cells, Random], Cells]


def text_of(cells: Cells) -> str:
    return "".join(cell.text for cell in cells)


def span_of(cells: Cells) -> tuple[int, int]:
    """Return where the phrase stands: from its first character to its last, noise between."""
    at = 0
    spans = []
    for cell in cells:
        if cell.mine and not cell.noise:
            spans.append((at, at + len(cell.text)))
        at += len(cell.text)
    return spans[0][0], spans[-1][1]


# ---------------------------------------------------------------- noise


def converted(name: str) -> Spoil:
    def spoil(cells: Cells, random: Random) -> Cells:
        text = text_of(cells)
        new = opencc(name)(text)
        assert len(new) == len(text) == len(cells)
        return [Cell(char, cell.mine) for char, cell in zip(new, cells, strict=True)]

    return spoil


def widened(cells: Cells, random: Random) -> Cells:
    """ASCII in full width; not the commas of 1,540, which only ASCII ones are."""
    out = []
    for before, cell, after in _neighbours(cells):
        grouping = cell.text in ",." and (before + after).isdigit()
        wide = "!" <= cell.text <= "~" and len(cell.text) == 1 and not grouping
        out.append(Cell(chr(ord(cell.text) + 0xFEE0), cell.mine) if wide else cell)
    return out


def sprinkled(cells: Cells, random: Random) -> Cells:
    """Characters that cannot be seen, anywhere."""
    return _between(cells, random, 0.3, lambda *_: random.choice(INVISIBLE))


def spaced(cells: Cells, random: Random) -> Cells:
    """Blanks beside Han; none at a line break, where they would be an indent."""

    def noise(before: str, after: str) -> str:
        beside = is_han(before) or is_han(after)
        return (
            random.choice(BLANKS)
            if beside and (before + after).split() == [before + after]
            else ""
        )

    return _between(cells, random, 0.3, noise)


def wrapped(cells: Cells, random: Random) -> Cells:
    """Line breaks in the middle of sentences."""
    return _between(cells, random, 0.15, lambda a, b: "\n" if is_han(a) and is_han(b) else "")


def wrapped_crlf(cells: Cells, random: Random) -> Cells:
    return _with_crlf(wrapped(cells, random), random)


def _with_crlf(cells: Cells, random: Random) -> Cells:
    return [Cell(cell.text.replace("\n", "\r\n"), cell.mine, cell.noise) for cell in cells]


def annotated(form: str, *, toned: bool) -> Spoil:
    """The reading of every character that is written differently in simplified and traditional."""

    def spoil(cells: Cells, random: Random) -> Cells:
        out = []
        for cell in cells:
            out.append(cell)
            if pinyin := reading(cell.text, toned):
                out.append(Cell(form.format(pinyin), cell.mine, noise=True))
        return out

    return spoil


def _neighbours(cells: Cells) -> Iterator[tuple[str, Cell, str]]:
    for at, cell in enumerate(cells):
        before = cells[at - 1].text if at else ""
        yield before, cell, cells[at + 1].text if at + 1 < len(cells) else ""


def _between(
    cells: Cells, random: Random, share: float, noise: Callable[[str, str], str]
) -> Cells:
    out: Cells = []
    for _, cell, after in _neighbours(cells):
        out.append(cell)
        if after and random.random() < share and (new := noise(cell.text[-1], after[0])):
            out.append(Cell(new, cell.mine, noise=True))
    return out


def is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


@cache
def opencc(name: str) -> OpenCC:
    return OpenCC(name)


@cache
def reading(char: str, toned: bool) -> str:
    """Return how a script variant is read; nothing for other characters."""
    variant = len(char) == 1 and any(opencc(name)(char) != char for name in ("t2s", "s2t"))
    listed = pinyin_dict.get(ord(char), "").split(",")[0] if variant else ""
    if toned:
        return listed
    plain = unicodedata.normalize("NFD", listed).replace("u\u0308", "v")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def together(*spoils: Spoil) -> Spoil:
    def spoil(cells: Cells, random: Random) -> Cells:
        for each in spoils:
            cells = each(cells, random)
        return cells

    return spoil


TONED = annotated("({})", toned=True)
TONELESS = annotated("({}) ", toned=False)
WIDE_TONED = annotated("（{}）", toned=True)

NOISES: dict[str, Spoil] = {
    "clean": together(),
    "s2t": converted("s2t"),
    "s2tw": converted("s2tw"),
    "s2hk": converted("s2hk"),
    "t2s": converted("t2s"),
    "wide": widened,
    "sprinkled": sprinkled,
    "spaced": spaced,
    "wrapped": wrapped,
    "wrapped-crlf": wrapped_crlf,
    "toned": together(converted("s2t"), TONED),
    "toneless": together(converted("s2t"), TONELESS),
    "wide-toned": together(converted("s2tw"), WIDE_TONED),
    "toned-simplified": together(converted("t2s"), TONED),
    "s2tw-wide-spaced": together(converted("s2tw"), widened, spaced),
    "s2hk-sprinkled-wrapped": together(converted("s2hk"), wrapped_crlf, sprinkled),
    "toneless-wide-sprinkled": together(converted("s2t"), widened, TONELESS, sprinkled),
    "toned-wrapped-spaced": together(converted("s2t"), TONED, wrapped, spaced),
    "everything": together(
        converted("s2tw"), widened, WIDE_TONED, wrapped_crlf, spaced, sprinkled
    ),
}


# ---------------------------------------------------------------- copies


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with a phrase planted at ``span`` of ``text``."""

    name: str
    phrase: str
    text: str
    span: tuple[int, int]


_STRAY = re.compile(r"[(（][a-zà-ǜ]+[)）]|[<&\[\"＂]")


@cache
def clean_documents() -> tuple[Document, ...]:
    """Return the documents without a trace of annotations or markup."""
    return tuple(
        each
        for each in documents()
        if judge(each.title, each.body) == Noise()
        and not _STRAY.search(each.body)
        and len(each.body) > 200
    )


def phrases() -> list[Cut]:
    """Return phrases of one line of at least four characters, from Han or number to the same."""
    found = {}
    for cut in cuts(clean_documents(), 2000, seed=13):
        plain = "\n" not in cut.text and cut.text[0].isalnum() and cut.text[-1].isalnum()
        if plain and len(cut.text) >= 4 and any(map(is_han, cut.text)):
            found[cut.text] = cut
    return list(found.values())[:PHRASES]


def planted(phrase: str, random: Random) -> Cells:
    """Return text that holds *phrase* once, between sentences of clean documents."""
    while True:
        before, after = (_passage(random) for _ in range(2))
        if strip(phrase)[0] not in strip(before)[0] + strip(after)[0]:
            break
    return [
        *(Cell(char, mine=False) for char in f"{before}据称"),
        *(Cell(char, mine=True) for char in phrase),
        *(Cell(char, mine=False) for char in f"云云。{after}"),
    ]


def _passage(random: Random) -> str:
    body = random.choice(clean_documents()).body
    start = random.randrange(len(body) - 150)
    return re.sub(r"\s+", "", body[start : start + 150])


@cache
def copies() -> tuple[Copy, ...]:
    """Return a copy for every phrase with every noise, encodings taken in turn."""
    random = Random(17)
    found = []
    for number, cut in enumerate(phrases()):
        for turn, (noise, spoil) in enumerate(NOISES.items()):
            cells = spoil(planted(cut.text, random), random)
            encoding = ENCODINGS[(number + turn) % len(ENCODINGS)]
            if not _encodes(text_of(cells), encoding):
                encoding = "utf-8"
            name = f"{number:02}.{noise}.{encoding.replace(' ', '-')}.txt"
            found.append(Copy(name, cut.text, text_of(cells), span_of(cells)))
    return tuple(found)


def _encodes(text: str, encoding: str) -> bool:
    try:
        return encoded(text, encoding).decode(encoding.split()[0]).lstrip("\ufeff") == text
    except UnicodeError:
        return False


def encoded(text: str, encoding: str) -> bytes:
    name, *mark = encoding.split()
    return text.encode(name) if not mark else ("\ufeff" + text).encode(name)


# ---------------------------------------------------------------- tests


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    folder = tmp_path_factory.mktemp("planted") / "copies"
    folder.mkdir()
    for copy in copies():
        encoding = copy.name.split(".")[2].replace("-with-a-mark", " with a mark")
        (folder / copy.name).write_bytes(encoded(copy.text, encoding))
    report = searcher.build(folder, index=folder.parent / "index")
    assert (report.documents, report.failures) == (len(copies()), ())
    with searcher.open(folder.parent / "index") as opened:
        yield opened


def test_the_copies_are_what_they_should_be() -> None:
    assert len(copies()) == PHRASES * len(NOISES)
    used = {copy.name.split(".")[2] for copy in copies()}
    assert used == {encoding.replace(" ", "-") for encoding in ENCODINGS}
    noisy = [copy for copy in copies() if "ton" in copy.name or "every" in copy.name]
    assert all(judge("", copy.text).annotations for copy in noisy)


def test_every_file_is_stored_as_it_was_written(index: searcher.Index) -> None:
    wrong = [
        copy.name
        for copy in copies()
        if (document := index.get(f"copies/{copy.name}")) is None or document.body != copy.text
    ]
    assert wrong == []


@pytest.mark.parametrize("noise", NOISES)
def test_the_phrase_is_found_and_highlighted_where_it_was_planted(
    index: searcher.Index, noise: str
) -> None:
    wrong = []
    for copy in copies():
        if copy.name.split(".")[1] == noise:
            page = index.search(f'"{copy.phrase}"', limit=len(index), snippet_chars=10**6)
            found = {hit.id: [s.highlights for s in hit.snippets] for hit in page.hits}
            got = found.get(f"copies/{copy.name}")
            if got != [(copy.span,)]:
                wrong.append((copy.name, copy.phrase, copy.text[slice(*copy.span)], got))
    assert wrong == []


def test_the_noisy_form_finds_the_clean_one(index: searcher.Index) -> None:
    clean = {copy.phrase: copy for copy in copies() if copy.name.split(".")[1] == "clean"}
    wrong = []
    for copy in copies():
        wanted = clean[copy.phrase]
        query = copy.text[slice(*copy.span)]
        page = index.search(query, literal=True, limit=len(index), snippet_chars=10**6)
        found = {hit.id: [s.highlights for s in hit.snippets] for hit in page.hits}
        if found.get(f"copies/{wanted.name}") != [(wanted.span,)]:
            wrong.append((copy.name, query, copy.phrase))
    assert wrong == []
