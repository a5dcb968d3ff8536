"""`searcher show`: one stored document, as it was."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from searcher.cli.notes import note
from searcher.cli.options import Color, Colored, Home, opened
from searcher.render import visible

_AROUND = 200
"""Characters shown before and behind an offset."""


def show(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a hit.")],
    home: Home = None,
    around: Annotated[
        int | None,
        typer.Option(metavar="OFFSET", min=0, help="Only the text around this character."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The document as JSON.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print the original text of a document, exactly as it was read."""
    with opened(home) as index:
        document = index.get(document_id)
    if document is None:
        note(f"{document_id}: there is no such document; list them with: searcher status --files")
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(asdict(document), ensure_ascii=False, indent=2))
        return
    text = document.body
    if around is not None:
        text = text[max(0, around - _AROUND) : around + _AROUND] + "\n"
    on_terminal = sys.stdout.isatty()
    lines = (visible(line) for line in text.splitlines()) if on_terminal else None
    typer.echo(text if lines is None else "\n".join(lines), nl=on_terminal, color=True)
