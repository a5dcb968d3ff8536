"""From a document to what an engine indexes: checked, analyzed, packed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from searcher.errors import DocumentError
from searcher.model import RUN_FIELDS, Document, EngineDocument, ExtraValue, Noise
from searcher.stored import STORED_FIELDS, Analyzed, pack
from searcher.text.analysis import FieldAnalysis, analyze, field_terms
from searcher.text.clean import judge
from searcher.text.decode import storable
from searcher.text.script import script_of
from searcher.text.words import Cutter


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready for an engine; ``empty`` where neither title nor body holds a unit."""

    engine_document: EngineDocument
    empty: bool


def prepare(document: Document, cutter: Cutter) -> Prepared:
    """Return *document* as an engine takes it.

    Raises:
        DocumentError: a field has the wrong type, or there is no id.

    >>> from searcher.text.words import RjiebaCutter
    >>> prepared = prepare(Document("a", "脱贫攻坚"), RjiebaCutter())
    >>> sorted(prepared.engine_document.fields), prepared.empty
    (['body'], False)
    """
    document = _storable(document)
    noise = judge(document.title, document.body)
    analyses = {
        name: analyze(text, noise if name in STORED_FIELDS else Noise(), cutter)
        for name in RUN_FIELDS
        if (text := getattr(document, name))
    }
    analyzed = Analyzed(
        noise,
        script_of(document.title + document.body),
        {name: analyses[name].units for name in STORED_FIELDS if name in analyses},
    )
    fields = {name: field_terms(analysis) for name, analysis in analyses.items()}
    engine_document = EngineDocument(document.id, document.path, fields, pack(document, analyzed))
    return Prepared(engine_document, _is_empty(analyses))


def _is_empty(analyses: Mapping[str, FieldAnalysis]) -> bool:
    return not any(name in analyses and analyses[name].units.keys for name in STORED_FIELDS)


def _storable(document: Document) -> Document:
    """Return *document* with U+FFFD for what UTF-8 cannot hold, one for one, so offsets stay."""
    check(document)
    texts = {name: storable(getattr(document, name))[0] for name in ("id", "path", *RUN_FIELDS)}
    date = None if document.date is None else storable(document.date)[0]
    extra = {storable(name)[0]: _storable_value(value) for name, value in document.extra.items()}
    return replace(document, date=date, extra=extra, **texts)


def _storable_value(value: ExtraValue) -> ExtraValue:
    if isinstance(value, list):
        return [storable(each)[0] for each in value]
    return storable(value)[0] if isinstance(value, str) else value


def check(document: Document) -> None:
    """Raise DocumentError unless every field of *document* has its type."""
    where = document.id if isinstance(document.id, str) else repr(document.id)
    for name in ("id", "path", *RUN_FIELDS):
        if not isinstance(getattr(document, name), str):
            raise DocumentError(where, f"{name} must be a string")
    if not document.id:
        raise DocumentError(document.path or "a document", "the id is empty")
    if not isinstance(document.date, str | None):
        raise DocumentError(where, "date must be a string or None")
    if not isinstance(document.extra, Mapping) or not _are_extra(document.extra):
        raise DocumentError(
            where, "extra must map names to str, float, bool, int of 64 bits or lists of str"
        )


def _are_extra(extra: Mapping[Any, Any]) -> bool:
    return all(
        isinstance(key, str)
        and (
            isinstance(value, str | float | bool)
            or (isinstance(value, int) and abs(value) < 2**63)
            or (isinstance(value, list) and all(isinstance(each, str) for each in value))
        )
        for key, value in extra.items()
    )
