"""`searcher search`: a query → a page of hits."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from searcher.cli.options import Color, Colored, Home, opened, use_color
from searcher.index import SNIPPET_CHARS, SNIPPETS
from searcher.model import Match, Page, Sort
from searcher.render import RENDERERS, Style, summary

_EVERYTHING = sys.maxsize


def search(  # noqa: PLR0913 - the options of a command
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="Words, or a phrase in quotes.")
    ],
    home: Home = None,
    limit: Annotated[
        int | None,
        typer.Option("-n", "--limit", min=0, help="Hits to show: 10, but all with -l and -0."),
    ] = None,
    offset: Annotated[int, typer.Option(min=0, help="Hits to pass over first.")] = 0,
    match: Annotated[
        Match | None,
        typer.Option(
            help="Documents with all words, with any of them, or auto: all, else any "
            "(all with -l, -0 and -c).",
        ),
    ] = None,
    sort: Annotated[Sort, typer.Option(help="Best first, or by path.")] = "score",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a hit.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="A page for a browser.")] = False,
    paths: Annotated[bool, typer.Option("-l", "--paths", help="Paths only, one a line.")] = False,
    paths0: Annotated[
        bool, typer.Option("-0", "--null", help="Paths only, ended by NUL, for xargs -0.")
    ] = False,
    count: Annotated[bool, typer.Option("-c", "--count", help="The number of hits only.")] = False,
    snippets: Annotated[int, typer.Option(min=0, help="Passages a hit.")] = SNIPPETS,
    snippet_chars: Annotated[
        int, typer.Option(min=1, help="Length of a passage in characters.")
    ] = SNIPPET_CHARS,
    marks: Annotated[
        str,
        typer.Option(metavar="OPEN,CLOSE", help="What stands around a match without colour."),
    ] = "[,]",
    color: Colored = Color.auto,
    literal: Annotated[
        bool, typer.Option("-F", "--literal", help="The whole QUERY is one phrase.")
    ] = False,
) -> None:
    """Print the documents that match QUERY, best first, with the passages that match."""
    forms = {
        "json": as_json,
        "jsonl": as_jsonl,
        "html": as_html,
        "paths": paths,
        "paths0": paths0,
        "count": count,
    }
    form = _form(forms)
    style = Style(color=use_color(color), marks=_marks(marks))
    bare = form in ("paths", "paths0", "count")
    options: dict[str, Any] = {
        "limit": limit if limit is not None else (_EVERYTHING if bare else 10),
        "offset": offset,
        "match": match or ("all" if bare else "auto"),
        "sort": sort,
        "snippets": 0 if bare else snippets,
        "snippet_chars": snippet_chars,
        "literal": literal,
    }
    if form == "count":
        options["limit"] = 0
    with opened(home) as index:
        page = index.search(" ".join(words), **options)
    typer.echo(RENDERERS[form](page, style), nl=False, color=True)
    if form == "terminal" or _has_more_to_say(page, form):
        typer.echo(summary(page), err=True)
    raise typer.Exit(0 if page.total else 1)


def _has_more_to_say(page: Page, form: str) -> bool:
    """Tell whether stdout alone would mislead: nothing found, not every word, or a page past the
    end of what was found.
    """
    return not page.total or page.matched == "some" or (form != "count" and not page.hits)


def _form(forms: dict[str, bool]) -> str:
    """Return the one form asked for; on a terminal headed hits, else lines."""
    chosen = [name for name, wanted in forms.items() if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --json, --jsonl, --html, -l, -0 and -c")
    return chosen[0] if chosen else "terminal" if sys.stdout.isatty() else "lines"


def _marks(given: str) -> tuple[str, str]:
    opening, comma, closing = given.partition(",")
    if not comma or not opening or not closing:
        raise typer.BadParameter("write two marks with a comma between them", param_hint="--marks")
    return opening, closing
