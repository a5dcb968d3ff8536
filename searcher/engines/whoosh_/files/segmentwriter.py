"""SegmentWriter: the files of one segment, written as their contents come.

::

    NAME.docs      ids, paths, lengths, doc values
    NAME.stored    stored bytes and where those of each document begin
    NAME.post      records, one section for each field
    NAME.terms     dictionaries; written last, it vouches for the other three by their seals
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from searcher.columns import Digests, Numbers
from searcher.engines.whoosh_.files.container import ContainerWriter, Data
from searcher.engines.whoosh_.files.doctable import write_documents
from searcher.engines.whoosh_.files.docvalueswriter import DocValuesWriter
from searcher.engines.whoosh_.files.listing import EXTENSIONS
from searcher.engines.whoosh_.files.terms import Codes, Sizes
from searcher.engines.whoosh_.files.termswriter import DictionaryWriter


class FieldSink:
    """Takes the terms of one field: pairs, ascending, then the rest, ascending."""

    def __init__(self, dictionary: DictionaryWriter, records: ContainerWriter, label: str) -> None:
        self._dictionary = dictionary
        self._records = records
        self._records.begin(label)

    def pairs(self, first: Codes, second: Codes, sizes: Sizes, blob: Data) -> None:
        """Append pairs (codes; 0 where there is no second), ascending, with their records."""
        self._dictionary.pairs(first, second, sizes)
        self._write(sizes, blob)

    def rest(self, terms: Sequence[bytes], sizes: Sizes, blob: Data) -> None:
        """Append other terms, ascending, with their records."""
        self._dictionary.rest(terms, sizes)
        self._write(sizes, blob)

    def close(self) -> None:
        """Complete the field."""
        self._dictionary.close()

    def _write(self, sizes: Sizes, blob: Data) -> None:
        if int(sizes.sum(dtype=np.int64)) != len(blob):
            raise ValueError(f"{len(blob)} bytes of records")
        self._records.write(blob)


class SegmentWriter:
    """Writes segment *name* into *folder*; nothing that grows with the text is kept in memory.

    `documents`, `doc_values` and `stored` are called once each, `field` for one field after the
    other, in any order; `close` completes the files, without syncing them to disk.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._documents: int | None = None
        self._fields: dict[str, DictionaryWriter] = {}
        self._files: dict[str, ContainerWriter] = {}
        try:
            for extension in EXTENSIONS:
                self._files[extension] = ContainerWriter(folder / f"{name}.{extension}")
        except BaseException:
            self.abandon()
            raise

    def documents(
        self,
        ids: Sequence[str],
        paths: Sequence[str],
        lengths: npt.ArrayLike,
        title_sizes: npt.ArrayLike,
    ) -> None:
        """Write the documents: ids ascending; terms in the bag and units of the title of each."""
        write_documents(self._files["docs"], ids, paths, lengths, title_sizes)
        self._documents = len(ids)

    def doc_values(self, digests: Digests, days: Numbers) -> DocValuesWriter:
        """Begin the doc values of the documents, after `documents`; they must be closed."""
        return DocValuesWriter(self._files["docs"], len(digests), digests, days)

    def stored(self, chunks: Iterable[Data], sizes: npt.ArrayLike) -> None:
        """Write the stored bytes of all documents, in any pieces, and the size of each."""
        file = self._files["stored"]
        file.begin("stored")
        for chunk in chunks:
            file.write(chunk)
        ends = np.cumsum(np.asarray(sizes, np.int64))
        file.add_array("stored_at", np.append(0, ends), "Q")

    def field(self, name: str) -> FieldSink:
        """Begin a field; the one before must be closed."""
        if name in self._fields or not self._closed():
            raise ValueError(f"field {name!r} cannot begin now")
        label = str(len(self._fields))
        self._fields[name] = DictionaryWriter(self._folder, self._files["terms"], label)
        return FieldSink(self._fields[name], self._files["post"], label)

    def close(self) -> None:
        """Complete the files."""
        if self._documents is None or not self._closed():
            raise ValueError("the segment is not complete")
        notes = {"documents": self._documents}
        seals = {name: self._files[name].close(notes) for name in EXTENSIONS[:-1]}
        fields = [[name, *made.counts] for name, made in self._fields.items()]
        self._files["terms"].close({"seals": seals, "fields": fields, **notes})

    def abandon(self) -> None:
        """Let go of the files and remove them."""
        for dictionary in self._fields.values():
            dictionary.abandon()
        for file in self._files.values():
            file.abandon()

    def _closed(self) -> bool:
        return all(dictionary.closed for dictionary in self._fields.values())
