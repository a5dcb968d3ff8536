"""Columns: analyzed documents as arrays, as they travel from analysis to an engine.

One `Batch` holds some hundreds of documents.  Nothing in it is a Python object for each unit or
word, so that building an index costs array operations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint32]
Marks: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Digests: TypeAlias = npt.NDArray[np.uint8]
Days: TypeAlias = npt.NDArray[np.int32]

SENTENCE_END_CODE = 10
"""The code of a sentence end among unit codes (its key is ``\\n``)."""

NAMED = 0x110000
"""Codes from here on mean ``names[code - NAMED]``; below they are the code point of a unit of one
character."""

IS_WORD = 1
"""Mark: the unit is also a word, so its term counts once more."""

IS_PAIR = 2
"""Mark: this unit and the next one are also a word, whose term is their bigram."""


def unit_keys(codes: Iterable[int], names: Sequence[str]) -> list[str]:
    """Return the units that *codes* stand for.

    >>> unit_keys([ord("脱"), NAMED, SENTENCE_END_CODE], ["2017"])
    ['脱', '2017', '\\n']
    """
    return [chr(code) if code < NAMED else names[code - NAMED] for code in codes]


@dataclass(frozen=True, slots=True)
class FieldColumns:
    """One field of all documents of a batch, in a row.

    ``units`` are the codes of the units, sentence ends included, so an index into a document's
    own slice is a position; ``marks`` goes along with it.  Document *i* has
    ``units[starts[i]:starts[i + 1]]``.  Words that are neither one unit nor a bigram are listed
    apart: ``names[word_names[k]]`` is such a term and stands in document ``word_documents[k]`` of
    the batch (ascending; a term that stands there twice is listed twice).
    """

    units: Codes
    marks: Marks
    starts: Numbers
    word_documents: Numbers
    word_names: Numbers


DIGEST = 16
"""Bytes of a digest."""

PLAIN_COLUMNS = ("author", "origin", "script", "source")
"""The columns of texts that every batch may have."""

EXTRA = "extra."
"""What the name of an extra field has in front of it as the name of a column, so that it is never
mistaken for one of `PLAIN_COLUMNS`."""

UNIT_BORDER = "\x1f"
"""Stands around every unit in the key of a text; no unit can hold it."""


def run_key(units: Sequence[str]) -> str:
    """Return *units* as one string that holds that of each run of them, and of nothing else.

    >>> run_key(["驻", "村"]) in run_key(["在", "驻", "村", "2017"])
    True
    >>> run_key(["村", "20"]) in run_key(["驻", "村", "2017"])
    False
    """
    return UNIT_BORDER + UNIT_BORDER.join(units) + UNIT_BORDER


@dataclass(frozen=True, slots=True)
class TextColumn:
    """The texts that some documents of a batch have in one field of metadata.

    Document ``documents[i]`` has ``values[codes[i]]``.  Documents ascend; one may have several
    values, each once.  ``values`` are distinct, each is had by a document.  ``keys[c]`` is the
    `run_key` of the units of ``values[c]``; there are none where no runs are asked for.
    """

    documents: Numbers
    codes: Numbers
    values: tuple[str, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """The numbers that some documents of a batch have in one field of metadata: ``documents[i]``,
    ascending, has ``figures[i]``, which is never NaN.
    """

    documents: Numbers
    figures: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents ready for an engine.

    ``numbers`` say in which order documents came: of two with one id the higher one stays.
    ``fields`` has an entry for each of `searcher.model.RUN_FIELDS` that any document fills.
    ``stored`` are opaque bytes, given back as they are.

    ``digests`` (n × `DIGEST`) tell whether a document has changed.  ``days`` (n × 2) are the
    first and the last day of each date, counted as `datetime.date.toordinal` does; 0, 0 is no
    date.  ``texts`` and ``figures`` are what else clauses ask metadata for: by `PLAIN_COLUMNS`,
    and by `EXTRA` and the name of an extra field.
    """

    numbers: Numbers
    ids: tuple[str, ...]
    paths: tuple[str, ...]
    stored: tuple[bytes, ...]
    names: tuple[str, ...]
    fields: Mapping[str, FieldColumns]
    digests: Digests
    days: Days
    texts: Mapping[str, TextColumn]
    figures: Mapping[str, FigureColumn]

    def __len__(self) -> int:
        return len(self.ids)
