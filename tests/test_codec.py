"""The codec for segments of any schema, held to Whoosh's own codec posting by posting.

Whoosh's tests (`whoosh_suite`) hardly notice wrong bounds, lengths or document frequencies: those
are what is compared here.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import whoosh.columns
import whoosh.formats
from whoosh import fields, formats, query
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.index import FileIndex
from whoosh.matching import ReadTooFar
from whoosh.reading import TermNotFound
from whoosh.scoring import BM25F
from whoosh.writing import NO_MERGE

from searcher.engines.whoosh_ import tagged
from searcher.engines.whoosh_.codec import ColumnarCodec
from searcher.engines.whoosh_.leafmatcher import BLOCK
from searcher.engines.whoosh_.values import ValueCoder
from searcher.errors import IndexCorruptError

WORDS = [f"w{number}" for number in range(40)] + ["é", "文字", "𠀀", "x" * 300]
EPOCH = datetime(2020, 1, 31, 12, 30)


def make_schema() -> fields.Schema:
    """Return a schema with every format and kind of column."""
    return fields.Schema(
        number=fields.NUMERIC(stored=True, sortable=True),
        body=fields.TEXT(stored=True, vector=True),
        bare=fields.TEXT(phrase=False, sortable=True),
        chars=fields.TEXT(chars=True),
        boosts=fields.FieldType(
            formats.PositionBoosts(), fields.TEXT().analyzer, scorable=True, stored=False
        ),
        both=fields.FieldType(formats.CharacterBoosts(), fields.TEXT().analyzer, scorable=True),
        tags=fields.KEYWORD(scorable=True, stored=True),
        name=fields.ID(unique=True, stored=True),
        day=fields.DATETIME(stored=True, sortable=True),
        price=fields.NUMERIC(float),
        yes=fields.BOOLEAN(stored=True),
        kept=fields.STORED,
    )


def make_documents(random: Random, count: int) -> list[dict[str, Any]]:
    """Return documents that leave fields out, repeat words, and boost some."""
    found = []
    for number in range(count):
        text = " ".join(
            random.choices(WORDS, weights=range(len(WORDS), 0, -1), k=random.choice((1, 5, 40)))
        )
        document: dict[str, Any] = {
            "number": number,
            "name": f"n{number}",
            "day": EPOCH + timedelta(days=random.randint(0, 900)),
            "yes": random.random() < 0.5,
            "price": random.uniform(-5, 5),
            "kept": random.choice([("a", 1), [b"x", None], {"k": Decimal("1.5")}, 7.25]),
        }
        for name in ("body", "bare", "chars", "boosts", "both", "tags"):
            if random.random() < 0.8:
                document[name] = text
        if random.random() < 0.3:
            document["_body_boost"] = random.choice((0.5, 2.0, 3.25))
        found.append(document)
    return found


@dataclass
class Pair:
    """The same documents in an index over our codec and in one over Whoosh's."""

    ours: Any
    theirs: Any


