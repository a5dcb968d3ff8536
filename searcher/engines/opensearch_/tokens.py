"""Tokens: units and terms as the cluster's whitespace analyzer gives them back.

Lucene's whitespace tokenizer cuts at what Java calls white space, and cuts tokens of more than 255
UTF-16 units in pieces.  A token holds neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import blake2b

LONGEST = 255
"""UTF-16 units of a token: Lucene's limit."""

_SIGN = "%"
_KEPT = 64
"""Characters of a token that is too long; a digest of all of it follows."""


@lru_cache(1 << 16)
def token(text: str) -> str:
    """Return *text* as one token; two texts never have the same one.

    >>> token("脱贫"), token("\\n"), token("100%"), len(token("长" * 300))
    ('脱贫', '%a;', '100%25;', 98)
    """
    if text.isalnum() and len(text) <= LONGEST // 2:  # as nearly all are
        return text
    escaped = _unsafe().sub(lambda found: f"{_SIGN}{ord(found[0]):x};", text)
    if len(escaped.encode("utf-16-le")) // 2 <= LONGEST:
        return escaped
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{escaped[:_KEPT]}{_SIGN}{_SIGN}{digest}"


def tokens(texts: Iterable[str]) -> str:
    """Return *texts* as tokens with a blank between each two.

    >>> tokens(["脱", "贫", "\\n", "ok"])
    '脱 贫 %a; ok'
    """
    return " ".join(map(token, texts))


@cache
def _unsafe() -> re.Pattern[str]:
    # What Python or Java take for white space, controls, halves of a character, and the sign.
    return re.compile(
        r"[\s\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f\u2060"
        r"\u3000\ud800-\udfff\ufeff%]"
    )
