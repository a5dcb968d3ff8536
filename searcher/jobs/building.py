"""Building: documents, files and folders → a whole generation, with an honest report.

The way in is `searcher.jobs`, which imports this when there is something to build.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from searcher.arguments import KEEP, strings, whole
from searcher.arguments import encodings as checked_encodings
from searcher.changes import holding
from searcher.engines import ENGINES
from searcher.engines.base import Engine
from searcher.errors import EngineError, IndexHomeError, SourceError
from searcher.generations import Home, HomeWriter, Manifest
from searcher.jobs.comparing import emptied, had_any
from searcher.jobs.filling import Kind, Means, fill
from searcher.jobs.noting import Item, Notes, Outcome
from searcher.jobs.publishing import Policy, check_number, live, publish, writing
from searcher.jobs.record import STDIN, Part, Record, on_disk, record_of
from searcher.model import BuildReport, Document, OpenSearch
from searcher.preparing.ledger import GivenUpError
from searcher.sources import RESTORE, Listed, Options, Read, Root, listing, read, read_stdin, roots
from searcher.text.fingerprint import fingerprint
from searcher.version import MADE_BY

Source: TypeAlias = "str | Path | Iterable[str | Path | Document]"


def options(
    home: Home,
    include: Sequence[str],
    exclude: Sequence[str],
    encodings: Sequence[tuple[str | None, str]],
    max_size: int,
    follow_links: bool,
) -> Options:
    """Return the options of `searcher.jobs.build` that choose files, as the sources take them."""
    return Options(
        include=strings("include", include),
        exclude=strings("exclude", exclude),
        encodings=checked_encodings(encodings),
        max_size=whole("max_size", max_size),
        follow_links=follow_links,
        leave_out=(home.path.resolve(),),
    )


def run(
    source: Source,
    home: Home,
    chosen: Options,
    names: Sequence[str],
    means: Means,
    policy: Policy,
) -> BuildReport:
    """Make a complete new generation of *home* of what *source* gives, and publish it.

    Raises as `searcher.jobs.build` does.
    """
    keep = KEEP if policy.keep is None else policy.keep
    job = _job(source, Record(options=chosen, keep=keep), strings("names", names))
    with writing(home, "searcher build", policy, resume=means.resume) as writer:
        return _Build(job, means, policy, Notes("build", policy.progress)).run(home, writer)


def run_again(home: Home, means: Means, policy: Policy) -> BuildReport:
    """Make the last build of *home* again, from the roots and options in its record.

    Raises as `searcher.jobs.rebuild` does.
    """
    home.last_manifest()  # where there is none, not even a folder is made
    with writing(home, "searcher rebuild", policy, resume=means.resume) as writer:
        record = recorded(home)
        _refuse_emptied(record, home)
        return _Build(_parts_job(record), means, policy, Notes("rebuild", policy.progress)).run(
            home, writer
        )


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
    places, names = zip(*((root.path, root.name) for root in record.roots), strict=True)
    found = roots(places, names, advice=RESTORE)
    options = [part.options for part in record.parts]
    return replace(record, parts=tuple(map(Part, found, options)), stdin=False)


def kind(engine: object) -> Kind:
    """Return the engine that *engine* names or describes, and what it is told.

    Raises:
        ValueError: it is the name of none, or of one that must be told where.
        TypeError: it is something else.
    """
    if isinstance(engine, OpenSearch):
        return Kind("opensearch", engine.settings)
    if not isinstance(engine, str):
        raise TypeError(f"expected an engine, not {type(engine).__name__}")
    if engine != Kind().engine:
        told = (
            "give searcher.OpenSearch(URL)"
            if engine in ENGINES
            else "there are whoosh and searcher.OpenSearch(URL)"
        )
        raise ValueError(f"{engine!r:.80} cannot be built with: {told}")
    return Kind()


def kind_of(home: Home) -> Kind:
    """Return the engine that the last build of *home* was made with, where it is one of ours.

    Raises:
        IndexNotFoundError: there is no index.
        IndexCorruptError: its manifest is damaged.
    """
    made = home.last_manifest()
    if made.engine not in ENGINES:
        return Kind()
    return Kind(made.engine, record_of(made, home.path).settings)


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
    again: Callable[[], _Job] | None = None
    """Reads it all once more, where that can be done."""


def _job(source: Source, blank: Record, names: tuple[str, ...]) -> _Job:
    """Return what a build of *source* reads; *blank* is a record that names no root yet."""
    if isinstance(source, str | Path):
        return _path_job([source], blank, names)
    if isinstance(source, bytes | dict) or not isinstance(source, Iterable):
        raise TypeError(f"expected paths or documents, not {type(source).__name__}")
    items = iter(source)
    first = list(islice(items, 1))
    if first and isinstance(first[0], str | Path):
        paths = [*first, *items]
        if not all(isinstance(path, str | Path) for path in paths):
            raise TypeError("expected paths, but not all of them are")
        return _path_job(paths, blank, names)  # type: ignore[arg-type]
    return _Job(_given(chain(first, items)), Record(keep=blank.keep), from_paths=False)


def _given(documents: Iterable[Any]) -> Iterator[Item]:
    for number, document in enumerate(documents, 1):
        yield Read(document, f"document {number}", "", 1.0, 0, 0)


def _path_job(paths: Sequence[str | Path], blank: Record, names: tuple[str, ...]) -> _Job:
    parts = parts_of(paths, blank.options, names)
    from_stdin = STDIN in map(str, paths)
    job = _parts_job(replace(blank, parts=parts, stdin=from_stdin))
    if from_stdin:
        items = chain(read_stdin(sys.stdin.buffer, blank.options), job.items)
        return job._replace(items=items, again=None)
    return job


def _parts_job(record: Record) -> _Job:
    again = partial(_parts_job, record)
    return _Job(_read_parts(record.parts), record, from_paths=True, again=again)


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

    def __init__(self, job: _Job, means: Means, policy: Policy, notes: Notes) -> None:
        self._job = job
        self._means = means
        self._policy = policy
        self._notes = notes

    def run(self, home: Home, writer: HomeWriter) -> BuildReport:
        """Build and publish; where nothing came of what was given, publish nothing."""
        try:
            return self._run(home, writer)
        except GivenUpError as error:
            job = self._once_more(error, home)
            notes = self._notes.anew()
            notes.warnings.append(f"the unfinished build was given up and begun anew: {error}")
            means = replace(self._means, resume=False)
            return _Build(job, means, self._policy, notes).run(home, writer)

    def _once_more(self, error: GivenUpError, home: Home) -> _Job:
        if not error.begun:
            return self._job
        if self._job.again is None:
            raise SourceError(
                f"{home.path}: cannot go on with the unfinished build ({error}), and what it was "
                "given cannot be read once more; build again without --resume"
            ) from error
        return self._job.again()

    def _run(self, home: Home, writer: HomeWriter) -> BuildReport:
        engine = ENGINES[self._means.kind.engine]
        record = replace(self._job.record, settings=self._means.kind.settings)
        made = Manifest(
            made_by=MADE_BY,
            engine=engine.name,
            schema=engine.schema_version,
            fingerprint=fingerprint(),
            user_dictionary=None,
            job=record.to_job(),
            counts={},
        )
        with live(home, self._policy) as before, writer.begin() as draft:
            incoming = self._notes.incoming(self._job.items)
            rejected = fill(draft, incoming, self._means, self._notes)
            made = holding(engine, draft.folder, made)
            self._notes.refused_by_engine(rejected)
            lost = _not_in(engine, draft.folder, {each.id for each in rejected})
            check_number(made, len(self._notes.places) - lost)
            if self._came_to_nothing(made):
                return self._notes.report(Outcome(None, _current(home), made))
            return self._notes.report(publish(draft, made, before, self._policy, self._notes))

    def _came_to_nothing(self, made: Manifest) -> bool:
        """Tell whether there is nothing to search in what paths gave, or no document at all
        though a program gave some.
        """
        if self._job.from_paths:
            return made.counts["documents"] == made.counts["empty"]
        return not made.counts["documents"] and bool(self._notes.failures)


def _not_in(engine: Engine, folder: Path, ids: Collection[str]) -> int:
    """Return how many of *ids* the index has no document of: one may have come more than once."""
    if not ids:
        return 0
    with closing(engine.open(folder)) as reader:
        return sum(reader.find(each) is None for each in ids)


def _current(home: Home) -> str | None:
    try:
        return home.current_id()
    except IndexHomeError:
        return None
