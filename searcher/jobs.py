"""Jobs: the way in to whole builds from documents, files and folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from searcher.arguments import MAX_SIZE, MEMORY
from searcher.generations import Home
from searcher.model import BuildReport, Failure

if TYPE_CHECKING:
    from searcher.building import Item, Source
    from searcher.sources import Listed, Skipped

# `searcher.building` is imported where it is used: what reads, cuts and writes documents takes
# longer to import than most searches take, and `import searcher` comes through here.


def build(  # noqa: PLR0913 - the options of a build, each with a default
    source: Source,
    *,
    index: str | Path = "index",
    jobs: int = 1,
    memory: int = MEMORY,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encodings: Sequence[tuple[str | None, str]] = (),
    names: Sequence[str] = (),
    max_size: int = MAX_SIZE,
    progress: Callable[[Item], None] | None = None,
) -> BuildReport:
    """Make a complete new generation of the index at *index*, publish it, and report.

    *source* is a path, several paths (files, folders, ``-`` for standard input) or an iterable of
    `Document`.  *include* and *exclude* are globs, *encodings* pairs of a glob (or None) and an
    encoding, *names* names for the paths in ids, *max_size* bounds a file in bytes.  With *jobs*
    above 1 that many processes work; a script must then build below
    ``if __name__ == "__main__":``.  *memory* bounds, in bytes, what turning documents into an
    index takes.  *progress* is called with everything that was read.

    What cannot be read or indexed is in the report's ``failures`` and stops nothing.  Where paths
    were given and nothing to search came of them, nothing is published and ``generation`` is
    None.

    Raises:
        SourceError: a path does not exist or cannot be read.
        NotAnIndexError: the folder *index* is something else; it was left untouched.
        IndexLockedError: another job is writing.
        TypeError: *source* is none of these.
    """
    from searcher import building

    home = Home(index)
    home.check_usable()
    chosen = building.options(home, include, exclude, encodings, max_size)
    effort = building.Effort(jobs, memory)
    return building.run(source, home, chosen, names, effort=effort, progress=progress)


def files_to_read(  # noqa: PLR0913 - the options of `build` that choose files
    paths: Sequence[str | Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encodings: Sequence[tuple[str | None, str]] = (),
    names: Sequence[str] = (),
    max_size: int = MAX_SIZE,
    index: str | Path = "index",
) -> Iterator[Listed | Failure | Skipped]:
    """Yield what `build` would read of *paths*, without reading it."""
    from searcher import building

    chosen = building.options(Home(index), include, exclude, encodings, max_size)
    yield from building.files_to_read(paths, chosen, names)
