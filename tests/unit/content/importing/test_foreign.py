"""Pages of other people as blocks: no word lost, no picture shown, nothing that could run."""

from hypothesis import given, strategies as st

from cms.content.blocks import plain_text, read_body
from cms.content.importing.foreign import line_of, read_foreign
from cms.content.importing.polling import found_in

TAGS = ("p", "div", "table", "tr", "td", "ul", "li", "ol", "h2", "b", "a", "br", "script", "iframe", "section", "img")
PIECES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(['<img src="/a.png" alt="桥">', '<a href="//b.cn/x">', "<img src='data:x'>", "<td/>", "<![CDATA["]),
)


def test_page_when_read_keeps_words_links_and_the_place_of_pictures() -> None:
    html = '<div>开头<div>一段 <a href="/x">去看</a></div><img data-src="https://c.cn/1.jpg" alt="桥">尾</div>'
    read = read_foreign(html + "<script>x()</script>", base="https://b.cn/p/", picture="图片：")
    assert ["".join(run["t"] for run in block["text"]) for block in read.blocks] == [
        "开头",
        "一段 去看",
        "图片：桥",
        "尾",
    ]
    assert read.blocks[1]["text"][1]["href"] == "https://b.cn/x"
    assert (read.blocks[2]["text"][0]["href"], read.pictures) == ("https://c.cn/1.jpg", ("https://c.cn/1.jpg",))


def test_embeds_and_plain_links_are_counted() -> None:
    read = read_foreign(
        '<p><a href="http://x.cn">旧</a><iframe src="https://v.cn"></iframe></p><img src="http://x.cn/1.png">'
    )
    assert read.dropped == {"link": 1, "embed": 1, "picture_plain": 1}


def test_page_when_it_is_endless_is_cut_and_said() -> None:
    read = read_foreign("<p>字</p>" * 800)
    assert (len(read.blocks), read.dropped) == (499, {"cut": 301})


@given(st.lists(PIECES, max_size=30))
def test_any_page_gives_a_body_the_house_takes(parts: list[str]) -> None:
    read = read_foreign("".join(parts), base="https://b.cn/")
    read_body({"schema": 1, "blocks": list(read.blocks)})


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<td>", "<table>", "</table>", "<li>", "</ul>", "<tr>", "甲", "乙", "丙"]),
        max_size=30,
    )
)
def test_any_page_keeps_its_characters_in_number(parts: list[str]) -> None:
    body = {"schema": 1, "blocks": list(read_foreign("".join(parts)).blocks)}
    for word in "甲乙丙":
        assert plain_text(body).count(word) == parts.count(word)


def test_item_when_the_same_twice_has_one_key_and_the_same_digest() -> None:
    item = {
        "guid": "1",
        "url": "https://a.cn/1",
        "title": " 夜 市 ",
        "html": "<p>字</p>",
        "at": "2026-11-26T08:00:00+08:00",
    }
    feed = {"rights": "版权", "items": [item, item, {"guid": "2", "title": "", "html": ""}]}
    (first,), (again,) = found_in(feed, "苏州发布", "白名单"), found_in(feed, "苏州发布", "白名单")
    assert (first.key, first.digest) == (again.key, again.digest)
    assert (first.values["title"], first.values["origin"], first.values["licence"]) == (
        "夜 市",
        "苏州发布",
        "白名单；版权",
    )
    assert line_of("<b>a</b><p>b</p>") == "a b"
