"""Doc values: whatever goes in comes out, in few bytes, and damage is an error."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from batches import Plain, make_batch
from hypothesis import given
from hypothesis import strategies as st
from indexes import assert_holds

from searcher.columns import DIGEST, EXTRA, run_key
from searcher.engines.whoosh_.files.container import Container, ContainerWriter
from searcher.engines.whoosh_.files.docvalues import (
    EACH,
    FIGURES,
    GAPPED,
    SOME,
    TEXTS,
    DocValues,
    FigureValues,
    TextValues,
)
from searcher.engines.whoosh_.files.docvalueswriter import DocValuesWriter
from searcher.engines.whoosh_.files.texts import Texts
from searcher.engines.whoosh_.reading.columnreader import ColumnReader
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter
from searcher.errors import IndexCorruptError
from searcher.model import Has

Rows = list[tuple[int, str]]


def written(path: Path, documents: int, columns: dict[str, Rows]) -> DocValues:
    """Write columns of texts, and read them."""
    writer = ContainerWriter(path)
    days = np.zeros((documents, 2), dtype=np.int64)
    made = DocValuesWriter(writer, documents, np.zeros((documents, DIGEST), np.uint8), days)
    for name, rows in sorted(columns.items()):
        values = sorted({value for _, value in rows})
        ordered = sorted(rows)
        docs = np.array([number for number, _ in ordered], dtype=np.int64)
        codes = np.array([values.index(value) for _, value in ordered], dtype=np.int64)
        made.texts(name, docs, codes, [(value, run_key(value)) for value in values])
    made.close()
    writer.close()
    return DocValues(Container.open(path), documents)


def column(values: DocValues, name: str) -> TextValues:
    found = values.texts(name)
    assert found is not None
    return found


def rows_of(found: TextValues) -> Rows:
    docs, codes = found.rows()
    return [
        (number, found.value(code))
        for number, code in zip(docs.tolist(), codes.tolist(), strict=True)
    ]


some_rows = st.lists(
    st.tuples(st.integers(0, 19), st.sampled_from(("", "a", "é", "脱贫", "𠀀", "脱"))),
    min_size=1,
    unique=True,
)


@given(st.dictionaries(st.text("ab.\x00贫", max_size=3), some_rows, max_size=4))
def test_columns_come_back_whatever_is_asked(columns: dict[str, Rows]) -> None:
    with TemporaryDirectory() as folder:
        values = written(Path(folder, "x.docs"), 20, columns)
        assert values.names == tuple((TEXTS, name) for name in sorted(columns))
        for name, rows in columns.items():
            check_column(column(values, name), sorted(rows))
        assert values.texts("nothing") is None


def check_column(found: TextValues, rows: Rows) -> None:
    values = sorted({value for _, value in rows})
    assert rows_of(found) == rows
    assert [value for value, _ in found.pairs()] == values
    chosen = np.arange(20) % 3 == 0
    assert found.counts(chosen).tolist() == [
        sum(each == value and number % 3 == 0 for number, each in rows) for value in values
    ]
    for value in ("脱", "zz", *values):
        code = found.find(value)
        assert code == (values.index(value) if value in values else None)
        if not value:
            continue  # a run has a unit
        held = found.holding(run_key(value))
        assert [values[at] for at in held.nonzero()[0]] == [
            each for each in values if run_key(value) in run_key(each)
        ]
        assert found.having(held).tolist() == sorted(
            {number for number, each in rows if run_key(value) in run_key(each)}
        )


@pytest.mark.parametrize(
    ("rows", "form", "size"),
    [
        ([(number, "x") for number in range(1000)], EACH, 0),
        ([(number, f"{number % 2}") for number in range(1000)], EACH, 1000),
        ([(number, "x") for number in range(1, 1000)], GAPPED, 1000),
        ([(5, "x"), (7, "y")], SOME, 10),
        ([(number, f"{number % 300:03}") for number in range(1, 1000)], GAPPED, 2000),
        ([(5, "x"), *((number, "y") for number in range(1000))], SOME, 5005),
    ],
)
def test_a_column_has_the_form_that_takes_the_least_room(
    rows: Rows, form: int, size: int, tmp_path: Path
) -> None:
    values = written(tmp_path / "x.docs", 1000, {"a": rows})
    shape = values._shape(0)
    assert shape.form == form
    texts = shape.value_bytes + shape.key_bytes + 2 * 4 * (shape.values + 1)
    assert values._section.size - texts - size in range(40)  # what fills up to multiples of 8
    assert rows_of(column(values, "a")) == sorted(rows)


def test_a_document_without_extra_fields_costs_few_bytes(tmp_path: Path) -> None:
    documents = [
        Plain(f"{number}", texts={"script": [("hans",)], "origin": [("seeds",)]}, days=(9, 9))
        for number in range(2000)
    ]
    writer = ColumnWriter.create(tmp_path)
    writer.add(make_batch(documents))
    writer.commit()
    (path,) = tmp_path.glob("*.docs")
    sections = Container.open(path)._sections
    names = ("digests", "periods", "period", "columns", "columns_at", "shapes", "facts")
    assert sum(sections[name][1] for name in names) < 18 * len(documents)


def test_documents_may_have_thousands_of_fields(tmp_path: Path) -> None:
    count = 3000
    documents = [
        Plain(
            f"{number:05}",
            texts={f"{EXTRA}k{number}": [("贫", f"{number}")]},
            figures={f"{EXTRA}k{number}": float(number)},
        )
        for number in range(count)
    ]
    writer = ColumnWriter.create(tmp_path)
    for at in range(0, count, 500):
        writer.add(make_batch(documents[at : at + 500], at))
    writer.commit()
    assert_holds(tmp_path, documents)
    (path,) = tmp_path.glob("*.docs")
    assert path.stat().st_size < 300 * count
    assert len(Container.open(path).names) < 30
    reader = ColumnReader.open(tmp_path)
    assert len(reader.fields()) == count
    assert reader.count(Has("k7", ("7",))) == 1
    reader.close()


def test_what_only_deleted_documents_had_is_gone_after_a_merge(tmp_path: Path) -> None:
    documents = [
        Plain("a", texts={f"{EXTRA}old": [("旧",)], f"{EXTRA}tag": [("旧",)]}, days=(5, 6)),
        *(Plain(f"b{number}", texts={f"{EXTRA}tag": [("新",)]}) for number in range(3)),
    ]
    writer = ColumnWriter.create(tmp_path)
    writer.add(make_batch(documents))
    writer.commit()
    writer = ColumnWriter.change(tmp_path)
    assert writer.remove("a")
    writer.commit()
    reader = ColumnReader.open(tmp_path)
    assert reader.fields() == {"tag": {"text"}}  # deleted, but still in the segment
    reader.close()
    writer = ColumnWriter.change(tmp_path)
    writer.add(make_batch([Plain("c"), Plain("d")]))
    writer.commit()
    (path,) = tmp_path.glob("*.docs")
    values = DocValues(Container.open(path), 5)
    assert values.names == ((TEXTS, f"{EXTRA}tag"),)
    assert [value for value, _ in column(values, f"{EXTRA}tag").pairs()] == ["新"]
    assert len(values.periods[0]) == 1


def test_columns_that_make_no_sense_are_errors(tmp_path: Path) -> None:
    """Checksums are right here: only somebody who makes them can get so far."""
    rows = [(5, "x"), (7, "y"), (7, "z")]
    random = Random(3)
    for number in range(300):
        values = written(tmp_path / f"{number}.docs", 1000, {"a": rows, "b": rows})
        path = forged(tmp_path / f"{number}.docs", random)
        try:
            values = DocValues(Container.open(path), 1000)
            for kind, name in values.names:
                found = values.texts(name) if kind == TEXTS else values.figures(name)
                if isinstance(found, TextValues):
                    rows_of(found)
                    list(found.pairs())
                    found.having(found.holding("x"))
        except IndexCorruptError as error:
            assert str(path) in str(error)  # noqa: PT017 - most forgeries are noticed, not all


@pytest.mark.parametrize("places", [(), (0,), (0, 4), (1, 6), (0, 6, 0, 6), (0, 4, 2, 6), (0, 7)])
def test_texts_never_take_more_room_than_their_file(
    places: tuple[int, ...], tmp_path: Path
) -> None:
    """Places that go back would make each text as long as all of them."""
    writer = ContainerWriter(tmp_path / "x.docs")
    writer.add("ids", "脱贫".encode())
    writer.add_array("ids_at", np.array(places, np.int64), "I")
    writer.close()
    with pytest.raises(IndexCorruptError, match=r"x\.docs"):
        Texts(Container.open(tmp_path / "x.docs"), "ids").all()


def forged(path: Path, random: Random) -> Path:
    """Return a copy of a container in which a byte of a section is another."""
    container = Container.open(path)
    made = ContainerWriter(path.with_suffix(".forged"))
    chosen = random.choice([name for name in container.names if container.section(name).size])
    for name in container.names:
        section = container.section(name)
        data = bytearray(section.bytes(0, section.size))
        if name == chosen:
            data[random.randrange(len(data))] = random.choice((0, 1, 7, 200, 255))
        made.add(name, bytes(data))
    made.close()
    return made.path


def test_numbers_come_back(tmp_path: Path) -> None:
    writer = ContainerWriter(tmp_path / "x.docs")
    days = np.array([[1, 2], [0, 0], [1, 2]])
    made = DocValuesWriter(writer, 3, np.arange(48, dtype=np.uint8).reshape(3, 16), days)
    made.figures("all", np.arange(3), np.array([1.5, -np.inf, 0.0]))
    made.figures("one", np.array([1]), np.array([1e300]))
    made.close()
    writer.close()
    read = DocValues(Container.open(tmp_path / "x.docs"), 3)
    assert read.names == ((FIGURES, "all"), (FIGURES, "one"))
    for name, wanted in (("all", {0: 1.5, 1: -np.inf, 2: 0.0}), ("one", {1: 1e300})):
        found = read.figures(name)
        assert isinstance(found, FigureValues)
        assert dict(zip(*map(np.ndarray.tolist, found.rows()), strict=True)) == wanted
    assert read.digests[1].tolist() == list(range(16, 32))
    assert np.stack(read.periods, axis=1)[read.period].tolist() == days.tolist()
