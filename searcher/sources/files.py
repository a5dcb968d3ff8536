"""A file or stream that is one document: its whole text is the body."""

from __future__ import annotations

import gzip
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO

from searcher.arguments import MAX_SIZE
from searcher.errors import DocumentError
from searcher.model import Document, Failure
from searcher.sources import globs
from searcher.sources.records import STDIN, Listed, Options, Read
from searcher.sources.roots import printable
from searcher.text.decode import decode

TITLE_CHARS = 50
"""The longest line that is taken for a title."""

_TWO_LINES = re.compile(r"\s*+([^\r\n]++)(?>\r\n|\r|\n)(?!\Z)([^\r\n]*)")
"""The first line that is not empty, and the one behind it: what ends a file begins no line.

Nothing is given back, so that the time grows with the blanks in front and not with their square;
to begin at one of them would find an empty title anyway.
"""


def title_of(body: str) -> str:
    """Return the title of a plain text, or the empty string.

    It is the first line that is not empty, if that has at most 50 characters and no 。, and is
    followed by a blank line or a longer one.

    >>> title_of("驻村铁军\\n\\n全市驻村工作队……"), title_of("驻村铁军\\n")
    ('驻村铁军', '')
    """
    found = _TWO_LINES.match(body)
    if not found:
        return ""
    line, following = found[1].rstrip(), found[2].strip()
    if len(line) > TITLE_CHARS or "。" in line:
        return ""
    return line if not following or len(following) > len(line) else ""


def encoding_for(below: str, options: Options) -> str | None:
    """Return the encoding that the user named for the file at *below*, or None.

    >>> encoding_for("a/b.txt", Options(encodings=((None, "gbk"), ("a/**", "big5"))))
    'big5'
    """
    named = (name for glob, name in options.encodings if not glob or globs.matches(glob, below))
    return next(reversed(list(named)), None)


def open_file(path: str, options: Options) -> BinaryIO:
    """Return the file at *path*, open for reading; raises OSError for anything but a file.

    Opening never waits for the other end of a pipe, and follows no link unless asked, even if
    the path was a file when it was listed.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not options.follow_links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a file any more")
    return os.fdopen(handle, "rb")


def read_within(stream: BinaryIO | gzip.GzipFile, most: int) -> bytes:
    """Return what *stream* holds, *most* bytes of it at most.

    >>> import io
    >>> read_within(io.BytesIO(b"12345"), 4)
    b'1234'
    """
    # A stream makes room for all that it is asked for before it reads any of it.
    whole = stream.read(min(most, MAX_SIZE))
    if len(whole) < MAX_SIZE:
        return whole
    pieces, left = [whole], most - len(whole)
    while left and (piece := stream.read(min(left, MAX_SIZE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def read_plain(listed: Listed, options: Options) -> Iterator[Read | Failure]:
    """Yield the document that a file is, or why it could not be read."""
    where = printable(listed.path)
    try:
        with open_file(listed.path, options) as stream:
            raw = read_within(stream, options.max_size + 1)
    except OSError as error:
        yield Failure(where, f"cannot be read: {error.strerror}")
        return
    empty = Document(listed.id, "", path=where)
    yield _document(raw, empty, listed.below, options, listed.root or listed.id)


def read_stdin(stream: BinaryIO, options: Options) -> Iterator[Read | Failure]:
    """Yield the document ``stdin``, or why it could not be read.

    >>> import io
    >>> [read] = read_stdin(io.BytesIO("全文".encode()), Options())
    >>> read.document.id, read.document.body
    ('stdin', '全文')
    """
    try:
        raw = read_within(stream, options.max_size + 1)
    except OSError as error:
        yield Failure(STDIN, f"cannot be read: {error.strerror}")
        return
    yield _document(raw, Document(STDIN, ""), STDIN, options, STDIN)


def too_large(max_size: int) -> str:
    """Return the reason given for what is larger than *max_size* bytes.

    >>> too_large(64 * 1024 * 1024)
    'larger than 64 MiB (--max-size)'
    """
    shown = f"{max_size >> 20} MiB" if max_size % (1 << 20) == 0 else f"{max_size} bytes"
    return f"larger than {shown} (--max-size)"


def _document(
    raw: bytes, empty: Document, below: str, options: Options, origin: str
) -> Read | Failure:
    """Return *empty* filled with the text in *raw*."""
    where = empty.path or empty.id
    if len(raw) > options.max_size:
        return Failure(where, too_large(options.max_size))
    try:
        text = decode(raw, encoding_for(below, options), where)
    except DocumentError as error:
        return Failure(where, error.reason)
    document = Document(empty.id, text.text, title_of(text.text), path=empty.path)
    return Read(
        document=document,
        where=where,
        encoding=text.encoding,
        confidence=text.confidence,
        replaced=text.replaced,
        size=len(raw),
        origin=origin,
        file=where,
    )
