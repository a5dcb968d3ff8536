"""Segments of our own documents, as Whoosh's own tools see them through the codec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import whoosh.index
from batches import Plain, batches, postings, random_documents
from whoosh import query
from whoosh.filedb.filestore import copy_to_ram
from whoosh.reading import TermNotFound
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from searcher.engines.whoosh_.codec import ColumnarCodec
from searcher.engines.whoosh_.index import open_index
from searcher.engines.whoosh_.leafmatcher import BLOCK
from searcher.engines.whoosh_.weighting import LuceneBM25
from searcher.engines.whoosh_.writing import columnwriter
from searcher.engines.whoosh_.writing.columnwriter import ColumnWriter

DOCUMENTS = {plain.id: plain for plain in random_documents(Random(11), 500)}
REMOVED = sorted(DOCUMENTS)[::9]
LIVE = {name: plain for name, plain in DOCUMENTS.items() if name not in REMOVED}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two segments, with deletions in the first one."""
    folder = tmp_path_factory.mktemp("own")
    documents = list(DOCUMENTS.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnwriter, "to_merge", lambda *_: [])
        writer = ColumnWriter.create(folder)
        for part in (documents[:300], documents[300:]):
            for batch in batches(part, 70):
                writer.add(batch)
            writer.commit()
            writer = ColumnWriter.change(folder)
        assert all(writer.remove(name) for name in REMOVED)
        writer.commit()
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> Any:
    return whoosh.index.open_dir(str(folder))


@pytest.fixture
def reader(index: Any) -> Iterator[Any]:
    with index.reader() as reader:
        yield reader


def held(reader: Any) -> dict[tuple[str, str], dict[str, tuple[float, tuple[int, ...]]]]:
    """Return (field, term) → id → (weight, positions) of live documents, as `postings` does."""
    found: defaultdict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    ids = reader.column_reader("id")
    for field, text in reader.all_terms():
        matcher = reader.postings(field, text)
        while field != "id" and matcher.is_active():
            posting = matcher.weight(), tuple(matcher.value_as("positions"))
            found[field, text.decode("utf-8")][ids[matcher.id()]] = posting
            matcher.next()
    return dict(found)


def test_every_term_posting_and_position_is_there(reader: Any) -> None:
    assert len(list(reader.leaf_readers())) == 2
    assert held(reader) == postings(LIVE.values())


def test_terms_ascend_by_their_bytes_from_anywhere(reader: Any) -> None:
    terms = list(reader.all_terms())
    assert terms == sorted(set(terms))
    assert {field for field, _ in terms} == set(reader.indexed_field_names())
    for leaf, _ in reader.leaf_readers():
        own = list(leaf.all_terms())
        for field, text in Random(12).sample(own, 60):
            start = text.decode("utf-8")
            assert list(leaf.terms_from(field, start)) == own[own.index((field, text)) :]
        prefixed = [text for field, text in own if (field, text[:3]) == ("body", "脱".encode())]
        assert list(leaf.expand_prefix("body", "脱")) == prefixed


def test_statistics_count_deleted_documents_too(index: Any) -> None:
    with index.reader() as reader:
        everything = postings(DOCUMENTS.values())
        for (field, term), found in everything.items():
            weights = [weight for weight, _ in found.values()]
            assert reader.doc_frequency(field, term) == len(found)
            assert reader.frequency(field, term) == sum(weights)
            assert reader.term_info(field, term).max_weight() == max(weights)
        assert reader.doc_frequency("body", "nowhere") == 0
        assert ("id", REMOVED[0]) in reader
        with pytest.raises(TermNotFound):
            reader.postings("body", "nowhere")


def test_lengths_are_those_of_the_bag(reader: Any) -> None:
    ids = reader.column_reader("id")
    lengths = [DOCUMENTS[name].bag().total() for name in ids]
    found = [reader.doc_field_length(number, "body") for number in range(len(lengths))]
    assert found == lengths == list(reader.column_reader("tokens"))
    assert reader.field_length("body") == sum(lengths)
    assert reader.max_field_length("body") == max(lengths)
    assert reader.min_field_length("body") == min(lengths)
    assert reader.doc_field_length(lengths.index(0), "body", 1) == 1


