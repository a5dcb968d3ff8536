"""The TOC of an index is read without running anything that stands in it."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
import whoosh.index
from batches import batches, random_documents
from whoosh import fields
from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import FieldConfigurationError
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, EmptyIndexError

from searcher.engines.whoosh_.codec import ColumnarCodec
from searcher.engines.whoosh_.collector import ColumnarSearcher
from searcher.engines.whoosh_.index import ColumnarIndex, open_index
from searcher.engines.whoosh_.schema import schema
from searcher.engines.whoosh_.toc import ColumnarSegment, read_toc
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter
from searcher.errors import IndexCorruptError, IndexFormatError

LEGACY = -110
"""A version whose loader Whoosh still has."""

TARGET = "_MAIN_1.toc"


class Runs:
    """Pickled, it makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of one segment."""
    folder = tmp_path / "index"
    folder.mkdir()
    writer = ColumnWriter.create(folder)
    for batch in batches(random_documents(Random(1), 5), 5):
        writer.add(batch)
    writer.commit()
    return folder


def toc(
    segments: bytes, *, version: int = -111, described: bytes = b"", generation: int = 1
) -> bytes:
    """Return the bytes of a TOC around pickled segments and a pickled schema."""
    raw = io.BytesIO()
    file = StructFile(raw)
    for size in (4, 8, 4):
        file.write_varint(size)
    file.write_int(-12345)
    file.write_int(version)
    for part in (2, 7, 4):
        file.write_varint(part)
    file.write_string(described or pickle.dumps(schema(), 2))
    file.write_int(generation)
    file.write_int(0)
    file.write(segments)
    return raw.getvalue()


def entry(**changes: Any) -> ColumnarSegment:
    """Return a segment whose state, once pickled, has other entries than it should."""

    class Forged(ColumnarSegment):
        def __reduce__(self) -> tuple[Any, ...]:
            state = {**ColumnarSegment("MAIN").__getstate__(), **changes}
            return ColumnarSegment, ("MAIN",), state

    return Forged("MAIN")


def run_by_whoosh(folder: Path, mark: Path) -> bool:
    """Tell whether Whoosh's own reader of the TOC runs what stands in it."""
    storage = RamStorage()
    storage.files[TARGET] = (folder / TARGET).read_bytes()
    with suppress(FieldConfigurationError, ValueError, EOFError):  # over what it got
        TOC.read(storage, "MAIN")
    return mark.exists()


# ---------------------------------------------------------------- what we write


def test_whoosh_reads_the_toc_we_write(folder: Path) -> None:
    index = whoosh.index.open_dir(str(folder))
    assert index.schema.names() == schema().names()
    [segment] = index._segments()
    assert (segment.segment_id(), segment.doc_count_all()) == ("MAIN_1", 5)


def test_an_update_leaves_one_toc_with_the_deletions(folder: Path) -> None:
    name = open_index(folder).reader().column_reader("id")[0]
    (folder / "_MAIN_7.toc").write_bytes(b"of another time")
    writer = ColumnWriter.change(folder)
    assert writer.remove(name)
    writer.commit()
    assert [path.name for path in folder.glob("_MAIN_*")] == [TARGET]
    index = open_index(folder)
    assert (index.doc_count_all() - index.doc_count()) in (0, 1)  # a merge drops it at once
    with index.searcher() as searcher:
        assert searcher.document_number(id=name) is None


def test_the_state_of_a_segment_is_plain_strings_and_numbers() -> None:
    segment = ColumnarSegment("MAIN")
    segment.set_doc_count(9)
    for number in (7, 3):
        segment.delete_document(number)
    data = pickle.dumps([segment])
    names = [value for op, value, _ in pickletools.genops(data) if "GLOBAL" in op.name and value]
    assert names == []  # the one class is named on the stack
    assert {type(value) for value in segment.__getstate__().values()} == {str, int}
    [found] = pickle.loads(data)
    assert found.deleted_docs() == {3, 7}
    assert (found.doc_count(), found.segment_id()) == (7, segment.segment_id())


def test_deletions_can_be_taken_back() -> None:
    segment = ColumnarSegment("MAIN")
    segment.set_doc_count(2)
    segment.delete_document(1)
    assert segment.is_deleted(1)
    assert segment.deleted_docs() is segment.deleted_docs()
    segment.delete_document(1, delete=False)
    assert not segment.has_deletions()
    assert segment.deleted_docs() == frozenset()


# ---------------------------------------------------------------- what we read


def test_an_index_opens_with_the_schema_given(folder: Path) -> None:
    index = open_index(folder)
    with index.searcher() as searcher:
        assert isinstance(searcher, ColumnarSearcher)
        assert searcher.doc_count() == index.doc_count() == 5
    assert index.schema.names() == schema().names()
    assert index.latest_generation() == 1


