"""Renderers: the JSON contract, lines for tools, and text that cannot steer what shows it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searcher.model import Hit, Page, Snippet
from searcher.render import RENDERERS, Style, summary, visible

GOLDEN = Path(__file__).parent / "golden"
CALM = settings(max_examples=150, deadline=None, derandomize=True)
PLAIN = Style()
COLOR = Style(color=True)

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")


def snippet(text: str, *marked: str, field: str = "body", start: int = 0) -> Snippet:
    """Return a snippet of *text* with every one of the words *marked* highlighted."""
    found = re.finditer("|".join(map(re.escape, marked)), text)
    spans = tuple((start + m.start(), start + m.end()) for m in found)
    return Snippet(field, start, start + len(text), 3, 17, text, spans)


hit = Hit("docs/a.txt", 7.314, "", "/data/docs/a.txt", None, "", "", "hans", {}, ())._replace
"""Returns a plain hit with changes."""

HITS = (
    hit(
        title="昌都脫貧攻堅",
        date="2021-02-25",
        source="人民日報",
        author="王某",
        script="hant",
        extra={"tag": ["扶貧", "西藏"], "pages": 3, "rate": 0.5, "read": True},
        snippets=(
            snippet("昌都脫貧攻堅", "脫貧攻堅", field="title"),
            snippet(
                "參與(yu) 脫貧工作。\r\n\u3000\u3000第二段也講脫貧",
                "參與(yu) 脫貧",
                "脫貧",
                start=120,
            ),
        ),
    ),
    hit(
        id='docs/<b> & "c".txt',
        path='/data/docs/<b> & "c".txt',
        score=None,
        script="none",
        snippets=(snippet("if a < b && c > 'd': \"<script>alert(1)</script>\"", "<script>"),),
    ),
    hit(
        id="evil/\u202egpj.exe",
        path="/data/evil/\u202egpj.exe\nnext:1:1:",
        title="\x1b]0;title\x07红\x1b[31m字\x9b",
        script="mixed",
        snippets=(snippet("前\x1b[2J\u202e后\x00\x7f\u2028行 检索", "检索"),),
    ),
    hit(id="javascript:alert(1)", path="", score=0.5, title="没有片段"),
)
PAGE = Page(
    query='脱贫 "<script>" \u202e',
    total=12,
    matched="all",
    took_ms=1.23456789,
    generation="20240501-abc",
    hits=HITS,
    alternatives=({"word": "软件", "alternative": "软体", "kind": "tw", "documents": 12},),
    warnings=("日期无法读取：<今天>",),
)


@pytest.mark.parametrize(
    ("name", "style", "golden"),
    [
        ("terminal", PLAIN, "render.terminal.txt"),
        ("terminal", COLOR, "render.color.txt"),
        ("lines", Style(marks=("【", "】")), "render.lines.txt"),
        ("json", PLAIN, "render.json"),
        ("jsonl", PLAIN, "render.jsonl"),
        ("html", PLAIN, "render.html"),
    ],
)
def test_a_page_is_written_as_in_the_golden_file(name: str, style: Style, golden: str) -> None:
    assert RENDERERS[name](PAGE, style).encode() == (GOLDEN / golden).read_bytes()


# ------------------------------------------------------------------ JSON


def test_json_is_one_line_with_every_key_in_the_order_of_the_contract() -> None:
    text = RENDERERS["json"](PAGE, PLAIN)
    assert text.count("\n") == 1
    page = json.loads(text)
    assert " ".join(page) == (
        "query total matched took_ms generation alternatives suggestions facets warnings hits"
    )
    assert " ".join(page["hits"][0]) == (
        "id score title path date source author script extra snippets"
    )
    assert " ".join(page["hits"][0]["snippets"][0]) == (
        "field start end line column text highlights"
    )
    assert page["hits"][0]["snippets"][1]["highlights"] == [[120, 129], [141, 143]]
    assert page["hits"][1]["score"] is None
    assert page["took_ms"] == 1.235


def test_json_shows_chinese_as_it_is() -> None:
    assert "參與(yu) 脫貧工作。" in RENDERERS["json"](PAGE, PLAIN)


def test_json_cannot_steer_a_terminal_and_loses_nothing() -> None:
    text = RENDERERS["json"](PAGE, PLAIN)
    assert not STEERING.search(text)
    assert json.loads(text)["hits"][2]["path"] == HITS[2].path


def test_json_holds_no_number_that_json_does_not_know() -> None:
    page = replace(PAGE, hits=(hit(extra={"a": float("nan"), "b": float("inf")}),))
    assert json.loads(RENDERERS["json"](page, PLAIN))["hits"][0]["extra"] == {"a": None, "b": None}


def test_jsonl_is_one_hit_per_line() -> None:
    rows = [json.loads(row) for row in RENDERERS["jsonl"](PAGE, PLAIN).splitlines()]
    assert rows == json.loads(RENDERERS["json"](PAGE, PLAIN))["hits"]


# ------------------------------------------------------------------ lines and paths


def test_a_piped_snippet_is_one_line_with_its_place_and_marks() -> None:
    assert RENDERERS["lines"](replace(PAGE, hits=HITS[:1]), PLAIN) == (
        "/data/docs/a.txt:3:17:昌都[脫貧攻堅]\n"
        "/data/docs/a.txt:3:17:[參與(yu) 脫貧]工作。 第二段也講[脫貧]\n"
    )


def test_a_hit_without_snippets_is_a_line_with_its_path_or_id() -> None:
    assert RENDERERS["lines"](replace(PAGE, hits=HITS[3:]), PLAIN) == "javascript:alert(1)\n"


def test_bare_paths_are_raw() -> None:
    raw = hit(path="/data/\x1b\udcff\n.txt")
    page = replace(PAGE, hits=(raw, HITS[3]))
    assert RENDERERS["paths"](page, PLAIN) == raw.path + "\njavascript:alert(1)\n"
    assert RENDERERS["paths0"](page, PLAIN) == raw.path + "\0javascript:alert(1)\0"


def test_the_count_is_that_of_all_documents() -> None:
    assert RENDERERS["count"](PAGE, PLAIN) == "12\n"


def test_a_page_without_hits_is_no_text() -> None:
    empty = replace(PAGE, hits=(), total=0)
    assert [RENDERERS[name](empty, PLAIN) for name in ("terminal", "lines", "paths", "jsonl")] == [
        ""
    ] * 4


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "12 documents"),
        ({"total": 1}, "1 document"),
        ({"matched": "some"}, "12 documents; none has every word, showing those with some"),
        ({"total": 0}, "nothing found"),
        (
            {"total": 0, "word_totals": {"军史": 0, "\x1b书": 812}},
            "nothing found: 军史 0 · ␛书 812",
        ),
    ],
)
def test_the_summary_says_what_was_found(changes: dict[str, object], line: str) -> None:
    assert summary(replace(PAGE, **changes)) == line  # type: ignore[arg-type]


# ------------------------------------------------------------------ terminal


def test_without_a_title_the_file_name_is_the_heading() -> None:
    first, second, *_ = RENDERERS["terminal"](replace(PAGE, hits=(hit(),)), PLAIN).splitlines()
    assert (first, second) == ("a.txt", "/data/docs/a.txt · 7.31")


def test_an_id_that_the_path_does_not_show_is_shown_beside_it() -> None:
    text = RENDERERS["terminal"](replace(PAGE, hits=(hit(id="n-17"),)), PLAIN)
    assert text.splitlines()[1] == "/data/docs/a.txt · n-17 · 7.31"


def test_a_title_that_matched_is_highlighted_in_the_heading_alone() -> None:
    text = RENDERERS["terminal"](replace(PAGE, hits=HITS[:1]), PLAIN)
    assert text.startswith("昌都[脫貧攻堅]\n")
    assert text.count("昌都") == 1


def test_color_shows_highlights_and_leaves_the_marks_out() -> None:
    text = RENDERERS["terminal"](replace(PAGE, hits=HITS[:1]), COLOR)
    assert "\x1b[1;31m脫貧攻堅\x1b[0m" in text
    assert "[脫" not in text


# ------------------------------------------------------------------ nothing shown can steer


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31m", "␛[31m"),
        ("a\tb\r\n", "a␉b␍␊"),
        ("\x00\x7f\x85", "␀␡‹U+0085›"),
        ("\u202egpj.exe\u2069", "‹U+202E›gpj.exe‹U+2069›"),
        ("\u061c\u200e\u2028", "‹U+061C›‹U+200E›‹U+2028›"),
        ("\udcff", "‹U+DCFF›"),
        ("全文 é \U0001f468\u200d\U0001f469", "全文 é \U0001f468\u200d\U0001f469"),
    ],
)
def test_controls_are_made_visible_and_text_is_left_alone(text: str, safe: str) -> None:
    assert visible(text) == safe
    assert visible(safe) == safe


TEXT = st.text(
    st.sampled_from(
        "脱贫a <>&\"'[]:/\\\x00\x07\x1b\x7f\x85\x9b\n\r\t\u2028\u202e\u2066\ud800\udcff"
    )
    | st.characters(),
    max_size=20,
)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    hits = []
    for _ in range(draw(st.integers(0, 3))):
        text = "x" + draw(TEXT)
        start = draw(st.integers(0, 5))
        cuts = sorted(set(draw(st.lists(st.integers(0, len(text)), max_size=6))))
        spans = tuple((start + a, start + b) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
        shown = Snippet(
            draw(st.sampled_from(["title", "body"])), start, start + len(text), 1, 1, text, spans
        )
        hits.append(
            hit(
                id=draw(TEXT),
                title=draw(TEXT),
                path=draw(TEXT),
                source=draw(TEXT),
                script=draw(st.sampled_from(["hans", "hant", "mixed", "none"])),
                extra={"k": draw(TEXT)},
                snippets=(shown,) * draw(st.integers(0, 2)),
            )
        )
    return replace(PAGE, query=draw(TEXT), warnings=(draw(TEXT),), hits=tuple(hits))


@CALM
@given(pages(), st.sampled_from(["terminal", "lines", "html", "json", "jsonl"]))
def test_whatever_a_document_holds_output_is_utf8_and_steers_nothing(
    page: Page, name: str
) -> None:
    text = RENDERERS[name](page, PLAIN)
    text.encode("utf-8")
    assert not STEERING.search(text)


@CALM
@given(pages())
def test_every_snippet_is_one_line_whatever_it_holds(page: Page) -> None:
    expected = sum(max(1, len(hit.snippets)) for hit in page.hits)
    assert RENDERERS["lines"](page, PLAIN).count("\n") == expected


@CALM
@given(pages())
def test_json_reads_back_as_it_was(page: Page) -> None:
    read = json.loads(RENDERERS["json"](page, PLAIN))
    for shown, hit_ in zip(read["hits"], page.hits, strict=True):
        assert shown["title"] == re.sub("[\ud800-\udfff]", "\ufffd", hit_.title)
        assert [s["start"] for s in shown["snippets"]] == [s.start for s in hit_.snippets]


class Tags(HTMLParser):
    """What a browser would see of a page: its tags, their attributes, its marked text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []
        self.marked: list[str] = []
        self._marking = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, " ".join(name for name, _ in attrs)))
        self._marking = tag == "mark"
        if self._marking:
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._marking = self._marking and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._marking:
            self.marked[-1] += data


