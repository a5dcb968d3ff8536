"""Bytes to text: which encoding a file is in, how sure that is, and what could not be read.

A list of encodings tried in turn cannot tell Big5 from GB18030: nearly all bytes are valid in
both.  So each possible reading is scored by how usual its characters are in Chinese.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from searcher.errors import DecodeError
from searcher.text.frequency import frequency

REPLACEMENT = "\ufffd"

SAMPLE_BYTES = 64 * 1024
"""How much of a file is scored."""

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    # UTF-32 before UTF-16: its little-endian mark begins with the one of UTF-16.
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""Byte-order marks and the encodings they stand for."""

KINDS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
"""How common files that are not text begin, for a message that says what they are.

PDF must be here, for some are plain ASCII; the score alone refuses the others."""

READINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
"""The encodings scored, in the order that decides a tie."""

SUPERSETS = MappingProxyType(
    {
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "big5": "big5hkscs",
        "utf-8-sig": "utf-8",
        "utf-16": "utf-16-le",
        "utf-32": "utf-32-le",
    }
)
"""Encodings that are read as another one.

Files labelled GB2312 or Big5 hold characters that only the wider sets have; a byte-order mark
is dealt with here, not by the codec."""

USUAL = -5.0
"""Log frequency given to CJK punctuation, and to a text with nothing to score."""

UNUSUAL = -9.0
"""Log frequency given to kana, bopomofo and signs."""

UNSEEN = -16.0
"""Log frequency given to every other character, control characters and U+FFFD among them."""

LETTERS = (
    (USUAL, "\u00a0“”‘’—…·–‰℃°×÷①②③④⑤⑥"),
    (-7.0, "嘅咗唔係喺嗰啲冇咁哋喇咩啫嘢嚟佢㗎喎囉噉咪乜嘥攞搵睇瞓諗"),  # Cantonese
)
RANGES = (
    (-7.0, 0xC0, 0x24F),  # Latin letters with marks: ǎ in pinyin, é in French
    (UNUSUAL, 0x2010, 0x203B),
    (UNUSUAL, 0x2160, 0x2193),  # Roman numerals, arrows
    (UNUSUAL, 0x2460, 0x2642),  # numbers in circles, boxes, stars
    (USUAL, 0x3000, 0x303F),
    (UNUSUAL, 0x3041, 0x312F),
    (USUAL, 0xFF01, 0xFF5E),
)

FLOOR = -9.5
FLOOR_SLACK = 13.0
FLOOR_LEAST = -12.5
"""A reading of n scored characters is Chinese if its score is above FLOOR - FLOOR_SLACK / √n.

Measured: the beginnings of 8,047 Chinese laws and Wikipedia passages are all above -10.6 at 16
characters, -9.3 at 30 and -8.0 at 200; read as Chinese, Korean EUC is near -10.1, Cyrillic below
-11.5, Western text, programs, images and random bytes below -12.  Japanese EUC (-8.9) passes."""

FEW = 3
"""So many unreadable places are forgiven in any text: one damaged character makes up to three."""

UTF8_SHARE = 20
"""With so many UTF-8 sequences for each unreadable place a text is UTF-8, whatever it says.

Bytes of other encodings are not UTF-8 by chance, but UTF-8 can look like Chinese in another
encoding: no-break spaces are 聽聽 in GB18030, é is 茅."""

UNSCORED_CONFIDENCE = 0.5
"""The confidence of mostly ASCII text with a few unreadable places: likely UTF-8, not known."""

_PLAIN = frozenset("\t\n\r\f" + bytes(range(0x20, 0x7F)).decode("ascii"))
_BAD = re.compile("[\x00\ud800-\udfff]")
_BINARY = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_HIGH = re.compile(rb"[\x00\x80-\xff]")
_CONTROL = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\ufffd]")
_NEIGHBOURS = re.compile(r"[^\x00-\x7f]{2}")
_INSIDE_WORD = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?=[A-Za-z])")
_FOREIGN = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded text and how it was read.

    ``confidence`` is 1 for a byte-order mark, valid UTF-8 or a named encoding; else it grows
    with the distance to the next best reading, 0 … 1.  ``replaced`` counts the U+FFFD put in
    for bytes that could not be read, NUL and lone surrogates.
    """

    text: str
    encoding: str
    confidence: float
    replaced: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sample read in one encoding, and its score."""

    encoding: str
    text: str
    score: float
    scored: int


