"""What the commands that write an index share: options, exit codes, the report."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from searcher.arguments import LEAST_MEMORY, MOST
from searcher.cli.notes import LISTED, few, note
from searcher.model import BuildReport, OpenSearch
from searcher.render import indented, shortened

TOLD_TO_STOP = 128 + signal.SIGTERM
"""The exit code of a job that was told to stop."""


class EngineName(StrEnum):
    """What keeps an index."""

    whoosh = "whoosh"
    opensearch = "opensearch"


def bounded(given: int | None) -> int | None:
    """Return a number of processes, generations or samples, unless there cannot be so many."""
    if given is not None and given > MOST:
        raise typer.BadParameter(f"that is too many; {MOST} is the most")
    return given


_DIGITS = 20
"""Digits of the largest size that is read at all."""

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

Processes = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        callback=bounded,
        help="Processes that share the work.",
    ),
]

Memory = Annotated[
    str,
    typer.Option(
        "--memory", metavar="SIZE", help="What turning documents into an index may take."
    ),
]

Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Have the workers of a Dask scheduler do the work (engines of a cluster only).",
    ),
]

Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on with a build that was broken off (engines of a cluster only)."
    ),
]

Engine = Annotated[
    EngineName,
    typer.Option("--engine", help="What keeps the index: its folder, or a cluster."),
]

Url = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", help="A node of the OpenSearch cluster; several with commas."
    ),
]

Alias = Annotated[
    str | None,
    typer.Option(
        "--alias",
        metavar="NAME",
        help="What other programs find the index by (searcher- and its folder's name).",
    ),
]

Shards = Annotated[
    int | None,
    typer.Option("--shards", metavar="N", min=1, help="Parts of the index in a cluster (1)."),
]

Replicas = Annotated[
    int | None,
    typer.Option("--replicas", metavar="N", min=0, help="Further copies of each part (1)."),
]

Include = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="GLOB", help="Read only files that match; repeatable."),
]

Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Leave files out; repeatable, wins."),
]

Encoding = Annotated[
    list[str] | None,
    typer.Option(
        "--encoding",
        metavar="[GLOB=]NAME",
        help="The encoding of all files, or of those that match; repeatable.",
    ),
]

Keep = Annotated[
    int,
    typer.Option(
        "--keep",
        metavar="N",
        min=1,
        callback=bounded,
        help="Generations that stay, for rollback; recorded.",
    ),
]

KeepForOnce = Annotated[
    int | None,
    typer.Option(
        "--keep",
        metavar="N",
        min=1,
        callback=bounded,
        help="Generations that stay, if not as many as the build kept.",
    ),
]

Samples = Annotated[
    int,
    typer.Option(
        "--samples",
        metavar="N",
        min=0,
        callback=bounded,
        help="Stretches of documents that must be found before it is published.",
    ),
]

Golden = Annotated[
    Path | None,
    typer.Option(
        "--golden",
        metavar="FILE",
        readable=False,  # our own error for an unreadable file says more
        help='Queries and what they must find first: {"query": …, "ids": […]} a line.',
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]

Quiet = Annotated[bool, typer.Option("--quiet", help="Print failures only.")]


def begin() -> None:
    """Get ready to go on for long: collect garbage again (see `searcher.cli.main`), and let
    SIGTERM, with which systemd and others stop a job, end it as Ctrl-C does, cleaned up.
    """
    gc.enable()
    signal.signal(signal.SIGTERM, _stop)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(TOLD_TO_STOP)


def size_of(given: str, option: str, least: int = 0) -> int:
    """Return the size in bytes that an *option* was given: 500, 64K, 64M, 2G."""
    number, unit = given.rstrip("KMGkmg"), given[len(given.rstrip("KMGkmg")) :].upper()
    if not number.isascii() or not number.isdigit() or unit not in _UNITS:
        what = f"{shortened(given)!r} is no size; write 500, 64K, 64M or 2G"
        raise typer.BadParameter(what, param_hint=option)
    # Python reads no number of more than some thousand digits.
    size = int(number) * _UNITS[unit] if len(number) <= _DIGITS else MOST + 1
    if size > MOST:
        raise typer.BadParameter(
            f"{shortened(given)!r} is too much; give {MOST >> 30}G at most", param_hint=option
        )
    if size < least:
        raise typer.BadParameter(
            f"{given!r} is too little; give {least >> 20}M at least", param_hint=option
        )
    return size


def memory_of(given: str) -> int:
    """Return the bytes that ``--memory`` was given."""
    return size_of(given, "--memory", least=LEAST_MEMORY)


def engine_of(
    engine: EngineName,
    url: str | None,
    alias: str | None,
    shards: int | None,
    replicas: int | None,
) -> str | OpenSearch:
    """Return the engine as `searcher.build` is told it."""
    told = {"url": url, "alias": alias, "shards": shards, "replicas": replicas}
    given = {name: value for name, value in told.items() if value is not None}
    if engine is EngineName.whoosh:
        if given:
            first = f"--{next(iter(given))}"
            raise typer.BadParameter("is for --engine opensearch only", param_hint=first)
        return engine.value
    if url is None:
        raise typer.BadParameter("--engine opensearch needs it", param_hint="--url")
    try:
        return OpenSearch(**given)  # type: ignore[arg-type]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--engine opensearch") from error


@contextmanager
def working(jobs: int, address: str | None) -> Iterator[dict[str, Any]]:
    """Give who does the work, as `searcher.build` is told: *jobs* processes, or Dask's workers."""
    if address is None:
        yield {"jobs": jobs}
        return
    # Imported here: hardly any build needs it.
    from searcher.preparing.dask_ import dask

    with dask(address) as workers:
        yield {"jobs": max(jobs, workers.size), "executor": workers.executor}


