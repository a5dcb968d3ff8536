"""`searcher explain`: why a document is found, or why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from searcher.cli.options import Color, Colored, Home, opened
from searcher.model import Match, Region
from searcher.render import shown

if TYPE_CHECKING:
    from searcher.searching.explaining import Explanation, Part

_HOLDS = {
    ("required", True): "has",
    ("some", True): "has",
    ("required", False): "misses",
    ("some", False): "misses, not required",
    ("excluded", True): "has, excluded",
    ("excluded", False): "has not, excluded",
}


def explain(  # noqa: PLR0913 - the options of a command
    document_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a document.")],
    words: Annotated[list[str], typer.Argument(metavar="QUERY...", help="The query.")],
    home: Home = None,
    match: Annotated[Match, typer.Option(help="As for search.")] = "auto",
    literal: Annotated[bool, typer.Option("-F", "--literal", help="As for search.")] = False,
    region: Annotated[Region, typer.Option(help="As for search.")] = "all",
    equivalents: Annotated[bool, typer.Option("--equivalents", help="As for search.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print why QUERY finds a document, with its score by term, or where the two part ways."""
    with opened(home) as index:
        found = index.explain(
            document_id,
            " ".join(words),
            match=match,
            literal=literal,
            region=region,
            equivalents=equivalents,
        )
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False))
    else:
        for line in _lines(found):
            typer.echo(shown(line))
    raise typer.Exit(0 if found.matched else 1)


def _lines(found: Explanation) -> Iterator[str]:
    if not found.indexed:
        yield f"{found.id}: there is no such document; list them with: searcher status --files"
        return
    score = f", score {found.score:.4f}" if found.score is not None else ""
    yield f"{found.id}: {'found' if found.matched else 'not found'}{score}"
    for part in found.parts:
        yield from _of_part(part)
    for each in found.contributions:
        reason = f"weight {each.weight:g}"
        if each.frequency:
            reason += f" · {each.frequency} times · idf {each.idf:.3f}"
        yield f"  {each.score:8.4f}  {each.label}  ({reason})"
    if found.suggestion is not None:
        yield f"this query finds it: {found.suggestion}"


def _of_part(part: Part) -> Iterator[str]:
    note = f": {part.note}" if part.note else ""
    yield f"  {_HOLDS[part.asked, part.holds]}  {part.label}{note}"
    if part.parting is not None:
        at = part.parting
        yield f"    up to {at.field} {at.line}:{at.column} it stands there: {at.text}"
        yield f"    {at.reason}: {at.around}"
