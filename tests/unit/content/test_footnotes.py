"""Footnotes and levels of lists: what a draft holds, what a release draws, and that no word is lost on any channel."""

import dataclasses
import html
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.blocks import MAX_CELLS, MAX_LEVEL, block_texts, read_body, texts
from cms.content.footnotes import numbered
from cms.contract.lists import Outline, outline
from cms.kernel.errors import Invalid
from renderers.douyin.article import ideas
from renderers.tv import text as tv
from renderers.web import blocks as web
from renderers.wechat.article import make_article
from renderers.wechat.settings import AccountSettings
from tests.unit.renderers.articles import piece_of

WORDS = st.text("甲乙丙丁戊abc 12", min_size=1, max_size=6).filter(str.strip)
IDS = st.integers(0, 10**9).map(lambda number: f"b_{number:012d}")


def note(key: int, text: str) -> dict[str, Any]:
    return {"t": "", "note": {"id": f"b_{key:012d}", "text": text}}


def body_of(*blocks: dict[str, Any]) -> dict[str, Any]:
    return read_body({"schema": 1, "blocks": list(blocks)})


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Paragraphs, lists of any levels and notes anywhere."""
    keys = iter(range(10**6))

    def runs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [{"t": draw(WORDS)}]
        if draw(st.booleans()):
            found.append(note(next(keys), draw(st.one_of(st.just(""), WORDS))))
        return found

    blocks: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4))):
        key = f"b_{next(keys):012d}"
        if draw(st.booleans()):
            blocks.append({"id": key, "type": "paragraph", "text": runs()})
            continue
        items = [
            {
                "id": f"b_{next(keys):012d}",
                "text": runs(),
                "level": draw(st.integers(0, MAX_LEVEL)),
                "ordered": draw(st.booleans()),
            }
            for _ in range(draw(st.integers(1, 5)))
        ]
        blocks.append({"id": key, "type": "list", "ordered": draw(st.booleans()), "items": items})
    return {"schema": 1, "blocks": blocks}


def flat(found: Outline) -> list[str]:
    return [
        one for entry in found.entries for one in (entry.id, *(id_ for below in entry.below for id_ in flat(below)))
    ]


@given(bodies())
def test_body_when_numbered_keeps_every_word_and_needs_no_more_reading(sent: dict[str, Any]) -> None:
    body = read_body(sent)
    assert read_body(body) == body

    release = numbered(body)

    marks = [run["t"] for block in release["blocks"] for run in runs_of(block) if "note" in run]
    assert marks == [f"[{number}]" for number in range(1, len(marks) + 1)]
    assert squeezed(texts(release)) == squeezed(texts_with_marks(body))
    for block in release["blocks"]:
        if block["type"] == "list":
            assert flat(outline(block)) == [item["id"] for item in block["items"]]
    ids = [one["id"] for block in release["blocks"] for one in (block, *block.get("items", ()))]
    assert len(ids) == len(set(ids))


@given(bodies())
def test_release_when_drawn_on_any_channel_shows_every_word(sent: dict[str, Any]) -> None:
    release = numbered(read_body(sent))
    piece = dataclasses.replace(piece_of({"type": "divider"}), body=release, summary="", subtitle="", column_name="")
    drawn = {
        "web": words_of(str(web.body(piece))),
        "tv": words_of(str(tv.body(piece))),
        "wechat": words_of(make_article(piece, AccountSettings()).html),
        "douyin": squeezed(line for idea in ideas(piece) for line in (idea.heading, *idea.paragraphs)),
    }
    for text in texts(release):
        for word in re.split(r"\[\d+\]", text):
            for channel, shown in drawn.items():
                assert squeezed([word]) in shown, channel


def runs_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [*block.get("text", ()), *(run for item in block.get("items", ()) for run in item["text"])]


def texts_with_marks(body: dict[str, Any]) -> list[str]:
    """The words of a draft with the marks a release gives, and the notes at the end."""
    said: list[str] = []
    ends: list[str] = []
    for block in body["blocks"]:
        for run in runs_of(block):
            if "note" not in run:
                said.append(run["t"])
            elif run["note"]["text"]:
                ends.append(run["note"]["text"])
                said.append(f"[{len(ends)}]")
    return [*said, *ends]


def words_of(markup: str) -> str:
    return squeezed([html.unescape(re.sub(r"<[^>]+>", "", markup))])


def squeezed(parts: Any) -> str:
    return re.sub(r"[\s\u00a0]", "", "".join(parts))


def test_note_when_it_names_an_address_links_it() -> None:
    body = body_of(
        {"id": "b_000000000001", "type": "paragraph", "text": [{"t": "据报"}, note(2, "见 https://x.cn/a。")]}
    )
    assert list(block_texts(body["blocks"][0])) == ["据报", "见 https://x.cn/a。"]
    paragraph, notes = numbered(body)["blocks"]
    assert paragraph["text"] == [{"t": "据报"}, {"t": "[1]", "note": "b_000000000002"}]
    assert notes["items"][0]["text"] == [{"t": "见 "}, {"t": "https://x.cn/a", "href": "https://x.cn/a"}, {"t": "。"}]
    drawn = str(web.body(dataclasses.replace(piece_of({"type": "divider"}), body=numbered(body))))
    assert 'href="#b_000000000002"' in drawn
    assert 'role="doc-endnotes"' in drawn


@pytest.mark.parametrize(
    "run",
    [
        {"t": "x", "note": {"id": "b_000000000001", "text": ""}},
        {"t": "", "note": {"id": "1", "text": ""}},
        {"t": "", "note": {"id": "b_000000000001"}},
        {"t": "", "note": {"id": "b_000000000001", "text": 7}},
        {"t": "", "note": {"id": "b_000000000001", "text": "长" * 2001}},
        {"t": "", "note": "b_000000000001"},
        {"t": "", "note": {"id": "b_000000000001", "text": ""}, "m": ["b"]},
    ],
)
def test_note_when_of_another_form_is_refused_at_its_block(run: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        body_of({"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [run]})
    assert refused.value.params["block"] == "b_aaaaaaaaaaaa"


def test_table_when_too_large_says_where_and_how_large() -> None:
    rows = [[[{"t": "格"}]] * 100] * 100
    with pytest.raises(Invalid) as refused:
        body_of({"id": "b_aaaaaaaaaaaa", "type": "table", "header": False, "rows": rows})
    assert (refused.value.code, refused.value.params) == (
        "content.table_size",
        {"block": "b_aaaaaaaaaaaa", "field": "rows", "cells": 10_000, "most": MAX_CELLS},
    )
