"""Every call of the table answers, and those that are asked wrongly say so."""

from typing import Any

import pytest

from tests.fakes.wechat.calls import TABLE
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.unit.fakes.asking import wechat


@pytest.mark.parametrize("path", sorted(TABLE))
async def test_call_when_empty_is_answered_and_without_token_refused(path: str) -> None:
    asking = await wechat()
    method = next(iter(TABLE[path].methods))
    found = await asking.raw(method, f"{path}?access_token={asking.token}", b"{}")
    assert isinstance(found.get("errcode", 0), int)
    if TABLE[path].needs_token:
        assert (await asking.raw(method, path, b"{}"))["errcode"] == 41001
    other = {"GET": "POST", "POST": "GET"}[method]
    assert (await asking.raw(other, f"{path}?access_token={asking.token}", b"{}"))["errcode"] == 43002


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("menu/create", {"button": [{}] * 4}, 40016),
        ("menu/create", {"button": [{"sub_button": [{}] * 6}]}, 40023),
        ("menu/create", {"button": [{"type": "view", "name": "云屏"}]}, 0),
        ("message/template/send", {"touser": "o1"}, 47003),
        ("message/template/send", {"touser": "o1", "template_id": "t", "data": {"a": {"value": "b"}}}, 0),
        ("message/subscribe/bizsend", {"touser": "o1", "template_id": "t", "data": {"a": 1}}, 0),
        ("message/subscribe/bizsend", {"touser": "no", "template_id": "t", "data": {"a": 1}}, 43101),
        ("comment/open", {"msg_data_id": 1, "index": 0}, 0),
        ("callback/check", {"action": "all", "check_operator": "DEFAULT"}, 0),
        ("callback/check", {"action": "fly", "check_operator": "DEFAULT"}, 40035),
        ("message/mass/speed/set", {"speed": 5}, 40035),
        ("openapi/rid/get", {"rid": "1"}, 0),
        ("message/mass/send", {"touser": ["one"]}, 40035),
        ("message/mass/preview", {"msgtype": "text", "towxname": "a"}, 0),
    ],
)
async def test_small_call_is_judged(path: str, body: dict[str, Any], code: int) -> None:
    sim = WeChat(mailbox=Mailbox("http://127.0.0.1:9/"))
    sim.unwilling.add("no")
    asking = await wechat(sim)
    assert (await asking.post(path, body)).get("errcode", 0) == code


async def test_menu_when_made_is_there_until_deleted() -> None:
    asking = await wechat()
    await asking.post("menu/create", {"button": [{"type": "view", "name": "云屏"}]})
    assert (await asking.get("menu/get"))["menu"]["button"][0]["name"] == "云屏"
    await asking.get("menu/delete")
    assert (await asking.get("menu/get"))["errcode"] == 46003


async def test_comment_without_the_right_says_so() -> None:
    asking = await wechat()
    asking.sim.account.rights.discard("comment")
    assert (await asking.post("comment/open", {"msg_data_id": 1}))["errcode"] == 88000
