"""The program: its commands, one file each."""

from __future__ import annotations

from typing import Annotated

import typer

from searcher.cli.analyze import analyze
from searcher.cli.build import build
from searcher.cli.search import search
from searcher.cli.show import show
from searcher.cli.status import status
from searcher.version import VERSION

app = typer.Typer(
    name="searcher",
    help="Full-text search for Chinese documents: exact phrases, exact highlights, any script.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

for command in (build, search, status, show, analyze):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"searcher {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Full-text search for Chinese documents: exact phrases, exact highlights, any script."""
