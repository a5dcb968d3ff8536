"""Pages as text: headed hits for a terminal, ``path:line:column:`` lines for a pipe, bare paths.

Text, titles and file names are made visible (`searcher.render.safe`) in headed hits and in lines,
for a pipe often ends on a terminal; only bare paths that go to no terminal are given as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from searcher.model import Hit, Page, Snippet
from searcher.render.safe import shown, visible
from searcher.render.style import Style, alike, heading, highlighted, place, title_snippet

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_GREEN = "\x1b[32m"
_MATCH = "\x1b[1;31m"


def headed(page: Page, style: Style) -> str:
    """Return hits with heading, place and snippets, a blank line between hits.

    A title that matched is shown once, highlighted in its heading.
    """
    return "\n".join("".join(f"{line}\n" for line in _hit(hit, style)) for hit in page.hits)


def lines(page: Page, style: Style) -> str:
    """Return one line for each snippet: ``path:line:column:text``, or the path alone.

    Line and column are those of the first highlight, in the snippet's field.  Line breaks in a
    snippet are blanks, so that a snippet is always one line.
    """
    return "".join(f"{line}\n" for hit in page.hits for line in _lines(hit, style))


def paths(page: Page, style: Style) -> str:
    """Return the path, or id, of each hit on a line of its own, exactly as it is but for a
    terminal.

    Write it with ``errors="surrogateescape"``: a path may hold bytes that are no text.
    """
    if style.on_terminal:
        return "".join(f"{visible(place(hit))}\n" for hit in page.hits)
    return "".join(f"{_raw(place(hit))}\n" for hit in page.hits)


def paths0(page: Page, _style: Style) -> str:
    """Return the path, or id, of each hit exactly as it is, ended by NUL, for ``xargs -0``."""
    return "".join(f"{_raw(place(hit))}\0" for hit in page.hits)


def count(page: Page, _style: Style) -> str:
    """Return the number of documents found."""
    return f"{page.total}\n"


def _raw(path: str) -> str:
    """Return *path* with the bytes that its file has on this disk.

    An index holds text, so bytes of a name that are none stand in it as ``%XX``
    (`searcher.sources.roots.printable`); but a name may hold such three characters itself.  What
    is there decides, so that what reads the paths can open them.
    """
    if "%" not in path or os.path.lexists(path):
        return path
    raw = re.sub(rb"%([89A-F][0-9A-F])", _byte, os.fsencode(path))
    return os.fsdecode(raw) if os.path.lexists(raw) else path


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode("ascii"))


def _hit(hit: Hit, style: Style) -> Iterator[str]:
    title = title_snippet(hit)
    yield _heading(hit, title, style)
    yield _painted(_about(hit), _DIM, style)
    for snippet in hit.snippets:
        if snippet is not title:
            yield f"  {_position(snippet, style)}  {_marked(snippet, style)}"
    if hit.duplicates:
        yield _painted(f"  {alike(hit)}", _DIM, style)


def _heading(hit: Hit, title: Snippet | None, style: Style) -> str:
    if title is None:
        return _painted(shown(heading(hit)), _BOLD, style)
    # The end of a highlight ends all paint, so the heading begins anew behind it.
    marks = (_RESET + _MATCH, _RESET + _BOLD) if style.color else style.marks
    return _painted(highlighted(title, marks, shown), _BOLD, style)


def _about(hit: Hit) -> str:
    where = visible(place(hit))
    parts = [where]
    if not where.endswith(visible(hit.id)):
        parts.append(visible(hit.id))
    if hit.date:
        parts.append(shown(hit.date))
    if hit.score is not None:
        parts.append(f"{hit.score:.2f}")
    return " · ".join(parts)


def _position(snippet: Snippet, style: Style) -> str:
    field = "" if snippet.field == "body" else f"{snippet.field} "
    return field + _painted(f"{snippet.line}:{snippet.column}", _GREEN, style)


def _lines(hit: Hit, style: Style) -> Iterator[str]:
    where = visible(place(hit))
    for snippet in hit.snippets:
        if not _is_repeated(snippet, hit):
            yield f"{where}:{snippet.line}:{snippet.column}:{_marked(snippet, style)}"
    if not hit.snippets:
        yield where


def _is_repeated(snippet: Snippet, hit: Hit) -> bool:
    """Tell whether *snippet* is a title that a passage shows too: that of a plain file is its
    first line.
    """
    return snippet.field == "title" and any(
        snippet.text in other.text for other in hit.snippets if other.field != "title"
    )


def _marked(snippet: Snippet, style: Style) -> str:
    marks = (_MATCH, _RESET) if style.color else style.marks
    return highlighted(snippet, marks, shown)


def _painted(text: str, paint: str, style: Style) -> str:
    return f"{paint}{text}{_RESET}" if style.color and text else text
