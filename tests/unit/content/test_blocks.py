"""The block tree: what comes in has one form, what has no place is refused, nothing is lost on the way."""

import contextlib
import copy
import unicodedata
import uuid
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.blocks import (
    MAX_BLOCKS,
    MAX_CHARACTERS,
    TYPES,
    asset_ids,
    empty_body,
    plain_text,
    read_body,
    texts,
    with_assets,
)
from cms.contract.tables import cells
from cms.kernel.errors import Invalid
from cms.kernel.ids import block_id
from cms.trust.canonical import encode

ASSET = "01930000-0000-7000-8000-000000000001"
anything = st.text(max_size=20)
links = st.sampled_from(["https://www.example.cn/", "https://例子.中国/路?a=1#b", "https://a.b:8443/x"])
runs = st.builds(
    lambda t, m, href: {"t": t, **({"m": m} if m else {}), **({"href": href} if href else {})},
    anything,
    st.lists(st.sampled_from("bius"), unique=True),
    st.none() | links,
)
inline = st.lists(runs, max_size=4)
ids = st.builds(block_id)
some_assets = st.uuids().map(str)


def block(type_: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"id": ids, "type": st.just(type_), **fields})


blocks = st.one_of(
    block("paragraph", text=inline),
    block("heading", level=st.sampled_from([2, 3]), text=inline),
    block(
        "list", ordered=st.booleans(), items=st.lists(st.fixed_dictionaries({"id": ids, "text": inline}), min_size=1)
    ),
    block("quote", text=inline, cite=anything),
    block("image", asset=some_assets, alt=anything, caption=anything),
    block("notice", title=anything, text=inline),
    block(
        "table", header=st.booleans(), rows=st.lists(st.lists(inline, min_size=2, max_size=2), min_size=1, max_size=3)
    ),
    block("divider"),
    block("video", asset=some_assets, title=anything, poster=some_assets),
)
bodies = st.builds(lambda found: {"schema": 1, "blocks": found}, st.lists(blocks, max_size=5))


def one(type_: str, **fields: Any) -> dict[str, Any]:
    return {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": type_, **fields}]}


@given(bodies)
def test_body_when_read_twice_is_the_same_and_has_a_canonical_text(body: dict[str, Any]) -> None:
    read = read_body(body)
    assert read_body(copy.deepcopy(read)) == read
    assert encode(read)
    assert all(unicodedata.is_normalized("NFC", text) for text in texts(read))


@given(bodies)
def test_body_when_read_keeps_every_visible_character(body: dict[str, Any]) -> None:
    def visible(text: str) -> str:
        return "".join(ch for ch in unicodedata.normalize("NFC", text) if ch.isalnum())

    assert visible("".join(texts(read_body(body)))) == visible("".join(texts(body)))
    assert [block["id"] for block in read_body(body)["blocks"]] == [block["id"] for block in body["blocks"]]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "type", "text", "t"]), inner),
    max_leaves=8,
)


@given(st.lists(json, max_size=3) | json)
def test_body_of_anything_is_read_or_refused(value: Any) -> None:
    for sent in (value, {"schema": 1, "blocks": value}):
        answer = None
        with contextlib.suppress(Invalid):
            answer = read_body(sent)
        assert answer is None or read_body(answer) == answer


@given(bodies.filter(lambda body: body["blocks"]), st.data())
def test_field_when_unknown_or_missing_is_refused(body: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(body)
    chosen = data.draw(st.sampled_from(broken["blocks"]))
    wanted = [name for name, (_, must) in TYPES[chosen["type"]].items() if must]
    gone = data.draw(st.sampled_from([*wanted, ""]))
    if gone:
        del chosen[gone]
    else:
        chosen["onclick"] = "x"
    with pytest.raises(Invalid) as refused:
        read_body(broken)
    assert refused.value.params["block"] == chosen["id"]


@pytest.mark.parametrize(
    "href",
    [
        "http://example.cn/",
        "javascript:alert(1)",
        " https://example.cn/",
        "https://",
        "https:///path",
        "https://user@example.cn/",
        "https://example.cn:99999/",
        "https://example.cn/\n",
        "https://exam\u200bple.cn/",
        'https://example.cn/"onload=',
        "//example.cn/",
        "data:text/html,x",
        7,
        None,
    ],
)
def test_link_when_not_plain_https_is_refused(href: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_body(one("paragraph", text=[{"t": "点我", "href": href}]))
    assert refused.value.code == "content.link"


@pytest.mark.parametrize(
    "value",
    [
        one("script", text=[]),
        one("heading", level=1, text=[]),
        one("heading", level=True, text=[]),
        one("list", ordered=1, items=[{"id": "b_bbbbbbbbbbbb", "text": []}]),
        one("list", ordered=True, items=[]),
        one("list", ordered=True, items=[{"id": "b_aaaaaaaaaaaa", "text": []}]),
        one("image", asset="../../etc", alt=""),
        one("image", asset=ASSET),
        one("table", header=True, rows=[[[]], [[], []]]),
        one("table", header=True, rows=[[]]),
        one("paragraph", text=[{"t": "x", "m": ["x"]}]),
        one("paragraph", text=[{"t": "x", "style": "y"}]),
        one("paragraph", text="x"),
        one("quote", text=[], cite="长" * 501),
        {"schema": 1, "blocks": [{"id": "x", "type": "divider"}]},
        {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "divider"}] * 2},
        {"schema": 2, "blocks": []},
        {"schema": True, "blocks": []},
        {"schema": 1, "blocks": {}},
        {"schema": 1},
        [],
        None,
    ],
)
def test_body_when_wrong_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        read_body(value)


