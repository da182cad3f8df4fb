"""The form that is signed and the phone of the preview; settings and payload."""

import dataclasses
import datetime as dt
import json

import pytest
from hypothesis import given
from pydantic import ValidationError

from cms.contract import Piece, Target
from cms.kernel.messages import Catalogue
from renderers.conformance.samples import corrected, make_piece
from renderers.conformance.world import SITE
from renderers.wechat import channel
from renderers.wechat.dates import day, until_tomorrow
from renderers.wechat.forms import FORMS, RENDITIONS, VIDEO_RENDITIONS, form, preview, preview_at
from renderers.wechat.payload import Payload, article_object, decoded
from renderers.wechat.settings import AccountSettings, settings_of
from tests.unit.renderers.articles import AT, pieces

PAYLOAD = Payload(
    "t", "r", "题", "作者", "摘要", '<img src="asset:' + "a" * 64 + '" alt="">', "https://e.cn/", {}, "c", ()
)
PICTURES = {"a" * 64: "https://mmbiz.qpic.cn/1?a=1&b=2"}


def test_form_is_pure_and_carries_the_duties() -> None:
    piece = make_piece(1, at=AT)
    made = form(piece, SITE)
    assert made == form(piece, SITE)
    assert made != form(corrected(piece, at=AT), SITE)
    for duty in (piece.byline.source, piece.byline.reporter, piece.byline.editor, piece.byline.sponsor):
        assert duty.encode() in made
    shown = json.loads(made)
    assert shown["source"] == f"https://www.example.cn/d/{piece.document}/"
    assert all(f"asset:{sha256}" in shown["content"] for sha256 in shown["pictures"])


@given(pieces())
def test_preview_of_anything_lets_no_markup_through(piece: Piece) -> None:
    made = preview(piece, FORMS[0], SITE)
    lower = made.data.decode().lower()
    assert "<script" not in lower
    assert "<img src=x" not in lower
    assert "asset:" not in lower.split("<main>")[0]


def test_channel_names_what_it_draws() -> None:
    made = channel()
    assert made.kind == "wechat"
    assert made.asset_renditions == RENDITIONS == {"web-960-jpeg", "og", "cover-235"}
    assert made.video_renditions == VIDEO_RENDITIONS == {"poster"}
    assert made.secrets == ("app_secret", "callback_token", "callback_aes_key")
    assert made.seconds > 60


_CHINESE = Catalogue.load().table("zh-CN", "wechat.setting.")


def test_every_setting_is_named_and_described_in_chinese() -> None:
    for name, field in AccountSettings.model_fields.items():
        assert _CHINESE[f"wechat.setting.{name}"], name
        assert _CHINESE[f"wechat.setting.{name}.hint"], name
        assert not field.is_required(), name


@pytest.mark.parametrize(
    "given_settings",
    [{"theme": "red"}, {"base_url": "ftp://x"}, {"base_url": "https://a/b"}, {"unknown": 1}, {"comments": "yes"}],
)
def test_setting_that_cannot_be_is_refused(given_settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_of(Target("t", "wechat", "微信", settings=given_settings))


def test_payload_comes_back_as_it_went() -> None:
    full = dataclasses.replace(PAYLOAD, problems=(("characters", {"count": 1, "limit": 2}),), pictures={"a": "b"})
    assert decoded(full.encoded()) == full
    with pytest.raises(ValueError, match="format"):
        decoded(full.encoded().replace(b'"format":1', b'"format":2'))


@pytest.mark.parametrize(
    ("style", "fields"),
    [
        ("none", {}),
        ("pic_crop", {"pic_crop_235_1": "0_0_1_1", "pic_crop_1_1": "0.286667_0_0.712222_1"}),
        (
            "cover_info",
            {
                "cover_info": {
                    "crop_percent_list": [
                        {"ratio": "2.35_1", "x1": "0", "y1": "0", "x2": "1", "y2": "1"},
                        {"ratio": "1_1", "x1": "0.286667", "y1": "0", "x2": "0.712222", "y2": "1"},
                    ]
                }
            },
        ),
    ],
)
def test_article_object_has_the_fields_of_the_cover_style(style: str, fields: dict[str, object]) -> None:
    settings = AccountSettings.model_validate({"cover_style": style, "comments": "fans"})
    made = article_object(PAYLOAD, settings, addresses=PICTURES, cover="m", source="https://e.cn/?a=1")
    assert made == {
        "article_type": "news",
        "title": "题",
        "author": "作者",
        "digest": "摘要",
        "content": '<img src="https://mmbiz.qpic.cn/1?a=1&amp;b=2" alt="">',
        "content_source_url": "https://e.cn/?a=1",
        "thumb_media_id": "m",
        "need_open_comment": 1,
        "only_fans_can_comment": 1,
        **fields,
    }


def test_empty_fields_are_left_out() -> None:
    bare = dataclasses.replace(PAYLOAD, author="", digest="")
    made = article_object(bare, AccountSettings(), addresses=PICTURES, cover="m", source="s")
    assert "author" not in made
    assert "digest" not in made


def test_day_is_beijings() -> None:
    late = dt.datetime(2026, 11, 25, 16, 30, tzinfo=dt.UTC)
    assert day(late) == "2026年11月26日"
    assert until_tomorrow(late) == dt.timedelta(hours=23, minutes=31)


def test_preview_of_an_account_has_its_colour_its_author_and_the_cover_that_is_drawn() -> None:
    piece = dataclasses.replace(make_piece(1, at=AT), assets=(), cover=None)
    made = preview_at(piece, FORMS[0], SITE, {"theme": "#1f5fa8", "look": "line", "author": "融媒体中心"})
    page = made.data.decode()
    assert "#1f5fa8" in page
    assert "融媒体中心" in page
    # Twice: as the card of 2.35:1 and as the square of 1:1.
    assert page.count('src="data:image/jpeg;base64,') == 2
    # Settings of an older program still give a preview.
    assert b"<h1>" in preview_at(piece, FORMS[0], SITE, {"look": "none"}).data
