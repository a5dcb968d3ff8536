"""The damage that a bytewise replacement does to GBK text: the forward model of the repair.

Somebody annotated characters by replacing, for each character of a table in turn, its two bytes
by the same bytes and the reading in brackets.  Bytes were not aligned to characters, so a last
byte and the next first byte could be taken for a character of the table.
"""

from __future__ import annotations

from collections.abc import Iterable

Table = Iterable[tuple[str, str]]


def annotate(text: str, table: Table) -> str:
    """Return *text* as the page showed it after the replacement.

    >>> annotate("決勝沖鋒", [("贈", "zèng")])
    '決勝?zèng)_鋒'
    """
    raw = text.encode("gb18030")
    for character, pinyin in table:
        found = character.encode("gb18030")
        raw = raw.replace(found, found + f"({pinyin})".encode("gb18030"))
    return decode_lossily(raw)


def decode_lossily(raw: bytes) -> str:
    """Return GBK bytes as PHP's mb_convert_encoding reads them: a bad pair is one ``?``.

    >>> decode_lossily("決勝".encode("gb18030") + b"\\x9b(")
    '決勝?'
    """
    text = ""
    at = 0
    while at < len(raw):
        width = 1 if raw[at] < 0x80 else 2
        text += _character(raw[at : at + width])
        at += width
    return text


def _character(code: bytes) -> str:
    try:
        return code.decode("gb18030")
    except UnicodeDecodeError:
        return "?"
