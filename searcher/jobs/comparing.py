"""Comparing: what is read now beside what an index knows, one document at a time.

A document is compared by its content, never by the time of its file.  Whether it vanished is
decided by where it came from (`searcher.preparing.documents.Incoming`): what a program gave never
does, and neither does what stands in a file or folder that is there but could not be read this
time.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from searcher.engines.base import Known
from searcher.errors import SourceError
from searcher.jobs.noting import Changes, Item, Notes
from searcher.jobs.record import Part
from searcher.model import Failure
from searcher.preparing.documents import Incoming, digest
from searcher.sources import RESTORE, Listed, Options, Root, id_of, listing, printable, read_one


class _Version(NamedTuple):
    """A version of a document: where it came from and what it holds."""

    origin: str
    digest: bytes


class Comparison:
    """What *known* documents have become in the files of *parts*."""

    def __init__(self, known: Mapping[str, Known], parts: Sequence[Part], notes: Notes) -> None:
        self._known = known
        self._parts = parts
        self._notes = notes
        self._scopes = {_id_at(part.root) for part in parts}
        self._read: dict[str, _Version] = {}
        self._put: set[str] = set()
        self._unread: set[str] = set()
        self._kept = 0

    def items(self) -> Iterator[Item]:
        """Yield what stands in the files of all parts.

        Raises:
            SourceError: the index has documents from a root that is empty now, or a path is not
                there and never was.
        """
        for part in self._parts:
            if os.path.lexists(part.root.place):
                yield from self._items_of(part)
            elif not self._had_any(part.root):
                raise SourceError(
                    f"{part.root.place}: does not exist, and the index has no documents from it; "
                    "check its name"
                )

    def differing(self, items: Iterable[Item]) -> Iterator[Incoming]:
        """Yield the documents among *items* that are new or other than the index has them."""
        for incoming in self._notes.incoming(items):
            document_id = incoming.document.id
            before = self._known.get(document_id)
            if before is not None and not before.origin:
                self._refuse_given(document_id)
            elif self._differs(document_id, incoming):
                yield incoming

    def vanished(self) -> list[str]:
        """Return the ids of documents that are not there any more, when all was read."""
        gone, self._kept = [], 0
        for each in self._known.values():
            if each.id in self._read or each.id in self._notes.refused:
                continue
            trail = _trail(each)
            if not self._unread.isdisjoint(trail):
                self._kept += 1
            elif not self._scopes.isdisjoint(trail):
                gone.append(each.id)
        return gone

    def changes(self, gone: Sequence[str]) -> Changes:
        """Return how many documents are new, others, gone and as they were."""
        if self._kept:
            self._notes.warnings.append(
                f"{self._kept:,} documents are kept as they were: they stood in files or folders "
                "that could not be read whole"
            )
        added = sum(each not in self._known for each in self._put)
        unchanged = sum(self._is_known(each, version) for each, version in self._read.items())
        return Changes(added, len(self._read) - added - unchanged, len(gone), unchanged)

    def without(self, changes: Changes, refused: Collection[str]) -> Changes:
        """Return *changes* without the documents that an engine would not take; where it was to
        take the place of another one, that one stays.
        """
        refused = self._put.intersection(refused)
        new = sum(each not in self._known for each in refused)
        return changes._replace(
            added=changes.added - new, changed=changes.changed - (len(refused) - new)
        )

    # ------------------------------------------------------------ steps

    def _items_of(self, part: Part) -> Iterator[Item]:
        files = 0
        for found in listing([part.root], part.options):
            if isinstance(found, Listed):
                files += 1
                yield from self._items_in(found, part.options)
            else:
                if isinstance(found, Failure):
                    self._unread.add(id_of(part.root, found.where))
                yield found
        if not files and not part.root.below and self._had_any(part.root):
            raise emptied(part.root)

    def _items_in(self, listed: Listed, options: Options) -> Iterator[Item]:
        for item in read_one(listed, options):
            if isinstance(item, Failure):
                self._unread.add(listed.id)
            yield item

    def _differs(self, document_id: str, incoming: Incoming) -> bool:
        self._read[document_id] = _Version(incoming.origin, digest(incoming.document))
        # What was replaced in this job must be put back, even if it is what the index has.
        if document_id not in self._put and self._is_known(document_id, self._read[document_id]):
            return False
        self._put.add(document_id)
        return True

    def _is_known(self, document_id: str, version: _Version) -> bool:
        before = self._known.get(document_id)
        return before is not None and version == (before.origin, before.digest)

    def _refuse_given(self, document_id: str) -> None:
        reason = (
            f"its id {document_id} belongs to a document that a program gave; "
            f"take that out first: searcher remove {document_id}"
        )
        self._notes.failures.append(Failure(self._notes.places[document_id], reason))

    def _had_any(self, root: Root) -> bool:
        return had_any(self._known.values(), root)


def had_any(known: Iterable[Known], root: Root) -> bool:
    """Tell whether any of the *known* documents came from *root*, or from the part it names."""
    scope = _id_at(root)
    return any(scope in _trail(each) for each in known)


def emptied(root: Root) -> SourceError:
    """Return the error for a root that gave documents and now holds no file to read."""
    return SourceError(
        f"{root.path}: holds no file to read any more, but the index has documents from it; "
        f"{RESTORE}"
    )


def _trail(known: Known) -> Sequence[str]:
    """Return the id of the file a document came from, and those of the folders it stands in.

    >>> _trail(Known("a/b/c.txt", "a", b"")), _trail(Known("7", "a/d.jsonl", b""))
    (['a', 'a/b', 'a/b/c.txt'], ['a', 'a/d.jsonl'])
    """
    is_plain = known.id.startswith(f"{known.origin}/") and known.origin
    return list(accumulate((known.id if is_plain else known.origin).split("/"), "{}/{}".format))


def _id_at(root: Root) -> str:
    """Return what the ids of documents of a root, or of a part of it, are or begin with."""
    return id_of(root, printable(str(root.place)))
