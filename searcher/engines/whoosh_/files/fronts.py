"""Front coding: ascending strings of bytes in blocks, of each only what the one before has not.

A block is the first string whole (its length, its bytes), then of each other how many bytes it
shares with the one before, how many follow, and these.  Numbers are varints.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

RUN = 16
"""Strings in a block; the last one may have fewer."""


class FrontCoder:
    """Packs ascending strings as they come.

    ``blocks`` tells where each block begins, ``keys`` the `key_of` its first string.

    >>> coder = FrontCoder()
    >>> coder.packed([b"term", b"terms", b"tree"])
    b'\\x04term\\x04\\x01s\\x01\\x03ree'
    >>> coder.blocks.tolist(), coder.length
    ([0], 13)
    """

    def __init__(self) -> None:
        self.blocks = array("Q")
        self.keys = array("Q")
        self.count = 0
        self.length = 0
        self._last = b""

    def packed(self, strings: Sequence[bytes]) -> bytes:
        """Return the bytes of more strings, which go behind those returned before.

        Raises:
            ValueError: they do not ascend.
        """
        parts = []
        for string in strings:
            if string <= self._last and self.count:
                raise ValueError(f"{string!r} does not come behind {self._last!r}")
            if self.count % RUN:
                shared = _shared(self._last, string)
                part = _varint(shared) + _varint(len(string) - shared) + string[shared:]
            else:
                self.blocks.append(self.length)
                self.keys.append(key_of(string))
                part = _varint(len(string)) + string
            parts.append(part)
            self.length += len(part)
            self._last = string
            self.count += 1
        return b"".join(parts)


def unpacked(block: bytes, count: int) -> list[bytes]:
    """Return the *count* strings of a block.

    Raises:
        ValueError: that is not what the block holds.
    """
    strings = []
    string = b""
    at = shared = 0
    try:
        for number in range(count):
            if number:
                shared, at = _read_varint(block, at)
            length, at = _read_varint(block, at)
            string = string[:shared] + block[at : at + length]
            at += length
            strings.append(string)
    except IndexError as error:
        raise ValueError("it ends too soon") from error
    if at != len(block):
        raise ValueError("it ends elsewhere")
    return strings


def key_of(string: bytes) -> int:
    """Return the first 8 bytes as a number, which ascends as strings do (or stays the same).

    >>> key_of(b"a") < key_of(b"a1") < key_of(b"b")
    True
    """
    return int.from_bytes(string[:8].ljust(8, b"\0"), "big")


def _shared(before: bytes, string: bytes) -> int:
    """Return how many bytes two strings begin with in common."""
    length = min(len(before), len(string))
    differ = int.from_bytes(before[:length], "big") ^ int.from_bytes(string[:length], "big")
    return length - (differ.bit_length() + 7) // 8


def _varint(value: int) -> bytes:
    if value < 128:
        return bytes((value,))
    return bytes((value & 127 | 128,)) + _varint(value >> 7)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] > 127 and shift < 28:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
    return value | (data[at] & 127) << shift, at + 1
