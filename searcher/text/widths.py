"""One form for each character: full width, ligatures, squares, compatibility forms, radicals.

A cluster is a character and the combining marks behind it; each cluster becomes its NFKC form,
with these exceptions: … and ‥ stay (they are punctuation, not full stops), a character whose NFKC
form begins with a blank stays (´ is no blank), and CJK radicals, which have no NFKC form, become
the ideograph they look like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from searcher.model import MappedText
from searcher.text.mapped import Change, Changes
from searcher.text.tables import data_lines

MARKS_LIMIT = 30
"""More marks than this behind a character stay as they are (the limit of Unicode's Stream-Safe
Text Format): no writing needs them, and putting n marks in order takes n² steps."""

_STAYING = "…‥"

WIDE_OFFSET = 0xFEE0
"""How far the full-width form of an ASCII character (！ to ～) is from it."""

_WIDE = re.compile("[！-～]")

# Characters that are their own NFKC form and never join the character in front of them.  Not all
# of these, but nearly all that Chinese documents are made of; only ranges without a gap.
_STABLE = (
    r"\n -~\xa1-\xa7\xa9\xab\xac\xae\xb0\xb1\xb6\xb7\xbb\xbf-\u0131\u014a-\u017e\u0180-\u01c3"
    r"\u01cd-\u01f0\u0391-\u03a1\u03a3-\u03cf\u0400-\u0481\u1e00-\u1e99\u2010\u2012-\u2016"
    r"\u2018-\u2023\u2025-\u2027\u2030-\u2032\u203b\u2190-\u222b\u2231-\u2328\u2500-\u27ff"
    r"\u3001-\u3029\u3041-\u3096\u30a0-\u30fe\u3105-\u312e\u31a0-\u31ba\u3400-\u9ffc"
    r"\uac00-\ud7a3\ue000-\uf8ff\ufffd\U0001f300-\U0001f64f\U00020000-\U0002a6dd"
    r"\U0002a700-\U0002b734\U0002b740-\U0002b81d\U0002b820-\U0002cea1\U0002ceb0-\U0002ebe0"
)
_UNSTABLE = re.compile(f"[^{_STABLE}]+")


def narrow(mapped: MappedText) -> MappedText:
    """Return *mapped* with the full-width forms of ASCII made ASCII; every span stays.

    The commonest fold by far, so it is done in one go; `folds` would give the same.

    >>> from searcher.text.mapped import unchanged
    >>> narrow(unchanged("（ＧＯ）")).text
    '(GO)'
    """
    text = mapped.text
    for wide in set(_WIDE.findall(text)):
        text = text.replace(wide, chr(ord(wide) - WIDE_OFFSET))
    return MappedText(text, mapped.start, mapped.end)


def folds(text: str) -> Sequence[Change]:
    """Return the changes that give every cluster its one form.

    >>> folds("5㎏…⻓")
    [Change(start=1, end=2, new='kg'), Change(start=3, end=4, new='长')]
    """
    changes = Changes()
    for match in _UNSTABLE.finditer(text):
        start, end = match.span()
        if start and continues(text[start]):
            start -= 1
        for change in _cluster_folds(text, start, end):
            changes.add(*change)
    return changes


def is_plain(text: str) -> bool:
    """Return whether *text* holds no blank, invisible or foldable character; False is no proof.

    >>> is_plain("第一行\\n第二行"), is_plain("第 2 行")
    (True, False)
    """
    return " " not in text and "\n\n" not in text and not _UNSTABLE.search(text)


@lru_cache(4096)
def continues(character: str) -> bool:
    """Return whether *character* may join the one in front: marks, Hangul vowels and finals.

    >>> continues("\\u0301"), continues("ﾞ"), continues("中")
    (True, True, False)
    """
    first = unicodedata.normalize("NFKD", character)[0]
    return (
        unicodedata.combining(first) != 0
        or unicodedata.category(first)[0] == "M"
        or "\u1160" <= first <= "\u11ff"
        or "\ud7b0" <= first <= "\ud7ff"
    )


def _cluster_folds(text: str, start: int, end: int) -> Iterator[Change]:
    while start < end:
        after = start + 1
        while after < end and continues(text[after]):
            after += 1
        cluster = text[start:after]
        folded = folded_cluster(cluster)
        if folded != cluster:
            yield Change(start, after, folded)
        start = after


def folded_cluster(cluster: str) -> str:
    """Return the one form of a character and the marks behind it.

    >>> folded_cluster("㎏"), folded_cluster("か\\u3099")
    ('kg', 'が')
    """
    base, marks = cluster[0], cluster[1:]
    if len(marks) > MARKS_LIMIT:
        # Without them it has its one form: it is the same character to who looks for it alone.
        return folded_cluster(base) + marks
    if base in _STAYING or _begins_with_blank(base):  # blanks themselves are for `blanks`
        return base + unicodedata.normalize("NFKC", marks)
    return unicodedata.normalize("NFKC", radicals().get(base, base) + marks)


@lru_cache(4096)
def _begins_with_blank(character: str) -> bool:
    return unicodedata.normalize("NFKC", character)[0].isspace()


@cache
def radicals() -> Mapping[str, str]:
    """Return CJK radical (U+2E80-2EFF) → the ideograph Unicode says it is equivalent to.

    From EquivalentUnifiedIdeograph.txt of the Unicode Character Database.

    >>> radicals()["⻓"]
    '长'
    """
    rows = map(str.split, data_lines("radicals.txt"))
    return {chr(int(row[0], 16)): chr(int(row[2], 16)) for row in rows}
