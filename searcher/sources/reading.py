"""Roots → Documents, one by one, as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from searcher.errors import SourceError
from searcher.model import Failure
from searcher.sources import globs
from searcher.sources.files import read_plain
from searcher.sources.jsonl import read_jsonl
from searcher.sources.records import Listed, Options, Read, Root, Skipped
from searcher.sources.walk import walk
from searcher.text.decode import encoding_name

READERS: Mapping[str, Callable[[Listed, Options], Iterator[Read | Failure]]] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".ndjson.gz": read_jsonl,
}
"""How a file's name ends → its reader.  Every other file is one document of plain text."""


def read(roots: Sequence[Root], options: Options) -> Iterator[Read | Skipped | Failure]:
    """Return an iterator over the documents of *roots*, in their order, each by order of ids.

    What could not be read is a Failure and what was left alone on purpose, but for hidden and
    excluded files, is a Skipped; neither ends the reading.  At most one document is held in
    memory.  Raises SourceError at once for a glob or encoding that cannot be understood, and
    while reading where a root itself cannot be read any more.
    """
    return (
        result
        for found in listing(roots, options)
        for result in (read_one(found, options) if isinstance(found, Listed) else [found])
    )


def listing(roots: Sequence[Root], options: Options) -> Iterator[Listed | Skipped | Failure]:
    """Return an iterator over the files that `read` would read, without opening any.

    Raises SourceError as `read` does.
    """
    _check(options)
    return (found for root in roots for found in walk(root, options))


def read_one(listed: Listed, options: Options) -> Iterator[Read | Failure]:
    """Return an iterator over the documents of one listed file.

    >>> [result] = read_one(Listed("a", "/nowhere", "a", 0), Options())
    >>> result.reason
    'cannot be read: No such file or directory'
    """
    name = listed.below.lower()
    reader = next((reader for end, reader in READERS.items() if name.endswith(end)), read_plain)
    return reader(listed, options)


def _check(options: Options) -> None:
    """Raise SourceError where *options* cannot be understood."""
    choosing = (glob for glob, _ in options.encodings if glob)
    for glob in (*options.include, *options.exclude, *choosing):
        globs.check(glob)
    for _, name in options.encodings:
        try:
            encoding_name(name)
        except LookupError as error:
            raise SourceError(
                f"{error.args[0]}; name one that Python knows, such as gb18030, big5 or utf-16"
            ) from error
