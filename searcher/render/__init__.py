"""Pages of hits as text for people and programs; pure functions that return what to write."""

from __future__ import annotations

from collections.abc import Callable

from searcher.model import Page
from searcher.render.html import standalone
from searcher.render.json_ import hits_by_line, one_object
from searcher.render.safe import visible
from searcher.render.style import Style, summary
from searcher.render.terminal import count, headed, lines, paths, paths0

__all__ = ["RENDERERS", "Style", "summary", "visible"]

RENDERERS: dict[str, Callable[[Page, Style], str]] = {
    "terminal": headed,
    "lines": lines,
    "paths": paths,
    "paths0": paths0,
    "count": count,
    "json": one_object,
    "jsonl": hits_by_line,
    "html": standalone,
}
"""Every way to write a page, by name.  What comes back is whole, line ends included."""
