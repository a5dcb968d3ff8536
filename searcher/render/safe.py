"""Text made safe to show: whatever could steer a terminal or turn text round becomes visible."""

from __future__ import annotations

import re
from functools import cache

UNUSUAL = "\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f"
"""Inside of a character class: DEL, C1, bidi controls, line and paragraph separators."""

STEERING = f"\x00-\x1f{UNUSUAL}"
"""Inside of a character class: these and C0."""

SURROGATES = "\ud800-\udfff"
"""Inside of a character class: what UTF-8 cannot hold, such as odd bytes of a file name."""

LONGEST = 60
"""Characters of a text of somebody else's that are shown inside of a line of ours."""

_LINE_BREAKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")


def visible(text: str) -> str:
    """Return *text* with every control, bidi control and lone surrogate made visible.

    C0 and DEL become their pictures (U+2400 …), others their number.  Line breaks and tabs are
    controls too, so that no title, file name or message can forge a line.

    >>> print(visible("a\\x1b[31m\\u202etxt.exe\\n"))
    a␛[31m‹U+202E›txt.exe␊
    """
    return _steering().sub(_picture, text)


def one_line(text: str) -> str:
    """Return *text* with each run of blanks that holds a line break or tab as one blank.

    >>> one_line("第一行\\r\\n\\u3000\\u3000第二行")
    '第一行 第二行'
    """
    return _blanks().sub(_blank, text)


def shown(text: str) -> str:
    """Return *text* on one line and `visible`.

    >>> shown("a\\n\\x07b")
    'a ␇b'
    """
    return visible(one_line(text))


def shortened(text: str) -> str:
    """Return *text*, or its beginning where it has more than `LONGEST` characters.

    >>> len(shortened("长" * 10_000))
    61
    """
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@cache
def _steering() -> re.Pattern[str]:
    return re.compile(f"[{STEERING}{SURROGATES}]")


@cache
def _blanks() -> re.Pattern[str]:
    return re.compile("[ \t\n\v\f\r\x85\xa0\u2028\u2029\u3000]+")


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"


def _blank(found: re.Match[str]) -> str:
    return found[0] if _LINE_BREAKS.isdisjoint(found[0]) else " "
