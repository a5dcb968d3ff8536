"""Keeping: what an index keeps of a document, and what of it was not taken as it was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from searcher.model import RUN_FIELDS, Document, ExtraValue
from searcher.text.dates import parse_date
from searcher.text.decode import storable

_TEXTS = ("id", "path", *RUN_FIELDS)


class Kept(NamedTuple):
    """A document as an index keeps it, and sentences about what was not taken as given."""

    document: Document
    warnings: tuple[str, ...] = ()


def kept(document: Document) -> Kept:
    """Return *document*, whose fields have their types, as an index keeps it.

    Its date is written ``YYYY-MM-DD``, or less of it; one that is not understood becomes the
    extra field ``date``.  What UTF-8 cannot hold, and NUL, becomes U+FFFD, one for one, so that
    offsets stay.  What was kept once stays as it is.

    >>> found = kept(Document("a", "脱贫", date="2019年12月"))
    >>> found.document.date, found.warnings
    ('2019-12', ())
    >>> found = kept(Document("a", "脱\\0贫", date="昨天"))
    >>> found.document.date, found.document.extra, len(found.warnings)
    (None, {'date': '昨天'}, 2)
    """
    changed, warnings = _dated(document)
    texts, replaced = storable_document(changed)
    if replaced:
        characters = "characters" if replaced > 1 else "character"
        warnings += (f"{replaced} {characters} cannot be stored; U+FFFD is shown instead",)
    return Kept(texts, warnings)


def _dated(document: Document) -> tuple[Document, tuple[str, ...]]:
    given = document.date
    if not given:
        return (document if given is None else replace(document, date=None)), ()
    date = parse_date(given)
    if date == given:
        return document, ()
    if date is not None:
        return replace(document, date=date), ()
    extra = {"date": given, **document.extra}
    warning = f"the date {given!r:.80} is not understood; kept as given"
    return replace(document, date=None, extra=extra), (warning,)


def storable_document(document: Document) -> tuple[Document, int]:
    """Return *document* with NUL and lone surrogates as U+FFFD, and their number.

    >>> storable_document(Document(id="a", body="\\0"))[1]
    1
    """
    changed: dict[str, Any] = {}
    replaced = 0
    for name in _TEXTS:
        text, bad = storable(getattr(document, name))
        if bad:
            changed[name] = text
            replaced += bad
    if document.extra:
        # Its own: who gives documents may use the mapping, and lists in it, for the next one.
        changed["extra"], bad = _storable_extra(document)
        replaced += bad
    return (replace(document, **changed) if changed else document), replaced


def _storable_extra(document: Document) -> tuple[dict[str, ExtraValue], int]:
    extra: dict[str, ExtraValue] = {}
    replaced = 0
    for name, value in document.extra.items():
        key, bad = storable(name)
        extra[key], bad_value = _storable_value(value)
        replaced += bad + bad_value
    return extra, replaced


def _storable_value(value: ExtraValue) -> tuple[ExtraValue, int]:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        parts = [storable(each) for each in value]
        return [text for text, _ in parts], sum(bad for _, bad in parts)
    return value, 0
