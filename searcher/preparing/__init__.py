"""Preparing many documents: checked, cut into partitions, built here, beside us or far away."""

from __future__ import annotations

from searcher.errors import DocumentError
from searcher.model import Document, Failure
from searcher.preparing.documents import check


def sound(document: object) -> Document | Failure:
    """Return a document that can be indexed, or why it cannot.

    Raises:
        TypeError: it is no document at all.
    """
    if not isinstance(document, Document):
        raise TypeError(f"expected a searcher.Document, not {type(document).__name__}")
    try:
        check(document)
    except DocumentError as error:
        return Failure(error.where, error.reason)
    return document
