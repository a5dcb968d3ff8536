"""Preparing many documents: checked, cut into partitions, built here, beside us or far away."""

from __future__ import annotations

from searcher.errors import DocumentError
from searcher.model import Document, Failure
from searcher.preparing.documents import check
from searcher.preparing.keeping import Kept, kept


def sound(document: object) -> Kept | Failure:
    """Return a document that can be indexed as it is kept, or why it cannot be indexed.

    Raises:
        TypeError: it is no document at all.
    """
    if not isinstance(document, Document):
        raise TypeError(f"expected a searcher.Document, not {type(document).__name__}")
    try:
        check(document)
    except DocumentError as error:
        return Failure(error.where, error.reason)
    return kept(document)
