"""Pages and reports as JSON: one object, or one hit on each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import isfinite
from typing import Any

from searcher.errors import QueryError
from searcher.model import Page
from searcher.render.safe import SURROGATES, UNUSUAL
from searcher.render.style import Style


def one_object(page: Page, _style: Style) -> str:
    """Return the whole page as one JSON object on one line, as ``jq`` and line tools like it."""
    return written(page.to_dict())


def hits_by_line(page: Page, _style: Style) -> str:
    """Return each hit as a JSON object on a line of its own."""
    return "".join(written(hit.to_dict()) for hit in page.hits)


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
            yield written({"query": answer.query, "error": error})
        else:
            yield written(answer.to_dict())


def indented(value: Any) -> str:
    """Return *value* as JSON over many lines, for people too; else as `written` does.

    >>> print(indented({"id": "a"}), end="")
    {
      "id": "a"
    }
    """
    return _text(value, indent=2)


def written(value: Any) -> str:
    """Return *value* as JSON on one line.

    Text is never escaped but for what JSON asks for and for control and bidi characters, which
    would steer a terminal: ``\\u202e`` is the same string to every JSON reader.  A lone
    surrogate, which UTF-8 cannot hold, is U+FFFD, and an endless number, which JSON cannot, null.

    >>> print(written(["全文\\u202e\\x7f", float("inf")]), end="")
    ["全文\\u202e\\u007f",null]
    """
    return _text(value, separators=(",", ":"))


def _text(value: Any, **form: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, **form)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, **form)
    return _unusual().sub(_escape, text) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value


@cache
def _unusual() -> re.Pattern[str]:
    return re.compile(f"[{UNUSUAL}{SURROGATES}]")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
