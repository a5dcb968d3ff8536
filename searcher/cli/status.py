"""`searcher status`: what an index holds and how it was made."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from searcher.cli.options import Color, Colored, Home, home_of
from searcher.engines import ENGINES
from searcher.errors import IndexCorruptError, IndexHomeError, SearcherError
from searcher.generations import Home as IndexHome
from searcher.generations import Listed
from searcher.index import open_index
from searcher.render import indented, visible
from searcher.sources.roots import printable


def status(
    glob: Annotated[
        str | None,
        typer.Argument(
            metavar="[GLOB]", show_default=False, help="List the ids that match (--files)."
        ),
    ] = None,
    home: Home = None,
    files: Annotated[bool, typer.Option("--files", help="List the ids of documents.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print the generations of an index and what the published one holds."""
    path = home_of(home)
    if files or glob is not None:
        with open_index(path) as index:
            ids = [each for each in index.ids() if glob is None or fnmatchcase(each, glob)]
        _print_ids(ids, as_json=as_json)
        raise typer.Exit(0 if ids else 1)
    found, damage, fields = IndexHome(path).generations(), _damage(path), _fields(path)
    if as_json:
        records = {
            "index": printable(str(path)),
            "damage": damage or (str(fields) if isinstance(fields, IndexHomeError) else None),
            "fields": fields if isinstance(fields, Mapping) else None,
            "generations": [{**_record(each), **_whereabouts(path, each)} for each in found],
        }
        typer.echo(indented(records), nl=False)
        return
    typer.echo(f"index        {visible(str(path))}")
    if damage is not None:
        typer.echo(f"  damaged    {visible(damage)}")
    for each in found:
        _print_generation(each, _whereabouts(path, each))
        if each.current and each.manifest is not None:
            typer.echo(f"  fields     {visible(_named(fields))}")


def _damage(path: Path) -> str | None:
    """Return what is wrong with the pointer to the published generation, if anything."""
    try:
        IndexHome(path).current_id()
    except IndexCorruptError as error:
        return str(error)
    return None


def _fields(path: Path) -> Mapping[str, Sequence[str]] | SearcherError:
    """Return the extra fields of what is published, and what each holds; or why they cannot be
    told, which is no reason to tell nothing else.
    """
    # Imported here: it brings what searches.
    from searcher.snapshot import engine_of

    try:
        with (
            IndexHome(path).current() as generation,
            closing(engine_of(generation).open(generation.folder)) as reader,
        ):
            return {name: sorted(kinds) for name, kinds in sorted(reader.fields().items())}
    except SearcherError as error:
        return error


def _named(fields: Mapping[str, Sequence[str]] | SearcherError) -> str:
    if isinstance(fields, SearcherError):
        return f"not known: {fields}"
    return ", ".join(fields) or "no extra ones"


def _print_ids(ids: list[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(indented(ids), nl=False)
    else:
        show = visible if sys.stdout.isatty() else str
        typer.echo("".join(f"{show(each)}\n" for each in ids), nl=False, color=True)


def _record(each: Listed) -> dict[str, Any]:
    record: dict[str, Any] = {"id": each.id, "current": each.current, "bytes": each.bytes}
    if each.manifest is None:
        return {**record, "damage": each.damage}
    made = each.manifest
    return {
        **record,
        **made.counts,
        "created": made.created,
        "made_by": made.made_by,
        "engine": made.engine,
        "schema": made.schema,
        "fingerprint": made.fingerprint,
        "job": _legible(made.job),
        "damage": None,
    }


def _legible(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a job, bytes in its paths that are no text as `printable` has them."""
    roots = [{**root, "path": printable(root["path"])} for root in job.get("roots", ())]
    return {**job, "roots": roots} if roots else dict(job)


def _whereabouts(path: Path, each: Listed) -> Mapping[str, str]:
    """Return where a generation lies that does not lie in its folder."""
    if each.manifest is None or each.manifest.engine not in ENGINES:
        return {}
    try:
        return ENGINES[each.manifest.engine].whereabouts(path / f"gen-{each.id}")
    except IndexCorruptError as error:
        return {"damage": str(error)}


def _print_generation(each: Listed, whereabouts: Mapping[str, str]) -> None:
    typer.echo(f"generation   {each.id}{'  (published)' if each.current else ''}")
    if each.manifest is None:
        typer.echo(f"  damaged    {visible(each.damage or '')}")
        return
    made = each.manifest
    counts = ", ".join(f"{number:,} {name}" for name, number in made.counts.items())
    typer.echo(f"  holds      {counts}; {each.bytes / 1e6:,.1f} MB")
    typer.echo(f"  made       {made.created} by {visible(made.made_by)}")
    typer.echo(f"  analyzer   {made.fingerprint}, engine {made.engine} {made.schema}")
    for name, said in whereabouts.items():
        typer.echo(f"  {name:<10} {visible(said)}")
    for root in made.job.get("roots", ()):
        typer.echo(f"  root       {visible(root['path'])} as {visible(root['name'])}")
