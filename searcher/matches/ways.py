"""Ways: what an engine can say about a pattern, so that few documents have to be read for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from searcher.model import Almost, And, Clause, Glyphs, Near, Pattern, Run
from searcher.text.script import members_of
from searcher.text.units import SENTENCE_END

_FEW = 6
"""Units that are asked for edit by edit; of more, two of three parts are looked for."""

Units = tuple[str, ...]


class Ways(NamedTuple):
    """What any engine can answer.

    Documents that match one of ``surely`` satisfy the pattern; those that match one of ``maybe``
    have to be read; no other one satisfies it.
    """

    surely: tuple[Clause, ...] = ()
    maybe: tuple[Clause, ...] = ()


def ways(pattern: Pattern) -> Ways:
    """Return what to ask an engine for *pattern*.

    >>> ways(Glyphs("後", ("后",))).maybe
    (Run(units=('后',), fields=('title', 'body')),)
    >>> ways(Glyphs("的", ("的",))).surely
    (Run(units=('的',), fields=('title', 'body')),)
    """
    match pattern:
        case Near():
            return _near(pattern)
        case Almost():
            return _almost(pattern.units, pattern.fields)
        case Glyphs():
            run = Run(pattern.units, pattern.fields)
            return Ways((run,)) if all(map(_has_one_form, pattern.units)) else Ways((), (run,))


def _has_one_form(unit: str) -> bool:
    return unit == SENTENCE_END or (len(unit) == 1 and members_of(unit) == unit)


# ---------------------------------------------------------------- near


def _near(near: Near) -> Ways:
    parts, fields = near.parts, near.fields
    if near.slop == 0 or len(parts) == 1:
        return Ways((Run(sum(parts, ()), fields),))
    if all(len(part) > 1 for part in parts):
        return Ways((near,))
    return Ways((), (_all_near(parts, near.slop, fields),))


def _all_near(parts: Sequence[Units], slop: int, fields: Units) -> Clause:
    """Return what documents match that hold *parts* near each other: the long ones near, where
    there are two, and the short ones anywhere.
    """
    long = tuple(part for part in parts if len(part) > 1)
    short = tuple(part for part in parts if len(part) == 1)
    asked: list[Clause] = [Run(part, fields) for part in dict.fromkeys(short)]
    if len(long) > 1:
        # A short part between them is among what stands between.
        asked.append(Near(long, slop + len(short), fields))
    else:
        asked += [Run(part, fields) for part in long]
    return asked[0] if len(asked) == 1 else And(tuple(asked))


# ---------------------------------------------------------------- almost


def _almost(units: Units, fields: Units) -> Ways:
    size = len(units)
    surely: list[Clause] = []
    maybe: list[Clause] = []
    for run in (units[1:], units[:-1]):
        # Without the sentence end at its end it stands in more documents.
        (surely if _trimmed(run) == run else maybe).append(Run(_trimmed(run), fields))
    for parts, slop in _edits(units) if size <= _FEW else _thirds(units):
        trimmed = tuple(map(_trimmed, parts))
        slop += sum(map(len, parts)) - sum(map(len, trimmed))
        clause = _all_near(trimmed, slop, fields) if len(parts) > 1 else Run(trimmed[0], fields)
        is_sure = size <= _FEW and trimmed == parts and isinstance(clause, Near)
        (surely if is_sure else maybe).append(clause)
    return Ways(tuple(dict.fromkeys(surely)), tuple(dict.fromkeys(maybe)))


def _edits(units: Units) -> Iterator[tuple[tuple[Units, ...], int]]:
    """Yield what stands on both sides of an edit, and how many units may stand between.

    An edit of the first or the last unit, and one unit put in beside it, leave all the others in
    a row.
    """
    size = len(units)
    for at in range(1, size - 1):
        yield (units[:at], units[at + 1 :]), 1
    for at in range(2, size - 1):
        yield (units[:at], units[at:]), 1


def _thirds(units: Units) -> Iterator[tuple[tuple[Units, ...], int]]:
    """Yield the same of three parts, one of which holds the edit or has it at an end."""
    a, b = len(units) // 3, len(units) - len(units) // 3
    yield (units[:b],), 0
    yield (units[a:],), 0
    yield (units[:a], units[b:]), b - a + 1


def _trimmed(units: Units) -> Units:
    """Return *units* without sentence ends in front and behind, which no run has there."""
    first, last = 0, len(units)
    while units[first] == SENTENCE_END:
        first += 1
    while units[last - 1] == SENTENCE_END:
        last -= 1
    return units[first:last]
