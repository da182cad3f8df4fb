"""Two hundred headlines on each shape of screen, and every kind of piece: nothing runs over or is too small."""

import random
from typing import Any

import pytest

from tests.chromium import Pages
from tests.gallery.screens import SIZES, block, content, corpus, serve

pytestmark = pytest.mark.browser

WORDS = (
    "吴江", "盛泽镇", "新时代文明实践中心", "东太湖", "志愿者", "开展", "召开", "推进", "“一件事”",
    "《长三角生态绿色一体化发展示范区总体方案》",
    "为民办实事", "第23届", "2026年", "PM2.5", "5G+工业互联网", "CHINA", "www.example.com/wujiang/2026",
    "高质量发展", "——", "：", "，", "！",
    "家门口的", "幸福", "龘靐齉", "十里步道", "非遗", "芡实糕", "党员干部", "老年助餐点", "供水管网改造", "通知",
)  # fmt: skip
# For each headline: what of it lies outside of its box or of the glass, and the share of the height its type has.
MEASURE = """
async ([titles, size]) => {
  const { renderFrame } = await import("/templates/frame.js");
  await document.fonts.ready;
  const stage = document.querySelector("#stage");
  const found = [];
  for (const content of titles) {
    const frame = renderFrame(content, {}, size);
    stage.replaceChildren(frame);
    const title = frame.querySelector(".frame__title");
    const box = title.getBoundingClientRect();
    const isCut = title.classList.contains("is-cut");
    const fontSize = parseFloat(getComputedStyle(title).fontSize);
    const lines = title.scrollHeight - title.clientHeight - fontSize / 3; // a face is taller than its line
    const over = Math.max(
      title.scrollWidth - title.clientWidth, isCut ? 0 : lines,
      box.right - size.width, -box.left, -box.top, box.bottom - size.height,
    );
    found.push([content.title, over, fontSize / size.height, isCut]);
  }
  return found;
}
"""
# What is written on a frame, and does not fit into the box it is in.
BOXES = """
async ([content, assets, size]) => {
  const { renderFrames } = await import("/templates/frame.js");
  const stage = document.querySelector("#stage");
  const names = ".frame__title, .frame__label, .card__value, .card__label, .gallery__caption, .facts dd, .frame__lead";
  const over = [];
  for (const frame of renderFrames(content, assets, size)) {
    stage.replaceChildren(frame);
    for (const one of frame.querySelectorAll(names)) {
      const { left, right, top, bottom, width } = one.getBoundingClientRect();
      const isDrawn = width > 0 && right > 0 && left < size.width; // of a flow, only the page that is turned up
      const isOut = left < -1 || right > size.width + 1 || top < -1 || bottom > size.height + 1;
      const isWide = one.scrollWidth > one.clientWidth + 1;
      if (isDrawn && (isOut || isWide)) over.push(`${one.className}: ${one.textContent}`);
    }
  }
  return over;
}
"""
# Everything written on a frame: [class, size of its type in units, whether it is running text].
SIZES_OF = """
async ([content, assets, size]) => {
  const { renderFrames } = await import("/templates/frame.js");
  const stage = document.querySelector("#stage");
  const unit = size.width > size.height ? size.height / 1080 : size.height / 1920;
  const running = ".b-paragraph, .b-list li, .facts dd, .frame__lead, .gallery__caption";
  const found = [];
  for (const frame of renderFrames(content, assets, size)) {
    stage.replaceChildren(frame);
    const texts = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const one = node.parentElement;
      const { fontSize, visibility } = getComputedStyle(one);
      if (!node.data.trim() || one.getBoundingClientRect().width === 0 || visibility === "hidden") continue;
      const isRunning = Boolean(one.closest(running)) && !one.closest("sup, .b-notes");
      found.push([one.className, parseFloat(fontSize) / unit, isRunning]);
    }
  }
  return found;
}
"""
# Units, pixels of 1080×1920 on 43 inches: 0.496 mm each. At three metres a character of twenty minutes of arc, which
# ISO 9241-303 asks for, is 17.5 mm high; running text is twice that.
LEAST, RUNNING = 36, {"portrait": 68, "landscape": 44, "odd": 44}


def headlines(count: int) -> list[dict[str, Any]]:
    dice = random.Random(20261126)
    made = []
    for number in range(count):
        title = "".join(dice.choice(WORDS) for _ in range(dice.randint(1, 9)))[:60]
        kind = ("news", "notice", "activity", "lecture")[number % 4]
        made.append(content(kind, title, [block(1, "paragraph", text="短。")]))
    made.append(content("news", "长" * 500, [block(1, "paragraph", text="短。")]))
    return made


async def test_two_hundred_headlines_and_every_kind_stay_in_their_boxes_and_are_read_at_three_metres(
    pages: Pages,
) -> None:
    page = await (await pages.context()).new_page()
    await serve(page)
    titles = headlines(200)
    for shape, size in SIZES.items():
        await page.set_viewport_size(size)
        found = await page.evaluate(MEASURE, [titles, size])
        assert [one for one in found if one[1] > 1] == []
        assert [one for one in found if one[2] < 0.035] == []
        assert [one[0] for one in found if one[3]] == ["长" * 500]
        for name, (made, assets, _, _) in corpus().items():
            assert await page.evaluate(BOXES, [made, assets, size]) == [], name
            written = await page.evaluate(SIZES_OF, [made, assets, size])
            assert written
            assert [one for one in written if one[1] < LEAST - 0.5] == [], (name, shape)
            assert [one for one in written if one[2] and one[1] < RUNNING[shape] - 0.5] == [], (name, shape)


CARD = """
async ([content, told]) => {
  const { renderFrame } = await import("/templates/frame.js");
  const { fill } = await import("/templates/card.js");
  const frame = renderFrame(content, {}, { width: 1080, height: 1920 });
  const fields = content.body.blocks[0].fields;
  const shown = () => [...frame.querySelectorAll(".card__value b")].map((one) => one.textContent);
  const empty = shown();
  const changes = told.map((one) => [fill(frame, fields, one), shown()]);
  return [empty, ...changes, frame.querySelector(".card__at time").textContent];
}
"""


async def test_data_card_shows_what_its_feed_says_and_nothing_it_may_not(pages: Pages) -> None:
    page = await (await pages.context()).new_page()
    await serve(page)
    made, _, _, told = corpus()["card"]
    odd = {"at": told["at"], "values": {**told["values"], "level": "打倒", "water": None}}
    empty, first, again, second, gone, at = await page.evaluate(CARD, [made, [told, told, odd, None]])
    assert empty == ["—"] * 5
    assert first == [True, ["28", "优", "3.12", "23.6", "东南风 2 级"]]
    assert again[0] is False
    assert second == [True, ["28", "—", "—", "23.6", "东南风 2 级"]]
    assert gone[1] == ["—"] * 5
    assert at == "等待数据"
