"""The signed form, the cards and the preview: pure, stable, and safe with whatever was typed."""

import dataclasses
import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from PIL import ImageFont

from cms.contract import AssetFile, Form, Piece
from cms.kernel.messages import Catalogue
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE
from renderers.douyin import channel
from renderers.douyin.article import Idea, ideas, video
from renderers.douyin.cards import TEXT_CARDS, Script, cards, count_of, paginate
from renderers.douyin.covers import Caption, cover, frame
from renderers.douyin.forms import FORMS, form, preview
from renderers.douyin.lettering import Press
from renderers.douyin.payload import script
from renderers.douyin.settings import LIMITS, Settings
from renderers.douyin.stills import picture_of
from tests.unit.renderers.articles import AT, piece_of, pieces

PIECE = make_piece(1, at=AT)
MASTER = "a" * 64
FILES = (
    AssetFile("b" * 64, 1, "video/mp4", 1280, 720, MASTER, "play-720"),
    AssetFile("c" * 64, 1, "image/jpeg", 1280, 720, MASTER, "poster"),
)
LECTURE = piece_of({"type": "video", "asset": MASTER, "title": "课"}, assets=FILES, durations={MASTER: 754_000})


def test_form_when_signed_is_as_recorded() -> None:
    """A change here is a change of what people sign: raise `payload.TEMPLATE` with it."""
    drawn = json.loads(form(PIECE, SITE))
    assert drawn["title"] == "第0001号稿件之第1版"
    assert drawn["text"].endswith("#理论宣讲")
    assert drawn["link"] == "https://www.example.cn/d/d000000001/"
    assert hashlib.sha256(form(PIECE, SITE)).hexdigest()[:16] == "c27a2ad5effd211c"


def test_form_when_of_a_lecture_names_its_film_and_poster() -> None:
    drawn = json.loads(form(LECTURE, SITE))
    assert drawn["film"] == {"lecture": "b" * 64, "milliseconds": 754_000}
    assert [MASTER, "poster", "c" * 64] in drawn["files"]


@pytest.mark.parametrize("change", [{"title": "改"}, {"summary": "改"}, {"overrides": {"douyin": {"summary": "#改"}}}])
def test_form_when_a_word_changes_is_another(change: dict[str, object]) -> None:
    assert form(dataclasses.replace(PIECE, **change), SITE) != form(PIECE, SITE)  # type: ignore[arg-type]


@given(pieces())
def test_preview_when_anything_was_typed_has_no_markup_of_it(piece: Piece) -> None:
    page = preview(piece, FORMS[0], SITE).data.decode()
    assert "<script" not in page
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert form(piece, SITE) == form(piece, SITE)


def test_preview_when_of_a_lecture_shows_its_poster_and_length() -> None:
    shown = preview(LECTURE, FORMS[0], SITE)
    assert (shown.width, shown.height) == (390, 844)
    assert b"/a/" + b"c" * 64 in shown.data
    assert b"12:34" in shown.data


@pytest.mark.parametrize("shown", FORMS[1:], ids=lambda one: one.key)
@pytest.mark.parametrize(
    "piece", [PIECE, make_piece(2, at=AT, pictured=False), LECTURE], ids=["picture", "text", "film"]
)
def test_stills_when_previewed_are_the_ones_that_go_out(shown: Form, piece: Piece) -> None:
    page = preview(piece, shown, SITE).data.decode()
    assert "data:image/" in page
    assert f"<title>{piece.title}</title>" in page
    assert "<script" not in page
    assert ('src="/a/' in page) == (picture_of(piece) is not None)


@given(pieces())
@settings(max_examples=15, deadline=None)
def test_cards_when_of_any_piece_are_three_to_six_of_the_film_s_size(piece: Piece) -> None:
    said = script(piece, SITE, width=180, height=320)
    pages = cards(said, None)
    assert 3 <= len(pages) <= 6
    assert len(pages) == count_of(said)
    assert {page.size for page in pages} == {(180, 320)}
    assert {page.mode for page in pages} == {"RGB"}


def test_cards_when_the_same_are_the_same_pixels() -> None:
    said = script(PIECE, SITE, width=180, height=320)
    first, second = cards(said, None), cards(said, b"no picture at all")
    assert [page.tobytes() for page in first] == [page.tobytes() for page in second]