@CALM
@given(pages())
def test_html_holds_the_same_tags_whatever_documents_hold(page: Page) -> None:
    tags = Tags(RENDERERS["html"](page, PLAIN))
    dull = tuple(_dull(h) for h in page.hits)
    plain = replace(page, query="q", warnings=("w",), hits=dull)
    expected = Tags(RENDERERS["html"](plain, PLAIN))
    assert tags.seen == expected.seen
    assert len(tags.marked) == sum(len(s.highlights) for h in page.hits for s in h.snippets)


def _dull(h: Hit) -> Hit:
    texts = tuple(s._replace(text="x" * len(s.text)) for s in h.snippets)
    return h._replace(id="i", title="t", path="p", source=h.source and "s", snippets=texts)


def test_html_marks_exactly_the_highlights() -> None:
    tags = Tags(RENDERERS["html"](PAGE, PLAIN))
    assert tags.marked == ["脫貧攻堅", "參與(yu) 脫貧", "脫貧", "<script>", "检索"]


def test_html_runs_and_loads_and_links_nothing() -> None:
    text = RENDERERS["html"](PAGE, PLAIN)
    tags = {tag for tag, _ in Tags(text).seen}
    assert not tags & {"script", "a", "img", "link", "iframe", "form", "base", "object"}
    assert "default-src &#x27;none&#x27;" in text
    assert "unsafe" not in text
    assert "http:" not in text
    assert "https:" not in text


def test_html_names_the_language_of_each_script() -> None:
    assert re.findall('<article lang="(.*?)">', RENDERERS["html"](PAGE, PLAIN)) == [
        "zh-Hant",
        "zh",
        "zh-Hans",
    ]


def test_a_title_that_the_body_begins_with_is_one_line_in_a_pipe() -> None:
    title = Snippet("title", 0, 4, 1, 1, "脱贫日报", ((0, 2),))
    body = Snippet("body", 0, 9, 1, 1, "脱贫日报\n正文来了", ((0, 2),))
    other = Snippet("body", 9, 13, 2, 1, "另一句话", ((9, 11),))
    for snippets, wanted in (((title, body), 1), ((title, other), 2), ((title,), 1)):
        hit = Hit("a", 1.0, "脱贫日报", "/a", None, "", "", "hans", {}, snippets)
        page = Page("脱贫", 1, "all", 0.1, "g", (hit,))
        assert RENDERERS["lines"](page, Style()).count("\n") == wanted
