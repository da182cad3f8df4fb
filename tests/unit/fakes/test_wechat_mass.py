import datetime as dt
from typing import Any

import pytest

from tests.fakes.stage.clock import Clock
from tests.fakes.wechat.simulator import WeChat
from tests.unit.fakes.asking import AskWeChat, wechat

DAY = 86400


async def push(asking: AskWeChat, key: str = "", *, to_all: bool = True) -> Any:
    draft = await asking.draft()
    body = {
        "filter": {"is_to_all": to_all, "tag_id": 2},
        "msgtype": "mpnews",
        "mpnews": {"media_id": draft["media_id"]},
        "send_ignore_reprint": 0,
        **({"clientmsgid": key} if key else {}),
    }
    return await asking.post("message/mass/sendall", body)


async def test_push_when_done_is_seen_and_told() -> None:
    asking = await wechat()
    sent = await push(asking)
    assert (await asking.post("message/mass/get", {"msg_id": sent["msg_id"]}))["msg_status"] == "SENDING"
    asking.sim.advance(3)
    assert (await asking.post("message/mass/get", {"msg_id": sent["msg_id"]}))["msg_status"] == "SEND_SUCCESS"
    assert asking.sim.visible("板凳课堂") == 1
    assert not asking.sim.drafts.box
    assert (await asking.post("message/mass/delete", {"msg_id": sent["msg_id"]}))["errcode"] == 0
    assert asking.sim.visible("板凳课堂") == 0


async def test_push_to_all_goes_once_a_day() -> None:
    asking = await wechat()
    assert (await push(asking))["errcode"] == 0
    assert (await push(asking))["errcode"] == 45028
    assert (await push(asking, to_all=False))["errcode"] == 0
    asking.sim.advance(DAY)
    await asking.sign_in()
    assert (await push(asking))["errcode"] == 0


async def test_push_goes_four_times_a_calendar_month_of_beijing() -> None:
    start = dt.datetime(2026, 11, 25, 2, tzinfo=dt.UTC)
    asking = await wechat(WeChat(Clock(start)))
    for _ in range(4):
        assert (await push(asking))["errcode"] == 0
        asking.sim.advance(DAY)
        await asking.sign_in()
    assert (await push(asking))["errcode"] == 45028
    # 15:59 UTC of the last day is still November in Beijing; 16:01 is December.
    asking.sim.advance(dt.datetime(2026, 11, 30, 15, 59, tzinfo=dt.UTC) - asking.sim.clock.now())
    await asking.sign_in()
    assert (await push(asking))["errcode"] == 45028
    asking.sim.advance(120)
    assert (await push(asking))["errcode"] == 0


async def test_own_id_when_used_again_within_a_day_tells_the_first_push() -> None:
    asking = await wechat()
    first = await push(asking, "release-1", to_all=False)
    again = await push(asking, "release-1", to_all=False)
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert asking.sim.journal.counters["pushes"] == 1
    asking.sim.advance(DAY + 1)
    await asking.sign_in()
    assert (await push(asking, "release-1", to_all=False))["errcode"] == 0


async def test_own_id_when_too_long_by_bytes_is_refused() -> None:
    asking = await wechat()
    assert (await push(asking, "字" * 22))["errcode"] == 45067
    assert (await push(asking, "字" * 21 + "a"))["errcode"] == 0


@pytest.mark.parametrize(
    ("word", "seconds", "status"),
    [
        ("granted", 3, "SEND_SUCCESS"),
        ("refused", 3, "SEND_FAIL"),
        ("silent", 3, "SENDING"),
        ("silent", 1801, "SEND_FAIL"),
    ],
)
async def test_push_when_an_administrator_is_asked_waits_for_the_answer(word: str, seconds: int, status: str) -> None:
    asking = await wechat()
    asking.sim.mass.confirm = word
    sent = await push(asking)
    asking.sim.advance(seconds)
    assert (await asking.post("message/mass/get", {"msg_id": sent["msg_id"]}))["msg_status"] == status


async def test_push_when_too_many_a_minute_is_slowed() -> None:
    asking = await wechat()
    asking.sim.limits.mass_a_minute = 2
    asking.sim.limits.mass_a_month = 100
    assert [(await push(asking, to_all=False))["errcode"] for _ in range(3)] == [0, 0, 45011]
    asking.sim.advance(60)
    assert (await push(asking, to_all=False))["errcode"] == 0


async def test_push_when_unknown_is_refused() -> None:
    asking = await wechat()
    assert (await asking.post("message/mass/get", {"msg_id": 5}))["errcode"] == 40059


async def test_push_to_a_tag_beyond_four_goes_out_and_reaches_nobody() -> None:
    asking = await wechat()
    for _ in range(5):
        assert (await push(asking, to_all=False))["errcode"] == 0
        asking.sim.advance(3)
    pushes = list(asking.sim.mass.pushes.values())
    assert [one.reached > 0 for one in pushes] == [True] * 4 + [False]
    assert pushes[-1].spared > 0


async def test_own_id_when_used_again_at_once_may_be_too_fast() -> None:
    asking = await wechat()
    asking.sim.limits.same_id_pause = 60
    await push(asking, "release-1", to_all=False)
    assert (await push(asking, "release-1", to_all=False))["errcode"] == 45066
    asking.sim.advance(60)
    assert (await push(asking, "release-1", to_all=False))["errcode"] == 45065


async def test_pushes_when_too_many_a_day_are_refused() -> None:
    asking = await wechat()
    asking.sim.limits.mass_a_day = 1
    assert (await push(asking, to_all=False))["errcode"] == 0
    assert (await push(asking, to_all=False))["errcode"] == 45009
