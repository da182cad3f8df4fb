"""What channels answer by the clock, mounted below ``/{kind}/``: published files first, then the channel's own answer.

No database is asked. Whatever a channel answers passes the tombstones once more, here, before a byte is sent.
"""

import dataclasses
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

from aiohttp import hdrs, web

from cms.airing.viewing import Counter
from cms.contract import Ask, Assets, Channel, Published, Reply, Site, Span, Target
from cms.kernel.clock import Clock
from cms.kernel.metrics import Metrics
from cms.publishing.published import TreePublished
from cms.publishing.services.assets import StoreAssets
from cms.publishing.tree_reader import TreeReader
from deploy.channel_watch import saw
from deploy.installation import Installation
from deploy.public import SECURITY, PublicSite, Tombstones
from deploy.spans import streamed
from media.store import Store

# Pages of a channel bring a player, which feeds the picture from pieces it has fetched. The desk shows them in a frame.
PORTAL: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_SMALL: Final = 1024 * 1024
_MEMORY: Final = 64 * 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class ChannelSite:
    """Answers for every channel that has `serve`."""

    channels: Mapping[str, Channel]
    public: PublicSite
    reader: TreeReader
    published: Published
    assets: Assets
    store: Store
    tombstones: Tombstones
    site: Site
    clock: Clock
    metrics: Metrics
    secrets: Mapping[str, bytes] = dataclasses.field(default_factory=dict, repr=False)
    viewers: Counter = dataclasses.field(default_factory=Counter)

    async def newest(self, kind: str, code: str) -> int | None:
        """A `cms.airing.monitor.Probe`: what a viewer of a channel gets last, out of this process's own tree."""
        air = self.channels[kind].on_air
        return None if air is None else await air.newest(code, self.published, self.assets, self.clock.now())

    async def picture(self, kind: str, code: str) -> bytes | None:
        """A `deploy.stills.Read`: what a channel shows at this moment."""
        air = self.channels[kind].on_air
        return None if air is None else await air.picture(code, self.published, self.assets, self.clock.now())

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/{kind}/{{path:.*}}", self.answer)
            for kind, channel in sorted(self.channels.items())
            if channel.serve is not None
        ]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A published file of the channel, else what it says now."""
        kind = request.path.split("/", 2)[1]
        response = await self._answer(request, self.channels[kind])
        self.metrics.count("yunping_channel_requests_total", channel=kind, status=str(response.status))
        return response

    async def _answer(self, request: web.Request, channel: Channel) -> web.StreamResponse:
        entry = self.reader.get(request.path)
        if (entry is None or entry.gone) and channel.serve is not None:
            reply = await channel.serve(self._ask(request, channel.kind), self.published, self.assets, self.site)
            if reply is not None:
                saw(self.viewers, request, reply, self.clock.now())
                return await self._send(request, reply)
        response = await self.public.page(request)
        if response.status in {404, 410} and channel.lost is not None:
            own = await channel.lost(self._ask(request, channel.kind), response.status, self.published, self.site)
            response = response if own is None else await self._send(request, own)
        response.headers["Content-Security-Policy"] = PORTAL
        return response

    def _ask(self, request: web.Request, kind: str) -> Ask:
        return Ask(
            request.method,
            request.match_info["path"],
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            b"",
            self.clock.now(),
            self.secrets.get(kind, b""),
        )

    async def _send(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        headers: dict[str, str] = {
            **SECURITY,
            "Content-Security-Policy": PORTAL,
            # Players of operators' own portals stand on other origins; nothing here knows who asks.
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            hdrs.CONTENT_TYPE: reply.media_type,
            **reply.headers,
        }
        if self._is_gone(reply):
            headers[hdrs.CACHE_CONTROL], headers[hdrs.CONTENT_TYPE] = "no-cache", "text/plain; charset=utf-8"
            return web.Response(status=410, body="该内容已撤回。".encode(), headers=headers)
        if not any(isinstance(part, Span) for part in reply.parts):
            body = b"".join(part for part in reply.parts if isinstance(part, bytes))
            return web.Response(status=reply.status, body=body or None, headers=headers)
        return await streamed(self.store, request, reply, headers)

    def _is_gone(self, reply: Reply) -> bool:
        spans = (part.sha256 for part in reply.parts if isinstance(part, Span))
        return bool(self.tombstones.releases.intersection(reply.releases)) or any(
            sha256 in self.tombstones.assets for sha256 in spans
        )


class ServingAssets:
    """Files for channels at request time: small ones, such as indexes, stay in memory; what was recalled is gone."""

    def __init__(self, assets: Assets, tombstones: Tombstones) -> None:
        self._assets = assets
        self._tombstones = tombstones
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    async def read(self, sha256: str) -> bytes:
        known = self._memory.get(sha256)
        if known is not None and sha256 not in self._tombstones.assets:
            self._memory.move_to_end(sha256)
            return known
        data = await self._assets.read(sha256)
        if len(data) <= _SMALL and sha256 not in self._memory:
            self._memory[sha256] = data
            self._held += len(data)
            while self._held > _MEMORY:
                _, dropped = self._memory.popitem(last=False)
                self._held -= len(dropped)
        return data

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        return self._assets.stream(sha256)

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        return await self._assets.part(sha256, start, length)


def channel_secret(key: bytes, kind: str) -> bytes:
    """What a kind of channel derives its keys from, out of the key that seals the accounts' secrets."""
    return hmac.digest(key, f"yunping channel secret 1\n{kind}".encode(), hashlib.sha256)


def channel_entries(here: Installation, key: bytes) -> Callable[[str, Sequence[Target], str], str]:
    """Entries of people at the desk to the pages of a kind of channel (`cms.contract.Admit`)."""

    def entry(kind: str, targets: Sequence[Target], who: str) -> str:
        made = here.channels[kind].entry if kind in here.channels else None
        return "" if made is None else made(targets, channel_secret(key, kind), who, here.clock.now())

    return entry


def channel_site(here: Installation, reader: TreeReader, public: PublicSite, key: bytes) -> ChannelSite:
    """The channels of an installation over the tree that `reader` keeps; `key` is that of the vault."""
    assets = StoreAssets(here.store, here.tombstones.asset_gone)
    return ChannelSite(
        channels=here.channels,
        public=public,
        reader=reader,
        published=TreePublished(reader, here.store, here.tombstones),
        assets=ServingAssets(assets, here.tombstones),
        store=here.store,
        tombstones=here.tombstones,
        site=here.site,
        clock=here.clock,
        metrics=here.metrics,
        secrets={kind: channel_secret(key, kind) for kind in here.channels},
    )
