"""Catalog: what a query has to know of the index it asks: its extra fields and its words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from searcher.query.signs import narrow


class Catalog(NamedTuple):
    """``fields`` are the names of the extra fields; ``expand(pattern, most)`` returns the units
    of letters and digits that match a folded pattern with ``*`` and ``?``, ascending, and at most
    one more than *most*.
    """

    fields: Collection[str]
    expand: Callable[[str, int], tuple[str, ...]]

    def field(self, typed: str) -> str | None:
        """Return the name of the extra field that is meant by *typed*, or None.

        A name is meant by itself, in any width; one of ASCII in any case where no other one is
        spelt alike.

        >>> catalog = Catalog(frozenset({"Pages", "文号"}), lambda pattern, most: ())
        >>> catalog.field("ｐａｇｅｓ"), catalog.field("文号"), catalog.field("来源")
        ('Pages', '文号', None)
        """
        if not self.fields:
            return None
        for name in (typed, narrow(typed)):
            if name in self.fields:
                return name
        lower = narrow(typed).lower()
        alike = [name for name in self.fields if name.lower() == lower]
        return alike[0] if len(alike) == 1 and lower.isascii() else None


def _none(_pattern: str, _most: int) -> tuple[str, ...]:
    return ()


EMPTY = Catalog(frozenset(), _none)
"""That of no index: no extra fields, no words."""
