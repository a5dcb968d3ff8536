"""`searcher explain`: why a document is found, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from searcher.cli.naming import ID_OR_PATH, id_named
from searcher.cli.options import Color, Colored, Home, home_of
from searcher.index import open_index
from searcher.model import Match, Region
from searcher.render import shown, written

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
    document_id: Annotated[str, typer.Argument(metavar="ID", help=ID_OR_PATH)],
    words: Annotated[
        list[str],
        typer.Argument(metavar="QUERY...", help="The query; behind -- if it begins with a minus."),
    ],
    home: Home = None,
    match: Annotated[Match, typer.Option(help="As for search.")] = "auto",
    literal: Annotated[bool, typer.Option("-F", "--literal", help="As for search.")] = False,
    region: Annotated[Region, typer.Option(help="As for search.")] = "all",
    equivalents: Annotated[bool, typer.Option("--equivalents", help="As for search.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print why QUERY finds a document, with its score by term, or where the two part ways."""
    place = home_of(home)
    with open_index(place) as index:
        found = index.explain(
            id_named(index, place, document_id),
            " ".join(words),
            match=match,
            literal=literal,
            region=region,
            equivalents=equivalents,
        )
    if as_json:
        typer.echo(written(found.to_dict()), nl=False)
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
    for labels in found.one_of:
        yield f"  at least one of these is required: {' · '.join(labels)}"
    needed = {label for labels in found.one_of for label in labels}
    for part in found.parts:
        yield from _of_part(part, part.label in needed)
    for each in found.contributions:
        reason = f"weight {each.weight:g}"
        if each.frequency:
            reason += f" · {each.frequency} times · idf {each.idf:.3f}"
        yield f"  {each.score:8.4f}  {each.label}  ({reason})"
    if found.suggestion is not None:
        yield f"this query finds it: {found.suggestion}"


def _of_part(part: Part, is_needed: bool) -> Iterator[str]:
    note = f": {part.note}" if part.note else ""
    # Not alone, as a line above it says, but one that is not required would explain nothing.
    asked = "required" if is_needed else part.asked
    yield f"  {_HOLDS[asked, part.holds]}  {part.label}{note}"
    if part.parting is not None:
        at = part.parting
        yield f"    up to {at.field} {at.line}:{at.column} it stands there: {at.text}"
        yield f"    {at.reason}: {at.around}"
