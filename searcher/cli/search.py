"""`searcher search`: a query → a page of hits; a file of queries → a page of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from searcher.arguments import SNIPPET_CHARS, SNIPPETS
from searcher.cli.options import Color, Colored, Home, home_of, use_color
from searcher.errors import QueryError, SourceError
from searcher.index import Index, open_index
from searcher.model import Match, Page, Region, Sort
from searcher.render import (
    RENDERERS,
    Style,
    also_searched,
    by_query,
    facets,
    shortened,
    shown,
    suggested,
    summary,
)

_EVERYTHING = sys.maxsize


def search(  # noqa: PLR0913 - the options of a command
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY...",
            help="Words, or a phrase in quotes; behind -- if it begins with a minus.",
            show_default=False,
        ),
    ] = None,
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
    sort: Annotated[
        Sort, typer.Option(help="Best first, newest first (undated last), or by path.")
    ] = "score",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    facet: Annotated[
        list[str] | None,
        typer.Option(
            "--facet",
            metavar="NAME",
            help="Count the documents by script, source, author, year or an extra field; "
            "may be repeated.",
        ),
    ] = None,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Documents that are nearly the same as one hit.")
    ] = False,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Documents like this one, by id or path, without a QUERY."
        ),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            allow_dash=True,
            help="A query a line, - for standard input: one JSON object a line.",
        ),
    ] = None,
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
    region: Annotated[
        Region, typer.Option(help="Whose words count as a bare word's too (软件, 軟體).")
    ] = "all",
    equivalents: Annotated[
        bool,
        typer.Option("--equivalents", help="In quotes too, numbers are equal however written."),
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
    form = _form(forms, _asked_by(words, like, queries))
    style = Style(use_color(color), _marks(marks), on_terminal=sys.stdout.isatty())
    bare = form in ("paths", "paths0", "count")
    options: dict[str, Any] = {
        "limit": limit if limit is not None else (_EVERYTHING if bare else 10),
        "offset": offset,
        "snippets": 0 if bare else snippets,
        "snippet_chars": snippet_chars,
    }
    if form == "count":
        options["limit"] = 0
    asked: dict[str, Any] = {
        "match": match or ("all" if bare else "auto"),
        "sort": sort,
        "reverse": reverse,
        "literal": literal,
        "facets": tuple(facet or ()),
        "collapse": collapse,
        "region": region,
        "equivalents": equivalents,
    }
    suggest = not bare and form != "jsonl"
    place = home_of(home)
    with open_index(place) as index:
        if queries is not None:
            raise typer.Exit(_answer_all(index, queries, {**options, **asked}))
        if like is not None:
            _check_like(asked)
            page = index.like(_id_of(index, place, like), **options)
        else:
            page = index.search(" ".join(words or ()), **options, **asked, suggest=suggest)
        without = suggest and _finds_without_literal(index, page, asked)
    typer.echo(RENDERERS[form](page, style), nl=False, color=True)
    _say_more(page, form)
    if without:
        typer.echo(f"without -F this finds some: {shown(shortened(page.query))}", err=True)
    raise typer.Exit(0 if page.total else 1)


def _id_of(index: Index, home: Path, name: str) -> str:
    # Imported here: hardly a search names a document.
    from searcher.cli.naming import id_named

    return id_named(index, home, name)


def _answer_all(index: Index, file: Path, options: dict[str, Any]) -> int:
    """Print a line for each query of a file; return the exit code."""
    found, failed = False, False

    def noted() -> Iterator[Page | QueryError]:
        nonlocal found, failed
        for answer in index.search_many(_lines(file), **options):
            failed |= isinstance(answer, QueryError)
            found |= isinstance(answer, Page) and answer.total > 0
            yield answer

    for line in by_query(noted()):
        typer.echo(line, nl=False, color=True)
    return 2 if failed else 0 if found else 1


def _lines(file: Path) -> Iterator[str]:
    """Yield the queries of a file, one a line; an empty line is one too, so that lines match."""
    with nullcontext(sys.stdin.buffer) if str(file) == "-" else _opened(file) as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield line.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n")
            except UnicodeDecodeError as error:
                problem = f"{file}:{number}: not UTF-8 ({error.reason}); convert the file first"
                raise SourceError(problem) from None


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise SourceError(
            f"{file}: cannot be read: {error.strerror}; check its name, and that you may read it"
        ) from None


def _finds_without_literal(index: Index, page: Page, asked: dict[str, Any]) -> bool:
    """Tell whether a document has all that the query of a literal page without hits asks for where
    its signs are operators: no suggestion is, since those are asked with the same options.
    """
    if page.total or not asked["literal"]:
        return False
    kept = {name: asked[name] for name in ("region", "equivalents")}
    (found,) = index.search_many([page.query], match="all", limit=0, **kept)
    return isinstance(found, Page) and found.total > 0


def _say_more(page: Page, form: str) -> None:
    """Say on stderr what stdout alone would not, or would mislead without."""
    if form in ("terminal", "lines"):
        for line in facets(page):
            typer.echo(line, err=True)
    if form == "terminal" or _has_more_to_say(page, form):
        for line in (summary(page), *also_searched(page), *suggested(page)):
            typer.echo(line, err=True)


def _has_more_to_say(page: Page, form: str) -> bool:
    """Tell whether stdout alone would mislead: nothing found, not every word, or a page past the
    end of what was found.
    """
    return not page.total or page.matched == "some" or (form != "count" and not page.hits)


def _asked_by(words: list[str] | None, like: str | None, queries: Path | None) -> bool:
    """Return whether a file of queries is to be answered; there must be one thing to answer."""
    if [words is None or not words, like is None, queries is None].count(False) != 1:
        raise typer.BadParameter("give a QUERY, --like ID or --queries FILE: one of them")
    return queries is not None


def _check_like(asked: dict[str, Any]) -> None:
    if (asked["sort"], asked["region"]) != ("score", "all") or any(
        map(asked.get, ("reverse", "literal", "facets", "collapse", "equivalents"))
    ):
        raise typer.BadParameter("--like goes with -n, --offset, --snippets and the forms alone")


def _form(forms: dict[str, bool], many: bool) -> str:
    """Return the one form asked for; on a terminal headed hits, else lines."""
    chosen = [name for name, wanted in forms.items() if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter("choose one of --json, --jsonl, --html, -l, -0 and -c")
    if many and chosen not in ([], ["jsonl"]):
        raise typer.BadParameter("--queries prints one JSON object a query and takes no form")
    return chosen[0] if chosen else "terminal" if sys.stdout.isatty() else "lines"


def _marks(given: str) -> tuple[str, str]:
    opening, comma, closing = given.partition(",")
    if not comma or not opening or not closing:
        raise typer.BadParameter("write two marks with a comma between them", param_hint="--marks")
    return opening, closing
