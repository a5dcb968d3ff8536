"""`searcher update`: what changed in files and folders → a published generation."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from searcher.arguments import SAMPLES
from searcher.cli.jobs import (
    AsJson,
    Encoding,
    Exclude,
    Golden,
    Include,
    KeepForOnce,
    Quiet,
    Samples,
    begin,
    encoding_of,
    finish,
    size_of,
)
from searcher.cli.options import Color, Colored, Home, Wait, home_of
from searcher.cli.progress import watching
from searcher.jobs import files_to_compare
from searcher.jobs import update as run


def update(  # noqa: PLR0913 - the options of a command
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            show_default=False,
            help="Files and folders, new, changed or gone; without any, all that was built from.",
        ),
    ] = None,
    home: Home = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="NAME", help="What ids of a new PATH begin with."),
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Files above this are failures (K, M, G).")
    ] = None,
    keep: KeepForOnce = None,
    wait: Wait = 0.0,
    golden: Golden = None,
    samples: Samples = SAMPLES,
    as_json: AsJson = False,
    quiet: Quiet = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Add what is new under PATH, replace what changed, take out what vanished.

    Options about files hold for the whole roots named, from now on; those left out are as they
    were when the index was built.
    """
    begin()
    choice: dict[str, Any] = {
        "include": include or None,
        "exclude": exclude or None,
        "names": name or (),
        "max_size": None if max_size is None else size_of(max_size, "--max-size"),
        "encodings": [encoding_of(each) for each in encoding] if encoding else None,
    }
    place = home_of(home)
    files = partial(files_to_compare, paths or (), index=place, **choice)
    with watching("update", files, quiet=quiet or as_json) as progress:
        report = run(
            paths or (),
            index=place,
            keep=keep,
            wait=wait,
            golden=golden,
            samples=samples,
            progress=progress,
            **choice,
        )
    finish(report, as_json=as_json, quiet=quiet)
