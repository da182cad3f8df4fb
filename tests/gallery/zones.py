"""The zones of a street screen, drawn by an installed player from signed pieces of the demo: for pictures."""

import asyncio
import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Playwright, ViewportSize, async_playwright

from cms.trust.approval import Bundle
from cms.trust.release import ReleaseAsset
from deploy.demo.scenes import picture
from tests.chromium import FLAGS, SHELL
from tests.fakes.gateway import Media, issue_of
from tests.fakes.pieces import content_of, listed, piece
from tests.fakes.street import paired, street, until
from tests.gallery.screens import SIZES, together

PIECES: Final = (
    ("news", "东太湖畔添新景 十里步道连起家门口的幸福", "lake", "滨湖步道全线贯通，市民推门见绿、移步见景。"),
    (
        "notice",
        "关于松陵街道部分小区计划停水的通知",
        None,
        "11 月 28 日 22 时至次日 6 时，鲈乡一村、二村停水，请提前储水。",
    ),
    ("news", "同里古镇石桥完成体检 三百岁的桥更稳当了", "bridge", "镇域内四十九座古桥完成结构检测与加固。"),
    ("activity", "周六来同里，学做一盒芡实糕", "market", "11 月 29 日上午，同里镇实践所二楼。"),
    ("news", "一根丝的新旅程：盛泽纺织工坊向市民开放", "loom", "十二家纺织企业设立开放日。"),
)


def made(media: Media) -> list[Bundle]:
    bundles = []
    for class_, title, scene, summary in PIECES:
        assets: tuple[ReleaseAsset, ...] = ()
        if scene:
            out = io.BytesIO()
            Image.open(io.BytesIO(picture(scene))).resize((1200, 675)).save(out, "PNG")
            media.put(out.getvalue())
            assets = (listed(out.getvalue()),)
        content = content_of(title, cover=assets[0].of if assets else None, paragraphs=1, text=summary)
        content |= {"summary": summary, "column": {"news": "news", "notice": "notices"}.get(class_, "activities")}
        bundles.append(piece(media, title, class_=class_, content=content, assets=assets))
    return bundles


async def draw(playwright: Playwright, size: ViewportSize) -> bytes:
    """The whole glass some seconds after the first piece stands."""
    with tempfile.TemporaryDirectory() as folder:
        async with street(Path(folder) / "box") as town:
            town.gateway.tags = ("layout-zones",)
            browser = await playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))
            page = await (await browser.new_context(viewport=size, timezone_id="Asia/Shanghai")).new_page()
            await paired(page, town)
            await town.gateway.publish(issue_of(made(town.gateway.media), version=1, show=600_000))
            await until(page, lambda said: said.get("mode") == "loop")
            await page.wait_for_selector(".zone--list li.is-now")
            await asyncio.sleep(3)
            shot = await page.screenshot()
            await browser.close()
            return shot


async def main(folder: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        shots = {shape: await draw(playwright, size) for shape, size in SIZES.items()}
        (folder / "screen-zones.webp").write_bytes(together(shots))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
