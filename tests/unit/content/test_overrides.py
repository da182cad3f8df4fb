"""What one channel says otherwise: read, written, applied, and told apart from the master."""

import uuid
from typing import Any

import pytest

from cms.content.draft import Draft, draft_json, read_draft
from cms.content.overrides import differing, on_channel, override_assets
from cms.kernel.errors import Invalid

MASTER, OWN, INSIDE = (uuid.UUID(int=number) for number in (1, 2, 3))


def body(text: str, *more: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 1,
        "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": text}]}, *more],
    }


IMAGE = {"id": "b_bbbbbbbbbbbb", "type": "image", "asset": str(INSIDE), "alt": "图"}
SENT: dict[str, Any] = {
    "title": "主稿",
    "summary": "摘要",
    "cover": str(MASTER),
    "body": body("主稿正文"),
    "overrides": {
        "wechat": {"title": "微信题", "cover": str(OWN), "body": body("微信正文", IMAGE)},
        "web": {"summary": "摘要", "title": " ", "body": {"schema": 1, "blocks": []}},
    },
}


def test_draft_when_read_and_written_keeps_what_channels_say() -> None:
    draft = read_draft(SENT)
    assert draft.overrides["wechat"]["cover"] == str(OWN)
    assert set(draft.overrides["web"]) == {"summary"}  # what is empty is the master's
    assert read_draft(draft_json(draft)) == draft


def test_channel_when_it_has_words_of_its_own_shows_them_and_else_the_master() -> None:
    draft = read_draft(SENT)
    shown = on_channel(draft, "wechat")
    assert (shown.title, shown.summary, shown.cover) == ("微信题", "摘要", OWN)
    assert shown.body["blocks"][0]["text"] == [{"t": "微信正文"}]
    assert on_channel(draft, "screen") is draft


def test_channel_when_it_says_the_master_s_words_does_not_differ() -> None:
    assert differing(read_draft(SENT)) == {"wechat": ("title", "cover", "body")}
    assert differing(Draft()) == {}


def test_assets_when_only_a_channel_shows_them_are_named() -> None:
    assert set(override_assets(read_draft(SENT).overrides)) == {OWN, INSIDE}


def test_overrides_when_of_more_channels_than_any_house_has_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_draft({"overrides": {f"c{number}": {"title": "题"} for number in range(17)}})
    assert "overrides" in refused.value.fields
