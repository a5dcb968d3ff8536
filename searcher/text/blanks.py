"""What cannot be seen: invisible characters go, blanks are kept only where they part words.

White space is Unicode's White_Space property; invisible is its Default_Ignorable_Code_Point, the
control characters that are not white space, and U+FFF9-FFFC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from searcher.text.mapped import Change, Changes
from searcher.text.widths import continues

BLANKS = r"\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White_Space, as the inside of a regex class."""

LINE_BREAKS = r"\n\v\f\r\x85\u2028\u2029"
"""White space that ends a line, as the inside of a regex class."""

INVISIBLES = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters without a glyph, as the inside of a regex class.  U+FFFD and private use stay: they
stand for a character that is unknown, not for none."""

_TIGHT = (
    ("\u3001", "\u3029"),  # CJK punctuation, 々〆〇, 〡…
    ("\u3030", "\u303f"),
    ("\u3041", "\u3096"),  # kana
    ("\u309b", "\u30ff"),
    ("\u31f0", "\u31ff"),
    ("\u3105", "\u312f"),  # bopomofo
    ("\u31a0", "\u31bf"),
    ("\u3400", "\u4dbf"),  # Han
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003fffd"),
)
_TIGHT_PUNCTUATION = ",;:!?()[]%+“”—‥…"

_INVISIBLE = re.compile(f"[{INVISIBLES}]+")
_LINE_BREAK = re.compile(f"[{LINE_BREAKS}]")
# Leaves out what is most of white space and never changes: a line break by itself, and one blank
# between two letters or digits.  It begins with a class because `re` skips quickly to that.
_RUN = re.compile(
    rf"[{BLANKS}](?:(?=[{BLANKS}])|(?<!\n)(?:(?<![0-9A-Za-z] )|(?![0-9A-Za-z])))[{BLANKS}]*"
)


def invisibles(text: str) -> Sequence[Change]:
    """Return the deletions of all invisible characters.

    >>> invisibles("脱\\u200b贫")
    [Change(start=1, end=2, new='')]
    """
    changes = Changes()
    for match in _INVISIBLE.finditer(text):
        changes.add(*match.span(), "")
    return changes


def blanks(text: str, *, keep_before: str = "") -> Sequence[Change]:
    """Return the changes that leave one blank between two Latin words and none elsewhere.

    A run of blanks that holds a line break becomes one ``\\n`` wherever it stands; its span is
    the whole run, so that the original tells a hard wrap from an empty line or an indent.  Any
    other run is dropped at the ends of the text and beside Han, CJK punctuation and
    ``,;:!?()[]%+``, and becomes one blank elsewhere.  It is kept before a combining mark, which
    sits on it, and before a character of *keep_before*.

    >>> blanks("10 月 \\n full text")
    [Change(start=2, end=3, new=''), Change(start=4, end=7, new='\\n')]
    """
    changes = Changes()
    for match in _RUN.finditer(text):
        new = _replacement(text, match, keep_before)
        if new != match[0]:
            changes.add(*match.span(), new)
    return changes


def _replacement(text: str, run: re.Match[str], keep_before: str) -> str:
    start, end = run.span()
    if _LINE_BREAK.search(run[0]):
        return "\n"
    if end < len(text) and (text[end] in keep_before or continues(text[end])):
        return " "
    if start == 0 or end == len(text):
        return ""
    return "" if is_tight(text[start - 1]) or is_tight(text[end]) else " "


@lru_cache(4096)
def is_tight(character: str) -> bool:
    """Return whether *character* needs no blank beside it.

    So do Han, kana, bopomofo and their punctuation, and the ASCII forms that full-width
    punctuation folds to.

    >>> is_tight("中"), is_tight(","), is_tight("a")
    (True, True, False)
    """
    if character in _TIGHT_PUNCTUATION:
        return True
    return any(first <= character <= last for first, last in _TIGHT)
