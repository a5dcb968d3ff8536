"""Writing the word list of a `Lexicon`: jieba's dictionary and HMM, and the words of a user."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from searcher.text.words.algorithm import UNKNOWN
from searcher.text.words.base import UserWord
from searcher.text.words.dictionary import Dictionary, Tables, load_dictionary, load_tables
from searcher.text.words.lexicon import CRC, ENTRY, HEADER, MAGIC, VERSION

Sections: TypeAlias = Mapping[str, tuple[str, bytes]]
"""The type and the bytes of each section by name."""

_KINDS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_ALIGNMENT = 8


def write_lexicon(path: str | Path, user_words: Iterable[UserWord] = ()) -> None:
    """Write the word list that a `LexiconCutter` needs to cut with *user_words*; about 2.7 MB.

    The same words give the same bytes.  The file is not synced to disk.
    """
    write_dictionary(path, load_dictionary(user_words))


def write_dictionary(path: str | Path, dictionary: Dictionary) -> None:
    """Write *dictionary* and jieba's HMM as a `Lexicon`."""
    # Imported here because it brings numpy, which no query needs.
    from searcher.text.words.trie import trie

    words = {
        name: (_KINDS[numbers.itemsize], numbers.tobytes())
        for name, numbers in trie(dictionary.frequencies).items()
    }
    forbidden = "\n".join(sorted(dictionary.forbidden)).encode()
    sections = words | _model(load_tables()) | {"forbidden": ("B", forbidden)}
    Path(path).write_bytes(_file(dictionary.total, sections))


def _model(tables: Tables) -> dict[str, tuple[str, bytes]]:
    known = sorted(tables.by_char)
    emissions = [each for char in known for each in tables.by_char[char]]
    # What was never seen comes first: characters that are not known share it.
    logs = [UNKNOWN, *sorted(set(emissions) - {UNKNOWN})]
    place = {log: at for at, log in enumerate(logs)}
    return {
        "model": _packed("d", [*tables.starts, *tables.steps]),
        "known": _packed("H", map(ord, known)),
        "emissions": _packed("H", (place[each] for each in emissions)),
        "logs": _packed("d", logs),
    }


def _packed(kind: str, numbers: Iterable[float]) -> tuple[str, bytes]:
    listed = list(numbers)
    return kind, struct.pack(f"<{len(listed)}{kind}", *listed)


def _file(total: int, sections: Sections) -> bytes:
    head = HEADER.pack(MAGIC, VERSION, len(sections), total) + b"".join(_table(sections))
    parts = [head, CRC.pack(zlib.crc32(head))]
    for _, raw in sections.values():
        parts += [bytes(-sum(map(len, parts)) % _ALIGNMENT), raw]
    return b"".join(parts)


def _table(sections: Sections) -> Iterator[bytes]:
    at = HEADER.size + ENTRY.size * len(sections) + CRC.size
    for name, (kind, raw) in sections.items():
        at += -at % _ALIGNMENT
        yield ENTRY.pack(name.encode(), kind.encode(), at, len(raw), zlib.crc32(raw))
        at += len(raw)
