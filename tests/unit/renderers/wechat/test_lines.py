"""Lines of a cover: nothing begins with closing punctuation, numbers stay whole, and what is too long ends in dots."""

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.lines import balanced, wrap

CLOSING = "，。、；：？！）】》」』”’"
OPENING = "（【《「『“‘"


def width(text: str) -> float:
    return sum(1.0 if ord(ch) > 0x2E80 or ch in "“”‘’…—" else 0.5 for ch in text)


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("吴江区，理论宣讲", 3, ["吴江", "区，理", "论宣讲"]),
        ("迎接《太湖新曲》", 3, ["迎接", "《太湖", "新曲》"]),
        ("关于2026年的通知", 4, ["关于", "2026年的", "通知"]),
        ("增长12.5%以上", 4, ["增长", "12.5%以", "上"]),
        ("共 3 个", 8, ["共 3 个"]),
        ("", 4, []),
    ],
)
def test_line_breaks_where_a_typesetter_would(text: str, room: float, lines: list[str]) -> None:
    assert wrap(text, room=room, width=width, most=9) == lines


@given(st.text(st.sampled_from("理论宣讲进社区2026AB%（）《》，。！“”"), max_size=60), st.integers(4, 12))
def test_lines_fit_and_keep_their_punctuation(text: str, room: int) -> None:
    lines = wrap(text, room=room, width=width, most=99)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= room for line in lines)


@given(st.text(st.sampled_from("理论宣讲进社区，。"), min_size=1, max_size=40))
def test_line_begins_with_closing_punctuation_only_after_much_of_it(text: str) -> None:
    for before, line in zip(lines := wrap(text, room=6, width=width, most=99), lines[1:], strict=False):
        assert line[0] not in CLOSING or before[-1] in CLOSING


def test_text_that_is_too_long_ends_in_dots() -> None:
    lines = wrap("一二三四五六七八九十", room=3, width=width, most=2)
    assert lines == ["一二三", "四五…"]


def test_character_that_is_wider_than_the_room_stands_alone() -> None:
    assert wrap("ABCDEFGH", room=1, width=width, most=99) == ["AB", "CD", "EF", "GH"]


def test_lines_of_a_title_are_alike_and_dates_stay_whole() -> None:
    def width(text: str) -> float:
        return float(len(text))

    assert balanced("关于鲈乡南路停水的通知（11月30日）", room=9, width=width, most=4) == [
        "关于鲈乡南路停水",
        "的通知",
        "（11月30日）",
    ]
    assert balanced("一二三四五六七八九", room=8, width=width, most=3) == ["一二三四五", "六七八九"]
    assert balanced("短", room=8, width=width, most=3) == ["短"]
