"""The player's blocks in Chromium: lists in their levels, footnotes with their marks, and no word lost."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route

from cms.content.blocks import read_body
from cms.content.footnotes import numbered
from tests.chromium import Pages

pytestmark = pytest.mark.browser

TEMPLATES = Path(__file__).resolve().parents[3] / "screens" / "player" / "templates"
_DRAW = """async (blocks) => {
  const { drawBlock } = await import("http://player.test/blocks.js");
  return blocks.map((block) => drawBlock(block, {}).outerHTML);
}"""


def item(number: int, text: str, **deeper: Any) -> dict[str, Any]:
    return {"id": f"b_{number:012d}", "text": [{"t": text}], **deeper}


async def test_blocks_when_drawn_nest_lists_and_number_notes(pages: Pages) -> None:
    page = await (await pages.context()).new_page()

    async def give(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        text = (TEMPLATES / name).read_text("utf-8") if name else "<!doctype html>"
        await route.fulfill(body=text, content_type="text/javascript" if name else "text/html")

    await page.route("http://player.test/**", give)
    await page.goto("http://player.test/")
    note = {"t": "", "note": {"id": "b_000000000009", "text": "区统计局"}}
    items = [
        item(1, "甲"),
        item(2, "甲一", level=1, ordered=True),
        item(3, "甲一深", level=2),
        item(4, "甲二", level=1, ordered=True),
        item(5, "甲三", level=1),
        item(6, "乙"),
    ]
    body = read_body(
        {
            "schema": 1,
            "blocks": [
                {"id": "b_aaaaaaaaaaaa", "type": "list", "ordered": False, "items": items},
                {"id": "b_bbbbbbbbbbbb", "type": "paragraph", "text": [{"t": "增长一成"}, note]},
            ],
        }
    )

    listed, text, notes = await page.evaluate(_DRAW, numbered(body)["blocks"])

    assert listed == (
        '<ul class="b-list" data-block="b_aaaaaaaaaaaa"><li>甲'
        '<ol class="b-list"><li>甲一<ul class="b-list"><li>甲一深</li></ul></li><li>甲二</li></ol>'
        '<ul class="b-list"><li>甲三</li></ul></li><li>乙</li></ul>'
    )
    assert text == '<p class="b-paragraph" data-block="b_bbbbbbbbbbbb">增长一成<sup>[1]</sup></p>'
    assert notes.startswith('<ol class="b-list b-notes"')
    assert "区统计局" in notes
