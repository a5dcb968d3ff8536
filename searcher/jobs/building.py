"""Building: documents, files and folders → a whole generation, with an honest report.

The way in is `searcher.jobs`, which imports this when there is something to build.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from searcher.arguments import LEAST_MEMORY, strings
from searcher.changes import holding
from searcher.engines import ENGINES
from searcher.engines.base import Writer
from searcher.errors import EngineError, IndexHomeError, SourceError
from searcher.generations import Draft, Home, HomeWriter, Manifest, named_errors
from searcher.jobs.comparing import emptied, had_any
from searcher.jobs.noting import Item, Notes, Outcome
from searcher.jobs.publishing import Policy, check_number, live, publish, writing
from searcher.jobs.record import STDIN, Part, Record, on_disk, record_of
from searcher.model import BuildReport, Document
from searcher.preparing import CHUNK, Crew, chunks
from searcher.preparing.documents import Preparer
from searcher.sources import RESTORE, Listed, Options, Read, Root, listing, read, read_stdin, roots
from searcher.stored.packing import DICTIONARY_FILE, SAMPLES, Packing, train
from searcher.text.fingerprint import fingerprint
from searcher.text.words import document_cutter
from searcher.version import MADE_BY

ENGINE = "whoosh"
"""The engine of new indexes."""

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


def run(
    source: Source,
    home: Home,
    chosen: Options,
    names: Sequence[str],
    effort: Effort,
    policy: Policy,
) -> BuildReport:
    """Make a complete new generation of *home* of what *source* gives, and publish it.

    Raises as `searcher.jobs.build` does.
    """
    job = _job(source, chosen, strings("names", names))
    with writing(home, "searcher build", policy) as writer:
        return _Build(job, effort, policy, Notes("build", policy.progress)).run(home, writer)


def run_again(home: Home, effort: Effort, policy: Policy) -> BuildReport:
    """Make the last build of *home* again, from the roots and options in its record.

    Raises as `searcher.jobs.rebuild` does.
    """
    home.last_manifest()  # where there is none, not even a folder is made
    with writing(home, "searcher rebuild", policy) as writer:
        record = recorded(home)
        _refuse_emptied(record, home)
        job = _Job(_read_parts(record.parts), record, from_paths=True)
        return _Build(job, effort, policy, Notes("rebuild", policy.progress)).run(home, writer)


def recorded(home: Home) -> Record:
    """Return the record of the last build, its roots all there.

    Raises:
        SourceError: a root is gone, or there are documents that cannot be read again.
    """
    made = home.last_manifest()
    record = record_of(made, home.path)
    if record.given:
        raise SourceError(
            f"{home.path}: {record.given:,} of {made.counts['documents']:,} documents were given "
            "by a program or on standard input, and a rebuild would lose them; build again with "
            "all of them, take them out first (searcher remove ID…), or run: searcher update"
        )
    if not record.parts:
        raise SourceError(
            f"{home.path}: no files or folders are recorded to build from; "
            "build again: searcher build PATH…"
        )
    try:
        found = roots([root.path for root in record.roots], [root.name for root in record.roots])
    except SourceError as error:
        raise SourceError(f"{error}; {RESTORE}") from error
    options = [part.options for part in record.parts]
    return replace(record, parts=tuple(map(Part, found, options)), stdin=False)


def files_of(parts: Iterable[Part]) -> Iterator[Any]:
    """Yield the files of *parts*, and what is there but none of them, without reading any."""
    for root, chosen in parts:
        yield from listing([root], chosen)


# ---------------------------------------------------------------- where documents come from


class _Job(NamedTuple):
    """Everything there is to read, and the record of it that a manifest keeps."""

    items: Iterator[Item]
    record: Record
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
    return _Job(_given(chain(first, items)), Record(), from_paths=False)


def _given(documents: Iterable[Any]) -> Iterator[Item]:
    for number, document in enumerate(documents, 1):
        yield Read(document, f"document {number}", "", 1.0, 0, 0)


def _path_job(paths: Sequence[str | Path], options: Options, names: tuple[str, ...]) -> _Job:
    parts = parts_of(paths, options, names)
    from_stdin = STDIN in map(str, paths)
    items = _read_parts(parts)
    if from_stdin:
        items = chain(read_stdin(sys.stdin.buffer, options), items)
    return _Job(items, Record(parts, options, from_stdin), from_paths=True)


def parts_of(
    paths: Sequence[str | Path], options: Options, names: Sequence[str]
) -> tuple[Part, ...]:
    """Return what there is to read at *paths*, standard input aside."""
    found = roots(on_disk(paths), names)
    return tuple(Part(root, options) for root in found)


def _read_parts(parts: Iterable[Part]) -> Iterator[Item]:
    # A list first: what is wrong with the options must be said before anything is made.
    return chain.from_iterable([read([root], options) for root, options in parts])


def _refuse_emptied(record: Record, home: Home) -> None:
    """Raise SourceError where a root is there but empty, as an unmounted disk is."""
    for part in record.parts:
        has_file = any(isinstance(each, Listed) for each in files_of([part]))
        if not has_file and _gave_documents(part.root, home):
            raise emptied(part.root)


def _gave_documents(root: Root, home: Home) -> bool:
    """Tell whether the index has documents from *root*; where it cannot be asked, it may."""
    # Imported here: only a rebuild that met an empty folder asks this.
    from searcher.snapshot import engine_of

    try:
        with (
            home.current() as generation,
            closing(engine_of(generation).open(generation.folder)) as reader,
        ):
            return had_any(reader.known(), root)
    except (IndexHomeError, EngineError):
        return True


# ---------------------------------------------------------------- one build


class _Build:
    """One run of a build."""

    def __init__(self, job: _Job, effort: Effort, policy: Policy, notes: Notes) -> None:
        self._job = job
        self._effort = effort
        self._policy = policy
        self._notes = notes

    def run(self, home: Home, writer: HomeWriter) -> BuildReport:
        """Build and publish; without a single document of any path, publish nothing."""
        engine = ENGINES[ENGINE]
        made = Manifest(
            made_by=MADE_BY,
            engine=engine.name,
            schema=engine.schema_version,
            fingerprint=fingerprint(),
            user_dictionary=None,
            job=self._job.record.to_job(),
            counts={},
        )
        with live(home, self._policy) as before, writer.begin() as draft:
            self._fill(draft)
            made = holding(engine, draft.folder, made)
            check_number(made, len(self._notes.places))
            if self._job.from_paths and made.counts["documents"] == made.counts["empty"]:
                return self._notes.report(Outcome(None, _current(home), made))
            return self._notes.report(publish(draft, made, before, self._policy, self._notes))

    def _fill(self, draft: Draft) -> None:
        writer = ENGINES[ENGINE].create(
            draft.folder, jobs=self._effort.jobs, memory=self._effort.memory
        )
        try:
            with self._notes.stage("read"):
                self._add_all(draft, writer)
        except BaseException:
            with suppress(EngineError):  # the reason for failing is the first error, not this
                writer.rollback()
            raise
        with self._notes.stage("write"):
            writer.commit()

    def _add_all(self, draft: Draft, writer: Writer) -> None:
        pieces = chunks(self._notes.incoming(self._job.items))
        first = list(islice(pieces, -(-SAMPLES // CHUNK)))
        dictionary = train(each.document.body for chunk in first for each in chunk.incoming)
        if dictionary:
            with named_errors(draft.folder, "write the dictionary"):
                (draft.folder / DICTIONARY_FILE).write_bytes(dictionary)
        pieces = chain(first, pieces)
        preparer = Preparer(document_cutter(), Packing(dictionary))
        # This process is one of the jobs: it analyzes what the others have no time for.
        with Crew(ENGINE, draft.folder, self._effort.jobs - 1, dictionary) as crew:
            for chunk in pieces:
                if not crew.takes(chunk):
                    writer.add(preparer.prepare(chunk.incoming, chunk.first))
            for spool in crew.finish():
                writer.adopt(spool)


def _current(home: Home) -> str | None:
    try:
        return home.current_id()
    except IndexHomeError:
        return None
