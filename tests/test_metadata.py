"""What documents say of themselves, as columns: dates, values, keys and digests."""

from __future__ import annotations

import calendar
import datetime
import math
from dataclasses import replace

import pytest
from corpus import documents as corpus_documents
from hypothesis import given
from hypothesis import strategies as st

from searcher.columns import run_key
from searcher.model import Document, Noise
from searcher.model.documents import ExtraValue
from searcher.preparing.documents import Incoming, Preparer, digest
from searcher.preparing.keeping import kept
from searcher.preparing.metadata import days_of, figure_columns, text_columns
from searcher.stored import Packing
from searcher.text.clean import clean
from searcher.text.units import units
from searcher.text.words.fast import RjiebaCutter

DOCUMENT = Document(
    "a", "脱贫", "攻坚", "2020", "日报", "某人", "/x/a.txt", {"tag": ["甲", "乙"], "n": 3}
)

OTHERS = (
    {"body": "脱"},
    {"title": ""},
    {"date": None},
    {"date": "2020-01"},
    {"source": "日"},
    {"author": ""},
    {"path": ""},
    {"extra": {"tag": ["甲", "乙"]}},
    {"extra": {"tag": ["甲乙"], "n": 3}},
    {"extra": {"tag": ["甲", "乙"], "n": "3"}},
    {"extra": {"tag": ["甲", "乙"], "n": True}},
    {"title": "攻", "body": "坚脱贫"},  # the same characters elsewhere
    {"title": "", "body": "攻坚脱贫"},
)


@pytest.mark.parametrize("changed", OTHERS, ids=str)
def test_a_digest_tells_every_change(changed: dict[str, object]) -> None:
    assert digest(replace(DOCUMENT, **changed)) != digest(DOCUMENT)  # type: ignore[arg-type]


def test_a_digest_knows_neither_the_id_nor_the_order_of_extra_fields() -> None:
    same = replace(DOCUMENT, id="b", extra={"n": 3, "tag": ["甲", "乙"]})
    assert digest(same) == digest(DOCUMENT)
    assert len(digest(same)) == 16


def test_a_digest_is_of_what_is_kept() -> None:
    bad = kept(Document("a", "脱\ud800\x00", date="2019/5")).document
    good = Document("a", "脱\ufffd\ufffd", date="2019-05")
    assert bad == good
    batch = Preparer(RjiebaCutter(), Packing()).prepare([Incoming(bad), Incoming(DOCUMENT, "x")])
    assert batch.digests.tobytes() == digest(good) + digest(DOCUMENT)


@given(st.dates())
def test_a_date_is_the_period_that_it_names(day: datetime.date) -> None:
    year, month, one = f"{day.year:04}", f"{day.year:04}-{day.month:02}", day.isoformat()
    last = calendar.monthrange(day.year, day.month)[1]
    assert days_of([year, month, one]).tolist() == [
        [datetime.date(day.year, 1, 1).toordinal(), datetime.date(day.year, 12, 31).toordinal()],
        [day.replace(day=1).toordinal(), day.replace(day=last).toordinal()],
        [day.toordinal()] * 2,
    ]


@pytest.mark.parametrize(
    "given",
    ["", "2020-", "2020-1", "2020-13", "2020-02-30", "0000", "20200101", "２０２０", "去年"],
)
def test_what_is_no_date_is_none(given: str) -> None:
    assert days_of([given]).tolist() == [[0, 0]]


def test_values_are_those_of_each_kind() -> None:
    extra: dict[str, ExtraValue] = {
        "text": "甲",
        "list": ["甲", "", "乙", "甲"],
        "empty": "",
        "yes": True,
        "no": False,
        "int": 3,
        "float": 0.5,
        "nan": math.nan,
        "endless": math.inf,
    }
    documents = [Document("a", "", extra=extra), Document("b", "", author="某")]
    texts = text_columns(documents, ["seeds", ""], ["none", "hans"])
    assert {name: column.values for name, column in texts.items()} == {
        "script": ("none", "hans"),
        "origin": ("seeds",),
        "author": ("某",),
        "extra.text": ("甲",),
        "extra.list": ("甲", "乙"),
        "extra.yes": ("true",),
        "extra.no": ("false",),
    }
    figures = figure_columns(documents)
    assert {name: column.figures.tolist() for name, column in figures.items()} == {
        "extra.int": [3.0],
        "extra.float": [0.5],
        "extra.endless": [math.inf],
    }


def test_a_key_is_of_the_units_that_a_run_in_the_source_has() -> None:
    values = [each.title or each.body[:80] for each in corpus_documents()[:60]]
    values += ["軟體 3D打印。完", "1,540 元", "＃", "c++ 12", "臺灣　報", "line\n\nline"]
    column = text_columns([Document("a", "", extra={"tag": values})], [""], ["none"])["extra.tag"]
    keys = dict(zip(column.values, column.keys, strict=True))
    for value in filter(None, values):
        assert keys[value] == run_key(units(value, clean(value, Noise())).keys)
