"""`searcher build`: files and folders → a published generation."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from searcher.arguments import LEAST_MEMORY
from searcher.cli.notes import note
from searcher.cli.options import Color, Colored, Home, home_of
from searcher.jobs import build as run
from searcher.jobs import files_to_read
from searcher.model import BuildReport, Failure
from searcher.render import visible
from searcher.sources import Listed, Read, Skipped, printable

if TYPE_CHECKING:
    from searcher.building import Item

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def build(  # noqa: PLR0913 - the options of a command
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files and folders; - is standard input."),
    ],
    home: Home = None,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="GLOB", help="Read only files that match; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Leave files out; repeatable, wins."),
    ] = None,
    encoding: Annotated[
        list[str] | None,
        typer.Option(
            "--encoding",
            metavar="[GLOB=]NAME",
            help="The encoding of all files, or of those that match; repeatable.",
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="NAME", help="What ids begin with, once for each PATH."),
    ] = None,
    max_size: Annotated[
        str, typer.Option(metavar="SIZE", help="Files above this are failures (K, M, G).")
    ] = "64M",
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes that share the work."),
    ] = 1,
    memory: Annotated[
        str,
        typer.Option(metavar="SIZE", help="What turning documents into an index may take."),
    ] = "512M",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be read; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print failures only.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Make a complete new index of files and folders, then publish it in one step."""
    gc.enable()  # a build goes on for long; see `searcher.cli.main`
    choice: dict[str, Any] = {
        "include": include or (),
        "exclude": exclude or (),
        "names": name or (),
        "max_size": _size(max_size, "--max-size"),
        "encodings": [_encoding(each) for each in encoding or ()],
    }
    place = home_of(home)
    if dry_run:
        _list(files_to_read(paths, index=place, **choice))
        return
    quietly = quiet or as_json or not sys.stderr.isatty()
    with nullcontext() if quietly else _progress(paths, place, choice) as progress:
        report = run(
            paths,
            index=place,
            jobs=jobs,
            memory=_size(memory, "--memory", least=LEAST_MEMORY),
            progress=progress,
            **choice,
        )
    _print(report, as_json=as_json, quiet=quiet)
    if report.generation is None:
        raise typer.Exit(2)
    raise typer.Exit(1 if report.failures else 0)


def _size(given: str, option: str, least: int = 0) -> int:
    """Return the size in bytes that an *option* was given: 500, 64K, 64M, 2G."""
    number, unit = given.rstrip("KMGkmg"), given[len(given.rstrip("KMGkmg")) :].upper()
    if not number.isascii() or not number.isdigit() or unit not in _UNITS:
        what = f"{given!r} is no size; write 500, 64K, 64M or 2G"
        raise typer.BadParameter(what, param_hint=option)
    size = int(number) * _UNITS[unit]
    if size < least:
        raise typer.BadParameter(
            f"{given!r} is too little; give {least >> 20}M at least", param_hint=option
        )
    return size


def _encoding(given: str) -> tuple[str | None, str]:
    """Return the glob and the encoding of ``[GLOB=]NAME``."""
    glob, equals, name = given.rpartition("=")
    return (glob if equals else None), name


def _list(found: Iterator[Listed | Failure | Skipped]) -> None:
    """Print the files a build would read, one a line: size and path."""
    for each in found:
        if isinstance(each, Listed):
            typer.echo(f"{each.size:>12,}  {visible(printable(each.path))}")
        else:
            note(f"{each.where}: {each.reason}")


@contextmanager
def _progress(
    paths: list[str], index: Path, options: dict[str, Any]
) -> Iterator[Callable[[Item], None] | None]:
    """Show a bar while documents are read."""
    sizes = [
        each.size
        for each in files_to_read(paths, index=index, **options)
        if isinstance(each, Listed)
    ]
    with typer.progressbar(length=sum(sizes), label="indexing", file=sys.stderr) as bar:
        yield lambda item: bar.update(item.size) if isinstance(item, Read) else None


def _print(report: BuildReport, *, as_json: bool, quiet: bool) -> None:
    for failure in report.failures:
        note(f"{failure.where}: not indexed: {failure.reason}")
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    elif not quiet:
        for warning in report.warnings:
            note(warning)
        typer.echo(_summary(report))


def _summary(report: BuildReport) -> str:
    if report.generation is None:
        return "nothing was published: there is no document to index"
    parts = [f"{report.documents:,} documents in generation {report.generation}"]
    counts = {"empty": report.empty, "replaced": report.replaced, "failed": len(report.failures)}
    parts += [f"{count:,} {name}" for name, count in counts.items() if count]
    parts.append(f"{report.bytes / 1e6:,.1f} MB in {report.seconds:,.1f} s")
    return ", ".join(parts)
