"""`searcher show`: one stored document, as it was."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from searcher.cli.naming import ID_OR_PATH, id_named
from searcher.cli.notes import note
from searcher.cli.options import Color, Colored, Home, home_of
from searcher.index import open_index
from searcher.render import indented, visible

_AROUND = 200
"""Characters shown before and behind an offset."""


def show(
    document_id: Annotated[str, typer.Argument(metavar="ID", help=ID_OR_PATH)],
    home: Home = None,
    around: Annotated[
        int | None,
        typer.Option(
            metavar="OFFSET",
            min=0,
            help='Only the text around this character; in JSON, "start" says where it begins.',
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The document as JSON.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print the original text of a document, exactly as it was read."""
    place = home_of(home)
    with open_index(place) as index:
        document = index.get(id_named(index, place, document_id))
    if document is None:
        note(f"{document_id}: there is no such document; list them with: searcher status --files")
        raise typer.Exit(1)
    start, text = 0, document.body
    if around is not None:
        start, text = _around(text, around)
    if as_json:
        where = {} if around is None else {"start": start}
        typer.echo(indented({**asdict(document), "body": text, **where}), nl=False)
        return
    if around is not None:
        text += "\n"
    on_terminal = sys.stdout.isatty()
    lines = (visible(line) for line in text.splitlines()) if on_terminal else None
    typer.echo(text if lines is None else "\n".join(lines), nl=on_terminal, color=True)


def _around(text: str, offset: int) -> tuple[int, str]:
    """Return what stands around a character of *text*, and where that begins."""
    if offset > len(text):
        raise typer.BadParameter(
            f"the text ends at {len(text)}; give that or less", param_hint="--around"
        )
    start = max(0, offset - _AROUND)
    return start, text[start : offset + _AROUND]
