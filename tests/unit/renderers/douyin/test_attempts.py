"""What a reading makes of an attempt: only two readings without the post are «not there», and nothing is guessed."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.contract import Accepted, NotSent, Sent, Unknown
from renderers.douyin.attempts import begun, created, judge, ours, record_of

INTENT = begun(video="v1", upload="upload:x", text="吴江", private=0, since=1000)
CREATED = created(INTENT, "@1")


def row(**fields: Any) -> dict[str, Any]:
    return {
        "item_id": "@1",
        "video_id": "v1",
        "title": "吴江",
        "create_time": 1100,
        "is_reviewed": True,
        "video_status": 5,
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "private", "outcome"),
    [
        ({}, 0, Sent("@1", "https://v.douyin.com/x")),
        ({"video_status": "1", "is_reviewed": "true"}, 0, Sent("@1", "https://v.douyin.com/x")),
        ({"video_status": 4, "is_reviewed": False}, 0, Accepted),
        ({"video_status": 5, "is_reviewed": False}, 0, Accepted),
        ({"video_status": 2}, 0, NotSent("douyin.review_refused", retry=False, params={"item": "@1"})),
        ({"video_status": 7}, 0, NotSent("douyin.review_private", retry=False, params={"item": "@1"})),
        ({"video_status": 7}, 1, Sent("@1", "https://v.douyin.com/x")),
        ({"video_status": 6}, 2, Sent("@1", "https://v.douyin.com/x")),
        ({"video_status": 99}, 0, Unknown),
        ({"share_url": "javascript:alert(1)"}, 0, Sent("@1")),
    ],
)
def test_judge_when_the_post_is_there_says_what_it_is(fields: dict[str, Any], private: int, outcome: Any) -> None:
    found = row(**{"share_url": "https://v.douyin.com/x", **fields})
    judged = judge({**INTENT, "private": private}, found)
    assert judged.outcome == outcome if not isinstance(outcome, type) else isinstance(judged.outcome, outcome)
    assert judged.record["item"] == "@1"


def test_judge_when_absent_once_waits_and_twice_says_not_there() -> None:
    first = judge(INTENT, None)
    assert isinstance(first.outcome, Unknown)
    second = judge(first.record, None)
    assert second.outcome == NotSent("douyin.not_there", retry=True)
    assert second.record["state"] == "void"


def test_judge_when_a_created_post_vanished_never_sends_again() -> None:
    second = judge(judge(CREATED, None).record, None)
    assert isinstance(second.outcome, NotSent)
    assert (second.outcome.code, second.outcome.retry) == ("douyin.vanished", False)


def test_judge_when_found_after_an_absence_forgets_it() -> None:
    again = judge(judge(INTENT, None).record, row(video_status=4))
    assert again.record["absent"] == 0


@pytest.mark.parametrize(
    ("record", "fields", "found"),
    [
        (INTENT, {"title": "别的"}, True),
        (INTENT, {"video_id": "v9"}, True),  # its words, made since
        (INTENT, {"video_id": "v9", "create_time": 100}, False),
        (INTENT, {"video_id": "v9", "title": "别的"}, False),
        (CREATED, {"video_id": "v9", "item_id": "@2"}, False),
        (CREATED, {"video_id": "v9"}, True),
    ],
)
def test_ours_when_looked_for_is_known_by_item_video_or_words(record: Any, fields: Any, found: bool) -> None:
    assert (ours(record, [row(**fields)]) is not None) is found


@given(st.dictionaries(st.sampled_from(sorted(row())), st.none() | st.booleans() | st.integers() | st.text(max_size=5)))
def test_judge_when_a_row_is_hostile_never_raises(fields: dict[str, Any]) -> None:
    found = ours(INTENT, [fields])
    judge(INTENT, found)
    judge(INTENT, fields)


def test_name_when_long_fits_the_column() -> None:
    assert len(record_of("x" * 500)) <= 80