def test_bounds_hold_for_every_posting(index: Any) -> None:
    blocks = 0
    with index.searcher(weighting=BM25F()) as top:
        for searcher, _ in top.leaf_searchers():
            leaf = searcher.reader()
            for text in leaf.lexicon("body"):
                scorer = top.weighting.scorer(searcher, "body", text)
                matcher = leaf._terms.matcher("body", text, leaf.schema["body"].format, scorer)
                weights, lengths = [], []
                while matcher.is_active():
                    assert matcher.score() <= matcher.block_quality() <= matcher.max_quality()
                    weights.append(matcher.weight())
                    lengths.append(leaf.doc_field_length(matcher.id(), "body"))
                    bounds = matcher.block_max_weight(), matcher.block_min_length()
                    if matcher.next():
                        assert bounds == (max(weights), min(lengths))
                        weights, lengths = [], []
                        blocks += 1
    assert blocks > BLOCK


def test_an_id_is_a_term_and_names_are_columns(index: Any) -> None:
    with index.searcher() as searcher:
        reader = searcher.reader()
        ids = reader.column_reader("id")
        assert sorted(ids) == sorted(DOCUMENTS)
        for name, plain in list(LIVE.items())[::20]:
            number = searcher.document_number(id=name)
            assert ids[number] == name
            assert reader.column_reader("path")[number].decode("utf-8") == plain.path
            assert reader.column_reader("stored")[number] == plain.stored
            assert searcher.document(id=name) == {"id": name, "path": plain.path}
        assert searcher.document_number(id=REMOVED[0]) is None
        assert searcher.document_number(id="nowhere") is None
        assert list(reader.lexicon("id")) == sorted(name.encode() for name in DOCUMENTS)


def test_results_sort_by_columns(index: Any) -> None:
    sizes: dict[str, Callable[[str], int] | None] = {
        "id": None,
        "tokens": lambda name: LIVE[name].bag().total(),
    }
    with index.searcher() as searcher:
        ids = searcher.reader().column_reader("id")
        for name, size in sizes.items():
            for reverse in (False, True):
                found = searcher.search(query.Every(), limit=None, sortedby=name, reverse=reverse)
                names = [ids[hit.docnum] for hit in found]
                assert sorted(names) == sorted(LIVE)
                keys = names if size is None else [size(each) for each in names]
                assert keys == sorted(keys, reverse=reverse)


def test_whooshs_own_scores_are_found_with_and_without_a_limit(index: Any) -> None:
    with index.searcher() as searcher:
        for term in ("脱", "贫攻", "python3", "b超"):
            every = searcher.search(query.Term("body", term), limit=None)
            assert len(every)
            best = searcher.search(query.Term("body", term), limit=10)
            assert [(hit.docnum, hit.score) for hit in best] == [
                (hit.docnum, hit.score) for hit in every[:10]
            ]


def test_our_scores_count_live_documents_alone(folder: Path, tmp_path: Path) -> None:
    writer = ColumnWriter.create(tmp_path)
    for batch in batches(list(LIVE.values()), 500):
        writer.add(batch)
    writer.commit()
    for term in ("脱", "贫攻", "python3"):
        found = [scores(each, query.Term("body", term)) for each in (folder, tmp_path)]
        assert found[0]
        assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("weighting", [BM25F(), LuceneBM25()], ids=["BM25F", "LuceneBM25"])
