"""What scraping left in the text: entities, tags, footnote marks.

Only what cannot well be text counts: named entities of HTML, ``<br>``, inline tags that are both
opened and closed, and footnote marks like ``[4]`` where no code would write an index.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from functools import cache

from searcher.text.blanks import BLANKS
from searcher.text.mapped import Change, Changes
from searcher.text.widths import continues

_INLINE = (
    "a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u"
)
_NOT_BEHIND = rf"\x00-\x1f a-z0-9_(){{<&#=+\-*/\\|~^@$`\[{BLANKS}"
# Begins with a class because `re` can then skip quickly to the next bracket or ampersand.
_MARKUP = re.compile(
    r"[<&\[](?:"
    r"(?<=&)(?P<entity>[A-Za-z][A-Za-z0-9]{1,30};)"
    r"|(?<=&)\#(?:[0-9]{1,7}|[Xx][0-9A-Fa-f]{1,6});"
    r"|(?<=<)(?i:/?br[ ]*/?>)"
    rf"|(?<=<)(?i:(?P<tag>/?(?:{_INLINE}))(?:[{BLANKS}][^<>]*)?>)"
    rf"|(?<=[^{_NOT_BEHIND}]\[)(?P<note>[1-9][0-9]{{0,2}}\](?:\[[1-9][0-9]{{0,2}}\])*)"
    r")"
)


def markup(text: str) -> Sequence[Change]:
    """Return the changes that take markup out of *text*, which is folded to ASCII brackets.

    An entity or ``<br>`` becomes a blank, so that it parts Latin words as it did on the page;
    beside Han the blank goes too.  Tags and footnote marks go without a trace.

    >>> markup("脱&nbsp;贫[4]")
    [Change(start=1, end=7, new=' '), Change(start=8, end=11, new='')]
    """
    changes = Changes()
    for match in _found(text):
        changes.add(*match.span(), "" if match["tag"] or match["note"] else " ")
    return changes


def count(text: str) -> int:
    """Return how many entities, tags and footnote marks *text* holds; a pair of tags is one.

    >>> count("脱&nbsp;贫<b>攻坚</b>[4][5]"), count("a[0], a[1], x < b")
    (4, 0)
    """
    return sum(
        match["note"].count("]") if match["note"] else not (match["tag"] or "").startswith("/")
        for match in _found(text)
    )


def _found(text: str) -> Iterator[re.Match[str]]:
    """Yield what is markup, in order: known entities, tags with their partners, notes."""
    single = _tags_without_partner(text)
    return (match for match in _marks(text) if match.start() not in single)


def _marks(text: str) -> Iterator[re.Match[str]]:
    return filter(_is_markup, _MARKUP.finditer(text))


def _is_markup(match: re.Match[str]) -> bool:
    entity = match["entity"]
    behind = match.string[match.end() : match.end() + 1]
    # A mark behind it would join what stands in front, so that the text is no longer what it was.
    return (not entity or entity in _entities()) and not (behind and continues(behind))


@cache
def _entities() -> Container[str]:
    # Imported here: two thousand names that hardly a text needs.
    from html.entities import html5

    return html5.keys()


def _tags_without_partner(text: str) -> Container[int]:
    """Return where tags begin that are closed and not opened, or opened and not closed."""
    opened: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
    single = set()
    for match in _marks(text):
        name = (match["tag"] or "").lower()
        if not name.startswith("/"):
            if name:
                opened[name].append(match.start())
        elif opened[name[1:]]:
            opened[name[1:]].pop()
        else:
            single.add(match.start())
    return single.union(*opened.values())
