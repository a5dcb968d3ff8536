"""The fingerprint of the analysis: two indexes with the same one hold the same terms."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache

from searcher.text.tables import data_lines

ANALYSIS_VERSION = 2
"""Raise it with every change of code that changes terms, units or positions."""

DIGEST = "digest.txt"
"""The file that holds the digest of all tables; a test holds it to them."""

_SHOWN = 16
_PACKAGES = ("jieba", "opencc-python-reimplemented", "rjieba")
_METADATA = ".dist-info"


@cache
def fingerprint() -> str:
    """Return our version, the digest of our tables, and the versions of the packages that cut
    and unify, on one line.

    >>> fingerprint().split()[2:4]
    ['jieba-0.42.1', 'opencc-python-reimplemented-0.1.7']
    """
    [digest] = data_lines(DIGEST)
    versions = installed(_PACKAGES)
    packages = (f"{package}-{versions[package]}" for package in _PACKAGES)
    return " ".join([str(ANALYSIS_VERSION), digest[:_SHOWN], *packages])


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages, by name.

    A version stands in the name of the folder that holds the package's metadata.
    `importlib.metadata` goes by these names too, but to import it takes longer than all the rest
    of opening an index.

    >>> installed(["jieba"])
    {'jieba': '0.42.1'}
    """
    folders = list(_metadata_folders())
    return {package: _version(package, folders) for package in packages}


def _version(package: str, folders: Iterable[str]) -> str:
    beginning = package.replace("-", "_") + "-"
    for name in folders:
        if name.startswith(beginning):
            return name.removeprefix(beginning).removesuffix(_METADATA)
    from importlib import metadata  # for a package that was installed in some other way

    return metadata.version(package)


def _metadata_folders() -> Iterator[str]:
    """Yield the names of the metadata folders on Python's path, first found first."""
    for place in sys.path:
        with suppress(OSError), os.scandir(place or os.curdir) as entries:  # zip files, say
            yield from (entry.name for entry in entries if entry.name.endswith(_METADATA))
