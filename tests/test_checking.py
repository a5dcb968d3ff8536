"""The check of a generation: a good one always passes, and any fault of the index is found.

What is sampled has to be found by what the documents and the query language promise, so every
stretch must read alone as it reads in its document, whatever stands there.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from corpus import documents, seeds
from damage import annotate
from hypothesis import given, settings
from hypothesis import strategies as st
from published import drop_a_unit, publish
from stored_documents import stored
from test_phrases import TEXTS, random_documents

import searcher
import searcher.preparing.documents
import searcher.snapshot
from searcher import CheckFailedError, Document, IndexCorruptError, SourceError
from searcher.checking import CheckReport, check, gate
from searcher.checking.golden import Golden, GoldenChange, GoldenMissed, read_golden
from searcher.checking.sampling import Sampler
from searcher.generations import Generation, Home
from searcher.model import Noise
from searcher.stored import HUGE
from searcher.text.clean import clean
from searcher.text.decode import storable
from searcher.text.units import SENTENCE_END, units

READINGS = (
    ("與", "yu"), ("會", "huì"), ("國", "guó"), ("業", "yè"), ("貧", "pín"), ("贈", "zèng"),
    ("書", "shu"), ("報", "bào"), ("請", "qǐng"), ("將", "jiāng"), ("個", "gè"), ("來", "lái"),
)  # fmt: skip
MARKUP = ("<b>", "</b>", "<i>", "</i>", "&nbsp;", "<br>", "[4]", "[1][2]", "\n", "\n\n", "  ")


def checked(home: Path, samples: int = 1000, **options: object) -> CheckReport:
    with Home(home).current() as generation:
        return check(generation, samples=samples, **options)  # type: ignore[arg-type]


def marked_up(text: str, random: Random) -> str:
    return "".join(
        char + (random.choice(MARKUP) if random.random() < 0.1 else "") for char in text
    )


def nasty() -> list[Document]:
    """Return documents full of noise: annotated, damaged, marked up, of numbers, and huge."""
    random = Random(8)
    found = random_documents(60, seed=9)
    bodies = [each.body for each in documents()[:300]]
    damaged = [annotate(body, random.sample(READINGS, len(READINGS))) for body in bodies]
    found += [Document(f"d{at}", body, body[:20]) for at, body in enumerate(damaged)]
    found += [Document(f"m{at}", marked_up(body, random)) for at, body in enumerate(damaged[:99])]
    numbers = ["1", ".", "2", ",", "1,234", "1.5", " ", "年", "，", "３", "①", "½", "㍿", "㎏"]
    found += [Document(f"n{at}", "".join(random.choices(numbers, k=80))) for at in range(60)]
    text = "\n\n".join(damaged)
    return [*found, Document("huge", text * (HUGE // len(text) + 1), "參與(yu)脫貧")]


# ---------------------------------------------------------------- stretches


@pytest.mark.parametrize("seed", ["a", "b"])
def test_every_stretch_of_the_test_corpus_finds_its_document(corpus_home: Path, seed: str) -> None:
    report = checked(corpus_home, seed=seed)
    assert (report.documents, report.sampled) == (len(documents()), 1000)
    assert report.missed == ()
    assert report.passed
    assert report.recall == 1.0


@pytest.mark.parametrize("seed", ["a", "b"])
def test_every_stretch_of_noisy_and_of_huge_documents_is_found(
    nasty_home: Path, seed: str
) -> None:
    report = checked(nasty_home, 1500, seed=seed)
    assert report.sampled > 1490
    assert report.missed == ()


@pytest.fixture(scope="module")
def nasty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("nasty") / "index"
    searcher.build(nasty(), index=home)
    return home


def assert_reads_alone(document: Document, noise: Noise, random: Random) -> None:
    drawn = Sampler(stored(document)).draw(random)
    if drawn is None:
        return
    name, offset, piece = drawn
    text: str = getattr(document, name)
    assert text[offset : offset + len(piece)] == piece
    whole = units(text, clean(text, noise))
    inside = [
        key
        for key, start, end in zip(whole.keys, whole.start, whole.end, strict=True)
        if offset <= start and end <= offset + len(piece)
    ]
    assert inside[0] != SENTENCE_END != inside[-1]
    assert list(units(piece, clean(piece, noise)).keys) == inside


@settings(max_examples=500, deadline=None, derandomize=True)
@given(TEXTS, TEXTS, st.integers())
def test_a_stretch_of_any_text_reads_alone_as_it_does_in_its_document(
    title: str, body: str, seed: int
) -> None:
    document = Document("a", storable(body)[0], storable(title)[0])
    assert_reads_alone(document, stored(document).noise, Random(seed))


def test_a_stretch_of_a_noisy_page_reads_alone_as_it_does_there() -> None:
    for document in (*seeds(), *nasty()[:-1:4]):
        noise = stored(document).noise
        for seed in range(8):
            assert_reads_alone(document, noise, Random(seed))


def test_stretches_come_from_titles_and_bodies_and_are_short_and_long() -> None:
    sampler = Sampler(stored(Document("a", "正文" * 50, "题目")))
    random = Random(1)
    drawn = [sampler.draw(random) for _ in range(300)]
    assert {each.field for each in drawn if each} == {"title", "body"}
    assert {1, 2, 12, 40} <= {len(each.text) for each in drawn if each}


@pytest.mark.parametrize("body", ["", "，。！\n"])
def test_where_there_is_no_unit_nothing_is_cut(body: str) -> None:
    assert Sampler(stored(Document("a", body))).draw(Random(1)) is None


@pytest.mark.parametrize("gap", [" " * 300, "." * 12_000, "\u0301" * 12_000, "，" * 20_000])
def test_whatever_stands_between_units_no_stretch_is_longer_than_a_query_may_be(
    tmp_path: Path, gap: str
) -> None:
    body = gap.join("脱贫攻坚驻村工作队参与帮扶" * 4)
    report = searcher.build([Document("a", body)], index=tmp_path, samples=200)
    assert report.recall["found"] == report.recall["sampled"] > 0


def test_documents_without_a_unit_do_not_count(tmp_path: Path) -> None:
    searcher.build([Document("a", "。。"), Document("b", "脱贫")], index=tmp_path)
    report = checked(tmp_path, 40)
    assert report.documents == 2
    assert 0 < report.sampled < 40
    assert report.passed


def test_a_seed_repeats_a_check_and_the_generation_is_the_usual_one(corpus_home: Path) -> None:
    with Home(corpus_home).current() as generation:
        first, again = check(generation, samples=20), check(generation, samples=20)
    assert first.seed == first.generation == generation.id
    assert first.to_dict() | {"seconds": 0} == again.to_dict() | {"seconds": 0}


def test_an_index_without_documents_passes(tmp_path: Path) -> None:
    searcher.build([], index=tmp_path)
    report = checked(tmp_path)
    assert (report.documents, report.sampled, report.recall) == (0, 0, 1.0)
    assert report.passed


def test_a_negative_number_of_samples_is_refused(corpus_home: Path) -> None:
    with pytest.raises(ValueError, match="samples"):
        checked(corpus_home, -1)


# ---------------------------------------------------------------- faults


DOCUMENTS = [Document("a", "参与脱贫攻坚。"), Document("b", "全市驻村工作。", "驻村")]


def test_a_single_unit_indexed_wrongly_is_found(tmp_path: Path) -> None:
    publish(tmp_path, DOCUMENTS, drop_a_unit)
    report = checked(tmp_path, 100, seed="1")
    assert not report.passed
    assert report.recall < 1
    assert {each.id for each in report.missed} == {"a"}
    assert all("脱" in each.text for each in report.missed)
    first = report.missed[0]
    assert DOCUMENTS[0].body[first.offset :].startswith(first.text)


def test_a_build_that_does_not_pass_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = searcher.build(DOCUMENTS, index=tmp_path).generation
    prepare = searcher.preparing.documents.Preparer.prepare

    def spoilt(*given: object) -> object:
        batch = prepare(*given)  # type: ignore[arg-type]
        drop_a_unit(batch)
        return batch

    monkeypatch.setattr(searcher.preparing.documents.Preparer, "prepare", spoilt)
    with pytest.raises(CheckFailedError, match=r"not published: .* 100 sampled stretches"):
        searcher.build(DOCUMENTS, index=tmp_path)
    assert Home(tmp_path).current_id() == before
    assert [each.id for each in Home(tmp_path).generations()] == [before]


@pytest.mark.parametrize("counts", [{"documents": 3}, {"documents": 2, "empty": 1}])
def test_other_counts_than_the_manifest_has_are_damage(
    tmp_path: Path, counts: dict[str, int]
) -> None:
    publish(tmp_path, DOCUMENTS, counts=counts)
    with pytest.raises(IndexCorruptError, match=r"gen-.*damaged \(holds"):
        checked(tmp_path)


def test_a_flipped_bit_is_damage_of_a_named_file(tmp_path: Path) -> None:
    publish(tmp_path, DOCUMENTS)
    [path] = tmp_path.glob("gen-*/*.post")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexCorruptError, match=path.name):
        checked(tmp_path)


def test_the_blocks_of_the_engine_are_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, DOCUMENTS)

    def damaged(*_: object) -> None:
        raise IndexCorruptError("x.post: damaged")

    with Home(tmp_path).current() as generation:
        reader = searcher.snapshot.engine_of(generation).open(generation.folder)
        reader.close()
        monkeypatch.setattr(type(reader), "check", damaged)
        with pytest.raises(IndexCorruptError, match=r"x\.post"):
            check(generation)


def test_a_check_leaves_the_generation_open(corpus_home: Path) -> None:
    with Home(corpus_home).current() as generation:
        check(generation, samples=1)
        assert generation._let_go.alive


# ---------------------------------------------------------------- golden queries


def compared(
    home: Path, golden: list[Golden], then: Callable[[Generation], None] = lambda _: None
) -> CheckReport:
    """Return the report on the newest generation of *home* against the one before."""
    now, before = Home(home).generations()[:2]
    with Home(home).open(now.id) as generation, Home(home).open(before.id) as live:
        then(live)
        return check(generation, samples=0, golden=golden, live=live)


def test_a_golden_query_must_find_its_ids(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    golden = [
        Golden('"脱贫"', ("a",)),
        Golden("驻村", ("a", "b", "c")),
        Golden("脱贫 驻村", ("a", "b"), "any"),
        Golden("脱贫 驻村", ("a",)),
        Golden("(脱贫", ("a",)),
    ]
    report = checked(tmp_path, golden=golden)
    assert report.golden == 5
    assert not report.passed
    first, second, third = report.golden_missed
    assert first == GoldenMissed("驻村", ("a", "c"))
    assert second == GoldenMissed("脱贫 驻村", ("a",))
    assert (third.query, third.ids) == ("(脱贫", ("a",))
    assert third.reason
    assert checked(tmp_path, golden=golden[:1]).passed


def test_what_golden_queries_gained_and_lost_is_told(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    searcher.build([DOCUMENTS[1], Document("c", "驻村")], index=tmp_path)
    report = compared(tmp_path, [Golden(each, ()) for each in ("脱贫", "驻村", "工作")])
    assert report.passed
    assert report.compared == Home(tmp_path).generations()[1].id
    assert report.changes == (
        GoldenChange("脱贫", (), ("a",)),
        GoldenChange("驻村", ("c",), ()),
    )


def test_a_live_generation_that_cannot_be_opened_is_no_obstacle(tmp_path: Path) -> None:
    searcher.build(DOCUMENTS, index=tmp_path)
    searcher.build(DOCUMENTS, index=tmp_path)

    def break_it(live: Generation) -> None:
        next(live.folder.glob("*.post")).write_bytes(b"")

    report = compared(tmp_path, [Golden("脱贫", ("a",))], break_it)
    assert report.passed
    assert report.compared is None
    assert ".post" in report.not_compared


def test_the_gate_tells_in_one_line_what_failed(tmp_path: Path) -> None:
    publish(tmp_path, DOCUMENTS, drop_a_unit)
    with Home(tmp_path).current() as generation:
        with pytest.raises(CheckFailedError) as stretches:
            gate(generation)
        with pytest.raises(CheckFailedError) as golden:
            gate(generation, samples=0, golden=[Golden("驻村", ("b", "x"))])
        assert gate(generation, samples=0, golden=[Golden("驻村", ("b",))]).passed
    assert str(golden.value) == (
        "not published: 1 of 1 golden queries miss documents (first: 驻村 lacks x); "
        "mend the documents or the golden file"
    )
    assert "sampled stretches do not find their document (first: “" in str(stretches.value)
    assert "\n" not in str(stretches.value)
    again = pickle.loads(pickle.dumps(stretches.value))
    assert (str(again), again.report) == (str(stretches.value), stretches.value.report)


def test_a_report_is_plain_values(tmp_path: Path) -> None:
    publish(tmp_path, DOCUMENTS, drop_a_unit)
    report = checked(tmp_path, 30, golden=[Golden("驻村", ("x",))])
    record = json.loads(json.dumps(report.to_dict()))
    assert (record["passed"], record["sampled"]) == (False, 30)
    assert record["missed"][0].keys() == {"id", "field", "offset", "text"}
    assert record["golden_missed"] == [{"query": "驻村", "ids": ["x"], "reason": ""}]


# ---------------------------------------------------------------- golden files


def test_a_golden_file_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    lines = ['\ufeff{"query": "脱贫", "ids": ["a"]}', "", '{"query":"b","ids":[],"match":"any"}']
    path.write_text("\n".join(lines), "utf-8")
    assert read_golden(path) == (Golden("脱贫", ("a",)), Golden("b", (), "any"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("脱贫", "Expecting value"),
        ("[1]", "write"),
        ('{"ids": []}', '"query"'),
        ('{"query": " ", "ids": []}', '"query"'),
        ('{"query": "a"}', '"ids"'),
        ('{"query": "a", "ids": "b"}', '"ids"'),
        ('{"query": "a", "ids": [], "match": "most"}', '"match"'),
        ('{"query": "a", "ids": [], "match": []}', '"match"'),
    ],
)
def test_a_line_that_is_no_golden_query_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text(f'{{"query": "脱贫", "ids": []}}\n{line}\n', "utf-8")
    with pytest.raises(SourceError, match=f"golden.jsonl:2: .*{reason}"):
        read_golden(path)


def test_a_golden_file_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: cannot be read"):
        read_golden(tmp_path / "nowhere")
    (tmp_path / "empty").write_bytes(b"\n\n")
    with pytest.raises(SourceError, match=r"empty: holds no golden query"):
        read_golden(tmp_path / "empty")
    (tmp_path / "gbk").write_bytes("脱贫".encode("gbk"))
    with pytest.raises(SourceError, match=r"gbk: cannot be read: it is not UTF-8"):
        read_golden(tmp_path / "gbk")