def _script(*said: Idea) -> Script:
    return Script(720, 1280, "题", "栏目", "2026年11月26日", "区委宣传部", "云屏", "来源：甲", "https://x.cn/", said)


def test_idea_when_short_stands_large_and_when_long_goes_on() -> None:
    press = Press()
    assert [page.large for page in paginate(_script(Idea("一", ("短。",))), press)] == [True]
    long = paginate(_script(Idea("一", ("长句子，" * 120,))), press)
    assert len(long) > 1
    assert [bool(page.heading) for page in long] == [True] + [False] * (len(long) - 1)


def test_ideas_when_too_many_end_in_an_ellipsis() -> None:
    pages = paginate(_script(*(Idea(f"第{n}", ("句子。",)) for n in range(9))), Press())
    assert len(pages) == TEXT_CARDS
    assert pages[-1].lines[-1].endswith("…")
    assert not pages[0].lines[-1].endswith("…")


def test_lines_when_paginated_fit_between_the_margins() -> None:
    press = Press()
    for page in paginate(_script(Idea("标题" * 20, ("句子abc 12.5%，" * 60,))), press):
        font: ImageFont.FreeTypeFont = press.font(page.size)
        assert all(font.getlength(line) <= 600 for line in page.lines)


def test_frame_when_laid_over_a_lecture_leaves_its_picture_clear() -> None:
    said = Caption("题目很长" * 12, "栏目", "区委宣传部", "摘要" * 90, "来源：甲　记者：乙　责编：丙　主办：丁")
    drawn = frame(said, width=720, height=1280)
    top = (1280 - 405) // 2
    assert drawn.getchannel("A").crop((0, top, 720, top + 405)).getextrema() == (0, 0)
    # The lowest part belongs to the app's own words and buttons.
    words = drawn.crop((0, 1280 - 130, 720, 1280)).convert("RGB").getcolors()
    assert words is not None
    assert len(words) == 1


def test_cover_when_made_has_its_shape() -> None:
    said = Caption("题", "栏目", "区委宣传部", "", "")
    assert cover(said, None, shape="3x4", film_width=720).size == (1080, 1440)
    assert cover(said, None, shape="4x3", film_width=720).size == (1440, 1080)


def test_ideas_when_read_follow_the_headings() -> None:
    run = [{"t": "一\n二"}]
    piece = piece_of(
        {"type": "paragraph", "text": [{"t": "导语"}]},
        {"type": "heading", "level": 2, "text": [{"t": "其一"}]},
        {"type": "list", "ordered": True, "items": [{"id": "x", "text": run}, {"id": "y", "text": run}]},
        {"type": "heading", "level": 2, "text": [{"t": "空的"}]},
        {"type": "heading", "level": 2, "text": [{"t": "其二"}]},
        {"type": "notice", "title": "注意", "text": [{"t": "带伞"}]},
        {"type": "divider"},
    )
    assert ideas(piece) == [Idea("", ("导语",)), Idea("其一", ("1. 一 二", "2. 一 二")), Idea("其二", ("注意：带伞",))]


def test_video_when_the_release_has_no_file_of_it_is_none() -> None:
    assert video(dataclasses.replace(LECTURE, assets=())) is None
    assert video(PIECE) is None


def test_channel_when_asked_names_what_it_needs() -> None:
    made = channel()
    assert made.kind == "douyin"
    assert made.secrets == ("client_secret", "access_token", "refresh_token")
    assert "play-720" in made.video_renditions
    assert made.seconds >= LIMITS.seconds * 2


def test_settings_when_shown_on_the_desk_have_chinese_titles() -> None:
    said = Catalogue.load().table("zh-CN", "douyin.setting.")
    assert [
        name
        for name in Settings.model_fields
        if not re.search("[\u4e00-\u9fff]", said[f"douyin.setting.{name}.hint"]) or f"douyin.setting.{name}" not in said
    ] == []


@pytest.mark.parametrize("width", [72, 180, 720, 1080])
def test_height_when_upright_is_even(width: int) -> None:
    assert Settings(width=width).height == width * 16 // 9 // 2 * 2
