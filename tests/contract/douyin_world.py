"""A world dialled to the Douyin simulator without sockets, and with a kill at any call into the core or out of it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from cms.contract import OutboundRefused, Services
from renderers.conformance.world import Faults, MemoryState, World
from renderers.douyin.tokens import after_grant
from tests.fakes.douyin.simulator import Douyin

# Small enough that fifty films are made in seconds; nobody looks at them.
TINY: Mapping[str, Any] = {"width": 72, "card_seconds": 0.2, "topics": ("吴江",)}
BASE = "http://127.0.0.1:9072"


class Dialled:
    """Implements `Outbound` over the simulator; a kill may come before the call and between its effect and us."""

    def __init__(self, platform: Douyin, faults: Faults) -> None:
        self._platform = platform
        self._faults = faults

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        await self._faults.call()
        try:
            found = await self._platform.handle(method, url, headers, body)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
        await self._faults.call()
        assert len(found[2]) <= limit
        return found


class KilledState(MemoryState):
    """A kill may come before a value is written and after it."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        await self._faults.call()
        done = await super().put(name, value, version=version)
        await self._faults.call()
        return done


async def dialled(platform: Douyin, *, kills: bool = True, phone: bool = False, **settings: Any) -> World:
    """A world whose account was consented to and lets us post; without `kills` only the kit's own calls may kill;
    `phone`: links to be scanned are allowed."""
    world = World("douyin")
    world.services = services_of(world, platform, world.faults if kills else Faults())
    app = platform.app
    if not phone:
        app.scopes -= {"h5.share"}
    set_to = {"client_key": app.client_key, "open_id": app.open_id, "base_url": BASE, **TINY, **settings}
    world.target = dataclasses.replace(world.target, settings=set_to)
    scope = "user_info,video.create.bind,video.data.bind,video.list.bind,renew_refresh_token"
    form = {"client_key": app.client_key, "client_secret": app.client_secret, "grant_type": "authorization_code"}
    grant = platform.oauth.access_token({**form, "code": platform.oauth.consent(scope)})
    await world.services.vault.put("client_secret", app.client_secret)
    await world.services.vault.put("access_token", grant["access_token"])
    await world.services.vault.put("refresh_token", grant["refresh_token"])
    await world.services.state.put("tokens", after_grant(grant, platform.clock.now()), version=0)
    return world


def services_of(world: World, platform: Douyin, faults: Faults) -> Services:
    def now() -> dt.datetime:
        return platform.clock.now()

    return dataclasses.replace(world.services, outbound=Dialled(platform, faults), state=KilledState(faults), now=now)
