"""The preview of an article on a phone: nothing wider than the phone, nothing hard to read, nothing that runs."""

from typing import get_args

import pytest

from cms.contract import Piece
from renderers.conformance.world import SITE
from renderers.wechat.forms import FORMS, preview, preview_at
from renderers.wechat.settings import AccountSettings
from tests.browser import axe
from tests.chromium import PHONE, Pages
from tests.unit.renderers.wechat.test_article import BLOCKS, piece

pytestmark = pytest.mark.browser
LONG = "吴江：理论宣讲走进潜龙渠公园，吴语评弹唱响新时代，全区十一个实践所同步开讲"


def _everything() -> Piece:
    return piece(*BLOCKS.values(), title=LONG)


async def test_preview_on_a_phone_fits_and_is_readable(pages: Pages) -> None:
    context = await pages.context(PHONE)
    page = await context.new_page()
    # No file of the store is served here; a picture of nothing keeps the layout.
    await page.route("**/a/*", lambda route: route.fulfill(status=404, body=b""))
    await page.set_content(preview(_everything(), FORMS[0], SITE).data.decode())
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = await axe.violations(page)
    # A wide table scrolls by touch; what would let a keyboard do it, the platform takes out of articles.
    assert [one for one in found if not one.startswith("scrollable-region-focusable")] == []
    assert "来源：吴江发布" in await page.inner_text("main")
    assert await page.locator("script").count() == 0


async def test_golden_post_in_each_look_and_a_bright_colour_stays_readable_on_a_phone(pages: Pages) -> None:
    context = await pages.context(PHONE)
    page = await context.new_page()
    await page.route("**/a/*", lambda route: route.fulfill(status=404, body=b""))
    for look in get_args(AccountSettings.model_fields["look"].annotation):
        shown = preview_at(_everything(), FORMS[0], SITE, {"look": look, "theme": "#f5b800"})
        await page.set_content(shown.data.decode())
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], look
        found = await axe.violations(page)
        assert [one for one in found if not one.startswith("scrollable-region-focusable")] == [], look


async def test_pages_of_an_account_fit_a_phone_and_are_accessible(pages: Pages, site: str) -> None:
    context = await pages.context(PHONE)
    page = await context.new_page()
    for name in ("accounts", "account-posts", "previews"):
        await page.goto(f"{site}/{name}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        assert await axe.violations(page) == [], name
