"""Our index as an object of Whoosh, opened without running anything that stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whoosh.fields import Schema, ensure_schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter

from searcher.engines.whoosh_.codec import ColumnarCodec
from searcher.engines.whoosh_.collector import ColumnarSearcher
from searcher.engines.whoosh_.schema import schema
from searcher.engines.whoosh_.toc import INDEX_NAME, read_toc


class ColumnarIndex(FileIndex):  # type: ignore[misc]
    """Whoosh's `FileIndex` over segments of ours alone.

    Opened with `whoosh.index.open_dir` such an index works as well, but Whoosh unpickles what it
    finds; here the TOC is read by an allow-list, and the schema is the one that is given.

    Raises:
        whoosh.index.EmptyIndexError: there is no index.
        IndexFormatError: its TOC is of another version of Whoosh.
        IndexCorruptError: its TOC is damaged, or lists anything but our segments.
    """

    def __init__(self, storage: Any, schema: Any, indexname: str = INDEX_NAME) -> None:
        self.storage = storage
        self._schema = ensure_schema(schema)
        self.indexname = indexname
        self._read_toc()

    def searcher(self, **kwargs: Any) -> ColumnarSearcher:
        """Return a searcher that goes over arrays where it can."""
        return ColumnarSearcher(self.reader(), fromindex=self, **kwargs)

    def writer(self, **kwargs: Any) -> SegmentWriter:
        """Return Whoosh's writer over our codec, in this process."""
        return SegmentWriter(self, codec=ColumnarCodec(), **kwargs)

    @property
    def schema(self) -> Schema:
        """The schema that was given."""
        return self._schema

    def _read_toc(self) -> TOC:
        return read_toc(self.storage, self.indexname, self._schema)


def open_index(folder: Path) -> ColumnarIndex:
    """Open the index of our own documents in *folder*; raises as `ColumnarIndex` does."""
    return ColumnarIndex(FileStorage(str(folder)), schema())
