"""Chinese punctuation: what is typed carelessly is set well, and what is not punctuation stays as it was signed."""

import re

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.typography import tidy, tidy_runs

LETTERS = re.compile(r"[\w]")


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("你好,世界!", "你好，世界！"),
        ("时间:8:30,地点:震泽镇; 联系人:沈", "时间：8:30，地点：震泽镇；联系人：沈"),
        ("比分3:2,电话0512-6398,请拨打", "比分3:2，电话0512-6398，请拨打"),
        ("共1,200人参加(含志愿者)", "共1,200人参加（含志愿者）"),
        ("函数f(x)不变", "函数f(x)不变"),
        ("未完...待续。。。", "未完……待续……"),
        ("太湖--吴江", "太湖——吴江"),
        ('他说:"把大道理讲成小故事".', "他说：“把大道理讲成小故事”。"),
        ('只有一个"引号', '只有一个"引号'),
        ("２０２６年Ａ座", "2026年A座"),
        ("见https://www.example.cn/a,b?c=1", "见https://www.example.cn/a,b?c=1"),
        ("邮箱 a.b@example.cn", "邮箱 a.b@example.cn"),
        ("第一， 第二", "第一，第二"),
        ("张三 李四 王五", "张三 李四 王五"),
        ("已经……合适——了。", "已经……合适——了。"),
        ("Hello, world (all in English).", "Hello, world (all in English)."),
    ],
)
def test_line_is_set_as_the_standard_wants(typed: str, set_: str) -> None:
    assert tidy(typed)[0] == set_


def test_seam_of_two_runs_is_seen_whole() -> None:
    runs, count = tidy_runs([{"t": "把大道理", "m": ["b"]}, {"t": ",讲成小故事(一"}, {"t": ")", "m": ["i"]}])
    assert [(one["t"], one.get("m")) for one in runs] == [
        ("把大道理", ["b"]),
        ("，讲成小故事（一", None),
        ("）", ["i"]),
    ]
    assert count == 3


@given(st.lists(st.text(alphabet='，。吴江 ,.:;!?()"-…aZ9Ａ９\n', max_size=12), max_size=5))
def test_runs_are_set_as_their_text_and_no_word_is_touched(texts: list[str]) -> None:
    whole = "".join(texts)
    runs, count = tidy_runs([{"t": one} for one in texts])
    made = "".join(one["t"] for one in runs)
    assert (made, count) == tidy(whole)
    assert LETTERS.findall(made) == [chr(ord(one) - 0xFEE0) if one in "Ａ９" else one for one in LETTERS.findall(whole)]
    assert tidy(made)[0].count("吴") == whole.count("吴")
