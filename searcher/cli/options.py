"""Options that every command shares, and what they mean."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Annotated

import typer

from searcher.generations import check_trusted

DEFAULT_HOME = Path("index")


class Color(StrEnum):
    """When to use colour."""

    auto = "auto"
    always = "always"
    never = "never"


Home = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        envvar="SEARCHER_INDEX",
        show_envvar=True,
        readable=False,  # our own error for an unreadable folder says more
        help="The index to use; ./index unless named.",
    ),
]


def _seconds(given: float) -> float:
    if isnan(given):  # less than no bound
        raise typer.BadParameter(f"{given} is no number of seconds")
    return given


Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="S",
        min=0.0,
        callback=_seconds,
        help="Wait up to S seconds for another job to end.",
    ),
]

Colored = Annotated[Color, typer.Option("--color", help="Colour on a terminal, always or never.")]


def home_of(home: Path | None) -> Path:
    """Return the home to use; the implicit one only where nobody else could have laid it."""
    if home is not None:
        return home
    check_trusted(DEFAULT_HOME)
    return DEFAULT_HOME


def use_color(wanted: Color) -> bool:
    """Decide on colour: the option, then NO_COLOR and FORCE_COLOR, then the terminal."""
    if wanted is not Color.auto:
        return wanted is Color.always
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