def decode(raw: bytes, encoding: str | None = None, where: str = "") -> Decoded:
    """Return the text in *raw* without its byte-order mark, and how it was read.

    Without *encoding* the rule of `detect` decides, and what cannot be read becomes U+FFFD;
    with it every byte must be valid.  Newlines are never changed.  Raises DecodeError, which
    names *where*, for an unknown encoding, for bytes that are not valid in the one named, and
    for data that is not text.

    >>> read = decode("全文檢索".encode("big5"))
    >>> read.text, read.encoding, read.replaced
    ('全文檢索', 'big5hkscs', 0)
    """
    if encoding is not None:
        return _decode_as(raw, encoding, where)
    if (plain := _plain_utf8(raw)) is not None:
        return Decoded(plain, "utf-8", 1.0, 0)
    name, confidence = detect(raw, where)
    text, replaced = read_as(raw, name)
    if replaced > max(FEW, len(text) // 10):
        reason = f"{replaced} places cannot be read as {name}: too damaged, or another encoding"
        raise DecodeError(where, reason)
    return Decoded(text, name, confidence, replaced)


def detect(raw: bytes, where: str = "", *, complete: bool = True) -> tuple[str, float]:
    """Return the encoding of *raw* and the confidence, by this rule.

    A byte-order mark decides; then valid UTF-8 without NUL (a character cut off at the end is
    forgiven) or nearly so; then the reading with the best mean log frequency of its characters.
    Where none looks like Chinese, nearly plain ASCII is UTF-8.  *complete* says that *raw* is
    the whole text and not its beginning.  Raises DecodeError for data that is not text.

    >>> detect("全文检索".encode("gbk"))[0]
    'gb18030'
    """
    for start, kind in KINDS:
        if raw.startswith(start):
            raise DecodeError(where, f"{kind}, not text")
    for mark, name in MARKS:
        if raw.startswith(mark):
            return name, 1.0
    if _is_utf8(raw):
        return "utf-8", 1.0
    return _best(raw, complete, where)


def encoding_name(label: str) -> str:
    """Return the encoding that *label* is read as; raises LookupError for an unknown one.

    >>> encoding_name("GB2312"), encoding_name("latin1")
    ('gb18030', 'iso8859-1')
    """
    try:
        name = codecs.lookup(label).name
        # Only text encodings can do this; "hex" and "zip" are codecs too.
        " ".encode(name)
    except (LookupError, ValueError) as error:
        raise LookupError(f"unknown encoding {label!r}") from error
    return SUPERSETS.get(name, name)


def read_as(raw: bytes, encoding: str) -> tuple[str, int]:
    """Return *raw* read in *encoding*, and the number of U+FFFD put in where it is damaged.

    >>> read_as(b"\\xe5\\x85\\xa8\\xff", "utf-8")
    ('全\ufffd', 1)
    """
    try:
        text, damaged = raw.decode(encoding), 0
    except UnicodeDecodeError:
        text = raw.decode(encoding, "replace")
        # Those that stood there before were not put in by us.
        own = REPLACEMENT.encode(encoding, "ignore")
        damaged = max(0, text.count(REPLACEMENT) - (raw.count(own) if own else 0))
    text, bad = storable(text.removeprefix("\ufeff"))
    return text, damaged + bad


def storable(text: str) -> tuple[str, int]:
    """Return *text* with NUL and lone surrogates as U+FFFD, one for one, and their number.

    >>> storable("a\\x00b")
    ('a\ufffdb', 1)
    """
    return _BAD.subn(REPLACEMENT, text)


def _plain_utf8(raw: bytes) -> str | None:
    """Return the text of undamaged UTF-8 without NUL, by far the most common case, or None."""
    if b"\x00" in raw or raw.startswith(KINDS[0][0]):
        return None
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _decode_as(raw: bytes, label: str, where: str) -> Decoded:
    """Return *raw* decoded strictly in the encoding the user named."""
    try:
        name = encoding_name(label)
        # A mark says more than the name: it tells the two byte orders of UTF-16 apart.
        marked = next((n for mark, n in MARKS if raw.startswith(mark) and n[:6] == name[:6]), name)
        text, bad = storable(raw.decode(marked).removeprefix("\ufeff"))
    except LookupError as error:
        raise DecodeError(where, str(error.args[0])) from error
    except UnicodeError as error:
        at = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        raise DecodeError(where, f"not valid {label}{at}") from error
    return Decoded(text, name, 1.0, bad)


def _is_utf8(raw: bytes) -> bool:
    """Tell whether *raw* is UTF-8, but for a character cut off at its end."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # Behind ASCII alone the tail could as well be one character of GB18030 or Big5.
        cut = error.reason == "unexpected end of data"
        if not cut or raw[: error.start].isascii():
            return False
    return b"\x00" not in raw


def _readings(raw: bytes, complete: bool) -> Iterator[_Reading]:
    """Yield a sample of *raw* in each encoding that it could be in."""
    high = _HIGH.search(raw)
    # All ASCII in front but its last letter tells nothing, and may be longer than the sample;
    # but in UTF-16 a Han character may consist of two ASCII bytes.
    first = max(0, high.start() - 1) if high else 0
    for encoding in READINGS:
        start = 0 if encoding.startswith("utf-16") else first
        sample = raw[start : start + SAMPLE_BYTES]
        final = complete and start + SAMPLE_BYTES >= len(raw)
        text = codecs.getincrementaldecoder(encoding)("replace").decode(sample, final)
        if encoding != "utf-8" or text.count(REPLACEMENT) <= max(FEW, len(text) // 50):
            yield _scored(encoding, text)


def _scored(encoding: str, text: str) -> _Reading:
    """Return *text* with the mean log frequency of its characters other than ASCII."""
    weights = _log_frequencies()
    counts = Counter(text)
    kept = [(n, weights.get(c, UNSEEN)) for c, n in counts.items() if c not in _PLAIN]
    total = sum(n for n, _ in kept)
    score = sum(n * weight for n, weight in kept) / total if total else USUAL
    if _is_western(text):
        score = UNSEEN
    # Of two readings that are as good, the one without damage.
    return _Reading(encoding, text, score - (0.05 if REPLACEMENT in counts else 0.0), total)


def _is_western(text: str) -> bool:
    """Tell whether Han characters stand alone inside Latin words, as in ``r間lage``, réglage."""
    inside = len(_INSIDE_WORD.findall(text))
    if not inside or _NEIGHBOURS.search(text):
        return False
    return 2 * inside > len(_FOREIGN.findall(text)) - text.count(REPLACEMENT)


@cache
def _log_frequencies() -> Mapping[str, float]:
    """Return character → log of how often it is used, or of the class it belongs to."""
    weights = {chr(code): weight for weight, a, z in RANGES for code in range(a, z + 1)}
    weights |= {character: weight for weight, letters in LETTERS for character in letters}
    weights |= {character: math.log(share) for character, share in frequency().items()}
    return MappingProxyType(weights)


def _best(raw: bytes, complete: bool, where: str) -> tuple[str, float]:
    """Return the encoding of the best reading and the confidence, or raise DecodeError."""
    readings = list(_readings(raw, complete))
    utf8 = next((reading.text for reading in readings if reading.encoding == "utf-8"), "")
    bad, right = _unreadable(utf8)
    if right >= max(FEW, UTF8_SHARE * bad):
        return "utf-8", 1.0 - bad / right
    best, second = sorted(readings, key=lambda reading: -reading.score)[:2]
    slack = FLOOR_SLACK / math.sqrt(best.scored) if best.scored else math.inf
    if best.score >= max(FLOOR - slack, FLOOR_LEAST):
        return best.encoding, 1.0 - math.exp(second.score - best.score)
    # Latin-1 is not taken for damaged UTF-8: each of its accented letters is unreadable.
    if utf8 and bad * 4 <= len(utf8) and bad <= max(FEW, len(utf8) // 1000):
        return "utf-8", UNSCORED_CONFIDENCE
    raise DecodeError(where, _reason(raw))


def _unreadable(text: str) -> tuple[int, int]:
    """Return how many places of *text* are unreadable, and how many are read and not ASCII."""
    bad = len(_CONTROL.findall(text))
    return bad, len(_FOREIGN.findall(text)) - text.count(REPLACEMENT)


def _reason(raw: bytes) -> str:
    """Return why *raw* was refused, by what it looks like."""
    if _BINARY.search(raw, 0, SAMPLE_BYTES):
        return "not text: binary data, or an encoding that must be named"
    return "not UTF-8, GB18030, Big5 or UTF-16; name its encoding"
