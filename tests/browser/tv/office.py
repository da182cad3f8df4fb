"""The demo's pieces and two tiny lectures on a channel, served as the product serves them, with drawn pictures."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from cms.contract import AssetFile, Channel, Columns
from cms.kernel.clock import Clock
from renderers.conformance.samples import digest
from renderers.tv.items import masters
from renderers.tv.pages import CARD
from tests.browser.web.site import Street, drawn
from tests.fakes.house_files import HouseItem
from tests.fakes.television import Television

LECTURES = (
    (
        "“青年说”第十二讲：在太湖边读懂生态文明",
        "一名青年宣讲员，三个村庄，十年间水清岸绿的故事。从退渔还湖到生态补偿，听他讲清楚一本账。",
    ),
    (
        "老书记的一堂党课：丝绸小镇的转型之路",
        "震泽镇退休老支书用一枚蚕茧讲产业更新：为什么要转、往哪里转、转了以后谁受益。",
    ),
)


CHAPTERS = (
    (0, "开场：一湖清水从哪里来"),
    (1_500, "退：三万七千亩围网全部拆除，渔民上岸一户一策"),
    (3_000, "清：底泥清淤与水草修复"),
    (4_000, "还：十公里岸线还给市民"),
    (5_000, "护：六十一种水鸟在此越冬"),
)


class Office(Television):
    """A channel like a district's; items are `(slate, first, second)`."""

    def __init__(self, folder: Path, items: tuple[HouseItem, ...], channel: Channel, clock: Clock) -> None:
        super().__init__(folder, items[0], channel, clock)
        street = Street()
        self._items = items[1:]
        self._columns = street._columns
        self._scenes = street.masters
        self._drawn: dict[str, AssetFile] = {}
        self.world.services = dataclasses.replace(self.world.services, site=street.services.site, line_ups=self.world)
        self.world.target = dataclasses.replace(self.world.target, name="吴江宣讲频道")
        self.world.columns = self._all_columns  # type: ignore[method-assign]
        for piece in street.live.values():
            self.world.publish(dataclasses.replace(piece, assets=(*piece.assets, *self._cards(piece.cover))))
            self._drawn |= {asset.sha256: asset for asset in self.world.live[piece.document].assets}
        self.app = web.Application()
        self.app.router.add_get("/a/{sha256}", self._asset)

    async def open(self) -> None:
        """Publishes the lectures and renders."""
        now = self.clock.now()
        scenes = sorted(set(self._scenes.values()))
        for number, (item, (title, summary)) in enumerate(zip(self._items, LECTURES, strict=True), start=1):
            await self.publish(700 + number, item, at=now - dt.timedelta(hours=number))
            piece = self.world.live[f"d{700 + number:09d}"]
            self._scenes[piece.cover or ""] = scenes[number]
            files = (*piece.assets, *self._cards(piece.cover))
            marks = dict.fromkeys(masters(piece), CHAPTERS) if number == 1 else {}
            talk = dataclasses.replace(piece, title=title, summary=summary, assets=files, chapters=marks)
            self.world.live[piece.document] = dataclasses.replace(talk, column="talks", column_name="理论宣讲")
            self._drawn |= {a.sha256: a for a in files if a.of == piece.cover}
        await self.render()
        self.app.add_routes(self.routes())
        self.app.on_shutdown.append(self.push.close)

    async def _all_columns(self) -> Columns:
        return (*(c for c in self._columns if c[0] != "talks"), ("talks", "理论宣讲"))

    def _cards(self, cover: str | None) -> tuple[AssetFile, ...]:
        return () if cover is None else (AssetFile(digest(cover + CARD), 9000, "image/jpeg", 320, 200, cover, CARD),)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        asset = self._drawn.get(request.match_info["sha256"])
        if asset is None:
            return await self.public.asset(request)
        return web.Response(body=_picture(asset, self._scenes[asset.of]), content_type=asset.media_type)


@functools.cache
def _picture(asset: AssetFile, scene: str) -> bytes:
    return drawn(asset, scene)


def sizes(office: Television) -> Mapping[str, int]:
    """Bytes of each page of the portal."""
    return {
        path: entry.size
        for path, entry in office.reader.tree.entries.items()
        if entry.media_type.startswith("text/html")
    }
