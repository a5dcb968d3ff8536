"""Names of Whoosh fields that are not simply a field of documents."""

from __future__ import annotations

BAG = "body"
"""What documents are ranked by: the terms of body and title together.  Its positions are those of
title and body, one behind the other."""

BORDERS = "borders"
"""Pairs of units with a sentence end between them."""
