"""What people see of the simulators, in a real browser: at the size of a phone and in a wide window."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.chromium import DESK, PHONE, Pages
from tests.fakes.stage.serving import serving
from tests.unit.fakes.asking import AskDouyin, AskWeChat, douyin, picture, wechat

pytestmark = pytest.mark.browser
FFMPEG = shutil.which("ffmpeg") or "/usr/bin/ffmpeg"


async def paper() -> AskWeChat:
    """An account with an article, a deleted one, and one under way."""
    asking = await wechat()
    url = (await asking.upload("media/uploadimg", picture(width=900, height=500)))["url"]
    for title in ("后来删除的一篇", "家门口的“板凳课堂”"):
        content = f'<p style="color:#333">准时开讲。</p><img alt="图" style="width:100%" src="{url}">'
        draft = await asking.draft(
            title, content=content, author="沈记者", content_source_url="https://www.example.cn/"
        )
        await asking.post("freepublish/submit", {"media_id": draft["media_id"]})
        asking.sim.advance(3)
    oldest = asking.sim.publishing.newest()[-1]
    await asking.post("freepublish/delete", {"article_id": oldest.article_id})
    return asking


async def reel() -> AskDouyin:
    """An account with a video, pictures, and one under review."""
    asking = await douyin()
    await asking.created("板凳课堂 #吴江", custom_cover_image_url=await asking.picture())
    pictures = [await asking.picture() for _ in range(3)]
    await asking.post("create_image_text", {"image_list": pictures, "text": "江村开放周 #江村文化"})
    asking.sim.advance(4)
    asking.sim.posts.review.delay = 600
    await asking.created("还在审核 #吴江")
    return asking


@pytest.mark.parametrize("size", [PHONE, DESK])
async def test_follower_sees_articles_and_the_deleted_one_as_deleted(pages: Pages, size: object) -> None:
    asking = await paper()
    async with serving(asking.sim) as base:
        page = await pages.open(base, PHONE if size is PHONE else DESK)
        assert await page.get_by_text("模拟器 · 仅用于演示").is_visible()
        assert await page.locator(".glass").get_by_text("该内容已被发布者删除").is_visible()
        assert await page.locator(".stage").is_visible() is (size is DESK)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await violations(page) == []
        await page.locator(".glass").get_by_role("heading", name="家门口的“板凳课堂”").click()
        await page.wait_for_url("**/s/*")
        assert await page.locator(".rich img").evaluate("image => image.complete && image.naturalWidth > 0")
        assert await page.locator(".rich p").first.evaluate("p => getComputedStyle(p).color") == "rgb(51, 51, 51)"
        assert await page.get_by_role("link", name="阅读原文").get_attribute("href") == "https://www.example.cn/"
        assert await violations(page) == []


async def test_page_when_something_changed_is_fresh_within_seconds(pages: Pages) -> None:
    asking = await wechat()
    async with serving(asking.sim) as base:
        page = await pages.open(base, PHONE)
        assert await page.get_by_text("还没有发表文章").is_visible()
        await asking.published("板凳课堂")
        await page.get_by_role("heading", name="板凳课堂").wait_for(timeout=8000)


async def test_presenter_refuses_the_next_review_and_withdraws_a_right(pages: Pages) -> None:
    asking = await wechat()
    async with serving(asking.sim) as base:
        page = await pages.open(base, DESK)
        await page.get_by_role("button", name="不通过").click()
        await page.get_by_text("现在：审核不通过").wait_for()
        assert (await asking.published())["publish_status"] == 4
        await page.get_by_role("button", name="收回").click()
        await page.get_by_text("已收回").wait_for()
        assert not asking.sim.may("freepublish")


@pytest.mark.parametrize("size", [PHONE, DESK])
async def test_feed_shows_each_post_with_its_state_and_topics(pages: Pages, size: object) -> None:
    asking = await reel()
    async with serving(asking.sim) as base:
        page = await pages.open(base, PHONE if size is PHONE else DESK)
        items = page.locator(".item")
        assert await items.count() == 3
        assert await items.nth(0).get_by_text("审核中 · 仅自己可见").is_visible()
        assert await items.nth(1).locator(".slides img").count() == 3
        assert await items.nth(2).locator(".pill").inner_text() == "已公开"
        assert await items.nth(2).locator(".text b").inner_text() == "#吴江"
        assert await violations(page) == []


async def test_presenter_reviews_and_the_person_deletes(pages: Pages) -> None:
    asking = await reel()
    async with serving(asking.sim) as base:
        page = await pages.open(base, DESK)
        await page.locator(".stage li").first.get_by_role("button", name="通过", exact=True).click()
        await page.locator(".item").first.get_by_text("已公开").wait_for()
        assert asking.sim.visible("还在审核") == 1
        await page.locator(".stage li").first.get_by_role("button", name="在手机上删除").click()
        await page.locator(".item").first.get_by_text("作品已删除").wait_for()
        assert asking.sim.visible("还在审核") == 0


async def clip(folder: Path) -> bytes:
    """A second and a half of a portrait test picture."""
    path = folder / "clip.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=size=180x320:rate=25:duration=1.5")
    coder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    program = await asyncio.create_subprocess_exec(FFMPEG, "-v", "error", *source, *coder, str(path))
    assert await program.wait() == 0
    return path.read_bytes()


@pytest.mark.skipif(not Path(FFMPEG).exists(), reason="needs ffmpeg")
async def test_video_in_view_plays(pages: Pages, tmp_path: Path) -> None:
    asking = await douyin()
    found = await asking.upload("upload_video", await clip(tmp_path))
    assert (found["video"]["width"], found["video"]["height"]) == (180, 320)
    await asking.post("create_video", {"video_id": found["video"]["video_id"], "text": "板凳课堂 #吴江"})
    async with serving(asking.sim) as base, asyncio.timeout(30):
        page = await pages.open(base, PHONE)
        # The policy forbids what a waiting function of the browser's driver would do.
        await page.locator("video").evaluate(
            "video => new Promise(done => video.ontimeupdate = () => video.currentTime > 0.2 && done())"
        )


async def test_consent_button_leads_back_to_the_hub(pages: Pages) -> None:
    asking = await douyin()
    async with serving(asking.sim) as base:
        back = f"{base}/_sim/revision"
        url = f"{base}/platform/oauth/connect/?client_key={asking.sim.app.client_key}&response_type=code"
        page = await pages.open(f"{url}&scope=user_info,video.create.bind&state=s1&redirect_uri={back}", PHONE)
        assert await violations(page) == []
        await page.get_by_role("button", name="同意授权").click()
        await page.wait_for_url("**/_sim/revision?code=*&state=s1*")
