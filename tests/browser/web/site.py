"""A small public site of the demo's pieces, rendered by the channel and served with the product's own policy."""

import dataclasses
import datetime as dt
import functools
import hashlib
import io
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

from cms.contract import AssetFile, Byline, Columns, File, Files, Piece, Site
from deploy import demo
from deploy.demo.scenes import picture
from deploy.demo.text import blocks_of
from deploy.public import SECURITY, policy
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.web import errors, pages
from renderers.web.render import WebDisplay

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
PIECES = Path(demo.__file__).parent / "pieces.toml"
# One block of each kind that the demo's pieces do not have.
TABLE = {
    "type": "table",
    "header": True,
    "rows": [
        [[{"t": cell}] for cell in row]
        for row in (
            ("时间", "地点", "活动", "联系人", "电话"),
            ("11月22日 9:00", "松陵街道梅石社区", "义诊与磨刀", "沈佳", "0512-6340 0001"),
            ("11月23日 14:00", "震泽镇湖畔讲堂", "宣讲《一根丝的新旅程》", "吴越", "0512-6340 0002"),
        )
    ],
}
ORDERED = {
    "type": "list",
    "ordered": True,
    "items": [{"id": f"b_ordered0000{n}", "text": [{"t": text}]} for n, text in enumerate(("登记", "领号", "入场"))],
}
MARKED = {
    "type": "paragraph",
    "text": [
        {"t": "报名请访问"},
        {"t": "活动页面", "href": "https://www.example.cn/activity"},
        {"t": "，"},
        {"t": "名额有限", "m": ["b"]},
        {"t": "，"},
        {"t": "先到先得", "m": ["u"]},
        {"t": "。"},
    ],
}


class Street(World):
    """The conformance kit's world with the demo's columns and pieces."""

    def __init__(self) -> None:
        super().__init__("web")
        world = demo.world()
        self._columns = tuple((column["code"], column["name"]) for column in world["columns"])
        self.services = dataclasses.replace(
            self.services, site=Site(world["site_name"], world["sponsor"], "http://127.0.0.1", "http://127.0.0.1")
        )
        self.masters: dict[str, str] = {}
        for number, row in enumerate(tomllib.loads(PIECES.read_text("utf-8"))["pieces"]):
            self.publish(self._piece(number, row))
        self.publish(self._bare())

    async def columns(self) -> Columns:
        return self._columns

    def article(self, title: str) -> Piece:
        return next(piece for piece in self.live.values() if title in piece.title)

    def _piece(self, number: int, row: Mapping[str, Any]) -> Piece:
        at = NOW - dt.timedelta(hours=7 * number)
        plain = make_piece(number + 1, at=at)
        self.masters[plain.cover or ""] = row["scene"]
        blocks = blocks_of(row["body"], picture=plain.cover)
        if number == 0:
            extra: Sequence[Mapping[str, Any]] = (
                MARKED,
                {"type": "heading", "level": 3, "text": [{"t": "本周安排"}]},
                ORDERED,
                TABLE,
                {
                    "type": "notice",
                    "title": "温馨提示",
                    "text": [{"t": "雨雪天气步道湿滑，请穿防滑鞋，照看好老人与孩子。"}],
                },
                {"type": "divider"},
                {"type": "paragraph", "text": [{"t": "（本文为演示稿件）"}]},
            )
            blocks += [{"id": f"b_extra000000{n}", **block} for n, block in enumerate(extra)]
        return dataclasses.replace(
            plain,
            kind=row.get("kind", "news"),
            column=row["column"],
            column_name=dict(self._columns)[row["column"]],
            title=row["title"],
            subtitle="从一条步道看一座城的分寸" if number == 0 else "",
            summary=row["summary"],
            byline=Byline("吴江发布", row["reporter"], row["editor"], self.services.site.sponsor, at),
            body={"schema": 1, "blocks": blocks},
            published_at=at,
            corrected_at=NOW if number == 1 else None,
        )

    def _bare(self) -> Piece:
        """A piece without a picture, with a title as long as titles get."""
        at = NOW - dt.timedelta(hours=9)
        return dataclasses.replace(
            make_piece(90, at=at, pictured=False),
            column="practice",
            column_name="文明实践",
            kind="news",
            title="平望镇庙头村组织志愿者为独居老人检修水电线路并更换老旧插座一百二十余处，同步登记冬季取暖安全隐患",
            summary="",
            published_at=at,
        )

    async def rendered(self) -> Mapping[str, File]:
        made = await WebDisplay().render(self.everything(), self.services, NOW)
        assert isinstance(made, Files)
        return {file.path: file for file in made.write}


@functools.cache
def scene(name: str) -> Image.Image:
    return Image.open(io.BytesIO(picture(name))).convert("RGB")


def drawn(asset: AssetFile, name: str) -> bytes:
    """The picture of a scene at the size of a rendition."""
    whole = scene(name)
    width = min(whole.width, whole.height * asset.width // asset.height)
    height = width * asset.height // asset.width
    left, top = (whole.width - width) // 2, (whole.height - height) // 2
    out = io.BytesIO()
    cut = whole.crop((left, top, left + width, top + height)).resize((asset.width, asset.height))
    cut.save(out, asset.media_type.partition("/")[2].upper(), quality=80)
    return out.getvalue()


def app(street: Street, files: Mapping[str, File]) -> web.Application:
    assets = {asset.sha256: asset for piece in street.live.values() for asset in piece.assets}

    async def page(request: web.Request) -> web.Response:
        file = files.get(request.path)
        if file is None:
            missing = errors.not_found(street.services.site, await street.columns())
            return web.Response(status=404, body=missing, content_type="text/html", headers=SECURITY)
        return web.Response(body=file.data, headers={**policy(file.data), "Content-Type": file.media_type})

    async def asset(request: web.Request) -> web.Response:
        found = assets[request.match_info["sha256"]]
        data = drawn(found, street.masters[found.of])
        return web.Response(body=data, headers={**SECURITY, "Content-Type": found.media_type})

    made = web.Application()
    made.router.add_get("/a/{sha256}", asset)
    made.router.add_get("/{path:.*}", page)
    return made


def weight(street: Street, files: Mapping[str, File], title: str) -> int:
    """Bytes of an article's page and the stylesheet, unpacked."""
    page = files[f"/d/{street.article(title).document}/"]
    return len(page.data) + len(pages.stylesheet()[1])


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
