"""Signs: the characters that mean something in a query, and how its errors are worded."""

from __future__ import annotations

import re
import unicodedata

from searcher.errors import QueryError
from searcher.model import RUN_FIELDS

QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "＂": "＂"}
"""Each opening quote and the only character that closes it."""

STRAY_QUOTES = "".join(close for close in QUOTES.values() if close not in QUOTES)
"""Quotes that only close."""

OPENING = "(（"
CLOSING = ")）"
BARS = "|｜"
COLONS = ":："
MINUSES = "-－"
SIGNS = MINUSES + "+＋"

WORD_OPERATORS = ("AND", "OR", "NOT")
"""Operators only in upper case and standing free; their full-width forms count."""

EQUALS = "=＝"
BRACES = "[{［｛", "]}］｝"
"""What opens and what closes a range."""

TILDES = "~～"
CARETS = "^＾"

PATH_FIELD = "path"
DATE_FIELD = "date"
SCRIPT_FIELD = "script"
FIELDS = (*RUN_FIELDS, PATH_FIELD, DATE_FIELD, SCRIPT_FIELD)
"""The names that every index has in front of a colon."""

MAX_CHARACTERS = 10_000
MAX_CLAUSES = 64
MAX_NESTING = 32
"""The limits of a query: its length, the clauses as the user wrote them, brackets in brackets."""

LITERAL_OFFER = "-F/--literal searches for the whole line as it stands"

_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


def failure(problem: str, line: str, position: int) -> QueryError:
    """Return the error for a *problem* at *position*; every one offers the literal search.

    >>> str(failure("a quote is not closed: add ”", "“脱贫", 0))
    'a quote is not closed: add ”; -F/--literal searches for the whole line as it stands'
    """
    return QueryError(f"{problem}; {LITERAL_OFFER}", query=line, position=position)


def readable(line: str) -> str:
    """Return *line* of the same length, NUL and lone surrogates as U+FFFD.

    Raises QueryError where it is too long.

    >>> readable("脱贫\\ud800")
    '脱贫\ufffd'
    """
    if len(line) > MAX_CHARACTERS:
        problem = f"the query has {len(line):,} characters: shorten it to {MAX_CHARACTERS:,}"
        raise failure(problem, line, MAX_CHARACTERS)
    return _UNREADABLE.sub("\ufffd", line)


def narrow(text: str) -> str:
    """Return *text* with full-width forms made narrow, to compare names and operators with.

    >>> narrow("ＡＮＤ"), narrow("ｔｉｔｌｅ")
    ('AND', 'title')
    """
    return unicodedata.normalize("NFKC", text)
