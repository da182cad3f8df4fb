"""Articles: golden bytes of each block, and whatever people type stays inside the platform's narrow form."""

import dataclasses
import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.blocks import read_body
from cms.contract import AssetFile, Byline, Piece
from renderers.conformance.samples import HOSTILE, digest
from renderers.wechat.article import Article, clock, make_article, over_budget, with_pictures
from renderers.wechat.settings import AccountSettings
from renderers.wechat.themes import contrast, mixed, readable, styles
from renderers.wechat.vocabulary import PLACEHOLDER, TAGS, is_clean, plain, sanitised
from tests.unit.content.test_blocks import bodies
from tests.unit.renderers.articles import AT, piece_of, pieces

GOLDENS = Path(__file__).parent / "goldens"
SETTINGS = AccountSettings()
PICTURE, VIDEO = "a" * 64, "b" * 64
FILES = (
    AssetFile(digest("body"), 1000, "image/jpeg", 960, 540, PICTURE, "web-960-jpeg"),
    AssetFile(digest("poster"), 1000, "image/jpeg", 1280, 720, VIDEO, "poster"),
)


def text(words: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"t": words, **fields}]


BLOCKS: dict[str, dict[str, Any]] = {
    "paragraph": {
        "type": "paragraph",
        "text": [
            {"t": "把大道理"},
            {"t": "讲成", "m": ["b"]},
            {"t": "小故事", "m": ["i", "u"]},
            {"t": "<旧>", "m": ["s"]},
            {"t": "\n第二行 & “引号”"},
        ],
    },
    "links": {
        "type": "paragraph",
        "text": [
            {"t": "活动专页", "href": "https://www.example.cn/a?b=1&c=2"},
            {"t": "往期", "href": "https://mp.weixin.qq.com/s?a=1&b=2"},
            {"t": "再看一次", "href": "https://www.example.cn/a?b=1&c=2"},
            {"t": "假的", "href": "https://mp.weixin.qq.com.evil.example/"},
            {"t": "脚本", "href": "javascript:alert(1)"},
        ],
    },
    "heading-2": {"type": "heading", "level": 2, "text": text("一个故事")},
    "heading-3": {"type": "heading", "level": 3, "text": text("一个道理")},
    "list-ordered": {"type": "list", "ordered": True, "items": [{"id": "b_00000000000a", "text": text("评弹")}]},
    "list-bullets": {"type": "list", "ordered": False, "items": [{"id": "b_00000000000a", "text": text("点单")}]},
    "quote": {"type": "quote", "text": text("用家乡话讲"), "cite": "理论科"},
    "notice": {"type": "notice", "title": "报名", "text": text("到就近的站点登记")},
    "table": {"type": "table", "header": True, "rows": [[text("日期"), text("地点")], [text("25 日"), text("震泽")]]},
    "table-wide": {"type": "table", "header": False, "rows": [[text(str(n)) for n in range(5)]]},
    "image": {"type": "image", "asset": PICTURE, "alt": '现场 "一"', "caption": "图：现场"},
    "image-missing": {"type": "image", "asset": "0" * 64, "alt": "无", "caption": "图：没有"},
    "video": {"type": "video", "asset": VIDEO, "title": "微课堂"},
    "divider": {"type": "divider"},
}


def piece(*blocks: dict[str, Any], **changes: Any) -> Piece:
    byline = Byline("吴江发布", "沈记者", "周责编", "区委宣传部", AT)
    plain_fields = {"byline": byline, "title": "题", "subtitle": "", "column_name": "", "summary": "摘要"}
    made = piece_of(*blocks, **{**plain_fields, **changes})
    return dataclasses.replace(made, assets=FILES, durations={VIDEO: 754_000}, cover=None)


def article(*blocks: dict[str, Any], **changes: Any) -> Article:
    return make_article(piece(*blocks, **changes), SETTINGS)


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_block_when_written_equals_its_golden(name: str) -> None:
    made = article(BLOCKS[name])
    told = "".join(f"\n<!-- {change.sentence} -->" for change in made.changes)
    assert made.html.replace("><", ">\n<") + told + "\n" == (GOLDENS / f"{name}.html").read_text("utf-8")


@given(pieces())
def test_article_of_anything_equals_its_own_sanitised_form(made: Piece) -> None:
    html = make_article(made, SETTINGS).html
    assert sanitised(html) == html
    assert set(re.findall("<([a-z0-9]+)", html)) <= TAGS
    # Names of attributes, not what people typed into their values.
    names = re.sub('"[^"]*"', '""', html)
    assert not re.search(r"<[^>]*\b(?:class|id|on[a-z]+)=", names)


@given(bodies)
def test_article_of_any_body_of_the_desk_is_clean_and_within_its_limits(body: dict[str, Any]) -> None:
    long = dataclasses.replace(piece(), body=read_body(body), title="题" * 40, summary="摘" * 300)
    made = make_article(long, SETTINGS)
    assert is_clean(made.html)
    assert len(made.title) <= 32
    assert len(made.digest) <= 120
    assert len(made.author) <= 16


@given(pieces())
def test_article_with_addresses_is_clean_and_without_placeholders(made: Piece) -> None:
    found = make_article(made, SETTINGS)
    html = with_pictures(found.html, {one: f"https://mmbiz.qpic.cn/{one}?a=1&b=2" for one in found.pictures})
    assert is_clean(html, frozen=True)
    assert PLACEHOLDER.search(html) is None


