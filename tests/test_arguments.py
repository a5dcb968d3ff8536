"""Arguments of the Python API that are easily given wrong: refused by name, or taken rightly."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import searcher
from searcher import Document


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Index]:
    home = tmp_path_factory.mktemp("arguments") / "index"
    documents = [
        Document(f"d{number}", "脱贫攻坚。" * 40, date="2019", extra={"tag": "x"})
        for number in range(3)
    ]
    searcher.build(documents, index=home)
    with searcher.open(home) as opened:
        yield opened


NUMBERS = ("limit", "offset", "snippets", "snippet_chars")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("wrong", [2.5, 5.0, float("inf"), "3", None])
def test_a_number_that_is_not_whole_is_refused_by_name(
    index: searcher.Index, name: str, wrong: Any
) -> None:
    message = rf"{name} must be a whole number, it is "
    with pytest.raises(TypeError, match=message):
        index.search("脱贫", **{name: wrong})
    with pytest.raises(TypeError, match=message):
        index.like("d0", **{name: wrong})


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_may_be_of_any_size_and_type_that_is_whole(
    index: searcher.Index, name: str
) -> None:
    options: dict[str, Any] = {name: 2**70}
    largest = index.search("脱贫", **options)
    assert largest.total == 3
    options = {name: np.int64(2)}
    as_usual: dict[str, Any] = {name: 2}
    assert index.search("脱贫", **options).hits == index.search("脱贫", **as_usual).hits


def test_facets_may_be_any_iterable(index: searcher.Index) -> None:
    wanted = {"year": {"2019": 3}, "tag": {"x": 3}}
    for facets in (["year", "tag"], ("year", "tag"), iter(["year", "tag"])):
        assert index.search("脱贫", facets=facets).facets == wanted  # type: ignore[arg-type]


def test_many_queries_are_checked_at_once(index: searcher.Index) -> None:
    with pytest.raises(TypeError, match="queries must be a list of strings, not one of them"):
        index.search_many("脱贫")
    with pytest.raises(TypeError, match="limt"):
        index.search_many(["脱贫"], limt=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="match must be one of auto, all, any"):
        index.search_many(["脱贫"], match="some")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a query is a string, not int"):
        list(index.search_many([1]))  # type: ignore[list-item]


@pytest.mark.parametrize("ask", ["get", "like"])
def test_an_id_is_a_string(index: searcher.Index, ask: str) -> None:
    with pytest.raises(TypeError, match="an id is a string, not int"):
        getattr(index, ask)(5)


def test_an_update_takes_no_wrong_numbers(index: searcher.Index) -> None:
    for wrong, error, message in (
        ({"keep": 2.5}, TypeError, "keep must be a whole number"),
        ({"keep": 0}, ValueError, "keep must be at least 1"),
        ({"wait": "5"}, TypeError, "wait must be a number of seconds"),
        ({"wait": float("nan")}, ValueError, "wait must be 0 or more seconds"),
    ):
        with pytest.raises(error, match=message):
            index.update(**wrong)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_index_is_opened_again_not_copied(
    index: searcher.Index, way: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="cannot be copied or pickled; open it again"):
        way(index)


@pytest.mark.parametrize("call", [searcher.open, searcher.verify, searcher.rollback])
def test_an_empty_path_is_no_index(call: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="the path of the index is empty"):
        call("")


def test_everything_public_is_there_by_name(tmp_path: Path) -> None:
    for name in searcher.__all__:
        assert getattr(searcher, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        searcher.Nonsense  # noqa: B018
    searcher.build([Document("a", "脱贫")], index=tmp_path)
    assert isinstance(searcher.verify(tmp_path), searcher.CheckReport)
    with searcher.open(tmp_path) as index:
        assert isinstance(index.explain("a", "脱贫"), searcher.Explanation)
