"""Golden WeChat posts as people see them on a phone: `python -m tests.gallery.wechat FOLDER` writes the pictures.

A news piece with everything in it, a notice, a lecture; each in a look and a colour of an office.
"""

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, async_playwright

from cms.contract import AssetFile, Piece
from renderers.conformance.samples import digest
from renderers.conformance.world import SITE
from renderers.wechat.forms import FORMS, preview_at
from tests.chromium import CHROMIUM, FLAGS, PHONE
from tests.gallery.server import _HUES, _picture
from tests.unit.renderers.articles import AT, piece_of
from tests.unit.renderers.wechat.test_article import BLOCKS, PICTURE, VIDEO, text

SUMMARY = "把大道理讲成小故事,居民们听得懂、记得住。"
ADDRESS = "http://gallery.test/"
HUES = {digest("body"): "lake", digest("poster"): "classroom", digest("cover"): "town"}


def news() -> Piece:
    """Everything that a long piece may hold."""
    words = "11月25日,理论宣讲走进潜龙渠公园。“把大道理讲成小故事”,居民们在家门口听得懂、记得住。"
    blocks: list[dict[str, Any]] = [
        {"type": "paragraph", "text": text(words)},
        {"type": "heading", "level": 2, "text": text("一、从一条步道说起")},
        {"type": "paragraph", "text": text(words * 2)},
        BLOCKS["image"],
        {"type": "heading", "level": 3, "text": text("宣讲员的“家乡话”")},
        {"type": "quote", "text": text("用家乡话讲,老百姓爱听。"), "cite": "松陵街道宣讲员 沈佳"},
        BLOCKS["list-ordered"] | {"items": [{"id": f"b_{n:012d}", "text": text(words[:24])} for n in range(3)]},
        {"type": "heading", "level": 2, "text": text("二、怎么参加")},
        {"type": "notice", "title": "报名须知", "text": text("时间:11月28日9:30;地点:潜龙渠公园东门(遇雨改在室内)。")},
        {
            "type": "table",
            "header": True,
            "rows": [
                [text("日期"), text("地点"), text("主讲")],
                [text("28日"), text("震泽镇实践所"), text("沈佳")],
                [text("29日"), text("黎里古镇"), text("陆鸣")],
            ],
        },
        {"type": "table", "header": True, "rows": [[text(f"{n}月") for n in range(1, 13)]] * 3},
        BLOCKS["video"],
        BLOCKS["links"],
        BLOCKS["divider"],
        {"type": "paragraph", "text": text("期待与您相见!")},
    ]
    return _piece("吴江:理论宣讲走进潜龙渠公园,吴语评弹唱响新时代", blocks, column="要闻", cover=True)


def notice() -> Piece:
    blocks: list[dict[str, Any]] = [
        {"type": "paragraph", "text": text("各实践所、站:")},
        {
            "type": "paragraph",
            "text": text("因管网改造,以下路段将于11月30日(周日)8:00至18:00停水,请提前储水..."),
        },
        {"type": "notice", "title": "停水范围", "text": text("松陵街道鲈乡南路(永康路至中山路段)")},
        {"type": "paragraph", "text": text("抢修电话:0512-6398-0000。给您带来不便,敬请谅解。")},
    ]
    return _piece("关于鲈乡南路停水的通知(11月30日)", blocks, column="通知公告", cover=False)


def lecture() -> Piece:
    blocks: list[dict[str, Any]] = [
        BLOCKS["video"] | {"title": "《从一条步道看一座城的分寸》"},
        {"type": "heading", "level": 2, "text": text("本讲要点")},
        {
            "type": "list",
            "ordered": False,
            "items": [
                {"id": f"b_{n:012d}", "text": text(one)}
                for n, one in enumerate(("步道为什么这样修", "一棵树让了一条路", "治理的分寸在哪里"))
            ],
        },
        {"type": "quote", "text": text("城市是大家的客厅。"), "cite": "主讲人 顾晓峰"},
    ]
    return _piece("青年说|第12讲:从一条步道看一座城的分寸", blocks, column="理论宣讲", cover=False)


def _piece(title: str, blocks: list[dict[str, Any]], *, column: str, cover: bool) -> Piece:
    made = piece_of(*blocks, title=title, column_name=column, summary=SUMMARY, subtitle="")
    byline = dataclasses.replace(made.byline, source="吴江发布", reporter="沈佳", editor="周岚", sponsor="区委宣传部")
    files: tuple[AssetFile, ...] = (
        AssetFile(digest("body"), 1000, "image/jpeg", 960, 600, PICTURE, "web-960-jpeg"),
        AssetFile(digest("poster"), 1000, "image/jpeg", 1280, 720, VIDEO, "poster"),
        AssetFile(digest("cover"), 1000, "image/jpeg", 1200, 630, "c" * 64, "og"),
    )
    if not cover and not any(block["type"] == "video" for block in blocks):
        files = files[:2]
    return dataclasses.replace(
        made,
        byline=byline,
        assets=files,
        durations={VIDEO: 754_000},
        cover="c" * 64 if cover else None,
        published_at=AT,
    )


async def _file(route: Route) -> None:
    hue = HUES.get(route.request.url.rpartition("/")[2], "lake")
    await route.fulfill(body=_picture(*_HUES[hue]), content_type="image/png")


async def _open(page: Page, piece: Piece, settings: dict[str, object]) -> None:
    data = preview_at(piece, FORMS[0], SITE, settings).data

    async def answer(route: Route) -> None:
        await route.fulfill(body=data, content_type="text/html; charset=utf-8")

    await page.unroute(ADDRESS)
    await page.route(ADDRESS, answer)
    await page.goto(ADDRESS)


async def draw(folder: Path) -> None:
    shown: tuple[tuple[str, Piece, dict[str, object]], ...] = (
        ("news-bar", news(), {}),
        ("news-label", news(), {"look": "label", "theme": "#1f5fa8"}),
        ("news-centre", news(), {"look": "centre", "theme": "#1b6f63"}),
        ("news-line", news(), {"look": "line", "theme": "#3a3a3a"}),
        ("notice", notice(), {"theme": "#1f5fa8"}),
        ("lecture", lecture(), {"look": "label", "theme": "#e0a000"}),
    )
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = await browser.new_context(viewport=PHONE, locale="zh-CN")
        page = await context.new_page()
        await page.route("**/a/*", _file)
        for name, piece, settings in shown:
            await _open(page, piece, settings)
            await page.screenshot(path=folder / f"{name}.png")
            await page.screenshot(path=folder / f"{name}-whole.png", full_page=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1])))
