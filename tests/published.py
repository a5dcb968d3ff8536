"""Generations published without a check: what a fault in building would leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from searcher import Document
from searcher.columns import Batch
from searcher.engines import ENGINES
from searcher.generations import Home, Manifest
from searcher.preparing.documents import Incoming, Preparer
from searcher.stored import Packing
from searcher.text.fingerprint import fingerprint
from searcher.text.words import document_cutter
from searcher.version import MADE_BY


def publish(
    home: Path,
    documents: Sequence[Document],
    spoil: Callable[[Batch], None] | None = None,
    counts: Mapping[str, int] | None = None,
) -> str:
    """Publish *documents* in *home*, *spoil* done to what is indexed; return the generation's id.

    *counts* are what the manifest says, the truth unless given.
    """
    engine = ENGINES["whoosh"]
    with Home(home).lock("a test") as writer, writer.begin() as draft:
        batch = Preparer(document_cutter(), Packing()).prepare([*map(Incoming, documents)])
        if spoil is not None:
            spoil(batch)
        target = engine.create(draft.folder)
        target.add(batch)
        target.commit()
        facts = Manifest(
            made_by=MADE_BY,
            engine=engine.name,
            schema=engine.schema_version,
            fingerprint=fingerprint(),
            user_dictionary=None,
            job={},
            counts=counts or {"documents": len(documents)},
        )
        draft.seal(facts).close()
        with draft.publish() as generation:
            return generation.id


def drop_a_unit(batch: Batch) -> None:
    """Index another character in place of the third unit of the first body."""
    batch.fields["body"].units[2] = ord("误")
