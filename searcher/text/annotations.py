"""Pinyin readings in brackets that a web page's author or a faulty script put behind characters.

參與(yu), 級(jí)書記, 會(huì)(擴(kuò)大): a reading counts as one only behind a character that is
written differently in simplified and traditional Chinese and that has this reading.  Over 2.27
million characters of text without this noise no such place was found, so three in one document
are enough to call it noisy; glosses of single words, 畝(mu), stay below that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from searcher.text.mapped import Change, Changes
from searcher.text.readings import LETTERS, readers

ANNOTATION = rf"\([{LETTERS}]{{1,7}}[1-5]?\)"
"""A reading in brackets, as a regex; which character it belongs to is another question."""

_GROUPS = re.compile(f"(?:{ANNOTATION})+")


def bracketed_readings(text: str) -> Sequence[Change]:
    """Return the deletions of all readings in *text*, which is folded to ASCII brackets.

    A reading given twice, 個(ge)(ge), belongs to the same character and goes as one.

    >>> bracketed_readings("個(ge)(ge)人,安(an)")
    [Change(start=1, end=9, new='')]
    """
    changes = Changes()
    for match in _GROUPS.finditer(text):
        end = _end_of_readings(text, match)
        if end > match.start():
            changes.add(match.start(), end, "")
    return changes


def is_reading(group: str, character: str) -> bool:
    """Return whether *group*, a reading in its brackets, is one of the script variant before it.

    >>> is_reading("(huì)", "會"), is_reading("(an)", "安")
    (True, False)
    """
    return bool(character) and any(character in forms for forms in readers(group[1:-1]))


def _end_of_readings(text: str, groups: re.Match[str]) -> int:
    """Return where the groups that are readings of the character in front end."""
    at, end = groups.span()
    character = text[at - 1 : at]
    while at < end:
        after = text.index(")", at) + 1
        if not is_reading(text[at:after], character):
            break
        at = after
    return at