def encoding_of(given: str) -> tuple[str | None, str]:
    """Return the glob and the encoding of ``[GLOB=]NAME``.

    >>> encoding_of("*.txt=big5"), encoding_of("gbk")
    (('*.txt', 'big5'), (None, 'gbk'))
    """
    glob, equals, name = given.rpartition("=")
    return (glob if equals else None), name


def finish(report: BuildReport, *, as_json: bool, quiet: bool) -> None:
    """Print what a job did, and end the program: 1 with failures, 2 if nothing was published."""
    for failure in report.failures:
        note(f"{failure.where}: not indexed: {failure.reason}")
    if as_json:
        typer.echo(indented(report.to_dict()), nl=False)
    elif not quiet:
        _print(report)
    if report.generation is None:
        note("nothing was published: there is no document to index; name other files or folders")
        raise typer.Exit(2)
    raise typer.Exit(1 if report.failures else 0)


def _print(report: BuildReport) -> None:
    for warning in report.warnings:
        note(warning)
    for change in report.golden[:LISTED]:
        gained, lost = few(change["gained"]), few(change["lost"])
        note(f"{change['query']}: gained: {gained or 'nothing'}; lost: {lost or 'nothing'}")
    if len(report.golden) > LISTED:
        note(f"and {len(report.golden) - LISTED:,} queries more changed: --json lists them")
    if report.generation is not None:
        typer.echo("\n".join(_summary(report)))


def _summary(report: BuildReport) -> Iterator[str]:
    unchanged = report.generation == report.previous
    said = ", as before: nothing has changed" if unchanged else ""
    documents = "1 document" if report.documents == 1 else f"{report.documents:,} documents"
    parts = [f"{documents} in generation {report.generation}{said}"]
    counts = {
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "empty": report.empty,
        "replaced": report.replaced,
        "failed": len(report.failures),
    }
    parts += [f"{count:,} {name}" for name, count in counts.items() if count]
    parts.append(f"{report.bytes / 1e6:,.1f} MB in {report.seconds:,.1f} s")
    yield ", ".join(parts)
    if set(report.encodings) - {"utf-8"}:
        files = (f"{count:,} in {name}" for name, count in report.encodings.items())
        yield f"files read: {', '.join(files)}"
