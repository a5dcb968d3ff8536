"""`searcher analyze`: every stage that a text goes through, with offsets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from searcher.cli.options import Color, Colored
from searcher.generations import Home as IndexHome
from searcher.render import indented, visible
from searcher.text.analysis import analyze as run
from searcher.text.analysis import field_terms
from searcher.text.clean import explain, judge
from searcher.text.decode import storable
from searcher.text.queries import query_readings
from searcher.text.script import fold, script_of
from searcher.text.units import SENTENCE_END
from searcher.text.words import JIEBA_LEXICON, Cutter, Lexicon, LexiconCutter, document_cutter


def analyze(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A text, or a query.")],
    home: Annotated[
        Path | None,
        typer.Option(
            "--index", metavar="DIR", readable=False, help="Cut as queries of this index are cut."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    color: Colored = Color.auto,  # noqa: ARG001 - every command takes it
) -> None:
    """Print what TEXT becomes on its way into an index: cleaned, unified, folded, cut."""
    with nullcontext(document_cutter()) if home is None else _cutter_of(home) as cutter:
        stages = _stages(storable(text)[0], cutter)
    if as_json:
        typer.echo(indented(stages), nl=False)
        return
    for name, value in stages.items():
        typer.echo(f"{name:<10}{visible(_line(value))}")


@contextmanager
def _cutter_of(home: Path) -> Iterator[Cutter]:
    with IndexHome(home).current(), Lexicon.open(JIEBA_LEXICON, check=False) as lexicon:
        yield LexiconCutter(lexicon)


def _stages(text: str, cutter: Cutter) -> dict[str, Any]:
    noise = judge(text)
    found = run(text, noise, cutter)
    units = zip(found.units.keys, found.units.start, found.units.end, strict=True)
    return {
        "original": text,
        "script": script_of(text),
        "noise": {"annotations": noise.annotations, "markup": noise.markup},
        "edits": [[edit.kind, edit.start, edit.end] for edit in explain(text, noise)],
        "clean": found.mapped.text,
        "unified": found.unified,
        "folded": fold(found.mapped.text),
        "words": [[word.term, word.start, word.end] for word in found.words],
        "units": [["" if key == SENTENCE_END else key, a, b] for key, a, b in units],
        "terms": dict(field_terms(found).counts),
        "readings": [
            ["" if key == SENTENCE_END else key for key in reading]
            for reading in query_readings(text)
        ],
    }


def _line(value: Any) -> str:
    """Return a stage on one line; an empty unit is a sentence end."""
    if isinstance(value, dict):
        return "  ".join(f"{key}:{inner}" for key, inner in value.items())
    if isinstance(value, str):
        return value
    return "  ".join(_piece(each) for each in value)


def _piece(value: list[Any]) -> str:
    if len(value) == 3 and isinstance(value[1], int):
        return f"{value[0] or '|'}[{value[1]}:{value[2]}]"
    return " ".join(each or "|" for each in value)
