"""Pages as one HTML file that runs nothing, loads nothing and links nowhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from html import escape
from string import Template

from searcher.model import Hit, Page, Script, Snippet
from searcher.render.safe import shown, visible
from searcher.render.style import (
    Style,
    alike,
    also_searched,
    facets,
    heading,
    highlighted,
    place,
    suggested,
    summary,
    title_snippet,
)

LANGUAGES: dict[Script, str] = {"hans": "zh-Hans", "hant": "zh-Hant", "mixed": "zh", "none": ""}
"""What HTML calls the language of a script, so that a browser picks the right glyphs."""

_CSS = """
:root { color-scheme: light dark; --ink: #1d1f21; --paper: #fff; --dim: #63686e;
  --mark: #ffe48a; --rule: #dfe2e5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e8; --paper: #17191b; --dim: #9aa0a6;
  --mark: #6a5200; --rule: #34383c; } }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.7 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: .3rem 0; }
article { padding: 1rem 0; border-top: 1px solid var(--rule); }
.about, .place { color: var(--dim); font-size: .85rem; }
mark { background: var(--mark); color: inherit; border-radius: .15em; padding: 0 .05em; }
"""

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$query</title>
<style>$css</style>
</head>
<body>
<header>
<h1 dir="auto">$query</h1>
<p class="about">$summary</p>
</header>
<main>
$hits</main>
</body>
</html>
""")


def standalone(page: Page, _style: Style) -> str:
    """Return a complete page: query, summary, warnings, and each hit with its snippets.

    Every text is escaped, made visible and kept in its own direction; places are text, never
    links, for a path could be made to look like ``javascript:``.
    """
    about = (
        summary(page),
        *also_searched(page),
        *suggested(page),
        *page.warnings,
        *facets(page),
    )
    return _PAGE.substitute(
        policy=escape(_policy()),
        query=_text(page.query),
        css=_CSS,
        summary="<br>".join(map(_text, about)),
        hits="".join(line for hit in page.hits for line in _article(hit)),
    )


@cache
def _policy() -> str:
    """Return the content security policy: nothing but this very style sheet."""
    digest = b64encode(sha256(_CSS.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _text(text: str) -> str:
    """Return *text* for a place inside an element or a quoted attribute."""
    return escape(shown(text), quote=True)


def _article(hit: Hit) -> Iterator[str]:
    language = LANGUAGES[hit.script]
    title = title_snippet(hit)
    yield f'<article lang="{language}">\n' if language else "<article>\n"
    yield f'<h2 dir="auto">{_marked(title) if title else _text(heading(hit))}</h2>\n'
    yield f'<p class="about">{" · ".join(_about(hit))}</p>\n'
    for snippet in hit.snippets:
        if snippet is not title:
            yield _paragraph(snippet)
    if hit.duplicates:
        yield f'<p class="about">{escape(alike(hit))}</p>\n'
    yield "</article>\n"


def _about(hit: Hit) -> Iterator[str]:
    yield f"<bdi>{escape(visible(place(hit)))}</bdi>"
    for text in (hit.date, hit.source, hit.author):
        if text:
            yield f"<bdi>{_text(text)}</bdi>"
    if hit.score is not None:
        yield f"{hit.score:.2f}"


def _paragraph(snippet: Snippet) -> str:
    field = "" if snippet.field == "body" else f"{_text(snippet.field)} "
    where = f'<span class="place">{field}{snippet.line}:{snippet.column}</span>'
    return f"<p>{where} <bdi>{_marked(snippet)}</bdi></p>\n"


def _marked(snippet: Snippet) -> str:
    return highlighted(snippet, ("<mark>", "</mark>"), _text)
