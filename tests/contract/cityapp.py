"""The City App channel dialled to the App without sockets; any call into the core or out of it may be the last."""

import dataclasses
import datetime as dt
import random
from collections.abc import Mapping

from cms.contract import OutboundRefused
from renderers.conformance.world import Faults, MemoryState, World
from tests.fakes.cityapp.app import PATH, App

URL = f"https://app.example.cn{PATH}"
BETWEEN_TRIES = dt.timedelta(minutes=16)


class Wire:
    """Implements `cms.contract.Outbound`; follows no redirect, as the house's client would not to another host."""

    def __init__(self, app: App, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        await self._faults.call()
        try:
            status, named, data = await self._app.handle(method, url, headers, body)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
        await self._faults.call()
        if 300 <= status < 400:
            raise OutboundRefused("publishing.outbound_refused", why="redirects")
        assert len(data) <= limit
        return status, named, data


class KilledState(MemoryState):
    """A kill may come before a value is written and after it."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults

    async def put(self, name: str, value: object, *, version: int) -> bool:
        await self._faults.call()
        done = await super().put(name, value, version=version)
        await self._faults.call()
        return done


class Service:
    """Implements `renderers.conformance.Platform`: the App, whose time passes between two tries."""

    def __init__(self, app: App) -> None:
        self.app = app

    def arrange(self, dice: random.Random) -> None:
        self.app.arrange(dice)

    def calm(self) -> None:
        self.app.calm()

    def visible(self, title: str) -> int:
        self.app.advance(BETWEEN_TRIES)
        return self.app.visible(title)


def dialled(app: App, *, kills: bool = True) -> World:
    """A world whose account is the App's; without `kills` only the kit's own calls may kill."""
    world = World("cityapp")
    faults = world.faults if kills else Faults()
    world.services = dataclasses.replace(
        world.services, outbound=Wire(app, faults), state=KilledState(faults), now=app.clock.now
    )
    world.target = dataclasses.replace(world.target, settings={"url": URL})
    world.services.vault._secrets["signing_secret"] = app.secret  # type: ignore[attr-defined]
    return world
