"""Paths, folders, standard input and JSONL files → Documents, lazily."""

from searcher.sources.files import read_stdin
from searcher.sources.reading import listing, read, read_one
from searcher.sources.records import Listed, Options, Read, Root, Skipped
from searcher.sources.roots import RESTORE, id_of, printable, roots
from searcher.text.dates import parse_date

__all__ = [
    "RESTORE",
    "Listed",
    "Options",
    "Read",
    "Root",
    "Skipped",
    "id_of",
    "listing",
    "parse_date",
    "printable",
    "read",
    "read_one",
    "read_stdin",
    "roots",
]
