"""JSONL files, one record a line, plain or gzip-compressed; read as a stream."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from searcher.errors import DocumentError
from searcher.model import Failure
from searcher.preparing.keeping import storable_document
from searcher.sources.fields import document_of, parse
from searcher.sources.files import encoding_for, open_file, read_within, too_large
from searcher.sources.records import Listed, Options, Read
from searcher.sources.roots import printable
from searcher.text.decode import REPLACEMENT, SAMPLE_BYTES, decode, detect, encoding_name, read_as

GZIP_RATIO = 250
"""How many times its size a compressed file may grow to; text stays far below, bombs do not."""


_Lines = BinaryIO | gzip.GzipFile


@dataclass(frozen=True, slots=True)
class _Stream:
    """An open JSONL file: its lines, in ``codec``, and what is to be said about them.

    ``encoding`` is that of the file; ``strict`` says that the user named it; no record may be
    longer than ``max_size`` bytes, nor all together longer than ``budget``.
    """

    lines: _Lines
    codec: str
    where: str
    id: str
    encoding: str
    confidence: float
    strict: bool
    max_size: int
    budget: int


def read_jsonl(listed: Listed, options: Options) -> Iterator[Read | Failure]:
    """Yield the document of each record, or why it could not be read.

    A record that cannot be read is a Failure that names its line, and reading goes on; damage
    to the file itself ends it with a Failure.
    """
    where = printable(listed.path)
    try:
        with open_file(listed.path, options) as file:
            packed = listed.path.lower().endswith(".gz")
            yield from _records(
                _opened(gzip.GzipFile(fileobj=file) if packed else file, listed, options)
            )
    except DocumentError as error:
        yield Failure(error.where, error.reason)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Failure(where, f"cannot be read to its end: {reason}")


def _opened(lines: _Lines, listed: Listed, options: Options) -> _Stream:
    """Return the stream of a file whose encoding is named or decided by its beginning."""
    where = printable(listed.path)
    named = encoding_for(listed.below, options)
    head = lines.read(SAMPLE_BYTES)
    lines.seek(0)
    if named:
        encoding, confidence = encoding_name(named), 1.0
    else:
        encoding, confidence = detect(head, where, complete=len(head) < SAMPLE_BYTES)
    codec = encoding
    if encoding.startswith(("utf-16", "utf-32")):
        lines, codec = _narrowed(lines, where, named, options.max_size), "utf-8"
    return _Stream(
        lines=lines,
        codec=codec,
        where=where,
        id=listed.id,
        encoding=encoding,
        confidence=confidence,
        strict=bool(named),
        max_size=options.max_size,
        budget=GZIP_RATIO * listed.size + options.max_size,
    )


def _narrowed(lines: _Lines, where: str, named: str | None, max_size: int) -> BinaryIO:
    """Return the lines of a UTF-16 or UTF-32 file as UTF-8.

    Newlines are not single bytes there.  Such files are rare, so they are read whole.
    """
    raw = read_within(lines, max_size + 1)
    if len(raw) > max_size:
        raise DocumentError(where, too_large(max_size))
    return io.BytesIO(decode(raw, named, where).text.encode("utf-8"))


def _records(stream: _Stream) -> Iterator[Read | Failure]:
    """Yield what each line of *stream* holds; blank lines hold nothing."""
    for number, line in _lines(stream):
        try:
            if len(line) > stream.max_size:
                raise DocumentError(f"{stream.where}:{number}", too_large(stream.max_size))
            if line.strip():
                yield _read(line, number, stream)
        except DocumentError as error:
            yield Failure(error.where, error.reason)


def _lines(stream: _Stream) -> Iterator[tuple[int, bytes]]:
    """Yield each line and its number; of one that is too long, only the beginning."""
    number = total = 0
    limit = stream.max_size + 1
    while line := stream.lines.readline(limit):
        number += 1
        yield number, line.rstrip(b"\r\n")
        total += len(line)
        while len(line) == limit and not line.endswith(b"\n"):
            line = stream.lines.readline(limit)
            total += len(line)
            _check_budget(total, number, stream)
        _check_budget(total, number, stream)


def _check_budget(total: int, number: int, stream: _Stream) -> None:
    """Raise DocumentError where a small file has become too large."""
    if total > stream.budget:
        reason = f"grows to more than {GZIP_RATIO} times its size; the rest was not read"
        raise DocumentError(f"{stream.where}:{number}", reason)


def _read(line: bytes, number: int, stream: _Stream) -> Read:
    """Return the document of one line."""
    where = f"{stream.where}:{number}"
    text, replaced = _text(line, where, stream)
    document, warnings = document_of(parse(text, where), f"{stream.id}#{number}", where)
    if "\\u" in text:
        # Only an escape can bring NUL or a lone surrogate into JSON that was decoded.
        document, escaped = storable_document(document)
        replaced += escaped
    return Read(
        document=document,
        where=where,
        encoding=stream.encoding,
        confidence=stream.confidence,
        replaced=replaced,
        size=len(line),
        warnings=warnings,
        origin=stream.id,
        file=stream.where,
    )


def _text(line: bytes, where: str, stream: _Stream) -> tuple[str, int]:
    """Return a line as text, and the number of U+FFFD put in (of a narrowed file, of all)."""
    if stream.codec != stream.encoding:
        text = line.decode(stream.codec)
        return text, text.count(REPLACEMENT)
    if stream.strict:
        read = decode(line, stream.codec, where)
        return read.text, read.replaced
    return read_as(line, stream.codec)
