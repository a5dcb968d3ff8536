"""The program: its commands, one file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from searcher.cli.notes import note
from searcher.render import shortened
from searcher.version import VERSION

COMMANDS = (
    "build",
    "rebuild",
    "update",
    "remove",
    "search",
    "explain",
    "show",
    "status",
    "verify",
    "rollback",
    "analyze",
)
"""The commands in the order they are listed; each is a function in the module of its name."""

_PLAIN: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": None}


class _Asking(TyperCommand):
    """A command that takes a query, which may begin with a minus."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as ever; where what looks like an option may be a query, say how to ask it."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            wrong = getattr(error, "option_name", "--")
            if wrong.startswith("--") or not hasattr(error, "possibilities"):
                raise
            note(_with_dashes(given, wrong, ctx.info_name))
            raise typer.Exit(2) from None


def _with_dashes(args: list[str], wrong: str, name: str) -> str:
    """Say that there is no such option, and how to ask it if it is a query."""
    # Imported here: a query that is taken for one needs no quotes.
    from shlex import quote

    found = (each for each in args if each.startswith("-") and wrong[1] in each)
    asked = shortened(next(found, wrong))
    before = "search" if name == "search" else f"{name} ID"
    return (
        f"{asked}: there is no option {wrong} (searcher {name} --help); if it is the query, put "
        f"-- in front, behind all options: searcher {before} -- {quote(asked)}"
    )


class _OnDemand(Mapping[str, Any]):
    """The commands by name; each is imported when it is asked for: a search must not pay for what
    builds an index.
    """

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _command(name: str) -> Any:
    alone = typer.Typer(add_completion=False, **_PLAIN)
    kind = _Asking if name in ("search", "explain") else None
    alone.command(name, cls=kind)(getattr(import_module(f"searcher.cli.{name}"), name))
    return typer.main.get_command(alone)


class _Commands(TyperGroup):
    """The group of `COMMANDS`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        commands: Any = _OnDemand()
        self.commands = commands


app = typer.Typer(
    name="searcher",
    cls=_Commands,
    help="Full-text search for Chinese documents: exact phrases, exact highlights, any script.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    **_PLAIN,
)


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
