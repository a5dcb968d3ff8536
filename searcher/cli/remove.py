"""`searcher remove`: documents out of an index, by id."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from searcher.cli.jobs import AsJson, KeepForOnce, begin
from searcher.cli.naming import ids_named
from searcher.cli.notes import LISTED, note
from searcher.cli.options import Color, Colored, Home, Wait, home_of
from searcher.jobs import remove as run
from searcher.model import BuildReport
from searcher.render import indented

_STDIN = "-"


def remove(  # noqa: PLR0913 - the options of a command
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...",
            help="Ids of documents, or paths that one alone has; - reads more from stdin.",
        ),
    ],
    home: Home = None,
    null: Annotated[
        bool, typer.Option("--null", help="Ids on stdin end with NUL, not with the line.")
    ] = False,
    keep: KeepForOnce = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Take documents out of an index, all in one new generation; exit 1 if some were not there."""
    begin()
    place = home_of(home)
    wanted = ids_named(place, _wanted(ids, null=null))
    report = run(wanted, index=place, keep=keep, wait=wait)
    if as_json:
        typer.echo(indented(report.to_dict()), nl=False)
    else:
        _print(report)
    raise typer.Exit(1 if report.missing else 0)


def _wanted(ids: Sequence[str], *, null: bool) -> Iterator[str]:
    """Yield the ids that were given, those on standard input in place of ``-``."""
    for each in ids:
        if each == _STDIN:
            text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
            found = text.split("\0") if null else (line.rstrip("\r") for line in text.split("\n"))
            yield from filter(None, found)
        else:
            yield each


def _print(report: BuildReport) -> None:
    missing = report.missing
    for each in missing[:LISTED]:
        note(f"{each}: there is no such document")
    if len(missing) > LISTED:
        note(f"and {len(missing) - LISTED:,} more are not there: --json lists them")
    if missing:
        note("list what there is with: searcher status --files")
    where = "in generation" if report.removed else "nothing was published; still generation"
    typer.echo(f"{report.removed or 0:,} removed, {where} {report.generation}")
