"""What Whoosh asks about terms, answered from whole arrays of postings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from whoosh.codec.base import FieldCursor, TermsReader
from whoosh.reading import TermInfo, TermNotFound

from searcher.engines.whoosh_.leafmatcher import ArrayMatcher, PostingList

Term: TypeAlias = tuple[str, bytes]
"""Field and text."""

_KEPT = 32
"""Postings kept at hand: statistics, scorer and matcher of a term are asked for one by one."""


class Lexicon(TermsReader):  # type: ignore[misc]
    """The terms of one segment; those who know where they are say so in four methods."""

    def __init__(self) -> None:
        self.postings = lru_cache(_KEPT)(self._postings)

    @abstractmethod
    def indexed_field_names(self) -> list[str]:
        """Return the fields that have terms, ascending."""

    @abstractmethod
    def walk(self, fieldname: str, start: bytes) -> Iterator[bytes]:
        """Yield the terms of a field from *start* on, ascending."""

    @abstractmethod
    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Return how many documents have a term, deleted ones too.

        Raises:
            KeyError: there is no such term (`TermNotFound` would not do).
        """

    @abstractmethod
    def _postings(self, fieldname: str, text: bytes) -> PostingList:
        """Return the postings of a term; raises as `doc_frequency` does."""

    def __contains__(self, term: Term) -> bool:
        try:
            return self.doc_frequency(*term) > 0
        except KeyError:
            return False

    def terms(self) -> Iterator[Term]:
        """Yield every term, by field."""
        return self.terms_from("", b"")

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[Term]:
        """Yield every term from *prefix* on, and then those of the fields that follow."""
        for name in self.indexed_field_names():
            if name >= fieldname:
                for text in self.walk(name, prefix if name == fieldname else b""):
                    yield name, text

    def items(self) -> Iterator[tuple[Term, TermInfo]]:
        """Yield what `terms` does, each with its statistics."""
        return self.items_from("", b"")

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[Term, TermInfo]]:
        """Yield what `terms_from` does, each with its statistics."""
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """Return the statistics of a term.

        Raises:
            TermNotFound: there is no such term.
        """
        found = self._found(fieldname, text)
        return TermInfo(
            weight=float(found.weights.sum()),
            df=len(found.docs),
            minlength=int(found.lengths.min()),
            maxlength=int(found.lengths.max()),
            maxweight=float(found.weights.max()),
            minid=int(found.docs[0]),
            maxid=int(found.docs[-1]),
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        """Return the total weight of a term; raises as `doc_frequency` does."""
        return float(self.postings(fieldname, text).weights.sum())

    def matcher(
        self, fieldname: str, text: bytes, format_: Any, scorer: Any = None
    ) -> ArrayMatcher:
        """Return a matcher of the postings of a term; raises as `term_info` does."""
        return ArrayMatcher(self._found(fieldname, text), format_, (fieldname, text), scorer)

    def cursor(self, fieldname: str, fieldobj: Any) -> Cursor:
        """Return a cursor over the terms of a field."""
        return Cursor(self, fieldname, fieldobj)

    def _found(self, fieldname: str, text: bytes) -> PostingList:
        try:
            return self.postings(fieldname, text)
        except KeyError:
            raise TermNotFound(f"{fieldname}:{text!r}") from None


class Cursor(FieldCursor):  # type: ignore[misc]
    """Stands on a term of one field, or behind the last one."""

    def __init__(self, lexicon: Lexicon, fieldname: str, fieldobj: Any) -> None:
        self._lexicon = lexicon
        self._name = fieldname
        self._field = fieldobj
        self.first()

    def first(self) -> Any:
        """Go to the first term and return its text."""
        return self.find(b"")

    def find(self, term: Any) -> Any:
        """Go to the first term that is *term* (text or bytes) or above, and return its text."""
        start = term if isinstance(term, bytes) else self._field.to_bytes(term)
        self._ahead = self._lexicon.walk(self._name, start)
        return self.next()

    def next(self) -> Any:
        """Go to the next term and return its text."""
        self._term = next(self._ahead, None)
        return self.text()

    def text(self) -> Any:
        """Return the text of the current term, or None behind the last one."""
        return None if self._term is None else self._field.from_bytes(self._term)

    def term_info(self) -> TermInfo | None:
        """Return the statistics of the current term, or None behind the last one."""
        return None if self._term is None else self._lexicon.term_info(self._name, self._term)

    def is_valid(self) -> bool:
        """Tell whether there is a current term."""
        return self._term is not None
