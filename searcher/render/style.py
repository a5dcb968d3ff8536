"""What every renderer for people shares: the style, headings, highlights, the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import PurePath
from typing import NamedTuple

from searcher.model import Hit, Page, Snippet
from searcher.render.safe import shortened, shown, visible

_WORDS = 16
"""Words of a query that are named where nothing was found."""


class Style(NamedTuple):
    """How highlights are shown: in ``color``, else between the two ``marks``; and whether all of
    it goes to a terminal, which bare paths must not steer.
    """

    color: bool = False
    marks: tuple[str, str] = ("[", "]")
    on_terminal: bool = False


def place(hit: Hit) -> str:
    """Return where a document is: its path, or its id where it has none."""
    return hit.path or hit.id


def heading(hit: Hit) -> str:
    """Return the title of a document, or else its file's name.

    >>> heading(Hit("a/b.txt", None, "", "", None, "", "", "none", {}, ()))
    'b.txt'
    """
    return hit.title if hit.title.strip() else PurePath(place(hit)).name or hit.id


def title_snippet(hit: Hit) -> Snippet | None:
    """Return the snippet that is the whole title, which is shown as the heading instead."""
    whole = (s for s in hit.snippets if s.field == "title" and s.text == hit.title)
    return next(whole, None)


def highlighted(snippet: Snippet, marks: tuple[str, str], show: Callable[[str], str]) -> str:
    """Return the text of *snippet*, each part through *show*, highlights between *marks*.

    >>> snippet = Snippet("body", 4, 8, 1, 5, "全文检索", ((6, 8),))
    >>> highlighted(snippet, ("[", "]"), str)
    '全文[检索]'
    """
    parts = []
    at = snippet.start
    for start, end in snippet.highlights:
        parts.append(show(snippet.text[at - snippet.start : start - snippet.start]))
        parts.append(marks[0])
        parts.append(show(snippet.text[start - snippet.start : end - snippet.start]))
        parts.append(marks[1])
        at = end
    parts.append(show(snippet.text[at - snippet.start :]))
    return "".join(parts)


def summary(page: Page) -> str:
    """Return a line that says how many documents were found, for people.

    Where nothing was found it says how many documents hold each of the first words.

    >>> summary(Page("军史 书", 0, "all", 0.1, "", (), word_totals={"军史": 0, "书": 812}))
    'nothing found: 军史 0 · 书 812'
    """
    if not page.total:
        return f"nothing found: {_totals(page)}" if page.word_totals else "nothing found"
    documents = "1 document" if page.total == 1 else f"{page.total} documents"
    if page.matched == "some":
        return f"{documents}; none has every word, showing those with some"
    return documents


def _totals(page: Page) -> str:
    first = islice(page.word_totals.items(), _WORDS)
    totals = " · ".join(f"{shown(shortened(word))} {n}" for word, n in first)
    more = len(page.word_totals) - _WORDS
    return f"{totals} · and {more:,} more" if more > 0 else totals


def also_searched(page: Page) -> Iterator[str]:
    """Yield one line with what was looked for beside the words of the query and stands somewhere,
    and in how many documents; none where there is no such thing.

    >>> tried = {"word": "软件", "alternative": "软体", "kind": "tw", "documents": 12}
    >>> list(also_searched(Page("软件", 30, "all", 0.1, "", (), (tried,))))
    ['also searched: 软体 (tw) 12']
    """
    tried = " · ".join(
        f"{shown(each['alternative'])} ({each['kind']}) {each['documents']}"
        for each in page.alternatives
    )
    if tried:
        yield f"also searched: {tried}"


def suggested(page: Page) -> Iterator[str]:
    """Yield a line for each query near this one that finds something.

    >>> list(suggested(Page("“窗前明月光”", 0, "all", 0.1, "", (), (), ("“窗前明月光”~1字",))))
    ['this finds some: “窗前明月光”~1字']
    """
    for query in page.suggestions:
        yield f"this finds some: {shown(query)}"


def facets(page: Page) -> Iterator[str]:
    """Yield a line for each facet of a page, the most frequent values first.

    >>> list(facets(Page("文", 5, "all", 0.1, "", (), facets={"script": {"hant": 3, "hans": 2}})))
    ['script: hant 3 · hans 2']
    """
    for name, values in page.facets.items():
        counts = " · ".join(f"{shown(value)} {count}" for value, count in values.items())
        yield f"{shown(name)}: {counts or 'no document has one'}"


def alike(hit: Hit) -> str:
    """Return a line that names the documents which are nearly the same as *hit*, or nothing."""
    return f"nearly the same: {', '.join(map(visible, hit.duplicates))}" if hit.duplicates else ""
