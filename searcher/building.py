"""Building: documents, files and folders → a generation, with an honest report.

The way in is `searcher.jobs`, which imports this when there is something to build.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from searcher.arguments import LEAST_MEMORY, strings
from searcher.changes import counts
from searcher.documents import Preparer
from searcher.engines import ENGINES
from searcher.engines.base import Writer
from searcher.errors import EngineError
from searcher.generations import Draft, Home, HomeWriter, Manifest, named_errors
from searcher.model import BuildReport, Document, Failure
from searcher.preparing import CHUNK, Crew, chunks, sound
from searcher.sources import (
    Listed,
    Options,
    Read,
    Root,
    Skipped,
    listing,
    read,
    read_stdin,
    roots,
)
from searcher.stored.packing import DICTIONARY_FILE, SAMPLES, Packing, train
from searcher.text.decode import storable
from searcher.text.fingerprint import fingerprint
from searcher.text.words import document_cutter
from searcher.version import MADE_BY

ENGINE = "whoosh"
"""The engine of new indexes."""

STDIN = "-"
"""Given as a path it means standard input."""

DOUBTFUL = 0.75
"""Below this confidence a guessed encoding is worth a warning."""

Item: TypeAlias = Read | Failure | Skipped
Source: TypeAlias = "str | Path | Iterable[str | Path] | Iterable[Document]"


@dataclass(frozen=True, slots=True)
class Effort:
    """How many processes a build takes, and how many bytes they turn documents into an index in.

    Raises:
        ValueError: there is nothing to work with.
    """

    jobs: int
    memory: int

    def __post_init__(self) -> None:
        """Refuse what no build can be made with."""
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, it is {self.jobs}")
        if self.memory < LEAST_MEMORY:
            raise ValueError(f"memory must be at least {LEAST_MEMORY} bytes, it is {self.memory}")


def options(
    home: Home,
    include: Sequence[str],
    exclude: Sequence[str],
    encodings: Sequence[tuple[str | None, str]],
    max_size: int,
) -> Options:
    """Return the options of `searcher.jobs.build` that choose files, as the sources take them."""
    return Options(
        include=strings("include", include),
        exclude=strings("exclude", exclude),
        encodings=tuple(encodings),
        max_size=max_size,
        leave_out=(home.path.resolve(),),
    )


def files_to_read(
    paths: Sequence[str | Path], chosen: Options, names: Sequence[str]
) -> Iterator[Listed | Failure | Skipped]:
    """Yield what `run` would read of *paths*, without reading it."""
    yield from listing(roots([path for path in paths if str(path) != STDIN], names), chosen)


def run(
    source: Source,
    home: Home,
    chosen: Options,
    names: Sequence[str],
    *,
    effort: Effort,
    progress: Callable[[Item], None] | None,
) -> BuildReport:
    """Make a complete new generation of *home* of what *source* gives, and publish it.

    Raises as `searcher.jobs.build` does.
    """
    job = _job(source, chosen, strings("names", names))
    with home.lock("searcher build") as writer:
        writer.clean()
        report = _Build(job, effort, progress).run(writer)
        writer.clean()
    return report


# ---------------------------------------------------------------- where documents come from


@dataclass(frozen=True, slots=True)
class _Job:
    """Everything there is to read, and the record of it that a manifest keeps."""

    items: Iterator[Item]
    record: dict[str, Any]
    from_paths: bool


def _job(source: Source, options: Options, names: tuple[str, ...]) -> _Job:
    if isinstance(source, str | Path):
        return _path_job([source], options, names)
    if isinstance(source, bytes | dict) or not isinstance(source, Iterable):
        raise TypeError(f"expected paths or documents, not {type(source).__name__}")
    items = iter(source)
    first = list(islice(items, 1))
    if first and isinstance(first[0], str | Path):
        paths = [*first, *items]
        if not all(isinstance(path, str | Path) for path in paths):
            raise TypeError("expected paths, but not all of them are")
        return _path_job(paths, options, names)  # type: ignore[arg-type]
    documents = chain(first, items)
    return _Job(_given(documents), {"roots": [], "documents": True}, from_paths=False)


def _given(documents: Iterable[Any]) -> Iterator[Item]:
    for number, document in enumerate(documents, 1):
        yield Read(document, f"document {number}", "", 1.0, 0, 0)


def _path_job(paths: Sequence[str | Path], options: Options, names: tuple[str, ...]) -> _Job:
    from_stdin = STDIN in map(str, paths)
    found = roots([path for path in paths if str(path) != STDIN], names)
    items = read(found, options)
    if from_stdin:
        items = chain(read_stdin(sys.stdin.buffer, options), items)
    return _Job(items, _record(found, options, from_stdin), from_paths=True)


def _record(found: Sequence[Root], options: Options, from_stdin: bool) -> dict[str, Any]:
    return {
        "roots": [{"path": str(root.path), "name": root.name} for root in found],
        "stdin": from_stdin,
        "include": list(options.include),
        "exclude": list(options.exclude),
        "encodings": [list(pair) for pair in options.encodings],
        "max_size": options.max_size,
    }


# ---------------------------------------------------------------- one build


class _Build:
    """One run of a build: what it has met so far, for the report."""

    def __init__(self, job: _Job, effort: Effort, progress: Callable[[Item], None] | None) -> None:
        self._job = job
        self._effort = effort
        self._progress = progress
        self._began = time.monotonic()
        self._failures: list[Failure] = []
        self._warnings: list[str] = []
        self._places: dict[str, str] = {}
        self._replaced = 0

    def run(self, writer: HomeWriter) -> BuildReport:
        """Build and publish; without a single document of any path, publish nothing."""
        with writer.begin() as draft:
            self._fill(draft)
            engine = ENGINES[ENGINE]
            held = counts(engine, draft.folder)
            if self._job.from_paths and held["documents"] == held["empty"]:
                return self._report(None, held, 0)
            manifest = Manifest(
                made_by=MADE_BY,
                engine=engine.name,
                schema=engine.schema_version,
                fingerprint=fingerprint(),
                user_dictionary=None,
                job=self._job.record,
                counts=held,
            )
            with draft.publish(manifest) as generation:
                published = generation.manifest
                return self._report(generation.id, published.counts, published.bytes)

    def _fill(self, draft: Draft) -> None:
        writer = ENGINES[ENGINE].create(
            draft.folder, jobs=self._effort.jobs, memory=self._effort.memory
        )
        try:
            self._add_all(draft, writer)
        except BaseException:
            with suppress(EngineError):  # the reason for failing is the first error, not this
                writer.rollback()
            raise
        writer.commit()

    def _add_all(self, draft: Draft, writer: Writer) -> None:
        pieces = chunks(self._documents())
        first = list(islice(pieces, -(-SAMPLES // CHUNK)))
        dictionary = train(each.body for chunk in first for each in chunk.documents)
        if dictionary:
            with named_errors(draft.folder, "write the dictionary"):
                (draft.folder / DICTIONARY_FILE).write_bytes(dictionary)
        pieces = chain(first, pieces)
        preparer = Preparer(document_cutter(), Packing(dictionary))
        # This process is one of the jobs: it analyzes what the others have no time for.
        with Crew(ENGINE, draft.folder, self._effort.jobs - 1, dictionary) as crew:
            for chunk in pieces:
                if not crew.takes(chunk):
                    writer.add(preparer.prepare(chunk.documents, chunk.first))
            for spool in crew.finish():
                writer.adopt(spool)

    def _documents(self) -> Iterator[Document]:
        """Yield the documents that can be indexed; note everything else."""
        for item in self._job.items:
            if self._progress is not None:
                self._progress(item)
            if isinstance(item, Failure):
                self._failures.append(item)
            elif isinstance(item, Skipped):
                self._warnings.append(f"{item.where}: not read: {item.reason}")
            else:
                self._note_reading(item)
                yield from self._indexable(item)

    def _indexable(self, item: Read) -> Iterator[Document]:
        found = sound(item.document)
        if isinstance(found, Failure):
            self._failures.append(found)
        else:
            self._note_place(storable(found.id)[0], item.where)
            yield found

    def _note_reading(self, item: Read) -> None:
        if item.confidence < DOUBTFUL:
            self._warnings.append(
                f"{item.where}: read as {item.encoding} with confidence {item.confidence:.2f}; "
                "if it looks wrong, name it: --encoding GLOB=NAME"
            )
        if item.replaced:
            self._warnings.append(
                f"{item.where}: {item.replaced} characters could not be read as {item.encoding}; "
                "they are shown as U+FFFD"
            )
        self._warnings.extend(f"{item.where}: {warning}" for warning in item.warnings)

    def _note_place(self, document_id: str, where: str) -> None:
        before = self._places.get(document_id)
        if before is not None:
            self._replaced += 1
            self._warnings.append(
                f"{document_id}: given twice, at {before} and at {where}; the last one is kept"
            )
        self._places[document_id] = where

    def _report(self, generation: str | None, found: Mapping[str, int], size: int) -> BuildReport:
        return BuildReport(
            generation=generation,
            documents=found["documents"],
            empty=found["empty"],
            replaced=self._replaced,
            failures=tuple(self._failures),
            warnings=tuple(self._warnings),
            seconds=round(time.monotonic() - self._began, 3),
            bytes=size,
        )
