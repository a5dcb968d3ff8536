"""`searcher rollback`: an older generation, published again."""

from __future__ import annotations

from typing import Annotated

import typer

from searcher.cli.jobs import begin
from searcher.cli.options import Color, Colored, Home, Wait, home_of
from searcher.jobs import rollback as run
from searcher.render import indented


def rollback(
    home: Home = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="ID",
            help="The generation to publish; the one published before if not given.",
        ),
    ] = None,
    wait: Wait = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Publish the generation before this one again, or another that is kept.

    Its files are checked first. `searcher status` lists what is kept.
    """
    begin()
    report = run(home_of(home), to=to, wait=wait)
    if as_json:
        typer.echo(indented(report._asdict()), nl=False)
    elif report.generation == report.left:
        typer.echo(f"published     {report.generation}, as before")
    else:
        typer.echo(f"published     {report.generation}")
        typer.echo(f"in place of   {report.left or 'none that is known: CURRENT was damaged'}")
