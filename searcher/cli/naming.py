"""Documents by name: by their id, or by the path that every form of output shows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from shlex import quote

from searcher.cli.notes import few
from searcher.engines.base import Reader
from searcher.errors import SourceError
from searcher.generations import Home
from searcher.index import Index
from searcher.jobs.record import record_of
from searcher.model import PathIs
from searcher.snapshot import engine_of
from searcher.sources.records import Root
from searcher.sources.roots import id_of, printable
from searcher.text.decode import storable

ID_OR_PATH = "The id of a document, or the path that it alone has."

_LOOKED_AT = 1000
"""Documents whose path or id begins with the same that are looked at."""


def id_named(index: Index, home: Path, name: str) -> str:
    """Return the id that *name* means in the open *index* at *home*; see `ids_named`.

    Only a name that is no id costs another opening.
    """
    if name in index:
        return name
    (found,) = ids_named(home, [name])
    return found


def ids_named(home: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield the id that each name means: an id is one, and else the path of one document means
    that; what means none stays as it is.

    Raises:
        SourceError: a path is that of several documents.
    """
    with (
        Home(home).current() as generation,
        closing(engine_of(generation).open(generation.folder)) as reader,
    ):
        roots = record_of(generation.manifest, home).roots
        for name in names:
            is_id = reader.find(storable(name)[0]) is not None
            yield name if is_id else _by_path(reader, roots, name)


def _by_path(reader: Reader, roots: Sequence[Root], name: str) -> str:
    # A record may say any path of itself; that of a file is absolute, its folders without links
    # unless links were followed.
    given = name, os.path.abspath(name), os.path.realpath(name)  # noqa: PTH100
    for path in dict.fromkeys(map(printable, filter(None, given))):
        found = _at(reader, path) or _records_in(reader, roots, path)
        if found:
            return _only(found, name)
    return name


def _only(found: Sequence[tuple[str, str]], name: str) -> str:
    """Return the id of the only document found, given with the pattern that finds all of them."""
    ids, pattern = [each for each, _ in found], found[0][1]
    if len(ids) > 1:
        query = quote(f'path:"{pattern}"')
        raise SourceError(
            f"{name}: is the path of several documents: {few(ids)}; name one by its id; list "
            f"them with: searcher search {query} --jsonl"
        )
    return ids[0]


def _at(reader: Reader, path: str) -> list[tuple[str, str]]:
    """Return the documents at *path*."""
    pattern = _literally(path)
    return [(each, pattern) for each, own in _beginning(reader, pattern) if own == path]


def _records_in(reader: Reader, roots: Sequence[Root], path: str) -> list[tuple[str, str]]:
    """Return the documents of a file at *path* that are named after it, as records are which have
    no id of their own.
    """
    holders = [root for root in roots if Path(path).is_relative_to(printable(str(root.path)))]
    beginnings = [f"{id_of(root, path)}#" for root in holders]
    return [
        (each, _literally(beginning))
        for beginning in beginnings
        for each, _ in _beginning(reader, _literally(beginning))
        if each.startswith(beginning)
    ]


def _beginning(reader: Reader, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield id and path of the documents one of which begins with *pattern*, or matches it; of
    very many only the first.
    """
    page = reader.search(PathIs(pattern), (), (), limit=_LOOKED_AT, offset=0, sort="path")
    return (reader.document(hit.number) for hit in page.hits)


def _literally(text: str) -> str:
    """Return *text* as a pattern that means nothing else."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
