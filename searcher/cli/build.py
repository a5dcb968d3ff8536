"""`searcher build`: files and folders → a published generation."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from searcher.arguments import KEEP, SAMPLES
from searcher.cli.jobs import (
    Alias,
    AsJson,
    Dask,
    Encoding,
    Engine,
    EngineName,
    Exclude,
    Golden,
    Include,
    Keep,
    Memory,
    Processes,
    Quiet,
    Replicas,
    Resume,
    Samples,
    Shards,
    Url,
    begin,
    encoding_of,
    engine_of,
    finish,
    memory_of,
    size_of,
    working,
)
from searcher.cli.notes import note
from searcher.cli.options import Color, Colored, Home, Wait, home_of
from searcher.cli.progress import Files, watching
from searcher.jobs import build as run
from searcher.jobs import files_to_read
from searcher.model import Failure
from searcher.render import indented, visible
from searcher.sources import Listed, Skipped, printable


def build(  # noqa: PLR0913 - the options of a command
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files and folders; - is standard input."),
    ],
    home: Home = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="NAME", help="What ids begin with, once for each PATH."),
    ] = None,
    max_size: Annotated[
        str, typer.Option(metavar="SIZE", help="Files above this are failures (K, M, G).")
    ] = "64M",
    follow_links: Annotated[
        bool,
        typer.Option(
            "--follow-links",
            help="Follow links inside of folders, wherever they lead; recorded.",
        ),
    ] = False,
    engine: Engine = EngineName.whoosh,
    url: Url = None,
    alias: Alias = None,
    shards: Shards = None,
    replicas: Replicas = None,
    jobs: Processes = 1,
    memory: Memory = "512M",
    dask: Dask = None,
    resume: Resume = False,
    keep: Keep = KEEP,
    wait: Wait = 0.0,
    golden: Golden = None,
    samples: Samples = SAMPLES,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List what would be read, with --json too; write nothing."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Make a complete index of files and folders, check it, publish it in one step."""
    begin()
    choice: dict[str, Any] = {
        "include": include or (),
        "exclude": exclude or (),
        "names": name or (),
        "max_size": size_of(max_size, "--max-size"),
        "follow_links": follow_links,
        "encodings": [encoding_of(each) for each in encoding or ()],
    }
    kept = engine_of(engine, url, alias, shards, replicas)
    place = home_of(home)
    files = partial(files_to_read, paths, index=place, **choice)
    if dry_run:
        (_list_as_json if as_json else _list)(files())
        return
    with (
        working(jobs, dask) as workers,
        watching("build", files, quiet=quiet or as_json) as progress,
    ):
        report = run(
            paths,
            index=place,
            engine=kept,
            memory=memory_of(memory),
            resume=resume,
            keep=keep,
            wait=wait,
            golden=golden,
            samples=samples,
            progress=progress,
            **workers,
            **choice,
        )
    finish(report, as_json=as_json, quiet=quiet)


def _list(found: Files) -> None:
    """Print the files a build would read, one a line: size and path."""
    for each in found:
        if isinstance(each, Listed):
            typer.echo(f"{each.size:>12,}  {visible(printable(each.path))}")
        else:
            note(f"{each.where}: {each.reason}")


def _list_as_json(found: Files) -> None:
    """Print as one object what `_list` prints, and how much it is in all."""
    all_of_it = list(found)
    files = [each for each in all_of_it if isinstance(each, Listed)]
    listing = {
        "files": [{"path": printable(each.path), "bytes": each.size} for each in files],
        "failures": [each._asdict() for each in all_of_it if isinstance(each, Failure)],
        "skipped": [asdict(each) for each in all_of_it if isinstance(each, Skipped)],
        "total": {"files": len(files), "bytes": sum(each.size for each in files)},
    }
    typer.echo(indented(listing), nl=False)
