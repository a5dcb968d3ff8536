"""Clean: the text that is matched, with the span of the original of each of its characters.

Cleaning never changes what is shown.  It takes out what hides text from a search: invisible
characters, blanks beside Han, other widths of the same character, and in documents where
`judge` finds them, pinyin readings in brackets, the byte damage their insertion did, and markup.
Script and case are left for later steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import Literal, NamedTuple, TypeAlias

from searcher.model import MappedText, Noise
from searcher.text import markup
from searcher.text.annotations import bracketed_readings
from searcher.text.blanks import blanks, invisibles
from searcher.text.mapped import Change, apply, unchanged, whole
from searcher.text.readings import LETTERS
from searcher.text.repair import repairs
from searcher.text.widths import folds, is_plain, narrow

GATE = 3
"""So many annotations, or so many pieces of markup, make a document noisy."""

ROUNDS = 12
"""What one removal brings together may be the next thing to remove; after so many rounds the
rest stays, so that no text can make cleaning slow.  Pages need two, the second to find nothing."""

Kind: TypeAlias = Literal["annotation", "blank", "invisible", "markup", "repair"]

_MAYBE_ANNOTATION = re.compile(rf"[(（]\W{{0,4}}[{LETTERS}ａ-ｚ]")
_MAYBE_MARKUP = re.compile(r"[<&\[＜＆［]")


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of the original that is matched otherwise than it is shown, and why.

    ``original[start:end]`` is skipped or, where ``kind`` is "repair", read as other characters.
    """

    kind: Kind
    start: int
    end: int


class _Step(NamedTuple):
    kind: Kind | None
    before: MappedText
    changes: Sequence[Change]
    after: MappedText


_Stage: TypeAlias = tuple[Kind | None, Callable[[str], Sequence[Change]]]


def judge(*texts: str) -> Noise:
    """Return what the title and body of one document hold, decided over all of them together.

    Three annotations that are readings of script variants, or three pieces of markup; both are
    counted after widths are folded, so that full-width brackets count.

    >>> judge("參與(yu) 脫貧", "偉(wei) 大的事業（ye）")
    Noise(annotations=True, markup=False)
    """
    has_markup = _reaches_gate(_MAYBE_MARKUP, texts) and (
        sum(markup.count(_one_width(text)) for text in texts) >= GATE
    )
    noise = Noise(markup=has_markup)
    has_annotations = _reaches_gate(_MAYBE_ANNOTATION, texts) and (
        sum(len(bracketed_readings(clean(text, noise).text)) for text in texts) >= GATE
    )
    return Noise(annotations=has_annotations, markup=has_markup)


def clean(original: str, noise: Noise) -> MappedText:
    """Return the text to match of a whole field, with the span of each character.

    *noise* is the decision of `judge` over the whole document; no threshold is looked at here.
    Spans are ascending and never overlap in part; characters that came from one cluster or one
    repaired stretch share its span.  What no span covers is what `explain` lists.  Cleaning twice
    changes nothing more (but see `ROUNDS`), and text without noise keeps plain ranges as its map.

    Without noise the steps look at neighbours only: for any Han character,
    ``clean(a + "中" + b)`` is ``clean(a + "中")`` and ``clean("中" + b)`` put together.  With
    noise that does not hold (a tag closes elsewhere, a damaged stretch runs on), so a field is
    always cleaned as a whole.

    >>> mapped = clean("參與(yu) 脫貧 2017 年", Noise(annotations=True))
    >>> mapped.text, mapped.start[2], mapped.end[3]
    ('參與脫貧2017年', 7, 9)
    """
    mapped = unchanged(original)
    if noise == Noise():
        mapped = narrow(mapped)
        if is_plain(mapped.text):
            return mapped
    for step in _steps(mapped, noise):
        mapped = step.after
        del step  # what was before it
    return mapped


def explain(original: str, noise: Noise) -> tuple[Edit, ...]:
    """Return every part of *original* that `clean` skips or repairs, in order, disjoint.

    Each is named after the step that took it out first.

    >>> explain("參與(yu) 脫貧", Noise(annotations=True))
    (Edit(kind='annotation', start=2, end=6), Edit(kind='blank', start=6, end=7))
    """
    kinds: list[Kind] = []
    owner = [-1] * len(original)
    for step in _steps(unchanged(original), noise):
        for change in step.changes:
            if step.kind and (step.kind != "blank" or not change.new):
                start, end = step.before.start[change.start], step.before.end[change.end - 1]
                owner[start:end] = [len(kinds) if at < 0 else at for at in owner[start:end]]
                kinds.append(step.kind)
    return tuple(_edits(kinds, owner))


def _edits(kinds: Sequence[Kind], owner: Sequence[int]) -> Iterator[Edit]:
    start = 0
    for number, characters in groupby(owner):
        end = start + len(list(characters))
        if number >= 0:
            yield Edit(kinds[number], start, end)
        start = end


def _steps(mapped: MappedText, noise: Noise) -> Iterator[_Step]:
    """Yield the changes of stage after stage, again and again until none finds anything."""
    stages = _stages(noise)
    for _ in range(ROUNDS):
        is_changed = False
        for kind, find in stages:
            changes = whole(mapped, find(mapped.text))
            if changes:
                before, mapped = mapped, apply(mapped, changes)
                yield _Step(kind, before, changes, mapped)
                is_changed = True
                del before
            del changes
        # Without noise no stage makes work for an earlier one.
        if not is_changed or noise == Noise():
            return


def _stages(noise: Noise) -> list[_Stage]:
    # Repair comes first: it needs the very characters that the damaged bytes were read as.
    # Blanks come before annotations, so that 偉( wei ) is one.
    stages: list[_Stage] = [("repair", repairs)] if noise.annotations else []
    stages += [("invisible", invisibles), (None, folds)]
    if noise.markup:
        # 見 [4] is no footnote mark, and must not become one by losing its blank.
        stages += [("markup", markup.markup), ("blank", partial(blanks, keep_before="["))]
    else:
        stages.append(("blank", blanks))
    if noise.annotations:
        stages.append(("annotation", bracketed_readings))
    return stages


def _reaches_gate(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    found = (match for text in texts for match in pattern.finditer(text))
    return len(list(islice(found, GATE))) == GATE


def _one_width(text: str) -> str:
    mapped = narrow(unchanged(text))
    for find in (invisibles, folds):
        mapped = apply(mapped, find(mapped.text))
    return mapped.text
