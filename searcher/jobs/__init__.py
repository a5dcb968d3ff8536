"""Jobs: the way in to builds, rebuilds and updates from documents, files and folders.

Each makes a generation aside, checks it, publishes it in one step, and returns one report.  What
fails on the way publishes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from searcher.arguments import (
    KEEP,
    MAX_SIZE,
    MEMORY,
    SAMPLES,
    VERIFY_SAMPLES,
    seconds,
    strings,
    whole,
)
from searcher.arguments import encodings as checked_encodings
from searcher.errors import IndexCorruptError
from searcher.generations import Generation, Home, verify_files
from searcher.model import BuildReport, Failure, OpenSearch

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from searcher.checking import CheckReport
    from searcher.jobs.building import Source
    from searcher.jobs.noting import Progress
    from searcher.jobs.record import Choice
    from searcher.sources import Listed, Skipped

# What reads, cuts, writes and checks documents is imported where it is used: that takes longer
# than most searches take, and `import searcher` comes through here.


def build(  # noqa: PLR0913 - the options of a build, each with a default
    source: Source,
    *,
    index: str | Path = "index",
    engine: str | OpenSearch = "whoosh",
    jobs: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
    resume: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encodings: Sequence[tuple[str | None, str]] = (),
    names: Sequence[str] = (),
    max_size: int = MAX_SIZE,
    follow_links: bool = False,
    keep: int = KEEP,
    wait: float = 0.0,
    samples: int = SAMPLES,
    golden: str | Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Make a complete new generation of the index at *index*, check it, publish it, and report.

    *source* is a path, several paths (files, folders, ``-`` for standard input) or an iterable of
    `Document`.  *include* and *exclude* are globs, *encodings* pairs of a glob (or None) and an
    encoding, *names* names for the paths in ids, *max_size* bounds a file in bytes.  Links inside
    of folders are followed with *follow_links* only, wherever they lead; what is found at its own
    place as well is read there.  With *jobs* above 1 that many processes work; a script must then
    build below ``if __name__ == "__main__":``.  *memory* bounds, in bytes, what turning documents
    into an index takes.

    *engine* is "whoosh", which keeps the index in its folder, or the `searcher.OpenSearch` cluster
    that it is kept in; the folder says where it is, and is used in the same way.

    An engine whose documents lie in a cluster can be filled by the workers of an *executor*, on
    this machine or on many, of which *jobs* is about the number; and with *resume* a build of it
    that was broken off is gone on with: documents that are there already are not sent again.
    Where the sources have changed since, or how the index is made, it begins anew, which is in
    the report's ``warnings``.

    *keep* generations stay, this one among them, and as many when later jobs are done that are
    not told otherwise.  Where another job is writing, its end is waited for, *wait* seconds at
    most.  Before it is published, *samples* stretches of its documents
    must each find the document they were copied from, and each query of the file *golden* its
    ids.  *progress* is called with everything that was read, and with a
    `searcher.jobs.noting.Stage` where one begins.

    What cannot be read or indexed is in the report's ``failures`` and stops nothing.  Where paths
    were given and nothing to search came of them, or documents and every one failed, nothing is
    published and ``generation`` is None; no documents at all make an empty index.

    Raises:
        SourceError: a path, or the golden file, does not exist or cannot be read.
        CheckFailedError: the new generation did not pass; it is not published.
        NotAnIndexError: the folder *index* is something else; it was left untouched.
        IndexLockedError: another job is still writing.
        WorkerError: a worker died, failed again and again, or has other versions than this one.
        EngineError: *executor* or *resume* is for an engine that writes into a folder, or the
            cluster cannot be reached, or refuses.
        ValueError, TypeError: *engine* or *source* is none of these, or an argument that the
            message names is of another type or out of its range.
    """
    from searcher.jobs import building, filling
    from searcher.jobs.publishing import policy

    home = Home(index)
    home.check_usable()
    chosen = building.options(home, include, exclude, encodings, max_size, follow_links)
    means = filling.Means(building.kind(engine), jobs, memory, executor, resume)
    terms = policy(keep, wait, samples, golden, progress)
    return building.run(source, home, chosen, names, means, terms)


