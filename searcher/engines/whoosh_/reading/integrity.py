"""Integrity: every file of an index, read to its last block."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from searcher.engines.whoosh_.files.container import Container
from searcher.engines.whoosh_.files.listing import LISTING, read_listing


def check(files: Iterable[Path]) -> None:
    """Read files of an index as they lie on the disk now.

    What is mapped already is not asked: a file that was cut short since would end the process.

    Raises:
        IndexCorruptError: one is missing or damaged; the first one is named.
    """
    for path in files:
        if path.name == LISTING:
            read_listing(path.parent)
        else:
            with closing(Container.open(path)) as container:
                container.check_all()
