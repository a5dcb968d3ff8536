"""`searcher rebuild`: the last build again, from what the index has on record."""

from __future__ import annotations

from functools import partial

from searcher.arguments import SAMPLES
from searcher.cli.jobs import (
    AsJson,
    Dask,
    Golden,
    KeepForOnce,
    Memory,
    Processes,
    Quiet,
    Resume,
    Samples,
    begin,
    finish,
    memory_of,
    working,
)
from searcher.cli.options import Color, Colored, Home, Wait, home_of
from searcher.cli.progress import watching
from searcher.jobs import files_to_read_again
from searcher.jobs import rebuild as run


def rebuild(  # noqa: PLR0913 - the options of a command
    home: Home = None,
    jobs: Processes = 1,
    memory: Memory = "512M",
    dask: Dask = None,
    resume: Resume = False,
    keep: KeepForOnce = None,
    wait: Wait = 0.0,
    golden: Golden = None,
    samples: Samples = SAMPLES,
    as_json: AsJson = False,
    quiet: Quiet = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Make the last build again, from its recorded files, folders and options: for cron."""
    begin()
    place = home_of(home)
    files = partial(files_to_read_again, place)
    with (
        working(jobs, dask) as workers,
        watching("rebuild", files, quiet=quiet or as_json) as progress,
    ):
        report = run(
            index=place,
            memory=memory_of(memory),
            resume=resume,
            keep=keep,
            wait=wait,
            golden=golden,
            samples=samples,
            progress=progress,
            **workers,
        )
    finish(report, as_json=as_json, quiet=quiet)
