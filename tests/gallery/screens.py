"""Pieces of every kind as a street screen draws them: the player's own templates in a page without a network.

``python -m tests.gallery.screens docs/images [NAME…]`` writes the pictures of the docs; a test measures the same.
"""

import asyncio
import base64
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Page, Route, ViewportSize, async_playwright

from deploy.demo.scenes import picture
from tests.chromium import FLAGS, SHELL

PLAYER: Final = Path(__file__).resolve().parents[2] / "screens" / "player"
TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
SIZES: Final[dict[str, ViewportSize]] = {
    "portrait": {"width": 1080, "height": 1920},
    "landscape": {"width": 1920, "height": 1080},
    "odd": {"width": 1366, "height": 768},
}
MOST: Final = 120_000  # bytes of a picture in docs/images
DATE: Final = 1_795_000_000_000
PAGE: Final = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/templates/frame.css">
<style>html,body{margin:0;background:#2a221d;overflow:hidden}</style><main id="stage"></main>"""
DRAW: Final = """
async ([content, assets, size, page, told]) => {
  const { renderFrames } = await import("/templates/frame.js");
  const { fill } = await import("/templates/card.js");
  await document.fonts.ready;
  const frames = renderFrames(content, assets, size);
  const frame = frames[Math.min(page, frames.length - 1)];
  document.querySelector("#stage").replaceChildren(frame);
  if (told) fill(frame, content.body.blocks.find(({ type }) => type === "data").fields, told);
  await Promise.all([...frame.querySelectorAll("img")].map((image) => image.decode()));
  return frames.length;
}
"""


async def serve(page: Page) -> None:
    """Gives the player's files under an address that leaves this machine never."""

    async def give(route: Route) -> None:
        path = route.request.url.partition("player.test/")[2]
        file = PLAYER / path
        if not path:
            await route.fulfill(body=PAGE, content_type="text/html")
        elif file.suffix in TYPES and file.is_file():
            await route.fulfill(body=file.read_text("utf-8"), content_type=TYPES[file.suffix])
        else:
            await route.fulfill(status=404)

    await page.route("http://player.test/**", give)
    await page.goto("http://player.test/")


def scene(name: str, *, width: int = 1600, height: int = 900) -> dict[str, Any]:
    """A picture of the demo as the templates take it, cut to a shape."""
    whole = Image.open(io.BytesIO(picture(name))).convert("RGB")
    share = width / height
    if whole.width / whole.height > share:
        cut = int(whole.height * share)
        left = (whole.width - cut) // 2
        whole = whole.crop((left, 0, left + cut, whole.height))
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=88)
    url = "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
    return {"url": url, "width": whole.width, "height": whole.height}


