"""Noting: what a job meets on its way, for its report and for whoever watches it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias
from unicodedata import normalize

from searcher.checking import CheckReport
from searcher.engines.base import YEAR, Rejected
from searcher.generations import Manifest
from searcher.model import BuildReport, Failure
from searcher.preparing import sound
from searcher.preparing.documents import Incoming
from searcher.query.signs import DATE_FIELD, FIELDS, narrow
from searcher.sources import Read, Skipped
from searcher.text.decode import storable

DOUBTFUL = 0.75
"""Below this confidence a guessed encoding is worth a warning."""

_TAKEN = frozenset(FIELDS) - {DATE_FIELD}
"""Names that no query means an extra field by, in any width and case.

A date that is not understood becomes an extra field, with a warning of its own.
"""


class Stage(NamedTuple):
    """A part of a job, by name, that begins now."""

    name: str


Item: TypeAlias = Read | Failure | Skipped
Progress: TypeAlias = Callable[[Item | Stage], None]


class Changes(NamedTuple):
    """What came of the documents that a job compared with those of the index."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    missing: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether the index is another one now."""
        return bool(self.added or self.changed or self.removed)


class Outcome(NamedTuple):
    """The generation that is there at the end of a job, and what the check said of a new one.

    ``made`` is the manifest of that generation, or of the one that would have been it.
    """

    generation: str | None
    previous: str | None
    made: Manifest
    checked: CheckReport | None = None


class Notes:
    """What one job has met so far: every document, failure, warning and stage."""

    def __init__(self, job: str, progress: Progress | None) -> None:
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self.places: dict[str, str] = {}
        self.refused: set[str] = set()
        self._job = job
        self._progress = progress or (lambda _: None)
        self._began = time.monotonic()
        self._stages: dict[str, float] = {}
        self._replaced = 0
        self._skipped = 0
        self._encodings: Counter[str] = Counter()
        self._file = ""
        self._names: set[str] = set()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, or more of it, and tell whoever watches when it begins."""
        if name not in self._stages:
            self._progress(Stage(name))
        began = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - began
            self._stages[name] = round(self._stages.get(name, 0.0) + took, 3)

    def incoming(self, items: Iterable[Item]) -> Iterator[Incoming]:
        """Yield the documents that can be indexed; note everything else.

        ``places`` tells of each where it was met, ``refused`` has the ids of those that cannot.
        """
        for item in items:
            self._progress(item)
            if isinstance(item, Failure):
                self.failures.append(item)
            elif isinstance(item, Skipped):
                self._skipped += 1
                self.warnings.append(f"{item.where}: not read: {item.reason}")
            else:
                self._note_reading(item)
                yield from self._indexable(item)

    def anew(self) -> Notes:
        """Return the notes of the same job, begun once more."""
        return Notes(self._job, self._progress)

    def refused_by_engine(self, rejected: Iterable[Rejected]) -> None:
        """Note the documents that an engine could not take."""
        for each in rejected:
            self.failures.append(Failure(self.places.get(each.id, each.id), each.reason))

    def report(self, outcome: Outcome, changes: Changes | None = None) -> BuildReport:
        """Return the report of the job, which ends here."""
        checked, made = outcome.checked, outcome.made
        counted = {name: getattr(changes, name, None) for name in Changes._fields[:4]}
        return BuildReport(
            job=self._job,
            generation=outcome.generation,
            previous=outcome.previous,
            documents=made.counts["documents"],
            **counted,
            empty=made.counts["empty"],
            replaced=self._replaced,
            missing=changes.missing if changes else (),
            skipped=self._skipped,
            encodings=dict(self._encodings.most_common()),
            failures=tuple(self.failures),
            warnings=tuple(self.warnings),
            seconds=round(time.monotonic() - self._began, 3),
            stages=dict(self._stages),
            bytes=made.bytes,
            fingerprint=made.fingerprint,
            recall={
                "sampled": checked.sampled if checked else 0,
                "found": checked.found if checked else 0,
            },
            golden=tuple(each._asdict() for each in checked.changes) if checked else (),
        )

    def _indexable(self, item: Read) -> Iterator[Incoming]:
        found = sound(item.document)
        if isinstance(found, Failure):
            # Whoever wrote a file looks for the line; whoever gave a document knows its id.
            self.failures.append(found._replace(where=item.where) if item.file else found)
            if isinstance(item.document.id, str):
                self.refused.add(storable(item.document.id)[0])
        else:
            document, warnings = found
            self._note_place(document.id, item.where)
            self.warnings.extend(f"{document.id}: {warning}" for warning in warnings)
            self._note_names(document.extra)
            yield Incoming(document, item.origin)

    def _note_reading(self, item: Read) -> None:
        if item.file and item.file != self._file:  # the records of a file come in a row
            self._file = item.file
            self._encodings[item.encoding] += 1
        if item.confidence < DOUBTFUL:
            self.warnings.append(
                f"{item.where}: read as {item.encoding} with confidence {item.confidence:.2f}; "
                "if it looks wrong, name it: --encoding GLOB=NAME"
            )
        if item.replaced:
            self.warnings.append(
                f"{item.where}: {item.replaced} characters could not be read as {item.encoding}; "
                "they are shown as U+FFFD"
            )
        self.warnings.extend(f"{item.where}: {warning}" for warning in item.warnings)

    def _note_names(self, extra: Mapping[str, object]) -> None:
        """Warn of extra fields that no query can ask for, once each."""
        for name in extra.keys() - self._names:
            self._names.add(name)
            own = narrow(name).lower()
            if own in _TAKEN:
                self._note_name(name, f"searched: the name means the document's own {own}")
            elif name == YEAR:
                self._note_name(name, "counted by: the name means the year of its date")

    def _note_name(self, name: str, cannot: str) -> None:
        self.warnings.append(
            f"the extra field {name!r:.80} is kept but cannot be {cannot}; name it otherwise"
        )

    def _note_place(self, document_id: str, where: str) -> None:
        before = self.places.get(document_id)
        if before is not None:
            self._replaced += 1
            places = (
                f"at {before} and at {where}"
                if normalize("NFC", before) != normalize("NFC", where)
                else f"at {where}, by files whose names differ in their bytes only"
            )
            self.warnings.append(f"{document_id}: given twice, {places}; the last one is kept")
        self.places[document_id] = where
