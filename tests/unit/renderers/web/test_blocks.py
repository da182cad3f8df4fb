"""Each block type as HTML, and any text as text."""

from typing import Any

import pytest
from hypothesis import given

from cms.contract import Piece
from renderers.web import blocks
from tests.unit.renderers.articles import piece_of, pieces, read

RUN = [{"t": "云屏"}]


def html_of(block: dict[str, Any], **changes: Any) -> str:
    return str(blocks.body(piece_of(block, **changes)))


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ({"type": "paragraph", "text": RUN}, '<p id="b_000000000000">云屏</p>'),
        ({"type": "heading", "level": 2, "text": RUN}, '<h2 id="b_000000000000">云屏</h2>'),
        ({"type": "heading", "level": 3, "text": RUN}, '<h3 id="b_000000000000">云屏</h3>'),
        (
            {"type": "list", "ordered": True, "items": [{"id": "b_1", "text": RUN}, {"id": "b_2", "text": RUN}]},
            '<ol id="b_000000000000"><li id="b_1">云屏</li><li id="b_2">云屏</li></ol>',
        ),
        (
            {"type": "list", "ordered": False, "items": [{"id": "b_1", "text": RUN}]},
            '<ul id="b_000000000000"><li id="b_1">云屏</li></ul>',
        ),
        ({"type": "quote", "text": RUN}, '<blockquote id="b_000000000000"><p>云屏</p></blockquote>'),
        (
            {"type": "quote", "text": RUN, "cite": "吴江"},
            '<blockquote id="b_000000000000"><p>云屏</p><footer><cite>吴江</cite></footer></blockquote>',
        ),
        ({"type": "divider"}, '<hr id="b_000000000000">'),
    ],
)
def test_block_when_drawn_is_its_element(block: dict[str, Any], html: str) -> None:
    assert html_of(block) == html


@pytest.mark.parametrize(
    ("run", "html"),
    [
        ({"t": "a", "m": ["b", "i"]}, "<em><strong>a</strong></em>"),
        ({"t": "a", "m": ["u"]}, "<u>a</u>"),
        ({"t": "a", "m": ["s"]}, "<s>a</s>"),
        ({"t": "第一行\n第二行"}, "第一行<br>第二行"),
        ({"t": "<b>"}, "&lt;b&gt;"),
        (
            {"t": "a", "m": ["b"], "href": "https://x.cn/?a=1&b=2"},
            '<a href="https://x.cn/?a=1&amp;b=2" rel="noopener nofollow"><strong>a</strong></a>',
        ),
        ({"t": "a", "href": "javascript:alert(1)"}, "a"),
        ({"t": "a", "href": "http://x.cn/"}, "a"),
        ({"t": "a", "href": "//x.cn/"}, "a"),
        ({"t": "a", "href": ""}, "a"),
    ],
)
def test_run_of_text_when_drawn_has_its_marks_and_only_safe_links(run: dict[str, Any], html: str) -> None:
    assert str(blocks.inline([run])) == html


def test_runs_when_read_plain_have_no_marks() -> None:
    assert blocks.plain([{"t": "云", "m": ["b"]}, {"t": "屏", "href": "https://x.cn"}]) == "云屏"


def test_image_when_drawn_has_three_widths_a_fallback_and_its_size() -> None:
    piece = piece_of()
    page = str(blocks.body(piece_of({"type": "image", "asset": piece.cover, "alt": "桥", "caption": "垂虹桥"})))
    fallback = piece.rendition(piece.cover or "", "web-960-jpeg")
    assert fallback is not None
    assert f'<img src="/a/{fallback.sha256}" width="960" height="540" alt="桥" loading="lazy"' in page
    assert page.count("w, ") == 2
    assert "480w" in page
    assert "1440w" in page
    assert "<figcaption>垂虹桥</figcaption>" in page


def test_image_without_a_listed_file_is_left_out_and_its_caption_stays() -> None:
    page = html_of({"type": "image", "asset": "0" * 64, "alt": "桥", "caption": "垂虹桥"})
    assert "<img" not in page
    assert "垂虹桥" in page


def test_image_when_the_reader_is_elsewhere_has_a_whole_address() -> None:
    piece = piece_of()
    page = str(blocks.body(piece_of({"type": "image", "asset": piece.cover, "alt": ""}), media="https://m.cn"))
    assert page.count("https://m.cn/a/") == 4
    assert '"/a/' not in page


@pytest.mark.parametrize(("header", "heads", "cells"), [(True, 2, 2), (False, 0, 4)])
def test_table_when_drawn_has_its_head_and_can_be_scrolled_by_keyboard(heads: int, cells: int, *, header: bool) -> None:
    page = html_of({"type": "table", "header": header, "rows": [[RUN, RUN], [RUN, RUN]]})
    tags = read(page).tags
    assert (tags.count("th"), tags.count("td"), tags.count("tr")) == (heads, cells, 2)
    assert page.startswith('<div class="table" id="b_000000000000" tabindex="0" role="group" aria-label="表格">')


def test_table_without_rows_is_empty() -> None:
    assert read(html_of({"type": "table", "header": True, "rows": []})).tags == ["div", "table", "tbody"]


def test_notice_when_drawn_is_named_by_its_title() -> None:
    page = html_of({"type": "notice", "title": "停水", "text": RUN})
    assert 'aria-labelledby="b_000000000000-t"' in page
    assert '<p class="notice-title" id="b_000000000000-t">停水</p><p>云屏</p>' in page


def test_block_of_an_unknown_type_is_a_defect() -> None:
    with pytest.raises(KeyError):
        html_of({"type": "marquee", "text": RUN})


def test_cover_when_the_body_has_it_need_not_stand_above() -> None:
    cover = piece_of().cover
    assert blocks.shows_cover(piece_of({"type": "image", "asset": cover, "alt": ""}))
    assert not blocks.shows_cover(piece_of({"type": "paragraph", "text": RUN}))


@given(pieces())
def test_body_with_any_text_in_it_is_only_elements_of_ours(piece: Piece) -> None:
    found = read(blocks.body(piece))
    assert found.comments == []
    assert "img" not in found.tags or any(block["type"] == "image" for block in piece.body["blocks"])


@given(pieces())
def test_body_with_any_text_in_it_says_every_word(piece: Piece) -> None:
    shown = "".join("".join(read(blocks.body(piece)).words).split())
    for block in piece.body["blocks"]:
        if block["type"] in {"paragraph", "heading", "quote", "notice"}:
            said = "".join(blocks.plain(block["text"]).split())
            assert said in shown
