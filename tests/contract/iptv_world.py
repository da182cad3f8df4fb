"""A world dialled to an operator's simulator without sockets, with a kill at any call into the core or out of it."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cms.contract import Ask, AssetFile, Bench, Made, OutboundRefused, Piece, Prepared, Services, Span, Target
from renderers.conformance.samples import digest
from renderers.conformance.world import Faults, MemoryState, World
from renderers.iptv.callback import callback
from renderers.iptv.post import IptvPost
from tests.fakes.iptv.operator import SERVICE, Operator

BASE = "http://127.0.0.1:9073"
STREAM = (b"\x47" + bytes(187)) * 20


class Dialled:
    """Implements `Outbound` over the simulator; a kill may come before the call and between its effect and us."""

    def __init__(self, operator: Operator, faults: Faults) -> None:
        self._operator = operator
        self._faults = faults

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        await self._faults.call()
        try:
            found = await self._operator.handle(method, url, headers, body)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
        await self._faults.call()
        assert len(found[2]) <= limit
        return found


class KilledState:
    """A worker's view of the state that the web role sees too: a kill may come before and after a value is written."""

    def __init__(self, state: MemoryState, faults: Faults) -> None:
        self._state = state
        self._faults = faults

    async def get(self, name: str) -> tuple[Any, int]:
        return await self._state.get(name)

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        await self._faults.call()
        done = await self._state.put(name, value, version=version)
        await self._faults.call()
        return done


class QuickStudio:
    """Every stream is the same few packets; `made` counts the keys."""

    def __init__(self, world: World) -> None:
        self.made: set[str] = set()
        self._world = world

    async def make(self, key: str, work: Callable[[Bench], Awaitable[Path]], *, media_type: str) -> Made:
        self.made.add(key)
        data = STREAM + hashlib.sha256(key.encode()).digest()
        made = Made(hashlib.sha256(data).hexdigest(), len(data))
        self._world.assets.held[made.sha256] = data
        return made


class Hub:
    """What the operator reaches of us: the callback of the web role, whose services no worker's kill touches."""

    def __init__(self, world: World, services: Services) -> None:
        self.world = world
        self.services = services
        self.hints = 0
        self.asked: list[tuple[str, str, int]] = []

    async def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        path = urlsplit(url).path.removeprefix(f"/hooks/iptv/{self.world.target.code}/")
        named = {name.lower(): value for name, value in headers.items()}
        reply = await callback(
            Ask(method, path, {}, named, body, self.services.now()), self.world.target, self.services
        )
        self.asked.append((method, path, reply.status))
        self.hints += reply.hint
        parts = [part if isinstance(part, bytes) else await self._span(part) for part in reply.parts]
        return reply.status, b"".join(parts)

    async def _span(self, span: Span) -> bytes:
        data = self.world.assets.held.get(span.sha256, b"\0" * 1000)
        await asyncio.sleep(0)
        return data[span.start : span.start + span.length]


@dataclasses.dataclass
class Dial:
    """A world, the operator it is dialled to, and what the operator reaches."""

    world: World
    operator: Operator
    hub: Hub


def dialled(operator: Operator | None = None, *, kills: bool = True, **settings: Any) -> Dial:
    """A world whose account is set up; without `kills` only the kit's own calls may kill."""
    operator = operator or Operator()
    world, state = World("iptv"), MemoryState()
    faults = world.faults if kills else Faults()

    def now() -> dt.datetime:
        return operator.clock.now()

    set_to = {"csp": operator.csp, "lsp": operator.lsp, "service": BASE + SERVICE, "columns": {"talks": "1001"}}
    world.target = Target("t-iptv", "iptv", "iptv", ("/1/",), {**set_to, "film": "720", **settings})
    plain = dataclasses.replace(world.services, state=state, now=now, studio=QuickStudio(world))
    world.services = dataclasses.replace(plain, state=KilledState(state, faults), outbound=Dialled(operator, faults))
    hub = Hub(world, plain)
    operator.callback = "https://www.example.cn/hooks/iptv/t-iptv/notify"
    operator.wire = hub
    return Dial(world, operator, hub)


def filmed(piece: Piece, count: int = 1, *, salt: str = "") -> Piece:
    """The piece as a lecture: `count` films before its text; `salt` makes them others."""
    blocks, files, lengths = [], [], {}
    for number in range(count):
        master = digest(f"film {piece.document} {number} {salt}")
        blocks.append({"id": f"b_film0000000{number}", "type": "video", "asset": master, "title": f"第{number + 1}讲"})
        files.append(AssetFile(digest("play" + master), 1000, "video/mp4", 1280, 720, master, "play-720"))
        lengths[master] = 65_500
    body = {**piece.body, "blocks": [*blocks, *piece.body["blocks"]]}
    return dataclasses.replace(piece, body=body, assets=(*piece.assets, *files), durations=lengths)


class FilmedPost(IptvPost):
    """The post under the kit, whose own pieces have no films."""

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        return await super().prepare(filmed(piece), target, services)
