"""Lines of Chinese: never wider than asked, nothing lost, punctuation where the rules of the trade want it."""

import itertools

import pytest
from hypothesis import example, given, strategies as st

from renderers.douyin.lettering import Press, drawable, titled, wrap

CLOSING, OPENING = "，。、；：？！）》」”", "（《「“"


def measure(text: str) -> float:
    return sum(1 if ch.isascii() else 2 for ch in text)


WORDS = st.text(st.sampled_from("吴江新闻宣讲走进" + CLOSING + OPENING + "abc 019.-%"), max_size=80)


@given(WORDS, st.integers(8, 40))
@example("0“0”””", 8)
def test_wrap_when_anything_is_set_keeps_its_width_and_its_characters(text: str, width: int) -> None:
    lines = wrap(text, width=width, measure=measure)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(line) <= width for line in lines)


@given(st.text(st.sampled_from("吴江新闻宣讲，。（《"), max_size=60), st.integers(16, 40))
def test_wrap_when_a_line_breaks_leaves_no_mark_in_the_wrong_place(text: str, width: int) -> None:
    lines = wrap(text, width=width, measure=measure)
    for before, after in itertools.pairwise(lines):
        # A line of nothing but marks cannot obey.
        assert after[0] not in "，。" or set(before + after[0]) <= set("，。（《") or len(before) == 1
        assert before[-1] not in "（《" or len(before) == 1


def test_wrap_when_ordinary_breaks_like_a_newspaper() -> None:
    assert wrap("吴江区“家门口的宣讲”走进289个站", width=16, measure=measure) == [
        "吴江区“家门口的",
        "宣讲”走进289个",
        "站",
    ]


def test_wrap_when_a_number_has_a_unit_keeps_them_together() -> None:
    assert wrap("活动到12月31日", width=12, measure=measure) == ["活动到12月", "31日"]


def test_wrap_when_there_are_too_many_lines_ends_in_an_ellipsis() -> None:
    assert wrap("吴江新闻宣讲走进村社企业", width=8, measure=measure, most=2) == ["吴江新闻", "宣讲走…"]


def test_font_when_asked_for_draws_simplified_chinese() -> None:
    font = Press().font(40, bold=True, serif=True)
    assert font.getname() == ("Noto Serif CJK SC", "Bold")


def test_drawable_when_it_turns_the_direction_does_not() -> None:
    assert drawable("吴\u202e江\u200b") == "吴江"


@pytest.mark.parametrize("cut", ["\n", "\r", "\r\n", "\u2029", "\x85", "\x1c", "\x0b"])
def test_drawable_when_it_had_a_line_break_can_be_measured_in_one_line(cut: str) -> None:
    assert Press().font(20).getlength(drawable(f"要闻{cut}吴江")) == Press().font(20).getlength("要闻 吴江")


def test_line_when_punctuation_comes_along_keeps_a_time_whole() -> None:
    lines = wrap("每周六上午9:00—11:30开展", width=90, measure=lambda text: len(text) * 10)
    assert lines == ["每周六上午", "9:00—", "11:30开展"]


def test_title_when_parted_breathes_and_leaves_no_word_alone() -> None:
    def ten(text: str) -> float:
        return len(text) * 10

    assert titled("开始报名：十二家实践所同步行动", width=110, measure=ten, most=4) == [
        "开始报名：",
        "十二家实践所同步行动",
    ]
    assert titled("中共苏州市吴江区委宣传部", width=110, measure=ten, most=2) == ["中共苏州市吴江区", "委宣传部"]
    assert titled("很长的题目" * 9, width=110, measure=ten, most=2)[-1].endswith("…")