def test_our_searcher_finds_what_whooshs_finds(folder: Path, weighting: Any) -> None:
    random = Random(13)
    texts = [term for field, term in postings(LIVE.values()) if field == "body"]
    index = open_index(folder)
    with index.searcher(weighting=weighting) as ours, index.reader() as reader:
        theirs = Searcher(reader, weighting=weighting, closereader=False)
        for _ in range(60):
            terms = [query.Term("body", term) for term in random.sample(texts, 3)]
            kind = random.choice((query.And, query.Or))
            for wanted in (terms[0], kind(terms), query.Prefix("title", terms[0].text)):
                found = {hit.docnum: hit.score for hit in ours.search(wanted, limit=None)}
                expected = {hit.docnum: hit.score for hit in theirs.search(wanted, limit=None)}
                assert found.keys() == expected.keys()
                if type(wanted) is not query.Prefix:  # whose scores Whoosh takes from the number
                    assert found == pytest.approx(expected)  # of terms in the segment


def test_our_searcher_finds_runs_of_bigrams_as_phrases(folder: Path) -> None:
    wanted = query.Phrase("body", ["脱贫", "贫攻", "攻坚"])
    with open_index(folder).searcher() as searcher:
        ids = searcher.reader().column_reader("id")
        found = {ids[hit.docnum] for hit in searcher.search(wanted, limit=None)}
    joined = {
        name
        for name, plain in LIVE.items()
        for f in ("title", "body")
        if "脱贫攻坚" in "".join(u if len(u) == 1 else "·" for u in plain.units(f))
    }
    assert found == joined


def scores(folder: Path, wanted: Any) -> dict[str, float]:
    with whoosh.index.open_dir(str(folder)).searcher(weighting=LuceneBM25()) as searcher:
        ids = searcher.reader().column_reader("id")
        return {ids[hit.docnum]: hit.score for hit in searcher.search(wanted, limit=None)}


def test_whoosh_merges_our_segments_into_one_of_its_own(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    index = whoosh.index.open_dir(str(tmp_path))
    index.writer(codec=ColumnarCodec()).commit(optimize=True)
    [segment] = index._segments()
    assert not segment.own
    with index.reader() as reader:
        assert held(reader) == postings(LIVE.values())
        ids = reader.column_reader("id")
        assert sorted(ids) == sorted(LIVE)
        for number, plain in enumerate(DOCUMENTS[name] for name in ids):
            assert reader.column_reader("stored")[number] == plain.stored
            assert reader.column_reader("tokens")[number] == plain.bag().total()
            assert reader.stored_fields(number) == {"id": plain.id, "path": plain.path}


def test_whooshs_writer_deletes_and_adds_beside_our_segments(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    index = whoosh.index.open_dir(str(tmp_path))
    gone = sorted(LIVE)[:5]
    with index.writer(codec=ColumnarCodec()) as writer:
        for name in gone:
            assert writer.delete_by_term("id", name) == 1
        writer.add_document(id="new", body="軟體工程師 驻村", path=b"/new")
        writer.mergetype = whoosh.writing.NO_MERGE
    with index.searcher() as searcher:
        assert searcher.doc_count() == len(LIVE) - 5 + 1
        [hit] = searcher.search(query.Term("body", "工程师"))
        assert hit["id"] == "new"
        assert not any(searcher.search(query.Term("id", name)) for name in gone)


def test_our_documents_are_not_read_from_memory(index: Any) -> None:
    ram = copy_to_ram(index.storage).open_index()
    with pytest.raises(ValueError, match="from a folder"):
        ram.reader()


def test_an_empty_index_opens(tmp_path: Path) -> None:
    ColumnWriter.create(tmp_path).commit()
    index = whoosh.index.open_dir(str(tmp_path))
    assert index.is_empty()
    with index.searcher(weighting=LuceneBM25()) as searcher:
        assert not searcher.search(query.Term("body", "脱"))


def test_a_document_of_nothing_has_no_terms(tmp_path: Path) -> None:
    writer = ColumnWriter.create(tmp_path)
    for batch in batches([Plain("only")], 1):
        writer.add(batch)
    writer.commit()
    with whoosh.index.open_dir(str(tmp_path)).reader() as reader:
        assert list(reader.all_terms()) == [("id", b"only")]
        assert reader.field_length("body") == 0