def block(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    if isinstance(fields.get("text"), str):
        fields["text"] = [{"t": fields["text"]}]
    return {"id": f"b_{number:012d}", "type": kind, **fields}


def content(class_: str, title: str, blocks: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    byline = {"source": "吴江发布", "reporter": "沈佳", "editor": "周岚", "sponsor": "区委宣传部", "date": DATE}
    made = {"class": class_, "title": title, "subtitle": "", "summary": "", "column": "news", "column_name": ""}
    return made | {"byline": byline, "cover": None, "body": {"schema": 1, "blocks": blocks}, **changes}


FIELDS: Final = [
    {"name": "pm25", "kind": "number", "label": "PM2.5", "unit": "µg/m³", "decimals": 0, "least": 0, "most": 150},
    {
        "name": "level",
        "kind": "word",
        "label": "空气质量",
        "words": [{"code": "good", "label": "优"}, {"code": "fair", "label": "良"}],
    },
    {"name": "water", "kind": "number", "label": "太湖水位", "unit": "米", "decimals": 2, "least": 250, "most": 450},
    {"name": "heat", "kind": "number", "label": "气温", "unit": "℃", "decimals": 1, "least": -100, "most": 420},
    {"name": "wind", "kind": "word", "label": "风力", "words": [{"code": "w2", "label": "东南风 2 级"}]},
]
TOLD: Final = {
    "at": DATE,
    "values": {"pm25": 28, "level": "good", "water": 312, "heat": 236, "wind": "w2"},
}


def corpus() -> dict[str, tuple[dict[str, Any], dict[str, Any], int, Any]]:
    """Name → content, assets, page, values told by a feed."""
    lake, bridge, market = scene("lake", width=4, height=5), scene("bridge"), scene("market")
    wide = {"a": scene("lake"), "b": bridge, "c": market, "d": scene("people", width=4, height=5)}
    news = [
        block(
            1,
            "paragraph",
            text="初冬的清晨，东太湖水面薄雾未散。经过一年建设，滨湖步道近日全线贯通，步道上满是晨练的人。",
        ),
        block(2, "heading", level=2, text="一条步道，串起七处口袋公园"),
        block(3, "paragraph", text="步道全长十公里，宽三米半，串联起沿湖七处口袋公园，保留了全部成年香樟。"),
        block(4, "image", asset="b", caption="加固后的石桥倒映在河道里"),
    ]
    notice = [
        block(1, "paragraph", text="因管网改造，松陵街道部分小区将于 11 月 28 日 22 时至次日 6 时停水，请储水。"),
        block(
            2,
            "list",
            ordered=False,
            items=[
                {"id": "i1", "text": [{"t": "鲈乡一村、鲈乡二村"}]},
                {"id": "i2", "text": [{"t": "梅石路沿线商铺"}]},
            ],
        ),
        block(3, "paragraph", text="恢复供水初期水质可能浑浊，请放水片刻后使用。"),
    ]
    activity = [
        block(1, "paragraph", text="时间：11 月 29 日（周六）9:00—11:30"),
        block(2, "paragraph", text="地点：同里镇新时代文明实践所二楼"),
        block(3, "paragraph", text="对象：辖区居民，老人与亲子优先"),
        block(4, "paragraph", text="报名：到实践站登记，或扫屏下二维码"),
        block(5, "paragraph", text="跟着非遗传承人做一盒芡实糕，带走自己的手艺，也听一听古镇糕点的故事。"),
    ]
    gallery = [
        block(1, "image", asset="a", caption="东太湖滨湖步道清晨景象，十里长廊连起七处口袋公园。"),
        block(2, "image", asset="b", caption="同里古镇石桥完成加固，修旧如旧。"),
        block(3, "image", asset="c", caption="垂虹桥畔夜市开市。"),
    ]
    film = [block(1, "video", asset="d", poster="a", title="垂虹讲堂")]
    card = [
        {"id": "b_data00000001", "type": "data", "feed": "air", "fields": FIELDS},
        block(2, "paragraph", text="监测点：松陵街道实践所，每十分钟更新一次。"),
    ]
    long = "空气质量与太湖水位"
    talk = "志愿宣讲员徐老师用三个身边故事，讲清楚高质量发展与每一户人家的关系。"
    return {
        "news": (
            content("news", "东太湖畔添新景 十里步道连起家门口的幸福", news, cover="a"),
            {**wide, "a": {**wide["a"], "cover": lake}},
            0,
            None,
        ),
        "news-text": (content("news", "同里古镇石桥完成体检 三百岁的桥更稳当了", news), wide, 1, None),
        "gallery": (content("news", "家门口的四季：镜头里的新吴江", gallery), wide, 0, None),
        "gallery-next": (content("news", "家门口的四季：镜头里的新吴江", gallery), wide, 1, None),
        "notice": (content("notice", "关于松陵街道部分小区计划停水的通知", notice, column="notices"), {}, 0, None),
        "lecture": (
            content("lecture", "垂虹讲堂：把理论讲成家常话", film, column="talks", summary=talk),
            wide,
            0,
            None,
        ),
        "activity": (
            content("activity", "周六来同里，学做一盒芡实糕", activity, column="activities", cover="c"),
            wide,
            0,
            None,
        ),
        "activity-text": (
            content("activity", "周六来同里，学做一盒芡实糕", activity, column="activities"),
            wide,
            0,
            None,
        ),
        "card": (content("news", long, card, column="life", column_name="生态"), {}, 0, TOLD),
    }


async def draw(page: Page, name: str, size: ViewportSize) -> bytes:
    """One piece of the corpus at a size, as PNG."""
    await page.set_viewport_size(size)
    made, assets, number, told = corpus()[name]
    await page.evaluate(DRAW, [made, assets, size, number, told])
    return await page.screenshot()


def together(shots: Mapping[str, bytes]) -> bytes:
    """One WebP of a piece on an upright screen, a lying one and an odd one, small enough for the repository."""
    sheet = Image.new("RGB", (1146, 720), (42, 34, 29))
    places = {"portrait": (0, 0, 405, 720), "landscape": (425, 0, 721, 405), "odd": (425, 425, 525, 295)}
    for shape, (left, top, width, height) in places.items():
        shot = Image.open(io.BytesIO(shots[shape])).convert("RGB")
        sheet.paste(shot.resize((width, height), Image.Resampling.LANCZOS), (left, top))
    for quality in (86, 78, 68, 56):
        out = io.BytesIO()
        sheet.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MOST:
            return out.getvalue()
    raise SystemExit("a picture does not become small enough")


async def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        page = await browser.new_page()
        await serve(page)
        for name in names or corpus():
            shots = {shape: await draw(page, name, size) for shape, size in SIZES.items()}
            (folder / f"screen-{name}.webp").write_bytes(together(shots))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
