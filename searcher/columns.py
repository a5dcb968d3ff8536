"""Columns: analyzed documents as arrays, as they travel from analysis to an engine.

One `Batch` holds some hundreds of documents.  Nothing in it is a Python object for each unit or
word, so that building an index costs array operations alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint32]
Marks: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int64]

SENTENCE_END_CODE = 10
"""The code of a sentence end among unit codes (its key is ``\\n``)."""

NAMED = 0x110000
"""Codes from here on mean ``names[code - NAMED]``; below they are the code point of a unit of one
character."""

IS_WORD = 1
"""Mark: the unit is also a word, so its term counts once more."""

IS_PAIR = 2
"""Mark: this unit and the next one are also a word, whose term is their bigram."""


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents ready for an engine.

    ``numbers`` say in which order documents came: of two with one id the higher one stays.
    ``fields`` has an entry for each of `searcher.model.RUN_FIELDS` that any document fills.
    ``stored`` are opaque bytes, given back as they are.
    """

    numbers: Numbers
    ids: tuple[str, ...]
    paths: tuple[str, ...]
    stored: tuple[bytes, ...]
    names: tuple[str, ...]
    fields: Mapping[str, FieldColumns]

    def __len__(self) -> int:
        return len(self.ids)
