"""States of an index that can be told apart to the last document, and the look that tells them.

Each document carries phrases that no other has, at its beginning, in its middle and at its end,
so that an index which holds half a document, or one of another state, is found out by searching.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import searcher
from searcher import Document
from searcher.errors import IndexNotFoundError
from searcher.generations import Home, verify_files

State = Mapping[str, Document]
"""Id → document."""

EMPTY: State = {}

_DIGITS = "东西南北春夏秋冬山水"
"""Ten characters that are nothing but themselves in every script."""

_FILLER = "参与脱贫攻坚的驻村干部，向全县人民报告产业发展的情况。"


def phrase(batch: int, number: int, place: int) -> str:
    """Return a phrase of its own for each document and place of it."""
    code = f"{batch:04}{number:03}{place}"
    return "码" + "".join(_DIGITS[int(digit)] for digit in code)


def document(batch: int, number: int, name: str | None = None) -> Document:
    """Return document *number* of *batch*; *name* is its id where it takes another's place."""
    first, middle, last = (phrase(batch, number, place) for place in range(3))
    filler = _FILLER * (1 + number % 3)
    return Document(
        id=name or f"b{batch:04}-{number:03}",
        title=f"第{batch}批材料{phrase(batch, number, 3)}",
        body=f"{first}。{filler}{middle}{filler}\n{last}",
        date=f"20{batch % 100:02}-0{number % 9 + 1}",
        source="县报",
        extra={"batch": batch},
    )


def state(documents: Iterable[Document], before: State = EMPTY, gone: Iterable[str] = ()) -> State:
    """Return the state after *documents* were put and *gone* taken out of *before*."""
    kept = {name: each for name, each in before.items() if name not in set(gone)}
    return {**kept, **{each.id: each for each in documents}}


# ---------------------------------------------------------------- homes to start from

OLD = 12
"""Documents of the older generation of a home."""


def old_state() -> State:
    """Return what the older generation of either home holds."""
    return state(document(1, number) for number in range(OLD))


def current_state() -> State:
    """Return what the published generation of either home holds: two segments and deletions."""
    return state(
        [document(2, 0), document(2, 1, "b0001-001")], old_state(), ["b0001-002", "b0001-003"]
    )


def source_state() -> State:
    """Return what is in the source of `made_of_files` by now, and not yet in its index."""
    return state(
        [document(3, 0), document(3, 1, "b0001-007")], current_state(), ["b0001-008", "b0002-000"]
    )


def made_of_documents(folder: Path) -> Path:
    """Make a home of two generations of documents that a program gave."""
    home = folder / "index"
    searcher.build(old_state().values(), index=home)
    put = [document(2, 0), document(2, 1, "b0001-001")]
    with searcher.open(home) as index:
        index.update(put, remove=["b0001-002", "b0001-003"])
    return home


def made_of_files(folder: Path) -> Path:
    """Make a home of two generations from a file of records, which has changed once more since."""
    home, source = folder / "index", folder / "source.jsonl"
    write_records(source, old_state())
    searcher.build(source, index=home)
    write_records(source, current_state())
    searcher.update(index=home)
    write_records(source, source_state())
    return home


def write_records(path: Path, documents: State) -> None:
    """Write documents as the records of a JSONL file."""
    with path.open("w", encoding="utf-8") as file:
        for each in documents.values():
            record = {"id": each.id, "title": each.title, "body": each.body, "date": each.date,
                      "source": each.source, **each.extra}  # fmt: skip
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def copied(home: Path, target: Path) -> Path:
    """Copy a home file by file, so that no file is shared with the original."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(home, target)
    return target


# ---------------------------------------------------------------- the look


def seen(home: Path) -> State:
    """Return what the index at *home* holds, every document by its id."""
    with searcher.open(home) as index:
        return {name: _got(index, name) for name in index.ids()}


def _got(index: searcher.Index, name: str) -> Document:
    found = index.get(name)
    assert found is not None, name
    return found


def assert_whole(home: Path, allowed: Iterable[State]) -> State:
    """Assert that *home* is readable, complete and wholly one of *allowed*; return which."""
    with Home(home).current() as generation:
        verify_files(generation)
        counted = generation.manifest.counts["documents"]
    found = seen(home)
    possible = list(allowed)
    assert found in possible, (
        f"holds {sorted(found)}, which is none of {[sorted(each) for each in possible]}"
    )
    assert counted == len(found)
    with searcher.open(home) as index:
        assert len(index) == len(found)
        for each in found.values():
            _assert_found(index, each)
        others = {name: each for other in possible for name, each in other.items()}
        for each in others.values():
            if each not in found.values():
                assert index.search(f'"{marks(each)[0]}"', limit=0).total == 0, each.id
    return found


def marks(each: Document) -> list[str]:
    """Return the phrases that only this document holds."""
    body = each.body
    starts = [at for at, char in enumerate(body) if char == "码"]
    return [body[at : at + 9] for at in starts]


def _assert_found(index: searcher.Index, each: Document) -> None:
    for mark in marks(each):
        page = index.search(f'"{mark}"')
        assert [hit.id for hit in page.hits] == [each.id], mark
        assert page.hits[0].title == each.title
        assert any(mark in snippet.text for snippet in page.hits[0].snippets)


def assert_tidy(home: Path, keep: int = 2) -> None:
    """Assert that nothing lies in *home* but what belongs to complete generations."""
    names = sorted(path.name for path in home.iterdir())
    folders = [name for name in names if name.startswith("gen-")]
    assert names == sorted(["CURRENT", "LOCK", *folders])
    assert len(folders) <= keep, folders
    for name in folders:
        with Home(home).open(name) as generation:
            files = sorted([*generation.manifest.files, "GENERATION", "manifest.json"])
        assert sorted(path.name for path in (home / name).iterdir()) == files


def assert_goes_on(home: Path, before: State) -> None:
    """Assert that the next job runs and leaves no rubble."""
    fresh = document(9000, 0)
    with searcher.open(home) as index:
        report = index.update([fresh])
        assert (report.added, report.failures) == (1, ())
    assert_whole(home, [state([fresh], before)])
    assert_tidy(home)


def is_published(home: Path) -> bool:
    """Tell whether there is an index at *home*."""
    try:
        Home(home).current_id()
    except IndexNotFoundError:
        return False
    return True
