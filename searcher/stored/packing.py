"""Compression of what an index stores: Zstandard with a dictionary trained from its own texts.

A document is far too short to hold much of its own repetition, so that what documents have in
common is kept once, in a file of the generation.
"""

from __future__ import annotations

import threading
import zlib
from codecs import utf_16_le_decode
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import zstandard

from searcher.errors import IndexCorruptError

SAMPLES = 1000
"""So many texts are enough to train a dictionary; more made it 1 % better."""

SAMPLE_CHARS = 2000
"""Characters of one text that are looked at, so that a book is no burden."""

LARGEST = 131_072
"""Bytes of a dictionary.  Of 64, 110, 128, 160, 200 and 256 KB, the smallest of the best."""

SHARE = 8
"""A dictionary has at most one byte for so many bytes of samples: a small index needs a small one,
or none."""

SMALLEST = 4096
"""A smaller dictionary is worth nothing."""

DICTIONARY_FILE = "texts.dict"
"""The file of a generation that holds the dictionary, if it has one."""

_MAGIC = b"TXTD"
_UNKNOWN = -1


def encoded(text: str) -> bytes:
    """Return *text* as its bytes are stored: UTF-16, little end first.

    That is shorter than UTF-8 for Chinese, and the bytes are the characters as an array.
    """
    return text.encode("utf-16-le")


def decoded(raw: bytes) -> str:
    """Return the text that was `encoded`.

    >>> decoded(encoded("脱贫"))
    '脱贫'
    """
    # Three times as fast as `bytes.decode`, which looks the codec up by its name.
    return utf_16_le_decode(raw, "strict", True)[0]


def train(texts: Iterable[str]) -> bytes:
    """Return a dictionary made from the first *texts* of a build, as `Packing` takes it.

    The same texts give the same bytes.  Of few or very short texts nothing can be learned: then
    it is empty.

    >>> train(["脱贫攻坚"])
    b''
    """
    samples: list[bytes | bytearray | memoryview] = [
        text[:SAMPLE_CHARS].encode("utf-16-le", "surrogatepass")
        for text in islice(filter(None, texts), SAMPLES)
    ]
    size = min(LARGEST, sum(map(len, samples)) // SHARE)
    if size < SMALLEST:
        return b""
    try:
        learned = zstandard.train_dictionary(size, samples).as_bytes()
    except zstandard.ZstdError:  # the samples have too little in common
        return b""
    return _MAGIC + zlib.crc32(learned).to_bytes(4, "little") + learned


class Packing:
    """How the documents of one generation are compressed; safe to share between threads.

    *dictionary* is what `train` returned.

    Raises:
        IndexCorruptError: *dictionary* is damaged.

    >>> packing = Packing()
    >>> packing.expand(packing.compress(b"text"), 4)
    b'text'
    """

    def __init__(self, dictionary: bytes = b"") -> None:
        self.has_dictionary = bool(dictionary)
        self._dictionary = _opened(dictionary) if dictionary else b""
        self._own = threading.local()

    def compress(self, data: bytes) -> bytes:
        """Return *data* as one frame."""
        return self._compressor().compress(data)

    def expand(self, frame: bytes | memoryview, size: int) -> bytes:
        """Return the *size* bytes a frame was made of.

        Raises:
            IndexCorruptError: it is no frame, or one of another size.
        """
        # A frame that names its own size would be given as much memory as it says.
        try:
            if zstandard.frame_content_size(frame) != _UNKNOWN:
                raise IndexCorruptError(
                    "a stored document is damaged (a size that is none of ours)"
                )
            data = self._decompressor().decompress(frame, size, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise IndexCorruptError(f"a stored document is damaged ({error})") from error
        if len(data) != size:
            raise IndexCorruptError("a stored document is damaged (it is too short)")
        return data

    # One compressor or decompressor must not be used by two threads at once.

    def _compressor(self) -> zstandard.ZstdCompressor:
        found: zstandard.ZstdCompressor | None = getattr(self._own, "compressor", None)
        if found is None:
            parameters = _parameters()
            dictionary = self._zstd_dictionary()
            if dictionary is not None:
                dictionary.precompute_compress(compression_params=parameters)
            found = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters)
            self._own.compressor = found
        return found

    def _decompressor(self) -> zstandard.ZstdDecompressor:
        found: zstandard.ZstdDecompressor | None = getattr(self._own, "decompressor", None)
        if found is None:
            found = zstandard.ZstdDecompressor(dict_data=self._zstd_dictionary())
            self._own.decompressor = found
        return found

    def _zstd_dictionary(self) -> zstandard.ZstdCompressionDict | None:
        if not self._dictionary:
            return None
        return zstandard.ZstdCompressionDict(
            self._dictionary, dict_type=zstandard.DICT_TYPE_FULLDICT
        )


def packing_in(folder: Path) -> Packing:
    """Return how the documents of the generation in *folder* are compressed.

    Raises:
        IndexCorruptError: its dictionary is damaged; the message names the file.
    """
    path = folder / DICTIONARY_FILE
    if not path.exists():
        return Packing()
    with path.open("rb") as file:
        dictionary = file.read(LARGEST + len(_MAGIC) + 5)  # one byte more than there may be
    try:
        return Packing(dictionary)
    except IndexCorruptError as error:
        raise IndexCorruptError(f"{path}: {error}; build again: searcher build PATH…") from error


def _opened(dictionary: bytes) -> bytes:
    learned = dictionary[8:]
    if dictionary[:4] != _MAGIC or int.from_bytes(dictionary[4:8], "little") != zlib.crc32(
        learned
    ):
        raise IndexCorruptError("the dictionary of the stored documents is damaged")
    return learned


def _parameters() -> zstandard.ZstdCompressionParameters:
    return zstandard.ZstdCompressionParameters(
        # Matches from two characters on, found by two hash tables.  Level 3 is 13 % larger with
        # UTF-16; level 6 is 6 % smaller and takes thrice the time.
        strategy=zstandard.STRATEGY_DFAST,
        window_log=18,
        hash_log=17,
        chain_log=17,
        search_log=1,
        min_match=4,
        # Sizes are kept beside the frames: what a frame says of itself is not trusted.
        write_content_size=False,
        write_checksum=False,
        write_dict_id=False,
    )
