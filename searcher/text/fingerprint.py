"""The fingerprint of the analysis: two indexes with the same one hold the same terms."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata, resources

ANALYSIS_VERSION = 1
"""Raise it with every change of code that changes terms, units or positions."""

REVIEW = "-review.tsv"
"""How the names of tables end that are for people and are not read."""

_PACKAGES = ("jieba", "opencc-python-reimplemented", "rjieba")


@cache
def fingerprint() -> str:
    """Return 16 hexadecimal digits over our version, our tables and the packages that cut and
    unify.

    >>> len(fingerprint())
    16
    """
    digest = hashlib.sha256(f"searcher {ANALYSIS_VERSION}".encode())
    for package in _PACKAGES:
        digest.update(f"\n{package} {metadata.version(package)}".encode())
    tables = resources.files("searcher.text").joinpath("data")
    for table in sorted(tables.iterdir(), key=lambda each: each.name):
        if table.name.endswith(REVIEW):
            continue
        digest.update(f"\n{table.name}\n".encode() + table.read_bytes())
    return digest.hexdigest()[:16]
