"""Writing doc values (`docvalues` has the layout), one column after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from searcher.columns import Digests, Floats, Numbers
from searcher.engines.whoosh_.files.container import ContainerWriter, Data
from searcher.engines.whoosh_.files.docvalues import (
    ALIGNED,
    EACH,
    FIGURES,
    GAPPED,
    SECTION,
    SOME,
    TEXTS,
    Shape,
    code_bytes,
    code_kind,
)
from searcher.engines.whoosh_.files.texts import encoded, narrowest, offsets, write_texts

_DAY_BITS = 32
"""Bits of the last day of a period, behind the first."""

_DOCUMENT = 4
"""Bytes of a document's number in a column of form `SOME`."""


class DocValuesWriter:
    """Writes the doc values of *documents* into the container *into*, which takes nothing else
    until `close`.
    """

    def __init__(
        self, into: ContainerWriter, documents: int, digests: Digests, days: Numbers
    ) -> None:
        """Write *digests*, and *days*: the first and last of each document (n × 2)."""
        self._into = into
        self._documents = documents
        self._names: list[str] = []
        self._shapes: list[Shape] = []
        self._size = 0
        into.add("digests", np.ascontiguousarray(digests).reshape(-1))
        self._write_days(days)
        into.begin(SECTION)

    def texts(
        self, name: str, docs: Numbers, codes: Numbers, values: Sequence[tuple[str, str]]
    ) -> None:
        """Write a column of texts: document ``docs[i]`` has the value ``codes[i]``.

        Rows ascend, and so do *values*, which are values with their keys (all empty, or none).
        """
        form = self._form(docs, len(values))
        texts, keys = ([encoded(pair[at]) for pair in values] for at in (0, 1))
        sizes = sum(map(len, texts)), sum(map(len, keys))
        self._begin(TEXTS + name, Shape(form, len(docs), len(values), *sizes, self._size))
        self._write_docs(form, docs)
        kind = code_kind(len(values), form)
        if form == GAPPED:
            dense = np.zeros(self._documents, np.int64)
            dense[docs] = codes + 1
            codes = dense
        if kind is not None:
            self._write(_bytes(codes, kind))
        for size, parts in zip(sizes, (texts, keys), strict=True):
            if size:
                places = list(accumulate(map(len, parts), initial=0))
                self._write(_bytes(places, offsets(size)))
                self._write(b"".join(parts))

    def figures(self, name: str, docs: Numbers, figures: Floats) -> None:
        """Write a column of numbers: document ``docs[i]`` has ``figures[i]``; rows ascend."""
        form = EACH if len(docs) == self._documents else SOME
        self._begin(FIGURES + name, Shape(form, len(docs), 0, 0, 0, self._size))
        self._write_docs(form, docs)
        self._write(_bytes(figures, "f8"))

    def close(self) -> None:
        """Complete them."""
        write_texts(self._into, "columns", self._names)
        self._into.add_array("shapes", np.array(self._shapes, np.int64).reshape(-1), "Q")

    # ------------------------------------------------------------ parts

    def _write_days(self, days: Numbers) -> None:
        packed = days[:, 0].astype(np.int64) << _DAY_BITS | days[:, 1]
        periods, codes = np.unique(packed, return_inverse=True)
        ends = np.stack([periods >> _DAY_BITS, periods & ((1 << _DAY_BITS) - 1)], axis=1)
        self._into.add_array("periods", ends.reshape(-1), "I")
        codes = codes if len(periods) > 1 else codes[:0]
        self._into.add_array("period", codes, narrowest(len(periods) - 1))

    def _form(self, docs: Numbers, values: int) -> int:
        """Return the form that takes the least room."""
        if (docs[1:] == docs[:-1]).any():
            return SOME
        if len(docs) == self._documents:
            return EACH
        gapped = self._documents * code_bytes(values, GAPPED)
        return GAPPED if gapped < len(docs) * (_DOCUMENT + code_bytes(values, SOME)) else SOME

    def _begin(self, name: str, shape: Shape) -> None:
        if self._names and name <= self._names[-1]:
            raise ValueError(f"column {name!r} does not come behind {self._names[-1]!r}")
        self._names.append(name)
        self._shapes.append(shape)

    def _write_docs(self, form: int, docs: Numbers) -> None:
        if form == SOME:
            self._write(_bytes(docs, "I"))

    def _write(self, data: Data) -> None:
        padding = bytes(-len(data) % ALIGNED)
        self._into.write(data)
        self._into.write(padding)
        self._size += len(data) + len(padding)


def _bytes(values: npt.ArrayLike, kind: str) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(values, f"<{kind}").view(np.uint8)
