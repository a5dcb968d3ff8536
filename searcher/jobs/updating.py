"""Updating: what changed in files and folders, or is to go, and nothing else → a new generation.

The way in is `searcher.jobs`, which imports this when there is something to update.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from searcher.changes import Change, holding
from searcher.errors import SourceError
from searcher.generations import Draft, Generation, Home, Manifest
from searcher.jobs.comparing import Comparison
from searcher.jobs.noting import Changes, Notes, Outcome
from searcher.jobs.publishing import Policy, check_number, publish, writing
from searcher.jobs.record import STDIN, Choice, Part, Record, on_disk, record_of
from searcher.model import BuildReport
from searcher.preparing.documents import Incoming
from searcher.snapshot import engine_of
from searcher.sources import printable, read_stdin, roots
from searcher.text.decode import storable


def run(
    paths: Sequence[str | Path], home: Home, choice: Choice, names: Sequence[str], policy: Policy
) -> BuildReport:
    """Bring what *home* holds of *paths*, or of all its roots, up to date.

    Raises as `searcher.jobs.update` does.
    """
    home.current_id()  # where there is no index, not even a folder is made
    notes = Notes("update", policy.progress)
    with writing(home, "searcher update", policy) as writer, home.current() as old:
        before = record_of(old.manifest, home.path)
        record, parts = plan(paths, before, choice, names)
        with closing(engine_of(old).open(old.folder)) as reader:
            known = {each.id: each for each in reader.known()}
        comparison = Comparison(known, parts, notes)
        items = comparison.items()
        if STDIN in map(str, paths):
            items = chain(read_stdin(sys.stdin.buffer, record.options), items)
        with notes.stage("read"):
            differing = comparison.differing(items)
            first = list(islice(differing, 1))
        if not first and not comparison.vanished() and record == before:
            return notes.report(_unchanged(old), comparison.changes([]))
        with writer.begin() as draft:
            changes = _change(draft, old, comparison, chain(first, differing), notes)
            if record == before and not changes.any:
                return notes.report(_unchanged(old), changes)
            made = _made(draft, old, record)
            check_number(made, len(known) + changes.added - changes.removed)
            return notes.report(publish(draft, made, old, policy, notes), changes)


def take_out(ids: Sequence[str], home: Home, policy: Policy) -> BuildReport:
    """Take documents out of *home*.

    Raises as `searcher.jobs.remove` does.
    """
    home.current_id()
    notes = Notes("remove", policy.progress)
    with writing(home, "searcher remove", policy) as writer, home.current() as old:
        with closing(engine_of(old).open(old.folder)) as reader:
            found = {name: reader.find(storable(name)[0]) for name in dict.fromkeys(ids)}
            there = {number for number in found.values() if number is not None}
            left = len(reader) - len(there)
        missing = tuple(name for name, number in found.items() if number is None)
        if not there:
            return notes.report(_unchanged(old), Changes(missing=missing))
        with writer.begin() as draft:
            draft.link_from(old, old.manifest.files)
            with Change(engine_of(old), draft.folder) as change, notes.stage("write"):
                change.expect([storable(name)[0] for name in found])
                for name in found:
                    change.take_out(storable(name)[0])
                change.commit()
            made = _made(draft, old, record_of(old.manifest, home.path))
            check_number(made, left)
            outcome = publish(draft, made, old, policy, notes)
            return notes.report(outcome, Changes(removed=len(there), missing=missing))


def parts_in(
    home: Home, paths: Sequence[str | Path], choice: Choice, names: Sequence[str]
) -> tuple[Part, ...]:
    """Return what `run` would read."""
    return plan(paths, record_of(home.last_manifest(), home.path), choice, names)[1]


def plan(
    paths: Sequence[str | Path], record: Record, choice: Choice, names: Sequence[str]
) -> tuple[Record, tuple[Part, ...]]:
    """Return the record of an index as an update of *paths* leaves it, and what that reads.

    Without *paths* it is all recorded roots.  What *choice* says holds for whole roots, and from
    now on.

    Raises:
        SourceError: a path cannot be read, there is none, or a part of a root is to be read
            otherwise than the rest or stands behind a link.
    """
    wanted = on_disk(paths) if paths else [root.path for root in record.roots]
    if not wanted and not paths:
        raise SourceError(
            "no files or folders are recorded to update from; name them: searcher update PATH…"
        )
    found = roots(wanted, names, record.roots)
    _refuse_behind_links(wanted, record)
    parts = tuple(Part(root, choice.over(record.options_of(root))) for root in found)
    narrow = next((part.root for part in parts if part.root.below), None)
    if narrow is not None and choice.given:
        raise SourceError(
            f"{narrow.place}: how files are chosen and read is decided for whole roots: give the "
            f"options with {narrow.path} and a GLOB"
        )
    whole = [part for part in parts if not part.root.below]
    return record.joined(whole, stdin=len(wanted) < len(paths)), parts


# ---------------------------------------------------------------- steps


def _refuse_behind_links(paths: Sequence[str | Path], record: Record) -> None:
    """Raise SourceError for a path behind a link that its root follows: what is there belongs to
    that root, and would come once more as a root of its own.
    """
    following = [part.root.path for part in record.parts if part.options.follow_links]
    for path in paths if following else ():
        real = Path(path).resolve()
        for folder in Path(path).absolute().parents:
            root = folder.resolve()
            if root in following and not real.is_relative_to(root):
                raise SourceError(
                    f"{printable(str(path))}: stands behind a link that {root} follows; name "
                    f"that: searcher update {root}"
                )


def _change(
    draft: Draft,
    old: Generation,
    comparison: Comparison,
    incoming: Iterable[Incoming],
    notes: Notes,
) -> Changes:
    """Change the index in *draft*, unless that changes nothing in the end."""
    draft.link_from(old, old.manifest.files)
    with Change(engine_of(old), draft.folder) as change:
        with notes.stage("read"):
            change.put(incoming)
        gone = comparison.vanished()
        change.expect(gone)
        for document_id in gone:
            change.take_out(document_id)
        changes = comparison.changes(gone)
        if changes.any:
            _check_left(old, changes)
            with notes.stage("write"):
                rejected = change.commit()
            notes.refused_by_engine(rejected)
            changes = comparison.without(changes, {each.id for each in rejected})
    return changes


def _check_left(old: Generation, changes: Changes) -> None:
    """Raise SourceError where no document at all would be left."""
    if old.manifest.counts["documents"] + changes.added == changes.removed:
        raise SourceError(
            "none of the documents of the index is there any more; nothing was published: take "
            "them out by name, if that is meant (searcher remove ID…), or build again"
        )


def _made(draft: Draft, old: Generation, record: Record) -> Manifest:
    facts = replace(old.manifest, job=record.to_job())
    return holding(engine_of(old), draft.folder, facts)


def _unchanged(old: Generation) -> Outcome:
    return Outcome(old.id, old.id, old.manifest)