def fill(index: Any, codec: Any, documents: list[dict[str, Any]], segments: int) -> None:
    """Write documents in some segments, then delete every seventh and replace a few."""
    share = -(-len(documents) // segments)
    for at in range(0, len(documents), share):
        writer = index.writer(codec=codec)
        for document in documents[at : at + share]:
            writer.add_document(**document)
        writer.commit(mergetype=NO_MERGE)
    writer = index.writer(codec=codec)
    for number in range(0, len(documents), 7):
        writer.delete_document(number)
    for document in documents[3:9]:
        writer.update_document(**document)
    writer.commit(mergetype=NO_MERGE)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    documents = make_documents(Random(1), 900)
    pair = Pair(
        *(
            FileStorage(str(tmp_path_factory.mktemp(name))).create_index(make_schema())
            for name in ("ours", "theirs")
        )
    )
    fill(pair.ours, ColumnarCodec(), documents, 2)
    fill(pair.theirs, W3Codec(), documents, 2)
    return pair


@pytest.fixture(scope="module")
def leaves(pair: Pair) -> Iterator[list[tuple[Any, Any]]]:
    """The readers of each segment of both, side by side."""
    with pair.ours.reader() as ours, pair.theirs.reader() as theirs:
        both = zip(ours.leaf_readers(), theirs.leaf_readers(), strict=True)
        yield [(mine, other) for (mine, _), (other, _) in both]


def exactly(value: float) -> Any:
    """Return what a weight has to be: W3 keeps weights in four bytes."""
    return pytest.approx(value, rel=1e-6)


# ---------------------------------------------------------------- terms


def test_terms_and_their_statistics_are_the_same(leaves: list[tuple[Any, Any]]) -> None:
    for mine, other in leaves:
        assert sorted(mine.indexed_field_names()) == sorted(other.indexed_field_names())
        terms = list(mine.all_terms())
        assert terms == list(other.all_terms())
        for field, text in terms:
            found, wanted = mine.term_info(field, text), other.term_info(field, text)
            assert mine.doc_frequency(field, text) == other.doc_frequency(field, text)
            assert mine.frequency(field, text) == exactly(other.frequency(field, text))
            assert found.weight() == exactly(wanted.weight())
            assert found.max_weight() == exactly(wanted.max_weight())
            for name in ("doc_frequency", "min_length", "max_length", "min_id", "max_id"):
                assert getattr(found, name)() == getattr(wanted, name)(), (field, text, name)


def test_a_walk_from_anywhere_goes_on_into_the_fields_that_follow(
    leaves: list[tuple[Any, Any]],
) -> None:
    mine, other = leaves[0]
    for start in ("", "w1", "w1\0", "zzz", "文"):
        assert list(mine.terms_from("body", start)) == list(other.terms_from("body", start))
        found = [term for term, _ in mine.iter_from("chars", start)]
        assert found == [term for term, _ in other.iter_from("chars", start)]
    assert list(mine.expand_prefix("body", "w3")) == list(other.expand_prefix("body", "w3"))
    assert list(mine.field_terms("number")) == list(other.field_terms("number"))


def test_cursors_stand_on_the_same_terms(leaves: list[tuple[Any, Any]]) -> None:
    random = Random(2)
    for mine, other in leaves:
        found, wanted = mine.cursor("body"), other.cursor("body")
        for _ in range(300):
            if random.random() < 0.4:
                text = random.choice([*WORDS, "", "w", "w39x"])
                assert found.find(text) == wanted.find(text)
            elif wanted.is_valid():
                assert found.next() == wanted.next()
            assert (found.is_valid(), found.text()) == (wanted.is_valid(), wanted.text())
        assert found.first() == wanted.first()
        assert found.term_info().doc_frequency() == wanted.term_info().doc_frequency()


def test_a_missing_term_is_no_term(leaves: list[tuple[Any, Any]]) -> None:
    mine, _ = leaves[0]
    assert ("body", "w1") in mine
    assert ("body", "nowhere") not in mine
    assert (mine.frequency("body", "nowhere"), mine.doc_frequency("body", "nowhere")) == (0, 0)
    for ask in (mine.term_info, mine.postings):
        with pytest.raises(TermNotFound):
            ask("body", "nowhere")


# ---------------------------------------------------------------- matchers


def state(matcher: Any) -> tuple[Any, ...]:
    """What a matcher says of the posting it stands on and of its block."""
    if not matcher.is_active():
        return ()
    return (
        matcher.id(),
        exactly(matcher.weight()),
        matcher.value() or b"",
        matcher.block_min_id(),
        matcher.block_max_id(),
        exactly(matcher.block_max_weight()),
        matcher.block_min_length(),
        matcher.block_max_length(),
    )


def raw(reader: Any, field: str, text: bytes, scorer: Any = None) -> Any:
    """Return the matcher of the codec itself, deleted documents among the rest."""
    return reader._terms.matcher(field, text, reader.schema[field].format, scorer=scorer)


def test_every_posting_and_block_is_the_same(leaves: list[tuple[Any, Any]]) -> None:
    longest = 0
    for mine, other in leaves:
        for field, text in mine.all_terms():
            found, wanted = raw(mine, field, text), raw(other, field, text)
            steps = 0
            while wanted.is_active():
                assert state(found) == state(wanted), (field, text)
                assert bool(found.next()) == bool(wanted.next())
                steps += 1
            assert not found.is_active()
            longest = max(longest, steps)
    assert longest > 2 * BLOCK


@pytest.mark.parametrize("field", ["body", "bare", "chars", "boosts", "both", "tags"])
def test_values_are_decoded_alike(leaves: list[tuple[Any, Any]], field: str) -> None:
    format_ = make_schema()[field].format
    kinds = [
        kind
        for kind in ("frequency", "weight", "positions", "position_boosts", "characters")
        if format_.supports(kind)
    ]
    for mine, other in leaves:
        for text in list(mine.lexicon(field))[::5]:
            for kind in kinds:
                found = list(raw(mine, field, text).items_as(kind))
                assert found == list(raw(other, field, text).items_as(kind))
            if format_.supports("positions"):
                found, wanted = raw(mine, field, text), raw(other, field, text)
                assert found.spans() == wanted.spans()


def test_any_way_of_stepping_leads_to_the_same_postings(leaves: list[tuple[Any, Any]]) -> None:
    random = Random(3)
    for mine, other in leaves:
        for text in mine.lexicon("body"):
            found, wanted = raw(mine, "body", text), raw(other, "body", text)
            while wanted.is_active():
                if random.random() < 0.5:
                    found.next(), wanted.next()
                else:
                    target = wanted.id() + random.choice((-3, 0, 1, 7, 200))
                    found.skip_to(target), wanted.skip_to(target)
                assert state(found) == state(wanted)
            with pytest.raises(ReadTooFar):
                found.skip_to(0)
            found.reset()
            assert found.id() == next(raw(other, "body", text).all_ids())


def test_no_posting_scores_above_its_bounds(pair: Pair) -> None:
    with pair.ours.searcher(weighting=BM25F()) as top:
        for searcher, _ in top.leaf_searchers():
            reader = searcher.reader()
            for field in ("body", "tags"):
                for text in reader.lexicon(field):
                    scorer = top.weighting.scorer(searcher, field, text)
                    matcher = raw(reader, field, text, scorer)
                    best = matcher.max_quality()
                    while matcher.is_active():
                        bound = matcher.block_quality()
                        assert matcher.score() <= bound <= best
                        matcher.next()
                    assert matcher.block_quality() <= best  # unions ask exhausted ones too


def test_bounds_are_the_least_that_weights_and_lengths_of_a_block_allow(
    leaves: list[tuple[Any, Any]],
) -> None:
    for mine, _ in leaves:
        for text in mine.lexicon("body"):
            matcher = raw(mine, "body", text)
            blocks: dict[int, list[tuple[float, int]]] = {}
            at = 0
            said = {}
            while matcher.is_active():
                posting = matcher.weight(), mine.doc_field_length(matcher.id(), "body")
                blocks.setdefault(at // BLOCK, []).append(posting)
                said[at // BLOCK] = matcher.block_max_weight(), matcher.block_min_length()
                matcher.next()
                at += 1
            for block, postings in blocks.items():
                weights, lengths = zip(*postings, strict=True)
                assert said[block] == (max(weights), min(lengths))


def test_skipping_by_quality_skips_nothing_that_is_better(pair: Pair) -> None:
    skips = 0
    with pair.ours.searcher(weighting=BM25F()) as top:
        for searcher, _ in top.leaf_searchers():
            reader = searcher.reader()
            for text in reader.lexicon("body"):
                scorer = top.weighting.scorer(searcher, "body", text)
                step = raw(reader, "body", text, scorer)
                matcher, scores, bounds = raw(reader, "body", text, scorer), [], []
                while step.is_active():
                    scores.append((step.id(), step.score()))
                    bounds.append(step.block_quality())
                    step.next()
                for least in {bound * part for bound in bounds for part in (1, 0.99, 0.9)}:
                    matcher.reset()
                    skips += matcher.skip_to_quality(least)
                    ahead = [at for at, bound in enumerate(bounds) if bound > least]
                    assert matcher.is_active() == bool(ahead)
                    stop = ahead[0] if ahead else len(scores)
                    assert all(score <= least for _, score in scores[:stop])
                    assert not ahead or matcher.id() == scores[stop][0]
    assert skips


# ---------------------------------------------------------------- documents


def test_what_belongs_to_documents_is_the_same(leaves: list[tuple[Any, Any]]) -> None:
    for mine, other in leaves:
        assert mine.doc_count_all() == other.doc_count_all()
        assert mine.doc_count() == other.doc_count()
        assert list(mine.all_doc_ids()) == list(other.all_doc_ids())
        assert list(mine.iter_docs()) == list(other.iter_docs())
        for name in ("number", "bare", "day"):
            assert mine.has_column(name)
            assert list(mine.column_reader(name)) == list(other.column_reader(name))
        assert not mine.has_column("body")


def test_lengths_are_the_same(leaves: list[tuple[Any, Any]]) -> None:
    for mine, other in leaves:
        for name in ("body", "bare", "tags", "name", "number"):
            assert mine.field_length(name) == other.field_length(name)
            for number in range(mine.doc_count_all()):
                wanted = other.doc_field_length(number, name, 1) or 1  # W3 forgets the default
                assert mine.doc_field_length(number, name, 1) == wanted
        for name in ("body", "bare", "tags"):
            assert mine.min_field_length(name) == other.min_field_length(name)
            assert mine.max_field_length(name) == other.max_field_length(name)


def test_vectors_are_the_same(leaves: list[tuple[Any, Any]]) -> None:
    vectors = 0
    for mine, other in leaves:
        for number in range(mine.doc_count_all()):
            # W3 says of every document that it has one, once any has.
            if not mine.has_vector(number, "body"):
                text = mine.stored_fields(number).get("body", "")
                assert not list(mine.schema["body"].analyzer(text))
                continue
            vectors += 1
            found, wanted = mine.vector(number, "body"), other.vector(number, "body")
            while wanted.is_active():
                assert (found.id(), found.weight()) == (wanted.id(), exactly(wanted.weight()))
                assert found.value_as("positions") == wanted.value_as("positions")
                found.next(), wanted.next()
            assert not found.is_active()
    assert vectors > 500


def test_a_merge_by_whoosh_keeps_every_posting(tmp_path: Path) -> None:
    documents = make_documents(Random(5), 200)
    index = FileStorage(str(tmp_path)).create_index(make_schema())
    fill(index, ColumnarCodec(), documents, 3)
    with index.reader() as reader:
        live = [fields["number"] for _, fields in reader.iter_docs()]
        wanted = contents(reader)
    index.writer(codec=ColumnarCodec()).commit(optimize=True)
    with index.reader() as reader:
        assert reader.is_atomic()
        assert not reader.has_deletions()
        assert [fields["number"] for _, fields in reader.iter_docs()] == live
        assert contents(reader) == wanted


def contents(reader: Any) -> dict[Any, Any]:
    """Return (field, text, number of the document as stored) → weight and value, live ones."""
    found = {}
    for leaf, _ in reader.leaf_readers():
        numbers = {docnum: fields["number"] for docnum, fields in leaf.iter_docs()}
        for field, text in leaf.all_terms():
            matcher = leaf.postings(field, text)
            while matcher.is_active():
                key = field, text, numbers[matcher.id()]
                found[key] = matcher.weight(), matcher.value()
                matcher.next()
    return found


def test_the_files_of_a_segment_fit_what_whoosh_cleans_up(tmp_path: Path) -> None:
    index = FileStorage(str(tmp_path)).create_index(fields.Schema(t=fields.TEXT))
    for _ in range(2):
        with index.writer(codec=ColumnarCodec()) as writer:
            writer.add_document(t="one two")
        index.writer(codec=ColumnarCodec()).commit(optimize=True)
    index.writer(codec=ColumnarCodec()).cancel()
    index.writer(codec=ColumnarCodec()).commit()
    [segment] = index._segments()
    kept = {path.name for path in tmp_path.iterdir() if path.name.startswith("MAIN_")}
    assert kept - {"MAIN_WRITELOCK"} == set(segment.list_files(index.storage))
    assert len(segment.list_files(index.storage)) == 2


# ---------------------------------------------------------------- safety


@pytest.mark.parametrize(
    "value",
    [
        None,
        "文\ud800",
        {"a": (1, [2.5, None]), "!tuple": 1, 3: {b"\xff"}},
        frozenset({date(2020, 1, 31)}),
        [datetime(2020, 1, 31, 1, 2, 3, 4, UTC), timedelta(-1, 2, 3), Decimal("NaN").is_nan()],
        -(10**30),
    ],
)
def test_tagged_json_gives_back_what_was_stored(value: Any) -> None:
    found = tagged.loads(tagged.dumps(value))
    assert found == value
    assert type(found) is type(value)


def test_an_object_that_json_cannot_hold_is_refused_by_field() -> None:
    index = RamStorage().create_index(fields.Schema(kept=fields.STORED))
    writer = index.writer(codec=ColumnarCodec())
    with pytest.raises(TypeError, match=r"field 'kept': .* complex"):
        writer.add_document(kept=1j)
    writer.cancel()


def test_a_column_of_pickles_is_refused_by_field() -> None:
    column = whoosh.columns.PickleColumn(whoosh.columns.VarBytesColumn())
    index = RamStorage().create_index(fields.Schema(kept=fields.COLUMN(column)))
    writer = index.writer(codec=ColumnarCodec())
    with pytest.raises(TypeError, match="kept: a PickleColumn"):
        writer.add_document(kept=[1])
    writer.cancel()


def test_reading_and_searching_a_segment_unpickles_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair.ours.searcher() as searcher:
        for module in (whoosh.formats, whoosh.columns):
            monkeypatch.setattr(module, "loads", unpickled)
        both = [query.Phrase("body", ["w1", "w2"]), query.Prefix("tags", "w1")]
        for each in both:
            assert searcher.search(each, limit=None).scored_length()
        assert len(list(searcher.reader().column_reader("bare"))) == 906
        assert list(searcher.reader().all_stored_fields())


def unpickled(data: bytes) -> Any:
    raise AssertionError(f"unpickled {data[:40]!r}")


class Hostile:
    """Pickled, it says a word when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this was run",)


def test_a_hostile_value_of_a_posting_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    format_ = formats.Positions()
    coder = ValueCoder(format_)
    hostile = format_.encode([1])[:4] + pickle.dumps([Hostile()], 2)
    with pytest.raises(TypeError):  # by what came of it
        format_.decode_positions(hostile)
    assert "this was run" in capsys.readouterr().out  # Whoosh runs it
    for call in (
        lambda: coder.pack(hostile),
        lambda: coder.value(b"r" + hostile),
        lambda: coder.decoded(b"r" + hostile, "positions"),
    ):
        with pytest.raises(IndexCorruptError, match="print"):
            call()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("format_", [formats.Positions(), formats.Characters()])
@pytest.mark.parametrize("pickled", [None, [-1], ["x"], 3, {}, [1 << 40]])
def test_values_that_no_format_made_are_kept_as_they_are(format_: Any, pickled: Any) -> None:
    coder = ValueCoder(format_)
    for value in (b"test", b"", b"test" + pickle.dumps(pickled)):
        assert coder.value(coder.pack(value)) == value


@pytest.mark.parametrize("extension", ["perdoc", "inverted"])
def test_damage_is_an_error_that_names_the_file(tmp_path: Path, extension: str) -> None:
    index = FileStorage(str(tmp_path)).create_index(make_schema())
    fill(index, ColumnarCodec(), make_documents(Random(6), 30), 1)
    path = max(tmp_path.glob(f"*.{extension}"), key=lambda path: path.stat().st_size)
    data = path.read_bytes()
    for at in Random(7).sample(range(len(data)), 60):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        with pytest.raises(IndexCorruptError, match=path.name):
            read_all(index)
    path.write_bytes(data)
    read_all(index)


def read_all(index: FileIndex) -> None:
    """Touch every posting and document."""
    with index.reader() as reader:
        contents(reader)
        for leaf, _ in reader.leaf_readers():
            for number in range(leaf.doc_count_all()):
                leaf.doc_field_length(number, "body")
                if leaf.has_vector(number, "body"):
                    list(leaf.vector(number, "body").items_as("positions"))
            for name in ("number", "bare", "day"):
                list(leaf.column_reader(name))
