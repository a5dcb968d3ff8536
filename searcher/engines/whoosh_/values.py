"""Values of postings: what a field's format says of a term in a document, stored without a pickle.

Whoosh's own formats with positions make pickled lists.  They are kept as numbers or JSON, and made
again when asked for; what any other format makes is kept as it is.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from whoosh.formats import CharacterBoosts, Characters, PositionBoosts, Positions
from whoosh.system import _FLOAT_SIZE, _INT_SIZE

from searcher.errors import IndexCorruptError

_PICKLED = {
    Positions.encode: ("positions", _INT_SIZE),
    Characters.encode: ("characters", _INT_SIZE),
    PositionBoosts.encode: ("position_boosts", _INT_SIZE + _FLOAT_SIZE),
    CharacterBoosts.encode: ("character_boosts", _INT_SIZE + _FLOAT_SIZE),
}
"""The formats that pickle, by how they encode: all they hold, and where the pickle begins."""

_NUMBERS, _LISTED, _RAW = b"n", b"l", b"r"
"""How a value is packed: positions, 4 bytes each; other lists as JSON; not at all."""

_to_json = json.JSONEncoder(separators=(",", ":")).encode


class _Plain(pickle.Unpickler):
    """Reads lists, tuples and numbers."""

    def find_class(self, module: str, name: str) -> Any:
        raise IndexCorruptError(f"a posting names {module}.{name}; it was left alone")


class ValueCoder:
    """Turns the values of one format into what is stored, and back."""

    def __init__(self, format_: Any) -> None:
        self._format = format_
        self._kind, self._start = _PICKLED.get(getattr(type(format_), "encode", None), ("", 0))

    def pack(self, value: bytes) -> bytes:
        """Return what to store of a *value* that the format made."""
        if not self._kind or not value:
            return value
        codes = self._unpickled(value)
        if type(codes) is not list:
            return _RAW + value
        try:
            if self._kind == "positions":
                return struct.pack(f"<c{len(codes)}I", _NUMBERS, *accumulate(codes))
            return _LISTED + _to_json(self._format.decoder(self._kind)(value)).encode("ascii")
        except (TypeError, IndexError, struct.error):  # nothing that the format made
            return _RAW + value

    def value(self, packed: bytes) -> bytes:
        """Return the value that `pack` was given.

        Raises:
            IndexCorruptError: it is a pickle that would run something.
        """
        if not self._kind or not packed:
            return packed
        if packed[:1] != _RAW:
            made = self._format.encode(_parts(packed))
            return bytes(made[0] if isinstance(made, tuple) else made)
        self._unpickled(packed[1:])
        return packed[1:]

    def decoded(self, packed: bytes, kind: str) -> Any:
        """Return the value that `pack` was given, decoded as *kind*."""
        if kind == "positions" and self._kind == kind and packed[:1] == _NUMBERS:
            return _parts(packed)
        return self._format.decoder(kind)(self.value(packed))

    def _unpickled(self, value: bytes) -> Any:
        """Return what is pickled in a value, or None if that is none; run nothing."""
        try:
            return _Plain(io.BytesIO(value[self._start :] + pickle.STOP)).load()
        except IndexCorruptError:
            raise
        except Exception:  # noqa: BLE001 - whatever a broken pickle makes the machine say
            return None


def _parts(packed: bytes) -> list[Any]:
    if packed[:1] == _NUMBERS:
        return list(struct.unpack(f"<x{len(packed) // 4}I", packed))
    parts: list[Any] = json.loads(packed[1:])
    return parts


@dataclass(frozen=True, slots=True)
class Packed:
    """The values of the postings of a term, packed (the `leafmatcher.Values` of any schema)."""

    row: Callable[[int], bytes]

    def value(self, at: int, format_: Any) -> bytes:
        """Return a value as its format made it."""
        return ValueCoder(format_).value(self.row(at))

    def decoded(self, at: int, kind: str, format_: Any) -> Any:
        """Return a value decoded."""
        return ValueCoder(format_).decoded(self.row(at), kind)