def test_any_schema_can_be_given(tmp_path: Path) -> None:
    wanted = fields.Schema(t=fields.TEXT(stored=True))
    storage = FileStorage(str(tmp_path))
    with storage.create_index(wanted).writer(codec=ColumnarCodec()) as writer:
        writer.add_document(t="one two")
    index = ColumnarIndex(storage, wanted)
    with index.writer() as writer:
        writer.add_document(t="two three")
    with index.searcher() as searcher:
        assert len(searcher.find("t", "two")) == 2
        assert {type(each) for each in index._segments()} == {ColumnarSegment}


def test_pickles_in_the_segments_are_not_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for hostile in ([Runs(mark)], Runs(mark), [entry(), Runs(mark)], [entry(segid=Runs(mark))]):
        (folder / TARGET).write_bytes(toc(pickle.dumps(hostile)))
        with pytest.raises(IndexCorruptError, match=f"{TARGET}.*mkdir"):
            open_index(folder)
        assert not mark.exists()
        assert run_by_whoosh(folder, mark)
        mark.rmdir()


def test_a_pickle_for_a_schema_is_not_read(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    segments = pickle.dumps(whoosh.index.open_dir(str(folder))._segments())
    (folder / TARGET).write_bytes(toc(segments, described=pickle.dumps(Runs(mark))))
    assert open_index(folder).doc_count() == 5
    assert not mark.exists()
    assert run_by_whoosh(folder, mark)


def test_a_toc_of_a_legacy_version_is_refused(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    hostile = toc(b"", version=LEGACY, described=pickle.dumps(Runs(mark)))
    (folder / TARGET).write_bytes(hostile)
    with pytest.raises(IndexFormatError, match="another version of Whoosh"):
        open_index(folder)
    assert not mark.exists()
    assert run_by_whoosh(folder, mark)


def test_a_segment_of_another_codec_is_refused_by_name(tmp_path: Path) -> None:
    storage = FileStorage(str(tmp_path))
    with storage.create_index(schema()).writer(codec=W3Codec()) as writer:
        writer.add_document(id="a", body="驻村")
    with pytest.raises(IndexCorruptError, match="whoosh3"):
        open_index(tmp_path)


def test_bytes_behind_the_segments_are_refused(folder: Path) -> None:
    segments = pickle.dumps(whoosh.index.open_dir(str(folder))._segments(), 2)
    (folder / TARGET).write_bytes(toc(segments))
    assert open_index(folder).doc_count() == 5
    (folder / TARGET).write_bytes(toc(segments + b"\0"))
    with pytest.raises(IndexCorruptError, match="more than"):
        open_index(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"indexname": "../../etc/x"},
        {"indexname": "a/b"},
        {"segid": "../x"},
        {"segid": ""},
        {"documents": -1},
        {"documents": 1 << 32},
        {"documents": True},
        {"own": "yes"},
        {"format": 2},
        {"deleted": "AAAA"},
        {"deleted": "////"},
        {"deleted": "AAAAAA=="},  # document 0 of none
        {"name": "MAIN_1"},
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    (folder / TARGET).write_bytes(toc(pickle.dumps([entry(**changes)])))
    with pytest.raises(IndexCorruptError, match=TARGET):
        open_index(folder)


@pytest.mark.parametrize("made", [ColumnarSegment, "MAIN", None, {}, (), [["x"]]])
def test_what_is_no_list_of_segments_is_refused(folder: Path, made: Any) -> None:
    (folder / TARGET).write_bytes(toc(pickle.dumps(made)))
    with pytest.raises(IndexCorruptError, match=TARGET):
        open_index(folder)


def test_a_segment_made_without_a_state_is_checked_too(folder: Path) -> None:
    class Called(ColumnarSegment):
        def __reduce__(self) -> tuple[Any, ...]:
            return ColumnarSegment, ("../x",)

    (folder / TARGET).write_bytes(toc(pickle.dumps([Called("MAIN")])))
    with pytest.raises(IndexCorruptError, match=TARGET):
        open_index(folder)


def test_any_shortened_toc_is_refused(folder: Path) -> None:
    data = (folder / TARGET).read_bytes()
    storage = RamStorage()
    for length in range(len(data)):
        storage.files[TARGET] = data[:length]
        with pytest.raises((IndexCorruptError, IndexFormatError), match=TARGET):
            read_toc(storage, "MAIN", schema())
    storage.files[TARGET] = data
    assert len(read_toc(storage, "MAIN", schema()).segments) == 1


def test_a_toc_of_another_generation_is_refused(folder: Path) -> None:
    (folder / TARGET).write_bytes(toc(pickle.dumps([]), generation=3))
    with pytest.raises(IndexCorruptError, match="generation"):
        open_index(folder)


def test_an_endless_toc_is_not_read(folder: Path) -> None:
    with (folder / TARGET).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(IndexCorruptError, match="too long"):
        open_index(folder)


def test_no_index_is_whooshs_error(tmp_path: Path) -> None:
    with pytest.raises(EmptyIndexError):
        open_index(tmp_path)


def test_a_toc_in_memory_is_read_as_well() -> None:
    storage = RamStorage()
    TOC.create(storage, schema())
    assert read_toc(storage, "MAIN", schema()).segments == []
