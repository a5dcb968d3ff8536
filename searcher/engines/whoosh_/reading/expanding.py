"""Expanding: the units of letters and digits that match a pattern, from the dictionaries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice

from searcher.engines.whoosh_.files.fieldnames import BAG
from searcher.engines.whoosh_.files.segment import Segment
from searcher.engines.whoosh_.files.terms import to_bytes, to_text
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.text.units import JOIN, has_ideograph

_WILDCARDS = re.compile(r"[*?]")
_SYMBOLS = "So", "Co"
_JOIN = JOIN.encode("utf-8")

_STRETCHES = tuple(
    (first.encode("utf-8"), last.encode("utf-8"))
    for first, last in (("", "\u3400"), ("\ua000", "\uf900"), ("\ufb00", "\U00020000"))
)
"""Where the terms are that do not begin with a Han character: nearly all terms do."""


def expand(store: Store, pattern: str, most: int) -> tuple[str, ...]:
    """Return the units that match *pattern*, ascending, at most one more than *most*.

    Those that only deleted documents hold are left out: each that matches is looked up, where
    there are deletions at all.
    """
    matches = _matching(pattern)
    prefix = _WILDCARDS.split(pattern, maxsplit=1)[0]
    terms = merge(*(_terms(segment, prefix) for _, segment in store.segments()))
    found = (term for term, _ in groupby(terms) if matches.fullmatch(term) and is_word(term))
    living = (term for term in found if store.live is None or _lives(store, term))
    return tuple(islice(living, max(most, 0) + 1))


def is_word(term: str) -> bool:
    """Tell whether a term of the bag is a unit of letters and digits.

    Bigrams are joined, or hold an ideograph or a symbol; words without one are units.

    >>> [term for term in ("ok", "c++", "3.5", "5月", "a‿1", "☀", "a☀") if is_word(term)]
    ['ok', 'c++', '3.5']
    """
    if JOIN in term or has_ideograph(term):
        return False
    return len(term) > 2 or not any(unicodedata.category(char) in _SYMBOLS for char in term)


def _matching(pattern: str) -> re.Pattern[str]:
    parts = [re.escape(part).replace(r"\?", ".") for part in pattern.split("*")]
    head, between, tail = parts[0], parts[1:-1], parts[-1:] if len(parts) > 1 else []
    # What stands between two stars is taken where it is found first, so that no word, however
    # long, is gone through again for each of many stars.
    found = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{head}{found}{''.join(f'.*{part}' for part in tail)}", re.DOTALL)


def _terms(segment: Segment, prefix: str) -> Iterator[str]:
    """Yield the terms with a prefix, ascending, but most of those that are no units."""
    wanted = to_bytes(prefix)
    if BAG not in segment.fields or wanted is None:
        return
    for first, last in _STRETCHES:
        for term, _ in segment.dictionary(BAG).ascending(max(first, wanted)):
            if term >= last or not term.startswith(wanted):
                break
            if _JOIN not in term:
                yield to_text(term)


def _lives(store: Store, term: str) -> bool:
    return len(store.counted(store.postings(BAG, term))[0]) > 0