def rebuild(  # noqa: PLR0913 - the options of a rebuild, each with a default
    *,
    index: str | Path = "index",
    engine: str | OpenSearch | None = None,
    jobs: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
    resume: bool = False,
    keep: int | None = None,
    wait: float = 0.0,
    samples: int = SAMPLES,
    golden: str | Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Make the last build again, from the roots and options that the index has on record.

    For that the index need not be whole, nor made by this version: its manifest is enough.  The
    *engine* is the recorded one, as it was told then, unless given.  *keep* is what the last
    build was told, unless given for this once.  The other arguments are those of `build`.

    Raises:
        SourceError: a recorded root is gone or empty, none is recorded, or there are documents
            that were given by a program or on standard input, which a rebuild would lose.
        IndexNotFoundError: there is no index.
        IndexCorruptError: its manifest is damaged.
        CheckFailedError, IndexLockedError, NotAnIndexError: as `build` does.
    """
    from searcher.jobs import building, filling
    from searcher.jobs.publishing import policy

    home = Home(index)
    kind = building.kind_of(home) if engine is None else building.kind(engine)
    means = filling.Means(kind, jobs, memory, executor, resume)
    return building.run_again(home, means, policy(keep, wait, samples, golden, progress))


def update(  # noqa: PLR0913 - the options of an update, each with a default
    paths: str | Path | Sequence[str | Path] = (),
    *,
    index: str | Path = "index",
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    encodings: Sequence[tuple[str | None, str]] | None = None,
    names: Sequence[str] = (),
    max_size: int | None = None,
    keep: int | None = None,
    wait: float = 0.0,
    samples: int = SAMPLES,
    golden: str | Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring what the index holds of *paths* up to date: add, replace, and take out what vanished.

    Without *paths* that is all it was built from.  A path may be a root of the index, a file or
    folder below one, also one that is not there any more, or a new root, which joins the record
    that `rebuild` goes by.  Documents are compared by content; where nothing differs, nothing is
    published.  A file that is there but cannot be read keeps its document, and is a failure.
    Documents given by a program are never touched.

    *include*, *exclude*, *encodings* and *max_size* hold for the whole roots named, from now on;
    each one left out is as recorded, for a new root as in `build`.  A document that they leave
    out has vanished.  *keep* is that of `rebuild`, the other arguments are those of `build`.

    Raises:
        SourceError: a root is gone or empty, a path cannot be read, or no document would be left.
        IndexNotFoundError: there is no index.
        IndexFormatError: made by another version; rebuild it.
        CheckFailedError, IndexLockedError, NotAnIndexError: as `build` does.
    """
    from searcher.jobs import updating
    from searcher.jobs.publishing import policy

    wanted = _paths(paths)
    choice = _choice(include, exclude, encodings, max_size)
    terms = policy(keep, wait, samples, golden, progress)
    return updating.run(wanted, Home(index), choice, strings("names", names), terms)


def remove(  # noqa: PLR0913 - the options of a removal, each with a default
    ids: Iterable[str],
    *,
    index: str | Path = "index",
    keep: int | None = None,
    wait: float = 0.0,
    samples: int = SAMPLES,
    golden: str | Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Take the documents with these ids out of the index; ``missing`` are those not there.

    The next update or rebuild reads one again whose file is still there.  *keep* is that of
    `rebuild`, the other arguments are those of `build`.

    Raises:
        IndexNotFoundError: there is no index.
        IndexFormatError: made by another version; rebuild it.
        CheckFailedError, IndexLockedError, NotAnIndexError: as `build` does.
    """
    from searcher.jobs import updating
    from searcher.jobs.publishing import policy

    terms = policy(keep, wait, samples, golden, progress)
    return updating.take_out(strings("ids", ids), Home(index), terms)


# ---------------------------------------------------------------- what is there already


class RolledBack(NamedTuple):
    """The ``generation`` that a rollback published, and the one it ``left``, if that is known."""

    generation: str
    left: str | None


def rollback(
    index: str | Path = "index", *, to: str | None = None, wait: float = 0.0
) -> RolledBack:
    """Publish an older generation again: *to*, else the one before the one published now.

    Its checksums are verified first.  *wait* is that of `build`.

    Raises:
        IndexNotFoundError: there is no index, or no such generation.
        IndexCorruptError: it is damaged; what was published stays so.
        IndexFormatError: it was made with another version or analyzer; the same.
        IndexLockedError: another job is still writing.
    """
    home, wait = Home(index), seconds("wait", wait)
    _published(home)  # where there is no index, locking it would make one
    # Imported here: it brings what builds.
    from searcher.engines import drop
    from searcher.jobs.publishing import note_published

    with home.lock("searcher rollback", wait, drop) as writer:
        left = _published(home)  # by now, if another job was waited for
        with writer.rollback(to, _check_usable) as generation:
            note_published(generation.folder)
            return RolledBack(generation.id, left)


def _published(home: Home) -> str | None:
    try:
        return home.current_id()
    except IndexCorruptError:
        return None  # to step back is the way to mend it


def _check_usable(generation: Generation) -> None:
    from searcher.snapshot import engine_of

    engine_of(generation)
    verify_files(generation)


def verify(
    index: str | Path = "index",
    *,
    samples: int = VERIFY_SAMPLES,
    seed: str | None = None,
    golden: str | Path | None = None,
) -> CheckReport:
    """Check what is published: every checksum, the counts, and that documents are found.

    *samples* stretches of the documents, chosen by *seed* or else by the generation's id, must
    each find the document they were copied from, and the queries of the file *golden* their ids.

    Raises:
        IndexCorruptError: something is damaged; the message names the file.
        IndexNotFoundError, IndexFormatError: as `searcher.open` does.
        SourceError: the golden file cannot be read.
    """
    from searcher.checking import check
    from searcher.checking.golden import read_golden

    samples = whole("samples", samples)
    queries = () if golden is None else read_golden(golden)
    with Home(index).current() as generation:
        return check(generation, samples=samples, seed=seed, golden=queries)


# ---------------------------------------------------------------- without reading


def files_to_read(  # noqa: PLR0913 - the options of `build` that choose files
    paths: Sequence[str | Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encodings: Sequence[tuple[str | None, str]] = (),
    names: Sequence[str] = (),
    max_size: int = MAX_SIZE,
    follow_links: bool = False,
    index: str | Path = "index",
) -> Iterator[Listed | Failure | Skipped]:
    """Yield what `build` would read of *paths*, without reading it."""
    from searcher.jobs import building

    chosen = building.options(Home(index), include, exclude, encodings, max_size, follow_links)
    yield from building.files_of(building.parts_of(paths, chosen, names))


def files_to_read_again(index: str | Path = "index") -> Iterator[Listed | Failure | Skipped]:
    """Yield what `rebuild` would read, without reading it.

    Raises SourceError as `rebuild` does.
    """
    from searcher.jobs import building

    yield from building.files_of(building.recorded(Home(index)).parts)


def files_to_compare(  # noqa: PLR0913 - the options of `update` that choose files
    paths: str | Path | Sequence[str | Path] = (),
    *,
    index: str | Path = "index",
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    encodings: Sequence[tuple[str | None, str]] | None = None,
    names: Sequence[str] = (),
    max_size: int | None = None,
) -> Iterator[Listed | Failure | Skipped]:
    """Yield what `update` would read of *paths*, without reading it.

    Raises SourceError as `update` does.
    """
    from searcher.jobs import building, updating

    home = Home(index)
    choice = _choice(include, exclude, encodings, max_size)
    yield from building.files_of(updating.parts_in(home, _paths(paths), choice, names))


# ---------------------------------------------------------------- arguments


def _paths(paths: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    found = [paths] if isinstance(paths, str | Path) else list(paths)
    if not all(isinstance(path, str | Path) for path in found):
        raise TypeError("expected paths, but not all of them are")
    return found


def _choice(
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    encodings: Sequence[tuple[str | None, str]] | None,
    max_size: int | None,
) -> Choice:
    from searcher.jobs.record import Choice

    return Choice(
        include=None if include is None else strings("include", include),
        exclude=None if exclude is None else strings("exclude", exclude),
        encodings=None if encodings is None else checked_encodings(encodings),
        max_size=None if max_size is None else whole("max_size", max_size),
    )
