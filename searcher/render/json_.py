"""Pages as JSON: one object, or one hit on each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from searcher.errors import QueryError
from searcher.model import Page
from searcher.render.safe import STEERING, SURROGATES
from searcher.render.style import Style


def one_object(page: Page, _style: Style) -> str:
    """Return the whole page as one JSON object on one line, as ``jq`` and line tools like it.

    Text is never escaped but for what JSON asks for and for control and bidi characters, which
    would steer a terminal: ``\\u202e`` is the same string to every JSON reader.  A lone
    surrogate, which UTF-8 cannot hold, is U+FFFD.
    """
    return _dumps(page.to_dict())


def hits_by_line(page: Page, _style: Style) -> str:
    """Return each hit as a JSON object on a line of its own, written as `one_object` does."""
    return "".join(_dumps(hit.to_dict()) for hit in page.hits)


def by_query(answers: Iterable[Page | QueryError]) -> Iterator[str]:
    """Yield a line with one JSON object for each answer: the page, or what is wrong with a query.

    >>> error = QueryError("no word", query="-a", position=0)
    >>> print(*by_query([error]))
    {"query":"-a","error":{"message":"no word","position":0}}
    <BLANKLINE>
    """
    for answer in answers:
        if isinstance(answer, QueryError):
            error = {"message": str(answer), "position": answer.position}
            yield _dumps({"query": answer.query, "error": error})
        else:
            yield _dumps(answer.to_dict())


def _dumps(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _steering().sub(_escape, text) + "\n"


@cache
def _steering() -> re.Pattern[str]:
    return re.compile(f"[{STEERING}{SURROGATES}]")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
