"""The codec: how Whoosh's own tools read our segments, and write segments of any schema like them.

There are two kinds of segments (`toc.ColumnarSegment` says which one is).  Those of our own
documents are made by our writer, and read here through `segment.Segment`, as searches read them.
Those of any other schema are what Whoosh's `SegmentWriter` makes of this codec.
"""

from __future__ import annotations

from typing import Any

from whoosh.codec.base import Codec, PerDocumentReader

from searcher.engines.whoosh_.foreign import ForeignFieldWriter, ForeignLexicon
from searcher.engines.whoosh_.lexicon import Lexicon
from searcher.engines.whoosh_.own import OwnDocuments, OwnLexicon
from searcher.engines.whoosh_.perdocument import DocumentReader, DocumentWriter
from searcher.engines.whoosh_.toc import ColumnarSegment


class ColumnarCodec(Codec):  # type: ignore[misc]
    """Give it to a writer, ``index.writer(codec=ColumnarCodec())``; readers find it themselves.

    Any arguments, which other codecs take, are ignored.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()

    def new_segment(self, _storage: Any, indexname: str) -> ColumnarSegment:
        """Return a segment to write to."""
        return ColumnarSegment(indexname)

    def per_document_writer(self, storage: Any, segment: ColumnarSegment) -> DocumentWriter:
        """Return a writer of what belongs to documents."""
        return DocumentWriter(storage, segment)

    def field_writer(self, storage: Any, segment: ColumnarSegment) -> ForeignFieldWriter:
        """Return a writer of terms and postings."""
        return ForeignFieldWriter(storage, segment)

    def per_document_reader(self, storage: Any, segment: ColumnarSegment) -> PerDocumentReader:
        """Return a reader of what belongs to documents."""
        kind = OwnDocuments if segment.own else DocumentReader
        return kind(storage, segment)

    def terms_reader(self, storage: Any, segment: ColumnarSegment) -> Lexicon:
        """Return a reader of terms and postings."""
        return OwnLexicon(storage, segment) if segment.own else ForeignLexicon(storage, segment)
