"""The WeChat channel dialled to the simulator without sockets, for the kit and for sweeps over every cut."""

import asyncio
import dataclasses
import datetime as dt
import io
import random
from collections.abc import Mapping
from typing import Any

from PIL import Image

from cms.contract import AccountState, OutboundRefused, Target
from renderers.conformance.samples import digest
from renderers.conformance.world import World
from tests.fakes.wechat.simulator import Account, WeChat

BETWEEN_TRIES = dt.timedelta(minutes=20)
PICTURES = ("web-960-jpeg", "og", "poster")


def a_jpeg(width: int = 1200, height: int = 630) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(made, "JPEG")
    return made.getvalue()


class Wire:
    """Implements `cms.contract.Outbound` over a simulator; `kill_at` kills the caller before or after its nth call."""

    def __init__(self, simulator: WeChat) -> None:
        self.simulator = simulator
        self.calls = 0
        self.kill_before = 0
        self.kill_after = 0

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.calls += 1
        if self.calls == self.kill_before:
            raise asyncio.CancelledError
        try:
            status, named, data = await self.simulator.handle(method, url, headers, body)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
        finally:
            if self.calls == self.kill_after:
                raise asyncio.CancelledError
        if status in {301, 302, 303, 307, 308}:
            raise OutboundRefused("publishing.outbound_refused", why="scheme")
        return status, named, data


class Slipping:
    """Account state that dies before or after its nth write."""

    def __init__(self, state: AccountState) -> None:
        self._state = state
        self.writes = 0
        self.kill_before = 0
        self.kill_after = 0

    async def get(self, name: str) -> tuple[Any, int]:
        return await self._state.get(name)

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        self.writes += 1
        if self.writes == self.kill_before:
            raise asyncio.CancelledError
        done = await self._state.put(name, value, version=version)
        if self.writes == self.kill_after:
            raise asyncio.CancelledError
        return done


class Service:
    """Implements `renderers.conformance.Platform`: the simulator, whose time passes between two tries."""

    def __init__(self, simulator: WeChat) -> None:
        self.simulator = simulator

    def arrange(self, dice: random.Random) -> None:
        self.simulator.arrange(dice)

    def calm(self) -> None:
        self.simulator.calm()

    def visible(self, title: str) -> int:
        self.simulator.advance(BETWEEN_TRIES)
        return self.simulator.visible(title)


def account_settings(account: Account) -> dict[str, object]:
    return {"appid": account.appid, "base_url": "https://api.weixin.qq.com"}


def dialled(simulator: WeChat) -> tuple[World, Wire, Slipping]:
    """A world whose account is the simulator's."""
    world = World("wechat")
    wire, state = Wire(simulator), Slipping(world.services.state)
    world.services = dataclasses.replace(world.services, outbound=wire, state=state, now=simulator.clock.now)
    world.target = Target("t-wechat", "wechat", "微信", ("/1/",), settings=account_settings(simulator.account))
    world.services.vault._secrets["app_secret"] = simulator.account.secret  # type: ignore[attr-defined]
    picture = a_jpeg()
    for number in range(60):
        cover = digest(f"cover {number}")
        world.assets.held |= {digest(cover + name): picture for name in PICTURES}
    return world, wire, state