@pytest.mark.parametrize("words", [f'<img src="asset:{"c" * 64}"', f"asset:{'c' * 64}", *HOSTILE])
def test_text_that_looks_like_a_placeholder_stays_text(words: str) -> None:
    made = article({"type": "paragraph", "text": text(words)})
    assert made.pictures == ()
    assert is_clean(made.html, frozen=True)


def test_duties_of_the_byline_are_on_every_article() -> None:
    html = article().html
    for line in ("来源：吴江发布", "记者：沈记者", "责编：周责编", "主办：区委宣传部"):
        assert line in html


def test_title_and_summary_of_the_channel_win() -> None:
    made = article(overrides={"wechat": {"title": "微信题", "summary": "微信摘要"}, "web": {"title": "别的"}})
    assert (made.title, made.digest) == ("微信题", "微信摘要")


def test_what_is_changed_is_told() -> None:
    made = article(BLOCKS["links"], BLOCKS["video"], {"type": "paragraph", "text": []}, title="长" * 33)
    told = {change.what: change.params for change in made.changes}
    assert told["title_cut"] == {"limit": 32}
    assert told["links"] == {"count": 2}
    assert told["links_dropped"] == {"count": 1}
    assert told["video"] == {"count": 1}
    assert told["empty"] == {"count": 1}
    assert all(change.sentence for change in made.changes)
    assert made.problems == ()


def test_emoji_in_a_title_is_warned_of() -> None:
    made = article(title="😀" * 20)
    assert "utf16" in {change.what for change in made.changes}


@pytest.mark.parametrize(("count", "stops"), [(10_000, False), (20_001, True)])
def test_text_over_the_budget_stops_the_post(count: int, *, stops: bool) -> None:
    made = article({"type": "paragraph", "text": text("字" * count)})
    assert bool(made.problems) is stops


def test_budget_counts_bytes_and_the_addresses_of_pictures() -> None:
    tight = AccountSettings(content_characters=1_000_000, content_bytes=10_000)
    assert [change.what for change in over_budget("字" * 4_000, tight)] == ["bytes"]
    one = f'<img src="asset:{"a" * 64}"'
    assert over_budget(one * 5, AccountSettings(content_characters=1_000)) != ()


def test_unknown_block_is_a_defect() -> None:
    with pytest.raises(KeyError):
        article({"type": "poem"})


def test_colour_of_the_account_is_in_the_article() -> None:
    html = make_article(piece(BLOCKS["heading-2"]), AccountSettings(theme="#1f5f8b")).html
    assert "#1f5f8b" in html
    assert "#b3261e" not in html


@given(st.from_regex("#[0-9a-f]{6}", fullmatch=True), st.integers(0, 100))
def test_mixed_colour_is_a_colour(colour: str, percent: int) -> None:
    assert re.fullmatch("#[0-9a-f]{6}", mixed(colour, percent))
    assert mixed(colour, 0) == "#ffffff"


@pytest.mark.parametrize(("ms", "shown"), [(0, "0:00"), (754_000, "12:34"), (3_723_999, "1:02:03")])
def test_length_is_shown_as_people_read_it(ms: int, shown: str) -> None:
    assert clock(ms) == shown


def test_text_loses_what_is_no_text() -> None:
    assert plain("a\u202eb\u202c\0\ufeff\ufffe\u200b\r\nc\td") == "ab\nc d"
    assert plain("👨‍👩‍👧 𝒜 é") == "👨‍👩‍👧 𝒜 é"


def test_correction_changes_nothing_else() -> None:
    made = piece(BLOCKS["paragraph"])
    again = dataclasses.replace(made, corrected_at=AT + dt.timedelta(hours=1))
    assert make_article(made, SETTINGS) == make_article(again, SETTINGS)


@given(st.from_regex("#[0-9a-f]{6}", fullmatch=True))
def test_text_in_any_colour_of_an_office_is_readable(colour: str) -> None:
    assert contrast(readable(colour), "#ffffff") >= 4.5
    assert contrast(readable(colour), mixed(colour, 6)) >= 4.5


@pytest.mark.parametrize("look", ["bar", "label", "centre", "line"])
def test_article_in_each_look_is_clean_and_has_its_headings(look: str) -> None:
    made = make_article(piece(*BLOCKS.values()), AccountSettings(look=look))
    assert is_clean(made.html)
    assert styles("#b3261e", look)["h2"] in made.html


def test_careless_punctuation_is_set_and_told_and_only_in_chinese() -> None:
    typed = {"type": "paragraph", "text": text("时间:8:30,地点:震泽")}
    made = article(typed, title="通知(试行)")
    assert (made.title, "时间：8:30，地点：震泽" in made.html) == ("通知（试行）", True)
    assert {one.what: one.params for one in made.changes}["typography"] == {"count": 5}
    assert "时间:8:30,地点" in article(typed, language="en").html


def test_table_of_forty_columns_is_told_and_fits_where_it_can() -> None:
    row = [text(f"{number}月") for number in range(40)]
    small = article({"type": "table", "header": True, "rows": [row] * 10})
    assert {"wide_table", "many_columns"} <= {one.what for one in small.changes}
    assert small.problems == ()
    assert "40 列" in next(one.sentence for one in small.changes if one.what == "many_columns")
    large = article({"type": "table", "header": True, "rows": [row] * 40})
    assert [one.what for one in large.problems] == ["characters"]
    assert "table_heavy" in {one.what for one in large.changes}


def test_title_of_33_characters_is_cut_to_32_and_told() -> None:
    made = article(title="云" * 33)
    assert (len(made.title), made.title[-1]) == (32, "…")
    assert [one.what for one in made.changes] == ["title_cut"]
    assert [one.what for one in article(title="云" * 32).changes] == []
