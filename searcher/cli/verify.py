"""`searcher verify`: is the published index whole, and does it find what is in it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from searcher.arguments import VERIFY_SAMPLES
from searcher.checking import CheckReport, Missed, failure
from searcher.checking.golden import GoldenMissed
from searcher.cli.jobs import bounded
from searcher.cli.notes import LISTED, few, note
from searcher.cli.options import Color, Colored, Home, home_of
from searcher.jobs import verify as run
from searcher.render import indented, visible
from searcher.render.safe import shown

_CHARS = 40
"""Characters of a stretch that are printed."""


def verify(  # noqa: PLR0913 - the options of a command
    home: Home = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            metavar="N",
            min=0,
            callback=bounded,
            help="Stretches of documents that must be found where they were copied from.",
        ),
    ] = VERIFY_SAMPLES,
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed", metavar="S", help="Chooses them; the generation's id if not given."
        ),
    ] = None,
    golden: Annotated[
        Path | None,
        typer.Option(
            "--golden",
            metavar="FILE",
            readable=False,  # our own error for an unreadable file says more
            help='Queries and what they must find: {"query": …, "ids": […]} a line.',
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only what is wrong.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Check every file of an index, and that it finds its own documents; exit 1 if not all."""
    report = run(home_of(home), samples=samples, seed=seed, golden=golden)
    if as_json:
        typer.echo(indented(report.to_dict()), nl=False)
    elif not quiet:
        typer.echo(_summary(report))
    if not report.passed:
        _note_what_is_wrong(report)
        raise typer.Exit(1)


def _summary(report: CheckReport) -> str:
    rows = [
        ("generation", f"{report.generation}, every checksum right"),
        ("documents", f"{report.documents:,}, every id once"),
        ("samples", f"{report.found:,} of {report.sampled:,} found (--seed {report.seed})"),
    ]
    if report.golden:
        right = report.golden - len(report.golden_missed)
        rows.append(("golden", f"{right:,} of {report.golden:,} queries find all they must"))
    rows.append(("time", f"{report.seconds:,.1f} s"))
    return "\n".join(f"{name:<13}{visible(what)}" for name, what in rows)


def _note_what_is_wrong(report: CheckReport) -> None:
    lines = [*map(_of_stretch, report.missed[:LISTED])]
    lines += _rest(len(report.missed), "stretches")
    lines += map(_of_query, report.golden_missed[:LISTED])
    lines += _rest(len(report.golden_missed), "queries")
    for line in (*lines, failure(report)):
        note(line)


def _of_stretch(each: Missed) -> str:
    cut = "…" if len(each.text) > _CHARS else ""
    return f"not found: {each.id} {each.field} {each.offset}: {shown(each.text[:_CHARS])}{cut}"


def _of_query(each: GoldenMissed) -> str:
    return f"golden: {each.query}: {each.reason or 'misses ' + few(each.ids)}"


def _rest(count: int, what: str) -> list[str]:
    return [f"and {count - LISTED:,} {what} more: --json lists them"] if count > LISTED else []
