"""Python values as JSON, for the stored fields of any Whoosh schema.

Whoosh stores what it is given as a pickle.  Here a value that JSON has no word for is an object of
one key, a tag: ``{"!date": "2020-01-31"}``.  Reading one makes the types of the table below and no
others, and runs nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_MARK = "!"
_PLAIN = (str, int, float, bool, type(None))


def dumps(value: object) -> bytes:
    """Return *value* as JSON in UTF-8.

    Raises:
        TypeError: it holds something of another type than those of `loads`.

    >>> dumps({"day": date(2020, 1, 31), "pages": (3, 4)})
    b'{"day":{"!date":"2020-01-31"},"pages":{"!tuple":[3,4]}}'
    """
    text = json.dumps(_tagged(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def loads(data: bytes) -> Any:
    """Return what `dumps` was given: None, bool, int, float, str, bytes, list, tuple, dict, set,
    frozenset, datetime, date, time, timedelta, Decimal.

    Raises:
        ValueError: the bytes are not what `dumps` makes.

    >>> loads(dumps({("a", 1): {b"x"}}))
    {('a', 1): {b'x'}}
    """
    return json.loads(data.decode("utf-8", "surrogatepass"), object_hook=_untagged)


def _tagged(value: Any) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_tagged(each) for each in value]
    if kind is dict:
        if all(type(key) is str and not key.startswith(_MARK) for key in value):
            return {key: _tagged(each) for key, each in value.items()}
        return {f"{_MARK}dict": [[_tagged(key), _tagged(each)] for key, each in value.items()]}
    tag = _TAGS.get(kind)
    if tag is None:
        raise TypeError(f"a value of type {kind.__name__} cannot be stored")
    return {_MARK + tag: _WRITERS[tag](value)}


def _untagged(value: dict[str, Any]) -> Any:
    if len(value) != 1:
        return value
    [(key, inner)] = value.items()
    if not key.startswith(_MARK):
        return value
    if key[1:] not in _READERS:
        raise ValueError(f"no such tag: {key[1:]}")
    return _READERS[key[1:]](inner)


def _listed(value: Any) -> list[object]:
    return [_tagged(each) for each in value]


_WRITERS: dict[str, Callable[[Any], object]] = {
    "bytes": lambda value: base64.b64encode(value).decode("ascii"),
    "tuple": _listed,
    "set": _listed,
    "frozenset": _listed,
    "datetime": datetime.isoformat,
    "date": date.isoformat,
    "time": time.isoformat,
    "timedelta": lambda value: [value.days, value.seconds, value.microseconds],
    "decimal": str,
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda value: timedelta(*value),
    "decimal": Decimal,
    "dict": dict,
}

_TAGS = {
    bytes: "bytes",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "timedelta",
    Decimal: "decimal",
}
"""By exact type: what a subclass adds would be lost."""
