"""A television channel on a real store and tree, served as the web role serves it, by a clock the test may move."""

import dataclasses
import datetime as dt
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from cms.contract import Channel, Files
from cms.kernel.clock import Clock
from cms.kernel.metrics import CORE, Metrics
from cms.publishing.onair.showing import Message
from cms.publishing.published import TreePublished
from cms.publishing.services.assets import StoreAssets
from cms.publishing.tree_reader import TreeReader
from cms.publishing.tree_writer import Link, TreeWriter
from deploy.public import ErrorPages, PublicSite
from deploy.pushing import PortalPush
from deploy.serving import ChannelSite, ServingAssets
from media.house import write_index
from media.store import Store
from renderers.tv import paths
from renderers.tv.render import TvDisplay
from tests.fakes.channel import ChannelWorld
from tests.fakes.house_files import HouseItem


@dataclasses.dataclass
class Recalled:
    """Tombstones that a test sets."""

    releases: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()


class Television:
    """Publishes, recalls and serves; `channel` is the one of the entry point."""

    def __init__(self, folder: Path, slate: HouseItem, channel: Channel, clock: Clock) -> None:
        self.world = ChannelWorld(slate)
        self.clock = clock
        self.tombstones = Recalled()
        self.metrics = Metrics(CORE)
        self.store = Store.open(f"file://{folder}", min_free_bytes=0)
        self.reader = TreeReader(self.store)
        self.writer = TreeWriter(self.store)
        self._turn = 0
        assets = StoreAssets(self.store, lambda sha256: sha256 in self.tombstones.assets)
        self.public = PublicSite(self.reader, self.store, self.tombstones, ErrorPages(b"not found", b"gone"))
        self.site = ChannelSite(
            channels={"tv": channel},
            public=self.public,
            reader=self.reader,
            published=TreePublished(self.reader, self.store, self.tombstones),
            assets=ServingAssets(assets, self.tombstones),
            store=self.store,
            tombstones=self.tombstones,
            site=self.world.services.site,
            clock=clock,
            metrics=self.metrics,
        )
        self.messages: list[Message] = []
        self.push = PortalPush(
            self._messages,
            clock,
            self.tombstones,
            self.metrics,
            known=lambda code: self.reader.get(paths.plan(code)) is not None,
            base_url="http://tv.example",
        )
        self.app = web.Application()
        self.app.add_routes(self.routes())
        self.app.on_shutdown.append(self.push.close)

    def routes(self) -> list[web.RouteDef]:
        return [*self.push.routes(), *self.site.routes(), *self.public.routes()]

    async def _messages(self, _now: dt.datetime) -> list[Message]:
        return self.messages

    async def publish(self, number: int, item: HouseItem, *, at: dt.datetime) -> str:
        """A lecture with its files in the store; `render` shows it. Gives its release."""
        piece = self.world.lecture(number, item.index, at=at)
        for data in (*item.files.values(), write_index(item.index)):
            await self.store.put(data, media_type="video/mp4")
        links = tuple(Link(a.sha256, a.size, a.media_type, (piece.release,)) for a in piece.assets)
        await self._apply(Files(()), links)
        return piece.release

    async def render(self) -> None:
        files = await TvDisplay().render(self.world.everything(), self.world.services, self.clock.now())
        for data in self.world.assets.held.values():
            await self.store.put(data, media_type="video/mp4")
        await self._apply(files, ())

    async def picture(self, sha256: str, data: bytes) -> None:
        """Serves a picture under the hash that a sample piece names it by."""
        stored = await self.store.put(data, media_type="image/jpeg")
        entry = Link(stored.sha256, stored.size, "image/jpeg", ()).entry()
        self.reader.tree.entries[f"/a/{sha256}"] = dataclasses.replace(entry, path=f"/a/{sha256}")

    async def server(self) -> TestServer:
        server = TestServer(self.app)
        await server.start_server()
        return server

    async def _apply(self, files: Files, links: tuple[Link, ...]) -> None:
        self._turn += 1
        await self.writer.apply(files, writer="t-tv", turn=self._turn, now=self.clock.now(), links=links)
        await self.reader.refresh()
