"""Paths, folders, standard input and JSONL files → Documents, lazily."""

from searcher.sources.dates import parse_date
from searcher.sources.files import read_stdin
from searcher.sources.reading import listing, read, read_one
from searcher.sources.records import Listed, Options, Read, Root, Skipped
from searcher.sources.roots import printable, roots

__all__ = [
    "Listed",
    "Options",
    "Read",
    "Root",
    "Skipped",
    "listing",
    "parse_date",
    "printable",
    "read",
    "read_one",
    "read_stdin",
    "roots",
]
