"""What is published stands on the glass, what is newer replaces it without a reload, what is recalled is gone."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, COVER, GREEN, content_of, listed, picture, piece, text_block
from tests.fakes.street import Street, at_least, facts, near, paired, pixel, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

FADED_S = 0.8


async def test_piece_when_published_stands_on_the_screen_and_is_acknowledged(screen: Page, town: Street) -> None:
    await until(screen, lambda said: said.get("mode") == "slate")
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release), within=3)
    await asyncio.sleep(FADED_S)
    assert near(await pixel(screen, *COVER), BLUE)
    for state in ("received", "cached", "shown"):
        assert town.gateway.acks(state) == [1]


async def test_piece_with_words_for_screens_alone_shows_those(screen: Page, town: Street) -> None:
    media = town.gateway.media
    blue, green = listed(picture(BLUE)), listed(picture(GREEN))
    media.put(picture(GREEN))
    own = {
        "title": "街头看的标题",
        "cover": green.of,
        "body": {"schema": 1, "blocks": [text_block(1, "街头看的正文。")]},
    }
    content = {
        **content_of("主稿的标题", cover=blue.of, paragraphs=1),
        "overrides": {"screen": own, "web": {"title": "网"}},
    }
    made = piece(media, "主稿的标题", BLUE, content=content, assets=(blue, green))
    await town.gateway.publish(issue_of([made], version=1))
    await until(screen, standing(made.release))
    await asyncio.sleep(FADED_S)
    assert near(await pixel(screen, *COVER), GREEN)
    shown = await screen.locator("#stage").text_content() or ""
    assert "街头看的标题" in shown
    assert "街头看的正文" in shown
    assert "主稿的标题" not in shown


async def test_newer_line_up_when_published_shows_without_reload(screen: Page, town: Street) -> None:
    blue, green = piece(town.gateway.media, "第一篇", BLUE), piece(town.gateway.media, "第二篇", GREEN)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release))
    await screen.evaluate("window.isSamePage = true")
    await town.gateway.publish(issue_of([blue, green], version=2))
    await until(screen, standing(green.release), within=3)
    await asyncio.sleep(FADED_S)
    assert near(await pixel(screen, *COVER), GREEN)
    assert await screen.evaluate("window.isSamePage")


async def test_recall_of_the_standing_piece_takes_it_off_within_three_seconds(screen: Page, town: Street) -> None:
    blue, green = piece(town.gateway.media, "留下", BLUE), piece(town.gateway.media, "撤回", GREEN)
    await town.gateway.publish(issue_of([green, blue], version=1))
    await until(screen, standing(green.release))
    await town.gateway.publish(issue_of([green, blue], version=1, seq=2, recalls=world.recalls(2, green.release)))
    await until(screen, standing(blue.release), within=3)
    await asyncio.sleep(FADED_S)
    assert near(await pixel(screen, *COVER), BLUE)


async def test_last_piece_when_recalled_leaves_the_slate(screen: Page, town: Street) -> None:
    green = piece(town.gateway.media, "撤回", GREEN)
    await town.gateway.publish(issue_of([green], version=1))
    await until(screen, standing(green.release))
    await town.gateway.publish(issue_of([], version=2, recalls=world.recalls(2, green.release)))
    await until(screen, lambda said: said.get("mode") == "slate", within=3)
    await asyncio.sleep(FADED_S)
    red, green_, _ = await pixel(screen, 100, 700)
    assert red > 60 > green_


async def test_long_piece_turns_its_pages_and_ends(screen: Page, town: Street) -> None:
    long = piece(town.gateway.media, "长文", BLUE, paragraphs=6)
    await town.gateway.publish(issue_of([long], version=1, show=4_000))
    said = await until(screen, standing(long.release))
    assert int(said["pages"]) > 2
    await until(screen, at_least("page", 1), within=12)
    assert await screen.evaluate("document.querySelector('.frame__dots').children.length") == int(said["pages"])


async def test_beacon_older_than_a_minute_marks_the_screen_and_play_goes_on(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    await context.add_init_script(
        "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + window.ahead;"
    )
    page = await context.new_page()
    await paired(page, town)
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, lambda said: said.get("release") == blue.release and said.get("stale") == "false")
    assert await page.locator("#stale").is_hidden()
    await page.evaluate("window.ahead = 61_000")
    await until(page, lambda said: said.get("stale") == "true", within=3)
    assert await page.locator("#stale").text_content() == "离线 1 分钟"
    assert (await facts(page))["release"] == blue.release