def test_body_when_too_long_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_body({"schema": 1, "blocks": [{"id": block_id(), "type": "divider"} for _ in range(MAX_BLOCKS + 1)]})
    assert refused.value.code == "content.too_long"
    with pytest.raises(Invalid) as refused:
        read_body(one("paragraph", text=[{"t": "字" * (MAX_CHARACTERS + 1)}]))
    assert refused.value.code == "content.too_long"
    assert read_body(one("paragraph", text=[{"t": "字" * MAX_CHARACTERS}]))


def test_text_when_decomposed_or_noisy_is_cleaned_and_joined() -> None:
    sent = [
        {"t": "e"},
        {"t": "\u0301\u200b,\r\n"},
        {"t": ""},
        {"t": "x", "m": ["i", "b"]},
        {"t": "\x07y", "m": ["b", "i"]},
    ]
    read = read_body(one("paragraph", text=sent))["blocks"][0]["text"]
    assert read == [{"t": "é,\n"}, {"t": "xy", "m": ["b", "i"]}]


def test_assets_when_listed_come_once_in_order_and_turn_into_hashes() -> None:
    second = "01930000-0000-7000-8000-000000000002"
    body = read_body(
        {
            "schema": 1,
            "blocks": [
                {"id": "b_aaaaaaaaaaaa", "type": "image", "asset": second, "alt": "甲"},
                {"id": "b_bbbbbbbbbbbb", "type": "video", "asset": ASSET, "title": "乙", "poster": second},
            ],
        }
    )
    assert asset_ids(body) == [uuid.UUID(second), uuid.UUID(ASSET)]
    hashed = with_assets(body, {uuid.UUID(second): "a" * 64, uuid.UUID(ASSET): "b" * 64})
    assert [block["asset"] for block in hashed["blocks"]] == ["a" * 64, "b" * 64]
    assert hashed["blocks"][1]["poster"] == "a" * 64
    assert body["blocks"][0]["asset"] == second


def test_plain_text_of_a_body_is_its_words_line_by_line() -> None:
    body = read_body(
        {
            "schema": 1,
            "blocks": [
                {"id": "b_aaaaaaaaaaaa", "type": "heading", "level": 2, "text": [{"t": "小标题"}]},
                {
                    "id": "b_bbbbbbbbbbbb",
                    "type": "list",
                    "ordered": False,
                    "items": [{"id": "b_cccccccccccc", "text": [{"t": "一"}, {"t": "二", "m": ["b"]}]}],
                },
                {"id": "b_dddddddddddd", "type": "quote", "text": [{"t": "话"}], "cite": "某人"},
            ],
        }
    )
    assert plain_text(body) == "小标题\n一二\n话\n某人"
    assert plain_text(empty_body()) == ""


def _merged(*spans: object, header: bool = False) -> dict[str, Any]:
    """A table of three by three, words in the first column alone."""
    rows = [[[{"t": f"第{row}行"}], [], []] for row in range(3)]
    return {"id": "b_aaaaaaaaaaaa", "type": "table", "header": header, "rows": rows, "spans": list(spans)}


def _span(row: int, column: int, rows: int, columns: int) -> dict[str, int]:
    return {"row": row, "column": column, "rows": rows, "columns": columns}


def test_spans_when_they_fit_are_kept_in_order_and_drawn_without_what_they_cover() -> None:
    table = _merged(_span(1, 1, 2, 2), _span(0, 0, 1, 3), _span(1, 0, 1, 1))
    (read,) = read_body({"schema": 1, "blocks": [table]})["blocks"]
    assert read["spans"] == [_span(0, 0, 1, 3), _span(1, 1, 2, 2)]
    assert [[(cell.rows, cell.columns) for cell in row] for row in cells(read)] == [
        [(1, 3)],
        [(1, 1), (2, 2)],
        [(1, 1)],
    ]


@pytest.mark.parametrize(
    ("spans", "header"),
    [
        ([_span(0, 0, 1, 4)], False),
        ([_span(2, 0, 2, 1)], False),
        ([_span(0, 0, 2, 1)], False),  # over words
        ([_span(0, 1, 2, 1)], True),  # out of the header row
        ([_span(0, 1, 1, 2), _span(0, 2, 2, 1)], False),  # over another
        ([_span(-1, 1, 1, 2)], False),
        ([_span(0, 1, 0, 2)], False),
        ([{"row": 0, "column": 1, "rows": 1}], False),
        ([{"row": 0, "column": 1, "rows": True, "columns": 2}], False),
        ([7], False),
    ],
)
def test_spans_when_they_do_not_fit_are_refused_at_their_table(spans: list[Any], *, header: bool) -> None:
    with pytest.raises(Invalid) as refused:
        read_body({"schema": 1, "blocks": [_merged(*spans, header=header)]})
    assert refused.value.params == {"block": "b_aaaaaaaaaaaa", "field": "spans"}
