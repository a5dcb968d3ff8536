"""One JSON record → one Document, or the reason why not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import NoReturn

from searcher.errors import DocumentError
from searcher.model import Document, ExtraValue
from searcher.text.dates import parse_date

KNOWN = ("id", "body", "title", "date", "source", "author", "path")
"""The keys that have a meaning; all others are extra fields."""

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def parse(line: str, where: str) -> dict[str, object]:
    """Return the record in *line*; raises DocumentError, with the column where there is one.

    >>> parse('{"body": "全文"}', "a.jsonl:1")
    {'body': '全文'}
    """
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise DocumentError(f"{where}:{error.colno}", f"not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(where, f"not JSON that can be read: {error}") from error
    if not isinstance(record, dict):
        raise DocumentError(where, f"a record must be an object, not {_kind(record)}")
    return record


def document_of(
    record: Mapping[str, object], fallback_id: str, where: str
) -> tuple[Document, tuple[str, ...]]:
    """Return the document in *record* and warnings; raises DocumentError where there is none.

    A missing id is *fallback_id*; null is the same as a missing key.  A date that is not
    understood is kept as given, as the extra field ``date``, with a warning.

    >>> record = {"id": 7, "body": "全文", "date": "2019年12月", "tag": "x"}
    >>> document, warnings = document_of(record, "a.jsonl#1", "a.jsonl:1")
    >>> document.id, document.date, document.extra, warnings
    ('7', '2019-12', {'tag': 'x'}, ())
    """
    if record.get("body") is None:
        raise DocumentError(where, 'the record has no "body"')
    date, given = _date(record.get("date"))
    others = {key: value for key, value in record.items() if key not in KNOWN} | {"date": given}
    document = Document(
        id=_id(record.get("id"), fallback_id, where),
        body=_text(record, "body", where),
        title=_text(record, "title", where),
        date=date,
        source=_text(record, "source", where),
        author=_text(record, "author", where),
        path=_text(record, "path", where),
        extra={k: _extra(k, value, where) for k, value in others.items() if value is not None},
    )
    if given is None:
        return document, ()
    return document, (f"the date {given!r} is not understood; kept as given",)


def _text(record: Mapping[str, object], key: str, where: str) -> str:
    """Return the text at *key*, empty if there is none."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DocumentError(where, f'"{key}" must be text, not {_kind(value)}')
    return value


def _id(value: object, fallback: str, where: str) -> str:
    """Return the id in *value*: a text or a whole number."""
    if value is None:
        return fallback
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        kind = "an empty text" if value == "" else _kind(value)
        raise DocumentError(where, f'"id" must be text or a whole number, not {kind}')
    return value


def _date(value: object) -> tuple[str | None, object]:
    """Return the date in *value*, and *value* itself where it is none."""
    if value is None or value == "":
        return None, None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    date = parse_date(str(value)) if is_whole or isinstance(value, str) else None
    return date, None if date else value


def _extra(key: str, value: object, where: str) -> ExtraValue:
    """Return *value* if an extra field can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError(where, f'"{key}" is a number too large to keep')
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    kind = "a list of other things" if isinstance(value, list) else _kind(value)
    allowed = "text, a number, true, false or a list of texts"
    raise DocumentError(where, f'"{key}" must be {allowed}, not {kind}')


def _kind(value: object) -> str:
    """Return what *value* is, for a message."""
    return _KINDS.get(type(value), type(value).__name__)


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have but its Python reader takes."""
    raise ValueError(f"{name} is not a JSON value")
