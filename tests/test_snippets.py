"""Snippets: what every passage promises, over made-up texts and ranges, and what reads well."""

from __future__ import annotations

import random
import re
import time
import unicodedata
from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.model import Snippet
from searcher.snippets import Range, best

CALM = settings(max_examples=120, deadline=None, derandomize=True)


class Text:
    """A field held in memory that remembers how much of it was read."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.length = len(text)
        self.read: list[int] = []
        self._lines = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]

    def slice(self, start: int, end: int) -> str:
        assert 0 <= start <= end <= self.length
        self.read.append(end - start)
        return self.text[start:end]

    def line_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


def words(text: str, *sought: str, phrase: bool = False, chunk: int | None = None) -> list[Range]:
    """Return every occurrence of each word, each word a mark and (without *chunk*) a chunk."""
    return sorted(
        Range(found.start(), found.end(), mark if chunk is None else chunk, phrase, mark)
        for mark, word in enumerate(sought)
        for found in re.finditer(re.escape(word), text)
    )


def shown(text: str, *sought: str, count: int = 1, chars: int = 20, **how: object) -> list[str]:
    """Return the texts of the snippets of a body."""
    found = best([(Text("body", text), words(text, *sought, **how))], count=count, chars=chars)  # type: ignore[arg-type]
    return [snippet.text for snippet in found]


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[a - snippet.start : b - snippet.start] for a, b in snippet.highlights]


# ------------------------------------------------------------------ every passage, whatever comes

ALPHABET = (
    "全文检索脱贫攻坚的了ab1 。！，；、…”」\n\r\u3000\u0301\ufe0f\u200d\U0001f468\U00020bb7.,"
)


@st.composite
def fields(draw: st.DrawFn, *, overlapping: bool = True) -> list[tuple[Text, list[Range]]]:
    out = []
    for name in ("title", "body"):
        text = draw(st.text(ALPHABET, max_size=20 if name == "title" else 120))
        ranges = draw(st.lists(_range(len(text)), max_size=18)) if text else []
        if not overlapping:
            ranges = _apart(ranges)
        out.append((Text(name, text), ranges))
    return out


@st.composite
def _range(draw: st.DrawFn, length: int) -> Range:
    start = draw(st.integers(0, length - 1))
    end = min(length, start + draw(st.sampled_from([1, 1, 1, 2, 2, 3, 4, 9, 30])))
    return Range(start, end, draw(st.integers(0, 2)), draw(st.booleans()), draw(st.integers(0, 4)))


def _apart(ranges: list[Range]) -> list[Range]:
    kept: list[Range] = []
    for found in sorted(ranges):
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def _joined(ranges: list[Range], at: int) -> int:
    """Return the length of the highlight that *at* is inside of, however long."""
    group = [found for found in ranges if found.start < at < found.end]
    rest = [found for found in ranges if found not in group]
    for found in group:
        group.extend([r for r in rest if _join(r, found)])
        rest = [r for r in rest if not _join(r, found)]
    return max(r.end for r in group) - min(r.start for r in group)


def _join(one: Range, other: Range) -> bool:
    gap = max(one.start, other.start) - min(one.end, other.end)
    return gap < 0 or (gap == 0 and one.chunk == other.chunk)


def _within(found: Range, start: int, end: int) -> bool:
    return start <= found.start and found.end <= end


SIZES = st.tuples(st.integers(0, 6), st.integers(1, 50))


@CALM
@given(fields(), SIZES)
def test_passages_are_ordered_slices_that_never_overlap(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    found = best(given_fields, count=count, chars=chars)
    assert len(found) <= count
    order = ["title", "body"]
    places = [(order.index(s.field), s.start, s.end) for s in found]
    assert places == sorted(places)
    for before, after in pairwise(places):
        assert before[0] < after[0] or before[2] <= after[1]
    for snippet in found:
        text = given_fields[order.index(snippet.field)][0].text
        assert snippet.text == text[snippet.start : snippet.end]
        assert snippet.text


@CALM
@given(fields(), SIZES)
def test_a_passage_keeps_its_length_or_is_exactly_one_long_match(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    ranges = {field.name: ranges for field, ranges in given_fields}
    for snippet in best(given_fields, count=count, chars=chars):
        if len(snippet.text) > chars:
            span = (snippet.start, snippet.end)
            assert span in [found[:2] for found in ranges[snippet.field]]
            assert snippet.highlights == (span,)


@CALM
@given(fields(), SIZES)
def test_highlights_are_the_unions_of_the_matches_inside(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    ranges = {field.name: ranges for field, ranges in given_fields}
    for snippet in best(given_fields, count=count, chars=chars):
        inside = [r for r in ranges[snippet.field] if _within(r, snippet.start, snippet.end)]
        covered = {at for r in inside for at in range(r.start, r.end)}
        assert {at for a, b in snippet.highlights for at in range(a, b)} == covered
        assert {a for a, _ in snippet.highlights} <= {r.start for r in inside}
        assert {b for _, b in snippet.highlights} <= {r.end for r in inside}
        for (_, end), (start, _) in pairwise(snippet.highlights):
            assert end <= start
            closing = {r.chunk for r in inside if r.end == end}
            opening = {r.chunk for r in inside if r.start == start}
            assert end < start or not closing & opening


@CALM
@given(fields(), SIZES)
def test_a_border_cuts_a_highlight_only_if_that_is_longer_than_a_passage(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    ranges = {field.name: ranges for field, ranges in given_fields}
    for snippet in best(given_fields, count=count, chars=chars):
        for at in (snippet.start, snippet.end):
            if any(r.start < at < r.end for r in ranges[snippet.field]):
                assert _joined(ranges[snippet.field], at) > chars


@CALM
@given(fields(overlapping=False), SIZES)
def test_no_border_cuts_a_match_or_a_character(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    data = {field.name: (field.text, ranges) for field, ranges in given_fields}
    for snippet in best(given_fields, count=count, chars=chars):
        text, ranges = data[snippet.field]
        for at in (snippet.start, snippet.end):
            assert not any(r.start < at < r.end for r in ranges)
            borders = {at for r in ranges for at in r[:2]} or {snippet.start + 1}
            if 0 < at < len(text) and at not in borders:
                assert not unicodedata.category(text[at]).startswith("M")
                assert "\u200d" not in text[at - 1 : at + 1]


@CALM
@given(fields(overlapping=False), st.integers(1, 50))
def test_every_part_of_the_query_is_shown_while_there_is_room(
    given_fields: list[tuple[Text, list[Range]]], chars: int
) -> None:
    marks = {r.mark for _, ranges in given_fields for r in ranges}
    found = best(given_fields, count=max(1, len(marks)), chars=chars)
    seen = {
        r.mark
        for field, ranges in given_fields
        for r in ranges
        for snippet in found
        if snippet.field == field.name and _within(r, snippet.start, snippet.end)
    }
    assert seen == marks


@CALM
@given(fields(overlapping=False), st.integers(1, 50))
def test_the_best_passage_shows_as_many_parts_as_any_could(
    given_fields: list[tuple[Text, list[Range]]], chars: int
) -> None:
    # Each range is a chunk of its own, so that no two are joined and shown only together.
    data = {
        field.name: [r._replace(chunk=number) for number, r in enumerate(ranges)]
        for field, ranges in given_fields
    }
    texts = [field for field, _ in given_fields]
    found = best([(field, data[field.name]) for field in texts], count=1, chars=chars)
    possible = [
        {r.mark for r in ranges if _within(r, first.start, first.start + chars)}
        for ranges in data.values()
        for first in ranges
    ]
    most = max(map(len, possible), default=0)
    parts = {r.mark for s in found for r in data[s.field] if _within(r, s.start, s.end)}
    assert len(parts) >= most


@CALM
@given(fields(), SIZES, st.randoms(use_true_random=False))
def test_the_order_of_the_ranges_does_not_matter(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int], chance: random.Random
) -> None:
    count, chars = sizes
    mixed = [(field, chance.sample(ranges, len(ranges))) for field, ranges in given_fields]
    assert best(mixed, count=count, chars=chars) == best(given_fields, count=count, chars=chars)


@CALM
@given(fields(), SIZES)
def test_lines_and_columns_count_from_one_at_the_first_highlight(
    given_fields: list[tuple[Text, list[Range]]], sizes: tuple[int, int]
) -> None:
    count, chars = sizes
    texts = {field.name: field.text for field, _ in given_fields}
    for snippet in best(given_fields, count=count, chars=chars):
        at = snippet.highlights[0][0] if snippet.highlights else snippet.start
        lines = re.split(r"\r\n|\n|\r", texts[snippet.field][:at])
        if texts[snippet.field][at - 1 : at + 1] != "\r\n":
            assert (snippet.line, snippet.column) == (len(lines), len(lines[-1]) + 1)


# ------------------------------------------------------------------ where a passage ends


def test_a_passage_is_made_of_whole_sentences() -> None:
    text = "一场大雨下了三天。全市脱贫攻坚总结大会今天举行。会后发布公报。"
    assert shown(text, "大会", chars=16) == ["全市脱贫攻坚总结大会今天举行。"]
    assert shown(text, "大会", chars=23) == ["全市脱贫攻坚总结大会今天举行。会后发布公报。"]


def test_closing_quotes_stay_with_their_sentence() -> None:
    text = "他说：“我们赢了！”」会后发布公报。下一句在这里。"
    assert shown(text, "公报", chars=12) == ["会后发布公报。"]
    assert shown(text, "赢了", chars=12) == ["他说：“我们赢了！”」"]


def test_a_line_or_paragraph_end_ends_a_sentence_and_is_left_out() -> None:
    assert shown("标题一行\r\n  正文里有检索一词\r\n\r\n下一段", "检索", chars=12) == [
        "正文里有检索一词"
    ]


def test_a_long_sentence_is_cut_at_clauses() -> None:
    text = "第一分句比较长一些，第二分句里有检索一词，第三分句也比较长一些，第四分句"
    assert shown(text, "检索", chars=18) == ["第二分句里有检索一词，"]


def test_ascii_commas_between_han_end_a_clause_and_those_in_numbers_do_not() -> None:
    text = "第一分句比较长一些,第二分句里有检索1,540次,第三分句也比较长一些,第四分句"
    assert shown(text, "检索", chars=20) == ["第二分句里有检索1,540次,"]


@pytest.mark.parametrize("chars", range(6, 40))
def test_the_letters_of_a_pinyin_annotation_are_not_cut(chars: int) -> None:
    text = "甲" * 30 + "强(qiáng)检索(jiǎn suǒ)" + "乙" * 30
    (text_shown,) = shown(text, "检索", chars=chars)
    assert set(re.findall("[a-zá-ǒ]+", text_shown)) <= {"qiáng", "jiǎn", "suǒ"}


def test_without_punctuation_context_stays_on_both_sides() -> None:
    text = "甲" * 50 + "检索" + "乙" * 50
    assert shown(text, "检索", chars=20) == ["甲" * 9 + "检索" + "乙" * 9]


def test_a_passage_does_not_give_up_its_sentence_for_one_more_match() -> None:
    text = "前文先说一句。检索和检索都在这一句里说完了。后面这一句不短，很后面才又有检索一词出现。"
    assert shown(text, "检索", chars=36) == ["前文先说一句。检索和检索都在这一句里说完了。"]


def test_whole_sentences_are_added_on_both_sides() -> None:
    text = "".join(f"第{number}句。" for number in "一二三四五六七八九")
    assert shown(text, "五", chars=12) == ["第四句。第五句。第六句。"]
    assert shown(text, "五", chars=20) == ["第三句。第四句。第五句。第六句。第七句。"]


@pytest.mark.parametrize("chars", range(4, 30))
def test_a_combining_mark_stays_with_its_character(chars: int) -> None:
    text = "ㄅ\u0301" * 20 + "检索" + "ㄅ\u0301" * 20
    (text_shown,) = shown(text, "检索", chars=chars)
    assert re.fullmatch("(ㄅ\u0301)*检索(ㄅ\u0301)*", text_shown)


def test_a_latin_word_is_not_cut() -> None:
    text = "international " * 5 + "检索" + " international" * 5
    assert shown(text, "检索", chars=40) == ["international 检索 international"]


def test_a_character_of_several_code_points_is_not_cut() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f466"
    text = family * 9 + "检索" + family * 9
    (text_shown,) = shown(text, "检索", chars=15)
    assert text_shown == family + "检索" + family


def test_a_phrase_longer_than_a_passage_is_the_passage() -> None:
    text = "开头。一二三四五六七八九十。结尾。"
    assert shown(text, "一二三四五六七八九十", chars=4, phrase=True) == ["一二三四五六七八九十"]


def test_a_phrase_wins_over_a_word_that_overlaps_it_if_both_are_too_long() -> None:
    text = "一二三四五六七八九十"
    ranges = [Range(0, 1, 0, False, 0), Range(1, 4, 0, False, 1), Range(3, 10, 1, True, 2)]
    found = best([(Text("body", text), ranges)], count=9, chars=8)
    assert [marked(snippet) for snippet in found] == [["一"], ["四五六七八九十"]]


# ------------------------------------------------------------------ which passages


def test_the_passage_with_more_of_the_query_comes_first() -> None:
    text = "脱贫。" + "空" * 60 + "。攻坚。" + "空" * 60 + "。脱贫和攻坚。" + "空" * 60
    assert shown(text, "脱贫", "攻坚", chars=10) == ["脱贫和攻坚。"]


def test_words_far_apart_share_a_passage_that_can_hold_them() -> None:
    text = "脱贫" + "空" * 60 + "脱贫" + "空" * 15 + "攻坚" + "空" * 60
    (snippet,) = best([(Text("body", text), words(text, "脱贫", "攻坚"))], count=1, chars=20)
    assert marked(snippet) == ["脱贫", "攻坚"]


def test_the_next_passage_adds_what_is_not_shown_yet() -> None:
    text = "甲和乙。" + "空" * 40 + "。甲和乙。" + "空" * 40 + "。丙。" + "空" * 40
    assert shown(text, "甲", "乙", "丙", count=2, chars=8) == ["甲和乙。", "丙。"]


def test_a_phrase_wins_over_a_word_and_the_earlier_over_the_later() -> None:
    text = "检索。" + "空" * 40 + "。检索。" + "空" * 40 + "。检索。"
    ranges = words(text, "检索")
    ranges[1] = ranges[1]._replace(phrase=True)
    for chosen, given_ranges in ((1, ranges), (0, words(text, "检索"))):
        (snippet,) = best([(Text("body", text), given_ranges)], count=1, chars=4)
        assert snippet.highlights == (ranges[chosen][:2],)


def test_touching_words_of_one_chunk_are_one_highlight_and_of_two_are_not() -> None:
    text = "中国人民很好"
    joined = best([(Text("body", text), words(text, "中国", "人民", chunk=0))], count=1, chars=9)
    apart = best([(Text("body", text), words(text, "中国", "人民"))], count=1, chars=9)
    assert [marked(*found) for found in (joined, apart)] == [["中国人民"], ["中国", "人民"]]


def test_touching_counts_between_the_matches_that_meet_there() -> None:
    ranges = [Range(0, 2, 0, False, 0), Range(1, 3, 1, False, 1), Range(3, 4, 0, False, 2)]
    (snippet,) = best([(Text("body", "中国人民"), ranges)], count=1, chars=9)
    assert snippet.highlights == ((0, 3), (3, 4))


def test_overlapping_matches_of_two_chunks_are_one_highlight() -> None:
    text = "全文检索引擎"
    found = best([(Text("body", text), words(text, "文检索", "索引"))], count=1, chars=9)
    assert marked(*found) == ["文检索引"]


def test_an_endless_highlight_is_split_between_matches() -> None:
    text = "哈" * 1000
    found = best([(Text("body", text), words(text, "哈"))], count=3, chars=10)
    assert [(s.start, s.end) for s in found] == [(0, 10), (10, 20), (20, 30)]
    overlapping = [Range(at, at + 3, 0, True, 0) for at in range(998)]
    found = best([(Text("body", text), overlapping)], count=3, chars=10)
    assert [len(s.text) for s in found] == [10, 10, 10]


@pytest.mark.parametrize("chars", [7, 11, 15, 16, 23, 40])
def test_passages_close_together_share_the_text_between_them(chars: int) -> None:
    text = "春夏秋冬检索，东南西北" * 12
    ranges = words(text, "检索")
    found = best([(Text("body", text), ranges)], count=99, chars=chars)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert [span for snippet in found for span in snippet.highlights] == [r[:2] for r in ranges]


def test_a_match_in_the_context_of_another_is_not_shown_twice() -> None:
    text = "检索" + "空" * 14 + "检索" + "空" * 40
    assert shown(text, "检索", count=2) == [text[:20]]


def test_the_title_is_shown_only_where_it_matches_and_comes_first() -> None:
    title, body = Text("title", "检索的标题"), Text("body", "正文讲检索。")
    both = [(title, words(title.text, "检索")), (body, words(body.text, "检索"))]
    assert [s.field for s in best(both, count=3, chars=20)] == ["title", "body"]
    assert [s.field for s in best([(title, []), both[1]], count=3, chars=20)] == ["body"]


def test_without_any_match_the_beginning_of_the_body_is_shown() -> None:
    title, body = Text("title", "标题"), Text("body", "\n\n  第一句话。第二句话比较长一点。")
    (snippet,) = best([(title, []), (body, [])], count=3, chars=8)
    assert (snippet.text, snippet.start, snippet.line, snippet.column) == ("第一句话。", 4, 3, 3)
    assert snippet.highlights == ()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_body_has_no_beginning_to_show(text: str) -> None:
    assert best([(Text("body", text), [])], count=3, chars=8) == ()
    assert best([], count=3, chars=8) == ()


def test_no_snippets_are_no_work() -> None:
    body = Text("body", "检索")
    assert best([(body, words("检索", "检索"))], count=0, chars=8) == ()
    assert body.read == []


def test_a_passage_of_no_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="chars"):
        best([], count=1, chars=0)


# ------------------------------------------------------------------ huge documents


def _huge(matches: int) -> tuple[Text, list[Range]]:
    body = Text("body", "今天天气很好，我们去看书。" * (matches // 2))
    return body, [Range(at * 6, at * 6 + 1, 0, False, at % 2) for at in range(matches)]


def test_only_bounded_stretches_of_a_huge_document_are_read() -> None:
    body, ranges = _huge(20_000)
    assert len(best([(body, ranges)], count=5, chars=100)) == 5
    assert len(body.read) == 5
    assert max(body.read) <= 3 * 100


def test_a_hundred_thousand_matches_take_less_than_50_ms() -> None:
    body, ranges = _huge(100_000)
    assert min(_seconds(body, ranges) for _ in range(5)) < 0.05


def _seconds(body: Text, ranges: list[Range]) -> float:
    started = time.process_time()
    best([(body, ranges)], count=3, chars=120)
    return time.process_time() - started


def test_a_rare_word_is_shown_among_a_hundred_thousand_common_ones() -> None:
    body, ranges = _huge(100_000)
    rare = Range(400_000, 400_002, 7, False, 2)
    (snippet,) = best([(body, [rare, *ranges])], count=1, chars=60)
    assert snippet.start <= rare.start < rare.end <= snippet.end
    alone = Range(body.length - 2, body.length, 7, False, 2)
    _, snippet = best([(body, [alone, *ranges[:90_000]])], count=2, chars=60)
    assert snippet.highlights == (alone[:2],)


def test_a_long_phrase_in_a_crowd_of_matches_is_not_cut() -> None:
    body, ranges = _huge(50_000)
    phrase, rare = Range(99_000, 100_001, 7, True, 2), Range(100_000, 100_001, 8, False, 3)
    short = [Range(at, at + 2, 7, True, 2) for at in range(2, 20_000, 64)]
    (snippet,) = best([(body, [rare, *ranges, phrase, *short])], count=1, chars=60)
    assert (snippet.start, snippet.end) == phrase[:2]


@pytest.mark.parametrize("chars", [10, 60, 120])
@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_of_matches_is_highlighted_completely(seed: int, chars: int) -> None:
    chance = random.Random(seed)
    text = "全文检索。，" * 5_000
    lengths = [1, 2, 3] * 60 + [150]
    ranges = [
        Range(at, at + chance.choice(lengths), at % 2, chance.random() < 0.1, at % 9)
        for at in chance.sample(range(29_000), 2_500)
    ]
    for snippet in best([(Text("body", text), ranges)], count=5, chars=chars):
        inside = [r for r in ranges if _within(r, snippet.start, snippet.end)]
        covered = {at for r in inside for at in range(r.start, r.end)}
        assert {at for a, b in snippet.highlights for at in range(a, b)} == covered
        assert len(snippet.text) <= chars or snippet.highlights == ((snippet.start, snippet.end),)
        for at in (snippet.start, snippet.end):
            if any(r.start < at < r.end for r in ranges):
                assert _joined(ranges, at) > chars
