"""HTML of Word documents as blocks that the house's own reader takes."""

import pytest
from hypothesis import given, strategies as st

from cms.content.blocks import read_body
from cms.content.importing.docx import read_article

TAGS = ("p", "h1", "h3", "ul", "ol", "li", "table", "tr", "td", "th", "strong", "em", "blockquote", "br", "div")
PIECES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(['<a href="https://x.cn/">', '<a href="javascript:alert(1)">', "</a>", "&lt;b&gt;"]),
)


def types(html: str) -> list[str]:
    return [block["type"] for block in read_article(html).blocks]


def test_headline_when_it_opens_the_text_becomes_the_title() -> None:
    read = read_article("<h1>夜市开市</h1><p>灯亮了。</p>")
    assert (read.title, [block["type"] for block in read.blocks]) == ("夜市开市", ["paragraph"])
    assert read_article("<p>灯亮了，人来了。</p>").title == ""


def test_table_when_its_cells_are_merged_is_filled_and_said() -> None:
    read = read_article("<p>一句话。</p><table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>")
    assert [len(row) for row in read.blocks[1]["rows"]] == [2, 2]
    assert read.dropped == {"merged_cells": 1}


def test_lists_inside_lists_become_one() -> None:
    html = "<p>一句话。</p><ul><li>甲<ol><li>乙</li></ol></li><li>丙</li></ul>"
    items = read_article(html).blocks[1]["items"]
    assert ["".join(run["t"] for run in item["text"]) for item in items] == ["甲", "乙", "丙"]


@pytest.mark.parametrize("href", ["http://x.cn/", "javascript:alert(1)", "//x.cn/"])
def test_link_that_is_not_https_keeps_its_words_alone(href: str) -> None:
    read = read_article(f'<p>一句话。</p><p><a href="{href}">去看</a></p>')
    assert read.blocks[1]["text"] == [{"t": "去看"}]
    assert read.dropped == {"link": 1}


@given(st.lists(PIECES, max_size=25))
def test_any_html_gives_a_body_the_house_takes(parts: list[str]) -> None:
    read = read_article("".join(parts))
    read_body({"schema": 1, "blocks": list(read.blocks)})
