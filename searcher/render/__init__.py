"""Pages of hits as text for people and programs; pure functions that return what to write."""

from __future__ import annotations

from collections.abc import Callable

from searcher.model import Page
from searcher.render.json_ import by_query, hits_by_line, indented, one_object, written
from searcher.render.safe import shortened, shown, visible
from searcher.render.style import Style, also_searched, facets, suggested, summary
from searcher.render.terminal import count, headed, lines, paths, paths0

__all__ = [
    "RENDERERS",
    "Style",
    "also_searched",
    "by_query",
    "facets",
    "indented",
    "shortened",
    "shown",
    "suggested",
    "summary",
    "visible",
    "written",
]


def _standalone(page: Page, style: Style) -> str:
    # Imported here: it takes as long as all other forms together, and hardly a page is HTML.
    from searcher.render.html import standalone

    return standalone(page, style)


RENDERERS: dict[str, Callable[[Page, Style], str]] = {
    "terminal": headed,
    "lines": lines,
    "paths": paths,
    "paths0": paths0,
    "count": count,
    "json": one_object,
    "jsonl": hits_by_line,
    "html": _standalone,
}
"""Every way to write a page, by name.  What comes back is whole, line ends included."""
