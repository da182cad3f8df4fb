"""The text under a post: within the limit, whole characters, no accidental topic or mention, byline always there."""

import dataclasses

import pytest
from hypothesis import given, strategies as st

from cms.contract import Piece
from renderers.conformance.samples import make_piece
from renderers.douyin import text
from renderers.douyin.settings import LIMITS
from tests.unit.renderers.articles import AT, pieces

PIECE = make_piece(1, at=AT)
FAMILY = "👨‍👩‍👧‍👦"


def test_text_when_composed_is_title_summary_byline_and_topics() -> None:
    piece = dataclasses.replace(PIECE, title="家门口的宣讲", summary="走进289个站。", column_name="理论宣讲")
    assert text.compose(piece, ("吴江", "理论宣讲")) == (
        "家门口的宣讲\n走进289个站。\n来源：吴江发布　记者：沈记者　责编：周责编　主办：区委宣传部\n#理论宣讲 #吴江"
    )


def test_text_when_an_editor_wrote_for_this_channel_is_hers() -> None:
    overrides = {
        "douyin": {"title": "短标题", "summary": "口语摘要 #吴江 #宣讲 ＃文明实践"},
        "wechat": {"title": "别的"},
    }
    composed = text.compose(dataclasses.replace(PIECE, overrides=overrides))
    assert composed.startswith("短标题\n口语摘要\n")
    assert composed.endswith("#吴江 #宣讲 #文明实践")


@given(pieces(), st.lists(st.text(max_size=40), max_size=8), st.text(max_size=3000))
def test_text_when_anything_is_typed_stays_within_limits(piece: Piece, topics: list[str], summary: str) -> None:
    composed = text.compose(dataclasses.replace(piece, summary=summary), topics)
    assert len(composed) <= LIMITS.text
    assert "@" not in composed
    assert len(text.title(piece)) <= LIMITS.title
    names = text.topics_of(piece, topics)
    assert composed.count("#") == len(names) <= LIMITS.topics
    assert all(0 < len(name) <= LIMITS.topic for name in names)
    assert "\u202e" not in composed


def test_text_when_too_long_keeps_byline_and_topics() -> None:
    composed = text.compose(dataclasses.replace(PIECE, summary="长" * 3000), ("吴江",))
    assert len(composed) == LIMITS.text
    assert "…\n来源：吴江发布" in composed
    assert composed.endswith(" #吴江")


@pytest.mark.parametrize(
    ("whole", "most", "kept"),
    [
        ("吴江新闻", 4, "吴江新闻"),
        ("吴江新闻联播", 4, "吴江新…"),
        (f"好{FAMILY}天", 5, "好…"),
        ("好🇨🇳🇨🇳天", 4, "好🇨🇳…"),
        ("好👍🏽啊啊", 3, "好…"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301…"),
        ("吴江", 0, ""),
    ],
)
def test_cut_when_it_would_split_what_a_person_sees_cuts_before(whole: str, most: int, kept: str) -> None:
    assert text.cut(whole, most) == kept


@given(st.text(max_size=60), st.integers(0, 60))
def test_cut_when_anything_is_cut_is_no_longer_than_asked(whole: str, most: int) -> None:
    kept = text.cut(whole, most)
    assert len(kept) <= max(most, 0)
    if kept != whole and most > 0:
        assert kept.endswith("…")
        assert whole.startswith(kept[:-1])


@pytest.mark.parametrize(("name", "kept"), [("#吴江 新闻!", "吴江新闻"), ("Ａ股_1", "Ａ股_1"), ("！！", "")])
def test_topic_when_it_has_other_marks_loses_them(name: str, kept: str) -> None:
    assert text.topic(name) == kept
