"""Callbacks of the simulator reach the channel in every mode; forged, foreign and repeated ones do nothing."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from cms.contract import Ask, Reply, Sent
from renderers.conformance.samples import make_piece
from renderers.wechat import channel
from renderers.wechat.post import WeChatPost
from tests.contract.wechat import dialled
from tests.fakes.wechat.simulator import Mailbox, WeChat

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
POST = WeChatPost()
KEY, OTHER_KEY = "A" * 43, "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq0"
TOKEN = "hub-token"


class Hub:
    """The account's server: hands what the simulator sends to the channel's callback."""

    def __init__(self, *, mode: str, body_format: str = "xml", event: str = "PUBLISHJOBFINISH") -> None:
        key = KEY if mode == "aes" else None
        box = Mailbox("https://hub.example.cn/hooks/wechat/t-wechat/", TOKEN, key, body_format, event)
        self.simulator = WeChat(mailbox=box)
        self.world, _, self.state = dialled(self.simulator)
        settings = {**self.world.target.settings, "callback_mode": mode}
        self.world.target = dataclasses.replace(self.world.target, settings=settings)
        self.secrets = self.world.services.vault._secrets  # type: ignore[attr-defined]
        self.secrets |= {"callback_token": TOKEN, "callback_aes_key": KEY}
        self.replies: list[Reply] = []

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        callback = channel().callback
        assert callback is not None
        query = dict(parse_qsl(urlsplit(url).query))
        named = {name.lower(): value for name, value in headers.items()}
        reply = await callback(Ask(method, "/", query, named, body, NOW), self.world.target, self.world.services)
        self.replies.append(reply)
        return reply.status, b"".join(part for part in reply.parts if isinstance(part, bytes))

    async def deliver(self) -> None:
        self.simulator.advance(10)
        await self.simulator.outbox.deliver(self.simulator.clock.now(), self.send)


async def _publish(hub: Hub, number: int = 1) -> None:
    target, services = hub.world.target, hub.world.services
    prepared = await POST.prepare(make_piece(number, at=NOW), target, services)
    await POST.send(prepared, f"{number:032x}", target, services)
    await hub.deliver()


@pytest.mark.parametrize("mode", ["plain", "aes"])
@pytest.mark.parametrize("body_format", ["xml", "json"])
@pytest.mark.parametrize("event", ["PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"])
async def test_finished_job_is_a_hint_and_the_state_comes_by_reading(mode: str, body_format: str, event: str) -> None:
    hub = Hub(mode=mode, body_format=body_format, event=event)
    assert await hub.simulator.callbacks.check_url(hub.send, NOW)
    await _publish(hub)
    assert [(reply.status, reply.parts, reply.hint) for reply in hub.replies[1:]] == [(200, (b"success",), True)]
    assert [one.state for one in hub.simulator.outbox.sent] == ["accepted"]
    outcome = await POST.reconcile(f"{1:032x}", hub.world.target, hub.world.services)
    assert isinstance(outcome, Sent)
    told = [fields for name, fields in hub.world.journal if name == "wechat.callback"]
    assert len(told) == 1
    assert told[0]["article_id"] == outcome.post


async def test_message_that_comes_again_is_answered_and_hints_once() -> None:
    hub = Hub(mode="aes")
    hub.simulator.outbox.plan("PUBLISHJOBFINISH", copies=3)
    await _publish(hub)
    assert [reply.hint for reply in hub.replies] == [True, False, False]
    assert {reply.status for reply in hub.replies} == {200}


@pytest.mark.parametrize("mode", ["plain", "aes"])
async def test_forged_message_is_refused_and_hints_nothing(mode: str) -> None:
    hub = Hub(mode=mode)
    hub.simulator.callbacks.mailbox.forge = True
    await _publish(hub)
    assert {(reply.status, reply.hint) for reply in hub.replies} == {(403, False)}


async def test_plain_message_in_aes_mode_is_refused() -> None:
    hub = Hub(mode="aes")
    hub.simulator.callbacks.mailbox.aes_key = None
    await _publish(hub)
    assert {reply.status for reply in hub.replies} == {403}


async def test_message_for_another_account_is_refused() -> None:
    hub = Hub(mode="aes")
    hub.simulator.callbacks.appid = "wx-other"
    await _publish(hub)
    assert {reply.status for reply in hub.replies} == {403}


async def test_key_before_the_change_still_opens_what_is_under_way() -> None:
    hub = Hub(mode="aes")
    await _publish(hub, 1)
    hub.secrets["callback_aes_key"] = OTHER_KEY
    await _publish(hub, 2)  # the platform has not taken the new key yet
    hub.simulator.callbacks.mailbox.aes_key = OTHER_KEY
    await _publish(hub, 3)
    hub.simulator.callbacks.mailbox.aes_key = KEY
    await _publish(hub, 4)
    assert [reply.status for reply in hub.replies] == [200] * 4


@pytest.mark.parametrize(
    ("method", "query", "body", "status"),
    [
        ("GET", {}, b"", 403),
        ("GET", {"signature": "x", "timestamp": "1", "nonce": "2", "echostr": "<script>"}, b"", 403),
        ("POST", {}, b"", 403),
        ("POST", {"msg_signature": "x"}, b"<xml><Encrypt>AAAA</Encrypt></xml>", 403),
        ("POST", {}, b"x" * 100_000, 403),
        ("POST", {}, b'<!DOCTYPE x [<!ENTITY e "e">]><xml><Encrypt>&e;</Encrypt></xml>', 403),
        ("PUT", {}, b"", 405),
    ],
)
async def test_anybody_else_is_turned_away(method: str, query: dict[str, str], body: bytes, status: int) -> None:
    hub = Hub(mode="aes")
    url = "https://hub.example.cn/?" + "&".join(f"{name}={value}" for name, value in query.items())
    assert (await hub.send(method, url, {}, body))[0] == status


async def test_account_without_a_token_takes_nothing() -> None:
    hub = Hub(mode="plain")
    del hub.secrets["callback_token"]
    hub.simulator.callbacks.mailbox.token = ""
    assert not await hub.simulator.callbacks.check_url(hub.send, NOW)
    await _publish(hub)
    assert {reply.status for reply in hub.replies} == {403}
