"""Every desk page at the sizes people use: no policy broken (the fixture watches), nothing cut off, keyboard first."""

import re

import pytest
from playwright.async_api import ViewportSize, expect

from tests.chromium import DESK, PHONE, Pages

pytestmark = pytest.mark.browser
NAMES = (
    *("login", "first-run", "error", "list", "empty", "edit", "review", "changes", "slip", "publish"),
    *("tasks", "home", "targets", "target", "journal", "onair", "live", "monitor"),
)

_CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage.includes("url") && !at.matches("select")) return null;
      const color = parse(style.backgroundColor);
      if (color.length === 3 || color[3] > 0.9) return color;
    }
    return [255, 255, 255];
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest(":disabled, script, style, .visually-hidden, .skip")) continue;
    const behind = ground(element);
    if (!behind) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) weak.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 20)}`);
  }
  return weak;
}"""

_NAMELESS = """() => [...document.querySelectorAll(
    "button, a[href], input:not([type=hidden]), select, textarea, img, [role=textbox]")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => {
    if (element.matches("img")) return !element.hasAttribute("alt");
    const text = element.innerText?.trim() || element.getAttribute("aria-label") || element.title;
    return !text && !element.labels?.length && !element.querySelector("[aria-label]");
  })
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_pages_when_opened_fit_read_and_name_their_controls(pages: Pages, site: str, size: ViewportSize) -> None:
    page = await (await pages.context(size, touch=size is PHONE)).new_page()
    faults = {}
    for name in NAMES:
        answer = await page.goto(f"{site}/{name}", wait_until="networkidle")
        width = await page.evaluate("document.documentElement.scrollWidth")
        faults[name] = [
            *([] if answer is not None and answer.ok else ["not drawn"]),
            *([f"{width} pixels wide"] if width > size["width"] else []),
            *await page.evaluate(_CONTRAST),
            *await page.evaluate(_NAMELESS),
            *await page.evaluate(
                "document.fonts.check('14px \"Noto Sans SC Variable\"', '稿件') ? [] : ['no web font']"
            ),
        ]
    assert faults == {name: [] for name in NAMES}


async def test_inline_script_when_smuggled_in_is_refused_by_the_policy(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/list", DESK)

    smuggled = '<img src=x onerror="window.owned = 1"><p style="color:red">x</p>'

    await page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", smuggled)
    await page.wait_for_timeout(200)

    assert await page.evaluate("window.owned === undefined")
    assert len(pages.complaints) == 2
    pages.complaints.clear()


async def test_navigation_when_on_a_phone_opens_and_closes(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/list", PHONE, touch=True)
    side = page.locator(".side")
    await expect(side).not_to_be_visible()

    await page.click("[data-nav-toggle]")
    await expect(side).to_be_visible()

    await page.keyboard.press("Escape")
    await expect(side).not_to_be_visible()


async def test_slash_when_pressed_leads_to_the_search(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/list", DESK)

    await page.keyboard.press("/")

    await expect(page.locator("[data-search]")).to_be_focused()


async def test_publish_button_when_a_time_is_set_says_what_it_will_do(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/publish", DESK)
    button = page.locator("[data-schedule-button]")
    await expect(button).to_have_text("立即发布到 2 个渠道")

    await page.fill("[name=at]", "2026-11-30T08:00")
    await page.uncheck("[name=target][value=web]")

    await expect(button).to_have_text("定于 2026-11-30 08:00 发布到 1 个渠道")


async def test_slip_when_everybody_said_much_still_fits_one_sheet(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/slip-full", DESK)

    sheet = await page.pdf(prefer_css_page_size=True, print_background=True)

    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


async def test_finding_when_followed_leads_to_its_block(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/edit", DESK)
    await page.click("[data-submit-open]")

    await page.click("dialog[open] a[href='#b_para00000002']")

    await expect(page.locator("dialog#submit")).not_to_be_visible()
    await expect(page.locator(".editor-text > p").last).to_be_in_viewport()
