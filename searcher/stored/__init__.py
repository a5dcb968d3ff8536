"""Stored documents: all of a document but its id and path, as plain bytes.

A usual document is one short head, its title and metadata as they are, and one frame with the
body.  No units are stored: they are found again when a hit is shown.  Only a noisy document keeps
its edits (`searcher.stored.edits`), and only a huge one is stored in blocks with its units
(`searcher.stored.blocks`).  What writes them is in `searcher.stored.writing` and not loaded here.
"""

from searcher.stored.blocks import BLOCK, BlockField
from searcher.stored.document import StoredDocument
from searcher.stored.layout import HUGE, STORED_FIELDS
from searcher.stored.packing import Packing, decoded, encoded, train

__all__ = [
    "BLOCK",
    "HUGE",
    "STORED_FIELDS",
    "BlockField",
    "Packing",
    "StoredDocument",
    "decoded",
    "encoded",
    "train",
]
